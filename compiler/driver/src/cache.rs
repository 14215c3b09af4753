//! Compiled functions, kept from one compilation to the next.
//!
//! A folder has a file for each module, by its name and what it is compiled for. In it are the functions of the last
//! compilation, and, as far as they take no more room, those that earlier ones had. A function is found by a hash of
//! all that its machine code depends on: the compiler itself, the options, the function in Cranelift IR. So nothing is
//! ever stale, and whoever can write to the folder decides what programs do: it belongs to those who may.
//!
//! A cache that cannot be read or written costs time alone: the compilation goes on, and says so.

use crate::error::reason;
use crate::files;
use crate::options::Options;
use crate::phases::Phases;
use std::collections::HashMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

/// A hash of what a function is made from.
pub type Digest = [u8; blake3::OUT_LEN];

/// What a file begins with; a hash of what follows comes next.
const MAGIC: &[u8; 16] = b"wasmc functions1";

/// Bytes before the first function.
const HEADER: usize = MAGIC.len() + blake3::OUT_LEN;

/// Extension of the files.
const EXTENSION: &str = "functions";

/// Bytes that all files of a folder may have together: beyond it those go that were not written for longest.
const FOLDER_SIZE: u64 = 2 << 30;

/// Bytes that a file may have for each byte of the module, and besides, to be read.
const FILE_SIZE: (u64, u64) = (64, 64 << 20);

/// Characters of a module's name that are part of a file's.
const NAME_LENGTH: usize = 64;

/// The functions of earlier compilations, and of this one.
pub struct Cache {
    path: PathBuf,
    /// What all hashes begin with.
    base: blake3::Hasher,
    /// What was in the file.
    bytes: Vec<u8>,
    /// The functions in it, in order.
    known: Vec<Known>,
    numbers: HashMap<Digest, usize>,
    fresh: Mutex<Vec<(Digest, Vec<u8>)>>,
    /// How many functions were asked for, and how many of them there were.
    asked: AtomicUsize,
    found: AtomicUsize,
}

/// A function in the file.
struct Known {
    digest: Digest,
    start: usize,
    end: usize,
    used: AtomicBool,
}

impl Cache {
    /// The cache in `folder` for the module `name`, of `size` bytes, under `options`. `None`, with a warning, where
    /// there can be none.
    pub fn open(folder: &Path, name: &str, size: u64, options: &Options, phases: &mut Phases) -> Option<Self> {
        let mut base = blake3::Hasher::new();
        let made = fs::create_dir_all(folder).and_then(|()| compiler(&mut base));
        if let Err(cause) = made {
            phases.warn(format!("nothing is cached in {}: {}", folder.display(), reason(&cause)));
            return None;
        }
        let path = folder.join(file_name(name, options));
        let bytes = match read(&path, FILE_SIZE.0 * size + FILE_SIZE.1) {
            Ok(bytes) => bytes,
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Vec::new(),
            Err(cause) => {
                phases.warn(format!("cannot read the cache {}: {}", path.display(), reason(&cause)));
                Vec::new()
            }
        };
        let known = match functions(&bytes) {
            Some(known) => known,
            None => {
                if !bytes.is_empty() {
                    phases.warn(format!("the cache {} is damaged, and made anew", path.display()));
                }
                Vec::new()
            }
        };
        let numbers = known.iter().enumerate().map(|(number, known)| (known.digest, number)).collect();
        Some(Self {
            path,
            base,
            bytes,
            known,
            numbers,
            fresh: Mutex::default(),
            asked: AtomicUsize::new(0),
            found: AtomicUsize::new(0),
        })
    }

    /// What hashes of functions begin with that have the same `surroundings`.
    pub fn base(&self, surroundings: &str) -> blake3::Hasher {
        let mut base = self.base.clone();
        base.update(&(surroundings.len() as u64).to_le_bytes()).update(surroundings.as_bytes());
        base
    }

