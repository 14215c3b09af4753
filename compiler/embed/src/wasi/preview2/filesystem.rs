//! `wasi:filesystem/types`: descriptors of files and directories.

use super::clocks::datetime;
use super::handles::{self, Descriptor, InputStream, OutputStream};
use super::resources::{Input, Output, Position, Resource};
use super::types::{Advice, DescriptorStat, DescriptorType, ErrorCode, MetadataHashValue, NewTimestamp};
use super::{Answer, transfer};
use crate::component::{Borrowed, HostResource};
use crate::wasi::descriptors::Descriptor as Opened;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::open::{FileStatus, OpenFile};
use crate::wasi::paths::{Directory, set_times_of};
use crate::wasi::{Clock, Wasi};
use wasmc_abi::preview2::types::filesystem_types::descriptor_flags as flag;
use wasmc_abi::preview2::{file_error, metadata_hash};

/// What a call on a descriptor answers.
pub type Filed<T> = Answer<std::result::Result<T, ErrorCode>>;

/// The error code of an error number.
pub(super) fn code(errno: Errno) -> ErrorCode {
    file_error(errno.0).unwrap_or(ErrorCode::Io)
}

/// Does something with a descriptor, by its number among what is open.
pub(super) fn on<T>(
    wasi: &mut Wasi,
    descriptor: Borrowed<Descriptor>,
    act: impl FnOnce(&mut Wasi, i32) -> Result<T>,
) -> Filed<T> {
    let number = wasi.resources.descriptor(descriptor.0)?;
    Ok(act(wasi, number).map_err(code))
}

/// As [`on`], where a resource is made.
pub(super) fn make<R: HostResource>(
    wasi: &mut Wasi,
    descriptor: Borrowed<Descriptor>,
    act: impl FnOnce(&mut Wasi, i32) -> Result<Resource>,
) -> Filed<R> {
    Ok(match on(wasi, descriptor, act)? {
        Ok(resource) => Ok(wasi.resources.insert(resource, None)?),
        Err(code) => Err(code),
    })
}

/// A descriptor that must be a directory.
pub(super) fn directory(wasi: &Wasi, number: i32) -> Result<&Directory> {
    wasi.descriptors.directory(number).map_err(|_| Errno::NOTDIR)
}

/// A descriptor that must be none.
fn file(wasi: &mut Wasi, number: i32) -> Result<&mut OpenFile> {
    match wasi.descriptors.get(number)? {
        Opened::File(file) => Ok(file),
        _ => Err(Errno::ISDIR),
    }
}

fn readable(wasi: &mut Wasi, number: i32) -> Result<&mut OpenFile> {
    let file = file(wasi, number)?;
    if file.reads { Ok(file) } else { Err(Errno::BADF) }
}

fn writable(wasi: &mut Wasi, number: i32) -> Result<&mut OpenFile> {
    let file = file(wasi, number)?;
    if file.writes { Ok(file) } else { Err(Errno::BADF) }
}

fn status(wasi: &mut Wasi, number: i32) -> Result<FileStatus> {
    let metadata = match wasi.descriptors.get(number)? {
        Opened::Directory(directory, _) => directory.metadata()?,
        other => other.file()?.file.metadata()?,
    };
    Ok(FileStatus::from(&metadata))
}

/// The type of a file, by its number in preview 1.
pub(super) fn descriptor_type(kind: u8) -> DescriptorType {
    match kind {
        1 => DescriptorType::BlockDevice,
        2 => DescriptorType::CharacterDevice,
        3 => DescriptorType::Directory,
        4 => DescriptorType::RegularFile,
        5 | 6 => DescriptorType::Socket,
        7 => DescriptorType::SymbolicLink,
        // Of files that can be opened, only FIFOs are none of the others.
        _ => DescriptorType::Fifo,
    }
}

/// The attributes of a file.
pub(super) fn stat(status: &FileStatus) -> DescriptorStat {
    DescriptorStat {
        ty: descriptor_type(status.kind),
        link_count: status.links,
        size: status.size,
        data_access_timestamp: Some(datetime(status.accessed)),
        data_modification_timestamp: Some(datetime(status.modified)),
        status_change_timestamp: Some(datetime(status.changed)),
    }
}

