//! `wasi:filesystem/types`: what is done with files by their names in a directory.

use super::filesystem::{answer, changing_directory_of, directory_of, hash, new_time, stat, valid};
use super::resources::{self, Opened, Resource};
use crate::component::Caller;
use crate::errno::{Errno, Result};
use crate::sys::{self, FileStatus, FileType};
use crate::wasi::opening::How;
use crate::wasi::paths::Path;
use crate::wasi::rights::{self, FD_READ, FD_WRITE};
use crate::wasi::{carried, descriptors, names};
use core::mem::MaybeUninit;
use wasmc_abi::component::Canonical;
use wasmc_abi::preview2::numbers;
use wasmc_abi::preview2::types::filesystem_types::{descriptor_flags, open_flags, path_flags};

/// A path of the caller. Traps where it is no string.
fn path(caller: Caller, (from, len): (u32, u32)) -> Result<Path> {
    Path::of(|bytes| caller.read_text(from, len, bytes))
}

/// Bits of flags that are not defined do not count.
fn follows(flags: u32) -> bool {
    flags & path_flags::SYMLINK_FOLLOW != 0
}

/// Functions that take a path, and those that take flags for it, too: each with what is done with the directory, the
/// flags and the path.
macro_rules! on_paths {
    ($($symbol:ident($($flags:ident)?) in $directory:ident, $call:expr;)*) => { $(
        #[unsafe(no_mangle)]
        pub extern "C" fn $symbol(canonical: &Canonical, handle: u32, $($flags: u32,)? name: u32, len: u32, to: u32) {
            answer(canonical, handle, to, |caller, opened| {
                let path = path(caller, (name, len));
                $call($directory(opened)?, $(follows($flags),)? || path)
            });
        }
    )* };
}

on_paths! {
    wasmc_p2_filesystem_types_descriptor_create_directory_at() in changing_directory_of, names::create_directory;
    wasmc_p2_filesystem_types_descriptor_remove_directory_at() in changing_directory_of, names::remove_directory;
    wasmc_p2_filesystem_types_descriptor_unlink_file_at() in changing_directory_of, names::remove_file;
    wasmc_p2_filesystem_types_descriptor_stat_at(flags) in directory_of,
        |directory, follow, path| status(directory, follow, path).map(|status| stat(&status));
    wasmc_p2_filesystem_types_descriptor_metadata_hash_at(flags) in directory_of,
        |directory, follow, path| status(directory, follow, path).map(|status| hash(&status));
}

