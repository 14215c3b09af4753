//! Entries of directories.

use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileType, RawEntry};
use crate::thread::lock::Lock;
use core::ffi::CStr;

/// An entry.
pub struct Entry<'a> {
    /// Where the next one begins.
    pub next: u64,
    /// Number of the file.
    pub inode: u64,
    /// What it is.
    pub kind: FileType,
    /// Its name.
    pub name: &'a CStr,
}

/// Passes entries from `cookie` on to `visit` until it returns `false` or there are no more. `wanted` is about how many
/// bytes of entries will be taken.
pub fn entries(directory: Fd, cookie: u64, wanted: usize, visit: &mut dyn FnMut(&Entry) -> Result<bool>) -> Result<()> {
    // The position is the open directory's own: another thread must not move it between a seek and a read.
    static READING: Lock = Lock::new();
    let mut read = |entry: &RawEntry| visit(&complete(directory, entry));
    match READING.with(|| sys::read_directory(directory, cookie, wanted, &mut read)) {
        // No file system has given such a cookie: there is nothing behind it.
        Err(Errno::INVAL) if cookie != 0 => Ok(()),
        answer => answer,
    }
}

fn complete<'a>(directory: Fd, entry: &RawEntry<'a>) -> Entry<'a> {
    let RawEntry { next, mut inode, kind, name } = *entry;
    if name == c"." || name == c".." {
        // What lies above a directory is none of the guest's business, and file systems in layers (overlayfs) list a
        // directory under the number that it has in its layer.
        inode = sys::status(directory).map_or(0, |status| status.inode);
    }
    let kind =
        kind.or_else(|| sys::status_at(directory, name).ok().map(|status| status.kind)).unwrap_or(FileType::Unknown);
    Entry { next, inode, kind, name }
}
