//! What native objects linked with a program may call (`include/wasmc.h`).

use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmc_abi::memory::Memory;

unsafe extern "C" {
    /// The memory that imported functions work on ([`wasmc_abi::symbols::MEMORY`]).
    static mut wasmc_memory: Memory;
}

/// Address of byte 0 of the program's memory.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_memory_base() -> *mut u8 {
    // SAFETY: the field is read at once; compiled code, which alone could have it changed, waits for the caller.
    unsafe { wasmc_memory.base }
}

/// Present size in bytes of the program's memory.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_memory_size() -> u64 {
    // SAFETY: as for the base; threads may have a memory grow that they share.
    unsafe { AtomicU64::from_ptr(&raw mut wasmc_memory.len).load(Relaxed) }
}
