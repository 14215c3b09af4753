//! Confinement: which system calls and files a program gives up before it runs code of the module.
//!
//! The image's description of it ([`crate::symbols::FILTER`]) is one byte for the [`Mode`], the number of instructions
//! of a filter of system calls (`u16`, little-endian), and the instructions, 8 bytes each: classic BPF, as `seccomp(2)`
//! takes it.

/// Whether a program is confined, and whether it insists on that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Mode {
    /// Not confined.
    Off = 0,
    /// Confined as far as the kernel can.
    Default = 1,
    /// Confined: the program does not start where the kernel cannot.
    Strict = 2,
}

/// Bytes before the filter's instructions.
pub const HEAD_SIZE: usize = 3;
/// Bytes of an instruction.
pub const INSTRUCTION_SIZE: usize = 8;

/// Instructions of a filter, at most.
pub const FILTER_MAX: usize = 512;
/// Placeholder in a filter for the number of the process, which start-up puts in.
pub const OWN_PROCESS: u32 = u32::MAX;

/// Exit status of a program that made a system call that its filter does not allow: the status that a shell gives a
/// program ended by SIGSYS.
pub const VIOLATION_EXIT_STATUS: i32 = 128 + 31;
