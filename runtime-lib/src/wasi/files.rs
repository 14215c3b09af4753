//! What is done with open files, the same in all versions.

use super::descriptors::{self, Kind};
use super::hold::hold;
use super::rights::{FD_ADVISE, FD_FILESTAT_GET, FD_FILESTAT_SET_TIMES};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileStatus, FileType, NewTime};

/// The attributes of an open file. Terminals and pipes that the program was started with have no times: those would
/// only reveal what other processes do with them.
pub fn status(fd: u32) -> Result<FileStatus> {
    let descriptor = descriptors::get(fd, FD_FILESTAT_GET)?;
    let mut status = sys::status(descriptor.host)?;
    if descriptor.kind == Kind::Standard && status.kind != FileType::Regular {
        (status.accessed, status.modified, status.changed) = (0, 0, 0);
    }
    Ok(status)
}

/// Announces how a range will be used; `advice` is the number in WASI.
#[inline(always)]
pub fn advise(fd: u32, offset: u64, len: u64, advice: u32) -> Result<()> {
    // WASI: normal, sequential, random, willneed, dontneed, noreuse. POSIX: normal, random, sequential, and the rest.
    let posix = [0, 2, 1, 3, 4, 5];
    let &advice = posix.get(advice as usize).ok_or(Errno::INVAL)?;
    sys::advise(descriptors::file(fd, FD_ADVISE)?.host, offset, len, advice)
}

/// Sets the times of an open file.
#[inline(always)]
pub fn set_times(fd: u32, (accessed, modified): (NewTime, NewTime)) -> Result<()> {
    hold(fd, |descriptor| {
        descriptor.require(FD_FILESTAT_SET_TIMES)?;
        sys::set_times(descriptor.host, accessed, modified)
    })
}
