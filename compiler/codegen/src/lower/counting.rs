//! Counting what a program does, for a profile: [`crate::plan::counting`] says where.

use super::{Lowering, Region};
use crate::symbol::Symbol;
use cranelift_codegen::ir::{InstBuilder, MemFlagsData, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::profile::INDEX_OFFSET;

impl Lowering<'_, '_> {
    /// Adds one to the counter at so many bytes of the profile. Threads do not wait for each other, and may lose some.
    pub fn count(&mut self, at: u64) {
        let flags = self.trusted(Region::Profile);
        let (base, offset) = self.profile_place(at);
        let count = self.builder.ins().load(types::I64, flags, base, offset);
        let count = self.builder.ins().iadd_imm_s(count, 1);
        self.builder.ins().store(flags, count, base, offset);
    }

    /// Counts what a call goes to, whose slots are at so many bytes of the profile: code that is there.
    pub fn count_target(&mut self, at: u64, code: Value) {
        let flags = MemFlagsData::trusted().with_readonly();
        let index = self.builder.ins().load(types::I32, flags, code, INDEX_OFFSET);
        let (base, offset) = self.profile_place(at);
        let slots = self.builder.ins().iadd_imm_s(base, i64::from(offset));
        self.call_builtin(Builtin::ProfileTarget, &[slots, index]);
    }

    fn profile_place(&mut self, at: u64) -> (Value, i32) {
        let base = self.symbol_address(Symbol::Profile);
        match i32::try_from(at) {
            Ok(offset) => (base, offset),
            Err(_) => (self.builder.ins().iadd_imm_s(base, at as i64), 0),
        }
    }
}
