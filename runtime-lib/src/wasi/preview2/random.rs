//! `wasi:random`
//!
//! What need not be secure is taken from the same source.

use crate::component::caller::LIST;
use crate::component::{Area, Caller, Filled, trap};
use crate::sys;
use wasmc_abi::component::Canonical;

/// Fills memory with random bytes.
///
/// # Safety
/// `len` bytes from `to` on must be writable.
unsafe fn fill(mut to: *mut u8, mut len: usize) {
    while len > 0 {
        // SAFETY: `len` bytes from `to` on are writable, as the caller promises.
        let Ok(got) = (unsafe { sys::random(to, len) }) else { trap("the system has no random bytes") };
        let got = got.min(len);
        // SAFETY: at most `len` bytes were written.
        to = unsafe { to.add(got) };
        len -= got;
    }
}

fn word() -> u64 {
    let mut bytes = [0; 8];
    // SAFETY: the array has so many bytes.
    unsafe { fill(bytes.as_mut_ptr(), bytes.len()) };
    u64::from_le_bytes(bytes)
}

fn bytes(canonical: &Canonical, len: u64, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Filled>::new(caller, to);
    let address = caller.allocate(len, 1);
    let at = caller.range(address, len, 1, &LIST);
    // SAFETY: `range` has checked the bytes.
    unsafe { fill(at, len as usize) };
    area.put(caller, Filled { address, len: len as u32 });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_random_random_get_random_bytes(canonical: &Canonical, len: u64, to: u32) {
    bytes(canonical, len, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_random_insecure_get_insecure_random_bytes(canonical: &Canonical, len: u64, to: u32) {
    bytes(canonical, len, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_random_random_get_random_u64(canonical: &Canonical) -> u64 {
    Caller::enter(canonical);
    word()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_random_insecure_get_insecure_random_u64(canonical: &Canonical) -> u64 {
    Caller::enter(canonical);
    word()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_random_insecure_seed_insecure_seed(canonical: &Canonical, to: u32) {
    let caller = Caller::enter(canonical);
    Area::new(caller, to).put(caller, (word(), word()));
}
