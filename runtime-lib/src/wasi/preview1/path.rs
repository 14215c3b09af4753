//! `path_*`.

use super::{answer, answer_at, check_flags, layout};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileStatus, FileType, flags};
use crate::wasi::descriptors::{self, APPEND, DSYNC, Descriptor, Kind, NONBLOCK, RSYNC, SYNC};
use crate::wasi::guest::{self, Address};
use crate::wasi::hold::{hold, hold_directory};
use crate::wasi::paths::{self, Path};
use crate::wasi::rights::{
    self, FD_DATASYNC, FD_READ, FD_SYNC, FD_WRITE, PATH_CREATE_DIRECTORY, PATH_CREATE_FILE, PATH_FILESTAT_GET,
    PATH_FILESTAT_SET_SIZE, PATH_FILESTAT_SET_TIMES, PATH_LINK_SOURCE, PATH_LINK_TARGET, PATH_OPEN, PATH_READLINK,
    PATH_REMOVE_DIRECTORY, PATH_RENAME_SOURCE, PATH_RENAME_TARGET, PATH_SYMLINK, PATH_UNLINK_FILE, Rights,
};
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// Bit of `lookupflags`: a link at the end of the path is followed.
const FOLLOW: u32 = 1 << 0;

/// Bits of `oflags`.
pub const CREATE: u32 = 1 << 0;
pub const DIRECTORY: u32 = 1 << 1;
pub const EXCLUSIVE: u32 = 1 << 2;
pub const TRUNCATE: u32 = 1 << 3;

