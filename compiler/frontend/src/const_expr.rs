//! Initialiser expressions (core specification 3.3.13 "Constant expressions").

use crate::Error;
use crate::index::{FuncIndex, GlobalIndex};
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
            Operator::End => return Ok(operators),
            other => return Err(Error::at(offset, format!("constant expression with {other:?} is not yet supported"))),
        });
    }
}
