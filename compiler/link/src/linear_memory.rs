//! The initial contents of linear memory. They hold no addresses and lie far from everything else, so they bypass the
//! linker, which would make the file as large as the distance.

use crate::error::Error;
use crate::inputs::Input;
use crate::sections::{Access, Section};
use object::elf::{self, FileHeader64, SectionHeader64};
use object::endian::LittleEndian as LE;
use object::pod::bytes_of;
use object::read::elf::{FileHeader as _, SectionHeader as _};
use std::mem::offset_of;
use std::ops::Range;

/// Name of the section with the contents.
pub const SECTION: &str = ".wasm_memory";

/// Contents of linear memory and their address.
#[derive(Clone, Debug)]
pub struct LinearMemory {
    pub address: u64,
    pub bytes: Vec<u8>,
}

impl LinearMemory {
    /// The section of the image that holds them.
    pub fn section(&self) -> Section<'_> {
        Section {
            name: SECTION.as_bytes(),
            access: Access::Write,
            address: self.address,
            size: self.bytes.len() as u64,
            align: 1,
            data: &self.bytes,
        }
    }
}

/// Takes the contents out of the objects, whose section is marked so that the linker leaves it out (SHF_EXCLUDE).
pub fn take(objects: &mut [Input], address: Option<u64>) -> Result<Option<LinearMemory>, Error> {
    for object in objects {
        let Some(found) = find(&object.bytes) else { continue };
        let Some(address) = address else {
            let reason = format!("section {SECTION} without an address for it");
            return Err(Error::BadInput { name: object.name.clone(), reason });
        };
        let bytes = object.bytes[found.contents].to_vec();
        let flags = object::endian::U64::new(LE, found.flags | elf::SHF_EXCLUDE);
        object.bytes.to_mut()[found.flags_at..][..size_of::<u64>()].copy_from_slice(bytes_of(&flags));
        return Ok((!bytes.is_empty()).then_some(LinearMemory { address, bytes }));
    }
    Ok(None)
}

/// The section in an object.
struct Found {
    contents: Range<usize>,
    /// Where the section's flags are.
    flags_at: usize,
    flags: elf::SectionFlags,
}

fn find(object: &[u8]) -> Option<Found> {
    let header = FileHeader64::<LE>::parse(object).ok()?;
    let sections = header.sections(LE, object).ok()?;
    let named = |section: &SectionHeader64<LE>| sections.section_name(LE, section) == Ok(SECTION.as_bytes());
    let index = sections.iter().position(named)?;
    let section = sections.iter().nth(index)?;
    let start = usize::try_from(section.sh_offset(LE)).ok()?;
    let size = section.data(LE, object).ok()?.len();
    let headers = usize::try_from(header.e_shoff.get(LE)).ok()?;
    let flags_at = headers + index * size_of::<SectionHeader64<LE>>() + offset_of!(SectionHeader64<LE>, sh_flags);
    Some(Found { contents: start..start + size, flags_at, flags: section.sh_flags(LE) })
}
