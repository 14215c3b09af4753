//! Files beneath a directory: the kernel itself resolves no path of a guest's to anything outside of it (`openat2`,
//! Linux 5.6 or later; older kernels refuse all of them).

use super::errno::{Errno, Result};
use super::open::OpenFile;
use rustix::fs::{self, AtFlags, Mode, OFlags, ResolveFlags, Timespec, Timestamps};
use std::fs::{File, Metadata};
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;

/// A directory that is open.
#[derive(Debug)]
pub struct Directory {
    file: File,
    read_only: bool,
}

/// What `path_open` is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Whether links at the end of the path are followed.
    pub follow: bool,
    /// `oflags`
    pub flags: i32,
    /// Whether it will be read.
    pub reads: bool,
    /// Whether it will be written to.
    pub writes: bool,
    /// `fdflags`
    pub descriptor_flags: i32,
}

/// What was opened.
#[derive(Debug)]
pub enum Opened {
    /// A directory.
    Directory(Directory),
    /// Anything else.
    File(OpenFile),
}

impl Directory {
    /// A directory of the host's.
    pub fn open(path: &Path, read_only: bool) -> io::Result<Self> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        Ok(Self { file: fs::open(path, flags, Mode::empty())?.into(), read_only })
    }

    /// What is known of the directory itself.
    pub fn metadata(&self) -> Result<Metadata> {
        Ok(self.file.metadata()?)
    }

    /// Whether nothing beneath it can be changed.
    pub fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// Has the system write its entries to its storage.
    pub fn synchronize(&self) -> Result<()> {
        Ok(self.file.sync_all()?)
    }

    /// Sets when the directory itself was read and changed, in nanoseconds; `None` leaves it.
    pub fn set_own_times(&self, times: [Option<u64>; 2]) -> Result<()> {
        self.check_writable()?;
        set_times(&self.file, times)
    }

    fn check_writable(&self) -> Result<()> {
        if self.read_only { Err(Errno::NOTCAPABLE) } else { Ok(()) }
    }

    /// Opens a path beneath it.
    fn beneath(&self, path: &[u8], flags: OFlags, mode: Mode) -> Result<OwnedFd> {
        if path.contains(&0) {
            return Err(Errno::INVAL);
        }
        let is_place = flags.contains(OFlags::PATH);
        let flags = flags | if is_place { OFlags::CLOEXEC } else { OFlags::CLOEXEC | OFlags::NOCTTY };
        let result = fs::openat2(&self.file, path, flags, mode, ResolveFlags::BENEATH | ResolveFlags::NO_MAGICLINKS);
        result.map_err(errno)
    }

    /// The folder that the last name of a path lies in, and that name.
    fn parent<'p>(&self, path: &'p [u8]) -> Result<(OwnedFd, &'p [u8])> {
        let end = path.iter().rposition(|&byte| byte != b'/').map_or(0, |last| last + 1);
        let trimmed = &path[..end];
        let (folder, name) = match trimmed.iter().rposition(|&byte| byte == b'/') {
            Some(slash) => (&trimmed[..slash + 1], &trimmed[slash + 1..]),
            None => (&b"."[..], trimmed),
        };
        if name.is_empty() || name == b"." || name == b".." {
            return Err(if path.starts_with(b"/") { Errno::PERM } else { Errno::INVAL });
        }
        Ok((self.beneath(folder, OFlags::PATH | OFlags::DIRECTORY, Mode::empty())?, name))
    }

    /// See `path_open`.
    pub fn open_path(&self, path: &[u8], opening: Opening) -> Result<Opened> {
        const CREATE: i32 = 1;
        const DIRECTORY: i32 = 2;
        const EXCLUSIVE: i32 = 4;
        const TRUNCATE: i32 = 8;
        if opening.flags & DIRECTORY != 0 && opening.flags & (CREATE | EXCLUSIVE | TRUNCATE) != 0 {
            return Err(Errno::INVAL);
        }
        let mut flags = match (opening.reads, opening.writes) {
            (_, false) => OFlags::RDONLY,
            (true, true) => OFlags::RDWR,
            (false, true) => OFlags::WRONLY,
        };
        let asked = [
            (CREATE, OFlags::CREATE),
            (DIRECTORY, OFlags::DIRECTORY),
            (EXCLUSIVE, OFlags::EXCL),
            (TRUNCATE, OFlags::TRUNC),
        ];
        asked.into_iter().filter(|(bit, _)| opening.flags & bit != 0).for_each(|(_, flag)| flags |= flag);
        if opening.flags & (CREATE | TRUNCATE) != 0 {
            self.check_writable()?;
        }
        if opening.writes && self.read_only {
            return Err(Errno::PERM);
        }
        if !opening.follow {
            flags |= OFlags::NOFOLLOW;
        }
        if opening.descriptor_flags & 1 != 0 {
            flags |= OFlags::APPEND;
        }
        if opening.descriptor_flags & 4 != 0 {
            flags |= OFlags::NONBLOCK;
        }
        let mode = if opening.flags & CREATE != 0 { Mode::from_raw_mode(0o666) } else { Mode::empty() };
        let file = File::from(self.beneath(path, flags, mode)?);
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Ok(Opened::Directory(Self { file, read_only: self.read_only }));
        }
        let flags = opening.descriptor_flags as u16;
        Ok(Opened::File(OpenFile {
            file,
            reads: opening.reads,
            writes: opening.writes,
            is_read_only: self.read_only,
            flags,
        }))
    }

    /// What is known of a file.
    pub fn stat(&self, path: &[u8], follow: bool) -> Result<Metadata> {
        let flags = if follow { OFlags::PATH } else { OFlags::PATH | OFlags::NOFOLLOW };
        Ok(File::from(self.beneath(path, flags, Mode::empty())?).metadata()?)
    }

    /// Makes a directory.
    pub fn create_directory(&self, path: &[u8]) -> Result<()> {
        self.check_writable()?;
        let (folder, name) = self.parent(path)?;
        fs::mkdirat(folder, name, Mode::from_raw_mode(0o777)).map_err(errno)
    }

    /// Removes a file, or a directory.
    pub fn remove(&self, path: &[u8], is_directory: bool) -> Result<()> {
        self.check_writable()?;
        let (folder, name) = self.parent(path)?;
        let flags = if is_directory { AtFlags::REMOVEDIR } else { AtFlags::empty() };
        fs::unlinkat(folder, name, flags).map_err(errno)
    }

    /// Gives a file another name, maybe in another directory.
    pub fn rename(&self, path: &[u8], to: &Self, new: &[u8]) -> Result<()> {
        self.check_writable()?;
        to.check_writable()?;
        let (from, name) = self.parent(path)?;
        let (to, new) = to.parent(new)?;
        fs::renameat(from, name, to, new).map_err(errno)
    }

    /// Makes a link to a file under a further name.
    pub fn link(&self, path: &[u8], to: &Self, new: &[u8]) -> Result<()> {
        self.check_writable()?;
        to.check_writable()?;
        let (from, name) = self.parent(path)?;
        let (to, new) = to.parent(new)?;
        fs::linkat(from, name, to, new, AtFlags::empty()).map_err(errno)
    }

    /// Makes a symbolic link. It may lead anywhere, as none is followed outside.
    pub fn symlink(&self, target: &[u8], path: &[u8]) -> Result<()> {
        self.check_writable()?;
        if target.starts_with(b"/") {
            return Err(Errno::PERM);
        }
        let (folder, name) = self.parent(path)?;
        fs::symlinkat(target, folder, name).map_err(errno)
    }

    /// Where a symbolic link leads.
    pub fn read_link(&self, path: &[u8]) -> Result<Vec<u8>> {
        let (folder, name) = self.parent(path)?;
        let target = fs::readlinkat(folder, name, Vec::new()).map_err(errno)?.into_bytes();
        // A guest is not to learn an absolute path of the host.
        if target.starts_with(b"/") { Err(Errno::PERM) } else { Ok(target) }
    }

    /// Sets when a file was read and changed, in nanoseconds; `None` leaves it.
    pub fn set_times(&self, path: &[u8], follow: bool, times: [Option<u64>; 2]) -> Result<()> {
        self.check_writable()?;
        let flags = if follow { OFlags::RDONLY } else { OFlags::RDONLY | OFlags::NOFOLLOW };
        set_times(self.beneath(path, flags, Mode::empty())?, times)
    }

    /// The entries, from the first.
    pub fn entries(&self) -> Result<Entries> {
        Ok(Entries(fs::Dir::read_from(&self.file).map_err(errno)?))
    }
}

