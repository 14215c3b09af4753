//! Initialiser expressions (core specification 3.3.13 "Constant expressions").

use crate::Error;
use crate::index::{FuncIndex, GlobalIndex, TypeIndex};
use wasmparser::{ConstExpr, HeapType, Operator};

/// An operator of a constant expression.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConstOperator {
    /// `i32.const`
    I32Const(i32),
    /// `i64.const`
    I64Const(i64),
    /// `f32.const`, as bits
    F32Const(u32),
    /// `f64.const`, as bits
    F64Const(u64),
    /// `v128.const`
    V128Const([u8; 16]),
    /// `global.get`
    GlobalGet(GlobalIndex),
    /// `ref.null`
    RefNull(HeapType),
    /// `ref.func`
    RefFunc(FuncIndex),
    /// `i32.add`
    I32Add,
    /// `i32.sub`
    I32Sub,
    /// `i32.mul`
    I32Mul,
    /// `i64.add`
    I64Add,
    /// `i64.sub`
    I64Sub,
    /// `i64.mul`
    I64Mul,
    /// `ref.i31`
    RefI31,
    /// `struct.new`
    StructNew(TypeIndex),
    /// `struct.new_default`
    StructNewDefault(TypeIndex),
    /// `array.new`
    ArrayNew(TypeIndex),
    /// `array.new_default`
    ArrayNewDefault(TypeIndex),
    /// `array.new_fixed`, with the number of elements
    ArrayNewFixed(TypeIndex, u32),
    /// `any.convert_extern`
    AnyConvertExtern,
    /// `extern.convert_any`
    ExternConvertAny,
}

impl ConstOperator {
    /// Whether it makes an object.
    pub fn allocates(self) -> bool {
        self.made().is_some() || self == Self::AnyConvertExtern
    }

    /// The type of the structure or array that it makes.
    pub fn made(self) -> Option<TypeIndex> {
        match self {
            Self::StructNew(made)
            | Self::StructNewDefault(made)
            | Self::ArrayNew(made)
            | Self::ArrayNewDefault(made)
            | Self::ArrayNewFixed(made, _) => Some(made),
            _ => None,
        }
    }
}

/// Replaces globals that are read by what they are initialised by, where `initial` says that it is a single operator,
/// and computes what is then known: so that no global's value is found through a chain of others.
pub fn resolve(
    operators: Vec<ConstOperator>,
    initial: impl Fn(GlobalIndex) -> Option<ConstOperator>,
) -> Vec<ConstOperator> {
    let is_known = |operator: &ConstOperator| match *operator {
        ConstOperator::GlobalGet(index) => initial(index).is_some(),
        _ => false,
    };
    if !operators.iter().any(is_known) {
        return operators;
    }
    let mut resolved = Vec::with_capacity(operators.len());
    for operator in operators {
        let operator = match operator {
            ConstOperator::GlobalGet(index) => initial(index).unwrap_or(operator),
            other => other,
        };
        let known = match resolved[..] {
            [.., left, right] => binary(operator, left, right),
            _ => None,
        };
        match known {
            Some(known) => {
                resolved.truncate(resolved.len() - 2);
                resolved.push(known);
            }
            None => resolved.push(operator),
        }
    }
    resolved
}

/// The value of a binary operator, where both operands are known.
fn binary(operator: ConstOperator, left: ConstOperator, right: ConstOperator) -> Option<ConstOperator> {
    use ConstOperator::{I32Const, I64Const};
    Some(match (operator, left, right) {
        (ConstOperator::I32Add, I32Const(left), I32Const(right)) => I32Const(left.wrapping_add(right)),
        (ConstOperator::I32Sub, I32Const(left), I32Const(right)) => I32Const(left.wrapping_sub(right)),
        (ConstOperator::I32Mul, I32Const(left), I32Const(right)) => I32Const(left.wrapping_mul(right)),
        (ConstOperator::I64Add, I64Const(left), I64Const(right)) => I64Const(left.wrapping_add(right)),
        (ConstOperator::I64Sub, I64Const(left), I64Const(right)) => I64Const(left.wrapping_sub(right)),
        (ConstOperator::I64Mul, I64Const(left), I64Const(right)) => I64Const(left.wrapping_mul(right)),
        _ => return None,
    })
}

/// The operators of `expr`, which validation has accepted, without its `end`.
///
/// # Errors
/// Where an operator is one that the compiler does not support.
pub fn operators(expr: &ConstExpr<'_>) -> Result<Vec<ConstOperator>, Error> {
    let mut reader = expr.get_operators_reader();
    let mut operators = Vec::new();
    loop {
        let offset = reader.original_position();
        operators.push(match reader.read()? {
            Operator::I32Const { value } => ConstOperator::I32Const(value),
            Operator::I64Const { value } => ConstOperator::I64Const(value),
            Operator::F32Const { value } => ConstOperator::F32Const(value.bits()),
            Operator::F64Const { value } => ConstOperator::F64Const(value.bits()),
            Operator::V128Const { value } => ConstOperator::V128Const(*value.bytes()),
            Operator::GlobalGet { global_index } => ConstOperator::GlobalGet(GlobalIndex::from_u32(global_index)),
            Operator::RefNull { hty } => ConstOperator::RefNull(hty),
            Operator::RefFunc { function_index } => ConstOperator::RefFunc(FuncIndex::from_u32(function_index)),
            Operator::I32Add => ConstOperator::I32Add,
            Operator::I32Sub => ConstOperator::I32Sub,
            Operator::I32Mul => ConstOperator::I32Mul,
            Operator::I64Add => ConstOperator::I64Add,
            Operator::I64Sub => ConstOperator::I64Sub,
            Operator::I64Mul => ConstOperator::I64Mul,
            Operator::RefI31 => ConstOperator::RefI31,
            Operator::StructNew { struct_type_index } => {
                ConstOperator::StructNew(TypeIndex::from_u32(struct_type_index))
            }
            Operator::StructNewDefault { struct_type_index } => {
                ConstOperator::StructNewDefault(TypeIndex::from_u32(struct_type_index))
            }
            Operator::ArrayNew { array_type_index } => ConstOperator::ArrayNew(TypeIndex::from_u32(array_type_index)),
            Operator::ArrayNewDefault { array_type_index } => {
                ConstOperator::ArrayNewDefault(TypeIndex::from_u32(array_type_index))
            }
            Operator::ArrayNewFixed { array_type_index, array_size } => {
                ConstOperator::ArrayNewFixed(TypeIndex::from_u32(array_type_index), array_size)
            }
            Operator::AnyConvertExtern => ConstOperator::AnyConvertExtern,
            Operator::ExternConvertAny => ConstOperator::ExternConvertAny,
            Operator::End => return Ok(operators),
            other => return Err(Error::at(offset, format!("constant expression with {other:?} is not yet supported"))),
        });
    }
}
