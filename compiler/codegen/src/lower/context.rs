//! What code of a context calls of the embedder's and of the runtime's, on the stack of whoever called into it: see
//! [`wasmc_abi::context`].

use super::{Lowering, Region, trap_code};
use crate::signature::clif_type;
use crate::symbol::Symbol;
use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{
    ExtFuncData, FuncRef, Inst, InstBuilder, MemFlagsData, StackSlotData, StackSlotKind, Type, Value, types,
};
use wasmc_abi::builtin::Builtin;
use wasmc_abi::context::{SLOT, offsets};
use wasmc_abi::thread::BlockPointer;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::FuncIndex;
use wasmc_frontend::module::is_imported_directly;
use wasmc_frontend::wasmparser::ValType;

/// Bytes of an address.
const WORD: i64 = 8;

impl Lowering<'_, '_> {
    /// The address of the context's block, the same value in the whole function: what is loaded by it is loaded once.
    pub(super) fn shared_block(&mut self) -> Value {
        if let Some(block) = self.context_block {
            return block;
        }
        let entry = self.builder.func.layout.entry_block();
        let block = match (self.plan.target.block_pointer(), entry) {
            (BlockPointer::PinnedRegister, Some(entry)) => {
                let mut start = FuncCursor::new(self.builder.func).at_first_insertion_point(entry);
                start.ins().get_pinned_reg(types::I64)
            }
            // It is loaded, and as what is loaded never changes, that is shared.
            _ => return self.own_block(),
        };
        self.context_block = Some(block);
        block
    }

    /// Has the code that follows find the program's only context, where whoever calls it does not see to that: in a
    /// library, whoever calls into a context does.
    pub fn enter_context(&mut self) {
        if self.plan.context.is_some() && !self.plan.program.is_library {
            let block = self.symbol_address(Symbol::Context);
            self.set_thread_block(block);
            self.context_block = Some(block);
        }
    }

    /// Calls a function of the runtime's that works on the context, on the stack of whoever called into it.
    pub(super) fn call_for_context(&mut self, builtin: Builtin, args: [Value; 3]) -> Value {
        let block = self.own_block();
        let [a, b, c] = args;
        let call = self.call_on_host_stack(builtin, &[block, a, b, c]);
        self.builder.inst_results(call)[0]
    }

    /// Traps where the stack pointer is below the lowest one that functions may begin with.
    pub fn look_for_stack(&mut self) {
        let flags = self.trusted(Region::Runtime);
        let block = self.own_block();
        let lowest = self.builder.ins().load(types::I64, flags, block, offsets::LOWEST_STACK);
        let stack = self.builder.ins().get_stack_pointer(types::I64);
        let is_below = self.builder.ins().icmp(IntCC::UnsignedLessThan, stack, lowest);
        self.builder.ins().trapnz(is_below, trap_code(TrapCode::CallStackExhausted));
    }

    /// Calls a function of the runtime's, with at most four integers, on the stack of whoever called into the context.
    pub(super) fn call_on_host_stack(&mut self, builtin: Builtin, args: &[Value]) -> Inst {
        let function = self.symbol_address(Symbol::Builtin(builtin));
        let mut passed = vec![function];
        for &arg in args {
            // As the calling conventions want it that say anything of the upper half.
            let is_wide = self.builder.func.dfg.value_type(arg) == types::I64;
            passed.push(if is_wide { arg } else { self.builder.ins().sextend(types::I64, arg) });
        }
        while passed.len() < 5 {
            passed.push(self.builder.ins().iconst(types::I64, 0));
        }
        self.call_builtin(Builtin::ContextCall, &passed)
    }

    /// Has whoever embeds a library find the exception that is thrown, where nothing catches it.
    pub(super) fn tell_embedder(&mut self, exception: Value) {
        if self.plan.program.is_library {
            let flags = self.trusted(Region::Runtime);
            let block = self.own_block();
            self.builder.ins().store(flags, exception, block, offsets::EXCEPTION);
        }
    }

    /// Has the runtime keep an exception: on the embedder's stack, where the present one is a context's.
    pub(super) fn call_keep(&mut self, exception: Value) -> Inst {
        if !self.plan.program.is_library {
            return self.call_builtin(Builtin::KeepException, &[exception]);
        }
        let function = self.symbol_address(Symbol::Builtin(Builtin::ContextKeepException));
        let block = self.own_block();
        self.call_builtin(Builtin::ContextCall, &[function, exception, block, block, block])
    }

