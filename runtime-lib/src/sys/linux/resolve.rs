//! Names that must not lead out of a directory.
//!
//! The kernel resolves a path beneath a directory by `openat2` with RESOLVE_BENEATH: absolute paths, `..` above the
//! directory, symbolic links that lead out, and links of `/proc` that are no names give EXDEV or ELOOP, also while
//! others rename directories meanwhile. Where it has no `openat2` (before Linux 5.6, or a container that forbids it) the
//! path is walked here, one component at a time, each opened without following links.

use super::arch::syscall4;
use super::errno::check;
use super::files::{Fd, argument, close, own};
use super::paths::{open_at, opening, read_link};
use crate::errno::{Errno, Result};
use core::ffi::CStr;
use core::mem::MaybeUninit;
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};
use linux_raw_sys::general::{
    __NR_openat2, O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_PATH, RESOLVE_BENEATH, RESOLVE_NO_MAGICLINKS, open_how,
};

/// Bytes of the longest path that the kernel takes, its NUL included.
pub const PATH_MAX: usize = 4096;
/// Links followed before a path is taken for a loop, as the kernel does (MAXSYMLINKS).
const LINKS_MAX: u32 = 40;
/// How often a path is tried again that others changed while the kernel resolved it.
const RACES_MAX: u32 = 64;

static WITHOUT_OPENAT2: AtomicBool = AtomicBool::new(false);

/// Opens what `path` means beneath `directory`; `XDEV` where it leads out. `flags` as of `openat`.
pub fn open_beneath(directory: Fd, path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    if !WITHOUT_OPENAT2.load(Relaxed) {
        match by_kernel(directory, path, flags, mode) {
            Err(Errno::NOSYS) => {}
            // EPERM is also what old container filters answer to calls they do not know.
            Err(Errno::PERM) if by_kernel(directory, c".", O_PATH, 0).and_then(close).is_err() => {}
            answer => return answer,
        }
        WITHOUT_OPENAT2.store(true, Relaxed);
    }
    Walk::new(directory, path)?.run(flags, mode)
}

fn by_kernel(directory: Fd, path: &CStr, flags: u32, mode: u32) -> Result<Fd> {
    let how = open_how {
        flags: opening(flags).into(),
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
            answer => return own(answer?),
        }
    }
}

/// A path being walked: the directories entered so far, and the text still to resolve.
struct Walk {
    root: Fd,
    entered: [MaybeUninit<Fd>; PATH_MAX / 2],
    depth: usize,
    text: [u8; PATH_MAX],
    /// Where the rest of the path begins in `text`; it ends at the end of `text`, which is a NUL.
    at: usize,
    links: u32,
}

impl Drop for Walk {
    fn drop(&mut self) {
        while self.leave().is_ok() {}
    }
}

impl Walk {
    fn new(root: Fd, path: &CStr) -> Result<Self> {
        let entered = [const { MaybeUninit::uninit() }; PATH_MAX / 2];
        let mut walk = Self { root, entered, depth: 0, text: [0; PATH_MAX], at: PATH_MAX - 1, links: 0 };
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        walk.put_path(path.to_bytes())?;
        Ok(walk)
    }

    /// Puts a path before the text still to resolve; an absolute one leads out.
    fn put_path(&mut self, path: &[u8]) -> Result<()> {
        if path.first() == Some(&b'/') {
            return Err(Errno::XDEV);
        }
        self.put(path)
    }

    fn put(&mut self, text: &[u8]) -> Result<()> {
        let start = self.at.checked_sub(text.len()).ok_or(Errno::NAMETOOLONG)?;
        self.text.get_mut(start..self.at).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(text);
        self.at = start;
        Ok(())
    }

    fn here(&self) -> Fd {
        match self.depth.checked_sub(1).and_then(|top| self.entered.get(top)) {
            // SAFETY: the first `depth` places are written.
            Some(fd) => unsafe { fd.assume_init() },
            None => self.root,
        }
    }

    fn enter(&mut self, directory: Fd) -> Result<()> {
        let Some(place) = self.entered.get_mut(self.depth) else {
            let _ = close(directory);
            return Err(Errno::NAMETOOLONG);
        };
        place.write(directory);
        self.depth += 1;
        Ok(())
    }

