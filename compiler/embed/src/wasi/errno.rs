//! Error numbers of WASI preview 1.

use crate::memory::OutOfBounds;
use std::io;
use wasmc_abi::errno::of_linux;

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

impl From<rustix::io::Errno> for Errno {
    fn from(error: rustix::io::Errno) -> Self {
        io::Error::from(error).into()
    }
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Self {
        use io::ErrorKind as Kind;
        if let Some(number) = error.raw_os_error() {
            return of_linux(number as usize).map_or(Self::IO, Self);
        }
        // Errors of readers and writers that a host has made.
        match error.kind() {
            Kind::NotFound => Self::NOENT,
            Kind::PermissionDenied => Self::ACCES,
            Kind::AlreadyExists => Self::EXIST,
            Kind::WouldBlock => Self::AGAIN,
            Kind::Interrupted => Self::INTR,
            Kind::InvalidInput => Self::INVAL,
            Kind::BrokenPipe => Self::PIPE,
            Kind::ConnectionReset => Self::CONNRESET,
            Kind::StorageFull => Self::NOSPC,
            Kind::OutOfMemory => Self::NOMEM,
            Kind::NotSeekable => Self::SPIPE,
            Kind::Unsupported => Self::NOTSUP,
            _ => Self::IO,
        }
    }
}
