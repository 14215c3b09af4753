//! `wasi:filesystem`: what is done with files by their names in a directory, which directories there are, and what is
//! in them.

use super::Answer;
use super::filesystem::{Filed, KEPT, descriptor_type, directory, hash, make, on, stat, times};
use super::handles::{Descriptor, DirectoryEntryStream};
use super::resources::Resource;
use super::types::{DescriptorStat, DirectoryEntry, MetadataHashValue, NewTimestamp};
use crate::component::Borrowed;
use crate::wasi::Wasi;
use crate::wasi::descriptors::Descriptor as Opened;
use crate::wasi::errno::{Errno, Result};
use crate::wasi::open::FileStatus;
use crate::wasi::paths::{Directory, Opening};
use wasmc_abi::preview2::types::filesystem_types::{descriptor_flags as flag, open_flags, path_flags};

/// Bits of flags that are not defined do not count.
fn follows(flags: u8) -> bool {
    u32::from(flags) & path_flags::SYMLINK_FOLLOW != 0
}

/// A path as the host has it.
fn path(path: &str) -> Result<&[u8]> {
    if path.is_empty() { Err(Errno::NOENT) } else { Ok(path.as_bytes()) }
}

/// A name of the host's as the guest has it.
fn valid(name: Vec<u8>) -> Result<String> {
    String::from_utf8(name).map_err(|_| Errno::ILSEQ)
}

type Named = (Borrowed<Descriptor>, String);

fn on_path<T>(
    wasi: &mut Wasi,
    (descriptor, name): Named,
    act: impl FnOnce(&Directory, &[u8]) -> Result<T>,
) -> Filed<T> {
    on(wasi, descriptor, |wasi, number| act(directory(wasi, number)?, path(&name)?))
}

pub fn filesystem_types_descriptor_create_directory_at(wasi: &mut Wasi, named: Named) -> Filed<()> {
    on_path(wasi, named, Directory::create_directory)
}

pub fn filesystem_types_descriptor_remove_directory_at(wasi: &mut Wasi, named: Named) -> Filed<()> {
    on_path(wasi, named, |directory, path| directory.remove(path, true))
}

pub fn filesystem_types_descriptor_unlink_file_at(wasi: &mut Wasi, named: Named) -> Filed<()> {
    on_path(wasi, named, |directory, path| directory.remove(path, false))
}

pub fn filesystem_types_descriptor_readlink_at(wasi: &mut Wasi, named: Named) -> Filed<String> {
    on_path(wasi, named, |directory, path| valid(directory.read_link(path)?))
}

type Followed = (Borrowed<Descriptor>, u8, String);

fn status(wasi: &mut Wasi, (descriptor, flags, name): Followed) -> Filed<FileStatus> {
    on_path(wasi, (descriptor, name), |directory, path| Ok(FileStatus::from(&directory.stat(path, follows(flags))?)))
}

pub fn filesystem_types_descriptor_stat_at(wasi: &mut Wasi, followed: Followed) -> Filed<DescriptorStat> {
    Ok(status(wasi, followed)?.map(|status| stat(&status)))
}

pub fn filesystem_types_descriptor_metadata_hash_at(wasi: &mut Wasi, followed: Followed) -> Filed<MetadataHashValue> {
    Ok(status(wasi, followed)?.map(|status| hash(&status)))
}

pub fn filesystem_types_descriptor_set_times_at(
    wasi: &mut Wasi,
    (descriptor, flags, name, accessed, modified): (Borrowed<Descriptor>, u8, String, NewTimestamp, NewTimestamp),
) -> Filed<()> {
    on(wasi, descriptor, |wasi, number| {
        let times = times(wasi, [accessed, modified])?;
        directory(wasi, number)?.set_times(path(&name)?, follows(flags), times)
    })
}

/// Does something with two names, each in a directory.
fn between(
    wasi: &mut Wasi,
    (from, name): Named,
    (to, new_name): Named,
    act: impl FnOnce(&Directory, &[u8], &Directory, &[u8]) -> Result<()>,
) -> Filed<()> {
    let to = wasi.resources.descriptor(to.0)?;
    on(wasi, from, |wasi, from| act(directory(wasi, from)?, path(&name)?, directory(wasi, to)?, path(&new_name)?))
}

