//! The `fd_*` functions that move data or positions.

use super::answer_at;
use super::layout::{DIRENT_SIZE, dirent};
use crate::errno::{Errno, Result};
use crate::sys::{self, Whence};
use crate::wasi::descriptors;
use crate::wasi::directory::{self, Entry};
use crate::wasi::guest::{self, Address};
use crate::wasi::hold::hold_directory;
use crate::wasi::rights::{FD_READ, FD_READDIR, FD_SEEK, FD_TELL, FD_WRITE, Rights};
use crate::wasi::streams::{self, Iovecs};

fn read(fd: u32, rights: Rights, iovecs: Address, count: u32, offset: Option<u64>) -> Result<u32> {
    let descriptor = descriptors::file(fd, rights)?;
    let iovecs = Iovecs::read(iovecs, count)?;
    streams::read(&descriptor, &iovecs, offset).map(|len| len as u32)
}

fn write(fd: u32, rights: Rights, iovecs: Address, count: u32, offset: Option<u64>) -> Result<u32> {
    let descriptor = descriptors::file(fd, rights)?;
    let iovecs = Iovecs::read(iovecs, count)?;
    streams::write(&descriptor, &iovecs, offset).map(|len| len as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_read(fd: u32, iovecs: Address, count: u32, to: Address) -> i32 {
    answer_at(to, || read(fd, FD_READ, iovecs, count, None))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_pread(
    fd: u32,
    iovecs: Address,
    count: u32,
    offset: u64,
    to: Address,
) -> i32 {
    answer_at(to, || read(fd, FD_READ | FD_SEEK, iovecs, count, Some(offset)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_write(fd: u32, iovecs: Address, count: u32, to: Address) -> i32 {
    answer_at(to, || write(fd, FD_WRITE, iovecs, count, None))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_pwrite(
    fd: u32,
    iovecs: Address,
    count: u32,
    offset: u64,
    to: Address,
) -> i32 {
    answer_at(to, || write(fd, FD_WRITE | FD_SEEK, iovecs, count, Some(offset)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_seek(fd: u32, offset: i64, whence: u32, to: Address) -> i32 {
    answer_at(to, || seek(fd, offset, whence, [Whence::Start, Whence::Current, Whence::End]))
}

/// Moves a position; `whence` is an index into `order`, which differs between versions.
pub fn seek(fd: u32, offset: i64, whence: u32, order: [Whence; 3]) -> Result<u64> {
    let &whence = order.get(whence as usize).ok_or(Errno::INVAL)?;
    // This only asks for the position.
    let tells = offset == 0 && matches!(whence, Whence::Current);
    sys::seek(descriptors::file(fd, if tells { FD_TELL } else { FD_SEEK | FD_TELL })?.host, offset, whence)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_tell(fd: u32, to: Address) -> i32 {
    answer_at(to, || sys::seek(descriptors::file(fd, FD_TELL)?.host, 0, Whence::Current))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_snapshot_preview1_fd_readdir(
    fd: u32,
    buffer: Address,
    len: u32,
    cookie: u64,
    len_to: Address,
) -> i32 {
    answer_at(len_to, || read_directory(fd, buffer, len, cookie))
}

/// Writes as many entries as fit; the last may be cut short, which tells the guest that there are more.
fn read_directory(fd: u32, buffer: Address, len: u32, cookie: u64) -> Result<u32> {
    guest::range(buffer, len.into())?;
    let mut used = 0;
    let mut put = |bytes: &[u8]| {
        let cut = bytes.get(..(len - used) as usize).unwrap_or(bytes);
        guest::write_bytes(buffer.wrapping_add(used), cut)?;
        used += cut.len() as u32;
        Ok(used < len)
    };
    let mut visit = |entry: &Entry| {
        let name = entry.name.to_bytes();
        let head: [u8; DIRENT_SIZE] = dirent(entry.next, entry.inode, entry.kind, name.len() as u32);
        Ok(put(&head)? && put(name)?)
    };
    hold_directory(fd, FD_READDIR, |directory| directory::entries(directory, cookie, len as usize, &mut visit))?;
    Ok(used)
}
