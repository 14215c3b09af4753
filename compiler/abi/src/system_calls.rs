//! System calls of the runtime: which calls its parts make once the program's own code runs.
//!
//! A program keeps the calls of the parts that it uses and gives up all others (see [`crate::confinement`]). Names are
//! those of Linux, the same for all architectures. What start-up alone calls is in no list, because the filter is
//! installed after it. `tests/integration/confine.rs` compares the lists with what programs do under strace.

use crate::memory::MemoryStrategy;

/// System calls, by name.
pub type Names = &'static [&'static str];

/// The system calls of a builtin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SystemCalls {
    /// These, in every program.
    Fixed(Names),
    /// Those of [`of_memory_growth`], for every memory of the program.
    OfMemoryGrowth,
}

/// Every program ends, and may have to say why.
pub const EVERY_PROGRAM: Names = &["exit_group", "write"];

/// Handlers return. A signal that someone sent goes back to the system, which ends the process by it.
pub(crate) const SIGNALS: Names = &["getpid", "gettid", "rt_sigaction", "rt_sigreturn", "tgkill"];

/// Waiting, for some time too. The kernel resumes a wait that a signal has interrupted by a call of its own, and where
/// it has no clock to be read without a call, reading one is a call.
pub(crate) const FUTEX: Names = &["clock_gettime", "futex", "restart_syscall"];

/// Starting and ending threads, their locks, and closing after a call what another thread has closed meanwhile.
pub(crate) const THREADS: Names =
    &["clone", "close", "exit", "futex", "mmap", "mprotect", "munmap", "restart_syscall", "sigaltstack"];

/// Growing a table.
pub(crate) const TABLE_GROWTH: Names = &["mmap", "mremap"];

/// Room for exceptions that references refer to: reserved at once, and then taken piece by piece.
pub(crate) const EXCEPTIONS: Names = &["futex", "mmap", "mprotect"];

/// Resolving a path beneath a directory, by the kernel or step by step.
pub(crate) const PATH: Names = &["close", "fcntl", "fstat", "openat", "openat2", "readlinkat"];

/// Standard streams block or not, as the guest wants it.
pub(crate) const STREAM: Names = &["ppoll"];

/// Memory of the runtime itself: to grow the table of descriptors, to look for the same name among many variables.
pub(crate) const WORKING_MEMORY: Names = &["mmap", "munmap"];

/// The system calls by which a memory grows that has so many bytes of address space reserved.
pub fn of_memory_growth(strategy: MemoryStrategy, reserved: u64) -> Names {
    match strategy {
        _ if reserved > 0 => &["mprotect"],
        MemoryStrategy::FixedExplicit => &["mmap", "mprotect", "munmap"],
        _ => &["mmap", "mremap"],
    }
}
