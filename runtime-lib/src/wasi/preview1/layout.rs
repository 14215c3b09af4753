//! Numbers and structures of preview 1 in the guest's memory: little-endian, at any alignment.

use crate::errno::{Errno, Result};
use crate::sys::{Clock, FileStatus, FileType, NewTime};
use crate::wasi::guest::{self, Address};
use crate::wasi::polling::{Event, Subscription};

/// The clock of an identifier.
pub fn clock(id: u32) -> Result<Clock> {
    match id {
        0 => Ok(Clock::Realtime),
        1 => Ok(Clock::Monotonic),
        2 => Ok(Clock::ProcessCpu),
        3 => Ok(Clock::ThreadCpu),
        _ => Err(Errno::INVAL),
    }
}

/// `filetype`
pub fn file_type(kind: FileType) -> u8 {
    match kind {
        FileType::Unknown => 0,
        FileType::BlockDevice => 1,
        FileType::CharacterDevice => 2,
        FileType::Directory => 3,
        FileType::Regular => 4,
        FileType::DatagramSocket => 5,
        FileType::Socket => 6,
        FileType::SymbolicLink => 7,
    }
}

/// `filestat`
pub fn filestat(status: &FileStatus) -> [u64; 8] {
    [
        status.device,
        status.inode,
        file_type(status.kind).into(),
        status.links,
        status.size,
        status.accessed,
        status.modified,
        status.changed,
    ]
}

/// `fdstat`
pub fn fdstat(kind: FileType, flags: u16, rights: u32, inheriting: u32) -> [u64; 3] {
    [u64::from(file_type(kind)) | u64::from(flags) << 16, rights.into(), inheriting.into()]
}

/// Bytes of `dirent`.
pub const DIRENT_SIZE: usize = 24;

/// `dirent`
pub fn dirent(next: u64, inode: u64, kind: FileType, name_len: u32) -> [u8; DIRENT_SIZE] {
    let mut bytes = [0; DIRENT_SIZE];
    let values = next.to_le_bytes().into_iter().chain(inode.to_le_bytes()).chain(name_len.to_le_bytes());
    for (to, value) in bytes.iter_mut().zip(values.chain([file_type(kind)])) {
        *to = value;
    }
    bytes
}

/// Bits of `fstflags`.
const ATIM: u32 = 1 << 0;
const ATIM_NOW: u32 = 1 << 1;
const MTIM: u32 = 1 << 2;
const MTIM_NOW: u32 = 1 << 3;

/// The times that `fstflags` select.
pub fn times(accessed: u64, modified: u64, flags: u32) -> Result<(NewTime, NewTime)> {
    super::check_flags(flags, ATIM | ATIM_NOW | MTIM | MTIM_NOW)?;
    let accessed = time(accessed, flags & ATIM != 0, flags & ATIM_NOW != 0)?;
    Ok((accessed, time(modified, flags & MTIM != 0, flags & MTIM_NOW != 0)?))
}

fn time(time: u64, set: bool, now: bool) -> Result<NewTime> {
    match (set, now) {
        (true, true) => Err(Errno::INVAL),
        (true, false) => Ok(NewTime::At(time)),
        (false, true) => Ok(NewTime::Now),
        (false, false) => Ok(NewTime::Keep),
    }
}

/// Bytes of `subscription`.
pub const SUBSCRIPTION_SIZE: u32 = 48;
/// Bytes of `event`.
pub const EVENT_SIZE: u32 = 32;

/// `subscription`
pub fn subscription(address: Address) -> Result<Subscription> {
    let [_, tag, first, time, _, flags]: [u64; 6] = guest::read(address)?;
    subscription_of(tag, first, time, flags, first)
}

/// A subscription from its fields, each in the low part of a word: the tag, a clock with a time and flags, and a
/// descriptor.
pub fn subscription_of(tag: u64, id: u64, time: u64, flags: u64, fd: u64) -> Result<Subscription> {
    const ABSOLUTE: u32 = 1;
    match tag as u8 {
        0 => {
            let flags = flags as u32 & 0xffff;
            super::check_flags(flags, ABSOLUTE)?;
            Ok(Subscription::Clock { clock: clock(id as u32)?, time, absolute: flags == ABSOLUTE })
        }
        tag @ (1 | 2) => Ok(Subscription::File { fd: fd as u32, writing: tag == 2 }),
        _ => Err(Errno::INVAL),
    }
}

/// `event` for the subscription at `address`.
pub fn event(address: Address, event: &Event) -> Result<[u64; 4]> {
    const HANGUP: u64 = 1;
    let [user_data, tag]: [u64; 2] = guest::read(address)?;
    let error = event.error.map_or(0, |Errno(number)| u64::from(number));
    Ok([user_data, error | (tag & 0xff) << 16, event.bytes, if event.hung_up { HANGUP } else { 0 }])
}
