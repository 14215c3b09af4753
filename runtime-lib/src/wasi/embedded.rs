//! Directories that are part of the program ([`wasmc_abi::embedded`]): preopened, and served from read-only data
//! without the system.
//!
//! Only programs with such directories are linked with this: they import overlays of the functions of WASI
//! ([`super::overlay`]), which handle descriptors of this kind and pass on all others.

use super::descriptors::{self, Descriptor, Kind};
use super::opening::{CREATE, DIRECTORY, EXCLUSIVE, TRUNCATE};
use super::rights::{self, FD_WRITE, Rights};
use super::streams::Iovecs;
use crate::errno::{Errno, Result};
use crate::sys::{self, Fd, FileStatus, FileType};
use core::sync::atomic::{AtomicU32, AtomicU64, Ordering::Relaxed};
use wasmc_abi::embedded::{Archive, LookupError, Node, NodeKind};

unsafe extern "C" {
    /// The archive ([`wasmc_abi::symbols::EMBEDDED`]).
    static wasmc_embedded: u8;
}

/// The device number of embedded files; no file system of the host has it.
const DEVICE: u64 = u64::MAX;

fn archive() -> Archive<'static> {
    let start = &raw const wasmc_embedded;
    // SAFETY: the compiler defines the symbol in every program that is linked with this; the archive begins with its
    // length.
    let len = u64::from_le(unsafe { start.cast::<u64>().read_unaligned() });
    // SAFETY: the archive has `len` bytes, to which nothing writes.
    Archive::new(unsafe { core::slice::from_raw_parts(start, len as usize) })
}

/// A directory or file that is open. The `host` of its descriptor is its index, offset to numbers that are no
/// descriptors of the system.
struct OpenNode {
    /// Its node plus one; 0 where the slot is free.
    node: AtomicU32,
    /// The position of the next read.
    position: AtomicU64,
}

/// As many as systems let a process have open by default.
const OPEN_MAX: usize = 1024;
const FIRST_HOST: Fd = Fd::MIN;

static OPEN: [OpenNode; OPEN_MAX] =
    [const { OpenNode { node: AtomicU32::new(0), position: AtomicU64::new(0) } }; OPEN_MAX];

/// Preopens the embedded directories (`Builtin::EmbeddedInit`).
#[unsafe(no_mangle)]
pub extern "C" fn wasmc_embedded_init() {
    #[cfg(feature = "component")]
    super::carried::set(&operations::OPERATIONS);
    let archive = archive();
    for index in 0..archive.roots() {
        let name = archive.node(index).map(|node| archive.name(&node));
        let inheriting = rights::DIRECTORY | rights::FILE;
        if insert(index, |host| Descriptor {
            preopen: name,
            ..Descriptor::embedded(host, rights::DIRECTORY, inheriting)
        })
        .is_err()
        {
            sys::fatal("wasmc: cannot open the embedded directories: too many\n", 1)
        }
    }
}

/// Opens a node and gives it a descriptor.
fn insert(node: u32, descriptor: impl FnOnce(Fd) -> Descriptor) -> Result<u32> {
    let take = |open: &OpenNode| open.node.compare_exchange(0, node + 1, Relaxed, Relaxed).is_ok();
    let index = OPEN.iter().position(take).ok_or(Errno::MFILE)?;
    let descriptor = descriptor(FIRST_HOST + index as Fd);
    descriptors::insert(descriptor).inspect_err(|_| release(&descriptor))
}

fn open_of(descriptor: &Descriptor) -> Option<&'static OpenNode> {
    OPEN.get(descriptor.host.wrapping_sub(FIRST_HOST) as usize)
}

fn release(descriptor: &Descriptor) {
    if let Some(open) = open_of(descriptor) {
        open.position.store(0, Relaxed);
        open.node.store(0, Relaxed);
    }
}

/// Releases a descriptor of an embedded file, before code that does not know such files closes or replaces it.
pub fn release_if_embedded(fd: u32) {
    let _ = descriptors::update(fd, |descriptor| {
        if descriptor.kind == Kind::Embedded {
            release(&core::mem::replace(descriptor, Descriptor::CLOSED));
        }
        Ok(())
    });
}

/// Rights that apply to an embedded file.
const FILE: Rights = rights::FILE & !FD_WRITE;

