//! `wasi:clocks`

use super::resources::{Pollable, Resource};
use super::types::{Datetime, TimezoneDisplay};
use super::{Answer, handles};
use crate::component::Violation;
use crate::wasi::{Clock, Wasi};
use wasmc_abi::preview2::NO_DATETIME;

/// The date of a time in nanoseconds since 1970.
pub(super) fn datetime(nanoseconds: u64) -> Datetime {
    Datetime { seconds: nanoseconds / 1_000_000_000, nanoseconds: (nanoseconds % 1_000_000_000) as u32 }
}

pub fn clocks_monotonic_clock_now(wasi: &mut Wasi, (): ()) -> Answer<u64> {
    Ok((wasi.clocks)(Clock::Monotonic))
}

pub fn clocks_monotonic_clock_resolution(_: &mut Wasi, (): ()) -> Answer<u64> {
    Ok(1)
}

pub fn clocks_monotonic_clock_subscribe_instant(wasi: &mut Wasi, (when,): (u64,)) -> Answer<handles::Pollable> {
    Ok(wasi.resources.insert(Resource::Pollable(Pollable::Deadline(when)), None)?)
}

pub fn clocks_monotonic_clock_subscribe_duration(wasi: &mut Wasi, (duration,): (u64,)) -> Answer<handles::Pollable> {
    let when = (wasi.clocks)(Clock::Monotonic).saturating_add(duration);
    clocks_monotonic_clock_subscribe_instant(wasi, (when,))
}

pub fn clocks_wall_clock_now(wasi: &mut Wasi, (): ()) -> Answer<Datetime> {
    Ok(datetime((wasi.clocks)(Clock::Realtime)))
}

pub fn clocks_wall_clock_resolution(_: &mut Wasi, (): ()) -> Answer<Datetime> {
    Ok(datetime(1))
}

/// A date of the guest's must be one.
fn check(when: Datetime) -> Result<(), Violation> {
    if when.nanoseconds < 1_000_000_000 { Ok(()) } else { Err(Violation(NO_DATETIME)) }
}

/// The only time zone is UTC, as that of the host is nothing that it has granted.
pub fn clocks_timezone_display(_: &mut Wasi, (when,): (Datetime,)) -> Answer<TimezoneDisplay> {
    check(when)?;
    Ok(TimezoneDisplay { utc_offset: 0, name: "UTC".to_owned(), in_daylight_saving_time: false })
}

pub fn clocks_timezone_utc_offset(_: &mut Wasi, (when,): (Datetime,)) -> Answer<i32> {
    check(when)?;
    Ok(0)
}
