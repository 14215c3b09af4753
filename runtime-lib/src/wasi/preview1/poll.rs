//! `poll_oneoff`.

use super::layout::{EVENT_SIZE, SUBSCRIPTION_SIZE, event, subscription};
use super::{answer_at, layout};
use crate::errno::{Errno, Result};
use crate::wasi::guest::{self, Address};
use crate::wasi::polling;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_poll_oneoff(from: Address, to: Address, count: u32, count_to: Address) -> i32 {
    answer_at(count_to, || poll(from, to, count))
}

fn poll(from: Address, to: Address, count: u32) -> Result<u32> {
    if count == 0 {
        return Err(Errno::INVAL);
    }
    guest::array(from, count, SUBSCRIPTION_SIZE)?;
    guest::array(to, count, EVENT_SIZE)?;
    let place = |index: u32| guest::offset(from, u64::from(index) * u64::from(layout::SUBSCRIPTION_SIZE));
    let mut happened = 0;
    polling::poll(count, &|index| subscription(place(index)?), &mut |what| {
        let at = guest::offset(to, u64::from(happened) * u64::from(EVENT_SIZE))?;
        happened += 1;
        guest::write(at, event(place(what.index)?, &what)?)
    })?;
    Ok(happened)
}
