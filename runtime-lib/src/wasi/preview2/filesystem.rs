//! `wasi:filesystem/types`: descriptors of files and directories.

use super::clocks::{Datetime, datetime};
use super::errors::FileError;
use super::resources::{self, Input, Opened, Output, Position, Resource};
use crate::component::{Area, Bytes, Caller, Text, trap_with_number};
use crate::errno::{Errno, Result};
use crate::sys::{self, FileStatus, FileType, Iovec, NewTime};
use crate::wasi::carried;
use crate::wasi::descriptors::{self, DSYNC, Descriptor, Kind, RSYNC, SYNC};
use crate::wasi::files;
use crate::wasi::rights::{self, FD_READ, FD_SEEK, FD_WRITE};
use crate::wasi::streams::{self, Iovecs};
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::types::filesystem_types::{Advice, DescriptorType, descriptor_flags};
use wasmc_abi::preview2::{file_error, metadata_hash, numbers};

/// `result<T, error-code>`
pub type Answer<T> = core::result::Result<T, FileError>;

/// Answers a call on a descriptor, with what `call` makes of the number in [`descriptors`].
pub fn answer<T: crate::component::Lower>(
    canonical: &Canonical,
    handle: u32,
    to: u32,
    call: impl FnOnce(Caller, Opened) -> Result<T>,
) {
    let caller = Caller::enter(canonical);
    let area = Area::<Answer<T>>::new(caller, to);
    let (_, opened) = resources::descriptor(caller, handle);
    area.put(caller, call(caller, opened).map_err(FileError::from));
}

/// Whether a descriptor is a directory.
fn is_directory(opened: Opened) -> Result<bool> {
    match carried::embedded(opened.fd) {
        Some((descriptor, operations)) => Ok((operations.status)(&descriptor)?.kind == FileType::Directory),
        None => Ok(descriptors::get(opened.fd, 0)?.kind.is_directory()),
    }
}

/// The attributes of what is open.
fn status(opened: Opened) -> Result<FileStatus> {
    match carried::embedded(opened.fd) {
        Some((descriptor, operations)) => (operations.status)(&descriptor),
        None => files::status(opened.fd),
    }
}

/// A descriptor that must be no directory.
fn file(opened: Opened, wanted: u32) -> Result<Descriptor> {
    if is_directory(opened)? {
        return Err(Errno::ISDIR);
    }
    descriptors::file(opened.fd, wanted)
}

/// The number of a descriptor that must be a directory.
pub fn directory_of(opened: Opened) -> Result<u32> {
    if !is_directory(opened)? {
        return Err(Errno::NOTDIR);
    }
    Ok(opened.fd)
}

/// The same, of a directory that is changed.
pub fn changing_directory_of(opened: Opened) -> Result<u32> {
    let directory = directory_of(opened)?;
    carried::check_not_embedded(directory).map(|()| directory)
}

/// The type of a file.
pub fn descriptor_type(kind: FileType) -> DescriptorType {
    match kind {
        // Of files that can be opened, only FIFOs are none of the others.
        FileType::Unknown => DescriptorType::Fifo,
        FileType::BlockDevice => DescriptorType::BlockDevice,
        FileType::CharacterDevice => DescriptorType::CharacterDevice,
        FileType::Directory => DescriptorType::Directory,
        FileType::Regular => DescriptorType::RegularFile,
        FileType::Socket | FileType::DatagramSocket => DescriptorType::Socket,
        FileType::SymbolicLink => DescriptorType::SymbolicLink,
    }
}

/// `descriptor-stat`
pub type Stat = (DescriptorType, u64, u64, Option<Datetime>, Option<Datetime>, Option<Datetime>);

/// The attributes of a file.
pub fn stat(status: &FileStatus) -> Stat {
    let [accessed, modified, changed] =
        [status.accessed, status.modified, status.changed].map(|time| Some(datetime(time)));
    (descriptor_type(status.kind), status.links, status.size, accessed, modified, changed)
}

/// `metadata-hash-value`
pub fn hash(status: &FileStatus) -> (u64, u64) {
    metadata_hash(status.device, status.inode)
}

/// A name of the system's as text of the guest's, which must be valid.
pub fn valid(name: &[u8]) -> Result<Text<'_>> {
    if Text(name).is_valid() { Ok(Text(name)) } else { Err(Errno::ILSEQ) }
}

