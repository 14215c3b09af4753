//! One function at a time: WebAssembly to Cranelift IR to machine code with relocations and trap sites.

use crate::lower::Lowering;
use crate::plan::{FunctionKey, Plan};
use crate::{Error, landing, relax, start, translate};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{
    ExternalName, Function, LibCall, SourceLoc, UserExternalName, UserFuncName, Value, ValueDef,
};
use cranelift_codegen::{CompiledCode, Context, FinalizedRelocTarget};
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use wasmc_abi::symbols;
use wasmc_abi::trap::{self, Site};
use wasmc_frontend::Error as ModuleError;

/// What code refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Symbol {
    /// The code of the module's function with this index.
    Function(u32),
    /// The native function that satisfies the import with this function index.
    Import(u32),
    /// What a reference to the function with this index refers to: its code, or its stub where it is imported.
    FuncRef(u32),
    /// The instance block.
    Instance,
    /// What a thread has of its own, in a program with threads. Code reaches it through the pinned register; the symbol is the
    /// main thread's.
    Thread,
    /// What [`Symbol::Thread`] holds at first, for other threads.
    ThreadInitial,
    /// Element 0 of a table whose length never changes.
    Table(u32),
    /// The bytes of a data segment that instructions copy.
    Data(u32),
    /// The elements of an element segment that instructions copy.
    Element(u32),
    /// The bytes that start-up copies into a memory: memory index, position in its image's copies.
    Copy(u32, u32),
    /// The list of the tables that map program counters to traps: the one pointer that the program's only module has.
    TrapTables,
    /// The value of an imported global.
    ImportedGlobal(u32),
    /// The `Table` structure of an imported table.
    ImportedTable(u32),
    /// The `Memory` structure of an imported memory.
    ImportedMemory(u32),
    /// A function or variable of the runtime.
    Runtime(&'static str),
}

/// What [`Symbol::Runtime`] may be, so that a symbol fits the two numbers of a Cranelift name.
const RUNTIME: &[&str] = &[
    symbols::TRAPS_INIT,
    symbols::MEMORY_INIT,
    symbols::MEMORY_GROW,
    symbols::TABLE_GROW,
    symbols::WASI_INIT,
    symbols::EXIT,
    symbols::MEMMOVE,
    symbols::MEMSET,
    symbols::X86_PSHUFB,
    "ceilf",
    "ceil",
    "floorf",
    "floor",
    "truncf",
    "trunc",
    "nearbyintf",
    "nearbyint",
    "fmaf",
    "fma",
    symbols::SHARED_MEMORY_GROW,
    symbols::ATOMIC_WAIT32,
    symbols::ATOMIC_WAIT64,
    symbols::ATOMIC_NOTIFY,
    symbols::THREAD_EXIT,
    symbols::EMBEDDED_INIT,
    symbols::CONFINE,
    symbols::CONFINE_FILES,
    symbols::LISTEN_INIT,
    symbols::LIMITS_INIT,
];

impl Symbol {
    pub(crate) fn to_user_name(self) -> UserExternalName {
        let (namespace, index) = match self {
            Self::Function(index) => (0, index),
            Self::Import(index) => (1, index),
            Self::FuncRef(index) => (2, index),
            Self::Instance => (3, 0),
            Self::Table(index) => (4, index),
            Self::Data(index) => (5, index),
            Self::Element(index) => (6, index),
            Self::TrapTables => (7, 0),
            Self::Runtime(name) => {
                (8, RUNTIME.iter().position(|known| *known == name).expect("the list is complete") as u32)
            }
            Self::ImportedGlobal(index) => (9, index),
            Self::ImportedTable(index) => (10, index),
            Self::ImportedMemory(index) => (11, index),
            Self::Thread => (12, 0),
            Self::ThreadInitial => (13, 0),
            Self::Copy(memory, index) => (14 + memory, index),
        };
        UserExternalName { namespace, index }
    }

    fn from_user_name(name: &UserExternalName) -> Self {
        let index = name.index;
        match name.namespace {
            0 => Self::Function(index),
            1 => Self::Import(index),
            2 => Self::FuncRef(index),
            3 => Self::Instance,
            4 => Self::Table(index),
            5 => Self::Data(index),
            6 => Self::Element(index),
            7 => Self::TrapTables,
            8 => Self::Runtime(RUNTIME[index as usize]),
            9 => Self::ImportedGlobal(index),
            10 => Self::ImportedTable(index),
            11 => Self::ImportedMemory(index),
            12 => Self::Thread,
            13 => Self::ThreadInitial,
            namespace => Self::Copy(namespace - 14, index),
        }
    }
}

/// A place in code where the linker puts an address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Relocation {
    /// Bytes from the start of the function.
    pub offset: u32,
    /// How the address is encoded.
    pub kind: Reloc,
    /// What it is the address of.
    pub target: RelocationTarget,
    /// Bytes added to it.
    pub addend: i64,
}

