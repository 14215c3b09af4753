//! Reading and writing streams. Nothing is kept between calls: what is written is with the host, or is refused.

use super::resources::{Input, Output, Position};
use crate::wasi::descriptors::{Descriptor, Descriptors};
use crate::wasi::errno::{self, Errno};
use wasmc_abi::preview2::{BLOCKING_PERMIT, FILE_PERMIT, MOST_READ, PERMIT};

/// What zeroes are written from.
static ZEROES: [u8; BLOCKING_PERMIT as usize] = [0; BLOCKING_PERMIT as usize];

/// Why a stream cannot be used.
#[derive(Clone, Copy, Debug)]
pub enum Failure {
    /// It has just failed.
    Failed(Errno),
    /// It is closed.
    Closed,
}

impl From<Errno> for Failure {
    fn from(errno: Errno) -> Self {
        match errno {
            Errno::PIPE => Self::Closed,
            errno => Self::Failed(errno),
        }
    }
}

/// What is read or written, or why it is not.
pub type Result<T> = std::result::Result<T, Failure>;

/// Reads from a descriptor, at an offset where it has positions: no more than what one call reads.
///
/// # Errors
/// Where the host refuses.
pub fn read_at(descriptor: &mut Descriptor, len: u64, offset: Option<u64>) -> errno::Result<Vec<u8>> {
    let mut bytes = vec![0; len.min(MOST_READ) as usize];
    let count = loop {
        match descriptor.read(&mut bytes, offset) {
            // What has no positions is read as it comes.
            Err(Errno::SPIPE) => break descriptor.read(&mut bytes, None)?,
            Err(Errno::INTR) => {}
            answer => break answer?,
        }
    };
    bytes.truncate(count);
    Ok(bytes)
}

impl Input {
    /// Reads up to `len` bytes, or none yet, where the call does not wait.
    ///
    /// # Errors
    /// Where it is closed, or the host refuses.
    pub fn read(&mut self, descriptors: &mut Descriptors, len: u64, waits: bool) -> Result<Vec<u8>> {
        if self.closed {
            return Err(Failure::Closed);
        }
        if len == 0 {
            return Ok(Vec::new());
        }
        loop {
            match descriptors.get(self.descriptor).and_then(|descriptor| read_at(descriptor, len, self.offset)) {
                Ok(bytes) if bytes.is_empty() => {
                    self.closed = true;
                    return Err(Failure::Closed);
                }
                Ok(bytes) => {
                    self.offset = self.offset.map(|offset| offset.saturating_add(bytes.len() as u64));
                    return Ok(bytes);
                }
                Err(Errno::AGAIN) if waits => descriptors.get(self.descriptor)?.wait(false)?,
                Err(Errno::AGAIN) => return Ok(Vec::new()),
                Err(error) => {
                    self.closed = true;
                    return Err(if error == Errno::CONNRESET { Failure::Closed } else { error.into() });
                }
            }
        }
    }
}

impl Output {
    /// Bytes that the next write may have.
    ///
    /// # Errors
    /// Where it is closed.
    pub fn permit(&self) -> Result<u64> {
        if self.closed { Err(Failure::Closed) } else { Ok(self.most()) }
    }

    /// The most that it ever permits.
    pub fn most(&self) -> u64 {
        if matches!(self.position, Position::None) { PERMIT } else { FILE_PERMIT }
    }

    /// Writes all bytes.
    ///
    /// # Errors
    /// Where it is closed, or the host refuses.
    pub fn write(&mut self, descriptors: &mut Descriptors, mut bytes: &[u8]) -> Result<()> {
        self.permit()?;
        while !bytes.is_empty() {
            match self.write_some(descriptors, bytes) {
                Ok(count) => {
                    if let Position::At(offset) = &mut self.position {
                        *offset = offset.saturating_add(count as u64);
                    }
                    bytes = bytes.get(count..).unwrap_or_default();
                }
                Err(Errno::AGAIN) => descriptors.get(self.descriptor)?.wait(true)?,
                Err(Errno::INTR) => {}
                Err(error) => return self.fail(error),
            }
        }
        Ok(())
    }

    fn write_some(&self, descriptors: &mut Descriptors, bytes: &[u8]) -> errno::Result<usize> {
        let descriptor = descriptors.get(self.descriptor)?;
        let offset = match self.position {
            Position::None => None,
            Position::At(offset) => Some(offset),
            Position::End => Some(descriptor.file()?.end()?),
        };
        let count = match descriptor.write(bytes, offset) {
            Err(Errno::SPIPE) => descriptor.write(bytes, None)?,
            answer => answer?,
        };
        // A host that takes nothing, without a reason, will not take it the next time.
        if count == 0 { Err(Errno::IO) } else { Ok(count) }
    }

    fn fail(&mut self, error: Errno) -> Result<()> {
        self.closed = true;
        Err(error.into())
    }

    /// Writes zeroes.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn write_zeroes(&mut self, descriptors: &mut Descriptors, mut len: u64) -> Result<()> {
        self.permit()?;
        while len > 0 {
            let part = len.min(BLOCKING_PERMIT);
            self.write(descriptors, &ZEROES[..part as usize])?;
            len -= part;
        }
        Ok(())
    }

    /// Has the host pass on what it keeps.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub fn flush(&mut self, descriptors: &mut Descriptors) -> Result<()> {
        self.permit()?;
        match descriptors.get(self.descriptor).and_then(Descriptor::flush) {
            Ok(()) => Ok(()),
            Err(error) => self.fail(error),
        }
    }
}
