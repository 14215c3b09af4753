//! Path resolution that stays inside a directory.
//!
//! The kernel resolves a path beneath a directory by `openat2` with RESOLVE_BENEATH: absolute paths, `..` above the
//! directory, symbolic links that lead out, and magic links of `/proc` give EXDEV or ELOOP, even while other processes
//! rename directories. Where there is no `openat2` (before Linux 5.6, or in a container that forbids it), [`walk`] does
//! it.
//!
//! [`walk`]: super::walk

use super::errno::check;
use super::files::{above_standard_streams, argument, close, set_times, status};
use super::paths::{open_at, read_link, set_times_of_path_descriptor, with_common_flags};
use super::syscalls::syscall4;
use super::walk::{Last, Walk};
use crate::errno::{Errno, Result};
use crate::sys::types::{Fd, FileStatus, FileType, NewTime};

use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use linux_raw_sys::general::{
    __NR_openat2, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, open_how,
};

/// How often a path is resolved again where other processes changed it meanwhile.
const RACES_MAX: u32 = 64;

static WITHOUT_OPENAT2: AtomicBool = AtomicBool::new(false);

/// Opens the file that `path` names beneath `directory`; `XDEV` where it leads out. `flags` as for `openat`.
pub fn open_beneath(directory: Fd, path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    if !WITHOUT_OPENAT2.load(Relaxed) {
        match by_kernel(directory, path, flags, mode) {
            Err(Errno::NOSYS) => {}
            // Old filters of containers give EPERM for calls that they do not know.
            Err(Errno::PERM) if by_kernel(directory, c".", O_PATH, 0).and_then(close).is_err() => {}
            answer => return answer,
        }
        WITHOUT_OPENAT2.store(true, Relaxed);
    }
    Walk::new(directory, path)?.run(|here, name, slash| open_last(here, name, flags, mode, slash))
}

fn by_kernel(directory: Fd, path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let how = open_how {
        flags: with_common_flags(flags).into(),
        mode: if flags & O_CREAT != 0 { mode.into() } else { 0 },
        resolve: (RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS).into(),
    };
    let mut races = 0;
    loop {
        let (path, how) = (path.as_ptr() as usize, &raw const how as usize);
        // SAFETY: the kernel only reads the path and the structure.
        match check(unsafe { syscall4(__NR_openat2, argument(directory), path, how, size_of::<open_how>()) }) {
            Err(Errno::INTR) => {}
            Err(Errno::AGAIN) if races < RACES_MAX => races += 1,
            answer => return above_standard_streams(answer?),
        }
    }
}

/// Opens the last component of a path being resolved.
fn open_last(here: Fd, name: &CStr, flags: u32, mode: u32, slash: bool) -> Result<Last<Fd>> {
    if slash && flags & O_CREAT != 0 {
        return Err(Errno::ISDIR);
    }
    let follow = (slash || flags & O_NOFOLLOW == 0) && flags & (O_CREAT | O_EXCL) != O_CREAT | O_EXCL;
    let directory = if slash { O_DIRECTORY } else { 0 };
    match open_at(here, name, flags | directory | O_NOFOLLOW, mode) {
        Ok(fd) if follow && flags & O_PATH != 0 && is_link(fd) => close(fd).map(|()| Last::Link(Errno::LOOP)),
        Ok(fd) => Ok(Last::Done(fd)),
        Err(error @ (Errno::NOTDIR | Errno::LOOP)) if follow => Ok(Last::Link(error)),
        Err(error) => Err(error),
    }
}

fn is_link(fd: Fd) -> bool {
    status(fd).is_ok_and(|status| status.kind == FileType::SymbolicLink)
}

/// An `O_PATH` descriptor, closed at the end of a call: it names a file, and gives access to its attributes alone.
struct PathDescriptor(Fd);

impl PathDescriptor {
    fn beneath(directory: Fd, path: &CStr, follow: bool) -> Result<Self> {
        open_beneath(directory, path, O_PATH | if follow { 0 } else { O_NOFOLLOW }, 0).map(Self)
    }
}

impl Drop for PathDescriptor {
    fn drop(&mut self) {
        let _ = close(self.0);
    }
}

/// Opens the directory that `path` names beneath `directory`, for lookups in it.
pub fn directory_beneath(directory: Fd, path: &CStr) -> Result<Fd> {
    open_beneath(directory, path, O_PATH | O_DIRECTORY, 0)
}

/// The attributes of the file that `path` names beneath `directory`.
pub fn status_beneath(directory: Fd, path: &CStr, follow: bool) -> Result<FileStatus> {
    status(PathDescriptor::beneath(directory, path, follow)?.0)
}

/// Sets the times of the file that `path` names beneath `directory`.
pub fn set_times_beneath(directory: Fd, path: &CStr, follow: bool, accessed: NewTime, modified: NewTime) -> Result<()> {
    let file = PathDescriptor::beneath(directory, path, follow)?;
    match set_times_of_path_descriptor(file.0, accessed, modified) {
        // Before Linux 5.8. There, the times of a link itself cannot be set.
        Err(Errno::INVAL) => {
            let file = PathDescriptor(open_beneath(directory, path, 0, 0)?);
            set_times(file.0, accessed, modified)
        }
        answer => answer,
    }
}

/// Reads the target of the symbolic link that `path` names beneath `directory`; returns its length.
pub fn read_link_beneath(directory: Fd, path: &CStr, buffer: &mut [MaybeUninit<u8>]) -> Result<usize> {
    read_link(PathDescriptor::beneath(directory, path, false)?.0, c"", buffer)
}
