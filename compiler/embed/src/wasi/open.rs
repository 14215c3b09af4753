//! A file that is open, as far as functions of WASI do anything with it.

use super::errno::{Errno, Result};
use std::fs::{File, Metadata};
use std::io::{Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{FileExt, MetadataExt};

/// A file that is open.
#[derive(Debug)]
pub struct OpenFile {
    /// The file.
    pub file: File,
    /// Whether it can be read.
    pub reads: bool,
    /// Whether it can be written to.
    pub writes: bool,
    /// Whether it lies beneath a directory that was granted for reading.
    pub is_read_only: bool,
    /// Flags that it was opened with (`fdflags`).
    pub flags: u16,
}

impl OpenFile {
    /// Reads to a buffer, at an offset or where the file stands.
    pub fn read(&mut self, buffer: &mut [u8], offset: Option<u64>) -> Result<usize> {
        if !self.reads {
            return Err(Errno::BADF);
        }
        Ok(match offset {
            Some(offset) => self.file.read_at(buffer, offset)?,
            None => self.file.read(buffer)?,
        })
    }

    /// Writes from a buffer, at an offset or where the file stands.
    pub fn write(&mut self, buffer: &[u8], offset: Option<u64>) -> Result<usize> {
        if !self.writes {
            return Err(Errno::BADF);
        }
        Ok(match offset {
            Some(offset) => self.file.write_at(buffer, offset)?,
            None => self.file.write(buffer)?,
        })
    }

    /// Sets how many bytes it has.
    pub fn set_size(&self, size: u64) -> Result<()> {
        if self.is_read_only { Err(Errno::NOTCAPABLE) } else { Ok(self.file.set_len(size)?) }
    }

    /// Where the file ends.
    pub fn end(&self) -> Result<u64> {
        Ok(self.file.metadata()?.len())
    }

    /// Moves to an offset from the start, from where it stands, or from the end.
    pub fn seek(&mut self, offset: i64, whence: i32) -> Result<u64> {
        let to = match whence {
            0 => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::INVAL)?),
            1 => SeekFrom::Current(offset),
            2 => SeekFrom::End(offset),
            _ => return Err(Errno::INVAL),
        };
        Ok(self.file.seek(to)?)
    }
}

/// `filetype` of a file.
pub fn file_type(kind: std::fs::FileType) -> u8 {
    use std::os::unix::fs::FileTypeExt;
    match kind {
        kind if kind.is_dir() => 3,
        kind if kind.is_file() => 4,
        kind if kind.is_symlink() => 7,
        kind if kind.is_char_device() => 2,
        kind if kind.is_block_device() => 1,
        kind if kind.is_socket() => 6,
        _ => 0,
    }
}

/// The attributes of a file, as the core of all versions has them.
#[derive(Clone, Copy, Debug, Default)]
pub struct FileStatus {
    /// What it lies on.
    pub device: u64,
    /// Its number there.
    pub inode: u64,
    /// `filetype` of preview 1.
    pub kind: u8,
    /// How many names it has.
    pub links: u64,
    /// Bytes.
    pub size: u64,
    /// When it was read, in nanoseconds since 1970.
    pub accessed: u64,
    /// When its contents were changed.
    pub modified: u64,
    /// When anything of it was changed.
    pub changed: u64,
}

impl From<&Metadata> for FileStatus {
    fn from(metadata: &Metadata) -> Self {
        let time = |seconds: i64, nanoseconds: i64| {
            (seconds as u64).wrapping_mul(1_000_000_000).wrapping_add(nanoseconds as u64)
        };
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            kind: file_type(metadata.file_type()),
            links: metadata.nlink(),
            size: metadata.size(),
            accessed: time(metadata.atime(), metadata.atime_nsec()),
            modified: time(metadata.mtime(), metadata.mtime_nsec()),
            changed: time(metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}
