//! Limits on what the program may use; of several, the lowest counts.

use crate::sys;
use core::sync::atomic::{AtomicU64, Ordering::Relaxed};
use wasmc_abi::grants::{MAX_OPEN_FILES, TIMEOUT, decimal, milliseconds};

/// No limit.
const NONE: u64 = u64::MAX;

static OPEN_FILES: AtomicU64 = AtomicU64::new(NONE);
static MILLISECONDS: AtomicU64 = AtomicU64::new(NONE);

/// Records a limit; ignores other grants. Fails where the limit is no number.
#[inline(never)]
pub fn add(tag: u8, text: &[u8]) -> Result<(), ()> {
    let (limit, value) = match tag {
        MAX_OPEN_FILES => (&OPEN_FILES, decimal(text)),
        TIMEOUT => (&MILLISECONDS, milliseconds(text)),
        _ => return Ok(()),
    };
    limit.store(limit.load(Relaxed).min(value.ok_or(())?), Relaxed);
    Ok(())
}

/// Makes the system enforce the recorded limits (`Builtin::LimitsInit`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_limits_init() {
    let (open_files, milliseconds) = (OPEN_FILES.load(Relaxed), MILLISECONDS.load(Relaxed));
    if open_files != NONE {
        sys::limit_open_files(open_files);
    }
    if milliseconds != NONE {
        sys::limit_time(milliseconds);
    }
}
