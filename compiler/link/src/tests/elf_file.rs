//! ELF files for tests: linked ones, as a linker leaves them, and objects.

use crate::inputs::Input;
use crate::target::{Architecture, PageSize};
use crate::verify::Expectations;
use crate::{GnuProperties, LinkRequest};
use object::elf::{self, FileHeader64, Ident, ProgramHeader64, SectionHeader64, Sym64};
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::bytes_of;
use object::read::elf::{FileHeader as _, ProgramHeader as _, SectionHeader as _};
use object::write::{Object, SectionId, Symbol, SymbolSection};
use object::{BinaryFormat, Endianness, SectionKind, SymbolFlags, SymbolKind, SymbolScope};
use std::borrow::Cow;
use std::num::NonZeroUsize;

pub const PAGE: u64 = 4096;
/// Address of the first section of [`sample`], all of which are code, read-only data or data.
pub const BASE: u64 = 0x3_0000_0000;

pub const READ: elf::SectionFlags = elf::SHF_ALLOC;
pub const EXECUTE: elf::SectionFlags = elf::SectionFlags(elf::SHF_ALLOC.0 | elf::SHF_EXECINSTR.0);
pub const WRITE: elf::SectionFlags = elf::SectionFlags(elf::SHF_ALLOC.0 | elf::SHF_WRITE.0);

/// A section of a linked file.
#[derive(Clone, Debug)]
pub struct Part {
    pub name: &'static str,
    pub flags: elf::SectionFlags,
    pub kind: elf::SectionType,
    pub address: u64,
    pub data: Vec<u8>,
    /// More than `data` where it has no data in the file.
    pub size: u64,
}

impl Part {
    pub fn new(name: &'static str, flags: elf::SectionFlags, address: u64, data: &[u8]) -> Self {
        Self { name, flags, kind: elf::SHT_PROGBITS, address, data: data.to_vec(), size: data.len() as u64 }
    }

    pub fn zeroes(name: &'static str, address: u64, size: u64) -> Self {
        Self { name, flags: WRITE, kind: elf::SHT_NOBITS, address, data: Vec::new(), size }
    }
}

/// Read-only data, code and data, at addresses that continue each other modulo the page size, as scripts give them.
pub fn sample() -> Vec<Part> {
    vec![
        Part::new(".rodata", READ, BASE + 0x200, b"read-only"),
        Part::new(".text", EXECUTE, BASE + PAGE + 0x210, &[0xc3; 32]),
        Part::new(".data", WRITE, BASE + 2 * PAGE + 0x230, b"data"),
        Part::zeroes(".bss", BASE + 2 * PAGE + 0x238, 3 * PAGE),
        Part::new(".debug_info", elf::SectionFlags(0), 0, b"debug"),
    ]
}

/// Where the code of [`sample`] begins.
pub const ENTRY: u64 = BASE + PAGE + 0x210;

/// A symbol of a linked file, in section 1: its name, address and size.
pub type Label = (&'static str, u64, u64);

/// An x86-64 executable with sections and global symbols, but without segments.
pub fn linked(parts: &[Part], labels: &[Label]) -> Vec<u8> {
    let mut names = vec![0];
    let mut file = vec![0; size_of::<FileHeader64<LE>>()];
    let mut headers = vec![header(0, elf::SHT_NULL, 0, 0)];
    let mut add = |name: &str, kind, data: &[u8]| {
        let name_offset = names.len();
        names.extend([name.as_bytes(), b"\0"].concat());
        headers.push(header(name_offset, kind, file.len(), data.len()));
        file.extend_from_slice(data);
        headers.len() - 1
    };
    let mut strings = vec![0];
    let mut symbols = vec![0; size_of::<Sym64<LE>>()];
    for (name, address, size) in labels {
        symbols.extend_from_slice(bytes_of(&Sym64::<LE> {
            st_name: U32::new(LE, strings.len() as u32),
            st_info: elf::SymbolInfo::new(elf::STB_GLOBAL, elf::STT_OBJECT),
            st_other: elf::SymbolOther(0),
            st_shndx: U16::new(LE, elf::SymbolSection(1)),
            st_value: U64::new(LE, *address),
            st_size: U64::new(LE, *size),
        }));
        strings.extend([name.as_bytes(), b"\0"].concat());
    }
    let indices: Vec<usize> = parts.iter().map(|part| add(part.name, part.kind, &part.data)).collect();
    let strtab = add(".strtab", elf::SHT_STRTAB, &strings);
    let symtab = add(".symtab", elf::SHT_SYMTAB, &symbols);
    let shstrtab = add(".shstrtab", elf::SHT_STRTAB, &[]);
    for (part, &index) in parts.iter().zip(&indices) {
        headers[index].sh_flags = U64::new(LE, part.flags);
        headers[index].sh_addr = U64::new(LE, part.address);
        headers[index].sh_size = U64::new(LE, part.size);
    }
    headers[symtab].sh_link = U32::new(LE, strtab as u32);
    headers[symtab].sh_info = U32::new(LE, 1);
    headers[symtab].sh_entsize = U64::new(LE, size_of::<Sym64<LE>>() as u64);
    headers[shstrtab].sh_size = U64::new(LE, names.len() as u64);
    file.extend(names);
    file.resize(file.len().next_multiple_of(8), 0);
    let start = file_header(file.len(), headers.len(), shstrtab);
    file[..size_of_val(&start)].copy_from_slice(bytes_of(&start));
    headers.iter().for_each(|header| file.extend_from_slice(bytes_of(header)));
    file
}

fn header(name: usize, kind: elf::SectionType, offset: usize, size: usize) -> SectionHeader64<LE> {
    SectionHeader64 {
        sh_name: U32::new(LE, name as u32),
        sh_type: U32::new(LE, kind),
        sh_flags: U64::new(LE, elf::SectionFlags(0)),
        sh_addr: U64::new(LE, 0),
        sh_offset: U64::new(LE, offset as u64),
        sh_size: U64::new(LE, size as u64),
        sh_link: U32::new(LE, 0),
        sh_info: U32::new(LE, 0),
        sh_addralign: U64::new(LE, 1),
        sh_entsize: U64::new(LE, 0),
    }
}

fn file_header(headers_offset: usize, headers: usize, names: usize) -> FileHeader64<LE> {
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
        e_machine: U16::new(LE, elf::EM_X86_64),
        e_version: U32::new(LE, 1),
        e_entry: U64::new(LE, ENTRY),
        e_phoff: U64::new(LE, 0),
        e_shoff: U64::new(LE, headers_offset as u64),
        e_flags: U32::new(LE, elf::FileFlags(0)),
        e_ehsize: U16::new(LE, size_of::<FileHeader64<LE>>() as u16),
        e_phentsize: U16::new(LE, size_of::<ProgramHeader64<LE>>() as u16),
        e_phnum: U16::new(LE, 0),
        e_shentsize: U16::new(LE, size_of::<SectionHeader64<LE>>() as u16),
        e_shnum: U16::new(LE, headers as u16),
        e_shstrndx: U16::new(LE, elf::SymbolSection(names as u16)),
    }
}

