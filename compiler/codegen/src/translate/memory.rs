//! Loads and stores (core specification 4.6.7).

use super::Translator;
use crate::lower::Address;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Opcode, Type, Value, types};
use wasmc_frontend::index::MemoryIndex;
use wasmc_frontend::wasmparser::{MemArg, MemArgTarget};

/// The memory that an instruction accesses.
pub(super) fn memory_of(memarg: &MemArg) -> MemoryIndex {
    match memarg.target {
        MemArgTarget::Memory(memory) => MemoryIndex::from_u32(memory),
        MemArgTarget::Array(_) => {
            unreachable!("validation refuses accesses to arrays while garbage collection is off")
        }
    }
}

impl Translator<'_, '_> {
    pub(super) fn address(&mut self, memarg: &MemArg, index: Value, size: u32) -> (MemFlagsData, Address) {
        let memory = memory_of(memarg);
        let address = self.low.memory_address(memory, index, memarg.offset, size.into());
        (self.low.memory_flags(memory), address)
    }

    /// A load of the whole of a value of type `ty`.
    pub(super) fn load(&mut self, ty: Type, memarg: &MemArg) {
        let index = self.pop();
        let (flags, address) = self.address(memarg, index, ty.bytes());
        let value = self.ins().load(ty, flags, address.base, address.offset);
        self.push(value);
    }

    /// A load of `size` bytes that `opcode` extends to a value of type `ty`.
    pub(super) fn load_extend(&mut self, opcode: Opcode, ty: Type, size: u32, memarg: &MemArg) {
        let index = self.pop();
        let (flags, address) = self.address(memarg, index, size);
        let flags = self.low.builder.func.dfg.mem_flags.insert(flags).expect("a function has few kinds of access");
        let offset = address.offset.into();
        let (inst, dfg) = self.ins().Load(opcode, ty, flags, offset, address.base);
        let value = dfg.first_result(inst);
        self.push(value);
    }

    /// A store of the whole of a value.
    pub(super) fn store(&mut self, memarg: &MemArg) {
        let (index, value) = self.pop2();
        let size = self.low.builder.func.dfg.value_type(value).bytes();
        let (flags, address) = self.address(memarg, index, size);
        self.ins().store(flags, value, address.base, address.offset);
    }

    /// A store of the low bytes of an integer, of type `narrow`.
    pub(super) fn store_narrow(&mut self, narrow: Type, memarg: &MemArg) {
        let (index, value) = self.pop2();
        let (flags, address) = self.address(memarg, index, narrow.bytes());
        match narrow {
            types::I8 => self.ins().istore8(flags, value, address.base, address.offset),
            types::I16 => self.ins().istore16(flags, value, address.base, address.offset),
            _ => self.ins().istore32(flags, value, address.base, address.offset),
        };
    }

    pub(super) fn memory_size(&mut self, memory: MemoryIndex) {
        let len = self.low.memory_len(memory);
        let plan = &self.low.plan.memories[memory];
        let (shift, is_64) = (i64::from(plan.page_size_log2), plan.is_64);
        let pages = self.ins().ushr_imm_u(len, shift);
        let pages = self.low.index_from_64(pages, is_64);
        self.push(pages);
    }

    pub(super) fn memory_grow(&mut self, memory: MemoryIndex) {
        let delta = self.pop();
        let delta = self.low.index_to_64(delta);
        let previous = self.low.grow_memory(memory, delta);
        let is_64 = self.low.plan.memories[memory].is_64;
        let previous = self.low.index_from_64(previous, is_64);
        self.push(previous);
    }
}
