//! Filters of system calls (`seccomp(2)`). They cannot be undone, and threads started later inherit them.

use super::files::write_error;
use super::process::{exit, raise, set_no_new_privileges};
use super::signals::{set_action, set_default};
use super::syscalls::syscall3;
use core::mem::MaybeUninit;
use linux_raw_sys::general::{__NR_seccomp, SIGSYS};
use wasmc_abi::confinement::VIOLATION_EXIT_STATUS;

/// Has the kernel check every further system call with a filter of `len` BPF instructions, and send SIGSYS for those
/// that the filter traps, which ends the program. Returns whether the kernel has such filters.
///
/// # Safety
/// `instructions` must point to `len` initialised instructions.
pub unsafe fn filter_system_calls(instructions: *const MaybeUninit<u64>, len: u16) -> bool {
    /// `struct sock_fprog`.
    #[repr(C)]
    struct Program {
        len: u16,
        instructions: *const MaybeUninit<u64>,
    }
    const SET_MODE_FILTER: usize = 1;
    let program = Program { len, instructions };
    let _ = set_action(SIGSYS, on_violation as *const () as usize);
    set_no_new_privileges();
    // SAFETY: the kernel only reads the program, whose instructions exist as the caller promises.
    unsafe { syscall3(__NR_seccomp, SET_MODE_FILTER, 0, &raw const program as usize) == 0 }
}

/// `si_code` of the SIGSYS that a filter sends.
const SYS_SECCOMP: i32 = 1;

/// `siginfo_t` for SIGSYS.
#[repr(C)]
struct Violation {
    signal: i32,
    error: i32,
    code: i32,
    padding: i32,
    caller: usize,
    number: u32,
}

extern "C" fn on_violation(_: u32, info: &Violation) {
    if info.code != SYS_SECCOMP {
        // Another process sent the signal: it has its default effect.
        set_default(SIGSYS);
        let _ = raise(SIGSYS);
        return;
    }
    // Written for size, as it is in nearly every program.
    let mut digits = *b"          \n";
    let mut number = info.number;
    let mut start = digits.len() - 1;
    for digit in digits.iter_mut().rev().skip(1) {
        *digit = b'0' + (number % 10) as u8;
        number /= 10;
        start -= 1;
        if number == 0 {
            break;
        }
    }
    let _ = write_error(b"wasmc: ended by a system call that the program does not need (--confine): number ");
    let _ = write_error(digits.get(start..).unwrap_or_default());
    exit(VIOLATION_EXIT_STATUS)
}
