//! The end of the program where nothing can end it.

use core::arch::asm;

/// Halts the processor for good.
pub fn halt() -> ! {
    loop {
        // SAFETY: touches no memory.
        unsafe { asm!("wfi", options(nomem, nostack)) };
    }
}
