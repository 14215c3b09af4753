//! Names in directories.
//!
//! A `name` here must be one component of a path, possibly followed by slashes: these functions do not keep a path
//! inside a directory. See [`super::resolve`].

use super::errno::{check, check_unit, retry};
use super::files::{above_standard_streams, from_stat};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, FileType};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use libc::{AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_DIRECTORY, O_NOCTTY, O_NOFOLLOW};

/// Bytes of the longest path that the kernel takes, its NUL included.
pub const PATH_MAX: usize = libc::PATH_MAX as usize;

/// Opens relative to a directory; the name may lead anywhere.
pub(super) fn open_at(directory: Fd, name: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let flags = flags as i32 | O_CLOEXEC | O_NOCTTY;
    // SAFETY: the system only reads the name.
    above_standard_streams(retry(|| unsafe { libc::openat(directory, name.as_ptr(), flags, mode) })?)
}

/// Opens a directory that the user granted, wherever it is. It must be readable: there is no `O_PATH`.
pub fn open_granted(path: &CStr) -> Result<Fd> {
    open_at(AT_FDCWD, path, flags::DIRECTORY, 0)
}

/// Opens a directory for lookups in it, without following a link.
pub fn open_directory_at(directory: Fd, name: &CStr) -> Result<Fd> {
    open_at(directory, name, (O_DIRECTORY | O_NOFOLLOW) as u32, 0)
}

/// Creates a directory.
pub fn create_directory(directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the system only reads the name.
    check_unit(unsafe { libc::mkdirat(directory, name.as_ptr(), 0o777) })
}

/// Removes an empty directory.
pub fn remove_directory(directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the system only reads the name.
    check_unit(unsafe { libc::unlinkat(directory, name.as_ptr(), AT_REMOVEDIR) })
}

/// Removes a name of a file that is no directory.
pub fn remove_file(directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the system only reads the name.
    match check_unit(unsafe { libc::unlinkat(directory, name.as_ptr(), 0) }) {
        // What the system reports for a directory.
        Err(Errno::PERM) if status_at(directory, name).is_ok_and(|status| status.kind == FileType::Directory) => {
            Err(Errno::ISDIR)
        }
        answer => answer,
    }
}

/// Renames within or between directories.
pub fn rename(from: Fd, from_name: &CStr, to: Fd, to_name: &CStr) -> Result<()> {
    // SAFETY: the system only reads the names.
    check_unit(unsafe { libc::renameat(from, from_name.as_ptr(), to, to_name.as_ptr()) })
}

/// Gives a file another name; a symbolic link is not followed.
pub fn link(from: Fd, from_name: &CStr, to: Fd, to_name: &CStr) -> Result<()> {
    // SAFETY: the system only reads the names.
    check_unit(unsafe { libc::linkat(from, from_name.as_ptr(), to, to_name.as_ptr(), 0) })
}

/// Creates a symbolic link.
pub fn create_symbolic_link(target: &CStr, directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the system only reads the strings.
    check_unit(unsafe { libc::symlinkat(target.as_ptr(), directory, name.as_ptr()) })
}

/// Reads the target of a symbolic link, cut to the length of the buffer; returns its length.
pub(in crate::sys) fn read_link(directory: Fd, name: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (base, len) = (buffer.as_mut_ptr().cast(), buffer.len());
    // SAFETY: the system reads the name and writes at most `len` bytes to the buffer.
    check(unsafe { libc::readlinkat(directory, name.as_ptr(), base, len) } as i64)
}

/// The attributes of the named file; a symbolic link is not followed.
pub fn status_at(directory: Fd, name: &CStr) -> Result<FileStatus> {
    let mut stat = MaybeUninit::uninit();
    // SAFETY: the system reads the name and writes one `struct stat`.
    check_unit(unsafe { libc::fstatat(directory, name.as_ptr(), stat.as_mut_ptr(), AT_SYMLINK_NOFOLLOW) })?;
    // SAFETY: the call succeeded, so the system wrote the structure.
    Ok(from_stat(unsafe { stat.assume_init_ref() }))
}

/// Flags for opening, as for `openat`.
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub mod flags {
    pub const READ: u32 = libc::O_RDONLY as u32;
    pub const WRITE: u32 = libc::O_WRONLY as u32;
    pub const READ_WRITE: u32 = libc::O_RDWR as u32;
    pub const CREATE: u32 = libc::O_CREAT as u32;
    pub const EXCLUSIVE: u32 = libc::O_EXCL as u32;
    pub const TRUNCATE: u32 = libc::O_TRUNC as u32;
    pub const APPEND: u32 = libc::O_APPEND as u32;
    pub const NONBLOCKING: u32 = libc::O_NONBLOCK as u32;
    pub const DATA_SYNC: u32 = libc::O_DSYNC as u32;
    pub const SYNC: u32 = libc::O_SYNC as u32;
    pub const DIRECTORY: u32 = libc::O_DIRECTORY as u32;
    pub const NO_FOLLOW: u32 = libc::O_NOFOLLOW as u32;
}
