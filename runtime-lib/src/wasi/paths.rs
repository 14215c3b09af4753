//! Names beneath directories.
//!
//! A path is copied out of the guest's memory once, and the copy is checked. Only the functions `sys::*_beneath`
//! resolve it; calls that take a name in a directory get the descriptor of a directory resolved that way, and the last
//! component.

use super::guest::{self, Address};
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileStatus, NewTime, PATH_MAX};
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// A path of the guest.
pub struct Path {
    /// The path and a NUL.
    bytes: [MaybeUninit<u8>; PATH_MAX],
    len: usize,
}

impl Path {
    /// Copies a path from the guest: UTF-8 without a NUL.
    pub fn read(address: Address, len: u32) -> Result<Self> {
        let from = guest::range(address, len.into())?;
        let len = len as usize;
        if len >= PATH_MAX {
            return Err(Errno::NAMETOOLONG);
        }
        let mut path = Self { bytes: [const { MaybeUninit::uninit() }; PATH_MAX], len };
        let to = path.bytes.as_mut_ptr().cast::<u8>();
        // SAFETY: `guest::range` checked the range, and the buffer has room for it and a NUL.
        unsafe {
            from.copy_to_nonoverlapping(to, len);
            to.add(len).write(0);
        }
        let text = path.text().to_bytes();
        if text.len() != len {
            return Err(Errno::INVAL);
        }
        core::str::from_utf8(text).map_err(|_| Errno::ILSEQ)?;
        Ok(path)
    }

    /// A path that `fill` writes to the start of a buffer, as UTF-8, and returns the length of.
    #[cfg(feature = "component")]
    pub fn of(fill: impl FnOnce(&mut [MaybeUninit<u8>]) -> usize) -> Result<Self> {
        let mut path = Self { bytes: [const { MaybeUninit::uninit() }; PATH_MAX], len: 0 };
        path.len = fill(&mut path.bytes);
        path.bytes.get_mut(path.len).ok_or(Errno::NAMETOOLONG)?.write(0);
        if path.text().to_bytes().len() == path.len { Ok(path) } else { Err(Errno::INVAL) }
    }

    /// The path up to its first NUL.
    pub fn text(&self) -> &CStr {
        // SAFETY: who made the path initialised `len` bytes and a NUL after them.
        unsafe { CStr::from_ptr(self.bytes.as_ptr().cast()) }
    }
}

/// A descriptor of the system that is closed at the end of a call.
pub struct Opened(Fd);

impl Opened {
    /// The descriptor.
    pub fn fd(&self) -> Fd {
        self.0
    }

    /// Keeps it open.
    pub fn keep(self) -> Fd {
        let fd = self.0;
        core::mem::forget(self);
        fd
    }
}

impl Drop for Opened {
    fn drop(&mut self) {
        let _ = sys::close(self.0);
    }
}

/// Opens the file that a path names beneath a directory.
pub fn open(directory: Fd, path: &CStr, flags: u32) -> Result<Opened> {
    inside(sys::open_beneath(directory, path, flags, 0o666)).map(Opened)
}

/// Opens a directory beneath another, for lookups in it.
pub fn open_directory(directory: Fd, path: &CStr) -> Result<Opened> {
    inside(sys::directory_beneath(directory, path)).map(Opened)
}

/// A path that leads out of the directory gives the same error as in Wasmtime.
fn inside<T>(answer: Result<T>) -> Result<T> {
    answer.map_err(|error| if error == Errno::XDEV { Errno::PERM } else { error })
}

/// The last component of a path, and the directory that holds it.
pub struct LastComponent<'a> {
    directory: Fd,
    opened: Option<Opened>,
    /// The name, with the slashes after it.
    pub name: &'a CStr,
    /// Whether slashes follow it.
    pub slash: bool,
}

impl LastComponent<'_> {
    /// The directory.
    pub fn directory(&self) -> Fd {
        self.opened.as_ref().map_or(self.directory, Opened::fd)
    }

    /// The error for a component that must be a directory and is none.
    pub fn slash_error(&self) -> Option<Errno> {
        open_directory(self.directory(), self.name).err()
    }
}

impl Path {
    /// Splits off the last component and opens the directory before it.
    pub fn last_component(&mut self, directory: Fd) -> Result<LastComponent<'_>> {
        let text = self.text().to_bytes();
        if text.is_empty() {
            return Err(Errno::NOENT);
        }
        // Nothing but slashes: the root directory of the host.
        let end = text.iter().rposition(|&byte| byte != b'/').ok_or(Errno::PERM)? + 1;
        let head = text.get(..end).unwrap_or_default();
        let start = head.iter().rposition(|&byte| byte == b'/').map_or(0, |slash| slash + 1);
        let slash = end < self.len;
        if head.get(start..) == Some(b"..") {
            // The parent of the directory before it must not lie outside.
            status(directory, self.text(), true)?;
        }
        let opened = match start.checked_sub(1) {
            None => None,
            Some(0) => return Err(Errno::PERM),
            Some(cut) => {
                if let Some(byte) = self.bytes.get_mut(cut) {
                    byte.write(0);
                }
                Some(open_directory(directory, self.text())?)
            }
        };
        let bytes = self.bytes.get(start..=self.len).unwrap_or_default();
        // SAFETY: the component begins inside the path, which ends with a NUL.
        let name = unsafe { CStr::from_ptr(bytes.as_ptr().cast()) };
        Ok(LastComponent { directory, opened, name, slash })
    }
}

/// The attributes of the file that a path names.
pub fn status(directory: Fd, path: &CStr, follow: bool) -> Result<FileStatus> {
    inside(sys::status_beneath(directory, path, follow))
}

/// Sets the times of the file that a path names.
pub fn set_times(directory: Fd, path: &CStr, follow: bool, accessed: NewTime, modified: NewTime) -> Result<()> {
    inside(sys::set_times_beneath(directory, path, follow, accessed, modified))
}

/// Reads the target of a symbolic link; returns its length.
pub fn read_link(directory: Fd, path: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    inside(sys::read_link_beneath(directory, path, buffer))
}
