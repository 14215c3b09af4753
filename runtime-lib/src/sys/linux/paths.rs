//! Names in directories.
//!
//! A `name` here must be one component of a path, possibly followed by slashes: these functions do not keep a path
//! inside a directory. See [`super::resolve`].

use super::errno::{check, check_unit};
use super::files::{above_standard_streams, argument, from_stat, retry, to_timespec};
use super::syscalls::{syscall3, syscall4, syscall5};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, NewTime};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use linux_raw_sys::general::{
    __NR_linkat, __NR_mkdirat, __NR_newfstatat, __NR_openat, __NR_readlinkat, __NR_symlinkat, __NR_unlinkat,
    __NR_utimensat, AT_EMPTY_PATH, AT_FDCWD, AT_REMOVEDIR, AT_SYMLINK_NOFOLLOW, O_CLOEXEC, O_DIRECTORY, O_NOCTTY,
    O_NOFOLLOW, O_PATH,
};

/// Bytes of the longest path that the kernel takes, its NUL included.
pub const PATH_MAX: usize = 4096;

fn pointer(name: &CStr) -> usize {
    name.as_ptr() as usize
}

/// Adds the flags that every `open` needs. With `O_PATH`, `openat2` takes no others (EINVAL).
pub(super) fn with_common_flags(flags: u32) -> u32 {
    flags | O_CLOEXEC | if flags & O_PATH == 0 { O_NOCTTY } else { 0 }
}

/// Opens relative to a directory; the name may lead anywhere.
pub(super) fn open_at(directory: Fd, name: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let flags = with_common_flags(flags);
    // SAFETY: the kernel only reads the name.
    let fd =
        retry(|| unsafe { syscall4(__NR_openat, argument(directory), pointer(name), flags as usize, mode as usize) })?;
    above_standard_streams(fd)
}

/// Stands for the working directory.
pub const HERE: Fd = AT_FDCWD;

/// Opens a file of the runtime's own; the path may lead anywhere.
pub fn open_by_path(path: &CStr, flags: u32) -> Result<Fd> {
    open_at(HERE, path, flags, 0o666)
}

/// Opens a directory for lookups in it, without following a link.
pub fn open_directory_at(directory: Fd, name: &CStr) -> Result<Fd> {
    open_at(directory, name, O_PATH | O_NOFOLLOW | O_DIRECTORY, 0)
}

/// Opens a directory that the user granted, wherever it is. It need not be readable.
pub fn open_granted(path: &CStr) -> Result<Fd> {
    match open_at(AT_FDCWD, path, O_DIRECTORY, 0) {
        Err(Errno::ACCES) => open_at(AT_FDCWD, path, O_DIRECTORY | O_PATH, 0),
        answer => answer,
    }
}

/// Creates a directory.
pub fn create_directory(directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the kernel only reads the name.
    check_unit(unsafe { syscall3(__NR_mkdirat, argument(directory), pointer(name), 0o777) })
}

/// Removes an empty directory.
pub fn remove_directory(directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the kernel only reads the name.
    check_unit(unsafe { syscall3(__NR_unlinkat, argument(directory), pointer(name), AT_REMOVEDIR as usize) })
}

/// Removes a name of a file that is no directory.
pub fn remove_file(directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the kernel only reads the name.
    check_unit(unsafe { syscall3(__NR_unlinkat, argument(directory), pointer(name), 0) })
}

/// Renames within or between directories.
pub fn rename(from: Fd, from_name: &CStr, to: Fd, to_name: &CStr) -> Result<()> {
    // `renameat` is missing on riscv64.
    // SAFETY: the kernel only reads the names.
    check_unit(unsafe {
        syscall5(
            linux_raw_sys::general::__NR_renameat2,
            argument(from),
            pointer(from_name),
            argument(to),
            pointer(to_name),
            0,
        )
    })
}

/// Gives a file another name; a symbolic link is not followed.
pub fn link(from: Fd, from_name: &CStr, to: Fd, to_name: &CStr) -> Result<()> {
    // SAFETY: the kernel only reads the names.
    check_unit(unsafe { syscall5(__NR_linkat, argument(from), pointer(from_name), argument(to), pointer(to_name), 0) })
}

/// Creates a symbolic link.
pub fn create_symbolic_link(target: &CStr, directory: Fd, name: &CStr) -> Result<()> {
    // SAFETY: the kernel only reads the strings.
    check_unit(unsafe { syscall3(__NR_symlinkat, pointer(target), argument(directory), pointer(name)) })
}

/// Reads the target of a symbolic link, cut to the length of the buffer; returns its length. With an empty name, the
/// link is the file that `directory` itself names.
pub fn read_link(directory: Fd, name: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    let (base, len) = (buffer.as_mut_ptr() as usize, buffer.len());
    // SAFETY: the kernel reads the name and writes at most `len` bytes to the buffer.
    match check(unsafe { syscall4(__NR_readlinkat, argument(directory), pointer(name), base, len) }) {
        Err(Errno::NOENT) if name.is_empty() => Err(Errno::INVAL),
        answer => answer,
    }
}

/// The attributes of the named file; a symbolic link is not followed.
pub fn status_at(directory: Fd, name: &CStr) -> Result<FileStatus> {
    let mut stat = MaybeUninit::uninit();
    let buffer = stat.as_mut_ptr() as usize;
    // SAFETY: the kernel reads the name and writes one `struct stat`.
    check(unsafe {
        syscall4(__NR_newfstatat, argument(directory), pointer(name), buffer, AT_SYMLINK_NOFOLLOW as usize)
    })?;
    // SAFETY: the call succeeded, so the kernel wrote the structure.
    Ok(from_stat(unsafe { stat.assume_init_ref() }))
}

/// Sets the times of the file that an `O_PATH` descriptor names. `INVAL` before Linux 5.8.
pub(super) fn set_times_of_path_descriptor(file: Fd, accessed: NewTime, modified: NewTime) -> Result<()> {
    let times = [to_timespec(accessed), to_timespec(modified)];
    let (name, flags) = (c"", AT_EMPTY_PATH as usize);
    // SAFETY: the kernel only reads the name and the times.
    check_unit(unsafe { syscall4(__NR_utimensat, argument(file), pointer(name), times.as_ptr() as usize, flags) })
}

/// Flags for opening, as for `openat`.
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub mod flags {
    use linux_raw_sys::general as linux;

    pub const READ: u32 = linux::O_RDONLY;
    pub const WRITE: u32 = linux::O_WRONLY;
    pub const READ_WRITE: u32 = linux::O_RDWR;
    pub const CREATE: u32 = linux::O_CREAT;
    pub const EXCLUSIVE: u32 = linux::O_EXCL;
    pub const TRUNCATE: u32 = linux::O_TRUNC;
    pub const APPEND: u32 = linux::O_APPEND;
    pub const NONBLOCKING: u32 = linux::O_NONBLOCK;
    pub const DATA_SYNC: u32 = linux::O_DSYNC;
    pub const SYNC: u32 = linux::O_SYNC;
    pub const DIRECTORY: u32 = linux::O_DIRECTORY;
    pub const NO_FOLLOW: u32 = linux::O_NOFOLLOW;
}
