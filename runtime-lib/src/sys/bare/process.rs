//! The program: its start data, its exit, random bytes. There are no others to signal or to yield to.

use super::board;
use super::console::write_error;
use crate::errno::{Errno, Result};
use crate::sys::start_data::{Strings, start_data};
use core::sync::atomic::{AtomicBool, AtomicU64, Ordering::Relaxed};

/// Set once the program is being ended: the next exception comes from the attempt.
static ENDING: AtomicBool = AtomicBool::new(false);

/// Whether the program is being ended, by a means that may raise an exception.
pub(super) fn is_ending() -> bool {
    ENDING.load(Relaxed)
}

/// The arguments, the program's name first: see [`wasmc_abi::bare`].
pub fn arguments() -> Strings {
    // SAFETY: the first word of the start data is the argument count; the pointers and a null pointer follow it.
    unsafe { Strings::new(start_data().add(1).cast()) }
}

/// The environment, which is empty.
pub fn environment() -> Strings {
    let data = start_data();
    // SAFETY: the argument count is the first word; as many pointers and a null pointer lie before the environment.
    unsafe { Strings::new(data.add(*data + 2).cast()) }
}

/// Only the compiler grants anything, as for a program with privileges that its file gave it.
pub fn is_privileged() -> bool {
    true
}

/// The seed of random bytes.
fn seed() -> u64 {
    // SAFETY: the seed follows the null pointer that ends the environment.
    unsafe { environment().end().read() as u64 }
}

/// Ends the program, with the lower 8 bits of the status.
pub fn exit(status: i32) -> ! {
    ENDING.store(true, Relaxed);
    board::wasmc_board_exit(status & 0xff)
}

/// Prints a line to standard error, without the buffer of [`crate::report`], and ends the program.
pub fn fatal(line: &'static str, status: i32) -> ! {
    let _ = write_error(line.as_bytes());
    exit(status)
}

/// Has the default effect of a signal: none, or the end of the program, with the status that shells show.
pub fn raise(signal: u32) -> Result<()> {
    match signal {
        signals::CHLD | signals::CONT | signals::URG | signals::WINCH => Ok(()),
        _ => exit(128 + signal as i32),
    }
}

/// Numbers of WASI preview 1.
mod signals {
    pub const CHLD: u32 = 16;
    pub const CONT: u32 = 17;
    pub const URG: u32 = 22;
    pub const WINCH: u32 = 27;
}

/// There are no other threads.
pub fn yield_now() {}

/// Writes random bytes; returns how many.
///
/// # Safety
/// `to` must be writable for `len` bytes.
pub unsafe fn random(to: *mut u8, len: usize) -> Result<usize> {
    // SAFETY: the board writes at most `len` bytes to `to`, which the caller promises are writable.
    match unsafe { board::wasmc_board_random(to, len) } {
        0 => Err(Errno::IO),
        count => Ok(count.min(len)),
    }
}

/// The runtime's own random bytes: SplitMix64 from the seed that the program was compiled with. They are the same in
/// every run and not secret.
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
        // SAFETY: the caller promises `len` writable bytes, and the index is below `len`.
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

/// The number of a signal: that of WASI preview 1.
pub fn signal_number(signal: u32) -> u32 {
    signal
}

/// Nothing enforces limits: the compiler refuses them for these targets.
pub const KEEPS_LIMITS: bool = false;

/// There are no files to open.
pub fn limit_open_files(_: u64) {}

/// Nothing ends a program after some time.
pub fn limit_time(_: u64) {}
