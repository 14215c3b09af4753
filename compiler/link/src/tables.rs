//! The tables that debuggers and binary tools read: section headers, symbols, names. The kernel needs none of them.

use crate::features;
use crate::image::{Layout, Placed};
use crate::sections::{Access, Linked, Section};
use crate::symbols::{self, Strings};
use object::elf::{self, SectionHeader64, Sym64};
use object::endian::{LittleEndian as LE, U32, U64};
use object::pod::bytes_of;

/// The tables and where they go.
#[derive(Debug)]
pub struct Tables {
    headers: Vec<SectionHeader64<LE>>,
    headers_offset: u64,
    contents: Vec<(u64, Vec<u8>)>,
    names: Strings,
}

impl Tables {
    /// Makes the tables for a linked file whose segments are in place, and finds room for them.
    pub fn new(linked: &Linked<'_>, placed: &[Placed], file: &mut Layout) -> Self {
        let mut tables =
            Self { headers: vec![null()], headers_offset: 0, contents: Vec::new(), names: Strings::default() };
        for section in &linked.sections {
            tables.add_section(section, placed);
        }
        tables.add_symbols(linked, file);
        for detail in &linked.details {
            let header = SectionHeader64 {
                sh_flags: U64::new(LE, elf::SectionFlags(detail.flags)),
                sh_addralign: U64::new(LE, detail.align),
                ..tables.named(detail.name, elf::SHT_PROGBITS)
            };
            tables.add(header, detail.data.to_vec(), file);
        }
        let header = tables.named(b".shstrtab", elf::SHT_STRTAB);
        let names = std::mem::take(&mut tables.names).into_bytes();
        tables.add(header, names, file);
        tables.headers_offset = file.take((tables.headers.len() * size_of::<SectionHeader64<LE>>()) as u64);
        tables
    }

    /// Offset of the section headers in the file.
    pub fn headers_offset(&self) -> u64 {
        self.headers_offset
    }

    /// Number of section headers; the last one is that of the section names.
    pub fn sections(&self) -> u16 {
        self.headers.len() as u16
    }

    /// Writes the tables to their places.
    pub fn write(&self, image: &mut [u8]) {
        for (offset, bytes) in &self.contents {
            image[*offset as usize..][..bytes.len()].copy_from_slice(bytes);
        }
        for (header, place) in
            self.headers.iter().zip(image[self.headers_offset as usize..].chunks_mut(size_of_val(&null())))
        {
            place.copy_from_slice(bytes_of(header));
        }
    }

    /// A section in memory: for every segment that has a part of it, one header for what the file holds and one for the
    /// zeroes behind.
    fn add_section(&mut self, section: &Section<'_>, placed: &[Placed]) {
        let contents = if section.name == features::SECTION { elf::SHT_NOTE } else { elf::SHT_PROGBITS };
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
        let table = symbols::table(&linked.symbols, |address| self.section_of(address));
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
