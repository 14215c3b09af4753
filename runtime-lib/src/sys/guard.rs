//! The guard below each stack.

unsafe extern "C" {
    /// Bytes of it ([`wasmc_abi::symbols::GUARD_SIZE`]).
    static wasmc_guard_size: u64;
}

/// Bytes of it, at least [`wasmc_abi::thread::GUARD`].
pub fn guard_size() -> usize {
    // SAFETY: the compiler defines the symbol in every program; nothing writes to it.
    unsafe { wasmc_guard_size as usize }
}
