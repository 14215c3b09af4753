//! Table and reference instructions (core specification 4.6.5, 4.6.6).

use super::Translator;
use crate::lower::Region;
use cranelift_codegen::ir::{InstBuilder, types};
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::{ElemIndex, FuncIndex, TableIndex};
use wasmc_frontend::wasmparser::ValType;

impl Translator<'_, '_> {
    pub(super) fn ref_null(&mut self) {
        let null = self.low.null();
        self.push(null);
    }

    pub(super) fn ref_is_null(&mut self) {
        let reference = self.pop();
        let is_null = self.low.is_null(reference);
        let value = self.ins().uextend(types::I32, is_null);
        self.push(value);
    }

    pub(super) fn ref_as_non_null(&mut self) {
        let reference = self.pop();
        self.low.trap_if_null(reference, TrapCode::NullReference);
        self.push(reference);
    }

    pub(super) fn ref_func(&mut self, function: FuncIndex) {
        let reference = self.low.func_ref(function);
        self.push(reference);
    }

    pub(super) fn table_get(&mut self, table: TableIndex) {
        let index = self.pop();
        let value = self.low.table_element(table, index, TrapCode::OutOfBoundsTableAccess);
        let ty = self.low.plan.module.tables[table].ty.element_type;
        self.push_typed(value, ValType::Ref(ty));
    }

    pub(super) fn table_set(&mut self, table: TableIndex) {
        let (index, value) = self.pop2();
        let address = self.low.element_address(table, index, TrapCode::OutOfBoundsTableAccess);
        let flags = self.low.trusted(Region::Table);
        self.ins().store(flags, value, address, 0);
    }

    pub(super) fn table_size(&mut self, table: TableIndex) {
        let len = self.low.table_len(table);
        let len = self.low.index_from_64(len, self.has_64_bit_indices(table));
        self.push(len);
    }

    pub(super) fn table_grow(&mut self, table: TableIndex) {
        let (value, delta) = self.pop2();
        let delta = self.low.index_to_64(delta);
        let previous = self.low.grow_table(table, delta, value);
        let previous = self.low.index_from_64(previous, self.has_64_bit_indices(table));
        self.push(previous);
    }

    pub(super) fn table_fill(&mut self, table: TableIndex) {
        let (index, value, len) = self.pop3();
        self.low.fill_elements(table, index, value, len);
    }

    pub(super) fn table_copy(&mut self, to_table: TableIndex, from_table: TableIndex) {
        let (to, from, len) = self.pop3();
        let to = self.low.table_range(to_table, to, len);
        let from = self.low.table_range(from_table, from, len);
        let len = self.low.index_to_64(len);
        let bytes = self.ins().imul_imm_s(len, i64::from(ELEMENT_SIZE));
        self.move_bytes(to, from, bytes);
    }

    pub(super) fn table_init(&mut self, table: TableIndex, segment: ElemIndex) {
        let (to, from, len) = self.pop3();
        let from = self.low.index_to_64(from);
        let len = self.low.index_to_64(len);
        let size = self.low.element_len(segment);
        self.low.check_range(from, len, size, TrapCode::OutOfBoundsTableAccess);
        let to = self.low.table_range(table, to, len);
        let elements = self.low.elements(segment);
        let offset = self.ins().imul_imm_s(from, i64::from(ELEMENT_SIZE));
        let from = self.ins().iadd(elements, offset);
        let bytes = self.ins().imul_imm_s(len, i64::from(ELEMENT_SIZE));
        self.move_bytes(to, from, bytes);
    }

    pub(super) fn elem_drop(&mut self, segment: ElemIndex) {
        self.low.drop_elements(segment);
    }

    fn has_64_bit_indices(&self, table: TableIndex) -> bool {
        self.low.plan.module.tables[table].ty.table64
    }
}