/// Whether `lookupflags` want a link at the end to be followed.
pub fn follows(lookup: u32) -> Result<bool> {
    check_flags(lookup, FOLLOW).map(|()| lookup & FOLLOW != 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_create_directory(fd: u32, path: Address, len: u32) -> i32 {
    answer(hold_directory(fd, PATH_CREATE_DIRECTORY, |directory| {
        let mut path = Path::read(path, len)?;
        let last = path.last_component(directory)?;
        sys::create_directory(last.directory(), last.name)
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_remove_directory(fd: u32, path: Address, len: u32) -> i32 {
    answer(hold_directory(fd, PATH_REMOVE_DIRECTORY, |directory| {
        let mut path = Path::read(path, len)?;
        let last = path.last_component(directory)?;
        sys::remove_directory(last.directory(), last.name)
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_unlink_file(fd: u32, path: Address, len: u32) -> i32 {
    answer(hold_directory(fd, PATH_UNLINK_FILE, |directory| {
        let mut path = Path::read(path, len)?;
        let last = path.last_component(directory)?;
        sys::remove_file(last.directory(), last.name)
    }))
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
    hold_path((fd, PATH_FILESTAT_GET), lookup, (path, len), paths::status)
}

/// Makes a call on the file that a path names in a directory that must have the rights `wanted`: passes on the
/// directory, the path beneath it and whether a link is followed.
fn hold_path<R>(
    (fd, wanted): (u32, Rights),
    lookup: u32,
    (path, len): (Address, u32),
    call: impl FnOnce(sys::Fd, &CStr, bool) -> Result<R>,
) -> Result<R> {
    let follow = follows(lookup)?;
    hold(fd, |directory| {
        let path = Path::read(path, len)?;
        let (path, follow) = directory.host_path(path.text(), follow)?;
        directory.require(wanted)?;
        call(directory.host, path, follow)
    })
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
        let (accessed, modified) = layout::times(accessed, modified, flags)?;
        hold_path((fd, PATH_FILESTAT_SET_TIMES), lookup, (path, len), |directory, path, follow| {
            paths::set_times(directory, path, follow, accessed, modified)
        })
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
        let directories = (from_fd, PATH_LINK_SOURCE, to_fd, PATH_LINK_TARGET);
        between(directories, |from_directory, to_directory| {
            let (mut from, mut to) = (Path::read(from, from_len)?, Path::read(to, to_len)?);
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
    let directories = (from_fd, PATH_RENAME_SOURCE, to_fd, PATH_RENAME_TARGET);
    answer(between(directories, |from_directory, to_directory| {
        let (mut from, mut to) = (Path::read(from, from_len)?, Path::read(to, to_len)?);
        let source = from.last_component(from_directory)?;
        let target = to.last_component(to_directory)?;
        sys::rename(source.directory(), source.name, target.directory(), target.name)
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_path_symlink(
    target: Address,
    target_len: u32,
    fd: u32,
    path: Address,
    len: u32,
) -> i32 {
    answer(hold_directory(fd, PATH_SYMLINK, |directory| {
        let (target, mut path) = (Path::read(target, target_len)?, Path::read(path, len)?);
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
    }))
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
        let len = hold_directory(fd, PATH_READLINK, |directory| {
            paths::read_link(directory, Path::read(path, len)?.text(), &mut target)
        })?;
        // SAFETY: `read_link` initialised the first `len` bytes.
        let target = unsafe { core::slice::from_raw_parts(target.as_ptr().cast::<u8>(), len) };
        if target.first() == Some(&b'/') {
            // As in Wasmtime: the guest must not learn an absolute path of the host.
            return Err(Errno::PERM);
        }
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

/// Makes a call on two directories, each with the rights that it must have.
fn between(
    (from, from_rights, to, to_rights): (u32, Rights, u32, Rights),
    call: impl FnOnce(sys::Fd, sys::Fd) -> Result<()>,
) -> Result<()> {
    hold_directory(from, from_rights, |from| hold_directory(to, to_rights, |to| call(from, to)))
}

/// How `path_open` opens a file.
struct How {
    follow: bool,
    open: u32,
    flags: u32,
    rights: Rights,
}

impl How {
    fn open(&self, fd: u32, path: &Path) -> Result<u32> {
        check_flags(self.open, CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE)?;
        check_flags(self.flags, (APPEND | DSYNC | NONBLOCK | RSYNC | SYNC).into())?;
        if self.open & DIRECTORY != 0 && self.open & !DIRECTORY != 0 {
            return Err(Errno::INVAL);
        }
        hold(fd, |directory| self.open_in(directory, path))
    }

    fn open_in(&self, directory: &Descriptor, path: &Path) -> Result<u32> {
        if let Kind::File(_) = directory.kind {
            return Err(Errno::NOTDIR);
        }
        let (path, follow) = directory.host_path(path.text(), self.follow)?;
        self.check(directory)?;
        let mut host_flags = self.host_flags(follow);
        if directory.kind == Kind::NamedFile {
            // Only the file that existed at the start is granted. It is not made again.
            if self.open & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE {
                return Err(Errno::EXIST);
            }
            host_flags &= !flags::CREATE;
        }
        let opened = paths::open(directory.host, path, host_flags)?;
        let kind = match sys::status(opened.fd())?.kind {
            FileType::Directory => Kind::Directory,
            kind => Kind::File(kind),
        };
        if !matches!(kind, Kind::Directory | Kind::File(FileType::Regular)) && self.flags & u32::from(NONBLOCK) == 0 {
            sys::set_flags(opened.fd(), self.flags & u32::from(APPEND) != 0, false)?;
        }
        let descriptor = self.descriptor(directory, opened.fd(), kind);
        let fd = descriptors::insert(descriptor)?;
        opened.keep();
        Ok(fd)
    }

    /// Fails unless the directory has the rights for this.
    fn check(&self, descriptor: &Descriptor) -> Result<()> {
        let create = if self.open & CREATE != 0 { PATH_CREATE_FILE } else { 0 };
        let truncate = if self.open & TRUNCATE != 0 { PATH_FILESTAT_SET_SIZE } else { 0 };
        let data = if self.flags & u32::from(DSYNC) != 0 { FD_DATASYNC } else { 0 };
        let all = if self.flags & u32::from(RSYNC | SYNC) != 0 { FD_SYNC } else { 0 };
        descriptor.require(PATH_OPEN | create | truncate | data | all)?;
        if descriptor.read_only && self.writes() {
            return Err(Errno::PERM);
        }
        Ok(())
    }

    fn writes(&self) -> bool {
        self.rights & FD_WRITE != 0
    }

    fn host_flags(&self, follow: bool) -> u32 {
        let access = match (self.rights & FD_READ != 0, self.writes()) {
            (_, false) => flags::READ,
            (false, true) => flags::WRITE,
            (true, true) => flags::READ_WRITE,
        };
        let open = [
            (self.open & CREATE != 0, flags::CREATE),
            (self.open & DIRECTORY != 0, flags::DIRECTORY),
            (self.open & EXCLUSIVE != 0, flags::EXCLUSIVE),
            (self.open & TRUNCATE != 0, flags::TRUNCATE),
            (!follow, flags::NO_FOLLOW),
            (self.flags & u32::from(APPEND) != 0, flags::APPEND),
            (self.flags & u32::from(DSYNC) != 0, flags::DATA_SYNC),
            (self.flags & u32::from(RSYNC | SYNC) != 0, flags::SYNC),
        ];
        // Opening never waits, be it for the other end of a FIFO.
        let always = access | flags::NONBLOCKING;
        open.iter().filter(|(wanted, _)| *wanted).fold(always, |flags, (_, flag)| flags | flag)
    }

    /// The new descriptor has, and passes on, all rights that apply to it and that the directory passes on; only
    /// reading and writing must be requested. As in Wasmtime, programs that request too few of the others work.
    fn descriptor(&self, directory: &Descriptor, host: sys::Fd, kind: Kind) -> Descriptor {
        let applicable = if kind == Kind::Directory { rights::DIRECTORY } else { rights::FILE };
        let asked = self.rights | !(FD_READ | FD_WRITE);
        let passed_on = if kind == Kind::Directory { directory.inheriting } else { 0 };
        Descriptor {
            host,
            kind,
            read_only: directory.read_only,
            flags: self.flags as u16,
            rights: applicable & asked & directory.inheriting,
            inheriting: passed_on,
            ..Descriptor::FREE
        }
    }
}
