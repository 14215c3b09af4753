//! Signals that end the command: it leaves no temporary files.

use crate::temporary;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGXFSZ};
use signal_hook::iterator::Signals;
use signal_hook::low_level::emulate_default_handler;
use std::fs;
use std::thread;

/// Has a thread wait for signals. Where that is not possible, they end the command at once.
///
/// A file larger than the system allows is an error of writing it, no signal.
pub fn heed() {
    let heeded = [SIGHUP, SIGINT, SIGTERM, SIGXFSZ].into_iter().filter(|&signal| !is_ignored(signal));
    let Ok(mut signals) = Signals::new(heeded) else { return };
    let wait = move || {
        if let Some(signal) = signals.forever().find(|&signal| signal != SIGXFSZ) {
            temporary::remove_all();
            let _ = emulate_default_handler(signal);
        }
    };
    let _ = thread::Builder::new().name("signals".into()).spawn(wait);
}

/// Whether whoever started the command wants it to ignore a signal, as `nohup` does: known on Linux alone.
fn is_ignored(signal: i32) -> bool {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    let mask = mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    mask.is_some_and(|mask| mask >> (signal - 1) & 1 != 0)
}
