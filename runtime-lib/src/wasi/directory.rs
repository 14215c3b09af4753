//! Entries of directories.
//!
//! A cookie is the position that the file system itself gives behind an entry, so that reading on from it costs nothing
//! and misses nothing when entries come and go.

use crate::errno::Result;
use crate::sys::{self, Fd, FileType, Whence};
use core::ffi::CStr;
use core::mem::MaybeUninit;

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

/// Offsets in `struct linux_dirent64`.
const INODE: usize = 0;
const NEXT: usize = 8;
const LEN: usize = 16;
const KIND: usize = 18;
const NAME: usize = 19;

/// Room for entries; several of the longest.
const BUFFER: usize = 4096;

/// Passes entries from `cookie` on to `visit` until it returns `false` or there are no more. `wanted` is about how many
/// bytes of entries will be taken.
pub fn entries(directory: Fd, cookie: u64, wanted: usize, visit: &mut dyn FnMut(&Entry) -> Result<bool>) -> Result<()> {
    sys::seek(directory, cookie as i64, Whence::Start)?;
    let mut buffer = [const { MaybeUninit::<u8>::uninit() }; BUFFER];
    let room = buffer.get_mut(..wanted.clamp(512, BUFFER)).unwrap_or_default();
    loop {
        let len = sys::read_directory(directory, room)?;
        if len == 0 {
            return Ok(());
        }
        let mut at = room.as_ptr().cast::<u8>();
        // SAFETY: the kernel wrote `len` bytes.
        let end = unsafe { at.add(len) };
        while at < end {
            // SAFETY: the kernel wrote whole entries, each of which says where the next one begins.
            let entry = unsafe { entry(directory, at) };
            if !visit(&entry)? {
                return Ok(());
            }
            // SAFETY: as above.
            at = unsafe { at.add(usize::from(at.add(LEN).cast::<u16>().read_unaligned())) };
        }
    }
}

/// # Safety
/// An entry must begin at `at`.
unsafe fn entry<'a>(directory: Fd, at: *const u8) -> Entry<'a> {
    // SAFETY: the caller's promise; names are NUL-terminated.
    let (mut inode, next, kind, name) = unsafe {
        (
            at.add(INODE).cast::<u64>().read_unaligned(),
            at.add(NEXT).cast::<u64>().read_unaligned(),
            at.add(KIND).read(),
            CStr::from_ptr(at.add(NAME).cast()),
        )
    };
    if name == c".." {
        // What lies above a directory is none of the guest's business.
        inode = sys::status(directory).map_or(0, |status| status.inode);
    }
    let kind = sys::entry_type(kind)
        .or_else(|| sys::status_at(directory, name).ok().map(|status| status.kind))
        .unwrap_or(FileType::Unknown);
    Entry { next, inode, kind, name }
}
