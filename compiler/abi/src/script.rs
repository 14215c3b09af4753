//! Scripts: programs that call one function after the other and report how each call ended. The specification's own
//! test suite runs as such programs.
//!
//! For every command the program writes to standard output one byte, 0 or the number of the
//! [`TrapCode`](crate::trap::TrapCode) that ended the call, and then the bytes that the command wants reported.

use crate::exception::UnwindTables;
use crate::memory::Memory;
use crate::trap::TrapTables;

/// [`Script`]: what the program does. Defined by whoever writes the script.
pub const SCRIPT: &str = "wasmc_script";

/// `fn() -> !`: runs the script. Defined by the runtime; a script's [`MAIN`](crate::symbols::MAIN) goes there.
pub const RUN: &str = "wasmc_script_run";

/// `fn(thread: *mut ThreadScript)`: starts a thread. Defined by the runtime, as a function that a command can call.
pub const SPAWN: &str = "wasmc_script_spawn";

/// `fn(thread: *mut ThreadScript)`: waits for the thread's end. As [`SPAWN`].
pub const JOIN: &str = "wasmc_script_join";

/// `fn(state: *mut MemoryDigest)`: computes the digest of a memory. As [`SPAWN`].
pub const DIGEST: &str = "wasmc_script_digest";

/// `fn(store: *mut Store)`: changes instance state. As [`SPAWN`].
pub const STORE: &str = "wasmc_script_store";

/// Bytes of a value in a command's array, and in the array that a trampoline takes.
pub const SLOT: usize = 16;

/// A script.
#[repr(C)]
#[derive(Debug)]
pub struct Script {
    /// What to do, in order.
    pub commands: *const Command,
    /// Number of commands.
    pub commands_len: u64,
    /// The trap tables of all modules.
    pub tables: *const *const TrapTables,
    /// Number of tables.
    pub tables_len: u64,
    /// The tables of the same modules by which handlers of exceptions are found, as many.
    pub unwind: *const *const UnwindTables,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for Script {}

/// One step of a script.
#[repr(C)]
#[derive(Debug)]
pub struct Command {
    /// What is called; `None` where only state is to be reported.
    pub function: Option<extern "C" fn(values: *mut u8)>,
    /// What it is called with: arguments, which it replaces by results.
    pub values: *mut u8,
    /// Bytes to report, from [`Command::values`] on.
    pub report: u64,
}

/// What a thread of a script does. Nothing is reported: how its commands ended is kept for commands that report it.
#[repr(C)]
#[derive(Debug)]
pub struct ThreadScript {
    /// What to do, in order.
    pub commands: *const Command,
    /// Number of commands.
    pub commands_len: u64,
    /// For each command, where the number of the trap that ended it is put.
    pub traps: *mut u8,
    /// The runtime's own.
    pub handle: *mut u8,
}

/// What [`DIGEST`] takes and fills in.
#[repr(C)]
#[derive(Debug)]
pub struct MemoryDigest {
    /// The memory.
    pub memory: *const Memory,
    /// Its size in bytes.
    pub len: u64,
    /// [`digest`] of its bytes.
    pub digest: u64,
}

/// What [`STORE`] takes.
#[repr(C)]
#[derive(Debug)]
pub struct Store {
    /// Where the value goes, as 4 bytes.
    pub to: *mut u32,
    /// The value.
    pub value: u64,
}

/// A number that depends on every byte: equal contents have equal ones, others almost never.
pub fn digest(bytes: &[u8]) -> u64 {
    let (words, rest) = bytes.as_chunks();
    let mut last = [0; 8];
    last[..rest.len()].copy_from_slice(rest);
    let words = words.iter().chain([&last]).map(|&word| u64::from_le_bytes(word));
    words.fold(0, |digest: u64, word| (digest.rotate_left(23) ^ word).wrapping_mul(0x9e37_79b9_7f4a_7c15))
}
