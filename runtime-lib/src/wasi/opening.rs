//! Opening files.

use super::descriptors::{self, APPEND, DSYNC, Descriptor, Kind, NONBLOCK, RSYNC, SYNC};
use super::hold::hold;
use super::paths::{self, Path};
use super::rights::{
    self, FD_DATASYNC, FD_READ, FD_SYNC, FD_WRITE, PATH_CREATE_FILE, PATH_FILESTAT_SET_SIZE, PATH_OPEN, Rights,
};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileType, flags};

/// Bit of [`How::open`]: a file that does not exist is created.
pub const CREATE: u32 = 1 << 0;
/// It must be a directory.
pub const DIRECTORY: u32 = 1 << 1;
/// It must not exist.
pub const EXCLUSIVE: u32 = 1 << 2;
/// What it holds is removed.
pub const TRUNCATE: u32 = 1 << 3;

/// Fails where flags have bits that the specification does not define.
pub fn check_flags(flags: u32, known: u32) -> Result<()> {
    if flags & !known == 0 { Ok(()) } else { Err(Errno::INVAL) }
}

/// How a file is opened.
pub struct How {
    /// Whether a link at the end of the path is followed.
    pub follow: bool,
    /// Of [`CREATE`] and the others after it.
    pub open: u32,
    /// Flags of the descriptor.
    pub flags: u32,
    /// The rights that are asked for.
    pub rights: Rights,
}

impl How {
    /// Opens a file beneath the directory `fd`; returns its descriptor.
    pub fn open(&self, fd: u32, path: &Path) -> Result<u32> {
        check_flags(self.open, CREATE | DIRECTORY | EXCLUSIVE | TRUNCATE)?;
        check_flags(self.flags, (APPEND | DSYNC | NONBLOCK | RSYNC | SYNC).into())?;
        if self.open & DIRECTORY != 0 && self.open & !DIRECTORY != 0 {
            return Err(Errno::INVAL);
        }
        hold(fd, |directory| self.open_in(directory, path))
    }

    fn open_in(&self, directory: &Descriptor, path: &Path) -> Result<u32> {
        if let Kind::File(_) = directory.kind {
            return Err(Errno::NOTDIR);
        }
        let (path, follow) = directory.host_path(path.text(), self.follow)?;
        self.check(directory)?;
        let mut host_flags = self.host_flags(follow);
        if directory.kind == Kind::NamedFile {
            // Only the file that existed at the start is granted. It is not made again.
            if self.open & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE {
                return Err(Errno::EXIST);
            }
            host_flags &= !flags::CREATE;
        }
        let opened = paths::open(directory.host, path, host_flags)?;
        let kind = match sys::status(opened.fd())?.kind {
            FileType::Directory => Kind::Directory,
            kind => Kind::File(kind),
        };
        if !matches!(kind, Kind::Directory | Kind::File(FileType::Regular)) && self.flags & u32::from(NONBLOCK) == 0 {
            sys::set_flags(opened.fd(), self.flags & u32::from(APPEND) != 0, false)?;
        }
        let descriptor = self.descriptor(directory, opened.fd(), kind);
        let fd = descriptors::insert(descriptor)?;
        opened.keep();
        Ok(fd)
    }

    /// Fails unless the directory has the rights for this.
    fn check(&self, descriptor: &Descriptor) -> Result<()> {
        let create = if self.open & CREATE != 0 { PATH_CREATE_FILE } else { 0 };
        let truncate = if self.open & TRUNCATE != 0 { PATH_FILESTAT_SET_SIZE } else { 0 };
        let data = if self.flags & u32::from(DSYNC) != 0 { FD_DATASYNC } else { 0 };
        let all = if self.flags & u32::from(RSYNC | SYNC) != 0 { FD_SYNC } else { 0 };
        descriptor.require(PATH_OPEN | create | truncate | data | all)?;
        if descriptor.read_only && self.writes() {
            return Err(Errno::PERM);
        }
        Ok(())
    }

    fn writes(&self) -> bool {
        self.rights & FD_WRITE != 0
    }

    fn host_flags(&self, follow: bool) -> u32 {
        let access = match (self.rights & FD_READ != 0, self.writes()) {
            (_, false) => flags::READ,
            (false, true) => flags::WRITE,
            (true, true) => flags::READ_WRITE,
        };
        let open = [
            (self.open & CREATE != 0, flags::CREATE),
            (self.open & DIRECTORY != 0, flags::DIRECTORY),
            (self.open & EXCLUSIVE != 0, flags::EXCLUSIVE),
            (self.open & TRUNCATE != 0, flags::TRUNCATE),
            (!follow, flags::NO_FOLLOW),
            (self.flags & u32::from(APPEND) != 0, flags::APPEND),
            (self.flags & u32::from(DSYNC) != 0, flags::DATA_SYNC),
            (self.flags & u32::from(RSYNC | SYNC) != 0, flags::SYNC),
        ];
        // Opening never waits, be it for the other end of a FIFO.
        let always = access | flags::NONBLOCKING;
        open.iter().filter(|(wanted, _)| *wanted).fold(always, |flags, (_, flag)| flags | flag)
    }

    /// The new descriptor has, and passes on, all rights that apply to it and that the directory passes on; only
    /// reading and writing must be requested. As in Wasmtime, programs that request too few of the others work.
    fn descriptor(&self, directory: &Descriptor, host: sys::Fd, kind: Kind) -> Descriptor {
        let applicable = if kind == Kind::Directory { rights::DIRECTORY } else { rights::FILE };
        let asked = self.rights | !(FD_READ | FD_WRITE);
        let passed_on = if kind == Kind::Directory { directory.inheriting } else { 0 };
        Descriptor {
            host,
            kind,
            read_only: directory.read_only,
            flags: self.flags as u16,
            rights: applicable & asked & directory.inheriting,
            inheriting: passed_on,
            ..Descriptor::FREE
        }
    }
}