/// An embedded directory or file that the guest has open.
pub struct Opened {
    /// The guest's descriptor.
    pub fd: u32,
    /// Its entry in the table.
    pub descriptor: Descriptor,
    /// Index of its node.
    pub index: u32,
    /// Its node.
    pub node: Node,
    position: &'static AtomicU64,
}

/// The embedded directory or file behind `fd`, if it is one.
pub fn opened(fd: u32) -> Option<Opened> {
    let descriptor = descriptors::get(fd, 0).ok().filter(|descriptor| descriptor.kind == Kind::Embedded)?;
    opened_by(fd, descriptor)
}

/// The embedded directory or file that a descriptor of this kind stands for.
fn opened_by(fd: u32, descriptor: Descriptor) -> Option<Opened> {
    let open = open_of(&descriptor)?;
    let index = open.node.load(Relaxed).checked_sub(1)?;
    Some(Opened { fd, descriptor, index, node: archive().node(index)?, position: &open.position })
}

/// A directory entry.
pub struct Entry {
    /// Index of the node.
    pub index: u32,
    /// Its type.
    pub kind: FileType,
    /// Its name.
    pub name: &'static [u8],
}

impl Opened {
    /// Fails unless it is a file with these rights.
    pub fn file(self, wanted: Rights) -> Result<Self> {
        if self.node.kind == NodeKind::Directory {
            return Err(Errno::BADF);
        }
        self.descriptor.require(wanted)?;
        Ok(self)
    }

    /// Fails unless it is a directory with these rights.
    pub fn directory(self, wanted: Rights) -> Result<Self> {
        if self.node.kind != NodeKind::Directory {
            return Err(Errno::NOTDIR);
        }
        self.descriptor.require(wanted)?;
        Ok(self)
    }

    /// Copies from the file's position on, or from `offset` on.
    pub fn read(&self, iovecs: &Iovecs, offset: Option<u64>) -> Result<usize> {
        let wanted: u64 = iovecs.as_slice().iter().map(|vector| vector.len as u64).sum();
        let size = self.node.len;
        let start = match offset {
            Some(offset) => offset,
            None => self.move_by(|start| Some(start + wanted.min(size.saturating_sub(start))))?.0,
        };
        let mut rest = archive().contents(&self.node).get(start as usize..).unwrap_or_default();
        let before = rest.len();
        for vector in iovecs.as_slice() {
            let (part, after) = rest.split_at(vector.len.min(rest.len()));
            // SAFETY: the buffer is inside the guest's memory, which no Rust object overlaps.
            unsafe { vector.base.copy_from_nonoverlapping(part.as_ptr(), part.len()) };
            rest = after;
        }
        Ok(before - rest.len())
    }

    /// Moves the position by `offset`, from the start, the present position (`None`) or the end.
    pub fn seek(&self, offset: i64, from: Option<u64>) -> Result<u64> {
        let is_offset = |to: &u64| i64::try_from(*to).is_ok();
        let to = self.move_by(|here| from.unwrap_or(here).checked_add_signed(offset).filter(is_offset))?;
        Ok(to.1)
    }

    /// Moves the position; returns the previous and the new one. Threads may do so at the same time.
    fn move_by(&self, next: impl Fn(u64) -> Option<u64>) -> Result<(u64, u64)> {
        let before = self.position.fetch_update(Relaxed, Relaxed, &next).map_err(|_| Errno::INVAL)?;
        Ok((before, next(before).ok_or(Errno::INVAL)?))
    }

    /// Its attributes.
    pub fn status(&self) -> FileStatus {
        status(self.index, &self.node)
    }

    /// The node that a path names in this directory.
    pub fn resolve(&self, path: &[u8], follow: bool) -> Result<(u32, Node)> {
        let archive = archive();
        let index = archive.resolve(self.index, path, follow).map_err(|error| match error {
            LookupError::Missing => Errno::NOENT,
            LookupError::NotDirectory => Errno::NOTDIR,
            LookupError::Outside => Errno::PERM,
            LookupError::Loop => Errno::LOOP,
        })?;
        Ok((index, archive.node(index).ok_or(Errno::NOENT)?))
    }

    /// Opens a node found in this directory; returns its descriptor. Directories keep every right, so that changes fail
    /// because the file system is read-only.
    fn open(&self, index: u32, node: &Node, asked: Rights, flags: u16) -> Result<u32> {
        let all = self.descriptor.inheriting;
        let (applicable, passed_on) = match node.kind {
            NodeKind::Directory => (rights::DIRECTORY, all),
            _ => (FILE & (asked | !rights::FD_READ), 0),
        };
        insert(index, |host| Descriptor { flags, ..Descriptor::embedded(host, applicable & all, passed_on) })
    }

