//! Signal handlers for faults.

use super::context::Context;
use super::errno::check_unit;
use super::process::raise;
use crate::errno::Result;
use crate::sys::types::FaultKind;
use core::ffi::c_void;
use core::ops::Range;
use core::ptr::{null_mut, with_exposed_provenance_mut};
use libc::{SA_NODEFER, SA_ONSTACK, SA_SIGINFO, SIG_DFL, SIGBUS, SIGFPE, SIGILL, SIGPIPE, SIGSEGV, SIGTRAP};

/// The description of a signal.
#[repr(transparent)]
pub struct SignalInfo(libc::siginfo_t);

impl SignalInfo {
    /// The kind of fault. The kernel describes a signal that a process sent like a fault: what is no trap ends the
    /// process by the signal in either case.
    pub fn fault(&self) -> Option<FaultKind> {
        match self.0.si_signo {
            // A forbidden access is SIGBUS where something is mapped, SIGSEGV where nothing is.
            SIGSEGV | SIGBUS => Some(FaultKind::Access),
            _ => Some(FaultKind::Instruction),
        }
    }

    /// Number of the signal.
    pub fn number(&self) -> u32 {
        self.0.si_signo as u32
    }

    /// The address accessed, or that of the instruction.
    pub fn address(&self) -> usize {
        self.0.si_addr.addr()
    }
}

/// A fault handler.
pub type Handler = extern "C" fn(u32, &SignalInfo, &mut Context);

/// Installs `handler` for every fault; it runs on the stack given.
pub fn handle_faults(handler: Handler, stack: Range<usize>) -> Result<()> {
    set_signal_stack(stack)?;
    // A division by zero is SIGFPE on x86-64, a breakpoint SIGTRAP: neither is a trap elsewhere, and both are bugs
    // there.
    for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP] {
        set_action(signal, handler as usize)?;
    }
    Ok(())
}

/// Gives the signal handlers of the calling thread a stack of their own.
pub fn set_signal_stack(stack: Range<usize>) -> Result<()> {
    let stack =
        libc::stack_t { ss_sp: with_exposed_provenance_mut::<c_void>(stack.start), ss_size: stack.len(), ss_flags: 0 };
    // SAFETY: the system only reads the structure; nothing but handlers uses the stack from now on.
    check_unit(unsafe { libc::sigaltstack(&raw const stack, null_mut()) })
}

/// Restores the default action of a signal, and raises it: a signal that a process sent would not come again.
pub fn set_default(signal: u32) {
    let _ = set_action(signal as i32, SIG_DFL);
    let _ = raise(signal);
}

fn set_action(signal: i32, handler: usize) -> Result<()> {
    let action = libc::sigaction { sa_sigaction: handler, sa_mask: 0, sa_flags: SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
    // SAFETY: the system only reads the structure; the handlers of this crate can be called at any time.
    check_unit(unsafe { libc::sigaction(signal, &raw const action, null_mut()) })
}

/// Sets which signals are blocked, whatever whoever started the program has blocked: those alone that would end the
/// process for a write that fails with an error, as a pipe or socket has no reader, or a file would be larger than the
/// process may make it.
pub fn set_signal_mask() {
    change_mask(libc::SIG_SETMASK, 1 << (SIGPIPE - 1) | 1 << (libc::SIGXFSZ - 1));
}

/// Unblocks SIGXFSZ: see [`set_signal_mask`].
pub fn heed_file_size_signal() {
    change_mask(libc::SIG_UNBLOCK, 1 << (libc::SIGXFSZ - 1));
}

/// Changes which signals are blocked.
fn change_mask(how: i32, mask: libc::sigset_t) {
    // SAFETY: the system only reads the mask; the handlers of this crate can be called at any time.
    unsafe { libc::sigprocmask(how, &raw const mask, null_mut()) };
}
