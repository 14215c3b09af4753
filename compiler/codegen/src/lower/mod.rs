//! The one seam through which code touches instance state.
//!
//! The instance block is a symbol with a link-time address, imports are symbols, and a function reference is a code
//! address. What a thread has of its own lies in its block, as all that a context has: see
//! [`BlockPointer`].

mod array;
mod call;
mod cast;
mod context;
mod convert;
mod counting;
mod exception;
mod global;
mod indirect;
mod memory;
mod metering;
mod object;
mod reference;
mod segment;
mod table;

pub(crate) use cast::Cast;
pub(crate) use exception::{Depth, Handlers};
pub(crate) use indirect::Target;
pub(crate) use memory::Address;
pub(crate) use object::{Extension, Unpack};

use crate::plan::Plan;
use crate::plan::instance::{Block, Location};
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    AliasRegion, AliasRegionData, ExtFuncData, ExternalName, FuncRef, GlobalValue, GlobalValueData, InstBuilder,
    MemFlagsData, Signature, TrapCode, Value, types,
};
use cranelift_frontend::FunctionBuilder;
use std::collections::HashMap;
use wasmc_abi::thread::BlockPointer;
use wasmc_abi::trap;
use wasmc_frontend::index::{GlobalIndex, MemoryIndex};
use wasmc_frontend::wasmparser::ValType;

/// Disjoint kinds of storage: a store to one does not make the compiler forget what it loaded from another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Region {
    /// Contents of a linear memory.
    Memory(MemoryIndex),
    /// A global.
    Global(GlobalIndex),
    /// Elements of tables.
    Table,
    /// Fields that only the runtime writes.
    Runtime,
    /// Where the next object lies.
    Heap,
    /// Cards of the heap.
    Cards,
    /// Type numbers of objects.
    Header,
    /// Lengths of arrays.
    Length,
    /// A field of structures, or the elements of arrays: the number of the type that declares it, and its position.
    Field(u32, u32),
    /// The same, of one that never changes once the object has been made.
    ConstantField(u32, u32),
    /// What exceptions carry.
    Exception,
    /// What the program has used of its fuel.
    Fuel,
    /// What a program counts.
    Profile,
}

/// Regions of one kind that are told apart; beyond, they share one, so that their number stays within Cranelift's
/// limits.
const DISTINCT_REGIONS: u32 = 1000;

/// The first number of regions of the heap.
const OBJECT_REGIONS: u32 = 5 + 2 * DISTINCT_REGIONS;

/// The first of fields that never change, after type numbers and lengths.
const CONSTANT_FIELDS: u32 = OBJECT_REGIONS + 4;

impl Region {
    fn id(self) -> u32 {
        match self {
            Self::Table => 0,
            Self::Runtime => 1,
            Self::Memory(index) => 2 + index.as_u32().min(DISTINCT_REGIONS),
            Self::Global(index) => 3 + DISTINCT_REGIONS + index.as_u32().min(DISTINCT_REGIONS),
            Self::Exception => 4 + 2 * DISTINCT_REGIONS,
            Self::Heap => OBJECT_REGIONS,
            Self::Cards => OBJECT_REGIONS + 1,
            Self::Header => OBJECT_REGIONS + 2,
            Self::Length => OBJECT_REGIONS + 3,
            Self::ConstantField(declarer, position) => CONSTANT_FIELDS + distinct(declarer, position),
            Self::Field(declarer, position) => CONSTANT_FIELDS + DISTINCT_REGIONS + distinct(declarer, position),
            Self::Fuel => OBJECT_REGIONS + 4 + 2 * DISTINCT_REGIONS,
            Self::Profile => OBJECT_REGIONS + 5 + 2 * DISTINCT_REGIONS,
        }
    }

    fn description(self) -> String {
        match self {
            Self::Table => "table".to_string(),
            Self::Runtime => "runtime".to_string(),
            Self::Exception => "exception".to_string(),
            Self::Fuel => "fuel".to_string(),
            Self::Profile => "profile".to_string(),
            Self::Memory(index) => format!("memory {}", index.as_u32().min(DISTINCT_REGIONS)),
            Self::Global(index) => format!("global {}", index.as_u32().min(DISTINCT_REGIONS)),
            Self::Heap => "heap".to_string(),
            Self::Cards => "cards".to_string(),
            Self::Header => "header".to_string(),
            Self::Length => "length".to_string(),
            Self::ConstantField(..) => format!("constant fields {}", self.id() - CONSTANT_FIELDS),
            Self::Field(..) => format!("fields {}", self.id() - CONSTANT_FIELDS - DISTINCT_REGIONS),
        }
    }
}

