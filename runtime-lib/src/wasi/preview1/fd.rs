//! The `fd_*` functions that get or set properties of descriptors and files.

use super::{answer, answer_at, check_flags, layout};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileType, Whence};
use crate::wasi::descriptors::{self, APPEND, DSYNC, Descriptor, Kind, NONBLOCK, RSYNC, SYNC};
use crate::wasi::files;
use crate::wasi::guest::{self, Address};
use crate::wasi::rights::{
    ALL, FD_ALLOCATE, FD_DATASYNC, FD_FDSTAT_SET_FLAGS, FD_FILESTAT_SET_SIZE, FD_SEEK, FD_SYNC, FD_TELL, Rights, SOCKET,
};

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_advise(fd: u32, offset: u64, len: u64, advice: u32) -> i32 {
    answer(files::advise(fd, offset, len, advice))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_allocate(fd: u32, offset: u64, len: u64) -> i32 {
    answer(descriptors::file(fd, FD_ALLOCATE).and_then(|file| sys::allocate(file.host, offset, len)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_close(fd: u32) -> i32 {
    answer(descriptors::remove(fd).and_then(descriptors::close))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_datasync(fd: u32) -> i32 {
    answer(descriptors::get(fd, FD_DATASYNC).and_then(|descriptor| sys::synchronize(descriptor.host, false)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_sync(fd: u32) -> i32 {
    answer(descriptors::get(fd, FD_SYNC).and_then(|descriptor| sys::synchronize(descriptor.host, true)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_fdstat_get(fd: u32, to: Address) -> i32 {
    answer_at(to, || {
        let descriptor = descriptors::get(fd, 0)?;
        let (kind, rights) = match descriptor.kind {
            Kind::Directory | Kind::NamedFile => (FileType::Directory, descriptor.rights),
            Kind::File(kind) => (kind, descriptor.rights),
            Kind::Standard | Kind::Embedded | Kind::Free => standard(&descriptor)?,
        };
        Ok(layout::fdstat(kind, descriptor.flags, rights, descriptor.inheriting))
    })
}

/// The type and the rights of a standard stream. C libraries take a character device without a position for a terminal.
fn standard(descriptor: &Descriptor) -> Result<(FileType, Rights)> {
    let mut kind = sys::status(descriptor.host)?.kind;
    let mut rights = descriptor.rights;
    if kind != FileType::Socket {
        rights &= !SOCKET | crate::wasi::rights::FILE;
    } else if sys::is_datagram_socket(descriptor.host) {
        kind = FileType::DatagramSocket;
    }
    if sys::seek(descriptor.host, 0, Whence::Current).is_err() {
        rights &= !(FD_SEEK | FD_TELL);
    }
    Ok((kind, rights))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_fdstat_set_flags(fd: u32, flags: u32) -> i32 {
    answer((|| {
        check_flags(flags, (APPEND | NONBLOCK | DSYNC | RSYNC | SYNC).into())?;
        let descriptor = descriptors::file(fd, FD_FDSTAT_SET_FLAGS)?;
        let flags = flags as u16;
        if flags & (DSYNC | RSYNC | SYNC) != 0 {
            return Err(Errno::INVAL);
        }
        if descriptor.kind != Kind::Standard {
            sys::set_flags(descriptor.host, flags & APPEND != 0, flags & NONBLOCK != 0)?;
        }
        descriptors::update(fd, |descriptor| {
            descriptor.flags = descriptor.flags & (DSYNC | RSYNC | SYNC) | flags;
            Ok(())
        })
    })())
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_fdstat_set_rights(fd: u32, rights: u64, inheriting: u64) -> i32 {
    answer(descriptors::update(fd, |descriptor| {
        let (rights, inheriting) = (rights as Rights & ALL, inheriting as Rights & ALL);
        if rights & !descriptor.rights != 0 || inheriting & !descriptor.inheriting != 0 {
            return Err(Errno::NOTCAPABLE);
        }
        (descriptor.rights, descriptor.inheriting) = (rights, inheriting);
        Ok(())
    }))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_filestat_get(fd: u32, to: Address) -> i32 {
    answer_at(to, || files::status(fd).map(|status| layout::filestat(&status)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_filestat_set_size(fd: u32, size: u64) -> i32 {
    answer(descriptors::file(fd, FD_FILESTAT_SET_SIZE).and_then(|file| sys::set_size(file.host, size)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_filestat_set_times(
    fd: u32,
    accessed: u64,
    modified: u64,
    flags: u32,
) -> i32 {
    answer((|| files::set_times(fd, layout::times(accessed, modified, flags)?))())
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_prestat_get(fd: u32, to: Address) -> i32 {
    answer_at(to, || {
        const DIRECTORY: u32 = 0;
        let name = descriptors::get(fd, 0)?.preopen.ok_or(Errno::BADF)?;
        Ok([DIRECTORY, name.len() as u32])
    })
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_prestat_dir_name(fd: u32, to: Address, len: u32) -> i32 {
    answer((|| {
        let name = descriptors::get(fd, 0)?.preopen.ok_or(Errno::NOTDIR)?;
        if name.len() > len as usize {
            return Err(Errno::NAMETOOLONG);
        }
        guest::write_bytes(to, name)
    })())
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_renumber(from: u32, to: u32) -> i32 {
    answer(descriptors::renumber(from, to).and_then(|replaced| replaced.map_or(Ok(()), descriptors::close)))
}
