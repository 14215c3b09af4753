//! The standard streams: input, output and errors all are the board's console.

use super::board::{self, NOTHING_YET};
use super::files::NO_FILE;
use crate::errno::{Errno, Result};
use crate::sys::{Fd, FileStatus, FileType, Slice};
use core::sync::atomic::{AtomicI32, Ordering::Relaxed};

const INPUT: Fd = 0;
const OUTPUT: Fd = 1;
const ERRORS: Fd = 2;

/// Whether a descriptor is one of the standard streams; there are no others.
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
/// The slices must be readable.
pub unsafe fn write(fd: Fd, slices: &[Slice], offset: Option<u64>) -> Result<usize> {
    check(matches!(fd, OUTPUT | ERRORS), offset)?;
    let mut written = 0;
    for slice in slices {
        // SAFETY: the caller's promise.
        write_error(unsafe { core::slice::from_raw_parts(slice.base, slice.len) });
        written += slice.len;
    }
    Ok(written)
}

/// Input that has been looked at but not read.
static LOOKED_AT: AtomicI32 = AtomicI32::new(NOTHING_YET);

/// The next byte of input, [`NOTHING_YET`] or [`board::END_OF_INPUT`], left to be read.
pub(super) fn look() -> i32 {
    if LOOKED_AT.load(Relaxed) == NOTHING_YET {
        LOOKED_AT.store(board::wasmc_board_getc(), Relaxed);
    }
    LOOKED_AT.load(Relaxed)
}

/// The next byte of input; `None` where there is none now, or no more.
fn next() -> Option<u8> {
    let byte = u8::try_from(look()).ok()?;
    LOOKED_AT.store(NOTHING_YET, Relaxed);
    Some(byte)
}

/// Waits for input and reads as much as there is.
///
/// # Safety
/// The slices must be writable.
pub unsafe fn read(fd: Fd, slices: &[Slice], offset: Option<u64>) -> Result<usize> {
    check(fd == INPUT, offset)?;
    if slices.is_empty() {
        return Ok(0);
    }
    while look() == NOTHING_YET {}
    let mut count = 0;
    for slice in slices {
        for index in 0..slice.len {
            let Some(byte) = next() else {
                if count == 0 {
                    // The end has been seen: what is typed behind it is for the next read.
                    LOOKED_AT.store(NOTHING_YET, Relaxed);
                }
                return Ok(count);
            };
            // SAFETY: the caller's promise.
            unsafe { slice.base.add(index).write(byte) };
            count += 1;
        }
    }
    Ok(count)
}

/// Streams have no position, and each goes one way.
fn check(is_right: bool, offset: Option<u64>) -> Result<()> {
    match offset {
        _ if !is_right => Err(NO_FILE),
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
