//! The functions of WASI for programs with embedded directories (`Embedded::Overlaid` in [`wasmc_abi::host`]): each
//! serves embedded files itself and passes on all other calls.

use super::descriptors::{self, APPEND, DSYNC, NONBLOCK, RSYNC, SYNC};
use super::embedded::{self, Opened, inode};
use super::guest::{self, Address, Plain};
use super::opening::{CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE};
use super::paths::Path;
use super::preview1::fd::*;
use super::preview1::fd_io::*;
use super::preview1::layout::{DIRENT_SIZE, dirent, fdstat, filestat};
use super::preview1::path::*;
use super::preview1::{answer, answer_at, check_flags};
use super::rights::{
    self, FD_ADVISE, FD_FDSTAT_SET_FLAGS, FD_FILESTAT_GET, FD_READ, FD_READDIR, FD_SEEK, FD_TELL, PATH_FILESTAT_GET,
    PATH_OPEN, PATH_READLINK, Rights,
};
use super::streams::Iovecs;
use super::unstable::{self, *};
use crate::errno::{Errno, Result};
use crate::sys::FileStatus;
use wasmc_abi::embedded::NodeKind;

macro_rules! overlay {
    ($($overlay:ident over $original:ident(fd $(, $name:ident: $type:ty)*) => $serve:expr;)*) => { $(
        #[unsafe(no_mangle)]
        extern "C" fn $overlay(fd: u32 $(, $name: $type)*) -> i32 {
            match embedded::opened(fd) {
                Some(opened) => $serve(opened $(, $name)*),
                None => $original(fd $(, $name)*),
            }
        }
    )* };
}

