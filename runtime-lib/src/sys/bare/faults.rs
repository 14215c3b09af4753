//! Handlers for exceptions, in the words of [`crate::traps`].

use super::machine::{self, Context};
use super::process;
use crate::errno::Result;
use crate::sys::FaultKind;
use core::ops::Range;
use core::ptr::null_mut;
use core::sync::atomic::{AtomicBool, AtomicPtr, Ordering::Relaxed};
use wasmc_abi::trap::TRAP_EXIT_STATUS;

/// What the processor says of an exception.
pub struct SignalInfo {
    pub(super) kind: FaultKind,
    pub(super) number: u32,
    pub(super) address: usize,
}

impl SignalInfo {
    /// What happened.
    pub fn fault(&self) -> Option<FaultKind> {
        Some(self.kind)
    }

    /// The processor's number of the cause.
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The address accessed.
    pub fn address(&self) -> usize {
        self.address
    }
}

/// A handler of faults.
pub type Handler = extern "C" fn(u32, &SignalInfo, &mut Context);

static HANDLER: AtomicPtr<()> = AtomicPtr::new(null_mut());
/// Set once a fault has been reported, whose instruction is about to fault once more.
static REPORTED: AtomicBool = AtomicBool::new(false);
/// Set once the program is being ended: the next exception comes from the attempt.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Has `handler` called for every exception, on the stack given.
pub fn handle_faults(handler: Handler, stack: Range<usize>) -> Result<()> {
    HANDLER.store(handler as *mut (), Relaxed);
    // SAFETY: the caller gives up the stack's memory for good.
    unsafe { machine::set_exception_stack(stack.end) };
    Ok(())
}

/// There is one thread, whose handlers have their stack.
pub fn set_signal_stack(_stack: Range<usize>) -> Result<()> {
    Ok(())
}

/// Has the next exception end the program.
pub fn set_default(_signal: u32) {
    REPORTED.store(true, Relaxed);
}

/// There are no pipes.
pub fn ignore_broken_pipes() {}

/// To be called before the program is ended by a means that may raise an exception.
pub(super) fn expect_end() {
    ENDING.store(true, Relaxed);
}

/// Called by the code that the processor enters on an exception; where this returns, the program goes on as `context` says.
pub(super) fn on_exception(info: &SignalInfo, context: &mut Context) {
    if ENDING.load(Relaxed) {
        return context.skip_failed_end();
    }
    if REPORTED.load(Relaxed) {
        process::exit(TRAP_EXIT_STATUS);
    }
    let handler = HANDLER.load(Relaxed);
    if handler.is_null() {
        crate::report::fatal("wasmc: internal fault\n", TRAP_EXIT_STATUS);
    }
    // SAFETY: only `handle_faults` stores anything but null there.
    let handler = unsafe { core::mem::transmute::<*mut (), Handler>(handler) };
    handler(info.number, info, context);
}
