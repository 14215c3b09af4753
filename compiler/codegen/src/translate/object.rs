//! Structures and arrays (core specification 4.6.4 "Aggregate Instructions").

use super::Translator;
use crate::lower::{Extension, Unpack};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmc_abi::heap::ELEMENTS;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::{DataIndex, ElemIndex, TypeIndex};
use wasmc_frontend::wasmparser::ValType;

impl Translator<'_, '_> {
    pub(super) fn struct_new(&mut self, type_index: TypeIndex) {
        let fields = self.low.plan.module.struct_type(type_index).fields.len();
        let fields = self.pop_many(fields);
        let object = self.low.new_struct(type_index, &fields);
        self.push(object);
    }

    pub(super) fn struct_new_default(&mut self, type_index: TypeIndex) {
        let object = self.low.new_default_struct(type_index);
        self.push(object);
    }

    pub(super) fn struct_get(&mut self, type_index: TypeIndex, field: u32, extension: Extension) {
        let can_be_null = self.operand_can_be_null();
        let object = self.pop();
        let value = self.low.get_field(type_index, field as usize, object, extension, can_be_null);
        let ty = self.low.plan.module.struct_type(type_index).fields[field as usize].element_type.unpack();
        self.push_typed(value, ty);
    }

    pub(super) fn struct_set(&mut self, type_index: TypeIndex, field: u32) {
        let (object, value) = self.pop2();
        self.low.set_field(type_index, field as usize, object, value);
    }

    pub(super) fn array_new(&mut self, type_index: TypeIndex) {
        let (value, len) = self.pop2();
        let array = self.low.new_array(type_index, value, len);
        self.push(array);
    }

    pub(super) fn array_new_default(&mut self, type_index: TypeIndex) {
        let len = self.pop();
        let array = self.low.new_default_array(type_index, len);
        self.push(array);
    }

    pub(super) fn array_new_fixed(&mut self, type_index: TypeIndex, len: u32) {
        let values = self.pop_many(len as usize);
        let array = self.low.new_fixed_array(type_index, &values);
        self.push(array);
    }

    pub(super) fn array_new_data(&mut self, type_index: TypeIndex, segment: DataIndex) {
        let (from, len) = self.pop2();
        let from = self.data_range(type_index, segment, from, len);
        let array = self.low.new_default_array(type_index, len);
        let to = self.ins().iadd_imm_s(array, i64::from(ELEMENTS));
        let bytes = self.low.elements_to_bytes(type_index, len);
        self.move_bytes(to, from, bytes);
        self.push(array);
    }

    pub(super) fn array_new_elem(&mut self, type_index: TypeIndex, segment: ElemIndex) {
        let (from, len) = self.pop2();
        let from = self.element_segment_range(segment, from, len);
        let array = self.low.new_default_array(type_index, len);
        let to = self.ins().iadd_imm_s(array, i64::from(ELEMENTS));
        self.low.copy_words(type_index, to, from, len);
        self.low.remember_new(type_index, array, len);
        self.push(array);
    }

    pub(super) fn array_get(&mut self, type_index: TypeIndex, extension: Extension) {
        let (array, index) = self.pop2();
        let value = self.low.get_element(type_index, array, index, extension);
        let ty = self.low.plan.module.element_type(type_index).element_type.unpack();
        self.push_typed(value, ty);
    }

    pub(super) fn array_set(&mut self, type_index: TypeIndex) {
        let (array, index, value) = self.pop3();
        self.low.set_element(type_index, array, index, value);
    }

    pub(super) fn array_len(&mut self) {
        let can_be_null = self.operand_can_be_null();
        let array = self.pop();
        let len = self.low.array_len(array, can_be_null);
        self.push(len);
    }

    pub(super) fn array_fill(&mut self, type_index: TypeIndex) {
        let (index, value, len) = self.pop3();
        let array = self.pop();
        let start = self.low.array_range(type_index, array, index, len);
        self.low.fill_array(type_index, start, value, len);
    }

    pub(super) fn array_copy(&mut self, to_type: TypeIndex, from_type: TypeIndex) {
        let (from_array, from, len) = self.pop3();
        let (to_array, to) = self.pop2();
        let to = self.low.array_range(to_type, to_array, to, len);
        let from = self.low.array_range(from_type, from_array, from, len);
        let bytes = self.low.elements_to_bytes(to_type, len);
        self.move_bytes(to, from, bytes);
        self.low.remember_range(to_type, to, len);
    }

    pub(super) fn array_init_data(&mut self, type_index: TypeIndex, segment: DataIndex) {
        let (to, from, len) = self.pop3();
        let array = self.pop();
        let to = self.low.array_range(type_index, array, to, len);
        let from = self.data_range(type_index, segment, from, len);
        let bytes = self.low.elements_to_bytes(type_index, len);
        self.move_bytes(to, from, bytes);
    }

    pub(super) fn array_init_elem(&mut self, type_index: TypeIndex, segment: ElemIndex) {
        let (to, from, len) = self.pop3();
        let array = self.pop();
        let to = self.low.array_range(type_index, array, to, len);
        let from = self.element_segment_range(segment, from, len);
        self.low.copy_words(type_index, to, from, len);
        self.low.remember_range(type_index, to, len);
    }

    /// The address of `len` elements' worth of bytes of a data segment, from the byte `from` on; traps where they are
    /// not all inside.
    fn data_range(&mut self, type_index: TypeIndex, segment: DataIndex, from: Value, len: Value) -> Value {
        let from = self.low.index_to_64(from);
        let bytes = self.low.elements_to_bytes(type_index, len);
        let size = self.low.data_len(segment);
        self.low.check_range(from, bytes, size, TrapCode::OutOfBoundsMemoryAccess);
        let start = self.low.symbol_address(Symbol::Data(segment));
        self.ins().iadd(start, from)
    }

    /// The address of `len` elements of an element segment, from `from` on; traps where they are not all inside.
    pub(super) fn element_segment_range(&mut self, segment: ElemIndex, from: Value, len: Value) -> Value {
        let from = self.low.index_to_64(from);
        let len = self.low.index_to_64(len);
        let size = self.low.element_len(segment);
        self.low.check_range(from, len, size, TrapCode::OutOfBoundsTableAccess);
        let elements = self.low.elements(segment);
        let offset = self.ins().imul_imm_s(from, i64::from(ELEMENT_SIZE));
        self.ins().iadd(elements, offset)
    }

    /// Pushes a value, and remembers its type for the next operator.
    pub(super) fn push_typed(&mut self, value: Value, ty: ValType) {
        self.push(value);
        if let ValType::Ref(ty) = ty {
            self.produced = Some(ty);
        }
    }

    /// Whether the reference on top of the stack can be null, as far as the operator before tells.
    pub(super) fn operand_can_be_null(&self) -> bool {
        self.operand.is_none_or(|ty| ty.is_nullable())
    }
}
