//! `path_*`.

use super::{answer, answer_at, check_flags, layout};
use crate::errno::Result;
use crate::sys::{self, FileStatus};
use crate::wasi::guest::{self, Address};
use crate::wasi::names;
use crate::wasi::opening::How;
use crate::wasi::paths::Path;
use crate::wasi::rights::{self, Rights};
use core::mem::MaybeUninit;

/// Bit of `lookupflags`: a link at the end of the path is followed.
const FOLLOW: u32 = 1 << 0;

/// Whether `lookupflags` want a link at the end to be followed.
pub fn follows(lookup: u32) -> Result<bool> {
    check_flags(lookup, FOLLOW).map(|()| lookup & FOLLOW != 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_create_directory(fd: u32, path: Address, len: u32) -> i32 {
    answer(names::create_directory(fd, || Path::read(path, len)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_remove_directory(fd: u32, path: Address, len: u32) -> i32 {
    answer(names::remove_directory(fd, || Path::read(path, len)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_unlink_file(fd: u32, path: Address, len: u32) -> i32 {
    answer(names::remove_file(fd, || Path::read(path, len)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_filestat_get(
    fd: u32,
    lookup: u32,
    path: Address,
    len: u32,
    to: Address,
) -> i32 {
    answer_at(to, || path_status(fd, lookup, path, len).map(|status| layout::filestat(&status)))
}

/// The attributes of the file that a path names.
pub fn path_status(fd: u32, lookup: u32, path: Address, len: u32) -> Result<FileStatus> {
    names::status(fd, follows(lookup)?, || Path::read(path, len))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_filestat_set_times(
    fd: u32,
    lookup: u32,
    path: Address,
    len: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> i32 {
    answer((|| {
        let times = layout::times(accessed, modified, flags)?;
        names::set_times(fd, follows(lookup)?, || Path::read(path, len), times)
    })())
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_link(
    from_fd: u32,
    lookup: u32,
    from: Address,
    from_len: u32,
    to_fd: u32,
    to: Address,
    to_len: u32,
) -> i32 {
    answer((|| {
        let follow = follows(lookup)?;
        names::link(follow, (from_fd, to_fd), || Ok((Path::read(from, from_len)?, Path::read(to, to_len)?)))
    })())
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_rename(
    from_fd: u32,
    from: Address,
    from_len: u32,
    to_fd: u32,
    to: Address,
    to_len: u32,
) -> i32 {
    answer(names::rename((from_fd, to_fd), || Ok((Path::read(from, from_len)?, Path::read(to, to_len)?))))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_symlink(
    target: Address,
    target_len: u32,
    fd: u32,
    path: Address,
    len: u32,
) -> i32 {
    answer(names::create_symbolic_link(fd, || Ok((Path::read(target, target_len)?, Path::read(path, len)?))))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_readlink(
    fd: u32,
    path: Address,
    len: u32,
    buffer: Address,
    buffer_len: u32,
    len_to: Address,
) -> i32 {
    answer_at(len_to, || {
        guest::range(buffer, buffer_len.into())?;
        let mut target = [const { MaybeUninit::uninit() }; sys::PATH_MAX];
        let target = names::read_link(fd, || Path::read(path, len), &mut target)?;
        let target = target.get(..buffer_len as usize).unwrap_or(target);
        guest::write_bytes(buffer, target)?;
        Ok(target.len() as u32)
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_open(
    fd: u32,
    lookup: u32,
    path: Address,
    len: u32,
    open: u32,
    rights: u64,
    _inheriting: u64,
    fd_flags: u32,
    to: Address,
) -> i32 {
    answer_at(to, || {
        let path = Path::read(path, len)?;
        let how = How { follow: follows(lookup)?, open, flags: fd_flags, rights: rights as Rights & rights::ALL };
        how.open(fd, &path)
    })
}
