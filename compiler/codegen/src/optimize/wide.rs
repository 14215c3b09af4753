//! For RISC-V: i32 values as registers hold them, extended with their sign to 64 bits.
//!
//! Its instructions of 32 bits extend their results so, and its comparisons and branches take 64 bits. Cranelift leaves
//! the upper half of an i32 open: it extends both sides of each comparison, once more for each, and with two shifts
//! where the comparison is unsigned. So comparisons get values of 64 bits here,
//!
//! ```text
//! a < b  <=>  sext(a) < sext(b)    signed and unsigned,
//! ```
//!
//! and what they compare is made in 64 bits where that costs nothing: loads, bitwise operations, selections, what
//! functions are called with and return, and parameters of blocks for which all branches have such a value. Whoever
//! wants 32 bits of it has them for nothing, too.

use super::edges::{self, Edges};
use crate::values;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::entity::{EntitySet, SecondaryMap};
use cranelift_codegen::ir::{
    ArgumentExtension, Block, DataFlowGraph, Function, Inst, InstBuilder, InstructionData, Opcode, Value, ValueDef,
    types,
};
use cranelift_codegen::packed_option::PackedOption;
use cranelift_codegen::{Context, loop_analysis::LoopAnalysis};

/// How far operands are followed.
const MAX_DEPTH: u32 = 6;

/// Passes over the parameters after which none is widened: each refuses those that depend on refused ones, in the order
/// of control flow, so that few suffice.
const MAX_PASSES: usize = 16;

/// Has comparisons take 64 bits.
pub(super) fn widen(context: &mut Context, edges: &Edges) {
    let params = widened_params(context, edges);
    let mut wide = Wide { func: &mut context.func, values: SecondaryMap::new() };
    params.iter().for_each(|&param| wide.widen_param(param));
    let blocks: Vec<Block> = wide.func.layout.blocks().collect();
    for block in blocks {
        let insts: Vec<Inst> = wide.func.layout.block_insts(block).collect();
        insts.into_iter().for_each(|inst| wide.consumer(inst));
    }
    for param in params {
        wide.widen_arguments(param, edges);
    }
}

/// The parameters of blocks that become 64 bits wide: those that are compared, or are passed to one that is, as far as
/// no branch must extend for it a value that it has, except into a loop.
fn widened_params(context: &Context, edges: &Edges) -> Vec<Value> {
    let (func, loops) = (&context.func, &context.loop_analysis);
    let mut compared = compared(func, edges);
    let mut order: SecondaryMap<Block, usize> = SecondaryMap::new();
    context.domtree.cfg_rpo().enumerate().for_each(|(number, &block)| order[block] = number);
    compared.sort_by_key(|&param| match func.dfg.value_def(param) {
        ValueDef::Param(block, _) => order[block],
        _ => unreachable!("parameters are compared"),
    });
    let mut chosen: EntitySet<Value> = EntitySet::new();
    compared.iter().for_each(|&param| {
        chosen.insert(param);
    });
    for _ in 0..MAX_PASSES {
        let mut is_done = true;
        for &param in &compared {
            if chosen.contains(param) && !is_fed_for_nothing(func, loops, edges, &chosen, param) {
                chosen.remove(param);
                is_done = false;
            }
        }
        if is_done {
            return compared.into_iter().filter(|&param| chosen.contains(param)).collect();
        }
    }
    Vec::new()
}

fn is_fed_for_nothing(
    func: &Function,
    loops: &LoopAnalysis,
    edges: &Edges,
    chosen: &EntitySet<Value>,
    param: Value,
) -> bool {
    let ValueDef::Param(block, number) = func.dfg.value_def(param) else { unreachable!("parameters are compared") };
    let level = loops.loop_level(block);
    edges.to(block).iter().all(|&edge| match edges::argument(func, edge, number) {
        Some(argument) => {
            let is_chosen = |value| chosen.contains(value);
            loops.loop_level(edge.from) < level || is_wide_for_nothing(func, &is_chosen, argument, 0)
        }
        None => false,
    })
}

