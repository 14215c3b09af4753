//! `--embed`: directories packed into the program, as the runtime reads them (`wasmc_abi::embedded`).
//!
//! The archive depends only on names and contents: entries are sorted by the bytes of their names, owners and modes are
//! left out, and all files have the same time.

use crate::error::Error;
use crate::limits::MEMORY_OF_OTHERS;
use crate::memory;
use std::collections::VecDeque;
use std::env;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use wasmc_abi::embedded::{Archive, HEAD_SIZE, LookupError, NODE_SIZE, Node, NodeKind};

/// A directory that becomes part of the program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Embed {
    /// Path where the compiler runs.
    pub host: PathBuf,
    /// Name that the program sees.
    pub guest: String,
}

impl FromStr for Embed {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("::") {
            Some((host, guest)) if !host.is_empty() && !guest.is_empty() => {
                Ok(Self { host: host.into(), guest: guest.into() })
            }
            _ => Err("expected DIR::GUEST".into()),
        }
    }
}

/// The time that embedded files carry, in nanoseconds since 1970: 0, unless the environment variable
/// `SOURCE_DATE_EPOCH` says otherwise, in seconds (<https://reproducible-builds.org/specs/source-date-epoch>).
///
/// # Errors
/// Where it is no such number.
pub fn source_date_epoch() -> Result<u64, Error> {
    let Some(text) = env::var_os("SOURCE_DATE_EPOCH") else { return Ok(0) };
    let seconds = text.to_str().and_then(|text| text.parse::<u64>().ok());
    seconds.and_then(|seconds| seconds.checked_mul(1_000_000_000)).ok_or_else(|| {
        Error::new("SOURCE_DATE_EPOCH is not a number of seconds since 1970")
            .help("unset it, or set it as `date +%s` does")
    })
}

/// Refuses names that cannot be passed to a program.
///
/// # Errors
/// Where one has a NUL byte.
pub fn check(embeds: &[Embed]) -> Result<(), Error> {
    match embeds.iter().any(|embed| embed.guest.contains('\0')) {
        true => Err(Error::new("the name of an embedded directory has a NUL byte")),
        false => Ok(()),
    }
}

/// Packs directories, whose files all carry `time`, in nanoseconds since 1970; nothing, where there are none.
///
/// # Errors
/// Where something cannot be read, is neither directory, file nor link, or leads out of its directory.
pub fn pack(embeds: &[Embed], time: u64) -> Result<Vec<u8>, Error> {
    if embeds.is_empty() {
        return Ok(Vec::new());
    }
    let mut packer = Packer::default();
    for (embed, index) in embeds.iter().zip(0..) {
        packer.nodes.push(Entry {
            parent: index,
            name: embed.guest.clone().into_bytes(),
            path: embed.host.clone(),
            contents: Contents::Directory(0..0),
        });
    }
    // Breadth first, so that the entries of a directory are adjacent.
    let mut waiting: VecDeque<usize> = (0..embeds.len()).collect();
    while let Some(directory) = waiting.pop_front() {
        waiting.extend(packer.read_directory(directory)?);
    }
    let bytes = packer.write(embeds.len() as u32, time)?;
    packer.check_links(&bytes)?;
    Ok(bytes)
}

/// The contents of a node.
enum Contents {
    /// The numbers of the nodes in it.
    Directory(std::ops::Range<usize>),
    File(Vec<u8>),
    Link(Vec<u8>),
}

struct Entry {
    parent: u32,
    name: Vec<u8>,
    path: PathBuf,
    contents: Contents,
}

#[derive(Default)]
struct Packer {
    nodes: Vec<Entry>,
}

