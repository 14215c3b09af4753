//! What whoever starts a program can ask of its heap, in the environment variable `WASMC_HEAP`, as words: `stress`
//! collects at every allocation that compiled code makes, and overwrites what it frees; `statistics` reports each
//! collection on standard error.

use crate::report::Message;
use crate::sys::{self, Clock};

const VARIABLE: &[u8] = b"WASMC_HEAP";

/// What is asked for.
#[derive(Clone, Copy)]
pub struct Settings {
    /// Collect at every allocation.
    pub stress: bool,
    statistics: bool,
}

impl Settings {
    /// What the environment asks for.
    pub fn read() -> Self {
        let asked = sys::environment().named(VARIABLE).and_then(|string| string.get(VARIABLE.len() + 1..));
        let asked = asked.unwrap_or_default();
        let has = |word: &[u8]| asked.split(|&byte| byte == b' ' || byte == b',').any(|asked| asked == word);
        Self { stress: has(b"stress"), statistics: has(b"statistics") }
    }

    /// The present time in nanoseconds, where it is to be reported.
    pub fn time(self) -> u64 {
        if self.statistics { sys::now(Clock::Monotonic).unwrap_or(0) } else { 0 }
    }

    /// Reports a collection that began at a time: bytes that were copied, bytes that the heap has in use now.
    pub fn report(self, major: bool, copied: usize, used: usize, began: u64) {
        if !self.statistics {
            return;
        }
        let microseconds = self.time().saturating_sub(began) / 1000;
        let mut message = Message::new();
        message.text("heap: ").text(if major { "major" } else { "minor" }).text(" collection, ");
        message.decimal(copied as u64 >> 10, 0).text(" KiB copied, ");
        message.decimal(used as u64 >> 10, 0).text(" KiB in use, ");
        message.decimal(microseconds, 0).text(" us\n").flush();
    }
}
