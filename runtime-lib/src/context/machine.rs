//! What whoever has the machine for itself does for a library, where there is no system: it gives memory, and tells of
//! exceptions.

use super::exceptions;
use super::faults::trapped;
use crate::sys::{self, Context as Interrupted, FaultKind};
use core::sync::atomic::{AtomicBool, Ordering::Relaxed};

static IS_READY: AtomicBool = AtomicBool::new(false);

/// Has exceptions of the guest's find their handlers, once; whoever has the machine handles its faults.
pub fn are_handled() -> bool {
    if !IS_READY.swap(true, Relaxed) {
        exceptions::prepare();
    }
    true
}

/// See [`wasmc_abi::context::Api::fault`].
///
/// # Safety
/// The registers must be those that were interrupted, as many as the architecture has.
pub unsafe extern "C" fn fault(registers: *mut usize, is_access: u32, address: usize) -> u32 {
    let kind = if is_access == 0 { FaultKind::Instruction } else { FaultKind::Access };
    // SAFETY: the caller passes all registers, which is what the structure holds.
    trapped(kind, address, unsafe { &mut *registers.cast::<Interrupted>() }).into()
}

/// See [`wasmc_abi::context::Api::provide`].
///
/// # Safety
/// The memory must be the library's from now on.
pub unsafe extern "C" fn provide(start: *mut u8, len: usize) -> u32 {
    let start = start.expose_provenance();
    // SAFETY: the caller gives the memory away.
    unsafe { sys::provide(start..start.saturating_add(len)) };
    0
}
