//! Calls: of the module's functions, of imports, through references, of the runtime. All calls are emitted here.

use super::exception::Callee;
use super::{Lowering, Region, trap_code};
use crate::plan::Plan;
use crate::signature::clif_type;
use crate::symbol::Symbol;
use cranelift_codegen::ir::{
    FuncRef, Inst, InstBuilder, MemFlagsData, SigRef, Signature, StackSlotData, StackSlotKind, Type, Value, types,
};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::native;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::{CanonicalId, FuncIndex, TypeIndex};
use wasmc_frontend::program::component::Function;
use wasmc_frontend::wasmparser::ValType;

/// The signature of a function of the module, or of the C function that an import is.
fn direct_signature(plan: &Plan<'_>, function: FuncIndex) -> Signature {
    let ty = plan.module.type_of_function(function);
    match plan.canonical(function).map(|id| plan.program.canonical(id).function) {
        Some(Function::Host(_)) => return plan.conventions.canonical(ty),
        Some(Function::Builtin(builtin)) => return plan.conventions.builtin(builtin),
        None => {}
    }
    if plan.is_native(function) { plan.conventions.native(ty) } else { plan.conventions.called(ty) }
}

impl Lowering<'_, '_> {
    /// Calls a function of the runtime.
    pub fn call_builtin(&mut self, builtin: Builtin, args: &[Value]) -> Inst {
        let function = self.builtin(builtin);
        self.builder.ins().call(function, args)
    }

    /// A function of the runtime.
    pub(super) fn builtin(&mut self, builtin: Builtin) -> FuncRef {
        self.declare_function(Symbol::Builtin(builtin), |plan| plan.conventions.builtin(builtin))
    }

    /// Calls a part of the start-up of another instance, which takes and returns nothing.
    pub fn call_start_up(&mut self, symbol: Symbol) {
        let function = self.declare_function(symbol, |plan| plan.conventions.c(&[], &[]));
        self.builder.ins().call(function, &[]);
    }

    /// Calls a function of the module; returns its results.
    pub fn call(&mut self, function: FuncIndex, args: &[Value]) -> Vec<Value> {
        if let Some(canonical) = self.plan.canonical(function) {
            return self.call_canonical(function, canonical, args);
        }
        if let Some(number) = self.plan.embedder(function) {
            return self.call_embedder(function, number, args);
        }
        if self.plan.is_users(function) {
            self.check_native_stack();
        }
        let callee = self.callee(function);
        let args = self.pass_to(callee, args);
        let throws = self.plan.exceptions.leave(function);
        let results = self.emit_call(Callee::Function(callee), &args, throws);
        self.received(results, self.plan.module.type_of_function(function).results())
    }

    /// Calls a function of the runtime by the canonical ABI. It takes what it must know of the caller before the
    /// arguments, and where there is a second result, the address for it after them.
    fn call_canonical(&mut self, function: FuncIndex, canonical: CanonicalId, args: &[Value]) -> Vec<Value> {
        let plan = self.plan;
        let results = plan.module.type_of_function(function).results();
        let callee = self.callee(function);
        let mut values = vec![self.symbol_address(Symbol::Canonical(canonical))];
        let signature = self.builder.func.dfg.ext_funcs[callee].signature;
        for &arg in args {
            let wanted = self.builder.func.dfg.signatures[signature].params[values.len()];
            // Addresses and lengths, which have no sign.
            let is_wider = wanted.value_type == types::I64 && self.builder.func.dfg.value_type(arg) == types::I32;
            values.push(if is_wider { self.builder.ins().uextend(types::I64, arg) } else { arg });
        }
        let second = results.get(1).map(|&ty| {
            let slot = StackSlotData::new(StackSlotKind::ExplicitSlot, 8, 3);
            let slot = self.builder.create_sized_stack_slot(slot);
            (clif_type(ty), self.builder.ins().stack_addr(types::I64, slot, 0))
        });
        values.extend(second.map(|(_, address)| address));
        let values = self.pass_to(callee, &values);
        let returned = self.emit_call(Callee::Function(callee), &values, false);
        let mut returned = self.received(returned, results);
        returned.extend(second.map(|(ty, address)| self.builder.ins().load(ty, MemFlagsData::trusted(), address, 0)));
        returned
    }

    /// Calls a function of the module in place of the present one.
    pub fn return_call(&mut self, function: FuncIndex, args: &[Value]) {
        let callee = self.tail_callee(function);
        let args = self.pass_to(callee, args);
        self.builder.ins().return_call(callee, &args);
    }

    /// Calls what `reference`, of the type `type_index`, refers to, in place of the present function.
    pub fn return_call_ref(&mut self, type_index: TypeIndex, reference: Value, args: &[Value]) {
        let callee = self.code_of(reference);
        self.return_call_code(type_index, callee, args);
    }

