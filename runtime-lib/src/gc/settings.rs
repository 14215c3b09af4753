//! What whoever starts a program can ask of its heap, in the environment variable `WASMC_HEAP`, as words: `stress`
//! collects at every allocation that compiled code makes, and overwrites what it frees; `statistics` reports each
//! collection on standard error, and how long the program has had to wait for it.

use crate::report::Message;
use crate::sys::{self, Clock};
use wasmc_abi::heap::VARIABLE;

/// What is asked for.
#[derive(Clone, Copy, Default)]
pub struct Settings {
    /// Collect at every allocation.
    pub stress: bool,
    statistics: bool,
    /// From which [`Settings::few`] makes its numbers.
    seed: u32,
}

/// What is done while the program waits, the most of it.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Nothing.
    #[default]
    None,
    /// A slice of a major collection.
    Slice,
    /// A minor collection, and a slice of a major one where one goes on.
    Minor,
    /// All of both.
    Full,
}

/// What has been done in the present pause, and in those before.
#[derive(Default)]
pub struct Pause {
    /// What is done in it.
    pub kind: Kind,
    /// Whether it is the last one of a major collection.
    pub ends_major: bool,
    copied: usize,
    steps: usize,
    /// Slices and their steps since the last report of a major collection, and nanoseconds of those that were no
    /// minor collections.
    slices: u64,
    slices_steps: u64,
    slices_time: u64,
    /// The longest pause so far, and that which took most processor time.
    longest: Time,
}

/// A point in time, or how long something takes, in nanoseconds.
#[derive(Clone, Copy, Default)]
pub struct Time {
    passed: u64,
    /// Of the processor, in the thread.
    used: u64,
}

impl Pause {
    /// Adds what has been done: bytes that were copied, steps of marking.
    pub fn add(&mut self, kind: Kind, copied: usize, steps: usize) {
        self.kind = self.kind.max(kind);
        self.copied += copied;
        self.steps += steps;
    }
}

impl Time {
    /// Adds to a message how long something has taken, and that this is the longest pause.
    fn add_to(self, message: &mut Message, passed: u64) {
        message.decimal(passed / 1000, 0).text(" us, longest ").decimal(self.passed / 1000, 0);
        message.text(" us (").decimal(self.used / 1000, 0).text(" us of processor time)\n");
    }
}

impl Settings {
    /// What the environment asks for.
    pub fn read() -> Self {
        let variable = sys::environment().named(VARIABLE.as_bytes());
        let asked = variable.and_then(|string| string.get(VARIABLE.len() + 1..));
        let asked = asked.unwrap_or_default();
        let has = |word: &[u8]| asked.split(|&byte| byte == b' ' || byte == b',').any(|asked| asked == word);
        Self { stress: has(b"stress"), statistics: has(b"statistics"), seed: 1 }
    }

    /// What the embedder of a context asks for.
    pub fn of_context(stress: bool) -> Self {
        Self { stress, statistics: false, seed: 1 }
    }

    /// A small number, another one each time.
    pub fn few(&mut self) -> usize {
        self.seed = self.seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (self.seed >> 28) as usize
    }

    /// The present time, where it is to be reported.
    pub fn time(self) -> Time {
        if !self.statistics {
            return Time::default();
        }
        let now = |clock| sys::now(clock).unwrap_or(0);
        Time { passed: now(Clock::Monotonic), used: now(Clock::ThreadCpu) }
    }

    /// Reports on a pause that began at a time and now ends, with so many bytes in use.
    pub fn report(self, pause: &mut Pause, used: usize, began: Time) {
        let Pause { kind, ends_major, copied, steps, .. } = *pause;
        (pause.kind, pause.ends_major, pause.copied, pause.steps) = (Kind::None, false, 0, 0);
        if !self.statistics || kind == Kind::None {
            return;
        }
        let now = self.time();
        let [passed, used_time] = [now.passed.saturating_sub(began.passed), now.used.saturating_sub(began.used)];
        pause.longest.passed = pause.longest.passed.max(passed);
        pause.longest.used = pause.longest.used.max(used_time);
        if kind == Kind::Slice || steps > 0 {
            pause.slices += 1;
            pause.slices_steps += steps as u64;
        }
        let mut message = Message::new();
        if kind == Kind::Slice {
            pause.slices_time += passed;
        } else {
            message.text("heap: ").text(if kind == Kind::Full { "full" } else { "minor" }).text(" collection, ");
            message.decimal(copied as u64 >> 10, 0).text(" KiB copied, ").decimal(steps as u64, 0).text(" steps, ");
            message.decimal(used as u64 >> 10, 0).text(" KiB in use, ");
            pause.longest.add_to(&mut message, passed);
        }
        if ends_major && kind != Kind::Full {
            message.text("heap: major collection, ").decimal(pause.slices, 0).text(" slices, ");
            message.decimal(pause.slices_steps, 0).text(" steps, ").decimal(used as u64 >> 10, 0);
            message.text(" KiB in use, ");
            pause.longest.add_to(&mut message, pause.slices_time);
        }
        if ends_major {
            (pause.slices, pause.slices_steps, pause.slices_time) = (0, 0, 0);
        }
        message.flush();
    }
}
