//! The face of WASI preview 1: the functions of `wasi_snapshot_preview1`, one file per group.
//!
//! Each function has the C signature of its import and answers with an error number, 0 for success. Where results go is
//! checked before anything is done, so that a call that fails with `FAULT` has had no effect. [`layout`] has the
//! structures in the guest's memory. What is `pub` here, snapshot 0 shares.

mod args_environ;
mod clock;
mod embedded;
pub mod fd;
pub mod fd_io;
pub mod layout;
pub mod path;
pub mod poll;
mod proc;
mod random;
mod sock;

use super::guest::{self, Address};
use crate::errno::{Errno, Result};

/// The number that tells the guest how a call went.
fn answer(result: Result<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(Errno(number)) => number.into(),
    }
}

/// Runs a call whose result of `N` bytes goes to `to`, which is checked first.
pub fn answer_at<T: guest::Plain>(to: Address, call: impl FnOnce() -> Result<T>) -> i32 {
    answer(guest::range(to, size_of::<T>() as u64).and_then(|_| guest::write(to, call()?)))
}

/// Fails where flags have bits that the specification does not know.
fn check_flags(flags: u32, known: u32) -> Result<()> {
    if flags & !known == 0 { Ok(()) } else { Err(Errno::INVAL) }
}
