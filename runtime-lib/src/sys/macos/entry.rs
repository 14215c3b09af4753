//! The entry point: `main`, which the dynamic loader calls once the system library is initialised.

use crate::sys::start_data::{Strings, start_data, wasmc_start};
use core::ptr::with_exposed_provenance;

/// Passes on the addresses of arguments and environment.
#[unsafe(no_mangle)]
extern "C" fn main(_: i32, arguments: *mut *const u8, environment: *mut *const u8) -> i32 {
    let mut data = [arguments.expose_provenance(), environment.expose_provenance()];
    // SAFETY: this is the initial stack; the frame, and `data` in it, exist for as long as the process.
    unsafe { wasmc_start(data.as_mut_ptr()) }
}

/// The arguments, the program's name first.
pub fn arguments() -> Strings {
    // SAFETY: the first word of the start data is the address of the array, which ends with a null pointer.
    unsafe { Strings::new(with_exposed_provenance(*start_data())) }
}

/// The environment as it was at the start, `NAME=VALUE` each.
pub fn environment() -> Strings {
    // SAFETY: the second word of the start data is the address of the array, which ends with a null pointer.
    unsafe { Strings::new(with_exposed_provenance(*start_data().add(1))) }
}
