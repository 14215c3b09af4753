//! Scripts: programs that call one function after the other and report how each call ended. The specification's own test
//! suite runs as such programs.
//!
//! For every command the program writes to standard output one byte, 0 or the number of the
//! [`TrapCode`](crate::trap::TrapCode) that ended the call, and then the bytes that the command wants reported.

use crate::trap::TrapTables;

/// [`Script`]: what the program does. Defined by whoever writes the script.
pub const SCRIPT: &str = "wasmc_script";

/// `fn() -> !`: runs the script. Defined by the runtime; a script's [`MAIN`](crate::symbols::MAIN) goes there.
pub const RUN: &str = "wasmc_script_run";

/// `fn(thread: *mut ThreadScript)`: starts a thread. Defined by the runtime, as a function that a command can call.
pub const SPAWN: &str = "wasmc_script_spawn";

/// `fn(thread: *mut ThreadScript)`: waits for the thread's end. As [`SPAWN`].
pub const JOIN: &str = "wasmc_script_join";

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
