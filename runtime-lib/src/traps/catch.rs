//! Going on behind a trap, for programs that expect some: test harnesses.

use crate::sys::{self, Context};
use crate::thread;
use core::sync::atomic::Ordering::Relaxed;
use wasmc_abi::trap::TrapCode;

/// Calls `function(argument)`; returns 0, or the number of the trap that ended the call.
///
/// What the call was about to change stays as the trap left it. The trap must come from compiled code that was called by
/// native code without anything to clean up.
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_catch(function: extern "C" fn(*mut u8), argument: *mut u8) -> u32 {
    let here = 0_u8;
    let innermost = &thread::of_address((&raw const here).addr()).innermost;
    // SAFETY: the handler looks at this place of the calling thread, whose layout is that of a pointer.
    unsafe { sys::catch(function, argument, innermost.as_ptr().cast()) }
}

/// Has the program go on behind the innermost catch; `false` where none is in force.
pub fn resume(context: &mut Context, trap: TrapCode) -> bool {
    let catch = thread::of_address(context.stack_pointer()).innermost.load(Relaxed).cast_const();
    if catch.is_null() {
        return false;
    }
    context.resume_catch(catch, trap as u32);
    true
}
