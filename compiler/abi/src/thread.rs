//! Threads (wasi-threads): each is an instance of the module of its own, of which only memories are shared.
//!
//! What an instance does not share, its globals, tables and the lengths of its segments, lies in a block of its own. Compiled
//! code of a program with threads keeps the block's address in the register that Cranelift calls pinned, which the C calling
//! conventions preserve.

/// Module of the import that starts threads.
pub const SPAWN_MODULE: &str = "wasi";
/// Name of that import, of type `(i32) -> i32`: takes the argument of [`START`]; returns the thread's number, or a negative
/// number where it cannot be started.
pub const SPAWN: &str = "thread-spawn";
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
    /// Instantiates the module on the block and runs its [`START`]. Called on the new thread's stack.
    pub run: extern "C" fn(block: *mut u8, number: u32, argument: u32) -> !,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for ThreadPlan {}
