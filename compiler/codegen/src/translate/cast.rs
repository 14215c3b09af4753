//! Casts and conversions of references (core specification 4.6.3 "Reference Instructions").

use super::Translator;
use crate::lower::Cast;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{BlockArg, InstBuilder, types};
use wasmc_frontend::wasmparser::{HeapType, RefType};

impl Translator<'_, '_> {
    pub(super) fn ref_eq(&mut self) {
        let (first, second) = self.pop2();
        let equal = self.ins().icmp(IntCC::Equal, first, second);
        let equal = self.ins().uextend(types::I32, equal);
        self.push(equal);
    }

    pub(super) fn ref_test(&mut self, to: HeapType, to_nullable: bool) {
        let cast = Cast { to, to_nullable, from: self.operand };
        let reference = self.pop();
        let result = self.low.test_cast(reference, cast);
        self.push(result);
    }

    pub(super) fn ref_cast(&mut self, to: HeapType, to_nullable: bool) {
        let cast = Cast { to, to_nullable, from: self.operand };
        let reference = self.pop();
        self.low.check_cast(reference, cast);
        self.push(reference);
        self.produced = RefType::new(to_nullable, to);
    }

    /// Branches where the reference has the type `to`, or where it has not.
    pub(super) fn br_on_cast(&mut self, depth: u32, from: RefType, to: RefType, when: bool) {
        let cast = Cast { to: to.heap_type(), to_nullable: to.is_nullable(), from: Some(from) };
        let reference = *self.stack.last().expect("validation has checked the operand stack");
        let (label, args) = self.label(depth, self.hint == Some(false));
        let next = self.low.builder.create_block();
        let (taken, on): ((_, &[BlockArg]), (_, &[BlockArg])) = ((label, &args), (next, &[]));
        match when {
            true => self.low.branch_on_cast(reference, cast, taken, on),
            false => self.low.branch_on_cast(reference, cast, on, taken),
        }
        self.low.builder.seal_block(next);
        self.enter_block(next, self.cold || self.hint == Some(true));
        self.produced = Some(if when { from } else { to });
    }

    pub(super) fn any_convert_extern(&mut self) {
        let word = self.pop();
        let reference = self.low.internalize(word);
        self.push(reference);
    }

    pub(super) fn extern_convert_any(&mut self) {
        let reference = self.pop();
        let word = self.low.externalize(reference);
        self.push(word);
    }

    pub(super) fn ref_i31(&mut self) {
        let value = self.pop();
        let reference = self.low.new_i31(value);
        self.push(reference);
        self.produced = Some(RefType::I31);
    }

    pub(super) fn i31_get(&mut self, signed: bool) {
        let can_be_null = self.operand_can_be_null();
        let reference = self.pop();
        let value = self.low.get_i31(reference, signed, can_be_null);
        self.push(value);
    }
}
