//! Functions for native objects linked with a program (`include/wasmc.h`).

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmc_abi::memory::Memory;

unsafe extern "C" {
    /// The memory that imported functions work on ([`wasmc_abi::symbols::MEMORY`]).
    static mut wasmc_memory: Memory;
}

/// Address of byte 0 of the program's memory.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_memory_base() -> *mut u8 {
    // SAFETY: the compiler defines the symbol in every program with a memory. Only growth changes the field, and it is
    // not called meanwhile: compiled code waits for the caller; a memory that threads share never moves.
    unsafe { wasmc_memory.base }
}

/// Size in bytes of the program's memory.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_memory_size() -> u64 {
    // SAFETY: the compiler defines the symbol in every program with a memory. Other threads change the field
    // atomically.
    unsafe { AtomicU64::from_ptr(&raw mut wasmc_memory.len).load(Relaxed) }
}
