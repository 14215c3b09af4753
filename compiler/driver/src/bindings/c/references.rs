//! What a header has for references to what is the guest's: handles, which are made of the words that the guest passes,
//! and words for it.

use super::values::{argument_list, c_type, get, member, parameters, set};
use crate::bindings::interface::{Interface, Signature, Value};
use crate::bindings::names::Names;
use crate::bindings::references::Reference;
use std::fmt::Write as _;

/// The types of the guest's that references go by.
pub fn types(interface: &Interface, names: &mut Names) -> String {
    let entry = |(index, ty): (&_, &super::super::references::GuestType)| {
        format!("    {}_{} = {index}", interface.name, names.identifier(&format!("type_{}", ty.name)))
    };
    let entries: Vec<String> = interface.types.iter().map(entry).collect();
    match entries.is_empty() {
        true => String::new(),
        false => {
            format!("/* Types of the guest's that references go by. */\nenum {{\n{}\n}};\n\n", entries.join(",\n"))
        }
    }
}

/// What all headers have where references cross the boundary.
pub fn functions(library: &str) -> String {
    format!(
        "\
/* Frees a handle: not while the guest is in use on another thread. */
static inline uint32_t {library}_ref_free({library}_instance *guest, wasmc_ref_t ref)
{{
    const uint32_t error = guest->block == NULL ? 0 : {library}_api.references.release(guest->block, ref);
    return error == 0 ? error : 0x40000 | error;
}}

/* Makes a further handle of the same, if it is of this type: one of WASMC_TYPE_ANY and others, or of the guest's. */
static inline uint32_t {library}_ref_copy({library}_instance *guest, wasmc_ref_t ref, int32_t type, wasmc_ref_t *copy)
{{
    uint64_t word;
    const uint32_t status = wasmc_ref_get_(&{library}_api, guest->block, ref, type, 0, &word);
    return status == WASMC_OK ? wasmc_ref_hold_(&{library}_api, guest->block, word, type, copy) : status;
}}

/* Finds whether two references are to the same object, or the same i31 (ref.eq). */
static inline uint32_t {library}_ref_same({library}_instance *guest, wasmc_ref_t one, wasmc_ref_t other, int *is_same)
{{
    uint64_t words[2];
    uint32_t status = wasmc_ref_get_(&{library}_api, guest->block, one, WASMC_TYPE_ANY, 1, &words[0]);
    if (status == WASMC_OK)
        status = wasmc_ref_get_(&{library}_api, guest->block, other, WASMC_TYPE_ANY, 1, &words[1]);
    *is_same = status == WASMC_OK && words[0] == words[1];
    return status;
}}

/* Makes a handle of the reference that an exception carries in the place with this number, from 0 on: right after
   wasmc_api.exception has told of it, before the guest runs. */
static inline uint32_t {library}_exception_ref({library}_instance *guest, const wasmc_exception *exception,
    size_t number, wasmc_ref_t *ref)
{{
    return wasmc_exception_ref_(&{library}_api, guest->block, exception, number, ref);
}}

/* Makes a handle of an external reference of the host's: any number but those whose upper 16 bits are all set. */
static inline uint32_t {library}_ref_of_extern({library}_instance *guest, uint64_t number, wasmc_ref_t *ref)
{{
    if (number >> 48 == 0xffff)
        return WASMC_REF_NOT_EXTERNAL;
    return wasmc_ref_hold_(&{library}_api, guest->block, number, WASMC_TYPE_EXTERN, ref);
}}

/* Finds the number that an external reference of the host's is; one of the guest's is of another type. */
static inline uint32_t {library}_ref_extern({library}_instance *guest, wasmc_ref_t ref, uint64_t *number)
{{
    uint64_t word;
    const uint32_t status = wasmc_ref_get_(&{library}_api, guest->block, ref, WASMC_TYPE_EXTERN, 1, &word);
    if (status == WASMC_OK && word >> 48 == 0xffff)
        return WASMC_REF_OTHER_TYPE;
    if (status == WASMC_OK)
        *number = word;
    return status;
}}

"
    )
}

/// An expression that finds the word of a handle; its value is a status.
fn get_word(library: &str, ty: Reference, handle: &str, word: &str) -> String {
    let (code, is_nullable) = (ty.to.code(), u32::from(ty.is_nullable));
    format!("wasmc_ref_get_(&{library}_api, guest->block, {handle}, {code}, {is_nullable}, {word})")
}

