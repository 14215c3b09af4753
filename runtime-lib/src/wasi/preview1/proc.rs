//! `proc_*` and `sched_yield`.

use super::answer;
use crate::errno::Errno;
use crate::sys;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_proc_exit(status: u32) -> ! {
    sys::exit(exit_status(status))
}

/// The exit status of a process: the low 8 bits of what the guest gives, as for any program, but never the 0 of success
/// for a number that is not 0.
fn exit_status(status: u32) -> i32 {
    const BITS: u32 = 0xff;
    let lost = status != 0 && status & BITS == 0;
    (if lost { BITS } else { status & BITS }) as i32
}

/// `pipe`, which has no effect.
const PIPE: u32 = 13;

/// `xfsz`, which ends a process, but is blocked so that writing does not send it.
const FILE_SIZE: u32 = 24;

/// The signals of WASI that stop a process: `stop`, `tstp`, `ttin`, `ttou`.
const STOPPING: core::ops::RangeInclusive<u32> = 18..=21;

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_proc_raise(signal: u32) -> i32 {
    answer(match signal {
        0 | PIPE => Ok(()),
        // Nobody may be there to continue it, and no limit of time would end it.
        signal if STOPPING.contains(&signal) => Err(Errno::NOTSUP),
        1..=30 => {
            if signal == FILE_SIZE {
                sys::heed_file_size_signal();
            }
            sys::raise(sys::signal_number(signal))
        }
        _ => Err(Errno::INVAL),
    })
}

#[unsafe(no_mangle)]
extern "C" fn wasi_snapshot_preview1_sched_yield() -> i32 {
    sys::yield_now();
    0
}
