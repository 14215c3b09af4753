//! Tables: addresses of elements.

use super::{Lowering, Region};
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::table::{ELEMENT_SIZE, offsets};
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::TableIndex;

impl Lowering<'_, '_> {
    /// The address of element 0.
    pub fn table_elements(&mut self, table: TableIndex) -> Value {
        if self.plan.tables.tables[table].is_fixed {
            return self.symbol_address(Symbol::Table(table));
        }
        self.runtime_field(self.plan.layout.tables[table], offsets::ELEMENTS)
    }

    /// The present number of elements, as 64 bits.
    pub fn table_len(&mut self, table: TableIndex) -> Value {
        match self.fixed_len(table) {
            Some(len) => self.builder.ins().iconst(types::I64, len as i64),
            None => self.runtime_field(self.plan.layout.tables[table], offsets::LEN),
        }
    }

    /// The number of elements, where it never changes.
    fn fixed_len(&self, table: TableIndex) -> Option<u64> {
        self.plan.tables.tables[table].is_fixed.then(|| self.plan.module.tables[table].ty.initial)
    }

    /// The address of the element at `index`; traps with `code` where there is none.
    pub fn element_address(&mut self, table: TableIndex, index: Value, code: TrapCode) -> Value {
        let is_narrow = self.builder.func.dfg.value_type(index) == types::I32;
        let (index, len) = match self.fixed_len(table) {
            Some(len) if is_narrow && u32::try_from(len).is_ok() => {
                (index, self.builder.ins().iconst(types::I32, len as i64))
            }
            _ => (self.index_to_64(index), self.table_len(table)),
        };
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, index, len);
        self.trap_if(outside, code);
        let index = self.index_to_64(index);
        let elements = self.table_elements(table);
        let offset = self.builder.ins().imul_imm_s(index, i64::from(ELEMENT_SIZE));
        let address = self.builder.ins().iadd(elements, offset);
        self.guard_speculation(outside, address)
    }

    /// The element at `index`; traps with `code` where there is none.
    pub fn table_element(&mut self, table: TableIndex, index: Value, code: TrapCode) -> Value {
        let address = self.element_address(table, index, code);
        let flags = self.trusted(Region::Table);
        self.builder.ins().load(types::I64, flags, address, 0)
    }

    /// Grows a table by `delta` elements of `value`; returns its previous size, or -1, as 64 bits.
    pub fn grow_table(&mut self, table: TableIndex, delta: Value, value: Value) -> Value {
        let state = self.state_address(self.plan.layout.tables[table]);
        if self.plan.program.is_library {
            return self.call_for_context(Builtin::ContextTableGrow, [state, delta, value]);
        }
        let call = self.call_builtin(Builtin::TableGrow, &[state, delta, value]);
        self.builder.inst_results(call)[0]
    }

    /// The address of the `len` elements at `index`; traps where they are not all inside the table.
    pub fn table_range(&mut self, table: TableIndex, index: Value, len: Value) -> Value {
        let index = self.index_to_64(index);
        let len = self.index_to_64(len);
        let size = self.table_len(table);
        let outside = self.check_range(index, len, size, TrapCode::OutOfBoundsTableAccess);
        let elements = self.table_elements(table);
        let offset = self.builder.ins().imul_imm_s(index, i64::from(ELEMENT_SIZE));
        let address = self.builder.ins().iadd(elements, offset);
        self.guard_speculation(outside, address)
    }

    /// Sets the `len` elements at `index` to `value`; traps where they are not all inside the table.
    pub fn fill_elements(&mut self, table: TableIndex, index: Value, value: Value, len: Value) {
        let start = self.table_range(table, index, len);
        let len = self.index_to_64(len);
        let bytes = self.builder.ins().imul_imm_s(len, i64::from(ELEMENT_SIZE));
        let end = self.builder.ins().iadd(start, bytes);
        let flags = self.trusted(Region::Table);
        let header = self.builder.create_block();
        let body = self.builder.create_block();
        let next = self.builder.create_block();
        let address = self.builder.append_block_param(header, types::I64);
        self.builder.ins().jump(header, &[BlockArg::from(start)]);
        self.builder.switch_to_block(header);
        let done = self.builder.ins().icmp(IntCC::Equal, address, end);
        self.builder.ins().brif(done, next, &[], body, &[]);
        self.builder.switch_to_block(body);
        self.builder.seal_block(body);
        self.builder.ins().store(flags, value, address, 0);
        let following = self.builder.ins().iadd_imm_s(address, i64::from(ELEMENT_SIZE));
        self.builder.ins().jump(header, &[BlockArg::from(following)]);
        self.builder.seal_block(header);
        self.builder.switch_to_block(next);
        self.builder.seal_block(next);
    }

    /// Traps with `code` unless `index + len <= size`, computed without wrap. Returns the condition that it traps on.
    pub fn check_range(&mut self, index: Value, len: Value, size: Value, code: TrapCode) -> Value {
        let end = self.builder.ins().uadd_overflow_trap(index, len, super::trap_code(code));
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, size);
        self.trap_if(outside, code);
        outside
    }
}
