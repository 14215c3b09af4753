//! Calls (core specification 4.6.10).

use super::Translator;
use crate::Error;
use crate::lower::Target;
use cranelift_codegen::ir::Value;
use wasmc_frontend::index::{FuncIndex, TableIndex, TypeIndex};
use wasmc_frontend::wasmparser::ValType;

impl Translator<'_, '_> {
    pub(super) fn call(&mut self, function: FuncIndex) -> Result<(), Error> {
        let params = self.low.plan.module.type_of_function(function).params().len();
        let args = self.pop_many(params);
        let results = self.call_or_inline(function, args)?;
        if !self.reachable {
            return Ok(());
        }
        self.stack.extend(results);
        self.produced = match self.low.plan.module.type_of_function(function).results() {
            [.., ValType::Ref(ty)] => Some(*ty),
            _ => None,
        };
        Ok(())
    }

    pub(super) fn call_indirect(&mut self, type_index: TypeIndex, table: TableIndex) -> Result<(), Error> {
        let index = self.pop();
        let args = self.pop_args(type_index);
        let results = match self.low.indirect_target(table, type_index, index) {
            Target::Code(code) => self.call_through(type_index, code, args, false)?,
            Target::Reference(reference) => self.call_through(type_index, reference, args, true)?,
            Target::Function(function) => self.call_or_inline(function, args)?,
        };
        if self.reachable {
            self.stack.extend(results);
        }
        Ok(())
    }

    pub(super) fn return_call(&mut self, function: FuncIndex) {
        let params = self.low.plan.module.type_of_function(function).params().len();
        let args = self.pop_many(params);
        self.low.return_call(function, &args);
        self.cut();
    }

    pub(super) fn return_call_indirect(&mut self, type_index: TypeIndex, table: TableIndex) {
        let index = self.pop();
        let args = self.pop_args(type_index);
        match self.low.indirect_target(table, type_index, index) {
            Target::Code(code) => self.low.return_call_code(type_index, code, &args),
            Target::Reference(reference) => {
                self.low.check_type(reference, type_index);
                self.low.return_call_code(type_index, reference, &args);
            }
            Target::Function(function) => self.low.return_call(function, &args),
        }
        self.cut();
    }

    pub(super) fn call_ref(&mut self, type_index: TypeIndex) -> Result<(), Error> {
        let reference = self.pop();
        let args = self.pop_args(type_index);
        let code = self.low.code_of(reference);
        let results = self.call_through(type_index, code, args, false)?;
        self.stack.extend(results);
        Ok(())
    }

    pub(super) fn return_call_ref(&mut self, type_index: TypeIndex) {
        let reference = self.pop();
        let args = self.pop_args(type_index);
        self.low.return_call_ref(type_index, reference, &args);
        self.cut();
    }

    fn pop_args(&mut self, type_index: TypeIndex) -> Vec<Value> {
        let params = self.low.plan.module.func_type(type_index).params().len();
        self.pop_many(params)
    }
}
