//! WASI preview 1: the functions of `wasi_snapshot_preview1`, one file per group.
//!
//! Each function has the C signature of its import and returns an error number, 0 for success. The addresses for
//! results are checked before anything is done, so that a call that fails with `FAULT` has no effect. [`layout`] has
//! the structures in the guest's memory. Snapshot 0 and the overlays use what is `pub` here.

mod args_environ;
mod clock;
pub mod fd;
pub mod fd_io;
pub mod layout;
pub mod path;
pub mod poll;
mod proc;
mod random;
mod sock;

use super::guest::{self, Address};
pub use super::opening::check_flags;
use crate::errno::{Errno, Result};

/// The error number of a call, 0 for success.
pub fn answer(result: Result<()>) -> i32 {
    match result {
        Ok(()) => 0,
        Err(Errno(number)) => number.into(),
    }
}

/// Runs a call whose result goes to `to`, an address that is checked first.
pub fn answer_at<T: guest::Plain>(to: Address, call: impl FnOnce() -> Result<T>) -> i32 {
    answer(guest::range(to, size_of::<T>() as u64).and_then(|_| guest::write(to, call()?)))
}
