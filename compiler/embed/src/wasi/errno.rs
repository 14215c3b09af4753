//! Error numbers of WASI preview 1.

use crate::memory::OutOfBounds;
use std::io;

/// An error number, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

/// What a function of WASI finds, or why it fails.
pub type Result<T> = std::result::Result<T, Errno>;

#[allow(missing_docs, reason = "the names are those of POSIX")]
impl Errno {
    pub const ACCES: Self = Self(2);
    pub const AGAIN: Self = Self(6);
    pub const BADF: Self = Self(8);
    pub const EXIST: Self = Self(20);
    pub const FAULT: Self = Self(21);
    pub const ILSEQ: Self = Self(25);
    pub const INTR: Self = Self(27);
    pub const INVAL: Self = Self(28);
    pub const IO: Self = Self(29);
    pub const ISDIR: Self = Self(31);
    pub const LOOP: Self = Self(32);
    pub const MFILE: Self = Self(33);
    pub const NAMETOOLONG: Self = Self(37);
    pub const NOENT: Self = Self(44);
    pub const NOMEM: Self = Self(48);
    pub const NOSPC: Self = Self(51);
    pub const NOSYS: Self = Self(52);
    pub const NOTDIR: Self = Self(54);
    pub const NOTEMPTY: Self = Self(55);
    pub const NOTSOCK: Self = Self(57);
    pub const NOTSUP: Self = Self(58);
    pub const PERM: Self = Self(63);
    pub const PIPE: Self = Self(64);
    pub const ROFS: Self = Self(69);
    pub const SPIPE: Self = Self(70);
    pub const XDEV: Self = Self(75);
    pub const NOTCAPABLE: Self = Self(76);
}

impl From<OutOfBounds> for Errno {
    fn from(_: OutOfBounds) -> Self {
        Self::FAULT
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Self::NOENT,
            Kind::PermissionDenied => Self::ACCES,
            Kind::AlreadyExists => Self::EXIST,
            Kind::WouldBlock => Self::AGAIN,
            Kind::Interrupted => Self::INTR,
            Kind::InvalidInput => Self::INVAL,
            Kind::IsADirectory => Self::ISDIR,
            Kind::NotADirectory => Self::NOTDIR,
            Kind::DirectoryNotEmpty => Self::NOTEMPTY,
            Kind::BrokenPipe => Self::PIPE,
            Kind::ReadOnlyFilesystem => Self::ROFS,
            Kind::StorageFull => Self::NOSPC,
            Kind::OutOfMemory => Self::NOMEM,
            Kind::NotSeekable => Self::SPIPE,
            Kind::InvalidFilename => Self::NAMETOOLONG,
            Kind::CrossesDevices => Self::XDEV,
            Kind::Unsupported => Self::NOTSUP,
            // What else Linux says of a path.
            _ => match error.raw_os_error() {
                Some(1) => Self::PERM,
                Some(9) => Self::BADF,
                Some(40) => Self::LOOP,
                _ => Self::IO,
            },
        }
    }
}