/// Parameters that are compared, or shifted and extended, or are passed to one that is.
fn compared(func: &Function, edges: &Edges) -> Vec<Value> {
    let dfg = &func.dfg;
    let entry = func.layout.entry_block();
    let mut found = Vec::new();
    let mut seen: EntitySet<Value> = EntitySet::new();
    let mut note = |found: &mut Vec<Value>, value: Value| {
        let is_param = matches!(dfg.value_def(value), ValueDef::Param(block, _) if Some(block) != entry);
        if is_param && dfg.value_type(value) == types::I32 && seen.insert(value) {
            found.push(value);
        }
    };
    for inst in func.layout.blocks().flat_map(|block| func.layout.block_insts(block)) {
        match dfg.insts[inst] {
            InstructionData::IntCompare { args, .. } => args.iter().for_each(|&arg| note(&mut found, arg)),
            InstructionData::Brif { arg, .. } | InstructionData::Unary { opcode: Opcode::Sextend, arg } => {
                note(&mut found, arg);
            }
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => {
                if let Some([value, _]) = values::binary(dfg, arg, Opcode::Ishl) {
                    note(&mut found, value);
                }
            }
            _ => {}
        }
    }
    let mut next = 0;
    while let Some(&param) = found.get(next) {
        next += 1;
        let ValueDef::Param(block, number) = dfg.value_def(param) else { continue };
        let arguments = edges.to(block).iter().filter_map(|&edge| edges::argument(func, edge, number));
        arguments.for_each(|argument| note(&mut found, argument));
    }
    found
}

/// Whether no instruction is needed to have an i32 extended, where values that `is_known` holds for are.
fn is_wide_for_nothing(func: &Function, is_known: &dyn Fn(Value) -> bool, value: Value, depth: u32) -> bool {
    let is_wide = |value| depth < MAX_DEPTH && is_wide_for_nothing(func, is_known, value, depth + 1);
    if is_known(value) {
        return true;
    }
    match values::made_by(&func.dfg, value) {
        None => false,
        Some(InstructionData::UnaryImm { .. } | InstructionData::Load { .. }) => true,
        Some(InstructionData::Unary { opcode, arg }) => match opcode {
            Opcode::Uextend | Opcode::Sextend | Opcode::Bmask => true,
            Opcode::Bnot => is_wide(arg),
            Opcode::Ireduce => values::is_passed_extended(func, arg, ArgumentExtension::Sext),
            _ => false,
        },
        Some(InstructionData::Binary { opcode, args }) => match opcode {
            Opcode::Iadd | Opcode::Isub | Opcode::Ishl | Opcode::Ushr | Opcode::Sshr => true,
            Opcode::Band | Opcode::Bor | Opcode::Bxor => args.into_iter().all(is_wide),
            _ => false,
        },
        Some(InstructionData::Ternary { opcode: Opcode::Select, args: [_, left, right] }) => {
            is_wide(left) && is_wide(right)
        }
        Some(_) => false,
    }
}

/// Whether an i32 is not negative, so that both extensions are the same: whether bit 31 is 0, of an i64 as well.
fn is_not_negative(dfg: &DataFlowGraph, value: Value, depth: u32) -> bool {
    let is_positive = |value| depth < MAX_DEPTH && is_not_negative(dfg, value, depth + 1);
    let is_narrow = match dfg.value_type(value) {
        types::I32 => true,
        types::I64 => false,
        _ => return false,
    };
    match values::made_by(dfg, value) {
        Some(InstructionData::UnaryImm { imm, .. }) => imm.bits() as i32 >= 0,
        Some(InstructionData::Load { opcode, .. }) => matches!(opcode, Opcode::Uload8 | Opcode::Uload16),
        Some(InstructionData::Unary { opcode, arg }) => match opcode {
            Opcode::Uextend => dfg.value_type(arg).bits() < 32,
            Opcode::Sextend | Opcode::Ireduce => is_positive(arg),
            Opcode::Popcnt | Opcode::Clz | Opcode::Ctz => true,
            _ => false,
        },
        Some(InstructionData::Binary { opcode, args: [left, right] }) => match opcode {
            Opcode::Band => is_positive(left) || is_positive(right),
            Opcode::Bor | Opcode::Bxor => is_positive(left) && is_positive(right),
            Opcode::Ushr => is_narrow && values::constant(dfg, right).is_some_and(|count| count % 32 != 0),
            Opcode::Urem => is_narrow && is_positive(right),
            _ => false,
        },
        Some(InstructionData::Ternary { opcode: Opcode::Select, args: [_, left, right] }) => {
            is_positive(left) && is_positive(right)
        }
        _ => false,
    }
}

/// i32 values and the same in 64 bits, extended with their sign.
struct Wide<'f> {
    func: &'f mut Function,
    values: SecondaryMap<Value, PackedOption<Value>>,
}

