//! Runs scripts: see [`wasmc_abi::script`].

use crate::exceptions::wasmc_unwind_init;
use crate::thread::spawn::{join, spawn};
use crate::thread::{self, Thread};
use crate::traps::{call_with_recovery, wasmc_traps_init};
use crate::{report, sys};
use core::slice;
use wasmc_abi::script::{Command, MemoryDigest, Script, Store, ThreadScript, digest};

unsafe extern "C" {
    /// The script ([`wasmc_abi::script::SCRIPT`]).
    static wasmc_script: Script;
}

/// Exit status of a script whose outcomes cannot be written.
const CANNOT_WRITE: i32 = 1;
/// Exit status of a script that cannot start its threads.
const NO_THREAD: i32 = 1;

/// Runs the script ([`wasmc_abi::script::RUN`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_run() -> ! {
    // SAFETY: the compiler defines the symbol in every program that is linked with this; nothing writes to it.
    let script = unsafe { &wasmc_script };
    // SAFETY: the script lists the tables of all modules linked into the program, which never change.
    unsafe { wasmc_traps_init(script.tables, script.tables_len) };
    // SAFETY: as above.
    unsafe { wasmc_unwind_init(script.unwind, script.tables_len) };
    // SAFETY: `commands` points to `commands_len` commands, as `Script` says.
    for command in unsafe { slice::from_raw_parts(script.commands, script.commands_len as usize) } {
        run(command);
    }
    sys::exit(0)
}

fn run(command: &Command) {
    write(&[call(command)]);
    // SAFETY: `values` points to at least `report` bytes, as `Command` says; the call that could change them has ended.
    write(unsafe { slice::from_raw_parts(command.values, command.report as usize) });
}

/// Makes the call of a command; returns 0 or the number of the trap that ended it.
fn call(command: &Command) -> u8 {
    command.function.map_or(0, |function| call_with_recovery(function, command.values)) as u8
}

/// Starts a thread ([`wasmc_abi::script::SPAWN`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_spawn(thread: *mut u8) {
    let script: *mut ThreadScript = thread.cast();
    // SAFETY: the block has the size of a pointer, as asked for below, and is aligned for any value.
    let prepare = |block: *mut u8| unsafe { block.cast::<*mut ThreadScript>().write(script) };
    match spawn((size_of::<*mut ThreadScript>(), u32::MAX), prepare, run_thread, 0) {
        // SAFETY: `thread` is the argument of the command, a `ThreadScript`, which the new thread only reads.
        Ok(thread) => unsafe { (*script).handle = (&raw const *thread).cast_mut().cast() },
        Err(_) => sys::fatal("wasmc: cannot start a thread\n", NO_THREAD),
    }
}

extern "C" fn run_thread(block: *mut u8, _: u32, _: u32) -> ! {
    // SAFETY: `wasmc_script_spawn` wrote the pointer to the block; the script exists for as long as the program.
    let script = unsafe { &**block.cast::<*const ThreadScript>() };
    // SAFETY: `commands` points to `commands_len` commands, as `ThreadScript` says.
    let commands = unsafe { slice::from_raw_parts(script.commands, script.commands_len as usize) };
    for (index, command) in commands.iter().enumerate() {
        // SAFETY: `traps` has an element for every command, as `ThreadScript` says.
        unsafe { script.traps.add(index).write(call(command)) };
    }
    thread::exit()
}

/// Waits for a thread ([`wasmc_abi::script::JOIN`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_join(thread: *mut u8) {
    // SAFETY: the argument of the command is a `ThreadScript` that has been started; threads are never freed.
    join(unsafe { &*(*thread.cast::<ThreadScript>()).handle.cast::<Thread>() });
}

/// Computes the digest of a memory ([`wasmc_abi::script::DIGEST`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_digest(state: *mut u8) {
    // SAFETY: the argument of the command is a `MemoryDigest`, which nothing else uses.
    let state = unsafe { &mut *state.cast::<MemoryDigest>() };
    // SAFETY: the script names a memory of an instance that has been instantiated.
    let memory = unsafe { &*state.memory };
    state.len = memory.len;
    let bytes = match memory.len {
        0 => &[],
        // SAFETY: a memory has `len` bytes at `base`, and no compiled code runs that could change them.
        len => unsafe { slice::from_raw_parts(memory.base, len as usize) },
    };
    state.digest = digest(bytes);
}

/// Changes instance state ([`wasmc_abi::script::STORE`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_store(store: *mut u8) {
    // SAFETY: the argument of the command is a `Store`.
    let store = unsafe { &*store.cast::<Store>() };
    // SAFETY: the script names instance state of 4 bytes, which may hold any value.
    unsafe { store.to.write(store.value as u32) };
}

fn write(bytes: &[u8]) {
    if !report::to_output(bytes) {
        sys::exit(CANNOT_WRITE)
    }
}
