//! The symbol table and its string table.

use crate::sections::Symbol;
use object::elf::{self, Sym64};
use object::endian::{LittleEndian as LE, U16, U32, U64};
use object::pod::bytes_of;

/// A string table under construction.
#[derive(Debug)]
pub struct Strings(Vec<u8>);

impl Default for Strings {
    /// A table that holds the empty string.
    fn default() -> Self {
        Self(vec![0])
    }
}

impl Strings {
    /// Adds a string and returns its offset.
    pub fn add(&mut self, string: &[u8]) -> u32 {
        let offset = self.0.len() as u32;
        self.0.extend_from_slice(string);
        self.0.push(0);
        offset
    }

    /// The table's contents.
    pub fn into_bytes(self) -> Vec<u8> {
        self.0
    }
}

/// Crates of the runtime, as they are called in the names that rustc mangles.
const RUNTIME_CRATES: [&[u8]; 2] = [b"wasmc_runtime", b"wasmc_abi"];

/// Whether it is an internal name of the runtime: of no use to whoever looks at a program, and a seventh of a small
/// image.
fn is_inside_runtime(symbol: &Symbol<'_>) -> bool {
    let mentions = |name: &[u8]| symbol.name.windows(name.len()).any(|window| window == name);
    !symbol.global && symbol.name.starts_with(b"_ZN") && RUNTIME_CRATES.iter().any(|name| mentions(name))
}

/// A symbol table's contents.
#[derive(Debug)]
pub struct SymbolTable {
    pub entries: Vec<u8>,
    pub strings: Vec<u8>,
    /// Index of the first global symbol.
    pub first_global: u32,
}

/// Makes the table of `symbols`, but for the runtime's internal ones; `section_of` gives the index of the section at an
/// address.
pub fn table(symbols: &[Symbol<'_>], section_of: impl Fn(u64) -> elf::SymbolSection) -> SymbolTable {
    let mut strings = Strings::default();
    let mut entries = vec![0; size_of::<Sym64<LE>>()];
    let shown = || symbols.iter().filter(|symbol| !is_inside_runtime(symbol));
    for symbol in shown() {
        let binding = if symbol.global { elf::STB_GLOBAL } else { elf::STB_LOCAL };
        let entry = Sym64::<LE> {
            st_name: U32::new(LE, strings.add(symbol.name)),
            st_info: elf::SymbolInfo::new(binding, symbol.kind),
            st_other: elf::SymbolOther(0),
            st_shndx: U16::new(LE, section_of(symbol.address)),
            st_value: U64::new(LE, symbol.address),
            st_size: U64::new(LE, symbol.size),
        };
        entries.extend_from_slice(bytes_of(&entry));
    }
    let locals = shown().filter(|symbol| !symbol.global).count();
    SymbolTable { entries, strings: strings.into_bytes(), first_global: 1 + locals as u32 }
}
