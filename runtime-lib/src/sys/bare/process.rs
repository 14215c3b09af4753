//! The program: what it is started with, its end, random bytes; there are no others to signal or to yield to.

use super::board;
use super::faults::expect_end;
use crate::errno::{Errno, Result};
use crate::process;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// The array of pointers to the arguments: see [`wasmc_abi::bare`].
pub fn arguments(start: *const usize) -> *const *const u8 {
    // SAFETY: the compiler wrote the number of arguments, and the pointers behind it.
    unsafe { start.add(1) }.cast()
}

/// The array of pointers to the variables of the environment, which is empty.
pub fn environment(start: *const usize) -> *const *const u8 {
    // SAFETY: as many pointers as the first word says and a null pointer lie before the array.
    unsafe { start.add(*start + 2) }.cast()
}

/// Nobody but the compiler grants anything, as where the program has privileges of its file.
pub fn is_privileged() -> bool {
    true
}

/// What random bytes are made from.
fn seed() -> u64 {
    // SAFETY: the number lies behind the null pointer that ends the environment.
    unsafe { process::environment().end().read() as u64 }
}

/// Ends the program, with the lower 8 bits of the status.
pub fn exit(status: i32) -> ! {
    expect_end();
    board::wasmc_board_exit(status & 0xff)
}

/// Does what signals do by themselves: nothing, or end the program, with the status that shells show. Nobody could have a
/// stopped program go on.
pub fn raise(signal: u32) -> Result<()> {
    match signal {
        signals::PIPE | signals::CHLD | signals::CONT | signals::URG | signals::WINCH => Ok(()),
        signals::STOP..=signals::TTOU => Err(Errno::NOTSUP),
        _ => exit(128 + signal as i32),
    }
}

/// Numbers of WASI preview 1.
mod signals {
    pub const PIPE: u32 = 13;
    pub const CHLD: u32 = 16;
    pub const CONT: u32 = 17;
    pub const STOP: u32 = 18;
    pub const TTOU: u32 = 21;
    pub const URG: u32 = 22;
    pub const WINCH: u32 = 27;
}

/// There are no others.
pub fn yield_now() {}

/// Fills memory with random bytes; returns how many.
///
/// # Safety
/// `to` must be writable for `len` bytes.
pub unsafe fn random(to: *mut u8, len: usize) -> Result<usize> {
    // SAFETY: the caller's promise.
    match unsafe { board::wasmc_board_random(to, len) } {
        0 => Err(Errno::IO),
        count => Ok(count.min(len)),
    }
}

/// The runtime's own random bytes: SplitMix64 from the seed that the program was compiled with. The same in every run, and
/// no secret to anybody.
///
/// # Safety
/// `to` must be writable for `len` bytes.
pub(super) unsafe extern "C" fn random_from_seed(to: *mut u8, len: usize) -> usize {
    static STATE: AtomicU64 = AtomicU64::new(0);
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut state = STATE.load(Relaxed);
    if state == 0 {
        state = seed();
    }
    for index in 0..len {
        if index % 8 == 0 {
            state = state.wrapping_add(STEP);
        }
        // SAFETY: the caller's promise.
        unsafe { to.add(index).write((mix(state) >> (index % 8 * 8)) as u8) };
    }
    STATE.store(state, Relaxed);
    len
}

/// The output function of SplitMix64.
fn mix(state: u64) -> u64 {
    let state = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ state >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ state >> 31
}

/// As WASI numbers them.
pub fn signal_number(signal: u32) -> u32 {
    signal
}

/// Nobody keeps limits: the compiler refuses them for these targets.
pub const KEEPS_LIMITS: bool = false;

/// Nothing opens files here.
pub fn limit_open_files(_: u64) {}

/// Nothing ends a program here.
pub fn limit_time(_: u64) {}
