//! Descriptors that the program was started with.

use super::directory::read_directory;
use super::errno::check_unit;
use super::files::close;
use super::paths::open_granted;
use super::syscalls::syscall3;
use crate::errno::Result;
use crate::sys::types::Fd;
use linux_raw_sys::general::__NR_close_range;
use wasmc_abi::grants::decimal;

/// The first descriptor after the standard streams.
const FIRST: Fd = 3;

/// Closes all descriptors but the standard streams: at once, or, before Linux 5.9 and in containers that forbid it, one
/// by one as `/proc` lists them.
pub fn close_above_standard_streams() -> Result<()> {
    // SAFETY: touches no memory; at the start of the program nothing uses these descriptors.
    check_unit(unsafe { syscall3(__NR_close_range, FIRST as usize, u32::MAX as usize, 0) }).or_else(|_| close_listed())
}

fn close_listed() -> Result<()> {
    let list = open_granted(c"/proc/self/fd")?;
    let result = read_directory(list, 0, usize::MAX, &mut |entry| {
        let fd = decimal(entry.name.to_bytes()).and_then(|number| Fd::try_from(number).ok());
        if let Some(fd) = fd.filter(|&fd| fd >= FIRST && fd != list) {
            let _ = close(fd);
        }
        Ok(true)
    });
    let _ = close(list);
    result
}
