//! Reading and writing streams.
//!
//! Nothing is kept between calls: what is written is with the system, or is refused. So a flush has nothing to do, and
//! calls that must not block ask the system whether they would.

use super::resources::{self, Input, Output, Position, Resource};
use super::waiting;
use crate::component::caller::Address;
use crate::component::{Caller, Lower, Own, lower};
use crate::errno::Errno;
use crate::sys::{self, Iovec, Whence};
use crate::wasi::carried;
use crate::wasi::descriptors::{self, Descriptor};
use crate::wasi::rights::{FD_READ, FD_WRITE};
use crate::wasi::streams::{self, Iovecs};
use core::cell::UnsafeCell;
use wasmc_abi::preview2::{BLOCKING_PERMIT, FILE_PERMIT, MOST_READ, PERMIT, numbers};

/// Bytes that one call reads at most.
const MOST: usize = MOST_READ as usize;

/// `stream-error`
pub enum StreamError {
    /// `last-operation-failed`
    Failed(Errno),
    /// `closed`
    Closed,
}

impl From<Errno> for StreamError {
    fn from(errno: Errno) -> Self {
        if errno == Errno::PIPE { Self::Closed } else { Self::Failed(errno) }
    }
}

impl Lower for StreamError {
    const SIZE: u32 = lower::variant_size(Own::SIZE, Self::ALIGN);
    const ALIGN: u32 = Own::ALIGN;

    fn lower(self, caller: Caller, to: Address) {
        match self {
            Self::Failed(errno) => {
                let at = lower::lower_case(caller, to, 0, Self::ALIGN);
                resources::own(numbers::ERROR, Resource::Error(errno)).lower(caller, at);
            }
            Self::Closed => {
                lower::lower_case(caller, to, 1, Self::ALIGN);
            }
        }
    }
}

/// `result<T, stream-error>`
pub type Result<T> = core::result::Result<T, StreamError>;

/// Room for what is read, until the caller has made room for it.
struct Buffer(UnsafeCell<[u8; MOST]>);

// SAFETY: components have one thread.
unsafe impl Sync for Buffer {}

static BUFFER: Buffer = Buffer(UnsafeCell::new([0; MOST]));
/// What zeroes are written from: nothing writes here.
static ZEROES: [u8; BLOCKING_PERMIT as usize] = [0; BLOCKING_PERMIT as usize];

/// Room for what one call reads.
pub fn buffer() -> Iovec {
    Iovec { base: BUFFER.0.get().cast(), len: MOST }
}

fn open(fd: u32, wanted: u32) -> core::result::Result<Descriptor, Errno> {
    descriptors::file(fd, wanted)
}

/// Reads up to `len` bytes, at an offset or where the file is. What is returned changes with the next call.
pub fn read_into_buffer(
    descriptor: &Descriptor,
    len: u64,
    offset: Option<u64>,
) -> core::result::Result<&'static [u8], Errno> {
    let len = usize::try_from(len).map_or(MOST, |len| len.min(MOST));
    if let Some(operations) = carried::operations(descriptor) {
        let all = (operations.contents)(descriptor)?;
        let rest = all.get(offset.map_or(0, |offset| offset as usize)..).unwrap_or_default();
        return Ok(rest.get(..len).unwrap_or(rest));
    }
    let base = buffer().base;
    let count = streams::read(descriptor, &Iovecs::one(Iovec { base, len }), offset)?;
    // SAFETY: the system has written so many bytes, and nothing writes there before the next call.
    Ok(unsafe { core::slice::from_raw_parts(base, count.min(len)) })
}

impl Input {
    /// Reads up to `len` bytes into the buffer; returns how many, 0 where there are none yet.
    pub fn read(&mut self, representation: u32, len: u64, blocks: bool) -> Result<&'static [u8]> {
        if self.closed {
            return Err(StreamError::Closed);
        }
        if len == 0 || !blocks && !waiting::is_ready(representation) {
            return Ok(&[]);
        }
        let mut read = self.read_now(len);
        while blocks && matches!(read, Err(Errno::AGAIN)) {
            waiting::for_resource(representation);
            read = self.read_now(len);
        }
        let read = match read {
            Ok(bytes) => {
                self.closed = bytes.is_empty();
                self.offset = self.offset.map(|offset| offset.saturating_add(bytes.len() as u64));
                if self.closed { Err(StreamError::Closed) } else { Ok(bytes) }
            }
            Err(Errno::AGAIN) => Ok(&[][..]),
            Err(error) => {
                self.closed = true;
                Err(if error == Errno::CONNRESET { StreamError::Closed } else { error.into() })
            }
        };
        resources::set(representation, Resource::Input(*self));
        read
    }

    fn read_now(&self, len: u64) -> core::result::Result<&'static [u8], Errno> {
        let descriptor = open(self.opened.fd, FD_READ)?;
        match read_into_buffer(&descriptor, len, self.offset) {
            // What has no positions is read as it comes.
            Err(Errno::SPIPE) => read_into_buffer(&descriptor, len, None),
            answer => answer,
        }
    }

    /// Reads and forgets up to `len` bytes.
    pub fn skip(&mut self, representation: u32, len: u64, blocks: bool) -> Result<u64> {
        self.read(representation, len, blocks).map(|bytes| bytes.len() as u64)
    }
}

impl Output {
    /// Bytes that the next write may have.
    pub fn permit(&self, representation: u32) -> Result<u64> {
        if self.closed {
            return Err(StreamError::Closed);
        }
        Ok(if waiting::is_ready(representation) { self.most() } else { 0 })
    }

    /// The most that it ever permits.
    pub fn most(&self) -> u64 {
        if matches!(self.position, Position::None) { PERMIT } else { FILE_PERMIT }
    }

    /// Writes all bytes of a buffer.
    pub fn write(&mut self, representation: u32, mut from: Iovec) -> Result<()> {
        if self.closed {
            return Err(StreamError::Closed);
        }
        while from.len > 0 {
            match self.write_now(from) {
                Ok(count) => {
                    let count = count.min(from.len);
                    if let Position::At(offset) = &mut self.position {
                        *offset = offset.saturating_add(count as u64);
                    }
                    // SAFETY: so many bytes of the buffer have been written.
                    from = Iovec { base: unsafe { from.base.add(count) }, len: from.len - count };
                }
                Err(Errno::AGAIN) => waiting::for_resource(representation),
                Err(error) => {
                    self.closed = true;
                    resources::set(representation, Resource::Output(*self));
                    return Err(error.into());
                }
            }
        }
        resources::set(representation, Resource::Output(*self));
        Ok(())
    }

    fn write_now(&self, from: Iovec) -> core::result::Result<usize, Errno> {
        let descriptor = open(self.opened.fd, FD_WRITE)?;
        let offset = match self.position {
            Position::None => None,
            Position::At(offset) => Some(offset),
            Position::End => sys::seek(descriptor.host, 0, Whence::End).ok(),
        };
        let iovecs = Iovecs::one(from);
        match streams::write(&descriptor, &iovecs, offset) {
            Err(Errno::SPIPE) => streams::write(&descriptor, &iovecs, None),
            answer => answer,
        }
    }

    /// Writes zeroes.
    pub fn write_zeroes(&mut self, representation: u32, mut len: u64) -> Result<()> {
        while len > 0 {
            let part = len.min(ZEROES.len() as u64);
            self.write(representation, Iovec { base: ZEROES.as_ptr().cast_mut(), len: part as usize })?;
            len -= part;
        }
        Ok(())
    }
}
