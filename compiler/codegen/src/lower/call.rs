//! Calls: of the module's functions, of imports, through references, of the runtime.

use super::{Lowering, Region, trap_code};
use crate::symbol::Symbol;
use crate::plan::Plan;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{FuncRef, Inst, InstBuilder, MemFlagsData, SigRef, Signature, Value, types};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::table::TYPE_ID_OFFSET;
use wasmc_abi::trap::TrapCode;

/// The signature of a function of the module, or of the C function that an import is.
fn direct_signature(plan: &Plan<'_>, function: u32) -> Signature {
    let ty = plan.module.type_of_function(function);
    if plan.is_native(function) { plan.conventions.native(ty) } else { plan.conventions.wasm(ty) }
}

impl Lowering<'_, '_> {
    /// Calls a function of the runtime.
    pub fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Inst {
        let function = self.declare_function(Symbol::Builtin(builtin), |plan| plan.conventions.builtin(builtin));
        self.builder.ins().call(function, args)
    }

    /// What a direct call of `function` calls.
    pub fn callee(&mut self, function: u32) -> FuncRef {
        let is_import = self.plan.module.body(function).is_none();
        let symbol = if is_import { Symbol::Import(function) } else { Symbol::Function(function) };
        self.declare_function(symbol, |plan| direct_signature(plan, function))
    }

    /// What a tail call of `function` calls: a function of the module's own convention in any case.
    pub fn tail_callee(&mut self, function: u32) -> FuncRef {
        if !self.plan.is_native(function) {
            return self.callee(function);
        }
        self.declare_function(Symbol::FuncRef(function), |plan| plan.conventions.wasm(plan.module.type_of_function(function)))
    }

    /// The signature of functions of the type with this index.
    pub fn indirect_signature(&mut self, type_index: u32) -> SigRef {
        let signature = self.plan.conventions.wasm(self.plan.module.func_type(type_index));
        self.builder.import_signature(signature)
    }

    /// The code that `call_indirect` calls through element `index` of `table`, which must have the type with index
    /// `type_index` (core specification 4.6.10).
    pub fn indirect_callee(&mut self, table: u32, type_index: u32, index: Value) -> Value {
        let reference = self.table_element(table, index, TrapCode::UndefinedElement);
        // The word before a null reference lies in no address space: the load finds the null.
        let region = self.region(Region::Runtime);
        let code = Some(trap_code(TrapCode::UninitializedElement));
        let flags = MemFlagsData::trusted().with_trap_code(code).with_readonly().with_alias_region(Some(region));
        let actual = self.builder.ins().load(types::I32, flags, reference, TYPE_ID_OFFSET);
        let expected = i64::from(self.plan.type_ids[type_index as usize]);
        let differs = self.builder.ins().icmp_imm_s(IntCC::NotEqual, actual, expected);
        self.trap_if(differs, TrapCode::IndirectCallTypeMismatch);
        reference
    }
}
