//! Descriptors that the program was started with.

use super::files::close;
use super::syscalls::syscall3;
use crate::sys::types::Fd;
use linux_raw_sys::general::__NR_close_range;

/// The first descriptor after the standard streams.
const FIRST: Fd = 3;
/// Descriptors that are closed one by one.
const ONE_BY_ONE: Fd = 1 << 16;

/// Closes all descriptors but the standard streams: at once, or, before Linux 5.9 and in containers that forbid it, the
/// first 65,536 one by one.
pub fn close_above_standard_streams() {
    // SAFETY: touches no memory; at the start of the program nothing uses these descriptors.
    if unsafe { syscall3(__NR_close_range, FIRST as usize, u32::MAX as usize, 0) } != 0 {
        for fd in FIRST..ONE_BY_ONE {
            let _ = close(fd);
        }
    }
}
