//! Which registers calls take arguments in, and functions results.
//!
//! Without that, each call would need whatever is in any register that an argument can have, and each function whatever
//! is in any that a result can have.

use crate::symbol::Symbol;
use cranelift_codegen::ir::{ArgumentExtension, ArgumentPurpose, ExternalName, Function, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use std::collections::HashMap;

/// Registers and flags: general registers are bits 0 to 15, vector registers bits 16 to 31, the arithmetic flags
/// together are bit 32.
pub(super) type Set = u64;

/// General registers of arguments, in order (System V ABI for x86-64, 3.2.3; Cranelift's convention with tail calls
/// begins with the same): `rdi`, `rsi`, `rdx`, `rcx`, `r8`, `r9`.
const GENERAL: [u32; 6] = [7, 6, 2, 1, 8, 9];

/// Vector registers of arguments: `xmm0` to `xmm7`.
const VECTORS: usize = 8;

/// `xmm0`.
const FIRST_VECTOR: u32 = 16;

/// All registers of arguments.
const ARGUMENTS: Set = 0x00ff_03c6;

/// Where results are that are not known better by the C convention, and by that of functions with tail calls.
const RESULTS: Set = 0x0003_0005;
const TAIL_RESULTS: Set = 0x00ff_07c7;

/// `rax`.
const FIRST_RESULT: Set = 1;

/// The register that says where the state of an instance is, where there can be several: `r15`.
const PINNED: Set = 1 << 15;

/// The registers of the calls of a function, and of its results.
pub(in crate::emit::x64) struct Calls {
    /// Arguments of the functions that are called by name.
    by_name: HashMap<Symbol, Set>,
    /// Arguments of what is called through registers and memory.
    indirect: Set,
    /// Its results.
    pub(super) results: Set,
    /// Its own arguments whose upper half is zero.
    pub(super) extended: Set,
    pinned: Set,
}

impl Calls {
    /// Those of `func`, in a program with a pinned register if `is_pinned`. `called` are the symbols that its machine
    /// code refers to: among them are functions that only Cranelift knows.
    pub fn of(func: &Function, called: impl IntoIterator<Item = Symbol>, is_pinned: bool) -> Self {
        let signatures = &func.dfg.signatures;
        // What passes arguments on is called with those of several types.
        let mut by_name: HashMap<Symbol, Set> = HashMap::new();
        for callee in func.dfg.ext_funcs.values() {
            if let ExternalName::User(name) = &callee.name {
                let symbol = Symbol::from_user_name(&func.params.user_named_funcs()[*name]);
                *by_name.entry(symbol).or_default() |= arguments(&signatures[callee.signature]);
            }
        }
        let is_foreign = |symbol: Symbol| matches!(symbol, Symbol::Builtin(_)) && !by_name.contains_key(&symbol);
        let indirect = match called.into_iter().any(is_foreign) {
            true => ARGUMENTS,
            false => signatures.values().fold(0, |all, signature| all | arguments(signature)),
        };
        let pinned = if is_pinned { PINNED } else { 0 };
        let (results, extended) = (results(&func.signature), extended(&func.signature));
        Self { by_name, indirect, results, extended, pinned }
    }

    /// What a call needs in registers; `callee` is its name if it has one.
    pub(super) fn arguments(&self, callee: Option<Symbol>) -> Set {
        let arguments = match callee {
            Some(callee) => self.by_name.get(&callee).copied().unwrap_or(ARGUMENTS),
            None => self.indirect,
        };
        arguments | self.pinned
    }
}

/// Whether values of a type are in general registers; `None` for those that need several.
fn is_general(ty: Type) -> Option<bool> {
    (ty.bits() <= 64 || ty.is_vector() || ty.is_float()).then(|| ty.is_int() && !ty.is_vector())
}

/// Whether all arguments of functions with a signature, and a result, are in registers. There are more that are.
pub(super) fn are_in_registers(signature: &Signature) -> bool {
    let general = signature.params.iter().filter(|param| is_general(param.value_type) != Some(false)).count();
    let has_wide = signature.params.iter().any(|param| is_general(param.value_type).is_none());
    let vectors = signature.params.len() - general;
    !has_wide && general <= GENERAL.len() && vectors <= VECTORS && signature.returns.len() <= 1
}

/// The registers of the arguments of functions with a signature.
fn arguments(signature: &Signature) -> Set {
    let (mut general, mut vectors) = (0, 0);
    for param in &signature.params {
        match is_general(param.value_type) {
            Some(true) => general += 1,
            Some(false) => vectors += 1,
            None => return ARGUMENTS,
        }
    }
    // There may be another, that says where results go which have no register.
    if signature.returns.len() > 1 {
        general += 1;
    }
    let general = GENERAL.iter().take(general).fold(0, |all, &register| all | 1 << register);
    general | (0..vectors.min(VECTORS) as u32).fold(0, |all, number| all | 1 << (FIRST_VECTOR + number))
}

/// The registers of the arguments that a function with a signature gets extended with zeroes.
fn extended(signature: &Signature) -> Set {
    let general = signature.params.iter().filter(|param| is_general(param.value_type) == Some(true));
    let extended = GENERAL
        .iter()
        .zip(general)
        .filter(|(_, param)| param.extension == ArgumentExtension::Uext && param.value_type == types::I64);
    extended.fold(0, |all, (&register, _)| all | 1 << register)
}

/// The registers of the results of functions with a signature.
fn results(signature: &Signature) -> Set {
    let all = if signature.call_conv == CallConv::SystemV { RESULTS } else { TAIL_RESULTS };
    if signature.params.iter().any(|param| param.purpose != ArgumentPurpose::Normal) {
        return all;
    }
    match signature.returns[..] {
        [] => 0,
        [result] => match is_general(result.value_type) {
            Some(true) => FIRST_RESULT,
            Some(false) => 1 << FIRST_VECTOR,
            None => all,
        },
        _ => all,
    }
}
