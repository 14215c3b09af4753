//! Signal handlers for faults.

use super::arch::{Context, INSTRUCTION_FAULTS};
use super::errno::check_unit;
use super::process::raise;
use super::syscalls::{syscall2, syscall4};
use crate::errno::{Errno, Result};
use crate::sys::types::FaultKind;
use core::ops::Range;
use linux_raw_sys::general::{
    __NR_rt_sigaction, __NR_rt_sigprocmask, __NR_sigaltstack, SA_NODEFER, SA_ONSTACK, SA_SIGINFO, SIG_BLOCK,
    SIG_SETMASK, SIG_UNBLOCK, SIGBUS, SIGPIPE, SIGSEGV, SIGXFSZ,
};

/// The first fields of `siginfo_t`, as they are for faults.
#[repr(C)]
pub struct SignalInfo {
    number: i32,
    error: i32,
    code: i32,
    padding: i32,
    address: usize,
}

impl SignalInfo {
    /// The kind of fault; `None` where a process sent the signal.
    pub fn fault(&self) -> Option<FaultKind> {
        if self.code <= 0 {
            return None;
        }
        match self.number as u32 {
            SIGSEGV | SIGBUS => Some(FaultKind::Access),
            _ => Some(FaultKind::Instruction),
        }
    }

    /// Whether a process sent the signal.
    pub fn is_sent(&self) -> bool {
        self.code <= 0
    }

    /// Number of the signal.
    pub fn number(&self) -> u32 {
        self.number as u32
    }

    /// The address accessed, or that of the instruction.
    pub fn address(&self) -> usize {
        self.address
    }
}

/// A fault handler.
pub type Handler = extern "C" fn(u32, &SignalInfo, &mut Context);

/// `struct sigaction` of the kernel.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    #[cfg(target_arch = "x86_64")]
    restorer: usize,
    mask: u64,
}

/// Sets which signals are blocked, whatever whoever started the program has blocked: those alone that would end the
/// process for a write that fails with an error, as a pipe or socket has no reader, or a file would be larger than the
/// process may make it.
pub fn set_signal_mask() {
    let _ = change_mask(SIG_SETMASK, &[SIGPIPE, SIGXFSZ]);
}

/// Unblocks SIGXFSZ: see [`set_signal_mask`].
pub fn heed_file_size_signal() {
    let _ = change_mask(SIG_UNBLOCK, &[SIGXFSZ]);
}

/// Changes which signals are blocked, for the calling thread and those that it starts.
pub(super) fn change_mask(how: u32, signals: &[u32]) -> Result<()> {
    change_mask_by(how, signals.iter().fold(0_u64, |mask, signal| mask | 1 << (signal - 1)))
}

fn change_mask_by(how: u32, mask: u64) -> Result<()> {
    // SAFETY: the kernel only reads the mask; the handlers of this crate can be called at any time.
    check_unit(unsafe { syscall4(__NR_rt_sigprocmask, how as usize, &raw const mask as usize, 0, 8) })
}

/// Installs `handler` for every fault; it runs on the stack given.
pub fn handle_faults(handler: Handler, stack: Range<usize>) -> Result<()> {
    set_signal_stack(stack)?;
    for signal in [SIGSEGV, SIGBUS].iter().chain(&INSTRUCTION_FAULTS) {
        set_action(*signal, handler as usize)?;
    }
    Ok(())
}

/// `stack_t`.
#[repr(C)]
struct Stack {
    base: usize,
    flags: i32,
    size: usize,
}

/// Whether the signal handlers of the calling thread have a stack of their own.
pub fn has_signal_stack() -> bool {
    const DISABLED: i32 = 2;
    let mut stack = Stack { base: 0, flags: DISABLED, size: 0 };
    // SAFETY: the kernel only writes the structure.
    let result = check_unit(unsafe { syscall2(__NR_sigaltstack, 0, &raw mut stack as usize) });
    result.is_ok() && stack.flags & DISABLED == 0
}

/// Gives the signal handlers of the calling thread a stack of their own.
pub fn set_signal_stack(stack: Range<usize>) -> Result<()> {
    let stack = Stack { base: stack.start, flags: 0, size: stack.len() };
    // SAFETY: the kernel only reads the structure; nothing but handlers uses the stack from now on.
    check_unit(unsafe { syscall2(__NR_sigaltstack, &raw const stack as usize, 0) })
}

/// Restores the default action of a signal.
pub fn set_default(signal: u32) {
    let _ = set_action(signal, 0);
}

