//! What all platforms describe in the same words.

use core::ffi::CStr;

/// A descriptor of the system.
pub type Fd = i32;

/// A piece of memory to read to or to write from (`struct iovec`).
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Slice {
    /// Address.
    pub base: *mut u8,
    /// Bytes.
    pub len: usize,
}

/// A clock, by its number in WASI, which is also Linux's.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Clock {
    Realtime = 0,
    Monotonic = 1,
    ProcessCpu = 2,
    ThreadCpu = 3,
}

/// What kind of file something is.
#[derive(Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names say it")]
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
#[allow(missing_docs, reason = "the names say it")]
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

/// A time to give to a file.
#[derive(Clone, Copy)]
#[allow(dead_code, reason = "there may be no files")]
pub enum NewTime {
    /// Leaves the present one.
    Keep,
    /// The present time.
    Now,
    /// Nanoseconds since 1970.
    At(u64),
}

/// What `seek` counts from.
#[derive(Clone, Copy)]
#[allow(missing_docs, reason = "the names say it")]
pub enum Whence {
    Start = 0,
    Current = 1,
    End = 2,
}

/// An entry as the file system has it.
pub struct RawEntry<'a> {
    /// Cookie of the next one.
    pub next: u64,
    /// Number of the file.
    pub inode: u64,
    /// What it is, where the file system says so.
    pub kind: Option<FileType>,
    /// Its name.
    pub name: &'a CStr,
}

/// Why a handler of faults was called.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FaultKind {
    /// An access to memory.
    Access,
    /// An instruction: undefined, a breakpoint, or a division.
    Instruction,
}
