//! The object being written, and the order of its parts.

use crate::{names, state, text, traps, unwind};
use object::elf::{
    GNU_PROPERTY_AARCH64_FEATURE_1_AND, GNU_PROPERTY_AARCH64_FEATURE_1_BTI, GNU_PROPERTY_AARCH64_FEATURE_1_PAC,
};
use object::write::{
    MachOBuildVersion, Object, Relocation, SectionId, StandardSection, Symbol as ObjectSymbol, SymbolId, SymbolSection,
};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SectionKind,
    SymbolFlags, SymbolKind, SymbolScope,
};
use std::collections::HashMap;
use target_lexicon::OperatingSystem;
use wasmc_abi::thread::BlockPointer;
use wasmc_abi::{bare, symbols};
use wasmc_codegen::plan::role::Role;
use wasmc_codegen::symbol::Exported;
use wasmc_codegen::{CompiledFunction, Machine, Plan, Symbol};

/// Why no object was written. All of it is beyond what a module can cause.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The target's object format or architecture is none that objects are written for.
    #[error("no objects can be written for target `{0}`")]
    Target(String),
    /// Code refers to something in a way the object format cannot express.
    #[error("relocation {0} cannot be expressed in this object format")]
    Relocation(String),
    /// The object does not fit its format.
    #[error("the object cannot be written: {0}")]
    Write(#[from] object::write::Error),
}

/// What the program carries beside its module.
#[derive(Clone, Copy, Debug, Default)]
pub struct Extra<'a> {
    /// Encoded grants: see [`wasmc_abi::grants`].
    pub grants: &'a [u8],
    /// The program's confinement: see [`wasmc_abi::confinement`].
    pub confinement: &'a [u8],
    /// Embedded directories: see [`wasmc_abi::embedded`]. Empty where there are none.
    pub embedded: &'a [u8],
    /// What the program is started with, where no system hands that over: see [`wasmc_abi::bare`].
    pub start: Option<Start<'a>>,
}

/// What a program is started with.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The arguments, the program's name first.
    pub arguments: &'a [String],
    /// What random bytes are made from.
    pub seed: u64,
}

/// An object file.
#[derive(Clone, Debug)]
pub struct ObjectFile {
    /// Its bytes.
    pub bytes: Vec<u8>,
    /// Where the section [`MEMORY_SECTION`] must be placed, where there is one.
    pub memory_address: Option<u64>,
}

/// Section with what the program says of itself; the linker puts it among other read-only data.
const RECORD_SECTION: &str = ".rodata.wasmc";

/// Section with the initial contents of the first memory.
pub const MEMORY_SECTION: &str = ".wasm_memory";

/// Writes the object that holds `functions`, which are in the order of the plan, and the module's initial state.
///
/// # Errors
/// Where the target has no object format, or a limit of the format is reached.
pub fn write(
    plan: &Plan<'_>,
    machine: &Machine,
    functions: &[CompiledFunction],
    extra: Extra<'_>,
) -> Result<ObjectFile, Error> {
    let mut writer = Writer::new(plan)?;
    writer.declare_state();
    let text = text::write(&mut writer, machine, functions)?;
    state::write(&mut writer)?;
    traps::write(&mut writer, functions, &text)?;
    unwind::write(&mut writer, functions, &text)?;
    if matches!(plan.role, Role::Executable) {
        writer.record(extra);
        writer.global_data(symbols::STACK_SIZE, &plan.options.stack_size.to_le_bytes());
        if plan.target.block_pointer() == BlockPointer::StackArea {
            writer.global_data(symbols::STACK_AREA, &plan.stack_area.to_le_bytes());
        }
        if let Some(start) = extra.start {
            writer.bare_start(start)?;
        }
    }
    let memory_address = writer.memory_image();
    Ok(ObjectFile { bytes: writer.object.write()?, memory_address })
}

