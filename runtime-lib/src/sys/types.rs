//! Types that all platforms share.

use core::ffi::CStr;
use wasmc_abi::exception::REGISTERS;

/// Bytes of the unit of mappings; a multiple of the page size of every kernel.
pub const GRANULE: usize = 64 << 10;

/// Bytes of the smallest page of any kernel.
pub const SMALLEST_PAGE: usize = 4096;

/// A descriptor of the system.
pub type Fd = i32;

/// A buffer to read into or to write from (`struct iovec`).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Iovec {
    /// Its address.
    pub base: *mut u8,
    /// Its length in bytes.
    pub len: usize,
}

/// A clock, by its number in WASI, which is also Linux's.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub enum Clock {
    Realtime = 0,
    Monotonic = 1,
    ProcessCpu = 2,
    ThreadCpu = 3,
}

/// The type of a file.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
#[allow(dead_code, reason = "no platform has them all")]
pub enum FileType {
    Unknown,
    BlockDevice,
    CharacterDevice,
    Directory,
    Regular,
    Socket,
    DatagramSocket,
    SymbolicLink,
}

/// Attributes of a file; times in nanoseconds since 1970.
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub struct FileStatus {
    pub device: u64,
    pub inode: u64,
    pub kind: FileType,
    pub links: u64,
    pub size: u64,
    pub accessed: u64,
    pub modified: u64,
    pub changed: u64,
}

/// A time to set on a file.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "bare metal has no files")]
pub enum NewTime {
    /// The time that it has.
    Keep,
    /// The present time.
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

/// What `seek` counts from.
#[derive(Clone, Copy)]
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
pub enum Whence {
    Start = 0,
    Current = 1,
    End = 2,
}

/// What can be set on a socket.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(clippy::missing_docs_in_private_items, reason = "the names say it")]
#[allow(dead_code, reason = "not every platform has such sockets")]
pub enum SocketOption {
    KeepAlive,
    /// Seconds.
    KeepAliveIdle,
    /// Seconds.
    KeepAliveInterval,
    KeepAliveCount,
    HopLimit,
    HopLimitOfVersion6,
    ReceiveBuffer,
    SendBuffer,
}

/// A directory entry, as far as the file system describes it.
pub struct RawEntry<'a> {
    /// Cookie of the next entry.
    pub next: u64,
    /// Inode number of the file.
    pub inode: u64,
    /// Its type, where the file system stores it in entries.
    pub kind: Option<FileType>,
    /// Its name.
    pub name: &'a CStr,
}

/// Why a fault handler was called.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FaultKind {
    /// An access to memory.
    Access,
    /// An instruction: undefined, a breakpoint, or a division.
    Instruction,
}

/// What a call of [`super::call_with_recovery`] keeps on the stack: where it continues after a trap, and the recovery
/// point of the call around it.
#[repr(C)]
pub struct RecoveryPoint {
    /// The address to continue at.
    pub resume: usize,
    /// The recovery point that is in force again once the call ends.
    pub outer: *const RecoveryPoint,
}

/// Registers of a call, as an exception finds them, and where its handler begins.
#[repr(C)]
pub struct Unwound {
    /// Registers that a function must keep, by the numbers of [`wasmc_abi::exception::Save`].
    pub registers: [usize; REGISTERS],
    /// Where the call returns to; then, where the handler begins.
    pub pc: usize,
    /// The stack pointer after the call; then, in the handler.
    pub sp: usize,
    /// The frame pointer of the function.
    pub fp: usize,
    /// The exception.
    pub exception: u64,
}