pub fn filesystem_types_descriptor_link_at(
    wasi: &mut Wasi,
    (from, flags, name, to, new_name): (Borrowed<Descriptor>, u8, String, Borrowed<Descriptor>, String),
) -> Filed<()> {
    between(wasi, (from, name), (to, new_name), |from, path, to, new| match follows(flags) {
        true => Err(Errno::INVAL),
        false => from.link(path, to, new),
    })
}

pub fn filesystem_types_descriptor_rename_at(
    wasi: &mut Wasi,
    (from, name, to, new_name): (Borrowed<Descriptor>, String, Borrowed<Descriptor>, String),
) -> Filed<()> {
    between(wasi, (from, name), (to, new_name), Directory::rename)
}

pub fn filesystem_types_descriptor_symlink_at(
    wasi: &mut Wasi,
    (descriptor, target, name): (Borrowed<Descriptor>, String, String),
) -> Filed<()> {
    on_path(wasi, (descriptor, name), |directory, name| directory.symlink(path(&target)?, name))
}

pub fn filesystem_types_descriptor_open_at(
    wasi: &mut Wasi,
    (descriptor, lookup, name, open, flags): (Borrowed<Descriptor>, u8, String, u8, u8),
) -> Filed<Descriptor> {
    make(wasi, descriptor, |wasi, number| {
        let (open, flags) = (u32::from(open), u32::from(flags));
        let directory = directory(wasi, number)?;
        if flags & flag::MUTATE_DIRECTORY != 0 && directory.is_read_only() {
            return Err(Errno::PERM);
        }
        let kept = KEPT.iter().filter(|(flag, _)| flags & flag != 0);
        let opening = Opening {
            follow: follows(lookup),
            // They have the same bits in preview 1.
            flags: (open & open_flags::ALL) as i32,
            reads: flags & flag::READ != 0,
            writes: flags & flag::WRITE != 0,
            descriptor_flags: kept.map(|(_, kept)| i32::from(*kept)).sum(),
        };
        let opened = directory.open_path(path(&name)?, opening)?;
        Ok(Resource::Descriptor(wasi.descriptors.add(opened.into())?))
    })
}

pub fn filesystem_types_descriptor_read_directory(
    wasi: &mut Wasi,
    (descriptor,): (Borrowed<Descriptor>,),
) -> Filed<DirectoryEntryStream> {
    make(wasi, descriptor, |wasi, number| {
        let entries = directory(wasi, number)?.entries()?;
        Ok(Resource::Entries(wasi.descriptors.add(Opened::Entries(entries))?))
    })
}

pub fn filesystem_types_directory_entry_stream_read_directory_entry(
    wasi: &mut Wasi,
    (stream,): (Borrowed<DirectoryEntryStream>,),
) -> Filed<Option<DirectoryEntry>> {
    let number = wasi.resources.entries(stream.0)?;
    let mut next = || {
        let Opened::Entries(entries) = wasi.descriptors.get(number)? else { return Err(Errno::BADF) };
        let mut entries = entries.filter(|entry| !matches!(entry, Ok((name, ..)) if name == b"." || name == b".."));
        let Some(entry) = entries.next() else { return Ok(None) };
        let (name, _, kind) = entry?;
        Ok(Some(DirectoryEntry { ty: descriptor_type(kind), name: valid(name)? }))
    };
    Ok(next().map_err(super::filesystem::code))
}

pub fn filesystem_preopens_get_directories(wasi: &mut Wasi, (): ()) -> Answer<Vec<(Descriptor, String)>> {
    let mut directories = Vec::new();
    for (number, descriptor) in wasi.resources.granted() {
        if let Ok(Opened::Directory(_, Some(name))) = wasi.descriptors.get(descriptor) {
            let name = String::from_utf8_lossy(name).into_owned();
            directories.push((wasi.resources.permanent(number), name));
        }
    }
    Ok(directories)
}