    fn leave(&mut self) -> Result<()> {
        if self.depth == 0 {
            return Err(Errno::XDEV);
        }
        let fd = self.here();
        self.depth -= 1;
        let _ = close(fd);
        Ok(())
    }

    /// Cuts the next component off: its bytes with a NUL behind, and whether a slash followed it.
    fn next(&mut self, name: &mut [u8; 256]) -> Result<(usize, bool)> {
        let rest = self.text.get(self.at..PATH_MAX - 1).unwrap_or_default();
        let len = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let slashes = rest.iter().skip(len).take_while(|&&byte| byte == b'/').count();
        let component = rest.get(..len).unwrap_or_default();
        let place = name.get_mut(..=len).ok_or(Errno::NAMETOOLONG)?;
        for (to, &from) in place.iter_mut().zip(component.iter().chain(&[0])) {
            *to = from;
        }
        self.at += len + slashes;
        Ok((len, slashes > 0))
    }

    fn run(mut self, flags: u32, mode: u32) -> Result<Fd> {
        loop {
            let mut name = [0; 256];
            let (_, slash) = self.next(&mut name)?;
            let name = CStr::from_bytes_until_nul(&name).map_err(|_| Errno::NAMETOOLONG)?;
            let last = self.at == PATH_MAX - 1;
            if name == c".." {
                self.leave()?;
            }
            if name == c".." || name == c"." {
                if last {
                    return open_at(self.here(), c".", flags | O_DIRECTORY, mode);
                }
            } else if last {
                if let Some(fd) = self.open_last(name, flags, mode, slash)? {
                    return Ok(fd);
                }
            } else {
                self.step(name)?;
            }
        }
    }

    /// Enters a directory, or puts the link of that name before the rest.
    fn step(&mut self, name: &CStr) -> Result<()> {
        match open_at(self.here(), name, O_PATH | O_NOFOLLOW | O_DIRECTORY, 0) {
            Ok(directory) => self.enter(directory),
            Err(error @ (Errno::NOTDIR | Errno::LOOP)) => self.follow(name, true, error),
            Err(error) => Err(error),
        }
    }

    /// Opens the last component; `None` where it was a link that is now followed.
    fn open_last(&mut self, name: &CStr, flags: u32, mode: u32, slash: bool) -> Result<Option<Fd>> {
        if slash && flags & O_CREAT != 0 {
            return Err(Errno::ISDIR);
        }
        let follow = (slash || flags & O_NOFOLLOW == 0) && flags & (O_CREAT | O_EXCL) != O_CREAT | O_EXCL;
        let directory = if slash { O_DIRECTORY } else { 0 };
        match open_at(self.here(), name, flags | directory | O_NOFOLLOW, mode) {
            Ok(fd) if follow && flags & O_PATH != 0 && is_link(fd) => {
                close(fd)?;
                self.follow(name, slash, Errno::LOOP).map(|()| None)
            }
            Ok(fd) => Ok(Some(fd)),
            Err(error @ (Errno::NOTDIR | Errno::LOOP)) if follow => self.follow(name, slash, error).map(|()| None),
            Err(error) => Err(error),
        }
    }

    /// Puts the target of a link before the rest; `error` where the name is no link.
    fn follow(&mut self, name: &CStr, slash: bool, error: Errno) -> Result<()> {
        let mut target = [const { MaybeUninit::uninit() }; PATH_MAX];
        let len = match read_link(self.here(), name, &mut target) {
            Err(Errno::INVAL) => return Err(error),
            answer => answer?,
        };
        self.links += 1;
        if self.links > LINKS_MAX {
            return Err(Errno::LOOP);
        }
        if slash {
            self.put(b"/")?;
        }
        // SAFETY: the kernel wrote the first `len` bytes.
        let target = unsafe { core::slice::from_raw_parts(target.as_ptr().cast::<u8>(), len) };
        self.put_path(target)
    }
}

fn is_link(fd: Fd) -> bool {
    super::files::status(fd).is_ok_and(|status| status.kind == super::files::FileType::SymbolicLink)
}