/// What [`sample`] must be like as an image.
pub fn expectations() -> Expectations {
    let page = PageSize::new(PAGE).unwrap();
    Expectations {
        architecture: Architecture::X86_64,
        page_size: page,
        file_align: page,
        memory_address: None,
        image_base: BASE,
        gnu_properties: GnuProperties::NONE,
    }
}

/// The segments of an image.
pub fn segments(image: &[u8]) -> Vec<ProgramHeader64<LE>> {
    FileHeader64::<LE>::parse(image).unwrap().program_headers(LE, image).unwrap().to_vec()
}

/// The segments that are in memory.
pub fn loaded(image: &[u8]) -> Vec<ProgramHeader64<LE>> {
    segments(image).into_iter().filter(|segment| segment.p_type(LE) == elf::PT_LOAD).collect()
}

/// Names, addresses, sizes and types of the sections of an image.
pub fn sections(image: &[u8]) -> Vec<(String, u64, u64, elf::SectionType)> {
    let header = FileHeader64::<LE>::parse(image).unwrap();
    let table = header.sections(LE, image).unwrap();
    let name =
        |section: &SectionHeader64<LE>| String::from_utf8(table.section_name(LE, section).unwrap().to_vec()).unwrap();
    let describe =
        |section: &SectionHeader64<LE>| (name(section), section.sh_addr(LE), section.sh_size(LE), section.sh_type(LE));
    table.iter().skip(1).map(describe).collect()
}

/// `size` bytes of a program's memory, as a loader fills it.
pub fn memory(image: &[u8], address: u64, size: u64) -> Option<Vec<u8>> {
    let segment = loaded(image).into_iter().find(|segment| {
        let start = segment.p_vaddr(LE);
        start <= address && address + size <= start + segment.p_memsz(LE)
    })?;
    let mut bytes = segment.data(LE, image).unwrap().to_vec();
    bytes.resize(segment.p_memsz(LE) as usize, 0);
    Some(bytes[(address - segment.p_vaddr(LE)) as usize..][..size as usize].to_vec())
}

/// An object without contents.
pub fn object(architecture: object::Architecture) -> Object<'static> {
    Object::new(BinaryFormat::Elf, architecture, Endianness::Little)
}

/// Adds a section.
pub fn section(object: &mut Object<'_>, name: &str, kind: SectionKind, data: &[u8]) -> SectionId {
    let section = object.add_section(Vec::new(), name.as_bytes().to_vec(), kind);
    object.append_section_data(section, data, 8);
    section
}

/// A global symbol at the start of `section`, or an undefined one.
pub fn symbol(name: &str, section: Option<SectionId>) -> Symbol {
    Symbol {
        name: name.as_bytes().to_vec(),
        value: 0,
        size: 0,
        kind: SymbolKind::Text,
        scope: SymbolScope::Linkage,
        weak: false,
        section: section.map_or(SymbolSection::Undefined, SymbolSection::Section),
        flags: SymbolFlags::None,
    }
}

/// An input with some contents.
pub fn input(name: &str, bytes: Vec<u8>) -> Input {
    Input { name: name.into(), bytes: Cow::Owned(bytes) }
}

/// A request to link x86-64 objects by a script that places code and data from [`BASE`] on.
pub fn request(objects: Vec<Input>) -> LinkRequest<'static> {
    let page = PageSize::new(PAGE).unwrap();
    LinkRequest {
        objects,
        archives: Vec::new(),
        natives: false,
        guard_size: 1 << 16,
        // The address of an empty section is 0, so that none begins at the end of another.
        script: "SECTIONS {
            . = 0x2ffff0000;
            .rodata 0x300000200 : { *(.rodata .rodata.*) }
            .text MAX(0x300000200, ADDR(.rodata) + SIZEOF(.rodata)) + 0x1000 : { *(.text .text.*) }
            .data ADDR(.text) + SIZEOF(.text) + 0x1000 : { *(.data .data.*) }
            /DISCARD/ : { *(.comment) *(.eh_frame) *(.note .note.*) }
        }",
        architecture: Architecture::X86_64,
        entry: "_start",
        page_size: page,
        file_align: page,
        memory_address: None,
        image_base: BASE,
        gnu_properties: GnuProperties::NONE,
        strip: false,
        jobs: NonZeroUsize::MIN,
    }
}
