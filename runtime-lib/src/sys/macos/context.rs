//! The context that a signal handler gets (`sys/ucontext.h`, `mach/arm/_structs.h`, `mach/i386/_structs.h`), and
//! recovery from traps.

use crate::sys::arch::unframed_return;
use crate::sys::recovery::resumption;
use crate::sys::types::RecoveryPoint;
use core::mem::offset_of;
use libc::{__darwin_mcontext64, ucontext_t};

/// The interrupted program.
#[repr(transparent)]
pub struct Context(ucontext_t);

// The kernel's layouts, so that a change of the crate `libc` does not go unnoticed.
const _: () = {
    assert!(offset_of!(ucontext_t, uc_mcontext) == 48);
    assert!(offset_of!(__darwin_mcontext64, __ss) == 16);
};

#[cfg(target_arch = "aarch64")]
mod registers {
    use core::mem::offset_of;

    pub type State = libc::__darwin_arm_thread_state64;

    const _: () = {
        assert!(offset_of!(State, __fp) == 29 * 8);
        assert!(offset_of!(State, __lr) == 30 * 8);
        assert!(offset_of!(State, __sp) == 31 * 8);
        assert!(offset_of!(State, __pc) == 32 * 8);
        assert!(size_of::<State>() == 272);
    };

    pub fn program_counter(state: &mut State) -> &mut u64 {
        &mut state.__pc
    }

    pub fn stack_pointer(state: &mut State) -> &mut u64 {
        &mut state.__sp
    }

    pub fn frame_pointer(state: &State) -> u64 {
        state.__fp
    }

    pub fn result(state: &mut State) -> &mut u64 {
        &mut state.__x[0]
    }
}

#[cfg(target_arch = "x86_64")]
mod registers {
    use core::mem::offset_of;

    pub type State = libc::__darwin_x86_thread_state64;

    const _: () = {
        assert!(offset_of!(State, __rax) == 0);
        assert!(offset_of!(State, __rbp) == 6 * 8);
        assert!(offset_of!(State, __rsp) == 7 * 8);
        assert!(offset_of!(State, __rip) == 16 * 8);
        assert!(size_of::<State>() == 168);
    };

    pub fn program_counter(state: &mut State) -> &mut u64 {
        &mut state.__rip
    }

    pub fn stack_pointer(state: &mut State) -> &mut u64 {
        &mut state.__rsp
    }

    pub fn frame_pointer(state: &State) -> u64 {
        state.__rbp
    }

    pub fn result(state: &mut State) -> &mut u64 {
        &mut state.__rax
    }
}

impl Context {
    fn state(&self) -> registers::State {
        // SAFETY: the kernel sets the pointer to the registers that it saved on the same stack.
        unsafe { (*self.0.uc_mcontext).__ss }
    }

    fn state_mut(&mut self) -> &mut registers::State {
        // SAFETY: as in `state`; only the handler uses them until it returns.
        unsafe { &mut (*self.0.uc_mcontext).__ss }
    }

    /// Where the program was interrupted.
    pub fn program_counter(&self) -> usize {
        *registers::program_counter(&mut self.state()) as usize
    }

    /// The stack pointer there.
    pub fn stack_pointer(&self) -> usize {
        *registers::stack_pointer(&mut self.state()) as usize
    }

    /// The frame pointer there.
    pub fn frame_pointer(&self) -> usize {
        registers::frame_pointer(&self.state()) as usize
    }

    /// See [`unframed_return`].
    #[cfg(target_arch = "aarch64")]
    pub fn unframed_return(&self, before: &[u8], _read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.state().__lr as usize)
    }

    /// See [`unframed_return`].
    #[cfg(target_arch = "x86_64")]
    pub fn unframed_return(&self, before: &[u8], read: impl Fn(usize) -> Option<usize>) -> Option<usize> {
        unframed_return(before, self.stack_pointer(), read)
    }

    /// Continues the program after the call of `call_with_recovery` that `point` belongs to, which returns `result`.
    pub fn recover(&mut self, point: *const RecoveryPoint, result: u32) {
        // SAFETY: a recovery point in force belongs to a call that has not returned.
        let (program_counter, stack_pointer) = unsafe { resumption(point) };
        let state = self.state_mut();
        *registers::program_counter(state) = program_counter as u64;
        *registers::stack_pointer(state) = stack_pointer as u64;
        *registers::result(state) = result.into();
    }
}
