//! The functions of WASI preview 1 that work on directories and paths: see [`functions`](super::functions).
#![allow(missing_docs, reason = "the names are those of WASI, whose document says what they do")]
#![allow(clippy::missing_errors_doc, clippy::too_many_arguments, reason = "as WASI has them")]

use super::functions::{Answer, address, answer, put_filestat};
use crate::memory::Memory;
use crate::wasi::descriptors::Descriptor;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::open::FileStatus;
use crate::wasi::paths::{Directory, Opening, set_times_of};
use crate::wasi::{Clock, Wasi};

fn path(memory: &Memory<'_>, at: i32, len: i32) -> Result<Vec<u8>> {
    let path = memory.bytes(at as u32, len as u32)?;
    match path {
        [] => Err(Errno::NOENT),
        _ if std::str::from_utf8(path).is_err() => Err(Errno::ILSEQ),
        path => Ok(path.to_vec()),
    }
}

/// Does something with a path beneath a directory: the descriptor, and where the path lies in memory.
fn on_path<R>(
    wasi: &Wasi,
    memory: &Memory<'_>,
    (fd, at, len): (i32, i32, i32),
    act: impl FnOnce(&Directory, &[u8]) -> Result<R>,
) -> Result<R> {
    act(wasi.descriptors.directory(fd)?, &path(memory, at, len)?)
}

/// Does something with two paths, each beneath a directory.
fn on_paths(
    wasi: &Wasi,
    memory: &Memory<'_>,
    (fd, at, len): (i32, i32, i32),
    (to, new, new_len): (i32, i32, i32),
    act: impl FnOnce(&Directory, &[u8], &Directory, &[u8]) -> Result<()>,
) -> Answer {
    let paths = || {
        let (from, to) = (wasi.descriptors.directory(fd)?, wasi.descriptors.directory(to)?);
        act(from, &path(memory, at, len)?, to, &path(memory, new, new_len)?)
    };
    answer(paths())
}

/// Whether links at the end of a path are followed (`lookupflags`).
fn follows(flags: i32) -> Result<bool> {
    check_flags(flags, 1)?;
    Ok(flags & 1 != 0)
}

fn check_flags(flags: i32, known: i32) -> Result<()> {
    if flags & !known == 0 { Ok(()) } else { Err(Errno::INVAL) }
}

/// The times that `fstflags` select.
fn times(wasi: &mut Wasi, accessed: i64, modified: i64, flags: i32) -> Result<[Option<u64>; 2]> {
    check_flags(flags, 0xf)?;
    let now = (wasi.clocks)(Clock::Realtime);
    let time = |time: i64, set: bool, is_now: bool| match (set, is_now) {
        (true, true) => Err(Errno::INVAL),
        (true, false) => Ok(Some(time as u64)),
        (false, true) => Ok(Some(now)),
        (false, false) => Ok(None),
    };
    Ok([time(accessed, flags & 1 != 0, flags & 2 != 0)?, time(modified, flags & 4 != 0, flags & 8 != 0)?])
}

/// The name by which a directory was granted.
fn granted(wasi: &mut Wasi, fd: i32) -> Result<&[u8]> {
    match wasi.descriptors.get(fd)? {
        Descriptor::Directory(_, Some(name)) => Ok(name),
        _ => Err(Errno::BADF),
    }
}

pub fn fd_prestat_get(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, to: i32) -> Answer {
    let mut get = || {
        let len = granted(wasi, fd)?.len() as u32;
        memory.write(to as u32, 0_u32)?;
        Ok(memory.write(address(to, 4)?, len)?)
    };
    answer(get())
}

pub fn fd_prestat_dir_name(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, to: i32, len: i32) -> Answer {
    let mut get = || {
        let name = granted(wasi, fd)?;
        if (len as u32 as usize) < name.len() {
            return Err(Errno::NAMETOOLONG);
        }
        Ok(memory.write_bytes(to as u32, name)?)
    };
    answer(get())
}