/// A `new-timestamp` from its flat values.
pub fn new_time((case, seconds, nanoseconds): (u32, u64, u32)) -> Result<NewTime> {
    match case {
        0 => Ok(NewTime::Keep),
        1 => Ok(NewTime::Now),
        2 => {
            let whole = seconds.checked_mul(1_000_000_000).ok_or(Errno::OVERFLOW)?;
            Ok(NewTime::At(whole.checked_add(nanoseconds.into()).ok_or(Errno::OVERFLOW)?))
        }
        case => trap_with_number("unexpected discriminant: ", case, ""),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_drop_descriptor(canonical: &Canonical, handle: u32) {
    if let Some(Resource::Descriptor(opened)) =
        resources::drop_handle(Caller::enter(canonical), handle, numbers::DESCRIPTOR)
    {
        opened.release();
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_read_via_stream(
    canonical: &Canonical,
    handle: u32,
    offset: u64,
    to: u32,
) {
    answer(canonical, handle, to, |_, opened| {
        file(opened, FD_READ)?;
        let stream = Input { opened: opened.share(), offset: Some(offset), closed: false };
        Ok(resources::own(numbers::INPUT_STREAM, Resource::Input(stream)))
    });
}

fn write_via(canonical: &Canonical, handle: u32, position: Position, to: u32) {
    answer(canonical, handle, to, |_, opened| {
        file(opened, FD_WRITE)?;
        let stream = Output { opened: opened.share(), position, closed: false };
        Ok(resources::own(numbers::OUTPUT_STREAM, Resource::Output(stream)))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_write_via_stream(
    canonical: &Canonical,
    handle: u32,
    offset: u64,
    to: u32,
) {
    write_via(canonical, handle, Position::At(offset), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_append_via_stream(canonical: &Canonical, handle: u32, to: u32) {
    write_via(canonical, handle, Position::End, to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_advise(
    canonical: &Canonical,
    handle: u32,
    offset: u64,
    len: u64,
    advice: u32,
    to: u32,
) {
    if advice as usize >= Advice::ALL.len() {
        trap_with_number("unexpected discriminant: ", advice, "");
    }
    answer(canonical, handle, to, |_, opened| match carried::embedded(opened.fd) {
        Some(_) => file(opened, rights::FD_ADVISE).map(drop),
        None => files::advise(opened.fd, offset, len, advice),
    });
}

fn synchronize(canonical: &Canonical, handle: u32, (right, metadata): (u32, bool), to: u32) {
    answer(canonical, handle, to, |_, opened| match carried::embedded(opened.fd) {
        Some(_) => Ok(()),
        None => sys::synchronize(descriptors::get(opened.fd, right)?.host, metadata),
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_sync_data(canonical: &Canonical, handle: u32, to: u32) {
    synchronize(canonical, handle, (rights::FD_DATASYNC, false), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_sync(canonical: &Canonical, handle: u32, to: u32) {
    synchronize(canonical, handle, (rights::FD_SYNC, true), to);
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_get_flags(canonical: &Canonical, handle: u32, to: u32) {
    answer(canonical, handle, to, |_, opened| {
        use descriptor_flags as flag;
        let descriptor = descriptors::get(opened.fd, 0)?;
        let is_directory = is_directory(opened)?;
        let flags = [
            (is_directory || descriptor.rights & FD_READ != 0, flag::READ),
            (descriptor.rights & FD_WRITE != 0, flag::WRITE),
            (descriptor.flags & SYNC != 0, flag::FILE_INTEGRITY_SYNC),
            (descriptor.flags & DSYNC != 0, flag::DATA_INTEGRITY_SYNC),
            (descriptor.flags & RSYNC != 0, flag::REQUESTED_WRITE_SYNC),
            (is_directory && !descriptor.read_only && descriptor.kind != Kind::Embedded, flag::MUTATE_DIRECTORY),
        ];
        let set = flags.iter().filter(|(is_set, _)| *is_set).fold(0, |flags, (_, flag)| flags | flag);
        Ok(set as u8)
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_get_type(canonical: &Canonical, handle: u32, to: u32) {
    answer(canonical, handle, to, |_, opened| {
        Ok(match descriptors::get(opened.fd, 0)?.kind {
            Kind::Directory | Kind::NamedFile => DescriptorType::Directory,
            Kind::File(kind) => descriptor_type(kind),
            _ => descriptor_type(status(opened)?.kind),
        })
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_set_size(
    canonical: &Canonical,
    handle: u32,
    size: u64,
    to: u32,
) {
    answer(canonical, handle, to, |_, opened| {
        let descriptor = file(opened, rights::FD_FILESTAT_SET_SIZE)?;
        carried::check_not_embedded(opened.fd)?;
        sys::set_size(descriptor.host, size)
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_set_times(
    canonical: &Canonical,
    handle: u32,
    accessed: u32,
    accessed_seconds: u64,
    accessed_nanoseconds: u32,
    modified: u32,
    modified_seconds: u64,
    modified_nanoseconds: u32,
    to: u32,
) {
    answer(canonical, handle, to, |_, opened| {
        let accessed = new_time((accessed, accessed_seconds, accessed_nanoseconds));
        let modified = new_time((modified, modified_seconds, modified_nanoseconds));
        carried::check_not_embedded(opened.fd)?;
        files::set_times(opened.fd, (accessed?, modified?))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_read(
    canonical: &Canonical,
    handle: u32,
    len: u64,
    offset: u64,
    to: u32,
) {
    answer(canonical, handle, to, |_, opened| {
        let descriptor = file(opened, FD_READ | FD_SEEK)?;
        let bytes = super::transfer::read_into_buffer(&descriptor, len, Some(offset))?;
        Ok((Bytes(bytes), bytes.is_empty() && len > 0))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_write(
    canonical: &Canonical,
    handle: u32,
    from: u32,
    len: u32,
    offset: u64,
    to: u32,
) {
    answer(canonical, handle, to, |caller, opened| {
        let from: Iovec = caller.bytes(from, len);
        let descriptor = file(opened, FD_WRITE | FD_SEEK)?;
        streams::write(&descriptor, &Iovecs::one(from), Some(offset)).map(|count| count as u64)
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_stat(canonical: &Canonical, handle: u32, to: u32) {
    answer(canonical, handle, to, |_, opened| status(opened).map(|status| stat(&status)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_is_same_object(
    canonical: &Canonical,
    handle: u32,
    other: u32,
) -> u32 {
    let caller = Caller::enter(canonical);
    let of = |handle| status(resources::descriptor(caller, handle).1);
    let (this, other) = (of(handle), of(other));
    match (this, other) {
        (Ok(this), Ok(other)) => ((this.device, this.inode) == (other.device, other.inode)).into(),
        _ => 0,
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_metadata_hash(canonical: &Canonical, handle: u32, to: u32) {
    answer(canonical, handle, to, |_, opened| status(opened).map(|status| hash(&status)));
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_filesystem_error_code(canonical: &Canonical, error: u32, to: u32) {
    let caller = Caller::enter(canonical);
    let area = Area::new(caller, to);
    area.put(caller, file_error(resources::error(caller, error).1.0));
}