/// Entries of a directory: name, inode number and `filetype` of each.
#[derive(Debug)]
pub struct Entries(fs::Dir);

impl Iterator for Entries {
    type Item = Result<(Vec<u8>, u64, u8)>;

    fn next(&mut self) -> Option<Self::Item> {
        let entry = match self.0.next()?.map_err(errno) {
            Ok(entry) => entry,
            Err(error) => return Some(Err(error)),
        };
        let kind = match entry.file_type() {
            fs::FileType::RegularFile => 4,
            fs::FileType::Directory => 3,
            fs::FileType::Symlink => 7,
            fs::FileType::CharacterDevice => 2,
            fs::FileType::BlockDevice => 1,
            fs::FileType::Socket => 6,
            _ => 0,
        };
        Some(Ok((entry.file_name().to_bytes().to_vec(), entry.ino(), kind)))
    }
}

/// Sets when an open file was read and changed, in nanoseconds; `None` leaves it.
pub fn set_times_of(file: &OpenFile, times: [Option<u64>; 2]) -> Result<()> {
    if file.is_read_only { Err(Errno::NOTCAPABLE) } else { set_times(&file.file, times) }
}

fn set_times(file: impl AsFd, times: [Option<u64>; 2]) -> Result<()> {
    let [last_access, last_modification] = times.map(|time| match time {
        Some(time) => Timespec { tv_sec: (time / 1_000_000_000) as i64, tv_nsec: (time % 1_000_000_000) as i64 },
        None => Timespec { tv_sec: 0, tv_nsec: fs::UTIME_OMIT },
    });
    fs::futimens(file, &Timestamps { last_access, last_modification }).map_err(errno)
}

/// What the kernel says as WASI says it: what leads outside is not permitted, as in programs that wasmc makes.
fn errno(error: rustix::io::Errno) -> Errno {
    match error {
        rustix::io::Errno::XDEV => Errno::PERM,
        rustix::io::Errno::LOOP => Errno::LOOP,
        rustix::io::Errno::NOSYS => Errno::NOSYS,
        other => other.into(),
    }
}
