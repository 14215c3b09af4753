//! Error numbers of WASI preview 1.

use crate::memory::OutOfBounds;
use std::io;

/// An error number, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

/// What a function of WASI finds, or why it fails.
pub type Result<T> = std::result::Result<T, Errno>;

wasmc_abi::errnos!(Errno);

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
