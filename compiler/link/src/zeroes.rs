//! Sections of zeroes among such as have contents: clang makes one of a variable that is zero in a section of the
//! user's own, while another object has variables there that are not. The linker would take them all for zeroes, so
//! they get contents.

use crate::inputs::Input;
use object::elf::{self, FileHeader64, SectionHeader64};
use object::endian::{LittleEndian as LE, U32, U64};
use object::pod::bytes_of;
use object::read::elf::{FileHeader as _, SectionHeader as _};

/// Alignment in the file that serves every section.
const ALIGN: usize = 16;

/// Gives contents to the sections of zeroes whose names `needs_contents` holds true for.
pub fn write_out(objects: &mut [Input], needs_contents: impl Fn(&str) -> bool) {
    for object in objects {
        // What is malformed, the linker complains about.
        let found = find(&object.bytes, &needs_contents).unwrap_or_default();
        for (at, header) in found {
            let bytes = object.bytes.to_mut();
            let start = bytes.len().next_multiple_of(ALIGN);
            bytes.resize(start + header.sh_size.get(LE) as usize, 0);
            let header = SectionHeader64 {
                sh_type: U32::new(LE, elf::SHT_PROGBITS),
                sh_offset: U64::new(LE, start as u64),
                ..header
            };
            bytes[at..at + size_of_val(&header)].copy_from_slice(bytes_of(&header));
        }
    }
}

/// The headers of such sections, and where they are in the object.
fn find(
    object: &[u8],
    needs_contents: &impl Fn(&str) -> bool,
) -> object::read::Result<Vec<(usize, SectionHeader64<LE>)>> {
    let header = FileHeader64::<LE>::parse(object)?;
    let sections = header.sections(LE, object)?;
    let start = header.e_shoff.get(LE) as usize;
    let mut found = Vec::new();
    for (index, section) in sections.iter().enumerate() {
        let is_zero = section.sh_type(LE) == elf::SHT_NOBITS && section.sh_flags(LE).contains(elf::SHF_ALLOC);
        let name = String::from_utf8_lossy(sections.section_name(LE, section)?);
        if is_zero && section.sh_size(LE) > 0 && needs_contents(&name) {
            found.push((start + index * size_of::<SectionHeader64<LE>>(), *section));
        }
    }
    Ok(found)
}