overlay! {
    wasmc_embedded_wasi_snapshot_preview1_fd_advise over wasi_snapshot_preview1_fd_advise
        (fd, offset: u64, len: u64, advice: u32) => advise;
    wasmc_embedded_wasi_snapshot_preview1_fd_allocate over wasi_snapshot_preview1_fd_allocate
        (fd, offset: u64, len: u64) => |opened: Opened, _, _| changes_file(opened);
    wasmc_embedded_wasi_snapshot_preview1_fd_datasync over wasi_snapshot_preview1_fd_datasync
        (fd) => |_| answer(Ok(()));
    wasmc_embedded_wasi_snapshot_preview1_fd_fdstat_get over wasi_snapshot_preview1_fd_fdstat_get
        (fd, to: Address) => fdstat_get;
    wasmc_embedded_wasi_snapshot_preview1_fd_fdstat_set_flags over wasi_snapshot_preview1_fd_fdstat_set_flags
        (fd, flags: u32) => |opened, flags| answer(set_flags(opened, flags));
    wasmc_embedded_wasi_snapshot_preview1_fd_filestat_get over wasi_snapshot_preview1_fd_filestat_get
        (fd, to: Address) => |opened, to| filestat_get(opened, to, filestat);
    wasmc_embedded_wasi_snapshot_preview1_fd_filestat_set_size over wasi_snapshot_preview1_fd_filestat_set_size
        (fd, size: u64) => |opened: Opened, _| changes_file(opened);
    wasmc_embedded_wasi_snapshot_preview1_fd_filestat_set_times over wasi_snapshot_preview1_fd_filestat_set_times
        (fd, accessed: u64, modified: u64, flags: u32) => |_, _, _, _| answer(Err(Errno::ROFS));
    wasmc_embedded_wasi_snapshot_preview1_fd_pread over wasi_snapshot_preview1_fd_pread
        (fd, iovecs: Address, count: u32, offset: u64, to: Address) => pread;
    wasmc_embedded_wasi_snapshot_preview1_fd_pwrite over wasi_snapshot_preview1_fd_pwrite
        (fd, iovecs: Address, count: u32, offset: u64, to: Address) => |_, _, _, _, _| answer(Err(Errno::BADF));
    wasmc_embedded_wasi_snapshot_preview1_fd_read over wasi_snapshot_preview1_fd_read
        (fd, iovecs: Address, count: u32, to: Address) => read;
    wasmc_embedded_wasi_snapshot_preview1_fd_readdir over wasi_snapshot_preview1_fd_readdir
        (fd, buffer: Address, len: u32, cookie: u64, len_to: Address) => readdir;
    wasmc_embedded_wasi_snapshot_preview1_fd_seek over wasi_snapshot_preview1_fd_seek
        (fd, offset: i64, whence: u32, to: Address) => seek;
    wasmc_embedded_wasi_snapshot_preview1_fd_sync over wasi_snapshot_preview1_fd_sync
        (fd) => |_| answer(Ok(()));
    wasmc_embedded_wasi_snapshot_preview1_fd_tell over wasi_snapshot_preview1_fd_tell
        (fd, to: Address) => |opened, to| seek(opened, 0, CURRENT, to);
    wasmc_embedded_wasi_snapshot_preview1_fd_write over wasi_snapshot_preview1_fd_write
        (fd, iovecs: Address, count: u32, to: Address) => |_, _, _, _| answer(Err(Errno::BADF));
    wasmc_embedded_wasi_snapshot_preview1_path_create_directory over wasi_snapshot_preview1_path_create_directory
        (fd, path: Address, len: u32) => |opened, path, len| answer(creates(opened, path, len));
    wasmc_embedded_wasi_snapshot_preview1_path_remove_directory over wasi_snapshot_preview1_path_remove_directory
        (fd, path: Address, len: u32) => |opened, path, len| answer(changes(opened, path, len));
    wasmc_embedded_wasi_snapshot_preview1_path_unlink_file over wasi_snapshot_preview1_path_unlink_file
        (fd, path: Address, len: u32) => |opened, path, len| answer(changes(opened, path, len));
    wasmc_embedded_wasi_snapshot_preview1_path_filestat_get over wasi_snapshot_preview1_path_filestat_get
        (fd, lookup: u32, path: Address, len: u32, to: Address)
        => |opened, lookup, path, len, to| path_filestat_get(opened, lookup, path, len, to, filestat);
    wasmc_embedded_wasi_snapshot_preview1_path_filestat_set_times over wasi_snapshot_preview1_path_filestat_set_times
        (fd, lookup: u32, path: Address, len: u32, accessed: u64, modified: u64, flags: u32)
        => |opened, _, path, len, _, _, _| answer(changes(opened, path, len));
    wasmc_embedded_wasi_snapshot_preview1_path_readlink over wasi_snapshot_preview1_path_readlink
        (fd, path: Address, len: u32, buffer: Address, buffer_len: u32, len_to: Address) => path_readlink;
    wasmc_embedded_wasi_snapshot_preview1_path_open over wasi_snapshot_preview1_path_open
        (fd, lookup: u32, path: Address, len: u32, open: u32, rights: u64, inheriting: u64, fd_flags: u32, to: Address)
        => path_open;
    wasmc_embedded_wasi_unstable_fd_seek over wasi_unstable_fd_seek
        (fd, offset: i64, whence: u32, to: Address)
        => |opened, offset, whence, to| seek(opened, offset, whence_of_snapshot_0(whence), to);
    wasmc_embedded_wasi_unstable_fd_filestat_get over wasi_unstable_fd_filestat_get
        (fd, to: Address) => |opened, to| filestat_get(opened, to, unstable::filestat);
    wasmc_embedded_wasi_unstable_path_filestat_get over wasi_unstable_path_filestat_get
        (fd, lookup: u32, path: Address, len: u32, to: Address)
        => |opened, lookup, path, len, to| path_filestat_get(opened, lookup, path, len, to, unstable::filestat);
}

/// `whence` of snapshot 0 in the numbers of preview 1.
fn whence_of_snapshot_0(whence: u32) -> u32 {
    const NUMBERS: [u32; 3] = [CURRENT, 2, 0];
    NUMBERS.get(whence as usize).map_or(whence, |&number| number)
}

/// `whence` for the present position.
const CURRENT: u32 = 1;

fn advise(opened: Opened, _: u64, _: u64, advice: u32) -> i32 {
    const LAST: u32 = 5;
    answer(opened.file(FD_ADVISE).and(if advice <= LAST { Ok(()) } else { Err(Errno::INVAL) }))
}

fn changes_file(opened: Opened) -> i32 {
    answer(opened.file(0).and(Err(Errno::ROFS)))
}

fn fdstat_get(opened: Opened, to: Address) -> i32 {
    let Opened { descriptor, .. } = &opened;
    answer_at(to, || Ok(fdstat(opened.status().kind, descriptor.flags, descriptor.rights, descriptor.inheriting)))
}