/// What a relocation refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RelocationTarget {
    /// Something outside the function.
    Symbol(Symbol),
    /// A place in the function itself, in bytes from its start.
    Own(u32),
}

impl RelocationTarget {
    /// The same, where the function has grown by so many bytes at its start.
    pub(crate) fn moved(self, bytes: u32) -> Self {
        match self {
            Self::Own(offset) => Self::Own(offset + bytes),
            Self::Symbol(_) => self,
        }
    }
}

/// The machine code of a function.
#[derive(Clone, Debug)]
pub struct CompiledFunction {
    /// Which function.
    pub key: FunctionKey,
    /// Its code.
    pub code: Vec<u8>,
    /// Alignment of its start, in bytes.
    pub align: u32,
    /// Where addresses are missing, in order of offset.
    pub relocations: Vec<Relocation>,
    /// Instructions that can trap and return addresses, in order of offset.
    pub sites: Vec<Site>,
}

/// Alignment of functions, in bytes: a quarter of a cache line. More would cost size without a measurable gain.
const ALIGN: u32 = 16;

/// Compiles functions of one plan; keeps its allocations from one to the next.
pub struct Compiler<'p> {
    plan: &'p Plan<'p>,
    context: Context,
    builder: FunctionBuilderContext,
}

impl<'p> Compiler<'p> {
    /// A compiler for `plan`; every thread has its own.
    pub fn new(plan: &'p Plan<'p>) -> Self {
        Self { plan, context: Context::new(), builder: FunctionBuilderContext::new() }
    }

    /// The function's Cranelift IR as text, before optimisation.
    ///
    /// # Errors
    /// Where the function uses what the compiler does not support.
    pub fn clif(&mut self, key: FunctionKey) -> Result<String, Error> {
        self.build(key)?;
        Ok(self.context.func.display().to_string())
    }

    /// The function's machine code as assembly text.
    ///
    /// # Errors
    /// Where the function cannot be compiled.
    pub fn assembly(&mut self, key: FunctionKey) -> Result<String, Error> {
        self.build(key)?;
        self.context.set_disasm(true);
        let text = self.machine_code(key)?.vcode.clone().unwrap_or_default();
        Ok(if landing::is_missing(self.plan, key) { landing::PAD_TEXT.to_owned() + &text } else { text })
    }

    /// Compiles a function.
    ///
    /// # Errors
    /// Where the function uses what the compiler does not support, or is beyond Cranelift's limits.
    pub fn compile(&mut self, key: FunctionKey) -> Result<CompiledFunction, Error> {
        let (mut function, blocks) = self.emit(key)?;
        relax::relax(self.plan, &mut function, &blocks);
        if landing::is_missing(self.plan, key) {
            landing::add(&mut function);
        }
        Ok(function)
    }

    /// A function as Cranelift encodes it, and the offsets of its basic blocks.
    pub(crate) fn emit(&mut self, key: FunctionKey) -> Result<(CompiledFunction, Vec<u32>), Error> {
        let body_offset = self.plan.body_offset(key);
        let align = self.plan.isa.function_alignment().minimum.max(ALIGN);
        self.build(key)?;
        self.machine_code(key)?;
        let code = self.context.compiled_code().expect("it has just been compiled");
        let function = CompiledFunction {
            key,
            code: code.code_buffer().to_vec(),
            align,
            relocations: relocations(code, &self.context.func),
            sites: sites(code, body_offset),
        };
        Ok((function, code.bb_starts.clone()))
    }

    /// Refuses vectors where the CPU has none, because Cranelift would panic.
    fn check_vectors(&self, key: FunctionKey) -> Result<(), Error> {
        if self.plan.has_vectors {
            return Ok(());
        }
        let func = &self.context.func;
        let is_vector = |value: &Value| func.dfg.value_type(*value).is_vector();
        let location = match func.dfg.values().find(is_vector).map(|value| func.dfg.value_def(value)) {
            Some(ValueDef::Result(inst, _)) => func.srcloc(inst),
            Some(_) => SourceLoc::default(),
            None => {
                let signatures = func.dfg.signatures.values().chain([&func.signature]);
                let mut types = signatures.flat_map(|signature| signature.params.iter().chain(&signature.returns));
                match types.any(|param| param.value_type.is_vector()) {
                    true => SourceLoc::default(),
                    false => return Ok(()),
                }
            }
        };
        let offset = if location.is_default() { self.plan.body_offset(key) } else { location.bits() };
        let error = ModuleError::at(offset.into(), "a vector, but the target's CPU has no vectors");
        Err(Error::Refused(error.with_help("choose a CPU with the V extension by `--cpu`: `wasmc targets` lists them")))
    }

