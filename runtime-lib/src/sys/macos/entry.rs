//! The entry point: `main`, which the dynamic loader calls once the system library is ready.

/// Passes on where arguments and environment lie.
#[unsafe(no_mangle)]
extern "C" fn main(_: i32, arguments: *mut *const u8, environment: *mut *const u8) -> i32 {
    let mut handed_over = [arguments.expose_provenance(), environment.expose_provenance()];
    // The present stack stays as it is for as long as the process lives.
    crate::start::start(handed_over.as_mut_ptr())
}

/// The array of pointers to the arguments.
pub fn arguments(handed_over: *const usize) -> *const *const u8 {
    // SAFETY: `main` handed over two words.
    core::ptr::with_exposed_provenance(unsafe { *handed_over })
}

/// The array of pointers to the variables of the environment.
pub fn environment(handed_over: *const usize) -> *const *const u8 {
    // SAFETY: as above.
    core::ptr::with_exposed_provenance(unsafe { *handed_over.add(1) })
}
