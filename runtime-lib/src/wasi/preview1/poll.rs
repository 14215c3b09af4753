//! `poll_oneoff`.

use super::answer_at;
use super::layout::{EVENT_SIZE, SUBSCRIPTION_SIZE, event, subscription};
use crate::errno::{Errno, Result};
use crate::wasi::guest::{self, Address};
use crate::wasi::polling::{self, Subscription};

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_poll_oneoff(from: Address, to: Address, count: u32, count_to: Address) -> i32 {
    answer_at(count_to, || poll(from, to, count, SUBSCRIPTION_SIZE, subscription))
}

/// Waits for `count` subscriptions of `size` bytes each, which `read` reads; writes events and returns their number.
pub fn poll(
    from: Address,
    to: Address,
    count: u32,
    size: u32,
    read: fn(Address) -> Result<Subscription>,
) -> Result<u32> {
    if count == 0 {
        return Err(Errno::INVAL);
    }
    guest::array(from, count, size)?;
    guest::array(to, count, EVENT_SIZE)?;
    let address = |index: u32| guest::offset(from, u64::from(index) * u64::from(size));
    let mut events = 0;
    polling::poll(count, &|index| read(address(index)?), &mut |occurred| {
        let at = guest::offset(to, u64::from(events) * u64::from(EVENT_SIZE))?;
        events += 1;
        guest::write(at, event(address(occurred.index)?, &occurred)?)
    })?;
    Ok(events)
}
