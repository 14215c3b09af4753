//! Linear memories: where they lie, how accesses stay inside.

use super::{Lowering, Region, trap_code};
use crate::plan::instance::Block;
use crate::values;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::memory::offsets;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::MemoryIndex;

/// An address in linear memory as instructions take it: a native address and a static offset in bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Address {
    pub base: Value,
    pub offset: i32,
}

impl Lowering<'_, '_> {
    /// Flags of accesses by the program to a memory.
    pub fn memory_flags(&mut self, memory: MemoryIndex) -> MemFlagsData {
        let region = self.region(Region::Memory(memory));
        let mut flags = MemFlagsData::new().with_trap_code(Some(trap_code(TrapCode::OutOfBoundsMemoryAccess)));
        flags.set_endianness(cranelift_codegen::ir::Endianness::Little);
        flags.with_alias_region(Some(region))
    }

    /// The native address of the `size` bytes at `index` + `offset`, checked as the memory's strategy demands: where
    /// they are out of bounds, this code or the access through the address traps.
    pub fn memory_address(&mut self, memory: MemoryIndex, index: Value, offset: u64, size: u64) -> Address {
        let plan = &self.plan.memories[memory];
        let strategy = plan.strategy;
        let is_64 = plan.is_64;
        let index = if is_64 { index } else { self.builder.ins().uextend(types::I64, index) };
        if strategy.is_guarded() {
            return self.native_address(memory, index, offset);
        }
        let outside = self.check_bounds(memory, index, offset, size, is_64);
        let address = self.native_address(memory, index, offset);
        Address { base: self.guard_speculation(outside, address.base), ..address }
    }

    /// The native address of a byte that is known to be inside, or to fault.
    fn native_address(&mut self, memory: MemoryIndex, index: Value, offset: u64) -> Address {
        let plan = &self.plan.memories[memory];
        // Where the base is a displacement that instructions have, so is base + offset, as far as they can hold it. The
        // sum can wrap only in a 64-bit memory, with an offset that no index passes the check with. A constant index is
        // a part of it, beside a zero that all such accesses share.
        if plan.strategy.is_fixed() && i32::try_from(plan.base).is_ok() {
            let base = plan.base;
            // A guard against speculation replaces the index, so that there must be one.
            let is_guarded_index = self.plan.options.spectre && !plan.strategy.is_guarded();
            let constant = if is_guarded_index { None } else { self.constant(index) };
            let constant = constant.and_then(|index| base.checked_add(index)?.checked_add(offset));
            if let Some(Ok(offset)) = constant.map(i32::try_from) {
                return Address { base: self.builder.ins().iconst(types::I64, 0), offset };
            }
            let displacement = base.wrapping_add(offset);
            if let Ok(offset) = i32::try_from(displacement) {
                return Address { base: index, offset };
            }
            let displacement = self.builder.ins().iconst(types::I64, displacement as i64);
            return Address { base: self.builder.ins().iadd(index, displacement), offset: 0 };
        }
        // Else it is a register, which all accesses share; a constant index is a part of the offset.
        let start = self.memory_base(memory);
        if let Some(Ok(offset)) = self.constant(index).map(|index| i32::try_from(index.saturating_add(offset))) {
            return Address { base: start, offset };
        }
        let base = self.builder.ins().iadd(start, index);
        match i32::try_from(offset) {
            Ok(offset) => Address { base, offset },
            Err(_) => Address { base: self.builder.ins().iadd_imm_s(base, offset as i64), offset: 0 },
        }
    }

    /// The constant that an index in 64 bits is, where it is one.
    fn constant(&self, index: Value) -> Option<u64> {
        let dfg = &self.builder.func.dfg;
        let narrow = || values::constant(dfg, values::unary(dfg, index, Opcode::Uextend)?);
        values::constant(dfg, index).or_else(narrow)
    }

