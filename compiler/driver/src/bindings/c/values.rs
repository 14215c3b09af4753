//! Types of values in C.

use crate::bindings::interface::{Signature, Value};

pub fn parameters(ty: &Signature) -> String {
    argument_list(ty) + &result_places(ty)
}

pub fn argument_list(ty: &Signature) -> String {
    let param = |(&ty, number): (&Value, u32)| match ty {
        Value::V128 => format!(", const uint8_t arg{number}[16]"),
        _ => format!(", {} arg{number}", c_type(ty)),
    };
    ty.params.iter().zip(0..).map(param).collect()
}

pub fn result_places(ty: &Signature) -> String {
    let place = |(&ty, number): (&Value, u32)| match ty {
        Value::V128 => format!(", uint8_t result{number}[16]"),
        _ => format!(", {} *result{number}", c_type(ty)),
    };
    ty.results.iter().zip(0..).map(place).collect()
}

/// The type in C of values that are passed as such.
pub fn c_type(ty: Value) -> &'static str {
    match ty {
        Value::I32 => "int32_t",
        Value::I64 => "int64_t",
        Value::F32 => "float",
        Value::F64 => "double",
        Value::ExternRef => "uint64_t",
        Value::Reference(_) => "wasmc_ref_t",
        Value::V128 => "wasmc_value",
    }
}

/// The member of a value that a type has, and how functions for it end.
pub fn member(ty: Value) -> &'static str {
    match ty {
        Value::I32 => "i32",
        Value::I64 => "i64",
        Value::F32 => "f32",
        Value::F64 => "f64",
        Value::ExternRef => "externref",
        Value::Reference(_) => "ref",
        Value::V128 => "v128",
    }
}

/// An argument of a function of the host's. What it has of vectors is no copy.
pub fn argument(ty: Value, at: usize) -> String {
    format!("value[{at}].{}", member(ty))
}

/// Where a function of the host's puts a result.
pub fn place(ty: Value, at: usize) -> String {
    match ty {
        Value::V128 => format!("value[{at}].v128"),
        _ => format!("&value[{at}].{}", member(ty)),
    }
}

pub fn set(ty: Value, at: usize) -> String {
    match ty {
        Value::V128 => format!("    memcpy(value[{at}].v128, arg{at}, 16);\n"),
        _ => format!("    value[{at}].{} = arg{at};\n", member(ty)),
    }
}

pub fn get(ty: Value, at: usize) -> String {
    match ty {
        Value::V128 => format!("        memcpy(result{at}, value[{at}].v128, 16);\n"),
        _ => format!("        *result{at} = value[{at}].{};\n", member(ty)),
    }
}