/// The oldest system that an object for Mach-O is for: what the triple says (`macosx11.0`).
fn build_version(triple: &target_lexicon::Triple) -> MachOBuildVersion {
    let (major, minor) = match triple.operating_system {
        OperatingSystem::MacOSX(Some(oldest)) => (oldest.major, oldest.minor),
        _ => (11, 0),
    };
    let mut version = MachOBuildVersion::default();
    version.platform = object::macho::PLATFORM_MACOS;
    version.minos = object::macho::Version(u32::from(major) << 16 | u32::from(minor) << 8);
    version.sdk = version.minos;
    version
}

/// The object so far.
pub(crate) struct Writer<'p> {
    pub plan: &'p Plan<'p>,
    pub object: Object<'static>,
    /// The code that other threads begin with.
    pub thread_run: Option<SymbolId>,
    symbols: HashMap<Symbol, SymbolId>,
}

impl<'p> Writer<'p> {
    fn new(plan: &'p Plan<'p>) -> Result<Self, Error> {
        let triple = &plan.target.triple;
        let unknown = || Error::Target(triple.to_string());
        let format = match triple.binary_format {
            target_lexicon::BinaryFormat::Elf => BinaryFormat::Elf,
            target_lexicon::BinaryFormat::Macho => BinaryFormat::MachO,
            _ => return Err(unknown()),
        };
        let architecture = match triple.architecture {
            target_lexicon::Architecture::X86_64 => Architecture::X86_64,
            target_lexicon::Architecture::Aarch64(_) => Architecture::Aarch64,
            target_lexicon::Architecture::Riscv64(_) => Architecture::Riscv64,
            _ => return Err(unknown()),
        };
        let mut object = Object::new(format, architecture, Endianness::Little);
        if architecture == Architecture::Riscv64 {
            // RV64GC with the lp64d calling convention (psABI, "ELF header").
            let e_flags = object::elf::EF_RISCV_RVC | object::elf::EF_RISCV_FLOAT_ABI_DOUBLE;
            object.flags = object::FileFlags::Elf { os_abi: object::elf::ELFOSABI_NONE, abi_version: 0, e_flags };
        }
        if plan.options.cfi {
            let features = GNU_PROPERTY_AARCH64_FEATURE_1_BTI | GNU_PROPERTY_AARCH64_FEATURE_1_PAC;
            object.add_elf_gnu_property_u32(GNU_PROPERTY_AARCH64_FEATURE_1_AND, features);
        }
        if format == BinaryFormat::MachO {
            object.set_macho_build_version(build_version(triple));
        }
        Ok(Self { plan, object, thread_run: None, symbols: HashMap::new() })
    }

    /// The section of constants, which hold addresses if `addresses`: where the loader moves images, it writes them.
    pub fn constants(&self, addresses: bool) -> StandardSection {
        let are_moved = self.object.format() == BinaryFormat::MachO;
        if addresses && are_moved { StandardSection::ReadOnlyDataWithRel } else { StandardSection::ReadOnlyData }
    }

    /// What addresses of the byte at `offset` of a section refer to: a symbol, and how many bytes further. Mach-O has no
    /// symbols of sections, so that the place gets a local one called `name`.
    pub fn place_at(&mut self, section: SectionId, offset: u64, name: &str) -> (SymbolId, i64) {
        if self.object.format() != BinaryFormat::MachO {
            return (self.object.section_symbol(section), offset as i64);
        }
        let symbol = self.add_symbol(name, SymbolKind::Data, SymbolScope::Compilation);
        self.object.set_symbol_data(symbol, section, offset, 0);
        (symbol, 0)
    }

    /// Appends data that only other data refers to; returns its section, its offset there, and what addresses of it refer
    /// to (see [`Self::place_at`]).
    pub fn anonymous(
        &mut self,
        section: StandardSection,
        data: &[u8],
        align: u64,
        name: &str,
    ) -> (SectionId, u64, (SymbolId, i64)) {
        let section = self.object.section_id(section);
        let offset = self.object.append_section_data(section, data, align);
        (section, offset, self.place_at(section, offset, name))
    }

