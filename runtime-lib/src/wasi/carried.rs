//! What is part of the program, for components: calls on a descriptor of that kind ask here.
//!
//! Programs with such directories set [`Operations`] when they start; others are linked without them.

use super::descriptors::{self, Descriptor, Kind};
use super::rights::Rights;
use crate::errno::{Errno, Result};
use crate::sys::{FileStatus, FileType};
use core::ptr::null_mut;
use core::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The entry of a directory: its type and its name.
pub type Entry = (FileType, &'static [u8]);

/// What a path names: its attributes, and the bytes of a file or the target of a link.
pub type Found = (FileStatus, &'static [u8]);

/// What is done with embedded files and directories, by their descriptors.
pub struct Operations {
    /// The attributes.
    pub status: fn(&Descriptor) -> Result<FileStatus>,
    /// All bytes of a file.
    pub contents: fn(&Descriptor) -> Result<&'static [u8]>,
    /// The entry of a directory at a position, from 2, before which are `.` and `..`.
    pub entry: fn(&Descriptor, u64) -> Option<Entry>,
    /// What a path names in a directory, where a link is followed or not.
    pub find: fn(&Descriptor, &[u8], bool) -> Result<Found>,
    /// Opens what a path names in a directory.
    pub open: fn(&Descriptor, &[u8], How) -> Result<u32>,
    /// Ends the use of a descriptor that was removed from the table.
    pub release: fn(&Descriptor),
}

/// How something is opened.
#[derive(Clone, Copy)]
pub struct How {
    /// Whether a link at the end of the path is followed.
    pub follow: bool,
    /// See [`super::opening::How::open`].
    pub open: u32,
    /// The rights that are asked for.
    pub rights: Rights,
    /// Flags of the descriptor.
    pub flags: u16,
}

/// Null in programs without embedded directories.
static OPERATIONS: AtomicPtr<Operations> = AtomicPtr::new(null_mut());

/// Sets what is done.
pub fn set(operations: &'static Operations) {
    // Hidden from the optimiser, which would call the only such functions directly.
    OPERATIONS.store(core::hint::black_box((&raw const *operations).cast_mut()), Relaxed);
}

/// The descriptor with this number, and what is done with it, where it is embedded.
pub fn embedded(fd: u32) -> Option<(Descriptor, &'static Operations)> {
    let descriptor = descriptors::get(fd, 0).ok()?;
    operations(&descriptor).map(|operations| (descriptor, operations))
}

/// What is done with a descriptor, where it is embedded.
pub fn operations(descriptor: &Descriptor) -> Option<&'static Operations> {
    if descriptor.kind != Kind::Embedded {
        return None;
    }
    // SAFETY: only `set` stores a value other than null, the address of operations that nothing changes.
    unsafe { OPERATIONS.load(Relaxed).as_ref() }
}

/// Fails where a descriptor is embedded: nothing about it can be changed.
pub fn check_not_embedded(fd: u32) -> Result<()> {
    if embedded(fd).is_some() { Err(Errno::ROFS) } else { Ok(()) }
}
