//! Bulk memory operations (core specification 4.6.7). They check their whole ranges before they touch a byte.

use super::Translator;
use crate::symbol::Symbol;
use crate::values;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Type, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::{DataIndex, MemoryIndex};

/// Longest copy or fill, in bytes, of a length known now that becomes loads and stores instead of a call.
const MAX_INLINE: u64 = 64;

impl Translator<'_, '_> {
    pub(super) fn memory_copy(&mut self, to_memory: MemoryIndex, from_memory: MemoryIndex) {
        let (to, from, len) = self.pop3();
        let constant = values::constant(&self.low.builder.func.dfg, len);
        let to = self.low.memory_range(to_memory, to, len);
        let from = self.low.memory_range(from_memory, from, len);
        match constant {
            Some(len) if len <= MAX_INLINE => self.copy_inline(to_memory, to, from_memory, from, len),
            _ => self.move_bytes(to, from, len),
        }
    }

    pub(super) fn memory_fill(&mut self, memory: MemoryIndex) {
        let (to, value, len) = self.pop3();
        let constant = values::constant(&self.low.builder.func.dfg, len);
        let to = self.low.memory_range(memory, to, len);
        match constant {
            Some(len) if len <= MAX_INLINE => self.fill_inline(memory, to, value, len),
            _ => {
                let len = self.low.index_to_64(len);
                self.low.call_builtin(Builtin::Memset, &[to, value, len]);
            }
        }
    }

    pub(super) fn memory_init(&mut self, memory: MemoryIndex, segment: DataIndex) {
        let (to, from, len) = self.pop3();
        let from = self.low.index_to_64(from);
        let len = self.low.index_to_64(len);
        let size = self.low.data_len(segment);
        self.low.check_range(from, len, size, TrapCode::OutOfBoundsMemoryAccess);
        let to = self.low.memory_range(memory, to, len);
        let bytes = self.low.symbol_address(Symbol::Data(segment));
        let from = self.ins().iadd(bytes, from);
        self.move_bytes(to, from, len);
    }

    pub(super) fn data_drop(&mut self, segment: DataIndex) {
        self.low.drop_data(segment);
    }

    pub(super) fn move_bytes(&mut self, to: Value, from: Value, len: Value) {
        let len = self.low.index_to_64(len);
        self.low.call_builtin(Builtin::Memmove, &[to, from, len]);
    }

    /// All loads come before the first store, because the ranges may overlap.
    fn copy_inline(&mut self, to_memory: MemoryIndex, to: Value, from_memory: MemoryIndex, from: Value, len: u64) {
        let from_flags = self.checked_flags(from_memory);
        let to_flags = self.checked_flags(to_memory);
        let pieces = pieces(len, self.low.plan.target.has_vectors());
        let values: Vec<Value> =
            pieces.iter().map(|&(ty, offset)| self.ins().load(ty, from_flags, from, offset)).collect();
        for (&(_, offset), value) in pieces.iter().zip(values) {
            self.ins().store(to_flags, value, to, offset);
        }
    }

    fn fill_inline(&mut self, memory: MemoryIndex, to: Value, value: Value, len: u64) {
        let flags = self.checked_flags(memory);
        let byte = self.ins().ireduce(types::I8, value);
        let wide = self.ins().uextend(types::I64, byte);
        let word = self.ins().imul_imm_s(wide, 0x0101_0101_0101_0101);
        for (ty, offset) in pieces(len, self.low.plan.target.has_vectors()) {
            let value = match ty {
                types::I64 => word,
                types::I8X16 => self.ins().splat(types::I8X16, byte),
                narrow => self.ins().ireduce(narrow, word),
            };
            self.ins().store(flags, value, to, offset);
        }
    }

    /// Flags of accesses whose range has been checked.
    fn checked_flags(&mut self, memory: MemoryIndex) -> MemFlagsData {
        self.low.memory_flags(memory).with_notrap()
    }
}

/// `len` bytes as values, each with its offset; the last may overlap the one before it. Values are vectors only where
/// the CPU has them.
fn pieces(len: u64, vectors: bool) -> Vec<(Type, i32)> {
    let types = [types::I8X16, types::I64, types::I32, types::I16, types::I8];
    let mut types = types[usize::from(!vectors)..].iter();
    let Some(&ty) = types.find(|ty| u64::from(ty.bytes()) <= len) else {
        return Vec::new();
    };
    let size = u64::from(ty.bytes());
    let mut pieces: Vec<(Type, i32)> = (0..len / size).map(|index| (ty, (index * size) as i32)).collect();
    if !len.is_multiple_of(size) {
        let rest = len % size;
        // The smallest type that covers the rest, ending at the end.
        let cover = [types::I8, types::I16, types::I32, types::I64, types::I8X16]
            .into_iter()
            .find(|ty| u64::from(ty.bytes()) >= rest)
            .expect("the rest is smaller than a vector");
        pieces.push((cover, (len - u64::from(cover.bytes())) as i32));
    }
    pieces
}
