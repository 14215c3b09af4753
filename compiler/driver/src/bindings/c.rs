//! Bindings for C99 and C++: a header with a function for each export, over the library's one symbol.

use super::instance;
use super::interface::{Export, Import, ImportedGlobal, Interface, Kind, Signature, Value, symbol};
use super::names::Names;
use std::fmt::Write as _;
use wasmc_frontend::Shown;

/// What all headers have in common: it is there once, however many are included.
pub const COMMON: &str = include_str!("embed.h");

/// Names that headers have anyway, after the library's.
pub const TAKEN: &[&str] = &["api", "create", "free", "imports", "instance", "make", "restore", "snapshot"];

/// Words that no member of a structure can be called by, in C or C++.
pub const WORDS: &[&str] = &[
    "alignas",
    "alignof",
    "and",
    "and_eq",
    "asm",
    "auto",
    "bitand",
    "bitor",
    "bool",
    "break",
    "case",
    "catch",
    "char",
    "class",
    "compl",
    "const",
    "continue",
    "default",
    "delete",
    "do",
    "double",
    "else",
    "enum",
    "explicit",
    "export",
    "extern",
    "false",
    "float",
    "for",
    "friend",
    "goto",
    "if",
    "inline",
    "int",
    "long",
    "mutable",
    "namespace",
    "new",
    "noexcept",
    "not",
    "not_eq",
    "nullptr",
    "operator",
    "or",
    "or_eq",
    "private",
    "protected",
    "public",
    "register",
    "restrict",
    "return",
    "short",
    "signed",
    "sizeof",
    "static",
    "struct",
    "switch",
    "template",
    "this",
    "throw",
    "true",
    "try",
    "typedef",
    "typeid",
    "typename",
    "union",
    "unsigned",
    "using",
    "virtual",
    "void",
    "volatile",
    "while",
    "xor",
    "xor_eq",
];

/// The header of a library.
pub fn header(interface: &Interface) -> String {
    let name = &interface.name;
    let guard = format!("WASMC_LIBRARY_{}_H", name.to_uppercase());
    let mut text = format!(
        "/* The library of `{}`, made by wasmc {}: this header belongs to that library alone. */\n\n\
         #ifndef {guard}\n#define {guard}\n\n#include <stddef.h>\n#include <stdint.h>\n\n\
         {COMMON}\n\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n",
        comment(&interface.file),
        env!("CARGO_PKG_VERSION"),
    );
    for export in &interface.unbound {
        let _ = writeln!(text, "/* There is no function for {}. */", comment(export));
    }
    let _ = writeln!(text, "extern const wasmc_api {};\n", symbol(name));
    types(&mut text, interface);
    create(&mut text, interface);
    let mut names = Names::new(TAKEN);
    for export in &interface.exports {
        let identifier = names.identifier(&export.name);
        text += &function(name, &format!("{name}_{identifier}"), export);
    }
    text += "#ifdef __cplusplus\n}\n#endif\n#endif\n";
    text
}

/// Text as part of a comment.
pub fn comment(text: &str) -> String {
    Shown(text).to_string().replace("*/", "* /")
}

/// The functions that an instance imports, and the instance.
fn types(text: &mut String, interface: &Interface) {
    let name = &interface.name;
    let _ = write!(
        text,
        "typedef struct {name}_instance {name}_instance;\n\n\
         /* What an instance imports. A function returns 0, or WASMC_FAILED, which the call of the guest then\n   \
         returns; where it returns its result, by wasmc_return_i32, or whatever type that has, or wasmc_end_i32. */\n\
         typedef struct {name}_imports {{\n",
    );
    for (member, import) in members(interface) {
        let Import { module, name: import, ty, is_direct, .. } = import;
        let (returned, places) = match ty.results.first() {
            Some(&result) if *is_direct => (format!("wasmc_outcome_{}", self::member(result)), String::new()),
            _ => ("uint32_t".to_owned(), result_places(ty)),
        };
        let _ = writeln!(text, "    /* {}.{} */", comment(module), comment(import));
        let params = argument_list(ty);
        let _ = writeln!(text, "    {returned} (*{member})({name}_instance *guest{params}{places});");
    }
    for (member, ImportedGlobal { module, name: import, ty, .. }) in initial_values(interface) {
        let _ = writeln!(text, "    /* what {}.{} is at first */", comment(module), comment(import));
        let _ = match ty {
            Value::V128 => writeln!(text, "    uint8_t {member}[16];"),
            _ => writeln!(text, "    {} {member};", c_type(*ty)),
        };
    }
    if interface.imports.is_empty() && interface.globals.is_empty() {
        text.push_str("    int nothing;\n");
    }
    let _ = write!(
        text,
        "}} {name}_imports;\n\n\
         /* An instance, which stays where it is. `data` is the host's; the other members are not for use. */\n\
         struct {name}_instance {{\n    unsigned char *block;\n    const {name}_imports *imports;\n    \
         void *data;\n    wasmc_host_function functions[{}];\n}};\n\n",
        interface.imports.len().max(1),
    );
}

