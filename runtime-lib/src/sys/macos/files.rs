//! Open files.

use super::errno::{check, check_unit, last, retry};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, FileType, Iovec, NewTime, Whence};
use core::mem::{MaybeUninit, offset_of};
use libc::{
    F_ALLOCATEALL, F_DUPFD_CLOEXEC, F_FULLFSYNC, F_PEOFPOSMODE, F_PREALLOCATE, F_RDADVISE, F_SETFL, O_APPEND,
    O_NONBLOCK, S_IFBLK, S_IFCHR, S_IFDIR, S_IFLNK, S_IFMT, S_IFREG, S_IFSOCK, UTIME_NOW, UTIME_OMIT, iovec, timespec,
};

// `Iovec` is the system's `struct iovec`.
const _: () = {
    assert!(offset_of!(Iovec, base) == offset_of!(iovec, iov_base));
    assert!(offset_of!(Iovec, len) == offset_of!(iovec, iov_len));
    assert!(size_of::<Iovec>() == size_of::<iovec>());
};

/// An array of buffers as the system takes it.
pub(super) fn iovec_array(vectors: &[Iovec]) -> (*const iovec, i32) {
    (vectors.as_ptr().cast(), vectors.len() as i32)
}

/// A time as the system takes it.
pub(super) fn to_timespec(time: NewTime) -> timespec {
    match time {
        NewTime::Keep => timespec { tv_sec: 0, tv_nsec: UTIME_OMIT },
        NewTime::Now => timespec { tv_sec: 0, tv_nsec: UTIME_NOW },
        NewTime::At(time) => timespec { tv_sec: (time / 1_000_000_000) as i64, tv_nsec: (time % 1_000_000_000) as i64 },
    }
}

/// Moves a new descriptor out of the range of standard input, output and error: where one of these was closed, its
/// number must not come to name another file.
pub(super) fn above_standard_streams(fd: usize) -> Result<Fd> {
    if fd > 2 {
        return Ok(fd as Fd);
    }
    // SAFETY: touches no memory; the new number was free.
    let moved = check(unsafe { libc::fcntl(fd as Fd, F_DUPFD_CLOEXEC, 3) });
    let _ = close(fd as Fd);
    moved.map(|fd| fd as Fd)
}

/// Closes a descriptor; it is closed even where an error is returned.
pub fn close(fd: Fd) -> Result<()> {
    // SAFETY: touches no memory; the caller has no use for the number any more.
    match check_unit(unsafe { libc::close(fd) }) {
        Err(Errno::INTR) => Ok(()),
        answer => answer,
    }
}

/// Writes to standard output; `None` where that fails.
pub fn write_output(bytes: &[u8]) -> Option<usize> {
    write_to(1, bytes)
}

/// Writes to standard error; `None` where that fails.
pub fn write_error(bytes: &[u8]) -> Option<usize> {
    write_to(2, bytes)
}

fn write_to(fd: Fd, bytes: &[u8]) -> Option<usize> {
    // SAFETY: the system only reads the bytes.
    let answer = unsafe { libc::write(fd, bytes.as_ptr().cast(), bytes.len()) };
    usize::try_from(answer).ok()
}

/// Reads at the descriptor's own position, or at `offset`.
///
/// # Safety
/// The buffers must be writable.
pub unsafe fn read(fd: Fd, vectors: &[Iovec], offset: Option<u64>) -> Result<usize> {
    let (base, len) = iovec_array(vectors);
    // SAFETY: the system writes to the buffers, which the caller promises are writable.
    retry(|| unsafe {
        match offset {
            None => libc::readv(fd, base, len) as i64,
            Some(offset) => libc::preadv(fd, base, len, offset as i64) as i64,
        }
    })
}

/// Writes at the descriptor's own position, or at `offset`.
///
/// # Safety
/// The buffers must be readable.
pub unsafe fn write(fd: Fd, vectors: &[Iovec], offset: Option<u64>) -> Result<usize> {
    let (base, len) = iovec_array(vectors);
    // SAFETY: the system reads the buffers, which the caller promises are readable.
    retry(|| unsafe {
        match offset {
            None => libc::writev(fd, base, len) as i64,
            Some(offset) => libc::pwritev(fd, base, len, offset as i64) as i64,
        }
    })
}

/// Moves the position; returns the new one.
pub fn seek(fd: Fd, offset: i64, whence: Whence) -> Result<u64> {
    const { assert!(libc::SEEK_SET == 0 && libc::SEEK_CUR == 1 && libc::SEEK_END == 2) };
    // SAFETY: touches no memory.
    check(unsafe { libc::lseek(fd, offset, whence as i32) }).map(|at| at as u64)
}

