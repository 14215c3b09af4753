//! From the entry point to compiled code, and the exit.

use crate::{sys, thread};

unsafe extern "C" {
    /// Instantiates the module and runs it ([`wasmc_abi::symbols::MAIN`]).
    fn wasmc_main() -> !;
}

/// Called by the entry point on the initial stack, with the address of what the system passes to a new process.
#[unsafe(no_mangle)]
extern "C" fn wasmc_start(start_data: *mut usize) -> ! {
    sys::set_start_data(start_data);
    sys::set_signal_mask();
    let Some(top) = thread::map_main_stack() else {
        sys::fatal("wasmc: cannot map the stack (ulimit -v?); compile with a smaller --stack-size\n", 1)
    };
    // SAFETY: `top` is the aligned end of a new mapping, which nothing else uses.
    unsafe { sys::run_on_stack(top, main, core::ptr::null_mut()) }
}

extern "C" fn main(_: *mut u8) -> ! {
    // SAFETY: the compiler defines the symbol in every program; it is called once, on the stack for compiled code.
    unsafe { wasmc_main() }
}

/// Ends the process (`Builtin::Exit`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_exit(status: i32) -> ! {
    sys::exit(status)
}
