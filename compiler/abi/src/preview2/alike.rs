//! What all do alike who serve WASI 0.2: the runtime in programs, and hosts of libraries.

use crate::errno::message;
use crate::preview2::types::{filesystem_types, sockets_network};

/// Bytes that one call reads at most.
pub const MOST_READ: u64 = 64 << 10;
/// Bytes that the next write may have: to a file, which takes any number of them.
pub const FILE_PERMIT: u64 = 64 << 10;
/// To anything else: as many as a pipe or a socket has room for once the system says that it can be written.
pub const PERMIT: u64 = 4096;
/// Bytes that the calls which write and flush at once take.
pub const BLOCKING_PERMIT: u64 = 4096;

/// The trap of a resource that is dropped before its children.
pub const HAS_CHILDREN: &str = "resource has children";
/// The trap of a handle whose resource is not there.
pub const NOT_PRESENT: &str = "resource not present";
/// The trap of a write of more than [`FILE_PERMIT`] or [`PERMIT`].
pub const NOT_PERMITTED: &str = "write exceeded what check-write permits";
/// The trap of a write of more than [`BLOCKING_PERMIT`].
pub const TOO_LARGE_WRITE: &str = "Buffer too large for blocking-write-and-flush (expected at most 4096)";
/// The same of zeroes.
pub const TOO_MANY_ZEROES: &str = "Buffer too large for blocking-write-zeroes-and-flush (expected at most 4096)";
/// The trap of waiting for nothing.
pub const EMPTY_POLL: &str = "empty poll list";
/// The trap of a `datetime` that is none.
pub const NO_DATETIME: &str = "invalid datetime: a second or more in nanoseconds";

/// The error code of files for an error number of preview 1, where the interface has one.
#[inline]
pub fn file_error(errno: u16) -> Option<filesystem_types::ErrorCode> {
    use filesystem_types::ErrorCode as Code;
    Some(match errno {
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

/// The error code of sockets for an error number of preview 1, where the interface has one.
#[inline]
pub fn network_error(errno: u16) -> Option<sockets_network::ErrorCode> {
    use sockets_network::ErrorCode as Code;
    Some(match errno {
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

/// An error number of preview 1 in words.
#[inline]
pub fn error_text(errno: u16) -> &'static str {
    match errno {
        64 => "broken pipe",
        15 => "connection reset",
        8 => "bad descriptor",
        29 => "input/output error",
        31 => "is a directory",
        28 => "invalid argument",
        70 => "invalid seek",
        51 => "no space left on device",
        22 => "file too large",
        19 => "quota exceeded",
        69 => "read-only file system",
        errno => message(errno),
    }
}

/// `metadata-hash-value`: the same for the same file, also once it has changed, as the adapter from preview 1 takes it
/// for the number of an inode.
#[inline]
pub fn metadata_hash(device: u64, inode: u64) -> (u64, u64) {
    // FNV-1a over words, from two beginnings.
    let mix = |start: u64| {
        [device, inode].iter().fold(start, |hash, part| (hash ^ part).wrapping_mul(0x0100_0000_01b3).rotate_left(23))
    };
    (mix(0xcbf2_9ce4_8422_2325), mix(0x9e37_79b9_7f4a_7c15))
}