impl Wide<'_> {
    fn widen_param(&mut self, param: Value) {
        self.values[param] = values::widen_param(self.func, param).into();
    }

    /// Has branches pass 64 bits to a parameter that has them now.
    fn widen_arguments(&mut self, param: Value, edges: &Edges) {
        let wide = self.values[param].expect("it was widened");
        let ValueDef::Param(block, number) = self.func.dfg.value_def(wide) else { unreachable!("it is a parameter") };
        for &edge in edges.to(block) {
            let argument =
                edges::argument(self.func, edge, number).expect("parameters that calls pass stay as they are");
            let argument = self.of(argument, 0);
            edges::set_argument(self.func, edge, number, argument);
        }
    }

    /// Has an instruction take 64 bits where that is better.
    fn consumer(&mut self, inst: Inst) {
        let dfg = &self.func.dfg;
        let is_narrow = |value| dfg.value_type(value) == types::I32;
        match dfg.insts[inst] {
            InstructionData::IntCompare { opcode, cond, args } if is_narrow(args[0]) => {
                let args = match args.map(|arg| self.of_zeroes(arg)) {
                    [Some(left), Some(right)] if cond == cond.unsigned() => [left, right],
                    _ => args.map(|arg| self.of(arg, 0)),
                };
                self.func.dfg.insts[inst] = InstructionData::IntCompare { opcode, cond, args };
            }
            InstructionData::Brif { opcode, arg, blocks } if is_narrow(arg) && !self.is_comparison(arg) => {
                let arg = self.of_zeroes(arg).unwrap_or_else(|| self.of(arg, 0));
                self.func.dfg.insts[inst] = InstructionData::Brif { opcode, arg, blocks };
            }
            InstructionData::Ternary { opcode: Opcode::Select, args: [condition, left, right] }
                if is_narrow(condition) && !self.is_comparison(condition) =>
            {
                let args = [self.of(condition, 0), left, right];
                self.func.dfg.insts[inst] = InstructionData::Ternary { opcode: Opcode::Select, args };
            }
            InstructionData::Unary { opcode: Opcode::Sextend, arg } if is_narrow(arg) => {
                let wide = self.of(arg, 0);
                self.replace(inst, wide);
            }
            InstructionData::Unary { opcode: Opcode::Uextend, arg }
                if is_narrow(arg) && is_not_negative(dfg, arg, 0) =>
            {
                let wide = self.of(arg, 0);
                self.replace(inst, wide);
            }
            InstructionData::Unary { opcode: Opcode::Uextend, arg } if is_narrow(arg) => self.extend_shifted(inst, arg),
            _ => {}
        }
    }

    /// `zext(x << n) = sext(x) << 32 + n >> 32`: the two shifts that extend do the third.
    fn extend_shifted(&mut self, inst: Inst, shifted: Value) {
        let dfg = &self.func.dfg;
        let Some([value, count]) = values::binary(dfg, shifted, Opcode::Ishl) else { return };
        let Some(count) = values::constant(dfg, count) else { return };
        if dfg.value_type(dfg.first_result(inst)) != types::I64 || !self.is_wide(value) {
            return;
        }
        let wide = self.of(value, 0);
        let mut cursor = FuncCursor::new(self.func).at_inst(inst);
        let upper = cursor.ins().ishl_imm_u(wide, 32 + (count & 31).cast_signed());
        let count = cursor.ins().iconst(types::I32, 32);
        self.func.dfg.insts[inst] = InstructionData::Binary { opcode: Opcode::Ushr, args: [upper, count] };
    }

    /// Whether a condition is a comparison, which branches and selections are fused with.
    fn is_comparison(&self, condition: Value) -> bool {
        values::unary(&self.func.dfg, condition, Opcode::Uextend).is_some()
    }

    /// Has `value` take the place of an instruction's result of the same type.
    fn replace(&mut self, inst: Inst, value: Value) {
        let result = self.func.dfg.first_result(inst);
        if self.func.dfg.value_type(result) == types::I64 && result != value {
            values::replace(self.func, inst, value);
        }
    }

    /// An i32 in 64 bits.
    fn of(&mut self, value: Value, depth: u32) -> Value {
        let value = self.func.dfg.resolve_aliases(value);
        if let Some(wide) = self.values[value].expand() {
            return wide;
        }
        let wide = self.make(value, depth).unwrap_or_else(|| self.extend(value));
        self.values[value] = wide.into();
        wide
    }

    /// An i32 in 64 bits, extended with zeroes, where it is loaded so (`unsigned.rs`) or is a constant: as good as the
    /// sign for whoever compares it with another one like it, unless the sign matters.
    fn of_zeroes(&mut self, value: Value) -> Option<Value> {
        let dfg = &self.func.dfg;
        match (values::unary(dfg, value, Opcode::Ireduce), values::constant(dfg, value)) {
            (Some(wide), _) => match values::made_by(dfg, wide)? {
                InstructionData::Load { opcode: Opcode::Uload32, .. } => Some(wide),
                _ => None,
            },
            (None, Some(bits)) if bits >> 31 == 0 => Some(self.of(value, 0)),
            _ => None,
        }
    }

    /// Makes a value in 64 bits in place of 32, where that is as good, and the 32 of it.
    fn make(&mut self, value: Value, depth: u32) -> Option<Value> {
        let ValueDef::Result(inst, 0) = self.func.dfg.value_def(value) else { return None };
        let made = match self.func.dfg.insts[inst] {
            InstructionData::UnaryImm { imm, .. } => {
                let imm = i64::from(imm.bits() as i32);
                return Some(FuncCursor::new(self.func).at_inst(inst).ins().iconst(types::I64, imm));
            }
            InstructionData::Unary { opcode: Opcode::Ireduce, arg }
                if values::is_passed_extended(self.func, arg, ArgumentExtension::Sext) =>
            {
                return Some(arg);
            }
            InstructionData::Load { opcode, arg, flags, offset } => {
                let opcode = if opcode == Opcode::Load { Opcode::Sload32 } else { opcode };
                let mut cursor = FuncCursor::new(self.func).at_inst(inst);
                cursor.use_srcloc(inst);
                let (made, dfg) = cursor.ins().Load(opcode, types::I64, flags, offset, arg);
                dfg.first_result(made)
            }
            InstructionData::Unary { opcode: opcode @ (Opcode::Uextend | Opcode::Sextend | Opcode::Bmask), arg } => {
                let mut cursor = FuncCursor::new(self.func).at_inst(inst);
                let (made, dfg) = cursor.ins().Unary(opcode, types::I64, arg);
                dfg.first_result(made)
            }
            InstructionData::Unary { opcode: Opcode::Bnot, arg } if depth < MAX_DEPTH && self.is_wide(arg) => {
                let arg = self.of(arg, depth + 1);
                FuncCursor::new(self.func).at_inst(inst).ins().bnot(arg)
            }
            InstructionData::Binary { opcode: opcode @ (Opcode::Band | Opcode::Bor | Opcode::Bxor), args }
                if depth < MAX_DEPTH && args.iter().all(|&arg| self.is_wide(arg)) =>
            {
                let [left, right] = args.map(|arg| self.of(arg, depth + 1));
                let mut cursor = FuncCursor::new(self.func).at_inst(inst);
                let (made, dfg) = cursor.ins().Binary(opcode, types::I64, left, right);
                dfg.first_result(made)
            }
            InstructionData::Ternary { opcode: Opcode::Select, args: [condition, left, right] }
                if depth < MAX_DEPTH && [left, right].iter().all(|&arg| self.is_wide(arg)) =>
            {
                let [left, right] = [left, right].map(|arg| self.of(arg, depth + 1));
                FuncCursor::new(self.func).at_inst(inst).ins().select(condition, left, right)
            }
            _ => return None,
        };
        self.func.dfg.insts[inst] = InstructionData::Unary { opcode: Opcode::Ireduce, arg: made };
        Some(made)
    }

    fn is_wide(&self, value: Value) -> bool {
        is_wide_for_nothing(self.func, &|value| self.values[value].is_some(), value, 0)
    }

    /// Extends a value right where it is made: nothing after an instruction that has done so, else one instruction for
    /// all who want it. The 32 bits are taken from it for the others, so that one register holds both.
    fn extend(&mut self, value: Value) -> Value {
        let func = &mut *self.func;
        let (made, next) = match func.dfg.value_def(value) {
            ValueDef::Result(inst, _) => (func.dfg.replace_result(value, types::I32), func.layout.next_inst(inst)),
            ValueDef::Param(block, _) => {
                (func.dfg.replace_block_param(value, types::I32), func.layout.first_inst(block))
            }
            ValueDef::Union(..) => unreachable!("the egraph has been taken apart"),
        };
        let next = next.expect("a block ends with a branch");
        let wide = FuncCursor::new(func).at_inst(next).ins().sextend(types::I64, made);
        values::make_lower_half(func, next, value, wide);
        wide
    }
}
