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
            ConstOperator::RefI31 => {
                let value = pop(&mut stack);
                lowering.new_i31(value)
            }
            ConstOperator::AnyConvertExtern => {
                let word = pop(&mut stack);
                lowering.internalize(word)
            }
            ConstOperator::ExternConvertAny => {
                let reference = pop(&mut stack);
                lowering.externalize(reference)
            }
            ConstOperator::StructNew(ty) => {
                let fields = lowering.plan.module.struct_type(ty).fields.len();
                let fields = stack.split_off(stack.len() - fields);
                lowering.new_struct(ty, &fields)
            }
            ConstOperator::StructNewDefault(ty) => lowering.new_default_struct(ty),
            ConstOperator::ArrayNew(ty) => {
                let len = pop(&mut stack);
                let value = pop(&mut stack);
                lowering.new_array(ty, value, len)
            }
            ConstOperator::ArrayNewDefault(ty) => {
                let len = pop(&mut stack);
                lowering.new_default_array(ty, len)
            }
            ConstOperator::ArrayNewFixed(ty, len) => {
                let values = stack.split_off(stack.len() - len as usize);
                lowering.new_fixed_array(ty, &values)
            }
            constant => {
                let value = evaluate(lowering.plan.module, &[constant]).expect("all other operators are constants");
                lowering.const_value(value)
            }
        };
        stack.push(value);
    }
    pop(&mut stack)
}

fn pop(stack: &mut Vec<Value>) -> Value {
    stack.pop().expect("validation has checked the operands")
}

fn binary(stack: &mut Vec<Value>, emit: impl FnOnce(Value, Value) -> Value) -> Value {
    let right = pop(stack);
    let left = pop(stack);
    emit(left, right)
}
