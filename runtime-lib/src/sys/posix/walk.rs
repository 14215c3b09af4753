//! Resolves a path beneath a directory, one component at a time, each opened without following links: for systems that
//! cannot do this themselves. Absolute paths, `..` above the directory and symbolic links that lead out give XDEV.

use super::files::close;
use super::paths::{PATH_MAX, open_directory_at, read_link};
use crate::errno::{Errno, Result};
use crate::sys::types::Fd;
use core::ffi::CStr;
use core::mem::MaybeUninit;

/// Symbolic links followed before the path counts as a loop, as in kernels (MAXSYMLINKS).
const LINKS_MAX: u32 = 40;
/// Bytes of the longest component, its NUL included (NAME_MAX + 1).
const NAME_SIZE: usize = 256;

/// A path being resolved: the directories entered so far, and the text still to resolve.
pub struct Walk {
    root: Fd,
    entered: [MaybeUninit<Fd>; PATH_MAX / 2],
    depth: usize,
    text: [u8; PATH_MAX],
    /// Where the text still to resolve begins. It ends before the last byte of `text`, which is a NUL.
    at: usize,
    links: u32,
}

/// What the last component is.
pub enum Last<R> {
    /// The file that the path names; the result of the action on it.
    Done(R),
    /// Perhaps a symbolic link, to be followed; if it is none, this is the error.
    Link(Errno),
}

impl Drop for Walk {
    fn drop(&mut self) {
        while self.leave().is_ok() {}
    }
}

impl Walk {
    /// A walk that begins at the directory `root`.
    pub fn new(root: Fd, path: &CStr) -> Result<Self> {
        let entered = [const { MaybeUninit::uninit() }; PATH_MAX / 2];
        let mut walk = Self { root, entered, depth: 0, text: [0; PATH_MAX], at: PATH_MAX - 1, links: 0 };
        if path.is_empty() {
            return Err(Errno::NOENT);
        }
        walk.prepend_path(path.to_bytes())?;
        Ok(walk)
    }

    /// Prepends a path to the text still to resolve; an absolute one leads out of the directory.
    fn prepend_path(&mut self, path: &[u8]) -> Result<()> {
        if path.first() == Some(&b'/') {
            return Err(Errno::XDEV);
        }
        self.prepend(path)
    }

    fn prepend(&mut self, text: &[u8]) -> Result<()> {
        let start = self.at.checked_sub(text.len()).ok_or(Errno::NAMETOOLONG)?;
        self.text.get_mut(start..self.at).ok_or(Errno::NAMETOOLONG)?.copy_from_slice(text);
        self.at = start;
        Ok(())
    }

    fn here(&self) -> Fd {
        match self.depth.checked_sub(1).and_then(|top| self.entered.get(top)) {
            // SAFETY: `enter` initialises elements in order, so the first `depth` of them are initialised.
            Some(fd) => unsafe { fd.assume_init() },
            None => self.root,
        }
    }

    fn enter(&mut self, directory: Fd) -> Result<()> {
        let Some(entry) = self.entered.get_mut(self.depth) else {
            let _ = close(directory);
            return Err(Errno::NAMETOOLONG);
        };
        entry.write(directory);
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

    /// Takes the next component off the text, with a NUL after it; returns whether a slash followed it.
    fn next(&mut self, name: &mut [u8; NAME_SIZE]) -> Result<bool> {
        let rest = self.text.get(self.at..PATH_MAX - 1).unwrap_or_default();
        let len = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
        let slashes = rest.iter().skip(len).take_while(|&&byte| byte == b'/').count();
        let component = rest.get(..len).unwrap_or_default();
        let name = name.get_mut(..=len).ok_or(Errno::NAMETOOLONG)?;
        for (to, &from) in name.iter_mut().zip(component.iter().chain(&[0])) {
            *to = from;
        }
        self.at += len + slashes;
        Ok(slashes > 0)
    }

    /// Walks to the last component and calls `last` with the directory that holds it, its name (`.` where the path ends
    /// in `.` or `..`), and whether it must be a directory. `last` must not follow a link itself.
    pub fn run<R>(mut self, mut last: impl FnMut(Fd, &CStr, bool) -> Result<Last<R>>) -> Result<R> {
        loop {
            let mut name = [0; NAME_SIZE];
            let slash = self.next(&mut name)?;
            let name = CStr::from_bytes_until_nul(&name).map_err(|_| Errno::NAMETOOLONG)?;
            let is_last = self.at == PATH_MAX - 1;
            if name == c".." {
                self.leave()?;
            }
            if name == c".." || name == c"." {
                if is_last {
                    return match last(self.here(), c".", true)? {
                        Last::Done(answer) => Ok(answer),
                        Last::Link(error) => Err(error),
                    };
                }
            } else if is_last {
                match last(self.here(), name, slash)? {
                    Last::Done(answer) => return Ok(answer),
                    Last::Link(error) => self.follow(name, slash, error)?,
                }
            } else {
                self.step(name)?;
            }
        }
    }

    /// Enters a directory, or follows a link of that name.
    fn step(&mut self, name: &CStr) -> Result<()> {
        match open_directory_at(self.here(), name) {
            Ok(directory) => self.enter(directory),
            Err(error @ (Errno::NOTDIR | Errno::LOOP)) => self.follow(name, true, error),
            Err(error) => Err(error),
        }
    }

    /// Prepends the target of a link to the rest; fails with `error` where the name is no link.
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
            self.prepend(b"/")?;
        }
        // SAFETY: `read_link` initialised the first `len` bytes.
        let target = unsafe { core::slice::from_raw_parts(target.as_ptr().cast::<u8>(), len) };
        self.prepend_path(target)
    }
}