    /// Declares what functions can refer to before it is defined.
    fn declare_state(&mut self) {
        let instance = self.add_symbol("wasmc_instance", SymbolKind::Data, SymbolScope::Compilation);
        self.symbols.insert(Symbol::Instance, instance);
    }

    /// Adds a symbol without a place.
    pub fn add_symbol(&mut self, name: &str, kind: SymbolKind, scope: SymbolScope) -> SymbolId {
        self.object.add_symbol(ObjectSymbol {
            name: name.as_bytes().to_vec(),
            value: 0,
            size: 0,
            kind,
            scope,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    /// The object's symbol for `symbol`; what is not defined here is declared.
    pub fn symbol(&mut self, symbol: Symbol) -> SymbolId {
        if let Some(&id) = self.symbols.get(&symbol) {
            return id;
        }
        let (name, scope) = match symbol {
            Symbol::Import(function) => (names::import(self.plan, function), SymbolScope::Unknown),
            Symbol::FuncRef(function)
                if self.plan.module.body(function).is_none() && !self.plan.is_native(function) =>
            {
                (names::import(self.plan, function), SymbolScope::Unknown)
            }
            Symbol::ImportedGlobal(index) => {
                (names::imported(self.plan, Exported::Global(index)), SymbolScope::Unknown)
            }
            Symbol::ImportedTable(index) => (names::imported(self.plan, Exported::Table(index)), SymbolScope::Unknown),
            Symbol::ImportedMemory(index) => {
                (names::imported(self.plan, Exported::Memory(index)), SymbolScope::Unknown)
            }
            Symbol::Builtin(builtin) => (builtin.symbol().to_string(), SymbolScope::Unknown),
            Symbol::Function(function) | Symbol::FuncRef(function) => {
                (format!("wasm_{function}"), SymbolScope::Compilation)
            }
            Symbol::Instance => ("wasmc_instance".to_string(), SymbolScope::Compilation),
            Symbol::Thread => ("wasmc_main_thread".to_string(), SymbolScope::Compilation),
            Symbol::ThreadInitial => ("wasmc_thread_initial".to_string(), SymbolScope::Compilation),
            Symbol::Table(table) => (format!("wasmc_table_{table}"), SymbolScope::Compilation),
            Symbol::Data(segment) => (format!("wasmc_data_{segment}"), SymbolScope::Compilation),
            Symbol::Element(segment) => (format!("wasmc_elements_{segment}"), SymbolScope::Compilation),
            Symbol::Copy(memory, index) => (format!("wasmc_copy_{memory}_{index}"), SymbolScope::Compilation),
            Symbol::TrapTables => ("wasmc_trap_tables".to_string(), SymbolScope::Compilation),
        };
        let kind = match symbol {
            Symbol::Import(_) | Symbol::Builtin(_) | Symbol::Function(_) | Symbol::FuncRef(_) => SymbolKind::Text,
            _ => SymbolKind::Data,
        };
        let id = self.add_symbol(&name, kind, scope);
        self.symbols.insert(symbol, id);
        id
    }

    /// Makes `id` the object's symbol for `symbol`.
    pub fn bind(&mut self, symbol: Symbol, id: SymbolId) {
        self.symbols.insert(symbol, id);
    }

    /// Appends `data` to a section and places `symbol` at its start.
    pub fn define(&mut self, symbol: Symbol, section: StandardSection, data: &[u8], align: u64) -> (SectionId, u64) {
        let id = self.symbol(symbol);
        let section = self.object.section_id(section);
        let offset = self.object.add_symbol_data(id, section, data, align);
        (section, offset)
    }

    /// Sets aside `size` zero bytes and places `symbol` at their start.
    pub fn define_zeroes(&mut self, symbol: Symbol, size: u64, align: u64) {
        let id = self.symbol(symbol);
        let section = self.object.section_id(StandardSection::UninitializedData);
        self.object.add_symbol_bss(id, section, size, align);
    }

    /// Places the 64-bit address of `symbol` plus `addend` at `offset` of `section`.
    pub fn address(&mut self, section: SectionId, offset: u64, symbol: SymbolId, addend: i64) -> Result<(), Error> {
        let flags = RelocationFlags::Generic {
            kind: RelocationKind::Absolute,
            encoding: RelocationEncoding::Generic,
            size: 64,
        };
        Ok(self.object.add_relocation(section, Relocation { offset, symbol, addend, flags })?)
    }

    /// Adds a symbol that other objects see.
    pub fn define_global(&mut self, name: String, section: SectionId, value: u64, size: u64) {
        self.object.add_symbol(ObjectSymbol {
            name: name.into_bytes(),
            value,
            size,
            kind: SymbolKind::Data,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(section),
            flags: SymbolFlags::None,
        });
    }

    /// Adds read-only data that other objects see.
    pub fn global_data(&mut self, name: &str, data: &[u8]) -> (SectionId, u64) {
        self.global_data_in(StandardSection::ReadOnlyData, name, data)
    }

    /// Adds data to a section that other objects see.
    pub fn global_data_in(&mut self, section: StandardSection, name: &str, data: &[u8]) -> (SectionId, u64) {
        let id = self.add_symbol(name, SymbolKind::Data, SymbolScope::Linkage);
        let section = self.object.section_id(section);
        let offset = self.object.add_symbol_data(id, section, data, 8);
        (section, offset)
    }

    /// Writes [`bare::START`].
    fn bare_start(&mut self, start: Start<'_>) -> Result<(), Error> {
        let count = start.arguments.len();
        let words = [&[count as u64], &vec![0; count][..], &[0, 0, start.seed]].concat();
        let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        let (section, offset) = self.global_data(bare::START, &bytes);
        let base = self.object.section_symbol(section);
        for (argument, index) in start.arguments.iter().zip(1..) {
            let string = [argument.as_bytes(), &[0]].concat();
            let place = self.object.append_section_data(section, &string, 1);
            self.address(section, offset + index * 8, base, place as i64)?;
        }
        Ok(())
    }

    /// Writes what the program says of itself: see [`wasmc_abi::grants`].
    fn record(&mut self, extra: Extra<'_>) {
        let section = match self.object.format() {
            BinaryFormat::Elf => self.object.add_section(Vec::new(), RECORD_SECTION.into(), SectionKind::ReadOnlyData),
            _ => self.object.section_id(StandardSection::ReadOnlyData),
        };
        let all = [extra.grants, extra.confinement, extra.embedded].concat();
        let start = self.object.append_section_data(section, &all, 8);
        let confinement = start + extra.grants.len() as u64;
        let embedded = confinement + extra.confinement.len() as u64;
        self.define_global(symbols::GRANTS.into(), section, start, all.len() as u64);
        self.define_global(symbols::FILTER.into(), section, confinement, extra.confinement.len() as u64);
        if !extra.embedded.is_empty() {
            self.define_global(symbols::EMBEDDED.into(), section, embedded, extra.embedded.len() as u64);
        }
    }

    /// Writes the initial contents of the first memory to a section of its own and returns the address it belongs at.
    fn memory_image(&mut self) -> Option<u64> {
        let image = self.plan.images.first().filter(|image| !image.range.is_empty())?;
        let mut bytes = image.bytes.clone();
        bytes.resize((image.range.end - image.range.start) as usize, 0);
        let section = self.object.add_section(Vec::new(), MEMORY_SECTION.into(), SectionKind::Data);
        self.object.set_section_data(section, bytes, self.plan.target.page_size);
        Some(self.plan.memories[0].base + image.range.start)
    }
}
