//! What is done with files by their names: the same in all versions, which differ in how they take paths and give
//! results. A path is read once the descriptor is found to be what it must be.

use super::hold::{hold, hold_directory};
use super::paths::{self, Path};
use super::rights::{
    PATH_CREATE_DIRECTORY, PATH_FILESTAT_GET, PATH_FILESTAT_SET_TIMES, PATH_LINK_SOURCE, PATH_LINK_TARGET,
    PATH_READLINK, PATH_REMOVE_DIRECTORY, PATH_RENAME_SOURCE, PATH_RENAME_TARGET, PATH_SYMLINK, PATH_UNLINK_FILE,
    Rights,
};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileStatus, NewTime};
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// Creates a directory.
#[inline(always)]
pub fn create_directory(fd: u32, path: impl FnOnce() -> Result<Path>) -> Result<()> {
    hold_directory(fd, PATH_CREATE_DIRECTORY, |directory| {
        let mut path = path()?;
        let last = path.last_component(directory)?;
        sys::create_directory(last.directory(), last.name)
    })
}

/// Removes an empty directory.
#[inline(always)]
pub fn remove_directory(fd: u32, path: impl FnOnce() -> Result<Path>) -> Result<()> {
    hold_directory(fd, PATH_REMOVE_DIRECTORY, |directory| {
        let mut path = path()?;
        let last = path.last_component(directory)?;
        sys::remove_directory(last.directory(), last.name)
    })
}

/// Removes a name of a file that is no directory.
#[inline(always)]
pub fn remove_file(fd: u32, path: impl FnOnce() -> Result<Path>) -> Result<()> {
    hold_directory(fd, PATH_UNLINK_FILE, |directory| {
        let mut path = path()?;
        let last = path.last_component(directory)?;
        sys::remove_file(last.directory(), last.name)
    })
}

/// The attributes of a file.
#[inline(always)]
pub fn status(fd: u32, follow: bool, path: impl FnOnce() -> Result<Path>) -> Result<FileStatus> {
    hold_path((fd, PATH_FILESTAT_GET), follow, path, paths::status)
}

/// Sets the times of a file.
#[inline(always)]
pub fn set_times(
    fd: u32,
    follow: bool,
    path: impl FnOnce() -> Result<Path>,
    (accessed, modified): (NewTime, NewTime),
) -> Result<()> {
    hold_path((fd, PATH_FILESTAT_SET_TIMES), follow, path, |directory, path, follow| {
        paths::set_times(directory, path, follow, accessed, modified)
    })
}

/// Makes a call on the file that a path names in a directory that must have the rights `wanted`: passes on the
/// directory, the path beneath it and whether a link is followed.
#[inline(always)]
fn hold_path<R>(
    (fd, wanted): (u32, Rights),
    follow: bool,
    path: impl FnOnce() -> Result<Path>,
    call: impl FnOnce(sys::Fd, &CStr, bool) -> Result<R>,
) -> Result<R> {
    hold(fd, |directory| {
        let path = path()?;
        let (path, follow) = directory.host_path(path.text(), follow)?;
        directory.require(wanted)?;
        call(directory.host, path, follow)
    })
}

/// Gives a file another name.
#[inline(always)]
pub fn link(follow: bool, (from_fd, to_fd): (u32, u32), paths: impl FnOnce() -> Result<(Path, Path)>) -> Result<()> {
    between((from_fd, PATH_LINK_SOURCE, to_fd, PATH_LINK_TARGET), |from_directory, to_directory| {
        let (mut from, mut to) = paths()?;
        if follow {
            // As in Wasmtime: links are not followed to the file to be linked.
            return Err(Errno::INVAL);
        }
        let source = from.last_component(from_directory)?;
        if source.slash || source.name == c".." || source.name == c"." {
            // It must be a directory, which cannot be linked to; the kernel must not follow a link here.
            return Err(source.slash_error().unwrap_or(Errno::PERM));
        }
        let target = to.last_component(to_directory)?;
        sys::link(source.directory(), source.name, target.directory(), target.name)
    })
}

/// Renames within or between directories.
#[inline(always)]
pub fn rename((from_fd, to_fd): (u32, u32), paths: impl FnOnce() -> Result<(Path, Path)>) -> Result<()> {
    between((from_fd, PATH_RENAME_SOURCE, to_fd, PATH_RENAME_TARGET), |from_directory, to_directory| {
        let (mut from, mut to) = paths()?;
        let source = from.last_component(from_directory)?;
        let target = to.last_component(to_directory)?;
        sys::rename(source.directory(), source.name, target.directory(), target.name)
    })
}

/// Creates a symbolic link: the first path is what it leads to.
#[inline(always)]
pub fn create_symbolic_link(fd: u32, paths: impl FnOnce() -> Result<(Path, Path)>) -> Result<()> {
    hold_directory(fd, PATH_SYMLINK, |directory| {
        let (target, mut path) = paths()?;
        if target.text().to_bytes().first() == Some(&b'/') {
            // As in Wasmtime: the guest must not use an absolute path of the host.
            return Err(Errno::PERM);
        }
        let last = path.last_component(directory)?;
        match sys::create_symbolic_link(target.text(), last.directory(), last.name) {
            // A slash demands a directory, as in all calls; Linux does not check that here.
            Err(Errno::EXIST) if last.slash => Err(last.slash_error().unwrap_or(Errno::EXIST)),
            answer => answer,
        }
    })
}

/// Reads what a symbolic link leads to.
#[inline(always)]
pub fn read_link(
    fd: u32,
    path: impl FnOnce() -> Result<Path>,
    buffer: &mut [MaybeUninit<u8>; sys::PATH_MAX],
) -> Result<&[u8]> {
    let len = hold_directory(fd, PATH_READLINK, |directory| paths::read_link(directory, path()?.text(), buffer))?;
    // SAFETY: `read_link` initialised the first `len` bytes.
    let target = unsafe { core::slice::from_raw_parts(buffer.as_ptr().cast::<u8>(), len) };
    if target.first() == Some(&b'/') {
        // As in Wasmtime: the guest must not learn an absolute path of the host.
        return Err(Errno::PERM);
    }
    Ok(target)
}

/// Makes a call on two directories, each with the rights that it must have.
fn between(
    (from, from_rights, to, to_rights): (u32, Rights, u32, Rights),
    call: impl FnOnce(sys::Fd, sys::Fd) -> Result<()>,
) -> Result<()> {
    hold_directory(from, from_rights, |from| hold_directory(to, to_rights, |to| call(from, to)))
}
