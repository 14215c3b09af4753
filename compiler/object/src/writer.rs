//! The object being written.

use crate::{Error, names};
use object::elf::{
    GNU_PROPERTY_AARCH64_FEATURE_1_AND, GNU_PROPERTY_AARCH64_FEATURE_1_BTI, GNU_PROPERTY_AARCH64_FEATURE_1_PAC,
};
use object::write::{
    MachOBuildVersion, Object, Relocation, SectionId, StandardSection, Symbol as ObjectSymbol, SymbolId, SymbolSection,
};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags,
    SymbolKind, SymbolScope,
};
use std::collections::HashMap;
use target_lexicon::OperatingSystem;
use wasmc_abi::{native, symbols};
use wasmc_codegen::symbol::{CONTEXT, Exported, symbol_of};
use wasmc_codegen::{Plan, Symbol};
use wasmc_frontend::index::{ExternIndex, FuncIndex, InstanceId};

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
    /// The trap tables, as addresses refer to them.
    pub trap_tables: Option<(SymbolId, i64)>,
    /// The trampolines of functions.
    pub trampolines: HashMap<FuncIndex, SymbolId>,
    /// The tables by which handlers are found, of a library that throws.
    pub unwind_tables: Option<(SymbolId, i64)>,
    symbols: HashMap<Symbol, SymbolId>,
}

impl<'p> Writer<'p> {
    pub fn new(plan: &'p Plan<'p>) -> Result<Self, Error> {
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
        Ok(Self {
            plan,
            object,
            thread_run: None,
            trap_tables: None,
            unwind_tables: None,
            trampolines: HashMap::new(),
            symbols: HashMap::new(),
        })
    }

    /// The section of constants, which hold addresses if `addresses`: where the loader moves images, it writes them.
    pub fn constants(&self, addresses: bool) -> StandardSection {
        let are_moved = self.object.format() == BinaryFormat::MachO || self.plan.program.is_library;
        if addresses && are_moved { StandardSection::ReadOnlyDataWithRel } else { StandardSection::ReadOnlyData }
    }

    /// What addresses of the byte at `offset` of a section refer to: a symbol, and how many bytes further. Mach-O has
    /// no symbols of sections, so that the place gets a local one called `name`.
    pub fn place_at(&mut self, section: SectionId, offset: u64, name: &str) -> (SymbolId, i64) {
        if self.object.format() != BinaryFormat::MachO {
            return (self.object.section_symbol(section), offset as i64);
        }
        let symbol = self.add_symbol(name, SymbolKind::Data, SymbolScope::Compilation);
        self.object.set_symbol_data(symbol, section, offset, 0);
        (symbol, 0)
    }