    /// Calls code of a function of the type `type_index`; returns its results.
    pub fn call_code(&mut self, type_index: TypeIndex, code: Value, args: &[Value]) -> Vec<Value> {
        let signature = self.indirect_signature(type_index);
        let args = self.pass(signature, args);
        let throws = self.plan.exceptions.leave_references();
        let results = self.emit_call(Callee::Code(signature, code), &args, throws);
        self.received(results, self.plan.module.func_type(type_index).results())
    }

    /// As [`Self::call_code`], in place of the present function.
    pub fn return_call_code(&mut self, type_index: TypeIndex, code: Value, args: &[Value]) {
        let signature = self.indirect_signature(type_index);
        let args = self.pass(signature, args);
        self.builder.ins().return_call_indirect(signature, code, &args);
    }

    /// Ends the present function, which returns `results`.
    pub fn return_results(&mut self, results: &[Value]) {
        let widen = |(number, &result): (usize, &Value)| {
            let ty = self.builder.func.signature.returns[number].value_type;
            self.widened(result, ty)
        };
        let results: Vec<Value> = results.iter().enumerate().map(widen).collect();
        self.builder.ins().return_(&results);
    }

    /// The values of `types` among what calls return, or functions are entered with.
    pub fn received(&mut self, values: Vec<Value>, types: &[ValType]) -> Vec<Value> {
        let narrow = |(value, &ty): (Value, &ValType)| match (self.builder.func.dfg.value_type(value), clif_type(ty)) {
            (types::I64, types::I32) => self.builder.ins().ireduce(types::I32, value),
            _ => value,
        };
        values.into_iter().zip(types).map(narrow).collect()
    }

    /// Arguments as `callee` takes them.
    fn pass_to(&mut self, callee: FuncRef, args: &[Value]) -> Vec<Value> {
        self.pass(self.builder.func.dfg.ext_funcs[callee].signature, args)
    }

    /// Arguments as functions of a signature take them.
    fn pass(&mut self, signature: SigRef, args: &[Value]) -> Vec<Value> {
        let widen = |(number, &arg): (usize, &Value)| {
            let ty = self.builder.func.dfg.signatures[signature].params[number].value_type;
            self.widened(arg, ty)
        };
        args.iter().enumerate().map(widen).collect()
    }

    /// A value as one of type `ty`, which is wider where the convention extends it, and an integer where it passes
    /// floats in integer registers.
    fn widened(&mut self, value: Value, ty: Type) -> Value {
        match (self.builder.func.dfg.value_type(value), ty) {
            (have, wanted) if have == wanted => value,
            (types::F64, types::I64) => self.builder.ins().bitcast(ty, MemFlagsData::new(), value),
            (types::F32, types::I64) => {
                let bits = self.builder.ins().bitcast(types::I32, MemFlagsData::new(), value);
                self.builder.ins().uextend(ty, bits)
            }
            _ => self.builder.ins().sextend(ty, value),
        }
    }

    /// Traps where less stack is left than native functions are promised. They may skip a part of the stack that is
    /// larger than what compiled code does, and nothing says how much they need.
    pub fn check_native_stack(&mut self) {
        const { assert!(native::STACK < native::GUARD) };
        let code = Some(trap_code(TrapCode::CallStackExhausted));
        let region = self.region(Region::Runtime);
        // Below the stack there is a larger guard, so that this is one or the other.
        let flags = MemFlagsData::trusted().with_trap_code(code).with_alias_region(Some(region));
        let stack = self.builder.ins().get_stack_pointer(types::I64);
        let lowest = self.builder.ins().iadd_imm_s(stack, -(native::STACK as i64));
        self.builder.ins().load(types::I64, flags, lowest, 0);
    }

    /// What a direct call of `function` calls.
    fn callee(&mut self, function: FuncIndex) -> FuncRef {
        if self.plan.is_stub(function) {
            return self.stub(function);
        }
        let is_import = self.plan.module.body(function).is_none();
        let symbol = if is_import { Symbol::Import(function) } else { Symbol::Function(function) };
        self.declare_function(symbol, |plan| direct_signature(plan, function))
    }

    /// What a tail call of `function` calls: a function of the module's own convention in any case.
    fn tail_callee(&mut self, function: FuncIndex) -> FuncRef {
        if self.plan.is_native(function) { self.stub(function) } else { self.callee(function) }
    }

    /// The stub of an imported function, which is in the module's own convention.
    fn stub(&mut self, function: FuncIndex) -> FuncRef {
        let signature = |plan: &Plan<'_>| plan.conventions.called(plan.module.type_of_function(function));
        self.declare_function(Symbol::FuncRef(function), signature)
    }

    /// The signature of functions of a type.
    fn indirect_signature(&mut self, type_index: TypeIndex) -> SigRef {
        let signature = self.plan.conventions.called(self.plan.module.func_type(type_index));
        self.builder.import_signature(signature)
    }
}
