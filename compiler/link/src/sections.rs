//! The sections and symbols of a linked file that an image keeps.

use crate::error::Error;
use crate::own_sections::INITIALIZERS;
use object::elf::{self, FileHeader64, SectionHeader64};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, SectionHeader as _, SectionTable, Sym as _};

/// What a section's memory permits. W^X holds by construction: nothing permits both writing and execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    Read,
    Execute,
    Write,
}

/// A section that is in memory at run time (SHF_ALLOC).
#[derive(Clone, Copy, Debug)]
pub struct Section<'a> {
    pub name: &'a [u8],
    pub access: Access,
    pub address: u64,
    pub size: u64,
    pub align: u64,
    /// Contents; zeroes follow up to `size`.
    pub data: &'a [u8],
}

impl Section<'_> {
    pub fn end(&self) -> u64 {
        self.address + self.size
    }
}

/// A section that only debuggers read.
#[derive(Clone, Copy, Debug)]
pub struct DebugSection<'a> {
    pub name: &'a [u8],
    pub flags: u64,
    pub align: u64,
    pub data: &'a [u8],
}

/// A defined symbol.
#[derive(Clone, Copy, Debug)]
pub struct Symbol<'a> {
    pub name: &'a [u8],
    pub kind: elf::SymbolType,
    pub global: bool,
    pub address: u64,
    pub size: u64,
}

/// A linked file, taken apart.
#[derive(Debug)]
pub struct Linked<'a> {
    pub machine: u16,
    pub flags: u32,
    pub entry: u64,
    /// By address; none is empty.
    pub sections: Vec<Section<'a>>,
    pub debug_sections: Vec<DebugSection<'a>>,
    pub symbols: Vec<Symbol<'a>>,
}

impl<'a> Linked<'a> {
    /// Takes a linked file apart.
    pub fn read(file: &'a [u8]) -> Result<Self, Error> {
        let malformed =
            |error: object::read::Error| Error::Invariant(format!("the linker's output is malformed: {error}"));
        let header = FileHeader64::<LE>::parse(file).map_err(malformed)?;
        let table = header.sections(LE, file).map_err(malformed)?;
        let mut linked = Self {
            machine: header.e_machine.get(LE).0,
            flags: header.e_flags.get(LE).0,
            entry: header.e_entry.get(LE),
            sections: Vec::new(),
            debug_sections: Vec::new(),
            symbols: symbols(&table, file).map_err(malformed)?,
        };
        for section in table.iter().skip(1) {
            let name = table.section_name(LE, section).map_err(malformed)?;
            let data = section.data(LE, file).map_err(malformed)?;
            linked.add(section, name, data)?;
        }
        linked.sections.sort_by_key(|section| section.address);
        linked.set_record_apart();
        let sections = &linked.sections;
        linked.symbols.retain(|symbol| {
            sections.iter().any(|section| (section.address..=section.end()).contains(&symbol.address))
        });
        Ok(linked)
    }

    /// Gives the record of the program's grants a section of its own, for tools that read it in stripped images too.
    fn set_record_apart(&mut self) {
        let Some(record) = self.symbols.iter().find(|symbol| symbol.name == RECORD_SYMBOL && symbol.size > 0) else {
            return;
        };
        let (start, end) = (record.address, record.address + record.size);
        let holds =
            |section: &Section<'_>| section.address <= start && end <= section.address + section.data.len() as u64;
        let Some(index) = self.sections.iter().position(holds) else { return };
        let whole = self.sections.remove(index);
        let part = |name, from: u64, to: u64| Section {
            name,
            address: from,
            size: to - from,
            align: if from == whole.address { whole.align } else { 1 },
            data: whole
                .data
                .get((from - whole.address) as usize..)
                .map_or(&[], |data| &data[..data.len().min((to - from) as usize)]),
            ..whole
        };
        let parts = [
            part(whole.name, whole.address, start),
            part(RECORD_SECTION, start, end),
            part(whole.name, end, whole.end()),
        ];
        self.insert(parts.into_iter().filter(|part| part.size > 0));
    }