    /// The function with this hash.
    pub fn get(&self, digest: &Digest) -> Option<&[u8]> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        let known = &self.known[*self.numbers.get(digest)?];
        self.found.fetch_add(1, Ordering::Relaxed);
        known.used.store(true, Ordering::Relaxed);
        Some(&self.bytes[known.start..known.end])
    }

    /// Adds a function.
    pub fn put(&self, digest: Digest, bytes: Vec<u8>) {
        self.fresh.lock().unwrap_or_else(PoisonError::into_inner).push((digest, bytes));
    }

    /// Writes the file, if there is anything new.
    pub fn write(&self, phases: &mut Phases) {
        let mut fresh = std::mem::take(&mut *self.fresh.lock().unwrap_or_else(PoisonError::into_inner));
        let used = self.known.iter().filter(|known| known.used.load(Ordering::Relaxed));
        let [found, asked] = [&self.found, &self.asked].map(|count| count.load(Ordering::Relaxed));
        phases.note(format!("{found} of {asked} functions were cached"));
        if fresh.is_empty() {
            return;
        }
        // Threads come to an end in any order.
        fresh.sort_unstable();
        fresh.dedup_by(|one, other| one.0 == other.0);
        let mut all = vec![0; HEADER];
        fresh.iter().for_each(|(digest, function)| append(&mut all, digest, function));
        used.for_each(|known| append(&mut all, &known.digest, &self.bytes[known.start..known.end]));
        let limit = 2 * all.len();
        for known in self.known.iter().filter(|known| !known.used.load(Ordering::Relaxed)) {
            if all.len() + (known.end - known.start) > limit {
                break;
            }
            append(&mut all, &known.digest, &self.bytes[known.start..known.end]);
        }
        let hash = blake3::hash(&all[HEADER..]);
        all[..MAGIC.len()].copy_from_slice(MAGIC);
        all[MAGIC.len()..HEADER].copy_from_slice(hash.as_bytes());
        match files::write(&self.path, &all, false) {
            Ok(()) => shrink(&self.path),
            Err(error) => phases.warn(format!("the cache stays as it was: {}", error.message())),
        }
    }
}

/// Adds the compiler to a hash: this program, which contains it.
fn compiler(hasher: &mut blake3::Hasher) -> io::Result<()> {
    hasher.update_reader(File::open(std::env::current_exe()?)?).map(|_| ())
}

/// The name of the file for a module.
fn file_name(name: &str, options: &Options) -> String {
    let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy();
    let is_plain = |char: char| char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.');
    let plain = stem.chars().map(|char| if is_plain(char) { char } else { '_' }).take(NAME_LENGTH);
    let plain: String = plain.collect();
    let which = format!("{name}\n{:?}\n{:?}", options.target.codegen, options.codegen);
    let which = blake3::hash(which.as_bytes()).to_hex();
    format!("{plain}-{}.{EXTENSION}", &which[..16])
}

fn read(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    if !file.metadata()?.is_file() {
        return Err(io::Error::other("not a file"));
    }
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::Error::other("the file is too large")) } else { Ok(bytes) }
}

/// The functions in a file; `None` where it is not as it was written.
fn functions(bytes: &[u8]) -> Option<Vec<Known>> {
    let (header, rest) = bytes.split_at_checked(HEADER)?;
    let (magic, hash) = header.split_at(MAGIC.len());
    if magic != MAGIC || blake3::hash(rest).as_bytes()[..] != *hash {
        return None;
    }
    let mut known = Vec::new();
    let mut start = HEADER;
    while start < bytes.len() {
        let digest: Digest = *bytes[start..].first_chunk()?;
        let size = u32::from_le_bytes(*bytes[start + digest.len()..].first_chunk()?) as usize;
        start += digest.len() + size_of::<u32>();
        let end = start.checked_add(size).filter(|&end| end <= bytes.len())?;
        known.push(Known { digest, start, end, used: AtomicBool::new(false) });
        start = end;
    }
    Some(known)
}

fn append(all: &mut Vec<u8>, digest: &Digest, function: &[u8]) {
    let Ok(size) = u32::try_from(function.len()) else { return };
    all.extend_from_slice(digest);
    all.extend_from_slice(&size.to_le_bytes());
    all.extend_from_slice(function);
}

/// Removes files beside one that was just written, the oldest first, until the folder has no more bytes than it may.
/// What goes wrong is left to the next who writes.
fn shrink(written: &Path) {
    let Some(entries) = written.parent().and_then(|folder| fs::read_dir(folder).ok()) else { return };
    let file = |entry: io::Result<fs::DirEntry>| {
        let path = entry.ok()?.path();
        let metadata = fs::symlink_metadata(&path).ok()?;
        let is_cache = metadata.is_file() && path.extension().is_some_and(|extension| extension == EXTENSION);
        (is_cache && path != written)
            .then(|| (metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH), metadata.len(), path))
    };
    let mut others: Vec<(SystemTime, u64, PathBuf)> = entries.filter_map(file).collect();
    others.sort();
    let mut size = fs::metadata(written).map_or(0, |metadata| metadata.len());
    size += others.iter().map(|(_, size, _)| size).sum::<u64>();
    for (_, freed, path) in others {
        if size <= FOLDER_SIZE {
            break;
        }
        let _ = fs::remove_file(path);
        size -= freed;
    }
}
