//! Open files.

use super::errno::{check, check_unit};
use super::syscalls::{syscall1, syscall2, syscall3, syscall4};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, FileType, Iovec, NewTime, Whence};
use core::mem::MaybeUninit;
use linux_raw_sys::general::{
    __NR_close, __NR_fadvise64, __NR_fallocate, __NR_fcntl, __NR_fdatasync, __NR_fstat, __NR_fsync, __NR_ftruncate,
    __NR_lseek, __NR_preadv, __NR_pwritev, __NR_readv, __NR_utimensat, __NR_write, __NR_writev, F_DUPFD_CLOEXEC,
    F_SETFL, O_APPEND, O_NONBLOCK, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, UTIME_NOW,
    UTIME_OMIT, timespec,
};

/// A time as the kernel takes it.
pub(super) fn to_timespec(time: NewTime) -> timespec {
    match time {
        NewTime::Keep => timespec { tv_sec: 0, tv_nsec: UTIME_OMIT.into() },
        NewTime::Now => timespec { tv_sec: 0, tv_nsec: UTIME_NOW.into() },
        NewTime::At(time) => timespec { tv_sec: (time / 1_000_000_000) as i64, tv_nsec: (time % 1_000_000_000) as i64 },
    }
}

pub(super) fn argument(fd: Fd) -> usize {
    fd as isize as usize
}

/// Makes a system call until no signal interrupts it.
pub(super) fn retry(mut call: impl FnMut() -> isize) -> Result<usize> {
    loop {
        match check(call()) {
            Err(Errno::INTR) => {}
            answer => return answer,
        }
    }
}

/// Moves a new descriptor out of the range of standard input, output and error: where one of these was closed, its
/// number must not come to name another file.
pub(super) fn above_standard_streams(fd: usize) -> Result<Fd> {
    if fd > 2 {
        return Ok(fd as Fd);
    }
    // SAFETY: touches no memory; the new number was free.
    let moved = check(unsafe { syscall3(__NR_fcntl, fd, F_DUPFD_CLOEXEC as usize, 3) });
    let _ = close(fd as Fd);
    moved.map(|fd| fd as Fd)
}

/// Closes a descriptor; it is closed even where an error is returned.
pub fn close(fd: Fd) -> Result<()> {
    // SAFETY: touches no memory; the caller has no use for the number any more.
    match check_unit(unsafe { syscall1(__NR_close, argument(fd)) }) {
        Err(Errno::INTR) => Ok(()),
        answer => answer,
    }
}

/// Writes to standard output; `None` where that fails.
pub fn write_output(bytes: &[u8]) -> Option<usize> {
    // The call by which programs write to streams, if they are confined.
    let vector = Iovec { base: bytes.as_ptr().cast_mut(), len: bytes.len() };
    // SAFETY: the kernel only reads the bytes.
    let answer = unsafe { syscall3(__NR_writev, 1, (&raw const vector) as usize, 1) };
    usize::try_from(answer).ok()
}

/// Writes to standard error; `None` where that fails.
pub fn write_error(bytes: &[u8]) -> Option<usize> {
    // SAFETY: the kernel only reads the bytes.
    let answer = unsafe { syscall3(__NR_write, 2, bytes.as_ptr() as usize, bytes.len()) };
    usize::try_from(answer).ok()
}

/// Reads at the descriptor's above_standard_streams position, or at `offset`.
///
/// # Safety
/// The buffers must be writable.
pub unsafe fn read(fd: Fd, vectors: &[Iovec], offset: Option<u64>) -> Result<usize> {
    let (base, len) = (vectors.as_ptr() as usize, vectors.len());
    // SAFETY: the kernel writes to the buffers, which the caller promises are writable.
    retry(|| unsafe {
        match offset {
            None => syscall3(__NR_readv, argument(fd), base, len),
            Some(offset) => syscall4(__NR_preadv, argument(fd), base, len, offset as usize),
        }
    })
}

/// Writes at the descriptor's above_standard_streams position, or at `offset`.
///
/// # Safety
/// The buffers must be readable.
pub unsafe fn write(fd: Fd, vectors: &[Iovec], offset: Option<u64>) -> Result<usize> {
    let (base, len) = (vectors.as_ptr() as usize, vectors.len());
    // SAFETY: the kernel reads the buffers, which the caller promises are readable.
    retry(|| unsafe {
        match offset {
            None => syscall3(__NR_writev, argument(fd), base, len),
            Some(offset) => syscall4(__NR_pwritev, argument(fd), base, len, offset as usize),
        }
    })
}

