//! Objects and commands to an executable: the object with the script, as [`wasmc_abi::script`] lays it out.

use super::toolchain::Toolchain;
use object::write::{Object, Relocation, SectionId, StandardSection, Symbol, SymbolId, SymbolSection};
use object::{
    BinaryFormat, Endianness, RelocationEncoding, RelocationFlags, RelocationKind, SymbolFlags, SymbolKind,
    SymbolScope, elf,
};
use std::collections::HashMap;
use std::mem::offset_of;
use std::num::NonZeroUsize;
use wasmc::target::Target;
use wasmc_abi::limits::Limits;
use wasmc_abi::script::{self, Command as RawCommand, Script, ThreadScript};
use wasmc_abi::thread::BlockPointer;
use wasmc_abi::{bare, symbols, thread};
use wasmc_codegen::options::InstanceModel;
use wasmc_codegen::plan::instance::location_in_context;
use wasmc_codegen::symbol::{CONTEXT, Exported, symbol_of};
use wasmc_frontend::Program;
use wasmc_frontend::program::Item;
use wasmc_link::{Architecture, Input, LinkRequest};

/// Bytes of stack that scripts run on.
const STACK_SIZE: u64 = 8 << 20;

/// What the program is asked.
pub struct Command {
    /// Symbol of what is called; `None` where only state is to be reported.
    pub function: Option<String>,
    /// What it is called with.
    pub values: Values,
    /// Bytes to report from there on.
    pub report: usize,
}

/// Where the values of a command lie.
pub enum Values {
    /// In an array of the command's own, with this content at first.
    Own(Vec<u8>),
    /// In a module's state: a symbol and an offset in bytes.
    At(String, u32),
    /// In an array of the command's own: the address of a module's state, as for [`Values::At`], followed by this
    /// content.
    Address(String, u32, Vec<u8>),
    /// In the state of the thread with this number.
    Thread(usize),
    /// Where a thread puts the trap that ended a command: the numbers of thread and command.
    TrapOf(usize, usize),
    /// The values of a command of a thread: the numbers of thread and command.
    ValuesOf(usize, usize),
}

impl Values {
    /// A field of an instance's state, `offset` bytes into what the item has.
    pub fn of_state(program: &Program<'_>, toolchain: &Toolchain, item: Item, exported: Exported, offset: u32) -> Self {
        let (symbol, start) = place(program, toolchain, item, exported);
        Self::At(symbol, start + offset)
    }

    /// The address of what an instance has of an item, followed by other content.
    pub fn address_of(
        program: &Program<'_>,
        toolchain: &Toolchain,
        item: Item,
        exported: Exported,
        rest: Vec<u8>,
    ) -> Self {
        let (symbol, start) = place(program, toolchain, item, exported);
        Self::Address(symbol, start, rest)
    }
}

/// Where the state of an item is: a symbol, and an offset in bytes.
fn place(program: &Program<'_>, toolchain: &Toolchain, item: Item, exported: Exported) -> (String, u32) {
    match toolchain.options.model {
        InstanceModel::Context => (CONTEXT.into(), location_in_context(program, item).offset),
        _ => (symbol_of(&program[item.instance].name, exported), 0),
    }
}

/// Links a program that executes `commands`, some of which start `threads`, which execute theirs. `instances` are the
/// names of the modules' instances, with the bytes of their context, where they have one; `objects` their objects, and
/// `memory_address` where the initial contents of one memory belong.
///
/// # Errors
/// Where the linker fails.
pub fn link(
    (target, toolchain): (&Target, &Toolchain),
    (instances, context): (&[String], u32),
    mut objects: Vec<Input>,
    commands: &[Command],
    threads: &[Vec<Command>],
    memory_address: Option<u64>,
) -> Result<Vec<u8>, String> {
    let script = Writer::new(target.architecture).script(toolchain, (instances, context), commands, threads);
    let script = script.map_err(|error| error.to_string())?;
    objects.push(Input { name: "<script>".into(), bytes: script.into() });
    let request = LinkRequest {
        objects,
        archives: vec![Input { name: "<runtime>".into(), bytes: toolchain.runtime.into() }],
        natives: false,
        guard_size: thread::GUARD,
        script: &toolchain.script(target, memory_address),
        architecture: target.architecture,
        entry: symbols::ENTRY,
        page_size: target.page_size,
        file_align: target.file_align,
        memory_address,
        image_base: target.image_base,
        gnu_properties: toolchain.features(),
        strip: false,
        jobs: NonZeroUsize::MIN,
    };
    wasmc_link::link(request).map_err(|error| error.to_string())
}

