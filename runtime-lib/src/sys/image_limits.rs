//! The limits that the image holds.

use wasmc_abi::limits::Limits;

unsafe extern "C" {
    /// [`wasmc_abi::symbols::LIMITS`].
    static wasmc_limits: Limits;
}

/// All of them.
pub fn image_limits() -> &'static Limits {
    // SAFETY: the compiler defines the symbol in every program; nothing writes to it.
    unsafe { &wasmc_limits }
}

/// Bytes of the guard below each stack, at least [`wasmc_abi::thread::GUARD`].
pub fn guard_size() -> usize {
    image_limits().guard_size as usize
}
