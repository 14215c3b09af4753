//! From the reset code of [`super::machine`] to the program.

use super::{board, machine, maps};

unsafe extern "C" {
    /// What the program is started with ([`wasmc_abi::bare::START`]).
    static wasmc_bare_start: usize;
}

/// Called by the reset code, with memory zeroed where it must be and a stack at the end of memory.
pub extern "C" fn boot() -> ! {
    machine::protect(&maps::layout());
    board::wasmc_board_init();
    // Nothing writes there.
    crate::start::start((&raw const wasmc_bare_start).cast_mut())
}
