//! Atomic memory operations (threads proposal).
//!
//! All are sequentially consistent, and trap unless their address is a multiple of their size. Bounds are always
//! compared with the length, whatever the memory's strategy: not every back end records the trap of an atomic access.

use super::Translator;
use super::memory::memory_of;
use crate::Error;
use crate::lower::trap_code;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{AtomicRmwOp, InstBuilder, MemFlagsData, Type, Value};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::wasmparser::{MemArg, Operator};

impl Translator<'_, '_> {
    /// Translates an atomic operator. This is the last table.
    pub(super) fn atomic_operator(&mut self, operator: &Operator<'_>, offset: u64) -> Result<(), Error> {
        match *operator {
            Operator::AtomicFence { .. } => self.fence(),
            Operator::I32AtomicLoad { ref memarg } => self.atomic_load(I32, I32, memarg),
            Operator::I32AtomicLoad8U { ref memarg } => self.atomic_load(I32, I8, memarg),
            Operator::I32AtomicLoad16U { ref memarg } => self.atomic_load(I32, I16, memarg),
            Operator::I64AtomicLoad { ref memarg } => self.atomic_load(I64, I64, memarg),
            Operator::I64AtomicLoad8U { ref memarg } => self.atomic_load(I64, I8, memarg),
            Operator::I64AtomicLoad16U { ref memarg } => self.atomic_load(I64, I16, memarg),
            Operator::I64AtomicLoad32U { ref memarg } => self.atomic_load(I64, I32, memarg),
            Operator::I32AtomicStore { ref memarg } => self.atomic_store(I32, memarg),
            Operator::I32AtomicStore8 { ref memarg } => self.atomic_store(I8, memarg),
            Operator::I32AtomicStore16 { ref memarg } => self.atomic_store(I16, memarg),
            Operator::I64AtomicStore { ref memarg } => self.atomic_store(I64, memarg),
            Operator::I64AtomicStore8 { ref memarg } => self.atomic_store(I8, memarg),
            Operator::I64AtomicStore16 { ref memarg } => self.atomic_store(I16, memarg),
            Operator::I64AtomicStore32 { ref memarg } => self.atomic_store(I32, memarg),
            Operator::I32AtomicRmwAdd { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I32, memarg),
            Operator::I32AtomicRmw8AddU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I8, memarg),
            Operator::I32AtomicRmw16AddU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I16, memarg),
            Operator::I64AtomicRmwAdd { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I64, memarg),
            Operator::I64AtomicRmw8AddU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I8, memarg),
            Operator::I64AtomicRmw16AddU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I16, memarg),
            Operator::I64AtomicRmw32AddU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Add, I32, memarg),
            Operator::I32AtomicRmwSub { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I32, memarg),
            Operator::I32AtomicRmw8SubU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I8, memarg),
            Operator::I32AtomicRmw16SubU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I16, memarg),
            Operator::I64AtomicRmwSub { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I64, memarg),
            Operator::I64AtomicRmw8SubU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I8, memarg),
            Operator::I64AtomicRmw16SubU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I16, memarg),
            Operator::I64AtomicRmw32SubU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Sub, I32, memarg),
            Operator::I32AtomicRmwAnd { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I32, memarg),
            Operator::I32AtomicRmw8AndU { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I8, memarg),
            Operator::I32AtomicRmw16AndU { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I16, memarg),
            Operator::I64AtomicRmwAnd { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I64, memarg),
            Operator::I64AtomicRmw8AndU { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I8, memarg),
            Operator::I64AtomicRmw16AndU { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I16, memarg),
            Operator::I64AtomicRmw32AndU { ref memarg } => self.atomic_rmw(AtomicRmwOp::And, I32, memarg),
            Operator::I32AtomicRmwOr { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I32, memarg),
            Operator::I32AtomicRmw8OrU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I8, memarg),
            Operator::I32AtomicRmw16OrU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I16, memarg),
            Operator::I64AtomicRmwOr { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I64, memarg),
            Operator::I64AtomicRmw8OrU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I8, memarg),
            Operator::I64AtomicRmw16OrU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I16, memarg),
            Operator::I64AtomicRmw32OrU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Or, I32, memarg),
            Operator::I32AtomicRmwXor { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I32, memarg),
            Operator::I32AtomicRmw8XorU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I8, memarg),
            Operator::I32AtomicRmw16XorU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I16, memarg),
            Operator::I64AtomicRmwXor { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I64, memarg),
            Operator::I64AtomicRmw8XorU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I8, memarg),
            Operator::I64AtomicRmw16XorU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I16, memarg),
            Operator::I64AtomicRmw32XorU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xor, I32, memarg),
            Operator::I32AtomicRmwXchg { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I32, memarg),
            Operator::I32AtomicRmw8XchgU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I8, memarg),
            Operator::I32AtomicRmw16XchgU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I16, memarg),
            Operator::I64AtomicRmwXchg { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I64, memarg),
            Operator::I64AtomicRmw8XchgU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I8, memarg),
            Operator::I64AtomicRmw16XchgU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I16, memarg),
            Operator::I64AtomicRmw32XchgU { ref memarg } => self.atomic_rmw(AtomicRmwOp::Xchg, I32, memarg),
            Operator::I32AtomicRmwCmpxchg { ref memarg } => self.atomic_cmpxchg(I32, memarg),
            Operator::I32AtomicRmw8CmpxchgU { ref memarg } => self.atomic_cmpxchg(I8, memarg),
            Operator::I32AtomicRmw16CmpxchgU { ref memarg } => self.atomic_cmpxchg(I16, memarg),
            Operator::I64AtomicRmwCmpxchg { ref memarg } => self.atomic_cmpxchg(I64, memarg),
            Operator::I64AtomicRmw8CmpxchgU { ref memarg } => self.atomic_cmpxchg(I8, memarg),
            Operator::I64AtomicRmw16CmpxchgU { ref memarg } => self.atomic_cmpxchg(I16, memarg),
            Operator::I64AtomicRmw32CmpxchgU { ref memarg } => self.atomic_cmpxchg(I32, memarg),
            Operator::MemoryAtomicNotify { ref memarg } => self.notify(memarg),
            Operator::MemoryAtomicWait32 { ref memarg } => self.wait(I32, Builtin::AtomicWait32, memarg),
            Operator::MemoryAtomicWait64 { ref memarg } => self.wait(I64, Builtin::AtomicWait64, memarg),
            _ => return Err(Self::unsupported(offset, &format!("{operator:?}"))),
        }
        Ok(())
    }

    /// The native address of a value of type `ty`, and flags to access it with.
    ///
    /// Traps unless `(index + offset) % size == 0` and `index + offset + size <= len`, computed without wrap.
    fn atomic_address(&mut self, ty: Type, memarg: &MemArg, index: Value) -> (MemFlagsData, Value) {
        let memory = memory_of(memarg);
        let index = self.low.index_to_64(index);
        let start = if self.low.plan.memories[memory].is_64 {
            let offset = self.ins().iconst(I64, memarg.offset as i64);
            self.ins().uadd_overflow_trap(index, offset, trap_code(TrapCode::OutOfBoundsMemoryAccess))
        } else {
            self.ins().iadd_imm_s(index, memarg.offset as i64)
        };
        if ty.bytes() > 1 {
            let rest = self.ins().band_imm_u(start, i64::from(ty.bytes() - 1));
            self.low.trap_if(rest, TrapCode::UnalignedAtomic);
        }
        let size = self.ins().iconst(I64, i64::from(ty.bytes()));
        let address = self.low.memory_range(memory, start, size);
        (self.low.memory_flags(memory).with_notrap(), address)
    }

    /// A load of a value of type `ty`, extended to `wide`.
    fn atomic_load(&mut self, wide: Type, ty: Type, memarg: &MemArg) {
        let index = self.pop();
        let (flags, address) = self.atomic_address(ty, memarg, index);
        let value = self.ins().atomic_load(ty, flags, address);
        self.push_extended(wide, value);
    }

    /// A store of the low bits of the operand, of type `ty`.
    fn atomic_store(&mut self, ty: Type, memarg: &MemArg) {
        let (index, value) = self.pop2();
        let (flags, address) = self.atomic_address(ty, memarg, index);
        let value = self.reduce(ty, value);
        self.ins().atomic_store(flags, value, address);
    }

    /// Combines a value of type `ty` with the operand; its previous value is the result.
    fn atomic_rmw(&mut self, operation: AtomicRmwOp, ty: Type, memarg: &MemArg) {
        let (index, operand) = self.pop2();
        let wide = self.low.builder.func.dfg.value_type(operand);
        let (flags, address) = self.atomic_address(ty, memarg, index);
        let operand = self.reduce(ty, operand);
        let previous = self.ins().atomic_rmw(ty, flags, operation, address, operand);
        self.push_extended(wide, previous);
    }

    /// Replaces a value of type `ty` if it is the one expected; its previous value is the result.
    fn atomic_cmpxchg(&mut self, ty: Type, memarg: &MemArg) {
        let (index, expected, replacement) = self.pop3();
        let wide = self.low.builder.func.dfg.value_type(expected);
        let (flags, address) = self.atomic_address(ty, memarg, index);
        let expected = self.reduce(ty, expected);
        let replacement = self.reduce(ty, replacement);
        let is_riscv = self.low.plan.target.is_riscv64();
        let previous = match ty {
            I8 | I16 if is_riscv => self.compare_exchange_in_word(ty, (flags, address), expected, replacement),
            _ => self.ins().atomic_cas(flags, address, expected, replacement),
        };
        self.push_extended(wide, previous);
    }

    /// As `atomic_cas` of 8 or 16 bits, which Cranelift makes no single operation on RISC-V (it reserves the word once
    /// more after the comparison): by exchanging the word that holds the value, until nobody else has changed it.
    fn compare_exchange_in_word(
        &mut self,
        ty: Type,
        (flags, address): (MemFlagsData, Value),
        expected: Value,
        replacement: Value,
    ) -> Value {
        let bytes_before = self.ins().band_imm_u(address, 3);
        let bits_before = self.ins().ishl_imm_u(bytes_before, 3);
        let place = self.ins().ireduce(I32, bits_before);
        let address = self.ins().band_imm_s(address, -4);
        let mask = self.ins().iconst(I32, (1 << ty.bits()) - 1);
        let [mask, expected, replacement] = [mask, expected, replacement].map(|value| {
            let value = self.extend(I32, value);
            self.ins().ishl(value, place)
        });
        let [compare, exchange, done] = [(); 3].map(|()| self.low.builder.create_block());
        let word = self.low.builder.append_block_param(compare, I32);
        let previous = self.low.builder.append_block_param(done, I32);
        let first = self.ins().atomic_load(I32, flags, address);
        self.ins().jump(compare, &[first.into()]);

        self.low.builder.switch_to_block(compare);
        let present = self.ins().band(word, mask);
        let is_expected = self.ins().icmp(IntCC::Equal, present, expected);
        self.ins().brif(is_expected, exchange, &[], done, &[present.into()]);

        self.low.builder.switch_to_block(exchange);
        let others = self.ins().band_not(word, mask);
        let exchanged = self.ins().bor(others, replacement);
        let seen = self.ins().atomic_cas(flags, address, word, exchanged);
        let is_done = self.ins().icmp(IntCC::Equal, seen, word);
        self.ins().brif(is_done, done, &[present.into()], compare, &[seen.into()]);

        for block in [compare, exchange, done] {
            self.low.builder.seal_block(block);
        }
        self.low.builder.switch_to_block(done);
        let previous = self.ins().ushr(previous, place);
        self.reduce(ty, previous)
    }

    /// Waits until notified, unless the value of type `ty` is another than expected.
    fn wait(&mut self, ty: Type, builtin: Builtin, memarg: &MemArg) {
        let (index, expected, timeout) = self.pop3();
        if !self.is_shared(memarg) {
            let always = self.ins().iconst(I8, 1);
            self.low.trap_if(always, TrapCode::ExpectedSharedMemory);
        }
        let (_, address) = self.atomic_address(ty, memarg, index);
        let call = self.low.call_builtin(builtin, &[address, expected, timeout]);
        let woken = self.low.builder.inst_results(call)[0];
        self.push(woken);
    }

    /// Wakes threads that wait. Nobody can wait at a memory that is not shared.
    fn notify(&mut self, memarg: &MemArg) {
        let (index, count) = self.pop2();
        let (_, address) = self.atomic_address(I32, memarg, index);
        let woken = if self.is_shared(memarg) {
            let call = self.low.call_builtin(Builtin::AtomicNotify, &[address, count]);
            self.low.builder.inst_results(call)[0]
        } else {
            self.ins().iconst(I32, 0)
        };
        self.push(woken);
    }

    fn is_shared(&self, memarg: &MemArg) -> bool {
        self.low.plan.memories[memory_of(memarg)].is_shared
    }

    fn fence(&mut self) {
        self.ins().fence();
    }

    fn reduce(&mut self, ty: Type, value: Value) -> Value {
        if self.low.builder.func.dfg.value_type(value) == ty { value } else { self.ins().ireduce(ty, value) }
    }

    fn push_extended(&mut self, wide: Type, value: Value) {
        let value = self.extend(wide, value);
        self.push(value);
    }

    fn extend(&mut self, wide: Type, value: Value) -> Value {
        let narrow = self.low.builder.func.dfg.value_type(value);
        if narrow == wide { value } else { self.ins().uextend(wide, value) }
    }
}
