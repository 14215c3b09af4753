//! From the entry point to compiled code, and the way out.
//!
//! Compiled code runs on a stack of the size the program was compiled for, below which lies a guard: an access there
//! means that the call stack is exhausted. One mapping holds, from low to high addresses, the guard, the stack, and the
//! stack that signal handlers run on.

use crate::{process, report, sys};
use core::ops::Range;
use core::sync::atomic::{AtomicUsize, Ordering::Relaxed};

unsafe extern "C" {
    /// Bytes of stack for compiled code ([`wasmc_abi::symbols::STACK_SIZE`]).
    static wasmc_stack_size: u64;
    /// Instantiates the module and runs it ([`wasmc_abi::symbols::MAIN`]).
    fn wasmc_main() -> !;
}

/// Bytes of the guard. Compiled code touches every page that it skips; the runtime's own frames are smaller than this.
const GUARD_SIZE: usize = 64 << 10;
/// Bytes of the stack for signal handlers: the largest known frame of a signal (Intel AMX, 11 KiB) several times over.
const SIGNAL_STACK_SIZE: usize = 64 << 10;
const GRANULE: usize = 64 << 10;

static STACK_BASE: AtomicUsize = AtomicUsize::new(0);
static STACK_TOP: AtomicUsize = AtomicUsize::new(0);

/// Addresses of the guard.
pub fn stack_guard() -> Range<usize> {
    let base = STACK_BASE.load(Relaxed);
    base.wrapping_sub(GUARD_SIZE)..base
}

/// Addresses of the stack of compiled code.
pub fn stack() -> Range<usize> {
    STACK_BASE.load(Relaxed)..STACK_TOP.load(Relaxed)
}

/// Addresses of the stack for signal handlers.
pub fn signal_stack() -> Range<usize> {
    let top = STACK_TOP.load(Relaxed);
    top..top + SIGNAL_STACK_SIZE
}

/// Called by the entry point on the initial stack.
pub extern "C" fn start(initial_stack: *mut usize) -> ! {
    process::set_initial_stack(initial_stack);
    // SAFETY: the compiler defines the symbol in every program; nothing writes to it.
    let size = unsafe { wasmc_stack_size };
    let Some(top) = map_stack(size) else {
        report::fatal("wasmc: cannot map the stack (ulimit -v?); compile with a smaller --stack-size\n", 1)
    };
    // SAFETY: `top` ends a fresh mapping that only compiled code will use; `wasmc_main` never returns.
    unsafe { sys::run_on_stack(top, wasmc_main) }
}

fn map_stack(size: u64) -> Option<usize> {
    let size = usize::try_from(size).ok()?.checked_next_multiple_of(GRANULE)?;
    let total = size.checked_add(GUARD_SIZE + SIGNAL_STACK_SIZE)?;
    let guard = sys::map_stack(total).ok()?;
    // SAFETY: the guard is the start of the mapping just made, which nothing uses yet.
    unsafe { sys::protect_none(guard, GUARD_SIZE) }.ok()?;
    let base = guard + GUARD_SIZE;
    STACK_BASE.store(base, Relaxed);
    STACK_TOP.store(base + size, Relaxed);
    Some(base + size)
}

/// Ends the process ([`wasmc_abi::symbols::EXIT`]).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_exit(status: i32) -> ! {
    sys::exit(status)
}
