//! Limits of what the program may use, the least where several are given.

use crate::sys;
use wasmc_abi::grants::{MAX_OPEN_FILES, TIMEOUT, decimal, milliseconds};

/// Limits gathered from the grants.
pub struct Limits {
    open_files: u64,
    milliseconds: u64,
}

impl Limits {
    /// No limits.
    pub const NONE: Self = Self { open_files: u64::MAX, milliseconds: u64::MAX };

    /// Takes note of a limit, and of nothing else. Fails where it is no number.
    #[inline(never)]
    pub fn add(&mut self, tag: u8, text: &[u8]) -> Result<(), ()> {
        match tag {
            MAX_OPEN_FILES => self.open_files = self.open_files.min(decimal(text).ok_or(())?),
            TIMEOUT => self.milliseconds = self.milliseconds.min(milliseconds(text).ok_or(())?),
            _ => {}
        }
        Ok(())
    }

    /// Has the system keep them.
    #[inline(never)]
    pub fn set(&self) {
        if self.open_files != u64::MAX {
            sys::limit_open_files(self.open_files);
        }
        if self.milliseconds != u64::MAX {
            sys::limit_time(self.milliseconds);
        }
    }
}
