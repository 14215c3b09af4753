//! Objects: allocation, and the fields of structures. `wasmc_abi::heap` says how they lie in memory.

use super::{Lowering, Region, trap_code};
use crate::plan::heap::size_of;
use crate::signature::clif_type;
use crate::symbol::Symbol;
use crate::values;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{AliasRegion, BlockArg, Inst, InstBuilder, MemFlagsData, Opcode, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::heap::{ALIGN, CARD_SIZE_LOG2, FIELDS, I31_TAG, LARGEST_INLINE, offsets};
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::TypeIndex;
use wasmc_frontend::program::types::Storage;
use wasmc_frontend::wasmparser::{FieldType, StorageType, ValType};

/// Offsets below this fault where the reference is null.
const NULL_RANGE: u32 = 4096;

/// Fields of a new structure that are set to zero one by one.
const FEW_FIELDS: usize = 24;

/// How a packed field is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Extension {
    /// With its sign.
    Signed,
    /// Without one, or not packed.
    Unsigned,
}

impl Lowering<'_, '_> {
    /// Has the runtime make the heap ready, and know the references that the instance holds.
    pub fn initialise_heap(&mut self) {
        if self.plan.program.has_heap {
            let tables = self.symbol_address(Symbol::HeapTables);
            let heap = self.heap_address();
            let block = match self.plan.layout.heap {
                Some(_) => self.own_block(),
                None => self.builder.ins().iconst(types::I64, 0),
            };
            match self.plan.program.is_library {
                true => self.call_on_host_stack(Builtin::ContextHeapInit, &[tables, heap, block]),
                false => self.call_builtin(Builtin::HeapInit, &[tables, heap, block]),
            };
        }
    }

    /// Gives back the heap of the thread that runs.
    pub fn end_heap(&mut self) {
        if self.plan.program.has_heap {
            let heap = self.heap_address();
            self.call_builtin(Builtin::HeapEnd, &[heap]);
        }
    }

    /// Where what code shares with the collector lies: a base address and an offset.
    fn heap(&mut self) -> (Value, i32) {
        match self.plan.layout.heap {
            Some(place) => self.state(place),
            None => (self.symbol_address(Symbol::Heap), 0),
        }
    }

    /// The address of what code shares with the collector.
    pub(super) fn heap_address(&mut self) -> Value {
        let (base, offset) = self.heap();
        self.builder.ins().iadd_imm_s(base, i64::from(offset))
    }

    /// A new structure whose fields have these values.
    pub fn new_struct(&mut self, type_index: TypeIndex, fields: &[Value]) -> Value {
        let layout = self.plan.heap.structure(type_index);
        let object = self.allocate(layout.size);
        self.write_header(object, type_index);
        for (field, &value) in fields.iter().enumerate() {
            let (flags, ty) = (self.field_flags(type_index, field), self.field_type(type_index, field));
            self.store_in_object(ty, flags, object, layout.offsets[field] as i32, value);
        }
        object
    }

    /// A new structure whose fields have their default values.
    pub fn new_default_struct(&mut self, type_index: TypeIndex) -> Value {
        let fields = &self.plan.module.struct_type(type_index).fields;
        if fields.len() <= FEW_FIELDS {
            let fields: Vec<Value> = fields.iter().map(|field| self.zero(field.element_type.unpack())).collect();
            return self.new_struct(type_index, &fields);
        }
        let size = self.plan.heap.structure(type_index).size;
        let object = self.allocate(size);
        self.write_header(object, type_index);
        let start = self.builder.ins().iadd_imm_s(object, i64::from(FIELDS));
        let zero = self.builder.ins().iconst(types::I32, 0);
        let bytes = self.builder.ins().iconst(types::I64, i64::from(size - FIELDS));
        self.call_builtin(Builtin::Memset, &[start, zero, bytes]);
        object
    }

    /// The value of a field; traps where the structure is null. `is_null` says whether it can be.
    pub fn get_field(
        &mut self,
        type_index: TypeIndex,
        field: usize,
        object: Value,
        extension: Extension,
        can_be_null: bool,
    ) -> Value {
        let offset = self.plan.heap.structure(type_index).offsets[field];
        let ty = self.field_type(type_index, field);
        let mut flags = self.field_flags(type_index, field);
        if can_be_null {
            flags = self.check_null(object, offset, flags, TrapCode::NullStructureReference);
        }
        self.load_from_object(ty, flags, object, offset as i32, extension)
    }

