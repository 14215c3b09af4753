//! `wasi:io/error` and `wasi:io/poll`

use super::resources::{Pollable, check_count};
use super::{Answer, handles};
use crate::component::{Borrowed, Violation};
use crate::wasi::{Clock, Wasi};
use std::time::Duration;
use wasmc_abi::preview2::{EMPTY_POLL, error_text};

pub fn io_error_error_to_debug_string(wasi: &mut Wasi, (error,): (Borrowed<handles::Error>,)) -> Answer<String> {
    Ok(error_text(wasi.resources.error(error.0)?.0).to_owned())
}

/// Nanoseconds until a pollable is ready.
fn left(wasi: &mut Wasi, pollable: handles::Pollable) -> Result<u64, Violation> {
    Ok(match wasi.resources.pollable(pollable)? {
        Pollable::Deadline(deadline) => deadline.saturating_sub((wasi.clocks)(Clock::Monotonic)),
        Pollable::Stream => 0,
    })
}

fn wait(nanoseconds: u64) {
    if nanoseconds > 0 {
        std::thread::sleep(Duration::from_nanos(nanoseconds));
    }
}

pub fn io_poll_pollable_ready(wasi: &mut Wasi, (pollable,): (Borrowed<handles::Pollable>,)) -> Answer<bool> {
    Ok(left(wasi, pollable.0)? == 0)
}

pub fn io_poll_pollable_block(wasi: &mut Wasi, (pollable,): (Borrowed<handles::Pollable>,)) -> Answer<()> {
    wait(left(wasi, pollable.0)?);
    Ok(())
}

pub fn io_poll_poll(wasi: &mut Wasi, (pollables,): (Vec<Borrowed<handles::Pollable>>,)) -> Answer<Vec<u32>> {
    // The same one may be in the list many times.
    check_count(pollables.len())?;
    let left = pollables.iter().map(|pollable| left(wasi, pollable.0)).collect::<Result<Vec<_>, _>>()?;
    let Some(&shortest) = left.iter().min() else { return Err(Violation(EMPTY_POLL).into()) };
    wait(shortest);
    Ok((0..).zip(left).filter(|&(_, left)| left <= shortest).map(|(index, _)| index).collect())
}
