//! Clocks, all of them derived from the counter of the board.

use super::board;
use crate::errno::Result;
use crate::sys::types::Clock;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};

const SECOND: u64 = 1_000_000_000;

/// A clock's time in nanoseconds. Processor time is the time since reset: there is one program.
pub fn now(clock: Clock) -> Result<u64> {
    let since_reset = since_reset();
    Ok(if clock == Clock::Realtime { since_reset.wrapping_add(reset_time(since_reset)) } else { since_reset })
}

fn since_reset() -> u64 {
    let (ticks, rate) = (board::wasmc_board_ticks(), rate());
    // Whole seconds apart from the rest, so that no product overflows within centuries.
    (ticks / rate).wrapping_mul(SECOND).wrapping_add((ticks % rate).wrapping_mul(SECOND) / rate)
}

fn rate() -> u64 {
    board::wasmc_board_ticks_per_second().max(1)
}

/// The time when the counter was 0, in nanoseconds since 1970, as the board gave it when first asked: 0 where it has no
/// such clock, so that the program begins in 1970.
fn reset_time(since_reset: u64) -> u64 {
    static RESET_TIME: AtomicU64 = AtomicU64::new(UNKNOWN);
    const UNKNOWN: u64 = u64::MAX;
    if RESET_TIME.load(Relaxed) == UNKNOWN {
        RESET_TIME.store(board::wasmc_board_realtime().saturating_sub(since_reset), Relaxed);
    }
    RESET_TIME.load(Relaxed)
}

/// The resolution of a clock in nanoseconds.
pub fn resolution(_clock: Clock) -> Result<u64> {
    Ok((SECOND / rate()).max(1))
}