/// What tells a file from others.
pub(super) fn hash(status: &FileStatus) -> MetadataHashValue {
    let (lower, upper) = metadata_hash(status.device, status.inode);
    MetadataHashValue { lower, upper }
}

/// Times that are set, in nanoseconds; `None` leaves one.
pub(super) fn times(wasi: &mut Wasi, times: [NewTimestamp; 2]) -> Result<[Option<u64>; 2]> {
    let mut now = || (wasi.clocks)(Clock::Realtime);
    let mut time = |time| -> Result<Option<u64>> {
        match time {
            NewTimestamp::NoChange => Ok(None),
            NewTimestamp::Now => Ok(Some(now())),
            NewTimestamp::Timestamp(date) => {
                let whole = date.seconds.checked_mul(1_000_000_000).ok_or(Errno::OVERFLOW)?;
                Ok(Some(whole.checked_add(date.nanoseconds.into()).ok_or(Errno::OVERFLOW)?))
            }
        }
    };
    Ok([time(times[0])?, time(times[1])?])
}

pub fn filesystem_types_descriptor_read_via_stream(
    wasi: &mut Wasi,
    (descriptor, offset): (Borrowed<Descriptor>, u64),
) -> Filed<InputStream> {
    make(wasi, descriptor, |wasi, number| {
        readable(wasi, number)?;
        wasi.descriptors.share(number)?;
        Ok(Resource::Input(Input { descriptor: number, offset: Some(offset), closed: false }))
    })
}

fn write_via(wasi: &mut Wasi, descriptor: Borrowed<Descriptor>, position: Position) -> Filed<OutputStream> {
    make(wasi, descriptor, |wasi, number| {
        writable(wasi, number)?;
        wasi.descriptors.share(number)?;
        Ok(Resource::Output(Output { descriptor: number, position, closed: false }))
    })
}

pub fn filesystem_types_descriptor_write_via_stream(
    wasi: &mut Wasi,
    (descriptor, offset): (Borrowed<Descriptor>, u64),
) -> Filed<OutputStream> {
    write_via(wasi, descriptor, Position::At(offset))
}

pub fn filesystem_types_descriptor_append_via_stream(
    wasi: &mut Wasi,
    (descriptor,): (Borrowed<Descriptor>,),
) -> Filed<OutputStream> {
    write_via(wasi, descriptor, Position::End)
}

pub fn filesystem_types_descriptor_advise(
    wasi: &mut Wasi,
    (descriptor, _offset, _len, _advice): (Borrowed<Descriptor>, u64, u64, Advice),
) -> Filed<()> {
    on(wasi, descriptor, |wasi, number| wasi.descriptors.get(number)?.file().map(drop))
}

pub fn filesystem_types_descriptor_sync_data(wasi: &mut Wasi, (descriptor,): (Borrowed<Descriptor>,)) -> Filed<()> {
    on(wasi, descriptor, |wasi, number| wasi.descriptors.get(number)?.synchronize())
}

pub fn filesystem_types_descriptor_sync(wasi: &mut Wasi, descriptor: (Borrowed<Descriptor>,)) -> Filed<()> {
    filesystem_types_descriptor_sync_data(wasi, descriptor)
}

pub fn filesystem_types_descriptor_get_flags(wasi: &mut Wasi, (descriptor,): (Borrowed<Descriptor>,)) -> Filed<u8> {
    on(wasi, descriptor, |wasi, number| {
        let flags = match wasi.descriptors.get(number)? {
            Opened::Directory(directory, _) => {
                [(true, flag::READ), (!directory.is_read_only(), flag::MUTATE_DIRECTORY)]
                    .into_iter()
                    .filter_map(|(is_set, flag)| is_set.then_some(flag))
                    .sum()
            }
            other => {
                let file = other.file()?;
                let access = [(file.reads, flag::READ), (file.writes, flag::WRITE)];
                let access: u32 = access.into_iter().filter_map(|(is_set, flag)| is_set.then_some(flag)).sum();
                let kept = KEPT.iter().filter(|(_, kept)| file.flags & kept != 0);
                access | kept.map(|(flag, _)| flag).sum::<u32>()
            }
        };
        Ok(flags as u8)
    })
}