/// The object with the script.
struct Writer {
    object: Object<'static>,
    others: HashMap<String, SymbolId>,
    threads: Vec<ThreadPlace>,
}

/// Where a thread's state lies, in bytes from the start of the section.
struct ThreadPlace {
    script: u64,
    traps: u64,
    /// The values of each command: symbol and offset.
    values: Vec<(SymbolId, u64)>,
}

type Written<T> = object::write::Result<T>;

impl Writer {
    fn new(architecture: Architecture) -> Self {
        let architecture = match architecture {
            Architecture::X86_64 => object::Architecture::X86_64,
            Architecture::Aarch64 => object::Architecture::Aarch64,
            Architecture::Riscv64 => object::Architecture::Riscv64,
        };
        let mut object = Object::new(BinaryFormat::Elf, architecture, Endianness::Little);
        if architecture == object::Architecture::Riscv64 {
            let e_flags = elf::EF_RISCV_RVC | elf::EF_RISCV_FLOAT_ABI_DOUBLE;
            object.flags = object::FileFlags::Elf { os_abi: elf::ELFOSABI_NONE, abi_version: 0, e_flags };
        }
        Self { object, others: HashMap::new(), threads: Vec::new() }
    }

    fn script(
        mut self,
        toolchain: &Toolchain,
        (instances, context): (&[String], u32),
        commands: &[Command],
        threads: &[Vec<Command>],
    ) -> Written<Vec<u8>> {
        self.main(toolchain.target.architecture)?;
        let has_context = toolchain.options.model == InstanceModel::Context;
        let in_areas = has_context && toolchain.target.codegen.block_pointer() == BlockPointer::StackArea;
        // As that of the plan, whose blocks are small.
        let area = thread::area(toolchain.options.stack_size, thread::GUARD, 0).filter(|_| in_areas);
        let stack_area = area.unwrap_or(0);
        let limits = Limits { stack_size: STACK_SIZE, guard_size: thread::GUARD, stack_area, growth: u64::MAX };
        if has_context {
            let symbol = self.add(CONTEXT, SymbolScope::Linkage);
            let section = self.object.section_id(StandardSection::UninitializedData);
            self.object.add_symbol_bss(symbol, section, context.max(1).into(), 16);
        }
        self.define(symbols::LIMITS, StandardSection::ReadOnlyData, &limits.to_bytes());
        self.define(bare::START, StandardSection::ReadOnlyData, &[0; 32]);
        let tables = self.tables(instances, Exported::TrapTables)?;
        let unwind = self.tables(instances, Exported::UnwindTables)?;
        for commands in threads {
            self.thread(commands)?;
        }
        let (list, _) = self.commands(commands)?;
        let mut script = [0; size_of::<Script>()];
        put(&mut script, offset_of!(Script, commands_len), commands.len() as u64);
        put(&mut script, offset_of!(Script, tables_len), instances.len() as u64);
        let (section, start) = self.define(script::SCRIPT, StandardSection::Data, &script);
        let own = self.object.section_symbol(section);
        self.address(section, start + offset_of!(Script, commands) as u64, own, list)?;
        self.address(section, start + offset_of!(Script, tables) as u64, own, tables)?;
        self.address(section, start + offset_of!(Script, unwind) as u64, own, unwind)?;
        self.object.write()
    }

    /// The program's start: a jump to the runtime.
    fn main(&mut self, architecture: Architecture) -> Written<()> {
        // Each with the relocation that completes it: x86-64 psABI table 4.9, AArch64 ELF 5.7.6, RISC-V psABI 8.4.5.
        let (code, offset, addend, r_type): (&[u32], _, _, _) = match architecture {
            Architecture::X86_64 => (&[0x0000_00e9, 0x000b_0f00], 1, -4, elf::R_X86_64_PLT32),
            Architecture::Aarch64 => (&[0x1400_0000], 0, 0, elf::R_AARCH64_JUMP26),
            Architecture::Riscv64 => (&[0x0000_0317, 0x0003_0067], 0, 0, elf::R_RISCV_CALL_PLT),
        };
        let code: Vec<u8> = code.iter().flat_map(|word| word.to_le_bytes()).collect();
        let (section, start) = self.define(symbols::MAIN, StandardSection::Text, &code);
        let symbol = self.other(script::RUN);
        let flags = RelocationFlags::Elf { r_type };
        self.object.add_relocation(section, Relocation { offset: start + offset, symbol, addend, flags })
    }

