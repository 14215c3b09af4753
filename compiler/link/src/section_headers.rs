//! The section header table and the sections that only debuggers and binary tools read: symbols, names, debug
//! information. The kernel needs none of them.

use crate::gnu_property;
use crate::layout::{Layout, Placed};
use crate::sections::{Access, Linked, Section};
use crate::symbol_table::{self, Strings};
use object::elf::{self, SectionHeader64, Sym64};
use object::endian::{LittleEndian as LE, U32, U64};
use object::pod::bytes_of;

/// The headers, and contents that no segment has.
#[derive(Debug)]
pub struct SectionHeaders {
    headers: Vec<SectionHeader64<LE>>,
    /// Of the headers, in the file.
    offset: u64,
    /// By their offsets in the file.
    contents: Vec<(u64, Vec<u8>)>,
    /// The table `.shstrtab`.
    names: Strings,
}

impl SectionHeaders {
    /// Makes the headers for a linked file whose segments are in place, and finds room for them.
    pub fn new(linked: &Linked<'_>, placed: &[Placed], file: &mut Layout) -> Self {
        let mut all = Self { headers: vec![null()], offset: 0, contents: Vec::new(), names: Strings::default() };
        for section in &linked.sections {
            all.add_section(section, placed);
        }
        all.add_symbols(linked, file);
        for section in &linked.debug_sections {
            let header = SectionHeader64 {
                sh_flags: U64::new(LE, elf::SectionFlags(section.flags)),
                sh_addralign: U64::new(LE, section.align),
                ..all.named(section.name, elf::SHT_PROGBITS)
            };
            all.add(header, section.data.to_vec(), file);
        }
        let header = all.named(b".shstrtab", elf::SHT_STRTAB);
        let names = std::mem::take(&mut all.names).into_bytes();
        all.add(header, names, file);
        all.offset = file.take((all.headers.len() * size_of::<SectionHeader64<LE>>()) as u64);
        all
    }

    /// Offset of the headers in the file.
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// Number of headers; the last one is that of the section names.
    pub fn count(&self) -> u16 {
        self.headers.len() as u16
    }

    /// Writes headers and contents to their places.
    pub fn write(&self, image: &mut [u8]) {
        for (offset, bytes) in &self.contents {
            image[*offset as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        for (header, place) in self.headers.iter().zip(image[self.offset as usize..].chunks_mut(size_of_val(&null()))) {
            place.copy_from_slice(bytes_of(header));
        }
    }

    /// A section in memory: for every segment that has a part of it, one header for what the file holds and one for the
    /// zeroes after it.
    fn add_section(&mut self, section: &Section<'_>, placed: &[Placed]) {
        let contents = if section.name == gnu_property::SECTION { elf::SHT_NOTE } else { elf::SHT_PROGBITS };
        for (segment, offset) in placed {
            let (start, end) = (section.address.max(segment.address), section.end().min(segment.end()));
            let middle = segment.file_end().clamp(start, end.max(start));
            let offset = offset + start.saturating_sub(segment.address);
            for (start, end, kind) in [(start, middle, contents), (middle, end, elf::SHT_NOBITS)] {
                if start < end {
                    let header = SectionHeader64 {
                        sh_flags: U64::new(LE, flags(section.access)),
                        sh_addr: U64::new(LE, start),
                        sh_offset: U64::new(LE, offset),
                        sh_size: U64::new(LE, end - start),
                        sh_addralign: U64::new(LE, if start == section.address { section.align } else { 1 }),
                        ..self.named(section.name, kind)
                    };
                    self.headers.push(header);
                }
            }
        }
    }

    fn add_symbols(&mut self, linked: &Linked<'_>, file: &mut Layout) {
        if linked.symbols.is_empty() {
            return;
        }
        let table = symbol_table::table(&linked.symbols, |address| self.section_of(address));
        let header = SectionHeader64 {
            sh_link: U32::new(LE, self.headers.len() as u32 + 1),
            sh_info: U32::new(LE, table.first_global),
            sh_entsize: U64::new(LE, size_of::<Sym64<LE>>() as u64),
            sh_addralign: U64::new(LE, 8),
            ..self.named(b".symtab", elf::SHT_SYMTAB)
        };
        self.add(header, table.entries, file);
        let header = self.named(b".strtab", elf::SHT_STRTAB);
        self.add(header, table.strings, file);
    }

    /// Index of the section that an address lies in, or ends.
    fn section_of(&self, address: u64) -> elf::SymbolSection {
        let offset = |header: &SectionHeader64<LE>| address.checked_sub(header.sh_addr.get(LE));
        let find = |within: fn(u64, u64) -> bool| {
            let holds = |header| offset(header).is_some_and(|offset| within(offset, header.sh_size.get(LE)));
            self.headers.iter().skip(1).position(holds)
        };
        let index = find(|offset, size| offset < size).or_else(|| find(|offset, size| offset == size));
        index.map_or(elf::SHN_ABS, |index| elf::SymbolSection(index as u16 + 1))
    }

    fn named(&mut self, name: &[u8], kind: elf::SectionType) -> SectionHeader64<LE> {
        SectionHeader64 { sh_name: U32::new(LE, self.names.add(name)), sh_type: U32::new(LE, kind), ..null() }
    }

    fn add(&mut self, header: SectionHeader64<LE>, contents: Vec<u8>, file: &mut Layout) {
        let size = contents.len() as u64;
        let offset = file.take(size);
        self.headers.push(SectionHeader64 { sh_offset: U64::new(LE, offset), sh_size: U64::new(LE, size), ..header });
        self.contents.push((offset, contents));
    }
}

fn flags(access: Access) -> elf::SectionFlags {
    match access {
        Access::Read => elf::SHF_ALLOC,
        Access::Execute => elf::SHF_ALLOC | elf::SHF_EXECINSTR,
        Access::Write => elf::SHF_ALLOC | elf::SHF_WRITE,
    }
}

/// The header that begins every table of section headers.
fn null() -> SectionHeader64<LE> {
    let zero = U64::new(LE, 0);
    SectionHeader64 {
        sh_name: U32::new(LE, 0),
        sh_type: U32::new(LE, elf::SHT_NULL),
        sh_flags: U64::new(LE, elf::SectionFlags(0)),
        sh_addr: zero,
        sh_offset: zero,
        sh_size: zero,
        sh_link: U32::new(LE, 0),
        sh_info: U32::new(LE, 0),
        sh_addralign: U64::new(LE, 1),
        sh_entsize: zero,
    }
}