/// The flags of a descriptor that it is opened with, each with that of preview 1.
pub(super) const KEPT: [(u32, u16); 3] =
    [(flag::FILE_INTEGRITY_SYNC, 1 << 4), (flag::DATA_INTEGRITY_SYNC, 1 << 1), (flag::REQUESTED_WRITE_SYNC, 1 << 3)];

pub fn filesystem_types_descriptor_get_type(
    wasi: &mut Wasi,
    (descriptor,): (Borrowed<Descriptor>,),
) -> Filed<DescriptorType> {
    on(wasi, descriptor, |wasi, number| Ok(descriptor_type(status(wasi, number)?.kind)))
}

pub fn filesystem_types_descriptor_set_size(
    wasi: &mut Wasi,
    (descriptor, size): (Borrowed<Descriptor>, u64),
) -> Filed<()> {
    on(wasi, descriptor, |wasi, number| file(wasi, number)?.set_size(size))
}

pub fn filesystem_types_descriptor_set_times(
    wasi: &mut Wasi,
    (descriptor, accessed, modified): (Borrowed<Descriptor>, NewTimestamp, NewTimestamp),
) -> Filed<()> {
    on(wasi, descriptor, |wasi, number| {
        let times = times(wasi, [accessed, modified])?;
        match wasi.descriptors.get(number)? {
            Opened::Directory(directory, _) => directory.set_own_times(times),
            other => set_times_of(other.file()?, times),
        }
    })
}

pub fn filesystem_types_descriptor_read(
    wasi: &mut Wasi,
    (descriptor, len, offset): (Borrowed<Descriptor>, u64, u64),
) -> Filed<(Vec<u8>, bool)> {
    on(wasi, descriptor, |wasi, number| {
        readable(wasi, number)?;
        let bytes = transfer::read_at(wasi.descriptors.get(number)?, len, Some(offset))?;
        let is_end = bytes.is_empty() && len > 0;
        Ok((bytes, is_end))
    })
}

pub fn filesystem_types_descriptor_write(
    wasi: &mut Wasi,
    (descriptor, bytes, offset): (Borrowed<Descriptor>, Vec<u8>, u64),
) -> Filed<u64> {
    on(wasi, descriptor, |wasi, number| Ok(writable(wasi, number)?.write(&bytes, Some(offset))? as u64))
}

pub fn filesystem_types_descriptor_stat(
    wasi: &mut Wasi,
    (descriptor,): (Borrowed<Descriptor>,),
) -> Filed<DescriptorStat> {
    on(wasi, descriptor, |wasi, number| status(wasi, number).map(|status| stat(&status)))
}

pub fn filesystem_types_descriptor_metadata_hash(
    wasi: &mut Wasi,
    (descriptor,): (Borrowed<Descriptor>,),
) -> Filed<MetadataHashValue> {
    on(wasi, descriptor, |wasi, number| status(wasi, number).map(|status| hash(&status)))
}

pub fn filesystem_types_descriptor_is_same_object(
    wasi: &mut Wasi,
    (this, other): (Borrowed<Descriptor>, Borrowed<Descriptor>),
) -> Answer<bool> {
    let (this, other) = (wasi.resources.descriptor(this.0)?, wasi.resources.descriptor(other.0)?);
    Ok(match (status(wasi, this), status(wasi, other)) {
        (Ok(this), Ok(other)) => (this.device, this.inode) == (other.device, other.inode),
        _ => false,
    })
}

pub fn filesystem_types_filesystem_error_code(
    wasi: &mut Wasi,
    (error,): (Borrowed<handles::Error>,),
) -> Answer<Option<ErrorCode>> {
    Ok(file_error(wasi.resources.error(error.0)?.0))
}
