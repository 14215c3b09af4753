//! Entries of directories.
//!
//! A cookie is the number of entries before the next one: positions of the system are invalid once the directory has
//! been closed, and its functions read ahead. Each call reads from the start; entries that are made or removed
//! meanwhile may be missed or seen twice.

use super::errno::last;
use super::files::{close, file_type};
use super::paths::{flags, open_at};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, RawEntry};
use core::ffi::CStr;
use core::ptr::NonNull;

/// An open directory, closed when dropped.
struct Stream(NonNull<libc::DIR>);

impl Stream {
    fn open(directory: Fd) -> Result<Self> {
        // A duplicate would share its position with the guest's descriptor.
        let fd = open_at(directory, c".", flags::READ | flags::DIRECTORY, 0)?;
        // SAFETY: touches no memory of ours; the stream owns the descriptor, unless the call fails.
        NonNull::new(unsafe { libc::fdopendir(fd) }).map(Self).ok_or_else(|| {
            let error = last();
            let _ = close(fd);
            error
        })
    }

    /// The next entry; `None` at the end.
    fn next(&mut self) -> Result<Option<&libc::dirent>> {
        // SAFETY: the address of the calling thread's `errno` is always valid, and the stream is open.
        let (entry, error) = unsafe {
            *libc::__error() = 0;
            let entry = libc::readdir(self.0.as_ptr());
            (entry, *libc::__error())
        };
        if entry.is_null() && error != 0 {
            return Err(super::errno::translate(error));
        }
        // SAFETY: the entry is valid until the stream is read again or closed, and the borrow ends before that.
        Ok(unsafe { entry.as_ref() })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        // SAFETY: nothing borrows from the stream any more.
        let _ = unsafe { libc::closedir(self.0.as_ptr()) };
    }
}

/// Passes entries from `cookie` on, 0 being the first, to `visit` until it returns `false` or there are no more.
pub fn read_directory(
    directory: Fd,
    cookie: u64,
    _wanted: usize,
    visit: &mut dyn FnMut(&RawEntry) -> Result<bool>,
) -> Result<()> {
    let mut stream = Stream::open(directory)?;
    let mut next = 0_u64;
    while let Some(entry) = stream.next()? {
        next = next.checked_add(1).ok_or(Errno::OVERFLOW)?;
        if next <= cookie {
            continue;
        }
        let entry = RawEntry {
            next,
            inode: entry.d_ino,
            kind: (entry.d_type != libc::DT_UNKNOWN).then(|| file_type(u16::from(entry.d_type) << 12)),
            // SAFETY: `d_name` is NUL-terminated.
            name: unsafe { CStr::from_ptr(entry.d_name.as_ptr()) },
        };
        if !visit(&entry)? {
            return Ok(());
        }
    }
    Ok(())
}
