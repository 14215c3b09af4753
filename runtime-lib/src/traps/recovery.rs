//! Recovery from traps, for programs that expect some: test harnesses.

use crate::sys::{self, Context};
use crate::thread;
use core::sync::atomic::Ordering::Relaxed;
use wasmc_abi::trap::TrapCode;

/// Calls `function(argument)`; returns 0, or the number of the trap that ended the call.
///
/// State that the call was changing stays as the trap left it. The trap must come from compiled code that native code
/// called without anything to clean up.
pub fn call_with_recovery(function: extern "C" fn(*mut u8), argument: *mut u8) -> u32 {
    let here = 0_u8;
    let recovery_point = &thread::of_address((&raw const here).addr()).recovery_point;
    // SAFETY: the fault handler looks there for the calling thread's recovery point; the atomic has the layout of a
    // pointer.
    unsafe { sys::call_with_recovery(function, argument, recovery_point.as_ptr().cast()) }
}

/// Continues the program at the innermost recovery point of the thread; returns `false` where there is none.
pub fn recover(context: &mut Context, trap: TrapCode) -> bool {
    let point = thread::of_address(context.stack_pointer()).recovery_point.load(Relaxed).cast_const();
    if point.is_null() {
        return false;
    }
    context.recover(point, trap as u32);
    true
}
