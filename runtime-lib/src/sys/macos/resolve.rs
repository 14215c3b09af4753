//! Path resolution that stays inside a directory, by [`walk`](super::walk).
//!
//! Calls that follow no link act on the last component in its directory, so that changes which other processes make
//! meanwhile lead nowhere else.

use super::errno::check_unit;
use super::files::to_timespec;
use super::paths::{flags, open_at, read_link, status_at};
use super::walk::{Last, Walk};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, FileType, NewTime};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use libc::AT_SYMLINK_NOFOLLOW;

/// Opens the file that `path` names beneath `directory`; `XDEV` where it leads out. `flags` as for `openat`.
pub fn open_beneath(directory: Fd, path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    Walk::new(directory, path)?.run(|here, name, slash| open_last(here, name, flags, mode, slash))
}

/// Opens the last component of a path being resolved.
fn open_last(here: Fd, name: &CStr, flags: u32, mode: u32, slash: bool) -> Result<Last<Fd>> {
    const NEW: u32 = flags::CREATE | flags::EXCLUSIVE;
    if slash && flags & flags::CREATE != 0 {
        return Err(Errno::ISDIR);
    }
    let follow = (slash || flags & flags::NO_FOLLOW == 0) && flags & NEW != NEW;
    let directory = if slash { flags::DIRECTORY } else { 0 };
    match open_at(here, name, flags | directory | flags::NO_FOLLOW, mode) {
        Err(error @ (Errno::NOTDIR | Errno::LOOP)) if follow => Ok(Last::Link(error)),
        answer => answer.map(Last::Done),
    }
}

/// Opens the directory that `path` names beneath `directory`, for lookups in it.
pub fn directory_beneath(directory: Fd, path: &CStr) -> Result<Fd> {
    open_beneath(directory, path, flags::READ | flags::DIRECTORY, 0)
}

/// Walks to the file that `path` names, and calls `action` with its directory, its name and its attributes; the name is
/// that of a link only where `follow` is not set.
fn at_last<R>(
    directory: Fd,
    path: &CStr,
    follow: bool,
    mut action: impl FnMut(Fd, &CStr, FileStatus) -> Result<R>,
) -> Result<R> {
    Walk::new(directory, path)?.run(|here, name, slash| {
        let status = status_at(here, name)?;
        match status.kind {
            FileType::SymbolicLink if follow || slash => Ok(Last::Link(Errno::LOOP)),
            FileType::Directory => action(here, name, status).map(Last::Done),
            _ if slash => Err(Errno::NOTDIR),
            _ => action(here, name, status).map(Last::Done),
        }
    })
}

/// The attributes of the file that `path` names beneath `directory`.
pub fn status_beneath(directory: Fd, path: &CStr, follow: bool) -> Result<FileStatus> {
    at_last(directory, path, follow, |_, _, status| Ok(status))
}

/// Sets the times of the file that `path` names beneath `directory`.
pub fn set_times_beneath(directory: Fd, path: &CStr, follow: bool, accessed: NewTime, modified: NewTime) -> Result<()> {
    let times = [to_timespec(accessed), to_timespec(modified)];
    at_last(directory, path, follow, |here, name, _| {
        // SAFETY: the system only reads the name and the times.
        check_unit(unsafe { libc::utimensat(here, name.as_ptr(), times.as_ptr(), AT_SYMLINK_NOFOLLOW) })
    })
}

/// Reads the target of the symbolic link that `path` names beneath `directory`; returns its length.
pub fn read_link_beneath(directory: Fd, path: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    at_last(directory, path, false, |here, name, _| read_link(here, name, buffer))
}
