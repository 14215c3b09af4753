//! References to functions: what they are is known here alone.
//!
//! A reference is the address of the function's code, or of the stub of a native function; the word before the code is
//! the canonical number of the function's type. The null reference is 0: the word before it lies in no address space,
//! so that the load of its type number faults. Other references are words of the embedder's, of which null is 0 too.

use super::{Lowering, trap_code};
use crate::symbol::Symbol;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::{InstBuilder, Value, types};
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::index::{FuncIndex, TypeIndex};

impl Lowering<'_, '_> {
    /// The null reference.
    pub fn null(&mut self) -> Value {
        self.builder.ins().iconst(types::I64, 0)
    }

    /// Whether a reference is null: an `i8`.
    pub fn is_null(&mut self, reference: Value) -> Value {
        self.builder.ins().icmp_imm_s(IntCC::Equal, reference, 0)
    }

    /// Traps with `code` where a reference is null.
    pub fn trap_if_null(&mut self, reference: Value, code: TrapCode) {
        self.builder.ins().trapz(reference, trap_code(code));
    }

    /// A reference to a function of the module.
    pub fn func_ref(&mut self, function: FuncIndex) -> Value {
        self.symbol_address(Symbol::FuncRef(function))
    }

    /// The code that a reference refers to; traps where it is null.
    pub fn code_of(&mut self, reference: Value) -> Value {
        self.trap_if_null(reference, TrapCode::NullFunctionReference);
        reference
    }

    /// Traps where a reference is null, or refers to a function whose type is neither `type_index` nor one of
    /// its subtypes.
    pub fn check_type(&mut self, reference: Value, type_index: TypeIndex) {
        let actual = self.function_number(reference, Some(TrapCode::UninitializedElement));
        let differs = self.is_none_of(actual, self.plan.type_numbers(type_index));
        self.trap_if(differs, TrapCode::IndirectCallTypeMismatch);
    }
}
