//! The functions of WASI preview 1, by their names there: bindings call them. Each returns an error number; what fails
//! otherwise ends the guest.
#![allow(missing_docs, reason = "the names are those of WASI, whose document says what they do")]
#![allow(clippy::missing_errors_doc, clippy::too_many_arguments, reason = "as WASI has them")]

use super::poll::{clock, poll};
use crate::error::Error;
use crate::memory::Memory;
use crate::wasi::Wasi;
use crate::wasi::descriptors::Descriptor;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::open::{FileStatus, file_type};

pub(super) type Answer = std::result::Result<i32, Error>;

/// The error number of what was done, 0 where it was.
pub(super) fn answer(result: Result<()>) -> Answer {
    Ok(result.err().map_or(0, |Errno(number)| number.into()))
}

/// Writes strings, each ended by a NUL byte, and where each begins.
fn put_strings(memory: &mut Memory<'_>, strings: &[Vec<u8>], list: i32, mut at: u32) -> Result<()> {
    for (string, number) in strings.iter().zip(0..) {
        memory.write(address(list, 4 * number)?, at)?;
        memory.write_bytes(at, string)?;
        at = at.checked_add(string.len() as u32).ok_or(Errno::FAULT)?;
        memory.write(at, 0_u8)?;
        at += 1;
    }
    Ok(())
}

fn put_sizes(memory: &mut Memory<'_>, strings: &[Vec<u8>], count: i32, bytes: i32) -> Result<()> {
    memory.write(count as u32, strings.len() as u32)?;
    let total: usize = strings.iter().map(|string| string.len() + 1).sum();
    Ok(memory.write(bytes as u32, total as u32)?)
}

pub(super) fn address(start: i32, offset: u32) -> Result<u32> {
    (start as u32).checked_add(offset).ok_or(Errno::FAULT)
}

pub fn args_get(wasi: &mut Wasi, memory: &mut Memory<'_>, list: i32, bytes: i32) -> Answer {
    answer(put_strings(memory, &wasi.arguments, list, bytes as u32))
}

pub fn args_sizes_get(wasi: &mut Wasi, memory: &mut Memory<'_>, count: i32, bytes: i32) -> Answer {
    answer(put_sizes(memory, &wasi.arguments, count, bytes))
}

pub fn environ_get(wasi: &mut Wasi, memory: &mut Memory<'_>, list: i32, bytes: i32) -> Answer {
    answer(put_strings(memory, &wasi.variables, list, bytes as u32))
}

pub fn environ_sizes_get(wasi: &mut Wasi, memory: &mut Memory<'_>, count: i32, bytes: i32) -> Answer {
    answer(put_sizes(memory, &wasi.variables, count, bytes))
}

pub fn clock_res_get(_: &mut Wasi, memory: &mut Memory<'_>, id: i32, to: i32) -> Answer {
    answer(clock(id).and_then(|_| Ok(memory.write(to as u32, 1_u64)?)))
}

pub fn clock_time_get(wasi: &mut Wasi, memory: &mut Memory<'_>, id: i32, _precision: i64, to: i32) -> Answer {
    answer(clock(id).and_then(|clock| Ok(memory.write(to as u32, (wasi.clocks)(clock))?)))
}

pub fn random_get(wasi: &mut Wasi, memory: &mut Memory<'_>, to: i32, len: i32) -> Answer {
    let mut fill = || Ok((wasi.random)(memory.bytes_mut(to as u32, len as u32)?)?);
    answer(fill())
}

pub fn sched_yield(_: &mut Wasi, _: &mut Memory<'_>) -> Answer {
    std::thread::yield_now();
    answer(Ok(()))
}

pub fn proc_exit(_: &mut Wasi, _: &mut Memory<'_>, status: i32) -> std::result::Result<(), Error> {
    Err(Error::exit(status))
}

pub fn proc_raise(_: &mut Wasi, _: &mut Memory<'_>, _signal: i32) -> Answer {
    answer(Err(Errno::NOTSUP))
}

