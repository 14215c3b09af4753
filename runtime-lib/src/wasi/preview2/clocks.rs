//! `wasi:clocks`

use super::resources::{self, Pollable, Resource};
use super::waiting;
use crate::component::{Area, Caller, Text, trap};
use crate::sys::{self, Clock};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::{NO_DATETIME, numbers};

/// `datetime`: seconds and nanoseconds.
pub type Datetime = (u64, u32);

/// The date of a time in nanoseconds since 1970.
pub fn datetime(nanoseconds: u64) -> Datetime {
    (nanoseconds / 1_000_000_000, (nanoseconds % 1_000_000_000) as u32)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_monotonic_clock_now(canonical: &Canonical) -> u64 {
    Caller::enter(canonical);
    waiting::now()
}

fn resolution(clock: Clock) -> u64 {
    sys::resolution(clock).unwrap_or(1)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_monotonic_clock_resolution(canonical: &Canonical) -> u64 {
    Caller::enter(canonical);
    resolution(Clock::Monotonic)
}

fn subscribe(canonical: &Canonical, when: u64) -> u32 {
    let caller = Caller::enter(canonical);
    resources::own(numbers::POLLABLE, Resource::Pollable(Pollable::Deadline(when))).give(caller)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_monotonic_clock_subscribe_instant(canonical: &Canonical, when: u64) -> u32 {
    subscribe(canonical, when)
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_monotonic_clock_subscribe_duration(canonical: &Canonical, duration: u64) -> u32 {
    subscribe(canonical, waiting::now().saturating_add(duration))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_wall_clock_now(canonical: &Canonical, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::new(caller, to);
    // A clock that is set to a time before 1970 cannot be told.
    area.put(caller, datetime(sys::now(Clock::Realtime).unwrap_or(0)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_wall_clock_resolution(canonical: &Canonical, to: u32) {
    let caller = Caller::enter(canonical);
    Area::new(caller, to).put(caller, datetime(resolution(Clock::Realtime)));
}

/// A date of the caller's must be one.
fn check(nanoseconds: u32) {
    if nanoseconds >= 1_000_000_000 {
        trap(NO_DATETIME);
    }
}

/// The only time zone is UTC, as the time zone of the host is nothing that the user granted.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_timezone_display(canonical: &Canonical, _seconds: u64, nanoseconds: u32, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<(i32, Text, bool)>::new(caller, to);
    check(nanoseconds);
    area.put(caller, (0, Text(b"UTC"), false));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_clocks_timezone_utc_offset(canonical: &Canonical, _seconds: u64, nanoseconds: u32) -> u32 {
    Caller::enter(canonical);
    check(nanoseconds);
    0
}
