//! The standard streams: all three are the console of the board.

use super::board::{self, NOTHING_YET};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, FileType, Iovec};
use core::sync::atomic::{AtomicI32, Ordering::Relaxed};

/// The error of every descriptor that is no standard stream.
pub const NO_FILE: Errno = Errno::BADF;

const INPUT: Fd = 0;
const OUTPUT: Fd = 1;
const ERRORS: Fd = 2;

/// Whether a descriptor is one of the standard streams; there are no other files.
pub(super) fn is_console(fd: Fd) -> bool {
    matches!(fd, INPUT | OUTPUT | ERRORS)
}

/// Writes to standard output; `None` where that fails.
pub fn write_output(bytes: &[u8]) -> Option<usize> {
    write_error(bytes)
}

/// Writes to standard error; `None` where that fails.
pub fn write_error(bytes: &[u8]) -> Option<usize> {
    bytes.iter().for_each(|&byte| board::wasmc_board_putc(byte));
    Some(bytes.len())
}

/// Writes to standard output or error.
///
/// # Safety
/// The buffers must be readable.
pub unsafe fn write(fd: Fd, vectors: &[Iovec], offset: Option<u64>) -> Result<usize> {
    check(matches!(fd, OUTPUT | ERRORS), offset)?;
    let mut written = 0;
    for vector in vectors {
        // SAFETY: the caller promises that the buffer is readable.
        write_error(unsafe { core::slice::from_raw_parts(vector.base, vector.len) });
        written += vector.len;
    }
    Ok(written)
}

/// Input that has been peeked at but not read.
static PEEKED: AtomicI32 = AtomicI32::new(NOTHING_YET);

/// The next byte of input, [`NOTHING_YET`] or [`board::END_OF_INPUT`], left to be read.
pub(super) fn peek() -> i32 {
    if PEEKED.load(Relaxed) == NOTHING_YET {
        PEEKED.store(board::wasmc_board_getc(), Relaxed);
    }
    PEEKED.load(Relaxed)
}

/// The next byte of input; `None` where there is none yet, or no more.
fn next() -> Option<u8> {
    let byte = u8::try_from(peek()).ok()?;
    PEEKED.store(NOTHING_YET, Relaxed);
    Some(byte)
}

/// Waits for input and reads as much as there is.
///
/// # Safety
/// The buffers must be writable.
pub unsafe fn read(fd: Fd, vectors: &[Iovec], offset: Option<u64>) -> Result<usize> {
    check(fd == INPUT, offset)?;
    if vectors.is_empty() {
        return Ok(0);
    }
    while peek() == NOTHING_YET {}
    let mut count = 0;
    for vector in vectors {
        for index in 0..vector.len {
            let Some(byte) = next() else {
                if count == 0 {
                    // The end of input has been read: what is typed after it is for the next read.
                    PEEKED.store(NOTHING_YET, Relaxed);
                }
                return Ok(count);
            };
            // SAFETY: the caller promises that the buffer is writable, and the index is below its length.
            unsafe { vector.base.add(index).write(byte) };
            count += 1;
        }
    }
    Ok(count)
}

/// Fails for the wrong direction, and for a position, which streams do not have.
fn check(is_direction: bool, offset: Option<u64>) -> Result<()> {
    match offset {
        _ if !is_direction => Err(NO_FILE),
        None => Ok(()),
        Some(_) => Err(Errno::SPIPE),
    }
}

/// The attributes of a standard stream: C libraries take it for a terminal.
pub fn status(fd: Fd) -> Result<FileStatus> {
    if !is_console(fd) {
        return Err(NO_FILE);
    }
    Ok(FileStatus {
        device: 0,
        inode: fd as u64,
        kind: FileType::CharacterDevice,
        links: 1,
        size: 0,
        accessed: 0,
        modified: 0,
        changed: 0,
    })
}
