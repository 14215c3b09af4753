//! Entries of directories.

use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileType, RawEntry};
use crate::thread::lock::Lock;
use core::ffi::CStr;

/// A directory entry.
pub struct Entry<'a> {
    /// Cookie of the next entry.
    pub next: u64,
    /// Inode number of the file.
    pub inode: u64,
    /// Its type.
    pub kind: FileType,
    /// Its name.
    pub name: &'a CStr,
}

/// Passes entries from `cookie` on to `visit` until it returns `false` or there are no more. `wanted` estimates how
/// many bytes of entries the caller takes.
pub fn entries(directory: Fd, cookie: u64, wanted: usize, visit: &mut dyn FnMut(&Entry) -> Result<bool>) -> Result<()> {
    // The position belongs to the open directory: another thread must not move it between a seek and a read.
    static READING: Lock = Lock::new();
    let mut read = |entry: &RawEntry| visit(&complete(directory, entry));
    match READING.with(|| sys::read_directory(directory, cookie, wanted, &mut read)) {
        // The file system never gave such a cookie: no entries follow it.
        Err(Errno::INVAL) if cookie != 0 => Ok(()),
        answer => answer,
    }
}

fn complete<'a>(directory: Fd, entry: &RawEntry<'a>) -> Entry<'a> {
    let RawEntry { next, mut inode, kind, name } = *entry;
    if name == c"." || name == c".." {
        // The guest must not learn the parent's inode, and layered file systems (overlayfs) list a directory with the
        // inode that it has in its layer.
        inode = sys::status(directory).map_or(0, |status| status.inode);
    }
    let kind =
        kind.or_else(|| sys::status_at(directory, name).ok().map(|status| status.kind)).unwrap_or(FileType::Unknown);
    Entry { next, inode, kind, name }
}
