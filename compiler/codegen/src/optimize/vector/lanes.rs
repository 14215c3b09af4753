//! Which packs values are, in lanes of which width.
//!
//! Bytes and halves of words are loaded into integers of 32 bits, and stored from such. What takes the lower bits alone
//! needs no more of what it is made of, for most instructions; for others only where the upper bits are known to be 0.

use super::packs::{Builder, Pack, PackId};
use super::shape::root;
use crate::optimize::bounded;
use crate::optimize::vector::accesses::Place;
use crate::values;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{Inst, InstructionData, Opcode, Type, Value, types};

/// Packs of one loop at most.
const MAX_PACKS: usize = 48;

/// How far back it is asked how large a value can be.
const DEPTH: usize = 5;

impl Builder<'_> {
    /// The pack that values are, one for each element of a turn: their lower bits, as many as lanes have.
    pub(super) fn pack(&mut self, of: &[Value], lane: Type) -> Option<PackId> {
        let key = (of.to_vec(), lane);
        if let Some(&known) = self.known.get(&key) {
            return Some(known);
        }
        let ty = self.func.dfg.value_type(of[0]);
        if !matches!(ty, types::I32 | types::I64 | types::F32 | types::F64) {
            return None;
        }
        let pack = if self.are_same(of) {
            self.add(Pack::Same(of[0]), lane)?
        } else if let Some(by) = self.counted(of) {
            self.add(Pack::Counted { first: of[0], by }, lane)?
        } else {
            let inst = |&value: &Value| self.func.dfg.value_def(value).inst().filter(|_| self.contains(value));
            let insts: Vec<Inst> = of.iter().map(inst).collect::<Option<_>>()?;
            match self.func.dfg.insts[insts[0]] {
                InstructionData::Load { .. } => self.load(&insts, lane)?,
                _ => self.made(of, &insts, lane)?,
            }
        };
        self.known.insert(key, pack);
        Some(pack)
    }

    fn add(&mut self, pack: Pack, lane: Type) -> Option<PackId> {
        if self.graph.packs.len() == MAX_PACKS {
            return None;
        }
        self.graph.packs.push((pack, lane));
        Some(self.graph.packs.len() - 1)
    }

    /// Whether values are one that is the same in every turn.
    fn are_same(&self, of: &[Value]) -> bool {
        let dfg = &self.func.dfg;
        let is_constant = |opcode| matches!(opcode, Opcode::Iconst | Opcode::F32const | Opcode::F64const);
        let data = |value| values::made_by(dfg, value).filter(|data| is_constant(data.opcode()));
        let is_same = |value: Value| value == of[0] || data(value).is_some_and(|made| data(of[0]) == Some(made));
        self.shape.is_invariant(self.func, of[0]) && of.iter().all(|&value| is_same(value))
    }

    /// By how much values grow from element to element, where that is a constant.
    fn counted(&self, of: &[Value]) -> Option<u32> {
        let dfg = &self.func.dfg;
        let step = self.shape.step(self.func, of[0]).filter(|_| dfg.value_type(of[0]) == types::I32)?;
        let by = step / of.len() as u32;
        let (first, sum) = root(dfg, of[0]);
        let is_next = |(number, &value): (usize, &Value)| {
            root(dfg, value) == (first, sum.wrapping_add(by.wrapping_mul(number as u32)))
        };
        (by * of.len() as u32 == step && of.iter().enumerate().all(is_next)).then_some(by)
    }

    /// The pack of what is loaded, in other lanes than it has in memory where these are asked for.
    fn load(&mut self, insts: &[Inst], lane: Type) -> Option<PackId> {
        let dfg = &self.func.dfg;
        let opcode = dfg.insts[insts[0]].opcode();
        let ty = dfg.value_type(dfg.first_result(insts[0]));
        let is_alike =
            |&inst: &Inst| dfg.insts[inst].opcode() == opcode && dfg.value_type(dfg.first_result(inst)) == ty;
        let places: Vec<Place> = insts.iter().map(|&inst| self.accesses.place(inst).copied()).collect::<Option<_>>()?;
        if !insts.iter().all(is_alike) {
            return None;
        }
        let signed = matches!(opcode, Opcode::Sload8 | Opcode::Sload16 | Opcode::Sload32);
        let mut is = if opcode == Opcode::Load { ty } else { Type::int(places[0].size as u16 * 8)? };
        let stream = self.stream(&places)?;
        self.loaded.extend(insts.iter().copied());
        let mut pack = self.add(Pack::Load { stream }, is)?;
        while is.bytes() < lane.bytes() {
            is = is.double_width()?;
            pack = self.add(Pack::Widened { of: pack, signed }, is)?;
        }
        self.narrowed(pack, is, lane)
    }

    /// A pack in narrower lanes than it has.
    fn narrowed(&mut self, mut pack: PackId, mut is: Type, lane: Type) -> Option<PackId> {
        while is.bytes() > lane.bytes() {
            is = is.half_width()?;
            pack = self.add(Pack::Narrowed { of: pack }, is)?;
        }
        Some(pack)
    }

    /// The pack of what instructions of one kind make: in the lanes that are asked for, or in wider ones.
    fn made(&mut self, of: &[Value], insts: &[Inst], lane: Type) -> Option<PackId> {
        let ty = self.func.dfg.value_type(of[0]);
        let before = (self.graph.packs.len(), self.graph.streams.clone(), self.loaded.clone());
        if let Some(pack) = self.made_in(insts, lane) {
            return Some(pack);
        }
        if lane.bytes() >= ty.bytes() {
            return None;
        }
        self.graph.packs.truncate(before.0);
        self.graph.amounts.retain(|&pack| pack < before.0);
        self.known.retain(|_, pack| *pack < before.0);
        (self.graph.streams, self.loaded) = (before.1, before.2);
        let wider = lane.double_width()?;
        let pack = self.pack(of, wider)?;
        self.narrowed(pack, wider, lane)
    }

    fn made_in(&mut self, insts: &[Inst], lane: Type) -> Option<PackId> {
        let dfg = &self.func.dfg;
        let data = dfg.insts[insts[0]];
        let opcode = data.opcode();
        let ty = dfg.value_type(dfg.first_result(insts[0]));
        let is_alike =
            |&inst: &Inst| dfg.insts[inst].opcode() == opcode && dfg.value_type(dfg.first_result(inst)) == ty;
        if !has_lanes(opcode, lane) || !insts.iter().all(is_alike) {
            return None;
        }
        let column = |number: usize| -> Vec<Value> { insts.iter().map(|&inst| dfg.inst_args(inst)[number]).collect() };
        let lane_of = |value: Value| if lane.bytes() < ty.bytes() { lane } else { dfg.value_type(value) };
        let args = dfg.inst_args(insts[0]);
        let made = match opcode {
            Opcode::Select => {
                vec![self.mask(&column(0), lane)?, self.pack(&column(1), lane)?, self.pack(&column(2), lane)?]
            }
            Opcode::Uextend => vec![self.mask(&column(0), lane)?],
            Opcode::Ishl | Opcode::Ushr | Opcode::Sshr => {
                let amount = values::constant(dfg, args[1]).map(|amount| amount as u32 % ty.bits());
                let shrinks = lane.bytes() < ty.bytes();
                let bits = match opcode {
                    Opcode::Ushr => lane.bits(),
                    _ => lane.bits() - 1,
                };
                let keeps = opcode == Opcode::Ishl || column(0).iter().all(|&value| self.fits(value, bits));
                if shrinks && !(keeps && amount.is_some_and(|amount| amount < lane.bits())) {
                    return None;
                }
                vec![self.pack(&column(0), lane)?, self.amount(&column(1))?]
            }
            _ => {
                if args.iter().any(|&arg| dfg.value_type(arg).bytes() != ty.bytes()) {
                    return None;
                }
                let all = 0..args.len();
                all.map(|number| self.pack(&column(number), lane_of(args[number]))).collect::<Option<_>>()?
            }
        };
        self.add(Pack::Made { by: insts[0], of: made }, lane)
    }

    /// Whether only the lower bits of an i32 can be other than 0.
    fn fits(&self, value: Value, bits: u32) -> bool {
        let is_i32 = self.func.dfg.value_type(value) == types::I32;
        is_i32 && bits < 32 && bounded::bound(&self.func.dfg, value, DEPTH) >> bits == 0
    }

    /// The pack of how far values are shifted: all as far.
    fn amount(&mut self, of: &[Value]) -> Option<PackId> {
        let ty = self.func.dfg.value_type(of[0]);
        let pack = self.are_same(of).then(|| self.add(Pack::Same(of[0]), ty))??;
        self.graph.amounts.push(pack);
        Some(pack)
    }

    /// The pack of whether comparisons hold, as all bits of lanes.
    fn mask(&mut self, of: &[Value], lane: Type) -> Option<PackId> {
        let dfg = &self.func.dfg;
        let compared = |&value: &Value| {
            let value = values::unary(dfg, value, Opcode::Uextend).unwrap_or(value);
            let inst = dfg.value_def(value).inst().filter(|_| self.contains(value))?;
            let cond = match dfg.insts[inst] {
                InstructionData::IntCompare { cond, .. } => Err(cond),
                InstructionData::FloatCompare { cond, .. } => Ok(cond),
                _ => return None,
            };
            Some((inst, cond, dfg.inst_args(inst).to_vec()))
        };
        let all: Vec<_> = of.iter().map(compared).collect::<Option<_>>()?;
        let (inst, cond, args) = &all[0];
        let ty = dfg.value_type(args[0]);
        let is_alike = |other: &(Inst, _, Vec<Value>)| other.1 == *cond && dfg.value_type(other.2[0]) == ty;
        if !all.iter().all(is_alike) {
            return None;
        }
        let column = |number: usize| -> Vec<Value> { all.iter().map(|(_, _, args)| args[number]).collect() };
        let (left, right) = (column(0), column(1));
        let is_signed_or_equal =
            |cond: IntCC| matches!(cond, IntCC::Equal | IntCC::NotEqual) || cond != cond.unsigned();
        let in_lane = if ty.is_int() { lane.as_int() } else { ty };
        let is_right = match cond {
            Ok(_) => ty.bytes() == lane.bytes(),
            // No CPU compares these without a sign.
            Err(cond) if ty.bytes() == lane.bytes() => ty != types::I64 || is_signed_or_equal(*cond),
            // What has no other bits compares as it did, without a sign.
            Err(_) => left.iter().chain(&right).all(|&value| self.fits(value, in_lane.bits())),
        };
        if !is_right {
            return None;
        }
        let of = [self.pack(&left, in_lane)?, self.pack(&right, in_lane)?];
        match *cond {
            Err(cond) => {
                let cond = if ty.bytes() == lane.bytes() { cond } else { cond.unsigned() };
                self.add(Pack::Compared { cond, of }, in_lane)
            }
            Ok(_) => self.add(Pack::Made { by: *inst, of: of.to_vec() }, Type::int(ty.bits() as u16)?),
        }
    }
}

/// Whether an instruction does the same with each lane of vectors, and does it well.
fn has_lanes(opcode: Opcode, lane: Type) -> bool {
    use Opcode::{Fabs, Fadd, Fdiv, Fmul, Fneg, Fsub, Sqrt};
    match opcode {
        Opcode::Iadd | Opcode::Isub | Opcode::Ineg | Opcode::Band | Opcode::Bor | Opcode::Bxor | Opcode::Bnot => true,
        Opcode::Imul | Opcode::Ishl | Opcode::Ushr | Opcode::Sshr => matches!(lane, types::I16 | types::I32),
        Fadd | Fsub | Fmul | Fdiv | Sqrt | Fneg | Fabs => true,
        Opcode::Fmin | Opcode::Fmax | Opcode::Ceil | Opcode::Floor | Opcode::Trunc | Opcode::Nearest => true,
        Opcode::FcvtFromSint => lane == types::F32,
        // What is selected, or counted, by comparisons.
        Opcode::Select | Opcode::Uextend => true,
        _ => false,
    }
}
