//! `clock_*`.

use super::answer_at;
use super::layout::clock;
use crate::sys;
use crate::wasi::guest::Address;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_clock_res_get(id: u32, to: Address) -> i32 {
    answer_at(to, || sys::resolution(clock(id)?))
}

/// The precision is ignored: the clocks of the system have their own.
#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_clock_time_get(id: u32, _precision: u64, to: Address) -> i32 {
    answer_at(to, || sys::now(clock(id)?))
}
