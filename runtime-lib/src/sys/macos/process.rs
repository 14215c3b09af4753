//! The process: its exit, signals to itself, yielding, random bytes.

use super::errno::{check_unit, translate};
use super::files::write_error;
use crate::errno::Result;

/// Ends the process with all its threads.
pub fn exit(status: i32) -> ! {
    // SAFETY: does not return.
    unsafe { libc::_exit(status) }
}

/// Prints a line to standard error, without the buffer of [`crate::report`], and ends the process.
pub fn fatal(line: &'static str, status: i32) -> ! {
    let _ = write_error(line.as_bytes());
    exit(status)
}

/// Sends a signal to the calling thread.
pub fn raise(signal: u32) -> Result<()> {
    // SAFETY: touches no memory.
    match unsafe { libc::pthread_kill(libc::pthread_self(), signal as i32) } {
        0 => Ok(()),
        error => Err(translate(error)),
    }
}

/// Lets other threads run.
pub fn yield_now() {
    // SAFETY: touches no memory.
    unsafe { libc::sched_yield() };
}

/// Writes random bytes; returns how many.
///
/// # Safety
/// `to` must be writable for `len` bytes.
pub unsafe fn random(to: *mut u8, len: usize) -> Result<usize> {
    /// The most that the system gives at once.
    const MOST: usize = 256;
    let len = len.min(MOST);
    // SAFETY: the system writes `len` bytes to `to`, which the caller promises are writable.
    check_unit(unsafe { libc::getentropy(to.cast(), len) }).map(|()| len)
}

/// Whether the program has privileges that its file gave it (set-user-ID).
pub fn is_privileged() -> bool {
    // SAFETY: touches no memory.
    unsafe { libc::issetugid() != 0 }
}

/// The number of a signal, from its number in WASI preview 1, which numbers them as Linux does. There is no SIGPWR
/// here: SIGTERM ends a process in the same way.
pub fn signal_number(signal: u32) -> u32 {
    const NUMBERS: [i32; 31] = [
        0,
        libc::SIGHUP,
        libc::SIGINT,
        libc::SIGQUIT,
        libc::SIGILL,
        libc::SIGTRAP,
        libc::SIGABRT,
        libc::SIGBUS,
        libc::SIGFPE,
        libc::SIGKILL,
        libc::SIGUSR1,
        libc::SIGSEGV,
        libc::SIGUSR2,
        libc::SIGPIPE,
        libc::SIGALRM,
        libc::SIGTERM,
        libc::SIGCHLD,
        libc::SIGCONT,
        libc::SIGSTOP,
        libc::SIGTSTP,
        libc::SIGTTIN,
        libc::SIGTTOU,
        libc::SIGURG,
        libc::SIGXCPU,
        libc::SIGXFSZ,
        libc::SIGVTALRM,
        libc::SIGPROF,
        libc::SIGWINCH,
        libc::SIGIO,
        libc::SIGTERM,
        libc::SIGSYS,
    ];
    NUMBERS.get(signal as usize).map_or(0, |&number| number as u32)
}

/// The compiler refuses limits for this system.
pub const KEEPS_LIMITS: bool = false;

/// See [`KEEPS_LIMITS`].
pub fn limit_open_files(_: u64) {}

/// See [`KEEPS_LIMITS`].
pub fn limit_time(_: u64) {}