    /// Traps unless `index + offset + size <= len`, computed without wrap. Returns the condition that it traps on.
    fn check_bounds(&mut self, memory: MemoryIndex, index: Value, offset: u64, size: u64, is_64: bool) -> Value {
        let len = self.memory_len(memory);
        let extent = offset.saturating_add(size);
        let end = match (is_64, i64::try_from(extent)) {
            // index < 2^32 and extent <= 2^33: the sum cannot wrap.
            (false, Ok(extent)) => self.builder.ins().iadd_imm_s(index, extent),
            // No memory is so large.
            (_, Err(_)) => self.builder.ins().iconst(types::I64, -1),
            (true, Ok(extent)) => {
                let extent = self.builder.ins().iconst(types::I64, extent);
                let code = trap_code(TrapCode::OutOfBoundsMemoryAccess);
                self.builder.ins().uadd_overflow_trap(index, extent, code)
            }
        };
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, len);
        self.trap_if(outside, TrapCode::OutOfBoundsMemoryAccess);
        outside
    }

    /// The address of byte 0.
    pub fn memory_base(&mut self, memory: MemoryIndex) -> Value {
        let plan = &self.plan.memories[memory];
        if plan.strategy.is_fixed() {
            let base = plan.base as i64;
            return self.builder.ins().iconst(types::I64, base);
        }
        // The runtime sets it once, before any other code runs; but growing moves a memory that has no address space
        // set aside.
        let flags = match plan.reserved {
            0 => self.trusted(Region::Runtime),
            _ => self.trusted(Region::Runtime).with_readonly().with_can_move(),
        };
        let place = self.plan.layout.memories[memory];
        let (state, offset) = match place.block {
            Block::Context => (self.shared_block(), place.offset as i32),
            _ => self.state(place),
        };
        self.builder.ins().load(types::I64, flags, state, offset + offsets::BASE as i32)
    }

    /// The present size in bytes.
    pub fn memory_len(&mut self, memory: MemoryIndex) -> Value {
        let plan = &self.plan.memories[memory];
        if plan.min == plan.max {
            let len = plan.min as i64;
            return self.builder.ins().iconst(types::I64, len);
        }
        let place = self.plan.layout.memories[memory];
        if plan.is_shared {
            // Another thread may have it grow at any time.
            let flags = self.trusted(Region::Runtime);
            let (state, offset) = self.state(place);
            let address = self.builder.ins().iadd_imm_s(state, i64::from(offset) + i64::from(offsets::LEN));
            return self.builder.ins().atomic_load(types::I64, flags, address);
        }
        self.runtime_field(place, offsets::LEN)
    }

    /// Has the runtime make a memory of the instance's own; nothing, where it is another's, or whoever makes a context
    /// of a library has made its memories.
    pub fn initialise_memory(&mut self, memory: MemoryIndex) {
        let location = self.plan.layout.memories[memory];
        if self.plan.layout.is_own(location) && !self.plan.program.is_library {
            let state = self.state_address(location);
            self.call_builtin(Builtin::MemoryInit, &[state]);
        }
    }

    /// Grows a memory by `delta` pages; returns its previous size, or -1, as 64 bits.
    pub fn grow_memory(&mut self, memory: MemoryIndex, delta: Value) -> Value {
        let state = self.state_address(self.plan.layout.memories[memory]);
        if self.plan.program.is_library {
            return self.call_for_context(Builtin::ContextMemoryGrow, [state, delta, delta]);
        }
        let is_shared = self.plan.memories[memory].is_shared;
        let grow = if is_shared { Builtin::SharedMemoryGrow } else { Builtin::MemoryGrow };
        let call = self.call_builtin(grow, &[state, delta]);
        self.builder.inst_results(call)[0]
    }

    /// The native address of the `len` bytes at `index`; traps where they are not all inside the memory. Both are
    /// as wide as the memory's indices, and so may their sum not be: it is computed in 64 bits or checked for a carry.
    pub fn memory_range(&mut self, memory: MemoryIndex, index: Value, len: Value) -> Value {
        let is_64 = self.plan.memories[memory].is_64;
        let index = self.index_to_64(index);
        let len = self.index_to_64(len);
        let code = trap_code(TrapCode::OutOfBoundsMemoryAccess);
        let end = if is_64 {
            self.builder.ins().uadd_overflow_trap(index, len, code)
        } else {
            self.builder.ins().iadd(index, len)
        };
        let size = self.memory_len(memory);
        let outside = self.builder.ins().icmp(IntCC::UnsignedGreaterThan, end, size);
        self.trap_if(outside, TrapCode::OutOfBoundsMemoryAccess);
        let base = self.memory_base(memory);
        let address = self.builder.ins().iadd(base, index);
        self.guard_speculation(outside, address)
    }

    /// An index or length as 64 bits.
    pub fn index_to_64(&mut self, value: Value) -> Value {
        match self.builder.func.dfg.value_type(value) {
            types::I64 => value,
            _ => self.builder.ins().uextend(types::I64, value),
        }
    }

    /// A 64-bit size, or -1, as an index of the width of `is_64`.
    pub fn index_from_64(&mut self, value: Value, is_64: bool) -> Value {
        if is_64 { value } else { self.builder.ins().ireduce(types::I32, value) }
    }
}

// The structure's first fields are what compiled code reads; a change there is a change of the contract.
const _: () = assert!(offsets::BASE == 0 && offsets::LEN == 8);
