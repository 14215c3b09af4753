//! Directories that a program carries with it: an archive in read-only data, packed by the compiler (`--embed`), served
//! by the runtime as preopened directories that nothing can change.
//!
//! All numbers are little-endian, all offsets count from the start of the archive, and nothing is aligned:
//!
//! - the head: bytes of the archive (`u64`), the time that all files carry (`u64`, nanoseconds since 1970), number of
//!   roots (`u32`), number of nodes (`u32`),
//! - the nodes, [`NODE_SIZE`] bytes each: parent (`u32`), kind (`u32`), offset and length of the name (`u32` each),
//!   start and length of what it holds (`u64` each),
//! - the names, the targets of links, the contents of files.
//!
//! Roots come first; the name of a root is that of the directory that the program sees. What a directory holds are the
//! nodes from `start` on, `len` of them, sorted by name. What other nodes hold are the bytes from `start` on, `len` of
//! them. Functions of WASI that serve them are [`Embedded::Overlaid`](crate::host::Embedded::Overlaid).

use core::cmp::Ordering;
use core::ops::Range;

/// Bytes of the head.
pub const HEAD_SIZE: usize = 24;
/// Bytes of a node.
pub const NODE_SIZE: usize = 32;

/// What a node is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum NodeKind {
    /// A directory.
    Directory = 0,
    /// A regular file.
    File = 1,
    /// A symbolic link. Its target is inside its root.
    Link = 2,
}

/// A directory, file or link.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Node {
    /// Index of the directory that holds it; a root's own.
    pub parent: u32,
    /// What it is.
    pub kind: NodeKind,
    /// Offset of its name.
    pub name: u32,
    /// Bytes of its name.
    pub name_len: u32,
    /// Index of the first node in a directory; offset of the bytes of anything else.
    pub start: u64,
    /// Number of nodes in a directory; bytes of anything else.
    pub len: u64,
}

impl Node {
    /// The node as the archive stores it.
    pub fn to_bytes(&self) -> [u8; NODE_SIZE] {
        let mut bytes = [0; NODE_SIZE];
        let words = [self.parent, self.kind as u32, self.name, self.name_len];
        let words = words.into_iter().flat_map(u32::to_le_bytes);
        let longs = [self.start, self.len].into_iter().flat_map(u64::to_le_bytes);
        for (to, byte) in bytes.iter_mut().zip(words.chain(longs)) {
            *to = byte;
        }
        bytes
    }
}

/// An archive. Whatever it refers to outside its bytes is missing or empty.
#[derive(Clone, Copy, Debug)]
pub struct Archive<'a> {
    bytes: &'a [u8],
}