/// The attributes of what a path names in a directory.
fn status(directory: u32, follow: bool, path: impl FnOnce() -> Result<Path>) -> Result<FileStatus> {
    match carried::embedded(directory) {
        Some((descriptor, operations)) => {
            (operations.find)(&descriptor, path()?.text().to_bytes(), follow).map(|(status, _)| status)
        }
        None => names::status(directory, follow, path),
    }
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_set_times_at(
    canonical: &Canonical,
    handle: u32,
    flags: u32,
    name: u32,
    len: u32,
    accessed: u32,
    accessed_seconds: u64,
    accessed_nanoseconds: u32,
    modified: u32,
    modified_seconds: u64,
    modified_nanoseconds: u32,
    to: u32,
) {
    answer(canonical, handle, to, |caller, opened| {
        let path = path(caller, (name, len));
        let accessed = new_time((accessed, accessed_seconds, accessed_nanoseconds));
        let modified = new_time((modified, modified_seconds, modified_nanoseconds));
        names::set_times(changing_directory_of(opened)?, follows(flags), || path, (accessed?, modified?))
    });
}

/// The directory that a descriptor must be, and another of the caller's.
fn directories(caller: Caller, this: Opened, other: u32) -> Result<(u32, u32)> {
    let (_, other) = resources::descriptor(caller, other);
    Ok((changing_directory_of(this)?, changing_directory_of(other)?))
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_link_at(
    canonical: &Canonical,
    handle: u32,
    flags: u32,
    name: u32,
    len: u32,
    other: u32,
    new_name: u32,
    new_len: u32,
    to: u32,
) {
    answer(canonical, handle, to, |caller, opened| {
        let (from, to) = (path(caller, (name, len)), path(caller, (new_name, new_len)));
        names::link(follows(flags), directories(caller, opened, other)?, || Ok((from?, to?)))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_rename_at(
    canonical: &Canonical,
    handle: u32,
    name: u32,
    len: u32,
    other: u32,
    new_name: u32,
    new_len: u32,
    to: u32,
) {
    answer(canonical, handle, to, |caller, opened| {
        let (from, to) = (path(caller, (name, len)), path(caller, (new_name, new_len)));
        names::rename(directories(caller, opened, other)?, || Ok((from?, to?)))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_symlink_at(
    canonical: &Canonical,
    handle: u32,
    target: u32,
    target_len: u32,
    name: u32,
    len: u32,
    to: u32,
) {
    answer(canonical, handle, to, |caller, opened| {
        let paths = (path(caller, (target, target_len)), path(caller, (name, len)));
        names::create_symbolic_link(changing_directory_of(opened)?, || Ok((paths.0?, paths.1?)))
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_readlink_at(
    canonical: &Canonical,
    handle: u32,
    name: u32,
    len: u32,
    to: u32,
) {
    let mut buffer = [const { MaybeUninit::uninit() }; sys::PATH_MAX];
    answer(canonical, handle, to, |caller, opened| {
        let path = path(caller, (name, len));
        let directory = directory_of(opened)?;
        match carried::embedded(directory) {
            Some((descriptor, operations)) => {
                let (status, target) = (operations.find)(&descriptor, path?.text().to_bytes(), false)?;
                if status.kind == FileType::SymbolicLink { valid(target) } else { Err(Errno::INVAL) }
            }
            None => valid(names::read_link(directory, || path, &mut buffer)?),
        }
    });
}

#[unsafe(no_mangle)]
pub extern "C" fn wasmc_p2_filesystem_types_descriptor_open_at(
    canonical: &Canonical,
    handle: u32,
    lookup: u32,
    name: u32,
    len: u32,
    open: u32,
    flags: u32,
    to: u32,
) {
    answer(canonical, handle, to, |caller, opened| {
        use descriptor_flags as flag;
        let path = path(caller, (name, len));
        let directory = directory_of(opened)?;
        if flags & flag::MUTATE_DIRECTORY != 0 && descriptors::get(directory, 0)?.read_only {
            return Err(Errno::PERM);
        }
        let asked = [(flag::READ, FD_READ), (flag::WRITE, FD_WRITE)];
        let rights = asked.iter().filter(|(flag, _)| flags & flag != 0).fold(0, |rights, (_, right)| rights | right);
        let others = rights::ALL & !(FD_READ | FD_WRITE);
        let kept = [
            (flag::FILE_INTEGRITY_SYNC, descriptors::SYNC),
            (flag::DATA_INTEGRITY_SYNC, descriptors::DSYNC),
            (flag::REQUESTED_WRITE_SYNC, descriptors::RSYNC),
        ];
        let flags = kept.iter().filter(|(flag, _)| flags & flag != 0).fold(0, |flags, (_, kept)| flags | kept);
        // The flags for opening have the same bits in preview 1.
        let open = open & open_flags::ALL;
        let (follow, rights) = (follows(lookup), rights | others);
        let fd = match carried::embedded(directory) {
            Some((descriptor, operations)) => {
                let how = carried::How { follow, open, rights, flags };
                (operations.open)(&descriptor, path?.text().to_bytes(), how)?
            }
            None => How { follow, open, flags: flags.into(), rights }.open(directory, &path?)?,
        };
        let opened = Opened::new(fd);
        Ok(resources::own(numbers::DESCRIPTOR, Resource::Descriptor(opened)))
    });
}