/// An expression that makes a handle of a word; its value is a status.
fn hold(library: &str, ty: Reference, word: &str, handle: &str) -> String {
    format!("wasmc_ref_hold_(&{library}_api, guest->block, {word}, {}, {handle})", ty.to.code())
}

/// The references among values, with their positions.
fn references(types: &[Value]) -> impl Iterator<Item = (usize, Reference)> {
    types.iter().enumerate().filter_map(|(at, ty)| match ty {
        Value::Reference(ty) => Some((at, *ty)),
        _ => None,
    })
}

/// The function that calls an export.
pub fn call(library: &str, head: &str, name: &str, number: usize, ty: &Signature) -> String {
    let len = ty.slots().max(1);
    let mut body = String::new();
    for (at, &param) in ty.params.iter().enumerate() {
        body += &match param {
            Value::Reference(of) => {
                let word = get_word(library, of, &format!("arg{at}"), &format!("&value[{at}].ref"));
                format!("    if (status == WASMC_OK)\n        status = {word};\n")
            }
            number => set(number, at),
        };
    }
    let results = references(&ty.results);
    let none: String = results.map(|(at, _)| format!("    *result{at} = 0;\n")).collect();
    let mut gets = String::new();
    for (at, &result) in ty.results.iter().enumerate() {
        gets += &match result {
            Value::Reference(of) => {
                let held = hold(library, of, &format!("value[{at}].ref"), &format!("result{at}"));
                format!("        if (status == WASMC_OK)\n            status = {held};\n")
            }
            number => get(number, at),
        };
    }
    let frees = frees(library, &ty.results, |at| format!("*result{at}"));
    let gets = if gets.is_empty() { gets } else { format!("    if (status == WASMC_OK) {{\n{gets}    }}\n") };
    format!(
        "{head}static inline uint32_t {name}({library}_instance *guest{})\n{{\n    wasmc_value value[{len}];\n    \
         uint32_t status = WASMC_OK;\n{none}{body}    if (status == WASMC_OK)\n        \
         status = {library}_api.enter(guest->block, guest,\n            \
         {library}_api.module->exports[{number}].function, (unsigned char *)value);\n{gets}{frees}    \
         return wasmc_ended_(&{library}_api, guest->block, status);\n}}\n\n",
        parameters(ty),
    )
}

/// Lines that free handles where a status says that something has failed.
fn frees(library: &str, types: &[Value], handle: impl Fn(usize) -> String) -> String {
    // The last one has not been made then.
    let mut held: Vec<usize> = references(types).map(|(at, _)| at).collect();
    held.pop();
    if held.is_empty() {
        return String::new();
    }
    let free = |&at: &usize| {
        let handle = handle(at);
        format!("        {library}_api.references.release(guest->block, {handle});\n        {handle} = 0;\n")
    };
    format!("    if (status != WASMC_OK) {{\n{}    }}\n", held.iter().map(free).collect::<String>())
}

/// The function that calls the host's function for an import, whose member is called `name`.
pub fn import(library: &str, name: &str, ty: &Signature, is_direct: bool) -> String {
    let (head, word): (_, fn(usize, Value) -> String) = match (is_direct, ty.results.first()) {
        (true, result) => {
            let outcome = result.map_or("uint32_t".into(), |&ty| format!("wasmc_outcome_{}", member(ty)));
            (format!("static inline {outcome} {library}_import_{name}_(void *data{})", argument_list(ty)), |at, _| {
                format!("arg{at}")
            })
        }
        (false, _) => {
            (format!("static inline uint32_t {library}_import_{name}_(void *data, unsigned char *values)"), |at, ty| {
                format!("value[{at}].{}", member(ty))
            })
        }
    };
    let mut text = format!("{head}\n{{\n    {library}_instance *guest = ({library}_instance *)data;\n");
    if !is_direct {
        text += "    wasmc_value *value = (wasmc_value *)(void *)values;\n";
    }
    text += "    uint32_t status = WASMC_OK;\n";
    for (at, _) in references(&ty.params) {
        let _ = writeln!(text, "    wasmc_ref_t ref{at} = 0;");
    }
    for (at, &ty) in ty.results.iter().enumerate() {
        match ty {
            Value::V128 => text += &format!("    uint8_t result{at}[16];\n"),
            _ => text += &format!("    {} result{at} = 0;\n", c_type(ty)),
        }
    }
    for (at, of) in references(&ty.params) {
        let held = hold(library, of, &word(at, Value::Reference(of)), &format!("&ref{at}"));
        let _ = write!(text, "    if (status == WASMC_OK)\n        status = {held};\n");
    }
    text += &frees(library, &ty.params, |at| format!("ref{at}"));
    let args: String = (ty.params.iter().enumerate())
        .map(|(at, &ty)| match ty {
            Value::Reference(_) => format!(", ref{at}"),
            number => format!(", {}", word(at, number)),
        })
        .collect();
    let places: String = (ty.results.iter().enumerate())
        .map(|(at, ty)| format!(", {}result{at}", if *ty == Value::V128 { "" } else { "&" }))
        .collect();
    let _ =
        write!(text, "    if (status == WASMC_OK)\n        status = guest->imports->{name}(guest{args}{places});\n");
    let take = |(at, of): (usize, Reference)| {
        let (code, is_nullable) = (of.to.code(), u32::from(of.is_nullable));
        format!(
            "        result{at} = wasmc_ref_take_(&{library}_api, guest->block, result{at}, {code}, {is_nullable}, \
             &status);\n"
        )
    };
    let takes: String = references(&ty.results).map(take).collect();
    if !takes.is_empty() {
        let _ = write!(text, "    if (status == WASMC_OK) {{\n{takes}    }}\n");
    }
    text + &answer(ty, is_direct) + "}\n\n"
}