    /// Adds sections that the linker has not seen.
    pub fn insert(&mut self, sections: impl IntoIterator<Item = Section<'a>>) {
        self.sections.extend(sections);
        self.sections.sort_by_key(|section| section.address);
    }

    fn add(&mut self, section: &SectionHeader64<LE>, name: &'a [u8], data: &'a [u8]) -> Result<(), Error> {
        let size = section.sh_size(LE);
        let align = section.sh_addralign(LE).max(1);
        let flags = section.sh_flags(LE);
        if flags.contains(elf::SHF_ALLOC) && size > 0 {
            refuse_what_needs_a_loader(section, name)?;
            let access = access(name, flags);
            self.sections.push(Section { name, access, address: section.sh_addr(LE), size, align, data });
        } else if name.starts_with(b".debug_") {
            self.debug_sections.push(DebugSection { name, flags: flags.0, align, data });
        }
        Ok(())
    }
}

/// The record of the program's grants, among its read-only data, and the section it gets.
const RECORD_SYMBOL: &[u8] = b"wasmc_grants";
const RECORD_SECTION: &[u8] = b".wasmc";

/// Sections that nothing writes to once their relocations are applied, which the linker has done.
const WRITTEN_BY_LINKER_ONLY: [&[u8]; 3] = [b".rodata", b".data.rel.ro", b".got"];

/// Code that is marked as data, so that the linker places it first: where a machine without a loader begins.
const RESET_CODE: &[u8] = b".reset";

fn access(name: &[u8], flags: elf::SectionFlags) -> Access {
    if flags.contains(elf::SHF_EXECINSTR) || name == RESET_CODE {
        Access::Execute
    } else if flags.contains(elf::SHF_WRITE) && !is_written_by_linker_only(name) {
        Access::Write
    } else {
        Access::Read
    }
}

fn is_written_by_linker_only(name: &[u8]) -> bool {
    WRITTEN_BY_LINKER_ONLY.contains(&name) || INITIALIZERS.iter().any(|(section, _)| section.as_bytes() == name)
}

fn refuse_what_needs_a_loader(section: &SectionHeader64<LE>, name: &[u8]) -> Result<(), Error> {
    let what = match section.sh_type(LE) {
        _ if section.sh_flags(LE).contains(elf::SHF_TLS) => "thread-local data",
        elf::SHT_FINI_ARRAY | elf::SHT_PREINIT_ARRAY => "a function to call before or after main",
        elf::SHT_RELA | elf::SHT_REL => "an indirect function (ifunc)",
        elf::SHT_DYNAMIC => "dynamic linking",
        _ => return Ok(()),
    };
    Err(Error::Unsupported(format!("{what} (section {})", String::from_utf8_lossy(name))))
}

/// Named functions, objects and labels; sorted, so that their order depends on nothing else.
fn symbols<'a>(table: &SectionTable<'a, FileHeader64<LE>>, file: &'a [u8]) -> object::read::Result<Vec<Symbol<'a>>> {
    let symbols = table.symbols(LE, file, elf::SHT_SYMTAB)?;
    let mut kept = Vec::new();
    for symbol in symbols.iter() {
        let (name, kind) = (symbol.name(LE, symbols.strings())?, symbol.st_type());
        let named = matches!(kind, elf::STT_FUNC | elf::STT_OBJECT | elf::STT_NOTYPE) && !name.is_empty();
        let in_section = !symbol.is_undefined(LE) && !symbol.is_absolute(LE);
        if named && in_section && !name.starts_with(b".L") {
            let (address, size) = (symbol.st_value(LE), symbol.st_size(LE));
            kept.push(Symbol { name, kind, global: !symbol.is_local(), address, size });
        }
    }
    kept.sort_by_key(|symbol| (symbol.global, symbol.address, symbol.name));
    Ok(kept)
}
