//! References that stand for no object of ours: `i31`, and words of the embedder's.

use super::{Lowering, Region};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, Value, types};
use wasmc_abi::heap::{
    EXTERNALIZED, HOST_TAG, HOST_WORD, HOST_WORD_LIMIT, HOST_WORD_OFFSET, HOST_WORD_SIZE, I31_TAG, TAGS,
};
use wasmc_abi::trap::TrapCode;

/// Bits by which a small word of the embedder's is shifted in a reference.
const HOST_SHIFT: i64 = TAGS.count_ones() as i64;

impl Lowering<'_, '_> {
    /// A reference to the lower 31 bits of an `i32`.
    pub fn new_i31(&mut self, value: Value) -> Value {
        let shifted = self.builder.ins().ishl_imm_u(value, 1);
        let wide = self.builder.ins().uextend(types::I64, shifted);
        self.builder.ins().bor_imm_u(wide, I31_TAG as i64)
    }

    /// The value of an `i31`, with its sign or without; traps where it is null.
    pub fn get_i31(&mut self, reference: Value, signed: bool, can_be_null: bool) -> Value {
        if can_be_null {
            self.trap_if_null(reference, TrapCode::NullI31Reference);
        }
        let bits = self.builder.ins().ireduce(types::I32, reference);
        match signed {
            true => self.builder.ins().sshr_imm_u(bits, 1),
            false => self.builder.ins().ushr_imm_u(bits, 1),
        }
    }

    /// The external reference that an internal one becomes.
    pub fn externalize(&mut self, reference: Value) -> Value {
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I64);
        let [there, host, other, object, boxed] = [(); 5].map(|()| self.builder.create_block());
        let own = self.builder.create_block();
        let null = self.null();
        self.builder.ins().brif(reference, there, &[], done, &[BlockArg::from(null)]);
        self.begin(there);
        let tag = self.builder.ins().band_imm_u(reference, TAGS as i64);
        let is_host = self.builder.ins().icmp_imm_u(IntCC::Equal, tag, HOST_TAG as i64);
        self.builder.ins().brif(is_host, host, &[], other, &[]);
        self.begin(host);
        let word = self.builder.ins().ushr_imm_u(reference, HOST_SHIFT);
        self.builder.ins().jump(done, &[BlockArg::from(word)]);
        self.begin(other);
        self.builder.ins().brif(tag, own, &[], object, &[]);
        self.begin(object);
        let number = self.object_number(reference, None);
        let is_boxed = self.builder.ins().icmp_imm_u(IntCC::Equal, number, i64::from(HOST_WORD));
        self.builder.ins().brif(is_boxed, boxed, &[], own, &[]);
        self.begin(boxed);
        let flags = self.object_flags(Region::ConstantField(HOST_WORD, 0));
        let word = self.builder.ins().load(types::I64, flags, reference, HOST_WORD_OFFSET as i32);
        self.builder.ins().jump(done, &[BlockArg::from(word)]);
        self.begin(own);
        let word = self.builder.ins().bor_imm_s(reference, EXTERNALIZED as i64);
        self.builder.ins().jump(done, &[BlockArg::from(word)]);
        self.begin(done);
        result
    }

    /// The internal reference that an external one becomes.
    pub fn internalize(&mut self, word: Value) -> Value {
        let done = self.builder.create_block();
        let result = self.builder.append_block_param(done, types::I64);
        let [there, host, small, large] = [(); 4].map(|()| self.builder.create_block());
        let null = self.null();
        self.builder.ins().brif(word, there, &[], done, &[BlockArg::from(null)]);
        self.begin(there);
        if self.plan.externs_may_be_objects() {
            let own = self.builder.create_block();
            let limit = self.builder.ins().iconst(types::I64, EXTERNALIZED as i64);
            let is_own = self.builder.ins().icmp(IntCC::UnsignedGreaterThanOrEqual, word, limit);
            self.builder.ins().brif(is_own, own, &[], host, &[]);
            self.begin(own);
            let reference = self.builder.ins().band_imm_u(word, !EXTERNALIZED as i64);
            self.builder.ins().jump(done, &[BlockArg::from(reference)]);
        } else {
            self.builder.ins().jump(host, &[]);
        }
        self.begin(host);
        let is_small = self.builder.ins().icmp_imm_u(IntCC::UnsignedLessThan, word, HOST_WORD_LIMIT as i64);
        self.builder.ins().brif(is_small, small, &[], large, &[]);
        self.begin(small);
        let shifted = self.builder.ins().ishl_imm_u(word, HOST_SHIFT);
        let reference = self.builder.ins().bor_imm_u(shifted, HOST_TAG as i64);
        self.builder.ins().jump(done, &[BlockArg::from(reference)]);
        self.begin(large);
        let object = self.allocate(HOST_WORD_SIZE);
        self.write_number(object, HOST_WORD);
        let flags = self.object_flags(Region::ConstantField(HOST_WORD, 0));
        self.builder.ins().store(flags, word, object, HOST_WORD_OFFSET as i32);
        self.builder.ins().jump(done, &[BlockArg::from(object)]);
        self.begin(done);
        result
    }

    /// Goes on in a block that nothing else will go to.
    fn begin(&mut self, block: cranelift_codegen::ir::Block) {
        self.builder.seal_block(block);
        self.builder.switch_to_block(block);
    }
}
