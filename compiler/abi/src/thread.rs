//! Threads (wasi-threads): each has its own instance of the module; instances share memories alone.
//!
//! What they do not share, globals, tables and the lengths of segments, is in a block that each thread has of its own.
//! How compiled code finds the block of its thread depends on the architecture: [`BlockPointer`].

/// Where the address of a thread's block is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BlockPointer {
    /// In the register that Cranelift calls pinned, which the C calling conventions preserve.
    PinnedRegister,
    /// In the last word of the thread's stack area, which ends at a multiple of its [`area`] size: the stack pointer
    /// alone leads there. For architectures where Cranelift has no pinned register.
    StackArea,
}

/// Bytes of the guard below each stack of a program without native functions.
pub const GUARD: u64 = 64 << 10;

/// Bytes around a stack whose size is the same in all programs: stack for signals, the runtime's record of the thread.
const AROUND_STACK: u64 = 512 << 10;

/// Bytes, a power of two, of the aligned area in which a stack of `stack_size` bytes lies together with its guard, the
/// stack for signals, and a block of `block_size` bytes; `None` where no address space has so many.
pub fn area(stack_size: u64, guard_size: u64, block_size: u64) -> Option<u64> {
    let sizes = [guard_size, block_size, AROUND_STACK];
    sizes.into_iter().try_fold(stack_size, u64::checked_add)?.checked_next_power_of_two()
}

/// Name of the export, of type `(i32, i32) -> ()`, that a thread runs: takes the thread's number and the argument.
pub const START: &str = "wasi_thread_start";

/// How a thread begins. See [`crate::symbols::THREAD`].
#[repr(C)]
#[derive(Debug)]
pub struct ThreadPlan {
    /// What the block of a new instance holds at first.
    pub initial: *const u8,
    /// Bytes of the block, a multiple of 16.
    pub size: u64,
    /// How many threads can run at once besides the main thread.
    pub max_threads: u32,
    /// Instantiates the module on the block and runs its [`START`]. Called on the new thread's stack.
    pub run: extern "C" fn(block: *mut u8, number: u32, argument: u32) -> !,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for ThreadPlan {}
