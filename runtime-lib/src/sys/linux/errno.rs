//! Error numbers of system calls, as those of WASI.

use crate::errno::{Errno, Result};
use wasmc_abi::errno::of_linux;

/// The result of a system call: -4095..=-1 are error numbers (`IS_ERR_VALUE` of the kernel).
pub fn check(answer: isize) -> Result<usize> {
    match answer {
        -4095..0 => Err(translate(answer.unsigned_abs())),
        _ => Ok(answer as usize),
    }
}

/// As [`check`], for calls that return nothing.
pub fn check_unit(answer: isize) -> Result<()> {
    check(answer).map(drop)
}

fn translate(number: usize) -> Errno {
    of_linux(number).map_or(Errno::IO, Errno)
}