impl Packer {
    /// Adds the entries of a directory; returns the directories among them.
    fn read_directory(&mut self, directory: usize) -> Result<Vec<usize>, Error> {
        let path = self.nodes[directory].path.clone();
        let reading = |cause| Error::reading(&path, &cause);
        let entries =
            fs::read_dir(&path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>()).map_err(reading)?;
        let mut names: Vec<_> = entries.iter().map(fs::DirEntry::file_name).collect();
        names.sort_by(|first, second| first.as_bytes().cmp(second.as_bytes()));
        let start = self.nodes.len();
        let mut directories = Vec::new();
        for name in names {
            let path = path.join(&name);
            let Some(text) = name.to_str() else {
                let error = Error::new(format!("cannot embed {}: its name is not UTF-8", path.display()));
                return Err(error.help("WASI has no other names"));
            };
            let contents = read(&path)?;
            if matches!(contents, Contents::Directory(_)) {
                directories.push(self.nodes.len());
            }
            let name = text.as_bytes().to_vec();
            self.nodes.push(Entry { parent: directory as u32, name, path, contents });
        }
        self.nodes[directory].contents = Contents::Directory(start..self.nodes.len());
        Ok(directories)
    }

    /// The archive: the head, the nodes, and after them what their offsets point to.
    fn write(&self, roots: u32, time: u64) -> Result<Vec<u8>, Error> {
        let mut nodes = Vec::with_capacity(self.nodes.len() * NODE_SIZE);
        let mut names = Vec::new();
        let mut contents = Vec::new();
        let names_start = HEAD_SIZE + self.nodes.len() * NODE_SIZE;
        let contents_start = names_start + self.nodes.iter().map(|entry| entry.name.len()).sum::<usize>();
        if u32::try_from(contents_start).is_err() {
            return Err(Error::new("the embedded directories have too many files"));
        }
        for entry in &self.nodes {
            let (kind, start, len) = match &entry.contents {
                Contents::Directory(range) => (NodeKind::Directory, range.start as u64, range.len() as u64),
                Contents::File(bytes) | Contents::Link(bytes) => {
                    let kind =
                        if matches!(entry.contents, Contents::File(_)) { NodeKind::File } else { NodeKind::Link };
                    let start = (contents_start + contents.len()) as u64;
                    contents.extend_from_slice(bytes);
                    (kind, start, bytes.len() as u64)
                }
            };
            let name = (names_start + names.len()) as u32;
            names.extend_from_slice(&entry.name);
            let node = Node { parent: entry.parent, kind, name, name_len: entry.name.len() as u32, start, len };
            nodes.extend(node.to_bytes());
        }
        let mut bytes = ((contents_start + contents.len()) as u64).to_le_bytes().to_vec();
        bytes.extend(time.to_le_bytes());
        bytes.extend(roots.to_le_bytes());
        bytes.extend((self.nodes.len() as u32).to_le_bytes());
        bytes.extend(nodes);
        bytes.extend(names);
        bytes.extend(contents);
        Ok(bytes)
    }

    /// Refuses links that lead out, resolved as the runtime will resolve them.
    fn check_links(&self, bytes: &[u8]) -> Result<(), Error> {
        let archive = Archive::new(bytes);
        for entry in &self.nodes {
            let Contents::Link(target) = &entry.contents else { continue };
            if archive.resolve(entry.parent, target, true) == Err(LookupError::Outside) {
                let error =
                    Error::new(format!("cannot embed {}: the link leads out of its directory", entry.path.display()));
                return Err(error.help("replace it by what it leads to, or embed the directory above"));
            }
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Contents, Error> {
    let reading = |cause| Error::reading(path, &cause);
    let metadata = fs::symlink_metadata(path).map_err(reading)?;
    let kind = metadata.file_type();
    if kind.is_dir() {
        Ok(Contents::Directory(0..0))
    } else if kind.is_file() {
        memory::raise_limit(MEMORY_OF_OTHERS * metadata.len());
        Ok(Contents::File(fs::read(path).map_err(reading)?))
    } else if kind.is_symlink() {
        Ok(Contents::Link(fs::read_link(path).map_err(reading)?.as_os_str().as_bytes().to_vec()))
    } else {
        Err(Error::new(format!("cannot embed {}: it is neither directory, file nor link", path.display())))
    }
}
