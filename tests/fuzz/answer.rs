//! What both sides answer, in the same words.

use std::fmt;
use wasmc_abi::trap::TrapCode;
use wasmc_frontend::wasmparser::ValType;

/// The answer to a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Values; of references only whether they are null.
    Values(Vec<u8>),
    /// A trap.
    Trap(Trap),
}

/// Traps, as far as both sides distinguish them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the specification's names")]
pub enum Trap {
    Unreachable,
    IntegerDivideByZero,
    IntegerOverflow,
    InvalidConversionToInteger,
    OutOfBoundsMemory,
    OutOfBoundsTable,
    NullFunction,
    IndirectCallTypeMismatch,
    /// Each side has its own limit of the stack: from there on nothing can be compared.
    CallStackExhausted,
    /// The same of the heap.
    HeapExhausted,
    /// There is enough for all that takes time, but not for lengths near 2^64, of tables that cannot grow so far.
    OutOfFuel,
    /// A trap that the interpreter does not have: the number of its code.
    Other(u8),
}

impl From<TrapCode> for Trap {
    fn from(code: TrapCode) -> Self {
        match code {
            TrapCode::Unreachable => Self::Unreachable,
            TrapCode::IntegerDivideByZero => Self::IntegerDivideByZero,
            TrapCode::IntegerOverflow => Self::IntegerOverflow,
            TrapCode::InvalidConversionToInteger => Self::InvalidConversionToInteger,
            TrapCode::OutOfBoundsMemoryAccess => Self::OutOfBoundsMemory,
            TrapCode::OutOfBoundsTableAccess | TrapCode::UndefinedElement => Self::OutOfBoundsTable,
            TrapCode::UninitializedElement | TrapCode::NullFunctionReference => Self::NullFunction,
            TrapCode::IndirectCallTypeMismatch => Self::IndirectCallTypeMismatch,
            TrapCode::CallStackExhausted => Self::CallStackExhausted,
            TrapCode::HeapExhausted => Self::HeapExhausted,
            TrapCode::OutOfFuel => Self::OutOfFuel,
            code => Self::Other(code as u8),
        }
    }
}

/// A value as it is compared.
pub fn value(ty: ValType, bytes: &[u8]) -> Vec<u8> {
    match ty {
        ValType::I32 | ValType::F32 => bytes[..4].to_vec(),
        ValType::I64 | ValType::F64 => bytes[..8].to_vec(),
        ValType::V128 => bytes[..16].to_vec(),
        ValType::Ref(_) => vec![u8::from(bytes[..8].iter().any(|&byte| byte != 0))],
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Trap(trap) => write!(formatter, "trap {trap:?}"),
            Self::Values(bytes) => {
                formatter.write_str("values")?;
                bytes.chunks(4).try_for_each(|chunk| {
                    formatter.write_str(" ")?;
                    chunk.iter().rev().try_for_each(|byte| write!(formatter, "{byte:02x}"))
                })
            }
        }
    }
}