pub fn fd_readdir(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    to: i32,
    len: i32,
    cookie: i64,
    used: i32,
) -> Answer {
    let mut read = || {
        let entries = wasi.descriptors.directory(fd)?.entries()?;
        let mut bytes = Vec::new();
        for (entry, next) in entries.zip(1_u64..).skip(cookie as usize) {
            let (name, inode, kind) = entry?;
            bytes.extend(next.to_le_bytes());
            bytes.extend(inode.to_le_bytes());
            bytes.extend((name.len() as u32).to_le_bytes());
            bytes.extend(u32::from(kind).to_le_bytes());
            bytes.extend(name);
            if bytes.len() >= len as u32 as usize {
                break;
            }
        }
        bytes.truncate(len as u32 as usize);
        memory.write_bytes(to as u32, &bytes)?;
        Ok(memory.write(used as u32, bytes.len() as u32)?)
    };
    answer(read())
}

pub fn fd_filestat_set_times(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: i32,
    accessed: i64,
    modified: i64,
    flags: i32,
) -> Answer {
    let mut set = || {
        let times = times(wasi, accessed, modified, flags)?;
        set_times_of(wasi.descriptors.get(fd)?.file()?, times)
    };
    answer(set())
}

pub fn path_open(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    lookup: i32,
    at: i32,
    len: i32,
    flags: i32,
    rights: i64,
    _inheriting: i64,
    descriptor_flags: i32,
    to: i32,
) -> Answer {
    const READ: i64 = 1 << 1;
    const WRITE: i64 = 1 << 6;
    let mut open = || {
        let (reads, writes) = (rights & READ != 0, rights & WRITE != 0);
        check_flags(flags, 0xf)?;
        check_flags(descriptor_flags, 0x1f)?;
        let opening = Opening { follow: follows(lookup)?, flags, reads, writes, descriptor_flags };
        let opened = on_path(wasi, memory, (fd, at, len), |directory, path| directory.open_path(path, opening));
        let number = wasi.descriptors.add(opened?.into())?;
        Ok(memory.write(to as u32, number)?)
    };
    answer(open())
}

pub fn path_filestat_get(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    lookup: i32,
    at: i32,
    len: i32,
    to: i32,
) -> Answer {
    let found = on_path(wasi, memory, (fd, at, len), |directory, path| directory.stat(path, follows(lookup)?));
    answer(found.and_then(|metadata| put_filestat(memory, to, &FileStatus::from(&metadata))))
}

pub fn path_filestat_set_times(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    lookup: i32,
    at: i32,
    len: i32,
    accessed: i64,
    modified: i64,
    flags: i32,
) -> Answer {
    let mut set = || {
        let times = times(wasi, accessed, modified, flags)?;
        on_path(wasi, memory, (fd, at, len), |directory, path| directory.set_times(path, follows(lookup)?, times))
    };
    answer(set())
}

pub fn path_create_directory(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, at: i32, len: i32) -> Answer {
    answer(on_path(wasi, memory, (fd, at, len), |directory, path| directory.create_directory(path)))
}

pub fn path_remove_directory(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, at: i32, len: i32) -> Answer {
    answer(on_path(wasi, memory, (fd, at, len), |directory, path| directory.remove(path, true)))
}

pub fn path_unlink_file(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, at: i32, len: i32) -> Answer {
    answer(on_path(wasi, memory, (fd, at, len), |directory, path| directory.remove(path, false)))
}

pub fn path_rename(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    at: i32,
    len: i32,
    to: i32,
    new: i32,
    new_len: i32,
) -> Answer {
    on_paths(wasi, memory, (fd, at, len), (to, new, new_len), |from, path, to, new| from.rename(path, to, new))
}

pub fn path_link(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    lookup: i32,
    at: i32,
    len: i32,
    to: i32,
    new: i32,
    new_len: i32,
) -> Answer {
    on_paths(wasi, memory, (fd, at, len), (to, new, new_len), |from, path, to, new| match follows(lookup)? {
        true => Err(Errno::INVAL),
        false => from.link(path, to, new),
    })
}

pub fn path_symlink(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    target: i32,
    target_len: i32,
    fd: i32,
    at: i32,
    len: i32,
) -> Answer {
    let link = || wasi.descriptors.directory(fd)?.symlink(&path(memory, target, target_len)?, &path(memory, at, len)?);
    answer(link())
}

pub fn path_readlink(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    at: i32,
    len: i32,
    to: i32,
    room: i32,
    used: i32,
) -> Answer {
    let mut read = || {
        let mut target = on_path(wasi, memory, (fd, at, len), |directory, path| directory.read_link(path))?;
        target.truncate(room as u32 as usize);
        memory.write_bytes(to as u32, &target)?;
        Ok(memory.write(used as u32, target.len() as u32)?)
    };
    answer(read())
}
