//! From the reset code to the start of the program.

use super::{board, machine, maps};
use crate::sys::start_data::wasmc_start;

unsafe extern "C" {
    /// The start data ([`wasmc_abi::bare::START`]).
    static wasmc_bare_start: usize;
}

/// Called by the reset code, with `.bss` zeroed and a stack at the end of memory.
pub extern "C" fn boot() -> ! {
    machine::protect(&maps::layout());
    board::wasmc_board_init();
    // SAFETY: this is the initial stack; the compiler defines the start data, to which nothing writes.
    unsafe { wasmc_start((&raw const wasmc_bare_start).cast_mut()) }
}