/// The number of a field among [`DISTINCT_REGIONS`]: two of them may share one.
fn distinct(declarer: u32, position: u32) -> u32 {
    declarer.wrapping_mul(31).wrapping_add(position) % DISTINCT_REGIONS
}

/// Whether the region of such a number holds what never changes once an object has been made.
pub(crate) fn is_constant_region(id: u32) -> bool {
    (Region::Header.id()..CONSTANT_FIELDS + DISTINCT_REGIONS).contains(&id)
}

/// From the last byte of a stack area to its last word.
const FROM_LAST_TO_BLOCK_POINTER: i32 = -7;

/// The memory whose contents the region of such a number holds, where that is only one.
pub(crate) fn memory_of_region(id: u32) -> Option<MemoryIndex> {
    let first = Region::Memory(MemoryIndex::from_u32(0)).id();
    (first..first + DISTINCT_REGIONS).contains(&id).then(|| MemoryIndex::from_u32(id - first))
}

/// A function being built, with what it has declared so far of the world outside it.
pub(crate) struct Lowering<'p, 'f> {
    pub plan: &'p Plan<'p>,
    pub builder: FunctionBuilder<'f>,
    /// The handlers of exceptions in force.
    pub handlers: Handlers,
    /// Whether the function is part of the program's start, and runs once.
    pub runs_once: bool,
    symbols: HashMap<Symbol, GlobalValue>,
    functions: HashMap<Symbol, FuncRef>,
    /// The address of the context's block, once something at the start of the function has it.
    context_block: Option<Value>,
}

/// The code generator's code for a trap reason.
pub(crate) const fn trap_code(code: trap::TrapCode) -> TrapCode {
    TrapCode::unwrap_user(code as u8)
}

impl<'p, 'f> Lowering<'p, 'f> {
    pub fn new(plan: &'p Plan<'p>, builder: FunctionBuilder<'f>) -> Self {
        let handlers = Handlers::default();
        let (symbols, functions) = (HashMap::new(), HashMap::new());
        Self { plan, builder, handlers, runs_once: false, symbols, functions, context_block: None }
    }

    /// Flags of accesses to `region` that cannot fault.
    pub fn trusted(&mut self, region: Region) -> MemFlagsData {
        let region = self.region(region);
        MemFlagsData::trusted().with_alias_region(Some(region))
    }

    pub fn region(&mut self, region: Region) -> AliasRegion {
        let data = AliasRegionData { user_id: region.id(), description: region.description().into() };
        self.builder.func.dfg.alias_regions.insert(data)
    }

    /// A piece of state as loads and stores take it: a base address and an offset in bytes.
    fn state(&mut self, location: Location) -> (Value, i32) {
        let base = match location.block {
            Block::Image(symbol) => self.symbol_address(symbol),
            Block::Thread | Block::Context => self.own_block(),
        };
        (base, location.offset as i32)
    }

    /// The address of the block of the thread or context that runs.
    fn own_block(&mut self) -> Value {
        match self.plan.target.block_pointer() {
            BlockPointer::PinnedRegister => self.builder.ins().get_pinned_reg(types::I64),
            BlockPointer::StackArea => {
                // Set before anything else runs on the stack.
                let flags = self.trusted(Region::Runtime).with_readonly().with_can_move();
                let last = self.last_of_stack_area();
                self.builder.ins().load(types::I64, flags, last, FROM_LAST_TO_BLOCK_POINTER)
            }
        }
    }

    /// Makes `block` that of the thread that runs.
    pub fn set_thread_block(&mut self, block: Value) {
        match self.plan.target.block_pointer() {
            BlockPointer::PinnedRegister => {
                self.builder.ins().set_pinned_reg(block);
            }
            BlockPointer::StackArea => {
                let flags = self.trusted(Region::Runtime);
                let last = self.last_of_stack_area();
                self.builder.ins().store(flags, block, last, FROM_LAST_TO_BLOCK_POINTER);
            }
        }
    }

