//! Initialiser expressions whose value is only known at run time.

use crate::lower::Lowering;
use crate::plan::initial::evaluate;
use cranelift_codegen::ir::{InstBuilder, Value};
use wasmc_frontend::const_expr::ConstOperator;

/// The value of an initialiser expression at run time.
pub(super) fn const_expr(lowering: &mut Lowering<'_, '_>, operators: &[ConstOperator]) -> Value {
    if let Some(value) = evaluate(lowering.plan.module, operators) {
        return lowering.const_value(value);
    }
    let mut stack = Vec::new();
    for operator in operators {
        let value = match *operator {
            ConstOperator::GlobalGet(index) => lowering.global_get(index),
            ConstOperator::I32Add | ConstOperator::I64Add => {
                binary(&mut stack, |x, y| lowering.builder.ins().iadd(x, y))
            }
            ConstOperator::I32Sub | ConstOperator::I64Sub => {
                binary(&mut stack, |x, y| lowering.builder.ins().isub(x, y))
            }
            ConstOperator::I32Mul | ConstOperator::I64Mul => {
                binary(&mut stack, |x, y| lowering.builder.ins().imul(x, y))
            }
            constant => {
                let value = evaluate(lowering.plan.module, &[constant]).expect("all other operators are constants");
                lowering.const_value(value)
            }
        };
        stack.push(value);
    }
    stack.pop().expect("validation has checked that there is one value")
}

fn binary(stack: &mut Vec<Value>, emit: impl FnOnce(Value, Value) -> Value) -> Value {
    let (right, left) = (stack.pop(), stack.pop());
    emit(left.expect("validation has checked the operands"), right.expect("validation has checked the operands"))
}
