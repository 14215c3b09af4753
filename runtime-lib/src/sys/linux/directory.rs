//! Entries of directories.
//!
//! A cookie is the position that the file system itself gives behind an entry, so that reading on from it costs nothing
//! and misses nothing when entries come and go.

use super::errno::check;
use super::files::{argument, file_type, seek};
use super::syscalls::syscall3;
use crate::errno::Result;
use crate::sys::types::{Fd, RawEntry, Whence};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use linux_raw_sys::general::__NR_getdents64;

/// Offsets in `struct linux_dirent64`.
const INODE: usize = 0;
const NEXT: usize = 8;
const LEN: usize = 16;
const KIND: usize = 18;
const NAME: usize = 19;

/// Room for entries; several of the longest.
const BUFFER: usize = 4096;

/// Passes entries from `cookie` on, 0 being the first, to `visit` until it returns `false` or there are no more. `wanted` is
/// about how many bytes of entries will be taken.
pub fn read_directory(
    directory: Fd,
    cookie: u64,
    wanted: usize,
    visit: &mut dyn FnMut(&RawEntry) -> Result<bool>,
) -> Result<()> {
    seek(directory, cookie as i64, Whence::Start)?;
    let mut buffer = [const { MaybeUninit::<u8>::uninit() }; BUFFER];
    let room = buffer.get_mut(..wanted.clamp(512, BUFFER)).unwrap_or_default();
    loop {
        let (base, len) = (room.as_mut_ptr() as usize, room.len());
        // SAFETY: the kernel writes at most `len` bytes to the buffer.
        let len = check(unsafe { syscall3(__NR_getdents64, argument(directory), base, len) })?;
        if len == 0 {
            return Ok(());
        }
        let mut at = room.as_ptr().cast::<u8>();
        // SAFETY: the kernel wrote `len` bytes.
        let end = unsafe { at.add(len) };
        while at < end {
            // SAFETY: the kernel wrote whole entries, each of which says where the next one begins.
            let entry = unsafe { entry(at) };
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
unsafe fn entry<'a>(at: *const u8) -> RawEntry<'a> {
    // SAFETY: the caller's promise; names are NUL-terminated.
    unsafe {
        let kind = at.add(KIND).read();
        RawEntry {
            next: at.add(NEXT).cast::<u64>().read_unaligned(),
            inode: at.add(INODE).cast::<u64>().read_unaligned(),
            kind: (kind != 0).then(|| file_type(u32::from(kind) << 12)),
            name: CStr::from_ptr(at.add(NAME).cast()),
        }
    }
}
