//! RV64GC in machine mode.

mod exceptions;
mod protection;
mod reset;
mod virt;

pub use exceptions::*;
pub use protection::protect;

use core::arch::asm;

/// Waits for nothing, for ever.
pub fn stop() -> ! {
    loop {
        // SAFETY: touches no memory.
        unsafe { asm!("wfi", options(nomem, nostack)) };
    }
}
