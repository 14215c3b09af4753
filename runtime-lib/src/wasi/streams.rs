//! Reading and writing.

use super::descriptors::{Descriptor, Kind, NONBLOCK};
use super::guest::{self, Address};
use crate::errno::{Errno, Result};
use crate::sys::{self, Slice, Waiter};
use core::mem::MaybeUninit;

/// Pieces passed to the system at once; what is in more is left for the next call, as a short read or write.
const PIECES: usize = 64;

/// Pieces of the guest's memory, all of them checked.
pub struct Pieces {
    slices: [MaybeUninit<Slice>; PIECES],
    len: usize,
}

impl Pieces {
    /// Reads an array of `count` pairs of address and length. Empty pieces are left out: a read that begins with many of
    /// them is not at the end of the file.
    pub fn read(address: Address, count: u32) -> Result<Self> {
        const PAIR: u32 = 8;
        guest::array(address, count, PAIR)?;
        let mut pieces = Self { slices: [const { MaybeUninit::uninit() }; PIECES], len: 0 };
        for index in 0..count {
            let [base, len]: [u32; 2] = guest::read(guest::offset(address, u64::from(index) * u64::from(PAIR))?)?;
            let base = guest::range(base, len.into())?;
            if let Some(place) = pieces.slices.get_mut(pieces.len).filter(|_| len > 0) {
                place.write(Slice { base, len: len as usize });
                pieces.len += 1;
            }
        }
        Ok(pieces)
    }

    /// The pieces that are not empty.
    pub fn as_slice(&self) -> &[Slice] {
        // SAFETY: the first `len` places are written.
        unsafe { core::slice::from_raw_parts(self.slices.as_ptr().cast(), self.len) }
    }
}

/// Reads at the descriptor's position, or at `offset`.
pub fn read(descriptor: &Descriptor, pieces: &Pieces, offset: Option<u64>) -> Result<usize> {
    // SAFETY: the pieces are inside the guest's memory, which no Rust object shares.
    transfer(descriptor, false, || unsafe { sys::read(descriptor.host, pieces.as_slice(), offset) })
}

/// Writes at the descriptor's position, or at `offset`.
pub fn write(descriptor: &Descriptor, pieces: &Pieces, offset: Option<u64>) -> Result<usize> {
    // SAFETY: as for reading.
    transfer(descriptor, true, || unsafe { sys::write(descriptor.host, pieces.as_slice(), offset) })
}

/// Receives from a socket; returns the number of bytes and whether a message was cut short.
pub fn receive(descriptor: &Descriptor, pieces: &Pieces, peek: bool, wait_all: bool) -> Result<(usize, bool)> {
    // SAFETY: as for reading.
    transfer(descriptor, false, || unsafe { sys::receive(descriptor.host, pieces.as_slice(), peek, wait_all) })
}

/// Sends to a socket.
pub fn send(descriptor: &Descriptor, pieces: &Pieces) -> Result<usize> {
    // SAFETY: as for writing.
    transfer(descriptor, true, || unsafe { sys::send(descriptor.host, pieces.as_slice()) })
}

/// Makes a call that reads or writes.
///
/// Standard streams are shared with other programs: whether the system's calls wait is not the guest's to change, nor may it
/// depend on what others have done. What the guest wants is done here, by asking before or waiting behind.
fn transfer<R>(descriptor: &Descriptor, writing: bool, mut call: impl FnMut() -> Result<R>) -> Result<R> {
    if descriptor.kind != Kind::Standard {
        return call();
    }
    let waits = descriptor.flags & NONBLOCK == 0;
    let ready = |timeout| sys::wait(&mut [Waiter::new(descriptor.host, writing)], timeout);
    if !waits && matches!(ready(Some(0)), Ok(0) | Err(Errno::INTR)) {
        return Err(Errno::AGAIN);
    }
    loop {
        match call() {
            Err(Errno::AGAIN) if waits => match ready(None) {
                Ok(_) | Err(Errno::INTR) => {}
                Err(error) => return Err(error),
            },
            answer => return answer,
        }
    }
}