    /// Compiles what has been built.
    fn machine_code(&mut self, key: FunctionKey) -> Result<&CompiledCode, Error> {
        self.check_vectors(key)?;
        let plan = self.plan;
        self.context.compile(&*plan.isa, &mut ControlPlane::default()).map_err(|error| {
            let message = cranelift_codegen::print_errors::pretty_error(error.func, error.inner);
            plan.function_error(key, message)
        })
    }

    fn build(&mut self, key: FunctionKey) -> Result<(), Error> {
        let plan = self.plan;
        self.context.clear();
        let name = UserFuncName::user(0, plan.functions.binary_search(&key).unwrap_or_default() as u32);
        self.context.func = Function::with_name_signature(name, start::signature_of(plan, key));
        let builder = FunctionBuilder::new(&mut self.context.func, &mut self.builder);
        let lowering = Lowering::new(plan, builder);
        match key {
            FunctionKey::Wasm(index) => {
                let result = translate::function(lowering, index);
                if result.is_err() {
                    // What the builder left behind there is of no use to the next function.
                    self.builder = FunctionBuilderContext::new();
                }
                return result;
            }
            FunctionKey::ImportStub(index) => start::import_stub(lowering, index),
            FunctionKey::Trampoline(index) => start::trampoline(lowering, index),
            FunctionKey::Instantiate => start::instantiate(lowering),
            FunctionKey::Main => start::main(lowering),
            FunctionKey::Thread => start::thread(lowering),
        }
        Ok(())
    }
}

fn relocations(code: &CompiledCode, func: &Function) -> Vec<Relocation> {
    let target = |target: &FinalizedRelocTarget| match target {
        FinalizedRelocTarget::Func(offset) => RelocationTarget::Own(*offset),
        FinalizedRelocTarget::ExternalName(name) => RelocationTarget::Symbol(match name {
            ExternalName::User(name) => Symbol::from_user_name(&func.params.user_named_funcs()[*name]),
            ExternalName::LibCall(call) => Symbol::Runtime(libcall_name(*call)),
            other => unreachable!("no other names are used: {other:?}"),
        }),
    };
    let relocations = code.buffer.relocs().iter();
    relocations
        .map(|reloc| Relocation {
            offset: reloc.offset,
            kind: reloc.kind,
            target: target(&reloc.target),
            addend: reloc.addend,
        })
        .collect()
}

fn libcall_name(call: LibCall) -> &'static str {
    match call {
        LibCall::CeilF32 => "ceilf",
        LibCall::CeilF64 => "ceil",
        LibCall::FloorF32 => "floorf",
        LibCall::FloorF64 => "floor",
        LibCall::TruncF32 => "truncf",
        LibCall::TruncF64 => "trunc",
        LibCall::NearestF32 => "nearbyintf",
        LibCall::NearestF64 => "nearbyint",
        LibCall::FmaF32 => "fmaf",
        LibCall::FmaF64 => "fma",
        LibCall::X86Pshufb => symbols::X86_PSHUFB,
        other => unreachable!("no operator lowers to {other}"),
    }
}

/// The places of a function where a trap or a frame of a backtrace can be, each with its offset in the module.
fn sites(code: &CompiledCode, body_offset: u32) -> Vec<Site> {
    let locations = code.buffer.get_srclocs_sorted();
    let module_offset = |at: u32| {
        let index = locations.partition_point(|location| location.end <= at);
        let location = locations.get(index).filter(|location| location.start <= at && !location.loc.is_default());
        location.map_or(body_offset, |location| location.loc.bits())
    };
    let traps = code.buffer.traps().iter().map(|trap| Site {
        code_offset: trap.offset,
        module_offset: module_offset(trap.offset),
        kind: trap_kind(trap.code),
    });
    // A return address is the end of its call, whose location covers the byte before.
    let calls = code.buffer.call_sites().map(|call| Site {
        code_offset: call.ret_addr,
        module_offset: module_offset(call.ret_addr - 1),
        kind: trap::CALL_SITE,
    });
    let mut sites: Vec<Site> = traps.chain(calls).collect();
    sites.sort_by_key(|site| (site.code_offset, site.kind));
    sites
}

/// Cranelift's own reasons and ours as ours.
fn trap_kind(code: cranelift_codegen::ir::TrapCode) -> u8 {
    use cranelift_codegen::ir::TrapCode as Cranelift;
    let code = match code {
        Cranelift::STACK_OVERFLOW => trap::TrapCode::CallStackExhausted,
        Cranelift::INTEGER_OVERFLOW => trap::TrapCode::IntegerOverflow,
        Cranelift::HEAP_OUT_OF_BOUNDS => trap::TrapCode::OutOfBoundsMemoryAccess,
        Cranelift::INTEGER_DIVISION_BY_ZERO => trap::TrapCode::IntegerDivideByZero,
        Cranelift::BAD_CONVERSION_TO_INTEGER => trap::TrapCode::InvalidConversionToInteger,
        user => return user.as_raw().get(),
    };
    code as u8
}