    /// Opens what a path names in this directory, as `open` says ([`super::opening::How`]); returns its descriptor.
    pub fn open_named(&self, path: &[u8], (open, follow): (u32, bool), asked: Rights, flags: u16) -> Result<u32> {
        let exclusive = open & (CREATE | EXCLUSIVE) == CREATE | EXCLUSIVE;
        let (index, node) = match self.resolve(path, follow && !exclusive) {
            Err(Errno::NOENT) if open & CREATE != 0 => return Err(Errno::ROFS),
            answer => answer?,
        };
        let writes = asked & FD_WRITE != 0 && open & DIRECTORY == 0;
        match node.kind {
            _ if exclusive => return Err(Errno::EXIST),
            NodeKind::Link => return Err(Errno::LOOP),
            NodeKind::Directory if writes || open & (CREATE | TRUNCATE) != 0 => return Err(Errno::ISDIR),
            NodeKind::File if open & DIRECTORY != 0 => return Err(Errno::NOTDIR),
            NodeKind::File if writes || open & TRUNCATE != 0 => return Err(Errno::ROFS),
            _ => {}
        }
        self.open(index, &node, asked, flags)
    }

    /// The entry at a position: `.`, `..`, then what the directory holds, by name.
    pub fn entry(&self, position: u64) -> Option<Entry> {
        let archive = archive();
        let (index, name) = match position {
            0 => (self.index, &b"."[..]),
            1 => (self.node.parent, &b".."[..]),
            _ => {
                let index =
                    u32::try_from(position - 2).ok().and_then(|nth| archive.children(&self.node).nth(nth as usize))?;
                (index, archive.name(&archive.node(index)?))
            }
        };
        Some(Entry { index, kind: file_type(archive.node(index)?.kind), name })
    }
}

/// The inode number of a node in `filestat` and `dirent`.
pub fn inode(index: u32) -> u64 {
    u64::from(index) + 1
}

/// Attributes of a node.
pub fn status(index: u32, node: &Node) -> FileStatus {
    let time = archive().time();
    FileStatus {
        device: DEVICE,
        inode: inode(index),
        kind: file_type(node.kind),
        links: 1,
        size: if node.kind == NodeKind::Directory { 0 } else { node.len },
        accessed: time,
        modified: time,
        changed: time,
    }
}

/// The contents of a file, or the target of a link.
pub fn contents(node: &Node) -> &'static [u8] {
    archive().contents(node)
}

fn file_type(kind: NodeKind) -> FileType {
    match kind {
        NodeKind::Directory => FileType::Directory,
        NodeKind::File => FileType::Regular,
        NodeKind::Link => FileType::SymbolicLink,
    }
}

/// The same for components.
#[cfg(feature = "component")]
mod operations {
    use super::super::carried::{Found, How, Operations};
    use super::{Descriptor, Errno, NodeKind, Opened, Result, contents, release, status};

    /// What components do.
    pub static OPERATIONS: Operations = Operations {
        status: |descriptor| opened(descriptor).map(|opened| opened.status()),
        contents: |descriptor| match opened(descriptor)? {
            Opened { node, .. } if node.kind == NodeKind::File => Ok(contents(&node)),
            _ => Err(Errno::BADF),
        },
        entry: |descriptor, position| {
            let entry = opened(descriptor).ok()?.entry(position)?;
            Some((entry.kind, entry.name))
        },
        find,
        open,
        release,
    };

    fn opened(descriptor: &Descriptor) -> Result<Opened> {
        // The number of the descriptor is not asked for.
        super::opened_by(u32::MAX, *descriptor).ok_or(Errno::BADF)
    }

    fn directory(descriptor: &Descriptor) -> Result<Opened> {
        opened(descriptor)?.directory(0)
    }

    fn find(descriptor: &Descriptor, path: &[u8], follow: bool) -> Result<Found> {
        let (index, node) = directory(descriptor)?.resolve(path, follow)?;
        let bytes = if node.kind == NodeKind::Directory { &[] } else { contents(&node) };
        Ok((status(index, &node), bytes))
    }

    fn open(descriptor: &Descriptor, path: &[u8], how: How) -> Result<u32> {
        directory(descriptor)?.open_named(path, (how.open, how.follow), how.rights, how.flags)
    }
}