    /// The address of the last byte of the area that the stack lies in.
    fn last_of_stack_area(&mut self) -> Value {
        let stack = self.builder.ins().get_stack_pointer(types::I64);
        let of_threads = self.plan.start.as_ref().map(|start| start.limits.stack_area);
        let of_contexts = self.plan.context.map(|context| context.stack_area);
        let area = of_contexts.or(of_threads).expect("only programs with a start have threads");
        let mask = area - 1;
        self.builder.ins().bor_imm_u(stack, mask as i64)
    }

    /// The address of a piece of state.
    fn state_address(&mut self, location: Location) -> Value {
        let (base, offset) = self.state(location);
        self.builder.ins().iadd_imm_s(base, i64::from(offset))
    }

    /// Loads a field, at `at` bytes into the structure at `location`, that only the runtime writes.
    fn runtime_field(&mut self, location: Location, at: u32) -> Value {
        let flags = self.trusted(Region::Runtime);
        let (base, offset) = self.state(location);
        self.builder.ins().load(types::I64, flags, base, offset + at as i32)
    }

    /// The address of a symbol.
    pub fn symbol_address(&mut self, symbol: Symbol) -> Value {
        let global = match self.symbols.get(&symbol) {
            Some(&global) => global,
            None => self.declare_symbol(symbol),
        };
        self.builder.ins().symbol_value(types::I64, global)
    }

    fn declare_symbol(&mut self, symbol: Symbol) -> GlobalValue {
        let name = self.external_name(symbol);
        // Everything is linked into one image.
        let data = GlobalValueData::Symbol { name, offset: 0.into(), colocated: true, tls: false };
        let global = self.builder.create_global_value(data);
        self.symbols.insert(symbol, global);
        global
    }

    fn external_name(&mut self, symbol: Symbol) -> ExternalName {
        ExternalName::user(self.builder.func.declare_imported_user_function(symbol.to_user_name()))
    }

    /// Declares the function `symbol` once.
    pub fn declare_function(&mut self, symbol: Symbol, signature: impl FnOnce(&Plan<'_>) -> Signature) -> FuncRef {
        if let Some(&function) = self.functions.get(&symbol) {
            return function;
        }
        let signature = self.builder.import_signature(signature(self.plan));
        let name = self.external_name(symbol);
        let data = ExtFuncData { name, signature, colocated: true, patchable: false };
        let function = self.builder.import_function(data);
        self.functions.insert(symbol, function);
        function
    }

    /// An address after a check that has not trapped. Where speculation is guarded against, it is 0 while the
    /// processor goes on as if `outside` were zero, and it is not.
    pub fn guard_speculation(&mut self, outside: Value, address: Value) -> Value {
        if !self.plan.options.spectre {
            return address;
        }
        let null = self.builder.ins().iconst(types::I64, 0);
        self.builder.ins().select_spectre_guard(outside, null, address)
    }

    /// The index into a branch table of `len` targets, or `len` where it is beyond them, without a branch to be
    /// predicted.
    pub fn clamp_branch_index(&mut self, index: Value, len: u32) -> Value {
        let len = self.builder.ins().iconst(types::I32, i64::from(len));
        let inside = self.builder.ins().icmp(IntCC::UnsignedLessThan, index, len);
        self.builder.ins().select_spectre_guard(inside, index, len)
    }

    /// The value that locals of type `ty` start with (core specification 4.2.1 "Default values").
    pub fn zero(&mut self, ty: ValType) -> Value {
        match ty {
            ValType::I32 => self.builder.ins().iconst(types::I32, 0),
            ValType::I64 | ValType::Ref(_) => self.builder.ins().iconst(types::I64, 0),
            ValType::F32 => self.builder.ins().f32const(0.0),
            ValType::F64 => self.builder.ins().f64const(0.0),
            ValType::V128 => self.vector_constant([0; 16]),
        }
    }

    /// Traps where `condition` is not zero.
    pub fn trap_if(&mut self, condition: Value, code: trap::TrapCode) {
        self.builder.ins().trapnz(condition, trap_code(code));
    }
}
