//! WASI snapshot 0: the functions of `wasi_unstable`.
//!
//! All its functions are those of preview 1 ([`wasmc_abi::host`] says so to the compiler), except for the ones here:
//! `whence` is numbered in another order, `filestat` has a 32-bit count of links, and a subscription to a clock has an
//! identifier more.

use super::files;
use super::guest::{self, Address};
use super::polling::Subscription;
use super::preview1::{answer_at, fd_io, layout, path, poll};
use crate::errno::Result;
use crate::sys::{FileStatus, Whence};

#[unsafe(no_mangle)]
pub extern "C" fn wasi_unstable_fd_seek(fd: u32, offset: i64, whence: u32, to: Address) -> i32 {
    answer_at(to, || fd_io::seek(fd, offset, whence, [Whence::Current, Whence::End, Whence::Start]))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_unstable_fd_filestat_get(fd: u32, to: Address) -> i32 {
    answer_at(to, || files::status(fd).map(|status| filestat(&status)))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasi_unstable_path_filestat_get(fd: u32, lookup: u32, path: Address, len: u32, to: Address) -> i32 {
    answer_at(to, || path::path_status(fd, lookup, path, len).map(|status| filestat(&status)))
}

#[unsafe(no_mangle)]
extern "C" fn wasi_unstable_poll_oneoff(from: Address, to: Address, count: u32, count_to: Address) -> i32 {
    answer_at(count_to, || poll::poll(from, to, count, SUBSCRIPTION_SIZE, subscription))
}

/// `filestat`. A count of links that does not fit becomes the greatest.
pub fn filestat(status: &FileStatus) -> [u64; 7] {
    let links = u32::try_from(status.links).unwrap_or(u32::MAX);
    [
        status.device,
        status.inode,
        u64::from(layout::file_type(status.kind)) | u64::from(links) << 32,
        status.size,
        status.accessed,
        status.modified,
        status.changed,
    ]
}

/// Bytes of `subscription`.
const SUBSCRIPTION_SIZE: u32 = 56;

/// `subscription`
fn subscription(address: Address) -> Result<Subscription> {
    let [_, tag, first, id, time, _, flags]: [u64; 7] = guest::read(address)?;
    layout::subscription_of(tag, id, time, flags, first)
}