    /// Sets a field; traps where the structure is null.
    pub fn set_field(&mut self, type_index: TypeIndex, field: usize, object: Value, value: Value) {
        let offset = self.plan.heap.structure(type_index).offsets[field];
        let ty = self.field_type(type_index, field);
        let flags = self.field_flags(type_index, field);
        let flags = self.check_null(object, offset, flags, TrapCode::NullStructureReference);
        self.store_in_object(ty, flags, object, offset as i32, value);
        if self.needs_barrier(ty, value) {
            self.remember(object);
        }
    }

    fn field_type(&self, type_index: TypeIndex, field: usize) -> FieldType {
        self.plan.module.struct_type(type_index).fields[field]
    }

    fn field_flags(&mut self, type_index: TypeIndex, field: usize) -> MemFlagsData {
        let is_mutable = self.field_type(type_index, field).mutable;
        self.declared_flags(type_index, field as u32, is_mutable)
    }

    /// Flags of accesses to a field of structures, or to the elements of arrays, whose position is 0.
    pub(super) fn declared_flags(&mut self, type_index: TypeIndex, field: u32, is_mutable: bool) -> MemFlagsData {
        let declarer = self.plan.declarer_number(type_index, field);
        let region = match is_mutable && self.plan.heap.may_be_written(declarer, field) {
            true => Region::Field(declarer, field),
            false => Region::ConstantField(declarer, field),
        };
        self.object_flags(region)
    }

    /// Flags of accesses to an object that is there. A vector may lie at any multiple of 8.
    pub(super) fn object_flags(&mut self, region: Region) -> MemFlagsData {
        let region: AliasRegion = self.region(region);
        MemFlagsData::new().with_notrap().with_alias_region(Some(region))
    }

    /// Flags for the first access through a reference, at an offset, that may be null: it traps then, or has done so.
    pub(super) fn check_null(
        &mut self,
        object: Value,
        offset: u32,
        flags: MemFlagsData,
        code: TrapCode,
    ) -> MemFlagsData {
        if offset + 16 <= NULL_RANGE && self.plan.target.faults_near_null() {
            return flags.with_trap_code(Some(trap_code(code)));
        }
        self.trap_if_null(object, code);
        flags
    }

    /// Loads what a field or an element of type `ty` holds, as a value of the operand stack.
    pub(super) fn load_from_object(
        &mut self,
        ty: FieldType,
        flags: MemFlagsData,
        object: Value,
        offset: i32,
        extension: Extension,
    ) -> Value {
        let ins = self.builder.ins();
        match (ty.element_type, extension) {
            (StorageType::I8, Extension::Signed) => ins.sload8(types::I32, flags, object, offset),
            (StorageType::I8, Extension::Unsigned) => ins.uload8(types::I32, flags, object, offset),
            (StorageType::I16, Extension::Signed) => ins.sload16(types::I32, flags, object, offset),
            (StorageType::I16, Extension::Unsigned) => ins.uload16(types::I32, flags, object, offset),
            (StorageType::Val(value), _) => match self.is_narrow_reference(ty) {
                true => self.builder.ins().uload32(flags, object, offset),
                false => self.builder.ins().load(clif_type(value), flags, object, offset),
            },
        }
    }

    /// Stores a value of the operand stack to a field or an element of type `ty`.
    pub(super) fn store_in_object(
        &mut self,
        ty: FieldType,
        flags: MemFlagsData,
        object: Value,
        offset: i32,
        value: Value,
    ) {
        match ty.element_type {
            StorageType::I8 => self.builder.ins().istore8(flags, value, object, offset),
            StorageType::I16 => self.builder.ins().istore16(flags, value, object, offset),
            StorageType::Val(_) if self.is_narrow_reference(ty) => {
                self.builder.ins().istore32(flags, value, object, offset)
            }
            StorageType::Val(_) => self.builder.ins().store(flags, value, object, offset),
        };
    }

    /// Whether a field or an element holds a reference that has 32 bits there.
    fn is_narrow_reference(&self, ty: FieldType) -> bool {
        self.storage(ty) == Storage::Object && self.plan.heap.reference_size == 4
    }

    pub(super) fn storage(&self, ty: FieldType) -> Storage {
        Storage::new(ty.element_type, self.plan.module)
    }

    /// Bytes that a field or an element of type `ty` takes.
    pub(super) fn stored_size(&self, ty: FieldType) -> u32 {
        size_of(self.storage(ty), self.plan.heap.reference_size)
    }

    /// Whether the collector must be told of a write to a field or an element: not of one of null, or an `i31`.
    pub(super) fn needs_barrier(&self, ty: FieldType, value: Value) -> bool {
        if !matches!(self.storage(ty), Storage::Object | Storage::Extern) {
            return false;
        }
        let dfg = &self.builder.func.dfg;
        let is_tagged = |bits: u64| bits == 0 || bits & I31_TAG != 0;
        let is_i31 = matches!(values::with_constant(dfg, value, Opcode::Bor), Some((_, I31_TAG)));
        !is_i31 && !values::constant(dfg, value).is_some_and(is_tagged)
    }