    /// The list of the tables of all instances.
    fn tables(&mut self, instances: &[String], tables: Exported) -> Written<u64> {
        let section = self.object.section_id(StandardSection::Data);
        let start = self.object.append_section_data(section, &vec![0; instances.len() * 8], 8);
        for (instance, index) in instances.iter().zip(0..) {
            let symbol = self.other(&symbol_of(instance, tables));
            self.address(section, start + 8 * index, symbol, 0)?;
        }
        Ok(start)
    }

    fn thread(&mut self, commands: &[Command]) -> Written<()> {
        let (list, values) = self.commands(commands)?;
        let section = self.object.section_id(StandardSection::Data);
        let own = self.object.section_symbol(section);
        let traps = self.object.append_section_data(section, &vec![0; commands.len()], 8);
        let mut raw = [0; size_of::<ThreadScript>()];
        put(&mut raw, offset_of!(ThreadScript, commands_len), commands.len() as u64);
        let script = self.object.append_section_data(section, &raw, 8);
        self.address(section, script + offset_of!(ThreadScript, commands) as u64, own, list)?;
        self.address(section, script + offset_of!(ThreadScript, traps) as u64, own, traps)?;
        self.threads.push(ThreadPlace { script, traps, values });
        Ok(())
    }

    /// Writes commands; returns where they begin, and where the values of each lie.
    fn commands(&mut self, commands: &[Command]) -> Written<(u64, Vec<(SymbolId, u64)>)> {
        let section = self.object.section_id(StandardSection::Data);
        let own = self.object.section_symbol(section);
        let size = size_of::<RawCommand>();
        let start = self.object.append_section_data(section, &vec![0; commands.len() * size], 8);
        let mut places = Vec::with_capacity(commands.len());
        for (index, command) in commands.iter().enumerate() {
            let at = start + (index * size) as u64;
            if let Some(function) = &command.function {
                let symbol = self.other(function);
                self.address(section, at + offset_of!(RawCommand, function) as u64, symbol, 0)?;
            }
            let (symbol, addend) = match &command.values {
                Values::Own(bytes) => (own, self.object.append_section_data(section, bytes, script::SLOT as u64)),
                Values::Address(symbol, offset, rest) => {
                    let bytes = [&[0; 8], rest.as_slice()].concat();
                    let place = self.object.append_section_data(section, &bytes, script::SLOT as u64);
                    let symbol = self.other(symbol);
                    self.address(section, place, symbol, u64::from(*offset))?;
                    (own, place)
                }
                Values::At(symbol, offset) => (self.other(symbol), u64::from(*offset)),
                Values::Thread(thread) => (own, self.threads[*thread].script),
                Values::TrapOf(thread, command) => (own, self.threads[*thread].traps + *command as u64),
                Values::ValuesOf(thread, command) => self.threads[*thread].values[*command],
            };
            places.push((symbol, addend));
            self.address(section, at + offset_of!(RawCommand, values) as u64, symbol, addend)?;
            let report = (at as usize) + offset_of!(RawCommand, report);
            put(self.object.section_mut(section).data_mut(), report, command.report as u64);
        }
        Ok((start, places))
    }

    fn define(&mut self, name: &str, section: StandardSection, bytes: &[u8]) -> (SectionId, u64) {
        let symbol = self.add(name, SymbolScope::Linkage);
        let section = self.object.section_id(section);
        let start = self.object.add_symbol_data(symbol, section, bytes, 8);
        (section, start)
    }

    /// A symbol of another object.
    fn other(&mut self, name: &str) -> SymbolId {
        if let Some(&symbol) = self.others.get(name) {
            return symbol;
        }
        let symbol = self.add(name, SymbolScope::Unknown);
        self.others.insert(name.into(), symbol);
        symbol
    }

    fn add(&mut self, name: &str, scope: SymbolScope) -> SymbolId {
        self.object.add_symbol(Symbol {
            name: name.into(),
            value: 0,
            size: 0,
            kind: SymbolKind::Data,
            scope,
            weak: false,
            section: SymbolSection::Undefined,
            flags: SymbolFlags::None,
        })
    }

    fn address(&mut self, section: SectionId, offset: u64, symbol: SymbolId, addend: u64) -> Written<()> {
        let (kind, encoding) = (RelocationKind::Absolute, RelocationEncoding::Generic);
        let flags = RelocationFlags::Generic { kind, encoding, size: 64 };
        self.object.add_relocation(section, Relocation { offset, symbol, addend: addend as i64, flags })
    }
}

fn put(bytes: &mut [u8], at: usize, value: u64) {
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
}
