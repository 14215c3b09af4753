//! `proc_*` and `sched_yield`.

use super::answer;
use crate::errno::Errno;
use crate::sys;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_proc_exit(status: u32) -> ! {
    sys::exit(status as i32)
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_proc_raise(signal: u32) -> i32 {
    answer(match signal {
        0 => Ok(()),
        1..=30 => sys::raise(sys::signal_number(signal)),
        _ => Err(Errno::INVAL),
    })
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_sched_yield() -> i32 {
    sys::yield_now();
    0
}