pub fn poll_oneoff(wasi: &mut Wasi, memory: &mut Memory<'_>, from: i32, to: i32, count: i32, happened: i32) -> Answer {
    let result = poll(wasi, memory, from as u32, to as u32, count as u32);
    answer(result.and_then(|count| Ok(memory.write(happened as u32, count)?)))
}

/// Reads or writes the buffers of a list, until one is not filled or emptied; writes how many bytes to `count`.
fn each_buffer(
    memory: &mut Memory<'_>,
    (list, len, count): (i32, i32, i32),
    mut transfer: impl FnMut(&mut [u8], u64) -> Result<usize>,
) -> Result<()> {
    let mut total = 0_u64;
    for number in 0..len as u32 {
        let entry = address(list, number.checked_mul(8).ok_or(Errno::FAULT)?)?;
        let (at, len): (u32, u32) = (memory.read(entry)?, memory.read(address(entry as i32, 4)?)?);
        let buffer = memory.bytes_mut(at, len)?;
        if len == 0 {
            continue;
        }
        let done = match transfer(buffer, total) {
            Ok(done) => done,
            Err(error) if total == 0 => return Err(error),
            Err(_) => break,
        };
        total += done as u64;
        if done < len as usize {
            break;
        }
    }
    Ok(memory.write(count as u32, total as u32)?)
}

pub fn fd_read(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, list: i32, len: i32, count: i32) -> Answer {
    let read = |descriptor: &mut Descriptor| {
        each_buffer(memory, (list, len, count), |buffer, _| descriptor.read(buffer, None))
    };
    answer(wasi.descriptors.get(fd).and_then(read))
}

pub fn fd_write(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, list: i32, len: i32, count: i32) -> Answer {
    let write = |descriptor: &mut Descriptor| {
        each_buffer(memory, (list, len, count), |buffer, _| descriptor.write(buffer, None))
    };
    answer(wasi.descriptors.get(fd).and_then(write))
}

pub fn fd_pread(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    list: i32,
    len: i32,
    offset: i64,
    count: i32,
) -> Answer {
    let read = |descriptor: &mut Descriptor| {
        let at = |done: u64| Some((offset as u64).wrapping_add(done));
        each_buffer(memory, (list, len, count), |buffer, done| descriptor.read(buffer, at(done)))
    };
    answer(wasi.descriptors.get(fd).and_then(read))
}

pub fn fd_pwrite(
    wasi: &mut Wasi,
    memory: &mut Memory<'_>,
    fd: i32,
    list: i32,
    len: i32,
    offset: i64,
    count: i32,
) -> Answer {
    let write = |descriptor: &mut Descriptor| {
        let at = |done: u64| Some((offset as u64).wrapping_add(done));
        each_buffer(memory, (list, len, count), |buffer, done| descriptor.write(buffer, at(done)))
    };
    answer(wasi.descriptors.get(fd).and_then(write))
}

pub fn fd_close(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32) -> Answer {
    answer(wasi.descriptors.close(fd))
}

pub fn fd_renumber(wasi: &mut Wasi, _: &mut Memory<'_>, from: i32, to: i32) -> Answer {
    answer(wasi.descriptors.renumber(from, to))
}

pub fn fd_seek(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, offset: i64, whence: i32, to: i32) -> Answer {
    let mut seek = || Ok(memory.write(to as u32, wasi.descriptors.get(fd)?.file()?.seek(offset, whence)?)?);
    answer(seek())
}

pub fn fd_tell(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, to: i32) -> Answer {
    fd_seek(wasi, memory, fd, 0, 1, to)
}

pub fn fd_sync(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32) -> Answer {
    answer(wasi.descriptors.get(fd).and_then(Descriptor::synchronize))
}

pub fn fd_datasync(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32) -> Answer {
    fd_sync(wasi, memory, fd)
}

pub fn fd_advise(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, _offset: i64, _len: i64, advice: i32) -> Answer {
    let result = wasi.descriptors.get(fd).and_then(|descriptor| descriptor.file().map(drop));
    answer(result.and(if (0..6).contains(&advice) { Ok(()) } else { Err(Errno::INVAL) }))
}

