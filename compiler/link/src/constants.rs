//! Symbols that are constants: weak ones that nothing defines, which are 0, and absolute ones. They lie far below the
//! image, where no branch and no address relative to the program counter reaches. What refers to them so is changed
//! here: an address becomes a constant, and a branch to 0, which is executed only by mistake, an instruction that
//! faults. What goes through the global offset table is left to the linker where it can, as are words that hold an
//! address.

use crate::archives::Symbols;
use crate::inputs::Input;
use crate::own_sections::OwnSections;
use crate::target::Architecture;
use object::elf::{self, FileHeader64, Rela64, RelocationType};
use object::endian::LittleEndian as LE;
use object::read::elf::{FileHeader as _, Rela as _, SectionHeader as _, Sym as _, SymbolTable};
use std::collections::{HashMap, HashSet};

/// Symbols that linkers define of themselves.
const LINKERS: [&str; 5] =
    ["_GLOBAL_OFFSET_TABLE_", "__ehdr_start", "__executable_start", "__global_pointer$", "_DYNAMIC"];

/// A change of an object: where, and the bytes that come there.
type Change = (usize, Vec<u8>);

/// What objects define.
struct Definitions<'o> {
    all: HashSet<Vec<u8>>,
    absolute: HashMap<Vec<u8>, u64>,
    own: &'o OwnSections,
}

impl Definitions<'_> {
    /// The value of a symbol that an object refers to, where that is a constant.
    fn value(&self, name: &[u8], is_weak: bool) -> Option<u64> {
        if self.all.contains(name) {
            return self.absolute.get(name).copied();
        }
        let text = String::from_utf8_lossy(name);
        let is_nowhere = is_weak && !self.own.defines(&text) && !LINKERS.contains(&&*text);
        is_nowhere.then_some(0)
    }
}

/// Has all references to constants be such.
pub fn settle(objects: &mut [Input], own: &OwnSections, architecture: Architecture) {
    let mut definitions = Definitions { all: HashSet::new(), absolute: HashMap::new(), own };
    for object in &*objects {
        let symbols = Symbols::of(&object.bytes);
        definitions.all.extend(symbols.defined.into_iter().map(|(name, _)| name.to_vec()));
        definitions.absolute.extend(symbols.absolute.into_iter().map(|(name, value)| (name.to_vec(), value)));
    }
    for object in objects.iter_mut().filter(|object| object.is_native()) {
        // What is malformed, the linker complains about.
        let changes = changes(&object.bytes, &definitions, architecture).unwrap_or_default();
        for (at, change) in changes {
            if let Some(place) = object.bytes.to_mut().get_mut(at..at + change.len()) {
                place.copy_from_slice(&change);
            }
        }
    }
}

/// What must change in an object.
fn changes(
    object: &[u8],
    definitions: &Definitions<'_>,
    architecture: Architecture,
) -> object::read::Result<Vec<Change>> {
    let header = FileHeader64::<LE>::parse(object)?;
    let sections = header.sections(LE, object)?;
    let symbols = sections.symbols(LE, object, elf::SHT_SYMTAB)?;
    let mut changes = Vec::new();
    for table in sections.iter() {
        let Some((entries, _)) = table.rela(LE, object)? else { continue };
        let section = sections.section(table.info_link(LE))?;
        if !section.sh_flags(LE).contains(elf::SHF_ALLOC) {
            continue;
        }
        let code = Code { bytes: section.data(LE, object)?, start: section.sh_offset(LE) as usize };
        let start = table.sh_offset(LE) as usize;
        for (index, rela) in entries.iter().enumerate() {
            let Some(symbol) = rela.symbol(LE, false) else { continue };
            let symbol = symbols.symbol(symbol)?;
            let name = symbol.name(LE, symbols.strings())?;
            let is_open = symbol.is_undefined(LE) || symbol.is_absolute(LE);
            let value = definitions.value(name, symbol.st_bind() == elf::STB_WEAK);
            let Some(value) = value.filter(|_| is_open && !symbol.is_local()) else { continue };
            match code.settled(rela.r_offset.get(LE) as usize, rela.r_type(LE, false), value, architecture) {
                Some(Settled::By(change)) => {
                    changes.push(change);
                    let table = Table { entries, start, symbols: &symbols };
                    table.release(index, architecture, &code, &mut changes);
                }
                Some(Settled::As(kind)) => changes.push(kind_of(start, index, kind)),
                None => {}
            }
        }
    }
    Ok(changes)
}

/// The relocations of a section.
struct Table<'a> {
    entries: &'a [Rela64<LE>],
    /// Offset of the first in the object.
    start: usize,
    symbols: &'a SymbolTable<'a, FileHeader64<LE>>,
}

