//! Names in directories, of which there are none: the compiler refuses to grant any.

use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, NewTime};
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// Bytes of the longest path, its NUL included.
pub const PATH_MAX: usize = 4096;

/// No directory can be granted.
pub fn open_granted(_path: &CStr) -> Result<Fd> {
    Err(Errno::NOTSUP)
}

/// Opens nothing.
pub fn open_beneath(_directory: Fd, _path: &CStr, _flags: u32, _mode: u32) -> Result<Fd> {
    Err(Errno::NOTSUP)
}

/// Creates nothing.
pub fn create_directory(_directory: Fd, _name: &CStr) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Removes nothing.
pub fn remove_directory(_directory: Fd, _name: &CStr) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Removes nothing.
pub fn remove_file(_directory: Fd, _name: &CStr) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Renames nothing.
pub fn rename(_from: Fd, _from_name: &CStr, _to: Fd, _to_name: &CStr) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Links nothing.
pub fn link(_from: Fd, _from_name: &CStr, _to: Fd, _to_name: &CStr) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Links nothing.
pub fn create_symbolic_link(_target: &CStr, _directory: Fd, _name: &CStr) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Finds nothing.
pub fn status_at(_directory: Fd, _name: &CStr) -> Result<FileStatus> {
    Err(Errno::NOTSUP)
}

/// Opens nothing.
pub fn directory_beneath(_directory: Fd, _path: &CStr) -> Result<Fd> {
    Err(Errno::NOTSUP)
}

/// Finds nothing.
pub fn status_beneath(_directory: Fd, _path: &CStr, _follow: bool) -> Result<FileStatus> {
    Err(Errno::NOTSUP)
}

/// Changes nothing.
pub fn set_times_beneath(
    _directory: Fd,
    _path: &CStr,
    _follow: bool,
    _accessed: NewTime,
    _modified: NewTime,
) -> Result<()> {
    Err(Errno::NOTSUP)
}

/// Reads nothing.
pub fn read_link_beneath(_directory: Fd, _path: &CStr, _buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    Err(Errno::NOTSUP)
}

/// Flags for opening, which nothing here looks at.
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub mod flags {
    pub const READ: u32 = 0;
    pub const WRITE: u32 = 1;
    pub const READ_WRITE: u32 = 2;
    pub const CREATE: u32 = 1 << 2;
    pub const EXCLUSIVE: u32 = 1 << 3;
    pub const TRUNCATE: u32 = 1 << 4;
    pub const APPEND: u32 = 1 << 5;
    pub const NONBLOCKING: u32 = 1 << 6;
    pub const DATA_SYNC: u32 = 1 << 7;
    pub const SYNC: u32 = 1 << 8;
    pub const DIRECTORY: u32 = 1 << 9;
    pub const NO_FOLLOW: u32 = 1 << 10;
}
