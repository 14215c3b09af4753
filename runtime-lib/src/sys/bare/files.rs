//! Files: there are none but the standard streams, which [`super::console`] reads and writes.

use super::console::{NO_FILE, is_console};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, NewTime, RawEntry, Whence};

/// The error of an operation that standard streams do not support.
fn stream(fd: Fd, error: Errno) -> Errno {
    if is_console(fd) { error } else { NO_FILE }
}

/// Standard streams stay open.
pub fn close(fd: Fd) -> Result<()> {
    if is_console(fd) { Ok(()) } else { Err(NO_FILE) }
}

/// Streams have no position.
pub fn seek(fd: Fd, _offset: i64, _whence: Whence) -> Result<u64> {
    Err(stream(fd, Errno::SPIPE))
}

/// Streams have no size.
pub fn set_size(fd: Fd, _size: u64) -> Result<()> {
    Err(stream(fd, Errno::INVAL))
}

/// Streams have no times.
pub fn set_times(fd: Fd, _accessed: NewTime, _modified: NewTime) -> Result<()> {
    Err(stream(fd, Errno::NOTSUP))
}

/// Streams have no storage.
pub fn allocate(fd: Fd, _offset: u64, _len: u64) -> Result<()> {
    Err(stream(fd, Errno::SPIPE))
}

/// As [`allocate`].
pub fn advise(fd: Fd, _offset: u64, _len: u64, _advice: u32) -> Result<()> {
    Err(stream(fd, Errno::SPIPE))
}

/// As [`allocate`].
pub fn synchronize(fd: Fd, _metadata: bool) -> Result<()> {
    Err(stream(fd, Errno::INVAL))
}

/// The runtime itself implements the flags of standard streams.
pub fn set_flags(fd: Fd, _append: bool, _nonblocking: bool) -> Result<()> {
    Err(stream(fd, Errno::NOTSUP))
}

/// No descriptor is a directory.
pub fn read_directory(
    fd: Fd,
    _cookie: u64,
    _wanted: usize,
    _visit: &mut dyn FnMut(&RawEntry) -> Result<bool>,
) -> Result<()> {
    Err(stream(fd, Errno::NOTDIR))
}