fn set_flags(opened: Opened, flags: u32) -> Result<()> {
    check_flags(flags, (APPEND | NONBLOCK | DSYNC | RSYNC | SYNC).into())?;
    let opened = opened.file(FD_FDSTAT_SET_FLAGS)?;
    let flags = flags as u16;
    if flags & (DSYNC | RSYNC | SYNC) != 0 {
        return Err(Errno::INVAL);
    }
    descriptors::update(opened.fd, |descriptor| {
        descriptor.flags = flags;
        Ok(())
    })
}

fn filestat_get<T: Plain>(opened: Opened, to: Address, layout: fn(&FileStatus) -> T) -> i32 {
    answer_at(to, || {
        opened.descriptor.require(FD_FILESTAT_GET)?;
        Ok(layout(&opened.status()))
    })
}

fn read(opened: Opened, iovecs: Address, count: u32, to: Address) -> i32 {
    answer_at(to, || read_into(opened, FD_READ, iovecs, count, None))
}

fn pread(opened: Opened, iovecs: Address, count: u32, offset: u64, to: Address) -> i32 {
    answer_at(to, || {
        i64::try_from(offset).map_err(|_| Errno::INVAL)?;
        read_into(opened, FD_READ | FD_SEEK, iovecs, count, Some(offset))
    })
}

fn read_into(opened: Opened, wanted: Rights, iovecs: Address, count: u32, offset: Option<u64>) -> Result<u32> {
    let opened = opened.file(wanted)?;
    opened.read(&Iovecs::read(iovecs, count)?, offset).map(|len| len as u32)
}

fn seek(opened: Opened, offset: i64, whence: u32, to: Address) -> i32 {
    answer_at(to, || {
        let tells = offset == 0 && whence == CURRENT;
        let opened = opened.file(if tells { FD_TELL } else { FD_SEEK | FD_TELL })?;
        let from = match whence {
            0 => Some(0),
            CURRENT => None,
            2 => Some(opened.node.len),
            _ => return Err(Errno::INVAL),
        };
        opened.seek(offset, from)
    })
}

fn readdir(opened: Opened, buffer: Address, len: u32, cookie: u64, len_to: Address) -> i32 {
    answer_at(len_to, || {
        guest::range(buffer, len.into())?;
        let opened = opened.directory(FD_READDIR)?;
        let mut entries = EntryBuffer { buffer, len, used: 0 };
        let mut position = cookie;
        while let Some(entry) = opened.entry(position) {
            position += 1;
            let head: [u8; DIRENT_SIZE] = dirent(position, inode(entry.index), entry.kind, entry.name.len() as u32);
            if !(entries.put(&head)? && entries.put(entry.name)?) {
                break;
            }
        }
        Ok(entries.used)
    })
}

/// The guest's buffer for entries: as many as fit, the last one perhaps cut short.
struct EntryBuffer {
    buffer: Address,
    len: u32,
    used: u32,
}

impl EntryBuffer {
    /// Appends as much as fits; returns whether there is room for more.
    fn put(&mut self, bytes: &[u8]) -> Result<bool> {
        let cut = bytes.get(..(self.len - self.used) as usize).unwrap_or(bytes);
        guest::write_bytes(self.buffer.wrapping_add(self.used), cut)?;
        self.used += cut.len() as u32;
        Ok(self.used < self.len)
    }
}

/// The error of every change in a directory, if the path names a file.
fn changes(opened: Opened, path: Address, len: u32) -> Result<()> {
    let opened = opened.directory(0)?;
    opened.resolve(Path::read(path, len)?.text().to_bytes(), false)?;
    Err(Errno::ROFS)
}

/// The error of every operation that would make a name in a directory.
fn creates(opened: Opened, path: Address, len: u32) -> Result<()> {
    match changes(opened, path, len) {
        Err(Errno::ROFS) => Err(Errno::EXIST),
        Err(Errno::NOENT) => Err(Errno::ROFS),
        answer => answer,
    }
}

fn path_filestat_get<T: Plain>(
    opened: Opened,
    lookup: u32,
    path: Address,
    len: u32,
    to: Address,
    layout: fn(&FileStatus) -> T,
) -> i32 {
    answer_at(to, || {
        let follow = follows(lookup)?;
        let opened = opened.directory(PATH_FILESTAT_GET)?;
        let (index, node) = opened.resolve(Path::read(path, len)?.text().to_bytes(), follow)?;
        Ok(layout(&embedded::status(index, &node)))
    })
}

