//! Handlers for exceptions, under the names that systems have for signals.

use super::machine::context::{Context, set_exception_stack};
use super::process::{exit, fatal, is_ending};
use super::signal_info::SignalInfo;
use crate::errno::Result;
use core::ops::Range;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// A fault handler.
pub type Handler = extern "C" fn(u32, &SignalInfo, &mut Context);

static HANDLER: AtomicPtr<()> = AtomicPtr::new(null_mut());
/// Set once a fault has been reported, whose instruction is about to fault again.
static REPORTED: AtomicBool = AtomicBool::new(false);

/// Installs `handler` for every exception; it runs on the stack given.
pub fn handle_faults(handler: Handler, stack: Range<usize>) -> Result<()> {
    HANDLER.store(handler as *mut (), Relaxed);
    // SAFETY: nothing but handlers uses the stack from now on.
    unsafe { set_exception_stack(stack.end) };
    Ok(())
}

/// There is one thread, whose handlers already have their stack.
pub fn set_signal_stack(_stack: Range<usize>) -> Result<()> {
    Ok(())
}

/// Nothing is known to be readable but what is known to be there.
pub fn is_readable(_address: usize) -> bool {
    false
}

/// Makes the next exception end the program.
pub fn set_default(_signal: u32) {
    REPORTED.store(true, Relaxed);
}

/// There are no signals.
pub fn set_signal_mask() {}

/// There are no signals.
pub fn heed_file_size_signal() {}

/// Called by the machine on an exception, by this name, as the machine is below this file; when it returns, the program
/// continues as `context` says.
#[unsafe(no_mangle)]
extern "C" fn wasmc_on_exception(info: &SignalInfo, context: &mut Context) {
    if is_ending() {
        return context.skip_failed_end();
    }
    if REPORTED.load(Relaxed) {
        exit(TRAP_EXIT_STATUS);
    }
    let handler = HANDLER.load(Relaxed);
    if handler.is_null() {
        fatal("wasmc: internal fault\n", TRAP_EXIT_STATUS);
    }
    // SAFETY: only `handle_faults` stores a value other than null there, the address of such a function.
    let handler = unsafe { core::mem::transmute::<*mut (), Handler>(handler) };
    handler(info.number, info, context);
}
