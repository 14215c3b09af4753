//! Entries of directories.
//!
//! A cookie is the position that the file system itself gives for the next entry, so that continuing there costs
//! nothing and misses nothing while entries are made and removed.

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

/// Bytes of the buffer: several of the longest entries.
const BUFFER: usize = 4096;

/// Passes entries from `cookie` on, 0 being the first, to `visit` until it returns `false` or there are no more.
/// `wanted` estimates how many bytes of entries the caller takes.
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
        // SAFETY: the kernel wrote `len` bytes to the buffer.
        let end = unsafe { at.add(len) };
        while at < end {
            // SAFETY: the kernel writes whole entries, and `at` is the beginning of one.
            let entry = unsafe { entry(at) };
            if !visit(&entry)? {
                return Ok(());
            }
            // SAFETY: the length of an entry leads to the next one or to `end`.
            at = unsafe { at.add(usize::from(at.add(LEN).cast::<u16>().read_unaligned())) };
        }
    }
}

/// Reads an entry.
///
/// # Safety
/// `at` must point to an entry, which stays unchanged for the lifetime.
unsafe fn entry<'a>(at: *const u8) -> RawEntry<'a> {
    // SAFETY: the fields lie within the entry that the caller promises; names are NUL-terminated.
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
