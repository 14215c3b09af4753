//! Signatures of functions in Cranelift IR.

use crate::options::{OptLevel, Options};
use crate::target::Target;
use cranelift_codegen::ir::{AbiParam, ArgumentExtension, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use wasmc_abi::builtin::Builtin;
use wasmc_abi::signature::ValueType;
use wasmc_frontend::wasmparser::{FuncType, ValType};

/// The type of values of type `ty` in Cranelift IR. References are addresses, or words of the embedder's.
pub(crate) fn clif_type(ty: ValType) -> Type {
    match ty {
        ValType::I32 => types::I32,
        ValType::I64 | ValType::Ref(_) => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
    }
}

/// The type of values in Cranelift IR that a builtin takes or returns.
fn builtin_type(ty: ValueType) -> Type {
    match ty {
        ValueType::I32 => types::I32,
        ValueType::I64 => types::I64,
        ValueType::F32 => types::F32,
        ValueType::F64 => types::F64,
        ValueType::V128 => types::I8X16,
    }
}

/// How the functions of a program pass values.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Conventions {
    /// The target's C calling convention.
    c: CallConv,
    /// Whether the C calling convention wants 32-bit values sign-extended.
    sign_extends: bool,
    /// Whether Wasm functions are passed i32 values extended with zeroes.
    zero_extends: bool,
    /// How many floats the C calling convention passes in registers of their own, where further ones are passed as
    /// integers of their size are; Cranelift passes them on the stack.
    float_registers: Option<usize>,
    /// Whether a float in a structure beside an integer is returned in a float's register.
    keeps_floats: bool,
    /// Whether any function makes tail calls.
    tail_calls: bool,
}

impl Conventions {
    /// The conventions of `target`, for programs with or without tail calls.
    pub fn new(target: &Target, options: &Options, tail_calls: bool) -> Self {
        // The RISC-V psABI (2.1 "Integer calling convention") wants 32-bit values sign-extended whatever their
        // signedness; the others leave the upper bits open.
        let sign_extends = target.is_riscv64();
        // RISC-V psABI, 2.2 "Hardware floating-point calling convention": fa0 to fa7.
        let float_registers = sign_extends.then_some(8);
        // AAPCS64, 6.9 "Result return": a structure of two different members is like two integers.
        let keeps_floats = !target.is_aarch64();
        let c = CallConv::triple_default(&target.triple);
        // What refines code takes away the moves that extend what is extended.
        let zero_extends = target.is_refined() && options.opt_level != OptLevel::None;
        Self { c, sign_extends, zero_extends, float_registers, keeps_floats, tail_calls }
    }

    /// The signature of Wasm functions of type `ty`, as their callers see it: these extend i32 arguments where the
    /// convention wants it, right where they pass them, so that no other register holds what is extended.
    pub fn called(self, ty: &FuncType) -> Signature {
        let mut signature = self.wasm(ty);
        if self.zero_extends {
            let params = signature.params.iter_mut().filter(|param| param.value_type == types::I32);
            params.for_each(|param| param.extension = ArgumentExtension::Uext);
        }
        signature
    }

    /// The signature of Wasm functions of type `ty`, as they see it themselves: where callers extend i32 arguments, all
    /// 64 bits of a register. `is_foreign` are those that are called by code which does not extend them, too.
    pub fn defined(self, ty: &FuncType, is_foreign: bool) -> Signature {
        let mut signature = self.wasm(ty);
        if self.zero_extends && !is_foreign {
            let params = signature.params.iter_mut().filter(|param| param.value_type == types::I32);
            params.for_each(|param| *param = AbiParam::new(types::I64).uext());
        }
        signature
    }

    /// The signature of Wasm functions of type `ty`, where both sides see the same.
    ///
    /// Tail calls need a convention in which the callee removes stack arguments; it keeps no registers across calls, so
    /// it is used only where a program makes tail calls, and for more results than the C conventions return in
    /// registers.
    fn wasm(self, ty: &FuncType) -> Signature {
        let tail = self.tail_calls || ty.results().len() > 1;
        let mut signature = Signature::new(if tail { CallConv::Tail } else { self.c });
        signature.params.extend(ty.params().iter().map(|&ty| self.wasm_value(ty)));
        signature.returns.extend(ty.results().iter().map(|&ty| self.wasm_value(ty)));
        signature
    }

    /// How Wasm functions pass a value: an i32 as registers hold it where that is extended with its sign, so that
    /// neither side has to extend it. `optimize/wide.rs` knows it by its extension.
    fn wasm_value(self, ty: ValType) -> AbiParam {
        if self.sign_extends && ty == ValType::I32 {
            return AbiParam::new(types::I64).sext();
        }
        AbiParam::new(clif_type(ty))
    }

    /// The signature of native functions of type `ty`: that of the C calling convention. Where that passes floats in
    /// integer registers, they are integers of the same bits.
    pub fn native(self, ty: &FuncType) -> Signature {
        let list = |values: &[ValType]| values.iter().map(|&ty| clif_type(ty)).collect::<Vec<_>>();
        let mut params = list(ty.params());
        if let Some(registers) = self.float_registers {
            let floats = params.iter_mut().filter(|ty| ty.is_float());
            floats.skip(registers).for_each(|ty| *ty = types::I64);
        }
        self.c(&params, &list(ty.results()))
    }

    /// The signature of functions that the runtime defines for components, by the type of the core function: before the
    /// parameters what it knows of the caller, after them where a second result goes.
    pub fn canonical(self, ty: &FuncType) -> Signature {
        let second = ty.results().get(1).map(|_| ValType::I64);
        let params = [ValType::I64].into_iter().chain(ty.params().iter().copied()).chain(second);
        self.native(&FuncType::new(params, ty.results().first().copied()))
    }

    /// The signature of a function of the runtime.
    pub fn builtin(self, builtin: Builtin) -> Signature {
        let list = |values: &[ValueType]| values.iter().copied().map(builtin_type).collect::<Vec<_>>();
        let signature = builtin.signature();
        self.c(&list(signature.params), &list(signature.results))
    }

    /// What registers hold of a structure of a value and a status: `wasmc_abi::context::Outcome`, or `FloatOutcome`.
    pub fn outcome(self, ty: ValType) -> [Type; 2] {
        let value = clif_type(ty);
        [if value.is_float() && self.keeps_floats { value } else { types::I64 }, types::I64]
    }

    /// The signature by which the C calling convention passes values of these types.
    pub fn c(self, params: &[Type], results: &[Type]) -> Signature {
        let mut signature = Signature::new(self.c);
        signature.params.extend(params.iter().map(|&ty| self.c_value(ty)));
        signature.returns.extend(results.iter().map(|&ty| self.c_value(ty)));
        signature
    }

    fn c_value(self, ty: Type) -> AbiParam {
        let mut value = AbiParam::new(ty);
        if self.sign_extends && ty == types::I32 {
            value.extension = ArgumentExtension::Sext;
        }
        value
    }
}