/// Lines that return the results of the host's to the guest.
fn answer(ty: &Signature, is_direct: bool) -> String {
    match (is_direct, ty.results.first()) {
        (true, Some(&ty)) => {
            let ty = member(ty);
            format!("    return status == WASMC_OK ? wasmc_return_{ty}(result0) : wasmc_end_{ty}(status);\n")
        }
        (true, None) => "    return status;\n".into(),
        (false, _) => {
            let set = |(at, &ty): (usize, &Value)| match ty {
                Value::V128 => format!("        memcpy(value[{at}].v128, result{at}, 16);\n"),
                ty => format!("        value[{at}].{} = result{at};\n", member(ty)),
            };
            let sets: String = ty.results.iter().enumerate().map(set).collect();
            format!("    if (status == WASMC_OK) {{\n{sets}    }}\n    return status;\n")
        }
    }
}

/// What there is for a global.
pub fn global(
    library: &str,
    head: &str,
    instance: &str,
    name: &str,
    state: &str,
    (ty, is_mutable): (Reference, bool),
) -> String {
    let (held, found) = (hold(library, ty, "word", "value"), get_word(library, ty, "value", "&word"));
    let set = format!(
        "static inline uint32_t {name}_set({instance}, wasmc_ref_t value)\n{{\n    uint64_t word;\n    \
         const uint32_t status = {found};\n    if (status == WASMC_OK)\n        \
         memcpy({state}, &word, sizeof word);\n    return status;\n}}\n\n"
    );
    format!(
        "{head}static inline uint32_t {name}_get({instance}, wasmc_ref_t *value)\n{{\n    uint64_t word;\n    \
         memcpy(&word, {state}, sizeof word);\n    return {held};\n}}\n\n{}",
        if is_mutable { set } else { String::new() },
    )
}

/// Lines that set the imported global with a number to what `member` of the imports says.
pub fn begin(library: &str, member: &str, number: usize, ty: Reference) -> String {
    let found = get_word(library, ty, &format!("imports->{member}"), "&word");
    format!(
        "    if (status == 0) {{\n        uint64_t word;\n        const uint32_t error = {found};\n        \
         if (error != WASMC_OK) {{\n            {library}_api.free(guest->block);\n            return error;\n        \
         }}\n        memcpy(guest->block + {library}_api.module->exports[{number}].offset, &word, sizeof word);\n    \
         }}\n"
    )
}

/// What there is for the elements of a table.
pub fn table(library: &str, instance: &str, name: &str, state: &str, ty: Reference) -> String {
    let (held, found) = (hold(library, ty, "table->elements[index]", "value"), get_word(library, ty, "value", "&word"));
    let table = format!(
        "    const wasmc_table *table = (const wasmc_table *)(const void *)({state});\n    \
         if (index >= table->len)\n        return WASMC_TRAP_OUT_OF_BOUNDS_TABLE_ACCESS;\n"
    );
    format!(
        "/* The element at an index. */\n\
         static inline uint32_t {name}_get({instance}, uint64_t index, wasmc_ref_t *value)\n{{\n{table}    \
         return {held};\n}}\n\n\
         static inline uint32_t {name}_set({instance}, uint64_t index, wasmc_ref_t value)\n{{\n    \
         uint64_t word;\n    const uint32_t status = {found};\n{table}    \
         if (status == WASMC_OK)\n        table->elements[index] = word;\n    return status;\n}}\n\n"
    )
}
