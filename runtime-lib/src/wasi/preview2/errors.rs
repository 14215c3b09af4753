//! From error numbers to the error codes of `wasi:filesystem/types` and `wasi:sockets/network`, and to words.

use crate::component::caller::Address;
use crate::component::{Caller, Lower};
use crate::errno::Errno;
use wasmc_abi::preview2::types::{filesystem_types, sockets_network};

/// Error codes of files.
pub type FileError = filesystem_types::ErrorCode;
/// Error codes of sockets.
pub type NetworkError = sockets_network::ErrorCode;

macro_rules! enumerations {
    ($($ty:ty),*) => { $(
        impl Lower for $ty {
            const SIZE: u32 = 1;
            const ALIGN: u32 = 1;

            fn lower(self, caller: Caller, to: Address) {
                caller.write(to, self as u8);
            }
        }
    )* };
}
enumerations!(FileError, NetworkError, filesystem_types::DescriptorType);

/// The error code for an error number, where the interface has one.
pub fn of_file(errno: Errno) -> Option<FileError> {
    use filesystem_types::ErrorCode as Code;
    Some(match errno.0 {
        2 => Code::Access,
        6 => Code::WouldBlock,
        7 => Code::Already,
        8 => Code::BadDescriptor,
        10 => Code::Busy,
        16 => Code::Deadlock,
        19 => Code::Quota,
        20 => Code::Exist,
        22 => Code::FileTooLarge,
        25 => Code::IllegalByteSequence,
        26 => Code::InProgress,
        27 => Code::Interrupted,
        28 => Code::Invalid,
        29 => Code::Io,
        31 => Code::IsDirectory,
        32 => Code::Loop,
        34 => Code::TooManyLinks,
        35 => Code::MessageSize,
        37 => Code::NameTooLong,
        43 => Code::NoDevice,
        44 => Code::NoEntry,
        46 => Code::NoLock,
        48 => Code::InsufficientMemory,
        51 => Code::InsufficientSpace,
        54 => Code::NotDirectory,
        55 => Code::NotEmpty,
        56 => Code::NotRecoverable,
        52 | 58 => Code::Unsupported,
        59 => Code::NoTty,
        60 => Code::NoSuchDevice,
        61 => Code::Overflow,
        63 | 76 => Code::NotPermitted,
        64 => Code::Pipe,
        69 => Code::ReadOnly,
        70 => Code::InvalidSeek,
        74 => Code::TextFileBusy,
        75 => Code::CrossDevice,
        _ => return None,
    })
}

impl From<Errno> for FileError {
    fn from(errno: Errno) -> Self {
        of_file(errno).unwrap_or(Self::Io)
    }
}

/// The error code for an error number, where the interface has one.
pub fn of_network(errno: Errno) -> Option<NetworkError> {
    use sockets_network::ErrorCode as Code;
    Some(match errno.0 {
        2 | 63 | 76 => Code::AccessDenied,
        3 => Code::AddressInUse,
        4 => Code::AddressNotBindable,
        5 | 52 | 58 | 66 => Code::NotSupported,
        6 => Code::WouldBlock,
        7 => Code::ConcurrencyConflict,
        13 => Code::ConnectionAborted,
        14 => Code::ConnectionRefused,
        15 => Code::ConnectionReset,
        23 | 38..=40 => Code::RemoteUnreachable,
        28 => Code::InvalidArgument,
        33 | 41 => Code::NewSocketLimit,
        35 => Code::DatagramTooLarge,
        42 | 48 => Code::OutOfMemory,
        73 => Code::Timeout,
        17 | 30 | 53 => Code::InvalidState,
        _ => return None,
    })
}

impl From<Errno> for NetworkError {
    fn from(errno: Errno) -> Self {
        of_network(errno).unwrap_or(Self::Unknown)
    }
}

/// An error in words.
pub fn text(errno: Errno) -> &'static str {
    match errno {
        Errno::PIPE => "broken pipe",
        Errno::CONNRESET => "connection reset",
        Errno::BADF => "bad descriptor",
        Errno::IO => "input/output error",
        Errno::ISDIR => "is a directory",
        Errno::INVAL => "invalid argument",
        Errno::SPIPE => "invalid seek",
        Errno::NOSPC => "no space left on device",
        Errno::FBIG => "file too large",
        Errno::DQUOT => "quota exceeded",
        Errno::ROFS => "read-only file system",
        errno => errno.message(),
    }
}