impl<'a> Archive<'a> {
    /// The archive in `bytes`.
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { bytes }
    }

    /// Size of the whole archive in bytes.
    pub fn size(self) -> u64 {
        self.long(0).unwrap_or(0)
    }

    /// The time that all files carry, in nanoseconds since 1970.
    pub fn time(self) -> u64 {
        self.long(8).unwrap_or(0)
    }

    /// Number of roots, which are the first nodes.
    pub fn roots(self) -> u32 {
        self.word(16).unwrap_or(0)
    }

    /// The node with this index.
    pub fn node(self, index: u32) -> Option<Node> {
        if index >= self.word(20)? {
            return None;
        }
        let at = HEAD_SIZE + index as usize * NODE_SIZE;
        Some(Node {
            parent: self.word(at)?,
            kind: match self.word(at + 4)? {
                0 => NodeKind::Directory,
                1 => NodeKind::File,
                _ => NodeKind::Link,
            },
            name: self.word(at + 8)?,
            name_len: self.word(at + 12)?,
            start: self.long(at + 16)?,
            len: self.long(at + 24)?,
        })
    }

    /// A node's name.
    pub fn name(self, node: &Node) -> &'a [u8] {
        self.slice(node.name.into(), node.name_len.into())
    }

    /// The contents of a file, or the target of a link.
    pub fn contents(self, node: &Node) -> &'a [u8] {
        match node.kind {
            NodeKind::Directory => &[],
            _ => self.slice(node.start, node.len),
        }
    }

    /// Indices of the nodes in a directory; none for anything else.
    pub fn children(self, node: &Node) -> Range<u32> {
        match node.kind {
            NodeKind::Directory => node.start as u32..(node.start + node.len) as u32,
            _ => 0..0,
        }
    }

    /// The index of the node called `name` in a directory.
    pub fn find(self, directory: &Node, name: &[u8]) -> Option<u32> {
        let Range { mut start, mut end } = self.children(directory);
        while start < end {
            let middle = start + (end - start) / 2;
            match self.name(&self.node(middle)?).cmp(name) {
                Ordering::Less => start = middle + 1,
                Ordering::Equal => return Some(middle),
                Ordering::Greater => end = middle,
            }
        }
        None
    }

    fn slice(self, start: u64, len: u64) -> &'a [u8] {
        let (start, len) = (start as usize, len as usize);
        self.bytes.get(start..).and_then(|bytes| bytes.get(..len)).unwrap_or(&[])
    }

    fn word(self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?))
    }

    fn long(self, at: usize) -> Option<u64> {
        Some(u64::from_le_bytes(*self.bytes.get(at..)?.first_chunk()?))
    }
}

/// Links followed before a path counts as a loop, as on Linux (MAXSYMLINKS).
const LINKS_MAX: u32 = 40;

/// Why a path cannot be resolved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LookupError {
    /// There is no such name.
    Missing,
    /// Something on the way is not a directory.
    NotDirectory,
    /// It leads out of the root.
    Outside,
    /// Too many links.
    Loop,
}

impl<'a> Archive<'a> {
    /// Resolves `path` in a directory as POSIX does ("Pathname Resolution"), but never outside the root. A link at the
    /// end is followed where `follow` is set or slashes follow it.
    pub fn resolve(self, directory: u32, path: &[u8], follow: bool) -> Result<u32, LookupError> {
        self.walk(directory, path, follow, &mut 0)
    }

    fn walk(self, directory: u32, path: &[u8], follow: bool, links: &mut u32) -> Result<u32, LookupError> {
        match path.first() {
            None => return Err(LookupError::Missing),
            Some(b'/') => return Err(LookupError::Outside),
            Some(_) => {}
        }
        let mut here = directory;
        let mut rest = path;
        loop {
            let len = rest.iter().position(|&byte| byte == b'/').unwrap_or(rest.len());
            let (name, after) = rest.split_at(len);
            let slashes = after.iter().take_while(|&&byte| byte == b'/').count();
            rest = after.get(slashes..).unwrap_or(&[]);
            let is_last = rest.is_empty();
            let next = self.step(here, name)?;
            let node = self.node(next).ok_or(LookupError::Missing)?;
            here = if node.kind == NodeKind::Link && (!is_last || follow || slashes > 0) {
                *links += 1;
                if *links > LINKS_MAX {
                    return Err(LookupError::Loop);
                }
                self.walk(here, self.contents(&node), true, links)?
            } else {
                next
            };
            let is_directory = self.node(here).is_some_and(|node| node.kind == NodeKind::Directory);
            if slashes > 0 && !is_directory {
                return Err(LookupError::NotDirectory);
            }
            if is_last {
                return Ok(here);
            }
        }
    }

    fn step(self, directory: u32, name: &[u8]) -> Result<u32, LookupError> {
        let node = self.node(directory).ok_or(LookupError::Missing)?;
        match name {
            _ if node.kind != NodeKind::Directory => Err(LookupError::NotDirectory),
            b"." => Ok(directory),
            b".." if node.parent == directory => Err(LookupError::Outside),
            b".." => Ok(node.parent),
            _ => self.find(&node, name).ok_or(LookupError::Missing),
        }
    }
}
