//! Writes the executable: the linked sections in as small a file as the kernel accepts.
//!
//! Where kernels map the file, a segment's offset must equal its address modulo the page size, no more. Linker scripts
//! give neighbouring segments addresses that continue each other modulo the page size, so that they follow each other
//! in the file without padding; the page of the file that holds the end of one and the start of the next is mapped
//! twice. Linear memory starts at a page boundary, in the file too; the gap before it takes the tables that only
//! debuggers read.

use crate::error::Error;
use crate::gnu_property::{self, Note};
use crate::layout::{Layout, Placed};
use crate::linear_memory::LinearMemory;
use crate::section_headers::SectionHeaders;
use crate::sections::{Access, Linked};
use crate::segments::{Segment, segments};
use crate::target::PageSize;
use crate::verify::Expectations;
use object::elf::{self, FileHeader64, Ident, ProgramHeader64, SectionHeader64};
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::bytes_of;

/// Writes an executable with the sections of a linked file and the contents of linear memory.
pub fn rewrite(
    file: &[u8],
    memory: Option<&LinearMemory>,
    expected: &Expectations,
    strip: bool,
) -> Result<Vec<u8>, Error> {
    let note = Note::new(expected.gnu_properties);
    let mut linked = Linked::read(file)?;
    linked.insert(memory.map(LinearMemory::section));
    linked.insert(note.as_ref().map(|note| note.section(&linked.sections, expected.image_base)));
    if strip {
        linked.symbols.clear();
        linked.debug_sections.clear();
    }
    let segments = segments(&linked.sections, expected.page_size)?;
    let others = if note.is_some() { 3 } else { 1 };
    let mut file = Layout::new(headers_size(segments.len() + others));
    let align = expected.file_align;
    let placed = file.place(&segments, align);
    let sections = SectionHeaders::new(&linked, &placed, &mut file);
    let mut image = vec![0; file.size() as usize];
    let mut headers: Vec<_> = placed.iter().map(|(segment, offset)| load(segment, *offset, align)).collect();
    headers.extend(note_headers(&linked, &placed));
    headers.push(stack());
    write_headers(&mut image, &linked, &headers, &sections);
    for &(segment, offset) in &placed {
        write_contents(&mut image, &linked, segment, offset);
    }
    sections.write(&mut image);
    Ok(image)
}

fn headers_size(segments: usize) -> u64 {
    (size_of::<FileHeader64<LE>>() + segments * size_of::<ProgramHeader64<LE>>()) as u64
}

fn write_contents(image: &mut [u8], linked: &Linked<'_>, segment: Segment, offset: u64) {
    for section in &linked.sections {
        let start = section.address.max(segment.address);
        let end = (section.address + section.data.len() as u64).min(segment.file_end());
        if start < end {
            let from = &section.data[(start - section.address) as usize..(end - section.address) as usize];
            let to = (offset + start - segment.address) as usize;
            image[to..to + from.len()].copy_from_slice(from);
        }
    }
}

fn write_headers(image: &mut [u8], linked: &Linked<'_>, segments: &[ProgramHeader64<LE>], sections: &SectionHeaders) {
    let mut headers = bytes_of(&file_header(linked, segments.len(), sections)).to_vec();
    segments.iter().for_each(|segment| headers.extend_from_slice(bytes_of(segment)));
    image[..headers.len()].copy_from_slice(&headers);
}

fn file_header(linked: &Linked<'_>, segments: usize, sections: &SectionHeaders) -> FileHeader64<LE> {
    FileHeader64 {
        e_ident: Ident {
            magic: elf::ELFMAG,
            class: elf::ELFCLASS64,
            data: elf::ELFDATA2LSB,
            version: elf::EV_CURRENT,
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            padding: [0; 7],
        },
        e_type: U16::new(LE, elf::ET_EXEC),
        e_machine: U16::new(LE, elf::Machine(linked.machine)),
        e_version: U32::new(LE, u32::from(elf::EV_CURRENT.0)),
        e_entry: U64::new(LE, linked.entry),
        e_phoff: U64::new(LE, size_of::<FileHeader64<LE>>() as u64),
        e_shoff: U64::new(LE, sections.offset()),
        e_flags: U32::new(LE, elf::FileFlags(linked.flags)),
        e_ehsize: U16::new(LE, size_of::<FileHeader64<LE>>() as u16),
        e_phentsize: U16::new(LE, size_of::<ProgramHeader64<LE>>() as u16),
        e_phnum: U16::new(LE, segments as u16),
        e_shentsize: U16::new(LE, size_of::<SectionHeader64<LE>>() as u16),
        e_shnum: U16::new(LE, sections.count()),
        e_shstrndx: U16::new(LE, elf::SymbolSection(sections.count() - 1)),
    }
}

/// PT_LOAD.
fn load(segment: &Segment, offset: u64, align: PageSize) -> ProgramHeader64<LE> {
    let flags = match segment.access {
        Access::Read => elf::PF_R,
        Access::Execute => elf::PF_R | elf::PF_X,
        Access::Write => elf::PF_R | elf::PF_W,
    };
    ProgramHeader64 {
        p_type: U32::new(LE, elf::PT_LOAD),
        p_flags: U32::new(LE, flags),
        p_offset: U64::new(LE, offset),
        p_vaddr: U64::new(LE, segment.address),
        p_paddr: U64::new(LE, segment.address),
        p_filesz: U64::new(LE, segment.file_size),
        p_memsz: U64::new(LE, segment.size),
        p_align: U64::new(LE, align.bytes()),
    }
}

/// PT_NOTE, for tools that list notes, and PT_GNU_PROPERTY, for the kernel, where there is a note.
fn note_headers(linked: &Linked<'_>, placed: &[Placed]) -> Vec<ProgramHeader64<LE>> {
    let note = linked.sections.iter().find(|section| section.name == gnu_property::SECTION);
    let Some(note) = note else { return Vec::new() };
    let holds = |(segment, _): &&Placed| (segment.address..segment.file_end()).contains(&note.address);
    let Some((segment, offset)) = placed.iter().find(holds) else { return Vec::new() };
    let header = |kind| ProgramHeader64 {
        p_type: U32::new(LE, kind),
        p_flags: U32::new(LE, elf::PF_R),
        p_offset: U64::new(LE, offset + note.address - segment.address),
        p_vaddr: U64::new(LE, note.address),
        p_paddr: U64::new(LE, note.address),
        p_filesz: U64::new(LE, note.size),
        p_memsz: U64::new(LE, note.size),
        p_align: U64::new(LE, note.align),
    };
    vec![header(elf::PT_NOTE), header(elf::PT_GNU_PROPERTY)]
}

/// PT_GNU_STACK: the stack is not executable.
fn stack() -> ProgramHeader64<LE> {
    let zero = U64::new(LE, 0);
    ProgramHeader64 {
        p_type: U32::new(LE, elf::PT_GNU_STACK),
        p_flags: U32::new(LE, elf::PF_R | elf::PF_W),
        p_offset: zero,
        p_vaddr: zero,
        p_paddr: zero,
        p_filesz: zero,
        p_memsz: zero,
        p_align: U64::new(LE, 16),
    }
}
