//! What a header has for exports.

use super::comment;
use super::references;
use super::values::{c_type, get, member, parameters, set};
use crate::bindings::interface::{Export, Kind, Signature, Value};

/// What the header has for an export.
pub fn function(library: &str, name: &str, Export { number, name: export, kind, is_direct }: &Export) -> String {
    let head = format!("/* `{}` */\n", comment(export));
    let instance = format!("{library}_instance *guest");
    let state = format!("guest->block + {library}_api.module->exports[{number}].offset");
    match kind {
        Kind::Function(ty) if ty.has_references() => references::call(library, &head, name, *number, ty),
        Kind::Function(ty) if *is_direct => call_directly(library, &head, name, *number, ty),
        Kind::Function(ty) => call(library, &head, name, *number, ty),
        Kind::Memory => format!(
            "{head}/* Its bytes, until the guest runs again or it grows. */\n\
             static inline uint8_t *{name}({instance}, size_t *len)\n{{\n    \
             const wasmc_memory *memory = (const wasmc_memory *)(const void *)({state});\n    \
             *len = (size_t)memory->len;\n    return memory->data;\n}}\n\n\
             /* Grows it; returns its size before, in pages, or UINT64_MAX. */\n\
             static inline uint64_t {name}_grow({instance}, uint64_t pages)\n{{\n    \
             return {library}_api.memory_grow(guest->block, {state}, pages);\n}}\n\n"
        ),
        Kind::Table(ty) => format!(
            "{head}/* Its number of elements. */\n\
             static inline uint64_t {name}_len({instance})\n{{\n    \
             return ((const wasmc_table *)(const void *)({state}))->len;\n}}\n\n\
             /* Grows it by null references; returns its size before, or UINT64_MAX. */\n\
             static inline uint64_t {name}_grow({instance}, uint64_t elements)\n{{\n    \
             return {library}_api.table_grow(guest->block, {state}, elements, 0);\n}}\n\n{}",
            ty.map_or(String::new(), |ty| references::table(library, &instance, name, &state, ty)),
        ),
        Kind::Global(Value::Reference(ty), is_mutable) => {
            references::global(library, &head, &instance, name, &state, (*ty, *is_mutable))
        }
        Kind::Global(ty, is_mutable) => global(&head, &instance, name, &state, *ty, *is_mutable),
    }
}

fn call(library: &str, head: &str, name: &str, number: usize, ty: &Signature) -> String {
    let len = ty.slots().max(1);
    let sets: String = ty.params.iter().zip(0..).map(|(&ty, at)| set(ty, at)).collect();
    let gets: String = ty.results.iter().zip(0..).map(|(&ty, at)| get(ty, at)).collect();
    let gets = match gets.as_str() {
        "" => String::new(),
        gets => format!("    if (status == WASMC_OK) {{\n{gets}    }}\n"),
    };
    format!(
        "{head}static inline uint32_t {name}({library}_instance *guest{})\n{{\n    wasmc_value value[{len}];\n    \
         uint32_t status;\n{sets}    status = {library}_api.enter(guest->block, guest,\n        \
         {library}_api.module->exports[{number}].function, (unsigned char *)value);\n{gets}    \
         return wasmc_ended_(&{library}_api, guest->block, status);\n}}\n\n",
        parameters(ty),
    )
}

/// What calls an export with arguments in registers.
fn call_directly(library: &str, head: &str, name: &str, number: usize, ty: &Signature) -> String {
    let call = match ty.results.first() {
        Some(Value::F32 | Value::F64) => "call_float",
        _ => "call",
    };
    let outcome = format!("wasmc_outcome_{}", ty.results.first().map_or("i64", |&result| member(result)));
    let types: String = ty.params.iter().map(|&ty| format!(", {}", c_type(ty))).collect();
    let args: String = (0..ty.params.len()).map(|at| format!(", arg{at}")).collect();
    let get = match ty.results.is_empty() {
        true => String::new(),
        false => "    if (status == WASMC_OK)\n        *result0 = outcome.value;\n".to_owned(),
    };
    format!(
        "{head}static inline uint32_t {name}({library}_instance *guest{})\n{{\n    \
         typedef {outcome} (*typed)(unsigned char *, void *, wasmc_direct_function{types});\n    \
         const {outcome} outcome = ((typed){library}_api.{call})(guest->block, guest,\n        \
         {library}_api.module->exports[{number}].direct{args});\n    \
         const uint32_t status = wasmc_ended_(&{library}_api, guest->block, outcome.status);\n{get}    \
         return status;\n}}\n\n",
        parameters(ty),
    )
}

fn global(head: &str, instance: &str, name: &str, state: &str, ty: Value, is_mutable: bool) -> String {
    if ty == Value::V128 {
        let set = match is_mutable {
            true => format!(
                "static inline void {name}_set({instance}, const uint8_t value[16])\n{{\n    \
                 memcpy({state}, value, 16);\n}}\n\n"
            ),
            false => String::new(),
        };
        return format!(
            "{head}static inline void {name}_get({instance}, uint8_t value[16])\n{{\n    \
             memcpy(value, {state}, 16);\n}}\n\n{set}"
        );
    }
    let ty = c_type(ty);
    let set = match is_mutable {
        true => format!(
            "static inline void {name}_set({instance}, {ty} value)\n{{\n    \
             memcpy({state}, &value, sizeof value);\n}}\n\n"
        ),
        false => String::new(),
    };
    format!(
        "{head}static inline {ty} {name}_get({instance})\n{{\n    {ty} value;\n    \
         memcpy(&value, {state}, sizeof value);\n    return value;\n}}\n\n{set}"
    )
}
