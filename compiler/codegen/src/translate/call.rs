//! Calls (core specification 4.6.10).

use super::Translator;
use crate::lower::trap_code;
use cranelift_codegen::ir::{Inst, InstBuilder, Value};
use wasmc_abi::trap::TrapCode;

impl Translator<'_, '_> {
    pub(super) fn call(&mut self, function: u32) {
        let params = self.low.plan.module.type_of_function(function).params().len();
        let args = self.pop_many(params);
        let callee = self.low.callee(function);
        let call = self.ins().call(callee, &args);
        self.push_results(call);
    }

    pub(super) fn call_indirect(&mut self, type_index: u32, table: u32) {
        let index = self.pop();
        let args = self.pop_args(type_index);
        let callee = self.low.indirect_callee(table, type_index, index);
        let signature = self.low.indirect_signature(type_index);
        let call = self.ins().call_indirect(signature, callee, &args);
        self.push_results(call);
    }

    pub(super) fn return_call(&mut self, function: u32) {
        let params = self.low.plan.module.type_of_function(function).params().len();
        let args = self.pop_many(params);
        let callee = self.low.tail_callee(function);
        self.ins().return_call(callee, &args);
        self.cut();
    }

    pub(super) fn return_call_indirect(&mut self, type_index: u32, table: u32) {
        let index = self.pop();
        let args = self.pop_args(type_index);
        let callee = self.low.indirect_callee(table, type_index, index);
        let signature = self.low.indirect_signature(type_index);
        self.ins().return_call_indirect(signature, callee, &args);
        self.cut();
    }

    pub(super) fn call_ref(&mut self, type_index: u32) {
        let callee = self.pop_callee();
        let args = self.pop_args(type_index);
        let signature = self.low.indirect_signature(type_index);
        let call = self.ins().call_indirect(signature, callee, &args);
        self.push_results(call);
    }

    pub(super) fn return_call_ref(&mut self, type_index: u32) {
        let callee = self.pop_callee();
        let args = self.pop_args(type_index);
        let signature = self.low.indirect_signature(type_index);
        self.ins().return_call_indirect(signature, callee, &args);
        self.cut();
    }

    fn pop_callee(&mut self) -> Value {
        let callee = self.pop();
        self.ins().trapz(callee, trap_code(TrapCode::NullFunctionReference));
        callee
    }

    fn pop_args(&mut self, type_index: u32) -> Vec<Value> {
        let params = self.low.plan.module.func_type(type_index).params().len();
        self.pop_many(params)
    }

    fn push_results(&mut self, call: Inst) {
        let results = self.low.builder.inst_results(call).to_vec();
        self.stack.extend(results);
    }
}