fn path_readlink(opened: Opened, path: Address, len: u32, buffer: Address, room: u32, len_to: Address) -> i32 {
    answer_at(len_to, || {
        guest::range(buffer, room.into())?;
        let opened = opened.directory(PATH_READLINK)?;
        let (_, node) = opened.resolve(Path::read(path, len)?.text().to_bytes(), false)?;
        if node.kind != NodeKind::Link {
            return Err(Errno::INVAL);
        }
        let target = embedded::contents(&node);
        let target = target.get(..room as usize).unwrap_or(target);
        guest::write_bytes(buffer, target)?;
        Ok(target.len() as u32)
    })
}

#[allow(clippy::too_many_arguments, reason = "the function of the specification has them")]
fn path_open(
    opened: Opened,
    lookup: u32,
    path: Address,
    len: u32,
    open: u32,
    rights: u64,
    _inheriting: u64,
    flags: u32,
    to: Address,
) -> i32 {
    answer_at(to, || {
        let path = Path::read(path, len)?;
        check_flags(open, CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE)?;
        check_flags(flags, (APPEND | DSYNC | NONBLOCK | RSYNC | SYNC).into())?;
        if open & DIRECTORY != 0 && open & !DIRECTORY != 0 {
            return Err(Errno::INVAL);
        }
        let opened = opened.directory(PATH_OPEN)?;
        let asked = rights as Rights & rights::ALL;
        opened.open_named(path.text().to_bytes(), (open, follows(lookup)?), asked, flags as u16)
    })
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_embedded_wasi_snapshot_preview1_fd_close(fd: u32) -> i32 {
    embedded::release_if_embedded(fd);
    wasi_snapshot_preview1_fd_close(fd)
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_embedded_wasi_snapshot_preview1_fd_renumber(from: u32, to: u32) -> i32 {
    // The descriptor that is replaced must be released, unless the call fails or changes nothing.
    if from != to && descriptors::get(from, 0).is_ok() {
        embedded::release_if_embedded(to);
    }
    wasi_snapshot_preview1_fd_renumber(from, to)
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_embedded_wasi_snapshot_preview1_path_symlink(
    target: Address,
    target_len: u32,
    fd: u32,
    path: Address,
    len: u32,
) -> i32 {
    match embedded::opened(fd) {
        Some(opened) => answer(creates(opened, path, len)),
        None => wasi_snapshot_preview1_path_symlink(target, target_len, fd, path, len),
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_embedded_wasi_snapshot_preview1_path_link(
    from_fd: u32,
    lookup: u32,
    from: Address,
    from_len: u32,
    to_fd: u32,
    to: Address,
    to_len: u32,
) -> i32 {
    match between(from_fd, from, from_len, to_fd, to, to_len) {
        Some(refusal) => answer(refusal),
        None => wasi_snapshot_preview1_path_link(from_fd, lookup, from, from_len, to_fd, to, to_len),
    }
}

#[unsafe(no_mangle)]
extern "C" fn wasmc_embedded_wasi_snapshot_preview1_path_rename(
    from_fd: u32,
    from: Address,
    from_len: u32,
    to_fd: u32,
    to: Address,
    to_len: u32,
) -> i32 {
    match between(from_fd, from, from_len, to_fd, to, to_len) {
        Some(refusal) => answer(refusal),
        None => wasi_snapshot_preview1_path_rename(from_fd, from, from_len, to_fd, to, to_len),
    }
}

/// The error of a link or a move from or to an embedded directory; `None` where neither is one.
fn between(from_fd: u32, from: Address, from_len: u32, to_fd: u32, to: Address, to_len: u32) -> Option<Result<()>> {
    match (embedded::opened(from_fd), embedded::opened(to_fd)) {
        (None, None) => None,
        (Some(source), Some(_)) => Some(changes(source, from, from_len)),
        (Some(source), None) => {
            Some(descriptors::directory(to_fd, 0).and_then(|_| match changes(source, from, from_len) {
                Err(Errno::ROFS) => Err(Errno::XDEV),
                answer => answer,
            }))
        }
        (None, Some(target)) => {
            Some(descriptors::directory(from_fd, 0).and_then(|_| match changes(target, to, to_len) {
                Err(Errno::ROFS | Errno::NOENT) => Err(Errno::XDEV),
                answer => answer,
            }))
        }
    }
}
