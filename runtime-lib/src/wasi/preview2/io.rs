//! `wasi:io/error` and `wasi:io/poll`

use super::resources;
use super::{errors, waiting};
use crate::component::caller::LIST;
use crate::component::{Area, Caller, Filled, List, Text, trap};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::{EMPTY_POLL, numbers};

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_error_drop_error(canonical: &Canonical, handle: u32) {
    resources::drop_handle(Caller::enter(canonical), handle, numbers::ERROR);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_error_error_to_debug_string(canonical: &Canonical, error: u32, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::<Text>::new(caller, to);
    let (_, errno) = resources::error(caller, error);
    area.put(caller, Text(errors::text(errno).as_bytes()));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_poll_drop_pollable(canonical: &Canonical, handle: u32) {
    resources::drop_handle(Caller::enter(canonical), handle, numbers::POLLABLE);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_poll_pollable_ready(canonical: &Canonical, pollable: u32) -> u32 {
    let caller = Caller::enter(canonical);
    waiting::is_ready(resources::pollable(caller, pollable).0).into()
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_poll_pollable_block(canonical: &Canonical, pollable: u32) {
    let caller = Caller::enter(canonical);
    waiting::for_resource(resources::pollable(caller, pollable).0);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_io_poll_poll(canonical: &Canonical, pollables: u32, count: u32, to: u32) {
    const HANDLE: u32 = 4;
    let caller = Caller::enter(canonical);
    let area = Area::<Filled>::new(caller, to);
    caller.list(pollables, count, HANDLE, HANDLE);
    let handle = |index: u32| caller.read::<u32>(pollables.wrapping_add(index * HANDLE), &LIST);
    for index in 0..count {
        resources::pollable(caller, handle(index));
    }
    if count == 0 {
        trap(EMPTY_POLL);
    }
    let representation = |index| resources::pollable(caller, handle(index)).0;
    waiting::for_any(count, &representation, &mut |is_ready| {
        let ready = (0..count).filter(|&index| is_ready(index)).count();
        let mut list = List::<u32>::new(caller, ready as u32);
        // Meanwhile others may have become ready: there is no room for those.
        (0..count).filter(|&index| is_ready(index)).for_each(|index| list.push(caller, index));
        area.put(caller, list.end());
    });
}
