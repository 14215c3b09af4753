//! A flat binary: an image without its file format, the bytes of memory alone, for loaders that know nothing else.

use crate::error::Error;
use object::elf::{self, FileHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, ProgramHeader as _};

/// Bytes that a flat binary may be larger than its image: gaps between segments.
const MOST_GAPS: usize = 16 << 20;

/// The memory of an image, from its first byte to the last that comes from the file. The entry point must come first,
/// as nothing else says where it is.
///
/// # Errors
/// Where it does not, or segments lie far from each other.
pub fn flatten(image: &[u8]) -> Result<Vec<u8>, Error> {
    let broken = |error: object::read::Error| Error::Invariant(error.to_string());
    let header = FileHeader64::<LE>::parse(image).map_err(broken)?;
    let mut parts = Vec::new();
    for segment in header.program_headers(LE, image).map_err(broken)? {
        let bytes = segment.data(LE, image).map_err(|()| Error::Invariant("a segment lies outside the file".into()))?;
        if segment.p_type(LE) == elf::PT_LOAD && !bytes.is_empty() {
            parts.push((segment.p_paddr(LE), bytes));
        }
    }
    parts.sort_by_key(|(address, _)| *address);
    let start = parts.first().map_or(0, |(address, _)| *address);
    if header.e_entry(LE) != start {
        let entry = header.e_entry(LE);
        return Err(Error::Linker(format!(
            "the first instruction lies at {entry:#x}, but the image begins at {start:#x}"
        )));
    }
    let mut flat = Vec::new();
    for (address, bytes) in parts {
        let offset = (address - start) as usize;
        if offset > image.len() + MOST_GAPS {
            return Err(Error::Linker(format!("a part of the image lies far away, at {address:#x}")));
        }
        flat.resize(offset, 0);
        flat.extend_from_slice(bytes);
    }
    Ok(flat)
}