    /// Calls the embedder's function that an import is bound to; returns its results.
    pub fn call_embedder(&mut self, function: FuncIndex, number: u32, args: &[Value]) -> Vec<Value> {
        let ty = self.plan.module.type_of_function(function);
        let is_direct = is_imported_directly(ty);
        let slots = args.len().max(ty.results().len()).max(1);
        let data = StackSlotData::new(StackSlotKind::ExplicitSlot, (slots * SLOT) as u32, 4);
        let slot = (!is_direct).then(|| self.builder.create_sized_stack_slot(data));
        if let Some(slot) = slot {
            for (&arg, index) in args.iter().zip(0..) {
                self.builder.ins().stack_store(types::I64, arg, slot, index * SLOT as i32);
            }
        }
        let [again, ended, done] = [(); 3].map(|()| self.builder.create_block());
        self.builder.set_cold_block(ended);
        self.builder.ins().jump(again, &[]);
        self.builder.switch_to_block(again);
        let offset = self.builder.ins().iconst(types::I64, i64::from(number) * WORD);
        let values = slot.map(|slot| self.builder.ins().stack_addr(types::I64, slot, 0));
        let passed = if is_direct { args } else { &[] };
        let args: Vec<Value> = [offset].into_iter().chain(passed.iter().copied()).chain(values).collect();
        let result = ty.results().first().filter(|_| is_direct);
        let callee = self.embedders(function, &args, result);
        let call = self.builder.ins().call(callee, &args);
        let (value, status) = match *self.builder.inst_results(call) {
            [value, status] => (Some(value), self.builder.ins().ireduce(types::I32, status)),
            [status, ..] => (None, status),
            [] => unreachable!("functions of the embedder's return a status"),
        };
        self.builder.ins().brif(status, ended, &[], done, &[]);
        self.builder.seal_block(ended);
        self.builder.seal_block(done);
        self.builder.switch_to_block(ended);
        // A function that suspends the guest is called again when it is resumed.
        self.call_builtin(Builtin::ContextEnd, &[status]);
        self.builder.ins().jump(again, &[]);
        self.builder.seal_block(again);
        self.builder.switch_to_block(done);
        if let (Some(value), Some(&ty)) = (value, result) {
            return vec![self.narrowed(value, clif_type(ty))];
        }
        let Some(slot) = slot else { return Vec::new() };
        let load = |(&ty, index): (&ValType, i32)| {
            self.builder.ins().stack_load(types::I64, clif_type(ty), slot, index * SLOT as i32)
        };
        ty.results().iter().zip(0..).map(load).collect()
    }

    /// A value of type `ty` of which a register holds the bits, as an integer or as itself.
    fn narrowed(&mut self, value: Value, ty: Type) -> Value {
        if self.builder.func.dfg.value_type(value) == ty {
            return value;
        }
        let value = if ty.bits() == 32 { self.builder.ins().ireduce(types::I32, value) } else { value };
        if ty.is_float() { self.builder.ins().bitcast(ty, MemFlagsData::new(), value) } else { value }
    }

    /// What calls a function of the embedder's with arguments of these types, which returns a result of this type where
    /// it returns more than a status: the same function of the runtime for all, which leaves registers of arguments and
    /// results as they are.
    fn embedders(&mut self, function: FuncIndex, args: &[Value], result: Option<&ValType>) -> FuncRef {
        // The import itself has no symbol.
        let key = Symbol::Import(function);
        if let Some(&callee) = self.functions.get(&key) {
            return callee;
        }
        let params: Vec<Type> = args.iter().map(|&arg| self.builder.func.dfg.value_type(arg)).collect();
        let results = match result {
            Some(&ty) => &self.plan.conventions.outcome(ty)[..],
            None => &[types::I32],
        };
        let signature = self.builder.import_signature(self.plan.conventions.c(&params, results));
        let builtin = match self.plan.program.has_heap {
            true => Builtin::ContextImportKeeping,
            false => Builtin::ContextImport,
        };
        let name = self.external_name(Symbol::Builtin(builtin));
        let callee = self.builder.import_function(ExtFuncData { name, signature, colocated: true, patchable: false });
        self.functions.insert(key, callee);
        callee
    }
}