    /// Tells the collector that a reference has been written at an address, or to the structure there.
    pub(super) fn remember(&mut self, address: Value) {
        let flags = self.trusted(Region::Runtime).with_readonly().with_can_move();
        let (heap, offset) = self.heap();
        let cards = self.builder.ins().load(types::I64, flags, heap, offset + offsets::CARDS as i32);
        let card = self.builder.ins().ushr_imm_u(address, i64::from(CARD_SIZE_LOG2));
        let place = self.builder.ins().iadd(cards, card);
        let written = self.builder.ins().iconst(types::I8, 1);
        let flags = self.trusted(Region::Cards);
        self.builder.ins().store(flags, written, place, 0);
    }

    /// Writes the number of the type to a new object.
    pub(super) fn write_header(&mut self, object: Value, type_index: TypeIndex) {
        let number = self.plan.type_numbers(type_index).first;
        self.write_number(object, number);
    }

    /// The same of the type with a number.
    pub(super) fn write_number(&mut self, object: Value, number: u32) {
        let number = self.builder.ins().iconst(types::I32, i64::from(number));
        let flags = self.object_flags(Region::Header);
        self.builder.ins().store(flags, number, object, 0);
    }

    /// The address of `size` bytes for an object, a multiple of 8, all of which are to be written before anything is
    /// called; traps where there is no room.
    pub(super) fn allocate(&mut self, size: u32) -> Value {
        let bytes = self.builder.ins().iconst(types::I64, i64::from(size));
        // What runs once is rather short.
        if size > LARGEST_INLINE || self.runs_once {
            return self.allocate_by_call(bytes);
        }
        self.allocate_bytes(bytes)
    }

    /// As [`Self::allocate`], of at most [`LARGEST_INLINE`] bytes known at run time.
    pub(super) fn allocate_bytes(&mut self, bytes: Value) -> Value {
        const { assert!(ALIGN == 8) };
        let [room, full, done] = [(); 3].map(|()| self.builder.create_block());
        let object = self.builder.append_block_param(done, types::I64);
        let flags = self.trusted(Region::Heap);
        let (heap, offset) = self.heap();
        let next = self.builder.ins().load(types::I64, flags, heap, offset + offsets::NEXT as i32);
        let limit = self.builder.ins().load(types::I64, flags, heap, offset + offsets::LIMIT as i32);
        let end = self.builder.ins().iadd(next, bytes);
        let is_full = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, limit);
        self.builder.ins().brif(is_full, full, &[], room, &[]);
        self.builder.seal_block(room);
        self.builder.seal_block(full);
        self.builder.switch_to_block(room);
        self.builder.ins().store(flags, end, heap, offset + offsets::NEXT as i32);
        self.builder.ins().jump(done, &[BlockArg::from(next)]);
        self.builder.switch_to_block(full);
        self.builder.set_cold_block(full);
        let made = self.allocate_by_call(bytes);
        self.builder.ins().jump(done, &[BlockArg::from(made)]);
        self.builder.seal_block(done);
        self.builder.switch_to_block(done);
        object
    }

    fn allocate_by_call(&mut self, bytes: Value) -> Value {
        let heap = self.heap_address();
        let call = self.call_collector(Builtin::HeapAllocate, &[heap, bytes]);
        let object = self.builder.inst_results(call)[0];
        self.trap_if_null(object, TrapCode::HeapExhausted);
        object
    }

    /// Calls a function of the runtime's that may collect, where there is room for what it does.
    pub(super) fn call_collector(&mut self, builtin: Builtin, args: &[Value]) -> Inst {
        match self.plan.program.is_library {
            true => self.call_on_host_stack(builtin, args),
            false => self.call_builtin(builtin, args),
        }
    }

    /// The number of an object's type; traps with `code` where the reference is null. The load cannot move: what shows
    /// that the reference is an object's comes before it.
    pub(super) fn object_number(&mut self, object: Value, code: Option<TrapCode>) -> Value {
        let mut flags = self.object_flags(Region::Header);
        if let Some(code) = code {
            flags = self.check_null(object, 0, flags, code);
        }
        self.builder.ins().load(types::I32, flags, object, 0)
    }
}

/// The type of a value in a field or an element, once it is on the operand stack.
pub(crate) trait Unpack {
    /// That type.
    fn unpack(self) -> ValType;
}

impl Unpack for StorageType {
    fn unpack(self) -> ValType {
        match self {
            Self::I8 | Self::I16 => ValType::I32,
            Self::Val(ty) => ty,
        }
    }
}