pub fn fd_allocate(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, offset: i64, len: i64) -> Answer {
    let mut allocate = || {
        let file = wasi.descriptors.get(fd)?.file()?;
        let end = (offset as u64).checked_add(len as u64).filter(|_| len > 0).ok_or(Errno::INVAL)?;
        match file.writes {
            false => Err(Errno::NOTCAPABLE),
            true if file.file.metadata()?.len() < end => Ok(file.file.set_len(end)?),
            true => Ok(()),
        }
    };
    answer(allocate())
}

pub fn fd_filestat_set_size(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, size: i64) -> Answer {
    answer(wasi.descriptors.get(fd).and_then(|descriptor| descriptor.file()?.set_size(size as u64)))
}

/// All rights: what a descriptor can do is known when it is used.
const RIGHTS: u64 = (1 << 30) - 1;

pub fn fd_fdstat_get(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, to: i32) -> Answer {
    let mut get = || {
        let (kind, flags, rights) = match wasi.descriptors.get(fd)? {
            Descriptor::File(file) => {
                let lacks = if file.writes { 0 } else { 1 << 6 } | if file.reads { 0 } else { 1 << 1 };
                (file_type(file.file.metadata()?.file_type()), file.flags, RIGHTS & !lacks)
            }
            Descriptor::Directory(..) => (3, 0, RIGHTS & !(1 << 1 | 1 << 2 | 1 << 5 | 1 << 6)),
            // Streams cannot be sought (bits 2 and 5), by which libraries know them for terminals.
            _ => (2, 0, RIGHTS & !(1 << 2 | 1 << 5)),
        };
        let head = u64::from(kind) | u64::from(flags) << 16;
        for (word, number) in [head, rights, RIGHTS].into_iter().zip(0..) {
            memory.write(address(to, 8 * number)?, word)?;
        }
        Ok(())
    };
    answer(get())
}

pub fn fd_fdstat_set_flags(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, _flags: i32) -> Answer {
    answer(wasi.descriptors.get(fd).and(Err(Errno::NOTSUP)))
}

pub fn fd_fdstat_set_rights(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, _rights: i64, _inheriting: i64) -> Answer {
    answer(wasi.descriptors.get(fd).and(Err(Errno::NOTSUP)))
}

/// Writes a `filestat`.
pub(super) fn put_filestat(memory: &mut Memory<'_>, to: i32, status: &FileStatus) -> Result<()> {
    let FileStatus { device, inode, kind, links, size, accessed, modified, changed } = *status;
    let words = [device, inode, kind.into(), links, size, accessed, modified, changed];
    for (word, number) in words.into_iter().zip(0..) {
        memory.write(address(to, 8 * number)?, word)?;
    }
    Ok(())
}

pub fn fd_filestat_get(wasi: &mut Wasi, memory: &mut Memory<'_>, fd: i32, to: i32) -> Answer {
    let mut get = || {
        let status = match wasi.descriptors.get(fd)? {
            Descriptor::File(file) => FileStatus::from(&file.file.metadata()?),
            Descriptor::Directory(directory, _) => FileStatus::from(&directory.metadata()?),
            _ => FileStatus { kind: 2, links: 1, ..FileStatus::default() },
        };
        put_filestat(memory, to, &status)
    };
    answer(get())
}

/// There are no sockets.
fn no_socket(wasi: &mut Wasi, fd: i32) -> Answer {
    answer(wasi.descriptors.get(fd).and(Err(Errno::NOTSOCK)))
}

pub fn sock_accept(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, _flags: i32, _to: i32) -> Answer {
    no_socket(wasi, fd)
}

pub fn sock_recv(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: i32,
    _list: i32,
    _len: i32,
    _flags: i32,
    _count: i32,
    _out_flags: i32,
) -> Answer {
    no_socket(wasi, fd)
}

pub fn sock_send(
    wasi: &mut Wasi,
    _: &mut Memory<'_>,
    fd: i32,
    _list: i32,
    _len: i32,
    _flags: i32,
    _count: i32,
) -> Answer {
    no_socket(wasi, fd)
}

pub fn sock_shutdown(wasi: &mut Wasi, _: &mut Memory<'_>, fd: i32, _how: i32) -> Answer {
    no_socket(wasi, fd)
}