impl Table<'_> {
    /// Has nothing be left to relocate by entry `index`: not by it, nor by others that belong to it. On RISC-V one
    /// names the instruction with the lower part of an address by a label at that with the upper part.
    fn release(&self, index: usize, architecture: Architecture, code: &Code<'_>, changes: &mut Vec<Change>) {
        let at = self.entries[index].r_offset.get(LE);
        changes.push(kind_of(self.start, index, elf::R_X86_64_NONE));
        if architecture != Architecture::Riscv64 {
            return;
        }
        for (number, other) in self.entries.iter().enumerate() {
            let (place, kind) = (other.r_offset.get(LE), other.r_type(LE, false));
            let label = || other.symbol(LE, false).and_then(|symbol| self.symbols.symbol(symbol).ok());
            let is_low = [elf::R_RISCV_PCREL_LO12_I, elf::R_RISCV_PCREL_LO12_S].contains(&kind)
                && label().is_some_and(|label| !label.is_undefined(LE) && label.st_value(LE) == at);
            if is_low {
                changes.extend(code.without_low_part(place as usize, kind));
            }
            if is_low || kind == elf::R_RISCV_RELAX && place == at {
                changes.push(kind_of(self.start, number, elf::R_RISCV_NONE));
            }
        }
    }
}

/// Gives a relocation another type.
fn kind_of(start: usize, index: usize, kind: RelocationType) -> Change {
    (start + index * size_of::<Rela64<LE>>() + size_of::<u64>(), kind.0.to_le_bytes().to_vec())
}

/// A section of an object.
struct Code<'a> {
    bytes: &'a [u8],
    /// Its offset in the object.
    start: usize,
}

/// What becomes of a reference.
enum Settled {
    /// This takes its place.
    By(Change),
    /// It has another type.
    As(RelocationType),
}

impl Code<'_> {
    fn word(&self, at: usize) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes.get(at..at + 4)?.try_into().ok()?))
    }

    fn put(&self, at: usize, words: &[u32]) -> Option<Settled> {
        Some(Settled::By((self.start + at, words.iter().flat_map(|word| word.to_le_bytes()).collect())))
    }

    /// What becomes of a reference at an offset to `value`; `None` where the linker knows what to do.
    fn settled(&self, at: usize, kind: RelocationType, value: u64, architecture: Architecture) -> Option<Settled> {
        match architecture {
            Architecture::X86_64 => self.settled_x86_64(at, kind, value),
            _ if value != 0 => None,
            Architecture::Aarch64 => match kind {
                elf::R_AARCH64_CALL26 | elf::R_AARCH64_JUMP26 | elf::R_AARCH64_PREL32 => self.put(at, &[0]), // udf #0
                elf::R_AARCH64_ADR_PREL_PG_HI21 | elf::R_AARCH64_ADR_PREL_PG_HI21_NC | elf::R_AARCH64_ADR_PREL_LO21 => {
                    self.put(at, &[0xd280_0000 | self.word(at)? & 0x1f])
                } // mov xN, #0
                _ => None,
            },
            Architecture::Riscv64 => match kind {
                elf::R_RISCV_CALL | elf::R_RISCV_CALL_PLT => self.put(at, &[0xc000_1073, 0x13]), // unimp; nop
                elf::R_RISCV_JAL => self.put(at, &[0xc000_1073]),
                elf::R_RISCV_PCREL_HI20 => self.put(at, &[self.word(at)? & 0xf80 | 0x37]), // lui rN, 0
                _ => None,
            },
        }
    }

    fn settled_x86_64(&self, at: usize, kind: RelocationType, value: u64) -> Option<Settled> {
        /// From the end of a branch to the last two bytes of its own displacement, which are no instruction.
        const INTO_ITSELF: u32 = -2_i32 as u32;
        let before = |bytes: usize| self.bytes.get(at.checked_sub(bytes)?..at);
        // `lea symbol(%rip), %reg` and `mov symbol@GOTPCREL(%rip), %reg` become `mov $value, %reg`.
        let constant = |rex: u8, modrm: u8| {
            let value = i32::try_from(value as i64).ok()?.to_le_bytes();
            let code = [&[0x48 | rex >> 2 & 1, 0xc7, 0xc0 | modrm >> 3 & 7], &value[..]].concat();
            Some(Settled::By((self.start + at - 3, code)))
        };
        match kind {
            elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => match before(3) {
                Some(&[rex @ 0x48..=0x4f, 0x8b, modrm]) if modrm & 0xc7 == 5 => constant(rex, modrm),
                // Calls and jumps, which the linker would make direct ones, and whatever else there is.
                _ => Some(Settled::As(elf::R_X86_64_GOTPCREL)),
            },
            elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => match (before(3), before(2), before(1)) {
                (Some(&[rex @ 0x48..=0x4f, 0x8d, modrm]), ..) if modrm & 0xc7 == 5 => constant(rex, modrm),
                _ if value != 0 => None,
                (_, Some([0x0f, 0x80..=0x8f]), _) | (.., Some([0xe8 | 0xe9])) => self.put(at, &[INTO_ITSELF]),
                _ => self.put(at, &[0]),
            },
            _ => None,
        }
    }

    /// The instruction that adds the lower part of an address, without it.
    fn without_low_part(&self, at: usize, kind: RelocationType) -> Option<Change> {
        let mask = if kind == elf::R_RISCV_PCREL_LO12_I { 0x000f_ffff } else { 0x01ff_f07f };
        Some((self.start + at, (self.word(at)? & mask).to_le_bytes().to_vec()))
    }
}
