//! Interrupting a guest. Its code reads a word of a page at the head of each loop and function; while it is to be
//! interrupted, that page cannot be read. So looking costs one instruction, and no branch.

use super::{context_of, module};
use crate::sys;
use wasmc_abi::context::{Context, INTERRUPTION_PAGE};

const PAGE: usize = INTERRUPTION_PAGE as usize;

/// Bytes between stack and context for the page that code looks at.
pub fn page_size() -> usize {
    if module().is_interruptible == 0 { 0 } else { PAGE }
}

/// Whether code has looked at an address and found that it is interrupted.
pub fn is_asked_for(context: *const Context, address: usize) -> bool {
    page_size() > 0 && context.addr().wrapping_sub(address).wrapping_sub(1) < PAGE
}

/// See [`wasmc_abi::context::Api::interrupt`].
///
/// # Safety
/// The block must be that of an instance.
pub unsafe extern "C" fn interrupt(block: *mut u8, is_interrupted: u32) -> u32 {
    if page_size() == 0 {
        return 0;
    }
    let page = context_of(block).addr() - PAGE;
    // SAFETY: nothing but code that looks for it reads the page.
    let result = unsafe {
        match is_interrupted {
            0 => sys::protect_read_write(page, PAGE),
            _ => sys::protect_none(page, PAGE),
        }
    };
    result.is_ok().into()
}
