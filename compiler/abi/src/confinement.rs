//! Confinement: what a program gives up of the system before it runs code of the module.
//!
//! What the image says of it ([`crate::symbols::FILTER`]) is one byte for the [`Mode`], the number of instructions of a filter
//! of system calls (`u16`, little-endian), and the instructions, 8 bytes each: classic BPF, as `seccomp(2)` takes it.

/// How much a program insists on being confined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// It is not.
    Off = 0,
    /// By whatever the kernel has of it.
    Default = 1,
    /// It does not start where the kernel lacks it.
    Strict = 2,
}

/// Bytes before the filter's instructions.
pub const HEAD_SIZE: usize = 3;
/// Bytes of an instruction.
pub const INSTRUCTION_SIZE: usize = 8;

/// Instructions of a filter, at most.
pub const FILTER_MAX: usize = 512;
/// What stands in a filter for the number of the process, which start-up puts there.
pub const OWN_PROCESS: u32 = u32::MAX;

/// Exit status of a program that made a system call that its filter does not have: that of a program that the shell saw
/// ended by SIGSYS.
pub const VIOLATION_EXIT_STATUS: i32 = 128 + 31;
