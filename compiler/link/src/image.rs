//! Writes the executable: the linked sections in as small a file as the kernel accepts.
//!
//! A segment's offset in the file must equal its address modulo the page size, where kernels map the file, no more. Linker scripts give neighbouring
//! segments addresses that continue each other modulo the page size, so that they follow each other in the file without
//! padding; the page of the file that holds the end of one and the start of the next is mapped twice. Linear memory starts
//! at a page boundary, in the file too; the gap before it takes the tables that only debuggers read.

use crate::features::{self, Note};
use crate::memory::Memory;
use crate::sections::{Access, Linked};
use crate::segments::{Segment, segments};
use crate::tables::Tables;
use crate::{Error, Expectations, PageSize};
use object::elf::{self, FileHeader64, Ident, ProgramHeader64, SectionHeader64};
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::bytes_of;

/// Alignment of the tables in the file.
const TABLE_ALIGN: u64 = 8;

/// Writes an executable with the sections of a linked file and the contents of linear memory.
pub fn rewrite(file: &[u8], memory: Option<&Memory>, expected: &Expectations, strip: bool) -> Result<Vec<u8>, Error> {
    let note = Note::new(expected.features);
    let mut linked = Linked::read(file)?;
    linked.insert(memory.map(Memory::section));
    linked.insert(note.as_ref().map(|note| note.section(&linked.sections, expected.image_base)));
    if strip {
        linked.symbols.clear();
        linked.details.clear();
    }
    let segments = segments(&linked.sections, expected.page_size)?;
    let others = if note.is_some() { 3 } else { 1 };
    let mut file = Layout::new(headers_size(segments.len() + others));
    let align = expected.file_align;
    let placed = place(&segments, &mut file, align);
    let tables = Tables::new(&linked, &placed, &mut file);
    let mut image = vec![0; file.end as usize];
    let mut headers: Vec<_> = placed.iter().map(|(segment, offset)| load(segment, *offset, align)).collect();
    headers.extend(note_headers(&linked, &placed));
    headers.push(stack());
    write_headers(&mut image, &linked, &headers, &tables);
    for &(segment, offset) in &placed {
        write_contents(&mut image, &linked, segment, offset);
    }
    tables.write(&mut image);
    Ok(image)
}

/// A segment and its offset in the file.
pub type Placed = (Segment, u64);

/// Which ranges of the file are taken.
#[derive(Debug)]
pub struct Layout {
    end: u64,
    gaps: Vec<std::ops::Range<u64>>,
}

impl Layout {
    fn new(end: u64) -> Self {
        Self { end, gaps: Vec::new() }
    }

    /// Takes `size` bytes at `offset`, which is not below the end.
    fn take_at(&mut self, offset: u64, size: u64) {
        self.gaps.push(self.end..offset);
        self.end = offset + size;
    }

    /// Takes `size` bytes, in a gap where one is large enough.
    pub fn take(&mut self, size: u64) -> u64 {
        let size = size.next_multiple_of(TABLE_ALIGN);
        for gap in &mut self.gaps {
            let start = gap.start.next_multiple_of(TABLE_ALIGN);
            if start + size <= gap.end {
                gap.start = start + size;
                return start;
            }
        }
        let start = self.end.next_multiple_of(TABLE_ALIGN);
        self.end = start + size;
        start
    }
}

fn headers_size(segments: usize) -> u64 {
    (size_of::<FileHeader64<LE>>() + segments * size_of::<ProgramHeader64<LE>>()) as u64
}

/// Gives every segment an offset: next comes the one that needs the least padding.
fn place(segments: &[Segment], file: &mut Layout, align: PageSize) -> Vec<Placed> {
    let (mut waiting, empty): (Vec<Segment>, Vec<Segment>) = segments.iter().partition(|segment| segment.file_size > 0);
    let mut placed: Vec<Placed> =
        empty.into_iter().map(|segment| (segment, align.congruent(0, segment.address))).collect();
    while !waiting.is_empty() {
        let offset = |segment: &Segment| align.congruent(file.end, segment.address);
        let next = (0..waiting.len()).min_by_key(|&index| offset(&waiting[index])).unwrap_or(0);
        let segment = waiting.remove(next);
        let offset = align.congruent(file.end, segment.address);
        file.take_at(offset, segment.file_size);
        placed.push((segment, offset));
    }
    placed.sort_by_key(|(segment, _)| segment.address);
    placed
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

fn write_headers(image: &mut [u8], linked: &Linked<'_>, segments: &[ProgramHeader64<LE>], tables: &Tables) {
    let mut headers = bytes_of(&file_header(linked, segments.len(), tables)).to_vec();
    segments.iter().for_each(|segment| headers.extend_from_slice(bytes_of(segment)));
    image[..headers.len()].copy_from_slice(&headers);
}

fn file_header(linked: &Linked<'_>, segments: usize, tables: &Tables) -> FileHeader64<LE> {
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
        e_shoff: U64::new(LE, tables.headers_offset()),
        e_flags: U32::new(LE, elf::FileFlags(linked.flags)),
        e_ehsize: U16::new(LE, size_of::<FileHeader64<LE>>() as u16),
        e_phentsize: U16::new(LE, size_of::<ProgramHeader64<LE>>() as u16),
        e_phnum: U16::new(LE, segments as u16),
        e_shentsize: U16::new(LE, size_of::<SectionHeader64<LE>>() as u16),
        e_shnum: U16::new(LE, tables.sections()),
        e_shstrndx: U16::new(LE, elf::SymbolSection(tables.sections() - 1)),
    }
}

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

/// Says where the note about the code is, where there is one: to tools that list notes, and to the kernel.
fn note_headers(linked: &Linked<'_>, placed: &[Placed]) -> Vec<ProgramHeader64<LE>> {
    let note = linked.sections.iter().find(|section| section.name == features::SECTION);
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

/// Says that the stack is not executable.
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