/// Moves the position; returns the new one.
pub fn seek(fd: Fd, offset: i64, whence: Whence) -> Result<u64> {
    // SAFETY: touches no memory.
    check(unsafe { syscall3(__NR_lseek, argument(fd), offset as usize, whence as usize) }).map(|at| at as u64)
}

/// The attributes of an open file.
pub fn status(fd: Fd) -> Result<FileStatus> {
    let mut stat = MaybeUninit::uninit();
    // SAFETY: the kernel writes one `struct stat`.
    check(unsafe { syscall2(__NR_fstat, argument(fd), stat.as_mut_ptr() as usize) })?;
    // SAFETY: the call succeeded, so the kernel wrote the structure.
    Ok(from_stat(unsafe { stat.assume_init_ref() }))
}

#[allow(clippy::unnecessary_cast, reason = "the widths of the fields differ between architectures")]
pub(super) fn from_stat(stat: &linux_raw_sys::general::stat) -> FileStatus {
    FileStatus {
        device: stat.st_dev as u64,
        inode: stat.st_ino as u64,
        kind: file_type(stat.st_mode),
        links: stat.st_nlink as u64,
        size: stat.st_size as u64,
        accessed: nanoseconds(stat.st_atime as i64, stat.st_atime_nsec as u64),
        modified: nanoseconds(stat.st_mtime as i64, stat.st_mtime_nsec as u64),
        changed: nanoseconds(stat.st_ctime as i64, stat.st_ctime_nsec as u64),
    }
}

/// Nanoseconds since 1970. Earlier times become 0, those after 2554 the greatest that fits.
fn nanoseconds(seconds: i64, nanoseconds: u64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(nanoseconds)
}

pub(super) fn file_type(mode: u32) -> FileType {
    match mode & S_IFMT {
        S_IFREG => FileType::Regular,
        S_IFDIR => FileType::Directory,
        S_IFLNK => FileType::SymbolicLink,
        S_IFCHR => FileType::CharacterDevice,
        S_IFBLK => FileType::BlockDevice,
        S_IFSOCK => FileType::Socket,
        _ => FileType::Unknown,
    }
}

/// Sets the size; new bytes are zero.
pub fn set_size(fd: Fd, size: u64) -> Result<()> {
    // SAFETY: touches no memory.
    retry(|| unsafe { syscall2(__NR_ftruncate, argument(fd), size as usize) }).map(drop)
}

/// Sets the times of an open file.
pub fn set_times(fd: Fd, accessed: NewTime, modified: NewTime) -> Result<()> {
    let times = [to_timespec(accessed), to_timespec(modified)];
    // Without a name, the times of the descriptor itself are set.
    // SAFETY: the kernel only reads the times.
    check_unit(unsafe { syscall4(__NR_utimensat, argument(fd), 0, times.as_ptr() as usize, 0) })
}

/// Allocates storage for a range.
pub fn allocate(fd: Fd, offset: u64, len: u64) -> Result<()> {
    // SAFETY: touches no memory.
    retry(|| unsafe { syscall4(__NR_fallocate, argument(fd), 0, offset as usize, len as usize) }).map(drop)
}

/// Announces how a range will be used; `advice` as for `posix_fadvise`.
pub fn advise(fd: Fd, offset: u64, len: u64, advice: u32) -> Result<()> {
    // SAFETY: touches no memory.
    check_unit(unsafe { syscall4(__NR_fadvise64, argument(fd), offset as usize, len as usize, advice as usize) })
}

/// Writes data, and metadata where `metadata` is set, to storage.
pub fn synchronize(fd: Fd, metadata: bool) -> Result<()> {
    let number = if metadata { __NR_fsync } else { __NR_fdatasync };
    // SAFETY: touches no memory.
    retry(|| unsafe { syscall1(number, argument(fd)) }).map(drop)
}

/// Sets whether writes append and whether calls block.
pub fn set_flags(fd: Fd, append: bool, nonblocking: bool) -> Result<()> {
    let flags = if append { O_APPEND } else { 0 } | if nonblocking { O_NONBLOCK } else { 0 };
    // SAFETY: touches no memory.
    check_unit(unsafe { syscall3(__NR_fcntl, argument(fd), F_SETFL as usize, flags as usize) })
}