/// The attributes of an open file.
pub fn status(fd: Fd) -> Result<FileStatus> {
    let mut stat = MaybeUninit::uninit();
    // SAFETY: the system writes one `struct stat`.
    check_unit(unsafe { libc::fstat(fd, stat.as_mut_ptr()) })?;
    // SAFETY: the call succeeded, so the system wrote the structure.
    Ok(from_stat(unsafe { stat.assume_init_ref() }))
}

pub(super) fn from_stat(stat: &libc::stat) -> FileStatus {
    FileStatus {
        device: stat.st_dev as u64,
        inode: stat.st_ino,
        kind: file_type(stat.st_mode),
        links: stat.st_nlink.into(),
        size: stat.st_size as u64,
        accessed: nanoseconds(stat.st_atime, stat.st_atime_nsec),
        modified: nanoseconds(stat.st_mtime, stat.st_mtime_nsec),
        changed: nanoseconds(stat.st_ctime, stat.st_ctime_nsec),
    }
}

/// Nanoseconds since 1970. Earlier times become 0, those after 2554 the greatest that fits.
fn nanoseconds(seconds: i64, nanoseconds: i64) -> u64 {
    u64::try_from(seconds).unwrap_or(0).saturating_mul(1_000_000_000).saturating_add(nanoseconds as u64)
}

pub(super) fn file_type(mode: u16) -> FileType {
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
    retry(|| unsafe { libc::ftruncate(fd, size as i64) }).map(drop)
}

/// Sets the times of an open file.
pub fn set_times(fd: Fd, accessed: NewTime, modified: NewTime) -> Result<()> {
    let times = [to_timespec(accessed), to_timespec(modified)];
    // SAFETY: the system only reads the times.
    check_unit(unsafe { libc::futimens(fd, times.as_ptr()) })
}

/// Allocates storage for a range. The system allocates only after the end of a file; holes before it stay.
pub fn allocate(fd: Fd, offset: u64, len: u64) -> Result<()> {
    let end = offset.checked_add(len).filter(|&end| end <= i64::MAX as u64).ok_or(Errno::INVAL)?;
    let size = status(fd)?.size;
    if end <= size {
        return Ok(());
    }
    let mut store = libc::fstore_t {
        fst_flags: F_ALLOCATEALL,
        fst_posmode: F_PEOFPOSMODE,
        fst_offset: 0,
        fst_length: (end - size) as i64,
        fst_bytesalloc: 0,
    };
    // SAFETY: the system reads and writes the structure.
    check(unsafe { libc::fcntl(fd, F_PREALLOCATE, &raw mut store) })?;
    set_size(fd, end)
}

/// Announces how a range will be used; `advice` as for `posix_fadvise`. The system takes one kind: that it will be
/// read.
pub fn advise(fd: Fd, offset: u64, len: u64, advice: u32) -> Result<()> {
    const WILL_NEED: u32 = 3;
    const LAST: u32 = 5;
    if advice > LAST {
        return Err(Errno::INVAL);
    }
    // Advice needs a file with a position.
    seek(fd, 0, Whence::Current)?;
    if advice == WILL_NEED {
        let range = libc::radvisory { ra_offset: offset as i64, ra_count: i32::try_from(len).unwrap_or(i32::MAX) };
        // It is no error where the system reads nothing ahead.
        // SAFETY: the system only reads the structure.
        let _ = unsafe { libc::fcntl(fd, F_RDADVISE, &raw const range) };
    }
    Ok(())
}

/// Writes data and metadata to storage; the system cannot write one alone. Its `fsync` leaves them in the cache of the
/// drive.
pub fn synchronize(fd: Fd, _metadata: bool) -> Result<()> {
    // SAFETY: touches no memory.
    if retry(|| unsafe { libc::fcntl(fd, F_FULLFSYNC) }).is_ok() {
        return Ok(());
    }
    // File systems without that operation, and descriptors of other things than files.
    // SAFETY: touches no memory.
    retry(|| unsafe { libc::fsync(fd) }).map(drop)
}

/// Sets whether writes append and whether calls block.
pub fn set_flags(fd: Fd, append: bool, nonblocking: bool) -> Result<()> {
    let flags = if append { O_APPEND } else { 0 } | if nonblocking { O_NONBLOCK } else { 0 };
    // SAFETY: touches no memory.
    if unsafe { libc::fcntl(fd, F_SETFL, flags) } == -1 { Err(last()) } else { Ok(()) }
}
