//! Runs scripts: see [`wasmc_abi::script`].

use crate::sys;
use crate::traps::{wasmc_catch, wasmc_traps_init};
use core::slice;
use wasmc_abi::script::{Command, Script};

unsafe extern "C" {
    /// What to do ([`wasmc_abi::script::SCRIPT`]).
    static wasmc_script: Script;
}

/// Exit status of a script whose outcomes nobody reads any more.
const NOBODY_LISTENS: i32 = 1;

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
    let trap = command.function.map_or(0, |function| wasmc_catch(function, command.values));
    write(&[trap as u8]);
    // SAFETY: the script says that so many bytes lie there; the call that could change them has ended.
    write(unsafe { slice::from_raw_parts(command.values, command.report as usize) });
}

fn write(mut bytes: &[u8]) {
    while !bytes.is_empty() {
        match sys::write_output(bytes) {
            Some(written) if written > 0 => bytes = bytes.get(written..).unwrap_or_default(),
            _ => sys::exit(NOBODY_LISTENS),
        }
    }
}