    /// Appends data that only other data refers to; returns its section, its offset there, and what addresses of it
    /// refer to (see [`Self::place_at`]).
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
    pub fn declare_state(&mut self) {
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
        let imported = |index| (names::imported(self.plan, index), SymbolScope::Unknown);
        let (name, scope) = match symbol {
            Symbol::Import(function) => (names::import(self.plan, function), SymbolScope::Unknown),
            Symbol::FuncRef(function) if self.plan.module.body(function).is_none() && !self.plan.has_stub(function) => {
                (names::import(self.plan, function), SymbolScope::Unknown)
            }
            Symbol::ImportedGlobal(index) => imported(ExternIndex::Global(index)),
            Symbol::ImportedTable(index) => imported(ExternIndex::Table(index)),
            Symbol::ImportedMemory(index) => imported(ExternIndex::Memory(index)),
            Symbol::ImportedTag(index) => imported(ExternIndex::Tag(index)),
            Symbol::Initializers(index) => (native::INITIALIZERS[index as usize].to_string(), SymbolScope::Unknown),
            Symbol::Builtin(builtin) => (builtin.symbol().to_string(), SymbolScope::Unknown),
            Symbol::Function(function) | Symbol::FuncRef(function) => {
                (format!("wasm_{function}"), SymbolScope::Compilation)
            }
            Symbol::Instance => ("wasmc_instance".to_string(), SymbolScope::Compilation),
            Symbol::Context => (CONTEXT.to_string(), SymbolScope::Unknown),
            Symbol::Thread => ("wasmc_main_thread".to_string(), SymbolScope::Compilation),
            Symbol::ThreadInitial => ("wasmc_thread_initial".to_string(), SymbolScope::Compilation),
            Symbol::Table(table) => (format!("wasmc_table_{table}"), SymbolScope::Compilation),
            Symbol::Data(segment) => (format!("wasmc_data_{segment}"), SymbolScope::Compilation),
            Symbol::Element(segment) => (format!("wasmc_elements_{segment}"), SymbolScope::Compilation),
            Symbol::Copy(memory, index) => (format!("wasmc_copy_{memory}_{index}"), SymbolScope::Compilation),
            Symbol::TrapTables => ("wasmc_trap_tables".to_string(), SymbolScope::Compilation),
            Symbol::UnwindTables => ("wasmc_unwind_tables".to_string(), SymbolScope::Compilation),
            Symbol::HeapTables => ("wasmc_heap_tables".to_string(), SymbolScope::Compilation),
            Symbol::Canonical(id) => (names::canonical_symbol(id), SymbolScope::Unknown),
            Symbol::Prepare(instance) => (self.of_instance(instance, Exported::Prepare), SymbolScope::Unknown),
            Symbol::Instantiate(instance) => (self.of_instance(instance, Exported::Instantiate), SymbolScope::Unknown),
            Symbol::ProfileHead => ("wasmc_profile_head".to_string(), SymbolScope::Compilation),
            Symbol::Profile => ("wasmc_profile".to_string(), SymbolScope::Compilation),
            Symbol::State => ("wasmc_state".to_string(), SymbolScope::Compilation),
            Symbol::Heap => (symbols::HEAP.to_string(), SymbolScope::Unknown),
        };
        let kind = match symbol {
            Symbol::Import(_)
            | Symbol::Builtin(_)
            | Symbol::Function(_)
            | Symbol::FuncRef(_)
            | Symbol::Prepare(_)
            | Symbol::Instantiate(_) => SymbolKind::Text,
            _ => SymbolKind::Data,
        };
        let id = self.add_symbol(&name, kind, scope);
        self.symbols.insert(symbol, id);
        id
    }

    /// The symbol of what another instance offers.
    fn of_instance(&self, instance: InstanceId, exported: Exported) -> String {
        symbol_of(&self.plan.program[instance].name, exported)
    }

    /// Defines the list of tables of all instances: those of this one, and what the others offer as `exported`.
    pub fn list_of_tables(&mut self, list: Symbol, own: (SymbolId, i64), exported: Exported) -> Result<(), Error> {
        let others = self.plan.other_instances();
        let kind = self.constants(true);
        let (section, start) = self.define(list, kind, &vec![0; 8 * (others.len() + 1)], 8);
        self.address(section, start, own.0, own.1)?;
        for (&instance, index) in others.iter().zip(1..) {
            let symbol = self.add_symbol(&self.of_instance(instance, exported), SymbolKind::Data, SymbolScope::Unknown);
            self.address(section, start + 8 * index, symbol, 0)?;
        }
        Ok(())
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

    /// Places the address of another object's symbol at `offset` of `section`, or of one of this object's.
    pub fn refer(&mut self, section: SectionId, offset: u64, name: &str, kind: SymbolKind) -> Result<(), Error> {
        let known = self.object.symbol_id(name.as_bytes());
        let symbol = known.unwrap_or_else(|| self.add_symbol(name, kind, SymbolScope::Unknown));
        self.address(section, offset, symbol, 0)
    }

    /// Puts a word into data that was added before.
    pub fn put_u64(&mut self, section: SectionId, offset: u64, value: u64) {
        let data = self.object.section_mut(section).data_mut();
        data[offset as usize..offset as usize + 8].copy_from_slice(&value.to_le_bytes());
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
}
