//! From the entry point to compiled code, and the way out.

use crate::{process, report, sys, thread};

unsafe extern "C" {
    /// Instantiates the module and runs it ([`wasmc_abi::symbols::MAIN`]).
    fn wasmc_main() -> !;
}

/// Called by the entry point on the initial stack, with the address of what the system handed over.
pub extern "C" fn start(handed_over: *mut usize) -> ! {
    process::set_handed_over(handed_over);
    let Some(top) = thread::map_main_stack() else {
        report::fatal("wasmc: cannot map the stack (ulimit -v?); compile with a smaller --stack-size\n", 1)
    };
    // SAFETY: `top` ends a fresh mapping that only compiled code will use; `wasmc_main` never returns.
    unsafe { sys::run_on_stack(top, main, core::ptr::null_mut()) }
}

extern "C" fn main(_: *mut u8) -> ! {
    // SAFETY: called once, on the stack for compiled code.
    unsafe { wasmc_main() }
}

/// Ends the process (`Builtin::Exit`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_exit(status: i32) -> ! {
    sys::exit(status)
}
