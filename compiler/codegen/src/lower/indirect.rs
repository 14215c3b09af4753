//! Calls through tables: what they go to, and the checks that are left (core specification 4.6.10 `call_indirect`).
//!
//! Where nothing writes the table, `plan/indirect.rs` says which elements have the type, and one comparison tells an
//! index of theirs from others. What is to be done for others, which is to find out which trap it is, is out of the
//! way.

use super::{Lowering, Region, trap_code};
use crate::passes::Pass;
use crate::plan::indirect::{Elements, function_at};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, InstructionData, Opcode, Type, Value, ValueDef, types};
use std::ops::RangeInclusive;
use wasmc_abi::table::ELEMENT_SIZE;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::{FuncIndex, TableIndex, TypeIndex};

/// What a call through a table goes to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Target {
    /// Code at an address.
    Code(Value),
    /// What a reference refers to, if it is not null and has the type.
    Reference(Value),
    /// A function that is known.
    Function(FuncIndex),
}

/// How many values are followed to find out what an index can be.
const MAX_DEPTH: u32 = 8;

impl Lowering<'_, '_> {
    /// What a call through element `index` of `table` goes to; traps where there is none, and where it is known which
    /// have the type, where that has not.
    pub fn indirect_target(&mut self, table: TableIndex, type_index: TypeIndex, index: Value) -> Target {
        let plan = self.plan;
        let known = plan.known_tables.elements(table, plan.type_numbers(type_index));
        let Some(elements) = known.filter(|_| plan.runs(Pass::Indirect)) else {
            return Target::Reference(self.table_element(table, index, TrapCode::UndefinedElement));
        };
        let indices = self.indices(index, MAX_DEPTH);
        let inside = elements.first.max(*indices.start())..=elements.last.min(*indices.end());
        let is_inside = inside == indices;
        if inside.start() == inside.end()
            && let Some(function) = function_at(&plan.tables, table, *inside.start())
        {
            if !is_inside {
                let outside = self.builder.ins().icmp_imm_u(IntCC::NotEqual, index, *inside.start() as i64);
                self.leave_if_outside(outside, table, index);
            }
            return Target::Function(function);
        }
        Target::Code(self.element_of(table, elements, index, is_inside))
    }

    /// One of some elements, where `is_inside` is whether `index` is known to be that of one.
    fn element_of(&mut self, table: TableIndex, elements: Elements, index: Value, is_inside: bool) -> Value {
        let Elements { first, last, .. } = elements;
        let beyond = if first == 0 { index } else { self.builder.ins().iadd_imm_s(index, -(first as i64)) };
        let outside = (!is_inside).then(|| {
            let outside = self.builder.ins().icmp_imm_u(IntCC::UnsignedGreaterThan, beyond, (last - first) as i64);
            if first == 0 && last + 1 == self.plan.module.tables[table].ty.initial {
                self.trap_if(outside, TrapCode::UndefinedElement);
            } else {
                self.leave_if_outside(outside, table, index);
            }
            outside
        });
        let start = self.table_elements(table);
        let (from, offset) = match i32::try_from(first * u64::from(ELEMENT_SIZE)) {
            Ok(offset) if self.plan.target.adds_offsets_to_indices() => (beyond, offset),
            _ => (index, 0),
        };
        let from = self.index_to_64(from);
        let bytes = self.builder.ins().imul_imm_s(from, i64::from(ELEMENT_SIZE));
        let address = self.builder.ins().iadd(start, bytes);
        let address = outside.map_or(address, |outside| self.guard_speculation(outside, address));
        let flags = self.trusted(Region::Table);
        self.builder.ins().load(types::I64, flags, address, offset)
    }

    /// Where an index is that of no element with the type, traps for the reason that there is.
    fn leave_if_outside(&mut self, outside: Value, table: TableIndex, index: Value) {
        let (trap, next) = (self.builder.create_block(), self.builder.create_block());
        self.builder.ins().brif(outside, trap, &[], next, &[]);
        self.builder.seal_block(trap);
        self.builder.seal_block(next);
        self.builder.set_cold_block(trap);
        if self.builder.current_block().is_some_and(|block| self.builder.func.layout.is_cold(block)) {
            self.builder.set_cold_block(next);
        }
        self.builder.switch_to_block(trap);
        let reference = self.table_element(table, index, TrapCode::UndefinedElement);
        self.builder.ins().trapz(reference, trap_code(TrapCode::UninitializedElement));
        self.builder.ins().trap(trap_code(TrapCode::IndirectCallTypeMismatch));
        self.builder.switch_to_block(next);
    }

    /// What an unsigned index can be, as far as the operators say that make it.
    fn indices(&self, value: Value, depth: u32) -> RangeInclusive<u64> {
        let dfg = &self.builder.func.dfg;
        let all = 0..=mask(dfg.value_type(value));
        let value = dfg.resolve_aliases(value);
        let (ValueDef::Result(inst, 0), Some(depth)) = (dfg.value_def(value), depth.checked_sub(1)) else {
            return all;
        };
        match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                let value = imm.bits() as u64 & all.end();
                value..=value
            }
            InstructionData::Binary { opcode: Opcode::Band, args } => {
                let most = args.map(|arg| *self.indices(arg, depth).end());
                0..=most[0].min(most[1])
            }
            InstructionData::Binary { opcode: Opcode::Iadd, args: [left, right] } => {
                let (left, right) = (self.indices(left, depth), self.indices(right, depth));
                match left.end().checked_add(*right.end()) {
                    Some(end) if end <= *all.end() => left.start() + right.start()..=end,
                    _ => all,
                }
            }
            InstructionData::Ternary { opcode: Opcode::Select, args: [_, left, right] } => {
                let (left, right) = (self.indices(left, depth), self.indices(right, depth));
                *left.start().min(right.start())..=*left.end().max(right.end())
            }
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => self.indices(arg, depth),
            InstructionData::Load { opcode: Opcode::Uload8, .. } => 0..=0xff,
            InstructionData::Load { opcode: Opcode::Uload16, .. } => 0..=0xffff,
            _ => all,
        }
    }
}

/// The largest unsigned number of an integer type.
fn mask(ty: Type) -> u64 {
    u64::MAX >> (64 - ty.bits())
}
