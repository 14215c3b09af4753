//! From the reset code to the start of the program.

use super::{board, machine, maps};
use crate::sys::start_data::wasmc_start;

unsafe extern "C" {
    /// The start data ([`wasmc_abi::bare::START`]).
    static wasmc_bare_start: usize;
}

/// Called by the reset code, by this name, with `.bss` zeroed and a stack at the end of memory.
#[unsafe(no_mangle)]
extern "C" fn wasmc_boot() -> ! {
    let layout = maps::layout();
    machine::protect(&layout);
    maps::begin(&layout);
    board::wasmc_board_init();
    // SAFETY: this is the initial stack; the compiler defines the start data, to which nothing writes.
    unsafe { wasmc_start((&raw const wasmc_bare_start).cast_mut()) }
}