/// Installs a signal handler: its address, 0 for the default action or 1 to ignore the signal.
pub(super) fn set_action(signal: u32, handler: usize) -> Result<()> {
    let flags = (SA_SIGINFO | SA_ONSTACK | SA_NODEFER) as usize;
    #[cfg(target_arch = "x86_64")]
    let action = Action {
        handler,
        flags: flags | linux_raw_sys::general::SA_RESTORER as usize,
        restorer: super::arch::restore as *const () as usize,
        mask: 0,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let action = Action { handler, flags, mask: 0 };
    // SAFETY: the kernel only reads the structure; the handlers of this crate can be called at any time.
    check_unit(unsafe { syscall4(__NR_rt_sigaction, signal as usize, &raw const action as usize, 0, 8) })
}

/// The signals that faults raise.
#[allow(clippy::indexing_slicing, reason = "it is evaluated while this is compiled")]
pub const FAULTS: [u32; INSTRUCTION_FAULTS.len() + 2] = {
    let mut signals = [SIGSEGV; INSTRUCTION_FAULTS.len() + 2];
    signals[1] = SIGBUS;
    let mut index = 0;
    while index < INSTRUCTION_FAULTS.len() {
        signals[index + 2] = INSTRUCTION_FAULTS[index];
        index += 1;
    }
    signals
};

/// What handled a signal before a handler of ours. QEMU's user mode writes a word more than the kernel, on
/// architectures without a restorer.
#[repr(C)]
pub struct OldAction(Action, u64);

impl OldAction {
    /// The system's default.
    #[cfg(target_arch = "x86_64")]
    pub const DEFAULT: Self = Self(Action { handler: 0, flags: 0, restorer: 0, mask: 0 }, 0);
    /// The system's default.
    #[cfg(not(target_arch = "x86_64"))]
    pub const DEFAULT: Self = Self(Action { handler: 0, flags: 0, mask: 0 }, 0);

    /// Does what was done about the signal before. A default takes the handler's place for good: the instruction faults
    /// once more, or the signal is sent once more, and the process ends as if there had been no handler.
    ///
    /// # Safety
    /// The arguments must be those of a handler of this signal that runs.
    pub unsafe fn call(&self, signal: u32, info: &SignalInfo, context: &mut Context) {
        const IGNORE: usize = 1;
        match self.0.handler {
            0 => {
                set_default(signal);
                if info.is_sent() {
                    let _ = raise(signal);
                }
            }
            // What instructions raise cannot be ignored: without a handler, it ends the process.
            IGNORE if info.is_sent() => {}
            IGNORE => set_default(signal),
            handler => {
                let _ = change_mask_by(SIG_BLOCK, self.0.mask);
                if self.0.flags & SA_SIGINFO as usize != 0 {
                    type Full = extern "C" fn(i32, *const SignalInfo, *mut Context);
                    // SAFETY: whoever installed the handler gave it this type by its flags.
                    let handler = unsafe { core::mem::transmute::<usize, Full>(handler) };
                    handler(signal as i32, info, context);
                } else {
                    type Simple = extern "C" fn(i32);
                    // SAFETY: as above.
                    let handler = unsafe { core::mem::transmute::<usize, Simple>(handler) };
                    handler(signal as i32);
                }
            }
        }
    }
}

/// Installs a fault handler in a process of somebody else's; returns what was there before it. It runs on the signal
/// stack of its thread, where that has one.
pub fn chain_handler(signal: u32, handler: Handler) -> Result<OldAction> {
    let flags = (SA_SIGINFO | SA_ONSTACK) as usize;
    let handler = handler as usize;
    #[cfg(target_arch = "x86_64")]
    let action = Action {
        handler,
        flags: flags | linux_raw_sys::general::SA_RESTORER as usize,
        restorer: super::arch::restore as *const () as usize,
        mask: 0,
    };
    #[cfg(not(target_arch = "x86_64"))]
    let action = Action { handler, flags, mask: 0 };
    let mut old = OldAction::DEFAULT;
    let (new, before) = (&raw const action as usize, &raw mut old as usize);
    // SAFETY: the kernel reads one structure and writes the other; handlers of this crate can be called at any time.
    check_unit(unsafe { syscall4(__NR_rt_sigaction, signal as usize, new, before, 8) })?;
    Ok(old)
}

/// Whether the 8 bytes at an address can be read: the kernel says so without reading them itself for anything else.
pub fn is_readable(address: usize) -> bool {
    // There is no such way to change the mask, so that nothing is changed; but the mask is read first.
    const NO_WAY: usize = usize::MAX >> 32;
    // SAFETY: the kernel only reads at the address, and fails where it cannot.
    let result = unsafe { syscall4(__NR_rt_sigprocmask, NO_WAY, address, 0, 8) };
    check_unit(result) == Err(Errno::INVAL)
}
