//! Runs scripts: see [`wasmc_abi::script`].

use crate::thread::Thread;
use crate::thread::spawn::{join, spawn};
use crate::traps::{wasmc_catch, wasmc_traps_init};
use crate::{report, sys};
use core::slice;
use wasmc_abi::script::{Command, MemoryDigest, Script, Store, ThreadScript, digest};

unsafe extern "C" {
    /// What to do ([`wasmc_abi::script::SCRIPT`]).
    static wasmc_script: Script;
}

/// Exit status of a script whose outcomes nobody reads any more.
const NOBODY_LISTENS: i32 = 1;
/// Exit status of a script that cannot start its threads.
const NO_THREAD: i32 = 1;

/// Runs the script ([`wasmc_abi::script::RUN`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_run() -> ! {
    // SAFETY: whoever links this function in defines the symbol; nothing writes to it.
    let script = unsafe { &wasmc_script };
    // SAFETY: the script lists the tables of all modules linked into the program.
    unsafe { wasmc_traps_init(script.tables, script.tables_len) };
    // SAFETY: as stated in `Script`.
    for command in unsafe { slice::from_raw_parts(script.commands, script.commands_len as usize) } {
        run(command);
    }
    sys::exit(0)
}

fn run(command: &Command) {
    write(&[call(command)]);
    // SAFETY: the script says that so many bytes lie there; the call that could change them has ended.
    write(unsafe { slice::from_raw_parts(command.values, command.report as usize) });
}

/// Makes the call of a command; returns 0 or the number of the trap that ended it.
fn call(command: &Command) -> u8 {
    command.function.map_or(0, |function| wasmc_catch(function, command.values)) as u8
}

/// Starts a thread ([`wasmc_abi::script::SPAWN`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_spawn(thread: *mut u8) {
    let script: *mut ThreadScript = thread.cast();
    // SAFETY: the new thread's block has room for the pointer.
    let prepare = |block: *mut u8| unsafe { block.cast::<*mut ThreadScript>().write(script) };
    match spawn(size_of::<*mut ThreadScript>(), prepare, run_thread, 0) {
        // SAFETY: the command points to a script of a thread.
        Ok(thread) => unsafe { (*script).handle = (&raw const *thread).cast_mut().cast() },
        Err(_) => report::fatal("wasmc: cannot start a thread\n", NO_THREAD),
    }
}

extern "C" fn run_thread(block: *mut u8, _: u32, _: u32) -> ! {
    // SAFETY: `wasmc_script_spawn` has put the pointer there; the thread that started this one does not use it meanwhile.
    let script = unsafe { &**block.cast::<*const ThreadScript>() };
    // SAFETY: as stated in `ThreadScript`.
    let commands = unsafe { slice::from_raw_parts(script.commands, script.commands_len as usize) };
    for (index, command) in commands.iter().enumerate() {
        // SAFETY: there is room for the trap of every command.
        unsafe { script.traps.add(index).write(call(command)) };
    }
    sys::exit_thread()
}

/// Waits for a thread ([`wasmc_abi::script::JOIN`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_join(thread: *mut u8) {
    // SAFETY: the command points to a script of a thread, which has been started; threads are never freed.
    join(unsafe { &*(*thread.cast::<ThreadScript>()).handle.cast::<Thread>() });
}

/// Looks at all of a memory ([`wasmc_abi::script::DIGEST`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_digest(state: *mut u8) {
    // SAFETY: the command points to such a structure, which nothing else uses.
    let state = unsafe { &mut *state.cast::<MemoryDigest>() };
    // SAFETY: the script names a memory of an instance that has been instantiated.
    let memory = unsafe { &*state.memory };
    state.len = memory.len;
    // SAFETY: so many bytes of a memory lie there, and nobody changes them meanwhile.
    let bytes = if memory.len == 0 { &[] } else { unsafe { slice::from_raw_parts(memory.base, memory.len as usize) } };
    state.digest = digest(bytes);
}

/// Changes instance state ([`wasmc_abi::script::STORE`]).
#[unsafe(no_mangle)]
extern "C" fn wasmc_script_store(store: *mut u8) {
    // SAFETY: the command points to such a structure.
    let store = unsafe { &*store.cast::<Store>() };
    // SAFETY: whoever writes the script gives a place in instance state that may hold any value.
    unsafe { store.to.write(store.value as u32) };
}

fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match sys::write_output(bytes) {
            Some(written) if written > 0 => bytes = bytes.get(written..).unwrap_or_default(),
            _ => sys::exit(NOBODY_LISTENS),
        }
    }
}