/// The imported functions, each by the name of its member.
fn members(interface: &Interface) -> Vec<(String, &Import)> {
    member_names(interface).into_iter().zip(&interface.imports).collect()
}

/// The imported globals, each by the name of the member that has its value at first.
fn initial_values(interface: &Interface) -> impl Iterator<Item = (String, &ImportedGlobal)> {
    member_names(interface).into_iter().skip(interface.imports.len()).zip(&interface.globals)
}

/// The names of the members of the structure of imports.
fn member_names(interface: &Interface) -> Vec<String> {
    let mut names = Names::new(WORDS);
    let functions = interface.imports.iter().map(|import| (&import.module, &import.name));
    let globals = interface.globals.iter().map(|global| (&global.module, &global.name));
    functions.chain(globals).map(|(module, name)| names.identifier(&format!("{module}_{name}"))).collect()
}

/// How an instance is made and freed.
fn create(text: &mut String, interface: &Interface) {
    let name = &interface.name;
    let members = members(interface);
    for (member, Import { ty, .. }) in members.iter().filter(|(_, import)| !import.is_direct) {
        let args: String = ty.params.iter().zip(0..).map(|(&ty, at)| format!(", {}", argument(ty, at))).collect();
        let results: String = ty.results.iter().zip(0..).map(|(&ty, at)| format!(", {}", place(ty, at))).collect();
        let _ = write!(
            text,
            "static inline uint32_t {name}_import_{member}_(void *data, unsigned char *values)\n{{\n    \
             {name}_instance *guest = ({name}_instance *)data;\n    \
             wasmc_value *value = (wasmc_value *)(void *)values;\n    \
             return guest->imports->{member}(guest{args}{results});\n}}\n\n"
        );
    }
    let functions: Vec<String> = (members.iter())
        .map(|(member, import)| match import.is_direct {
            true => format!("imports->{member}"),
            false => format!("{name}_import_{member}_"),
        })
        .collect();
    let set = |(member, ImportedGlobal { number, .. }): (String, &ImportedGlobal)| {
        format!(
            "    if (status == 0)\n        memcpy(guest->block + {name}_api.module->exports[{number}].offset, \
             &imports->{member}, sizeof imports->{member});\n"
        )
    };
    let sets: String = initial_values(interface).map(set).collect();
    *text += &instance::functions(interface, &functions, &sets);
}

/// What the header has for an export.
fn function(library: &str, name: &str, Export { number, name: export, kind, is_direct }: &Export) -> String {
    let head = format!("/* `{}` */\n", comment(export));
    let instance = format!("{library}_instance *guest");
    let state = format!("guest->block + {library}_api.module->exports[{number}].offset");
    match kind {
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
        Kind::Table(_) => format!(
            "{head}/* Its number of elements. */\n\
             static inline uint64_t {name}_len({instance})\n{{\n    \
             return ((const wasmc_table *)(const void *)({state}))->len;\n}}\n\n\
             /* Grows it by null references; returns its size before, or UINT64_MAX. */\n\
             static inline uint64_t {name}_grow({instance}, uint64_t elements)\n{{\n    \
             return {library}_api.table_grow(guest->block, {state}, elements, 0);\n}}\n\n"
        ),
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

fn parameters(ty: &Signature) -> String {
    argument_list(ty) + &result_places(ty)
}

fn argument_list(ty: &Signature) -> String {
    let param = |(&ty, number): (&Value, u32)| match ty {
        Value::V128 => format!(", const uint8_t arg{number}[16]"),
        _ => format!(", {} arg{number}", c_type(ty)),
    };
    ty.params.iter().zip(0..).map(param).collect()
}

fn result_places(ty: &Signature) -> String {
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
        Value::V128 => "v128",
    }
}

/// An argument of a function of the host's. What it has of vectors is no copy.
fn argument(ty: Value, at: usize) -> String {
    format!("value[{at}].{}", member(ty))
}

/// Where a function of the host's puts a result.
fn place(ty: Value, at: usize) -> String {
    match ty {
        Value::V128 => format!("value[{at}].v128"),
        _ => format!("&value[{at}].{}", member(ty)),
    }
}

fn set(ty: Value, at: usize) -> String {
    match ty {
        Value::V128 => format!("    memcpy(value[{at}].v128, arg{at}, 16);\n"),
        _ => format!("    value[{at}].{} = arg{at};\n", member(ty)),
    }
}

fn get(ty: Value, at: usize) -> String {
    match ty {
        Value::V128 => format!("        memcpy(result{at}, value[{at}].v128, 16);\n"),
        _ => format!("        *result{at} = value[{at}].{};\n", member(ty)),
    }
}
