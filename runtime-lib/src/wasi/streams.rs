//! Reading and writing.

use super::descriptors::{Descriptor, Kind, NONBLOCK};
use super::guest::{self, Address};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileType, Iovec, Waiter};
use core::mem::MaybeUninit;

/// WASI has no type of file for a FIFO, nor for any other that can be opened and is not in its list.
const FIFO: Kind = Kind::File(FileType::Unknown);

/// Buffers passed to the system at once; further ones are left for the next call, as a short read or write.
const IOVECS_MAX: usize = 64;

/// An `iovec_array` or `ciovec_array` of the guest: buffers in its memory, all of them checked.
pub struct Iovecs {
    vectors: [MaybeUninit<Iovec>; IOVECS_MAX],
    len: usize,
}

impl Iovecs {
    /// Reads an array of `count` pairs of address and length. Empty buffers are left out: a read that begins with many
    /// of them has not reached the end of the file.
    pub fn read(address: Address, count: u32) -> Result<Self> {
        const PAIR: u32 = 8;
        guest::array(address, count, PAIR)?;
        let mut iovecs = Self { vectors: [const { MaybeUninit::uninit() }; IOVECS_MAX], len: 0 };
        for index in 0..count {
            let [base, len]: [u32; 2] = guest::read(guest::offset(address, u64::from(index) * u64::from(PAIR))?)?;
            let base = guest::range(base, len.into())?;
            if let Some(to) = iovecs.vectors.get_mut(iovecs.len).filter(|_| len > 0) {
                to.write(Iovec { base, len: len as usize });
                iovecs.len += 1;
            }
        }
        Ok(iovecs)
    }

    /// One buffer.
    #[cfg(feature = "component")]
    pub fn one(buffer: Iovec) -> Self {
        let mut iovecs = Self { vectors: [const { MaybeUninit::uninit() }; IOVECS_MAX], len: 0 };
        if let Some(to) = iovecs.vectors.first_mut().filter(|_| buffer.len > 0) {
            to.write(buffer);
            iovecs.len = 1;
        }
        iovecs
    }

    /// The buffers that are not empty.
    pub fn as_slice(&self) -> &[Iovec] {
        // SAFETY: who made the value initialised the first `len` elements.
        unsafe { core::slice::from_raw_parts(self.vectors.as_ptr().cast(), self.len) }
    }
}

/// Reads at the descriptor's position, or at `offset`.
pub fn read(descriptor: &Descriptor, iovecs: &Iovecs, offset: Option<u64>) -> Result<usize> {
    if descriptor.kind == FIFO && descriptor.flags & NONBLOCK == 0 {
        // Opening did not wait for a writer, without which a read would find the end of the file.
        while sys::wait(&mut [Waiter::new(descriptor.host, false)], None) == Err(Errno::INTR) {}
    }
    // SAFETY: the buffers are inside the guest's memory, which no Rust object overlaps.
    transfer(descriptor, false, || unsafe { sys::read(descriptor.host, iovecs.as_slice(), offset) })
}

/// Writes at the descriptor's position, or at `offset`.
pub fn write(descriptor: &Descriptor, iovecs: &Iovecs, offset: Option<u64>) -> Result<usize> {
    // SAFETY: the buffers are inside the guest's memory.
    transfer(descriptor, true, || unsafe { sys::write(descriptor.host, iovecs.as_slice(), offset) })
}

/// Receives from a socket; returns the number of bytes and whether a datagram was truncated.
pub fn receive(descriptor: &Descriptor, iovecs: &Iovecs, peek: bool, wait_all: bool) -> Result<(usize, bool)> {
    // SAFETY: the buffers are inside the guest's memory, which no Rust object overlaps.
    transfer(descriptor, false, || unsafe { sys::receive(descriptor.host, iovecs.as_slice(), peek, wait_all) })
}

/// Sends to a socket.
pub fn send(descriptor: &Descriptor, iovecs: &Iovecs) -> Result<usize> {
    // SAFETY: the buffers are inside the guest's memory.
    transfer(descriptor, true, || unsafe { sys::send(descriptor.host, iovecs.as_slice()) })
}

/// Makes a call that reads or writes.
///
/// Standard streams are shared with other processes: the guest must not change whether calls of the system block there,
/// nor depend on what others have set. What the guest wants is done here, by polling before the call or waiting after
/// it.
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
