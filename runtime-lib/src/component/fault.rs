//! Traps of components, in the words that other runtimes have for them.

use crate::traps::found;

/// Traps.
#[cold]
#[inline(never)]
pub fn trap(message: &str) -> ! {
    found::end(&|to| {
        to.text(message);
    })
}

/// Traps, with a number between two parts of the message.
#[cold]
#[inline(never)]
pub fn trap_with_number(before: &str, number: u32, after: &str) -> ! {
    found::end(&|to| {
        to.text(before).decimal(number.into(), 0).text(after);
    })
}
