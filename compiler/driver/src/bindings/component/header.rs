//! Bindings in C99 and C++ to the library of a component: a header with a function for each export, and structures for
//! the types of WIT.

use super::super::c::instance;
use super::super::c::{COMMON, TAKEN, comment};
use super::super::interface::{Interface as Core, symbol};
use super::super::names::Names;
use super::c_functions::{answers, exported, frees, members, wasi_member};
use super::c_types::CTypes;
use super::spelling::has_wasi;
use crate::error::Error;
use std::fmt::Write as _;
use wasmc_abi::component::{ADAPTER_TRAPS, LIBRARY_TRAPS};
use wasmc_component::interface::{Handle, Interface, Owner, Type};

/// What the headers of components have in common.
const PARTS: [&str; 3] = [include_str!("c/guest.h"), include_str!("c/strings.h"), include_str!("c/values.h")];

/// What those have in common, besides, that import functions of WASI.
const WASI: &str = include_str!("c/wasi.h");

/// The header of a component's library, whose core module is `core`.
///
/// # Errors
/// Where the component has what is not supported.
pub fn header(core: &Core, world: &Interface) -> Result<String, Error> {
    super::functions::check(world).map_err(|error| error.in_file(&core.file))?;
    let name = &core.name;
    let guard = format!("WASMC_LIBRARY_{}_H", name.to_uppercase());
    let taken = [TAKEN, &["free", "destroy"]].concat();
    let mut types = CTypes::new(world, name, Names::new(&taken));
    let members = members(&mut types, world, name) + &wasi_member(world, name);
    let (answers, answer_names) = answers(&mut types, world, core);
    let mut functions = String::new();
    for namespace in &world.exports {
        for function in &namespace.functions {
            functions += &exported(&mut types, world, name, namespace.name.as_ref(), function);
        }
    }
    functions += &drops(&mut types, world, name);
    functions += &frees(&mut types, world);
    let mut text = format!(
        "/* The library of the component `{}`, made by wasmc {}: this header belongs to that library alone. */\n\n\
         #ifndef {guard}\n#define {guard}\n\n#include <stddef.h>\n#include <stdint.h>\n\n{COMMON}\n{}\n{}\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\nextern const wasmc_api {};\n\n{}",
        comment(&core.file),
        env!("CARGO_PKG_VERSION"),
        common(),
        if has_wasi(world) { format!("{WASI}\n") } else { String::new() },
        symbol(name),
        types.text,
    );
    text += &structures(core, &members);
    text += &calls(name, world);
    if has_wasi(world) {
        let _ = write!(
            text,
            "static inline wasmc_wasi *{name}_wasi_({name}_instance *guest)\n{{\n    \
             return guest->imports->wasi == NULL ? NULL : guest->imports->wasi(guest);\n}}\n\n"
        );
    }
    text += &answers;
    let prepare =
        "    guest->violation = NULL;\n    guest->lifted = UINT64_C(256) << 20;\n    guest->has_trapped = false;\n";
    text += &instance::functions(core, &answer_names, prepare);
    text += &functions;
    text += "#ifdef __cplusplus\n}\n#endif\n#endif\n";
    Ok(text)
}

/// What all headers of components have, with the messages of traps.
fn common() -> String {
    let mut messages = String::new();
    let mut known = std::collections::BTreeSet::new();
    for (number, message) in ADAPTER_TRAPS.iter().chain(LIBRARY_TRAPS) {
        if known.insert(number) {
            let _ = writeln!(messages, "    case {number}: return {message:?};");
        }
    }
    let messages = format!(
        "/* Why a component traps that calls for it. */\n\
         static inline const char *wasmc_trap_message_(int32_t number)\n{{\n    switch (number) {{\n{messages}    \
         default: return \"trap of an adapter\";\n    }}\n}}\n"
    );
    // Before the end of what is there once.
    let end = "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
    let parts = PARTS.join("\n");
    let parts = parts.strip_suffix(end).unwrap_or(&parts);
    format!("{parts}\n{messages}{end}")
}

/// The functions that an instance imports, and the instance.
fn structures(core: &Core, members: &str) -> String {
    let name = &core.name;
    let members = if members.is_empty() { "    int nothing;\n" } else { members };
    format!(
        "typedef struct {name}_instance {name}_instance;\n\n\
         /* What an instance imports. A function returns 0, or WASMC_FAILED, which the call of the component then\n   \
         returns. What it is given is there until it returns; strings and lists of its result must come from \
         malloc,\n   and are freed then. */\n\
         typedef struct {name}_imports {{\n{members}}} {name}_imports;\n\n\
         /* An instance, which stays where it is. `data` is the host's; `violation` is what the last call has done \
         that\n   is not allowed, or null; `lifted` is how many bytes the component may pass in one call. The other \
         members are\n   not for use. */\n\
         struct {name}_instance {{\n    unsigned char *block;\n    const {name}_imports *imports;\n    \
         void *data;\n    wasmc_host_function functions[{}];\n    const char *violation;\n    uint64_t lifted;\n    \
         bool has_trapped;\n}};\n\n",
        core.imports.len().max(1),
    )
}

/// What every call of the component's does.
fn calls(name: &str, world: &Interface) -> String {
    let handles = world.handles.map_or(["-1".to_owned(), "-1, -1, -1, -1, -1".to_owned()], |handles| {
        let numbers = [handles.own, handles.borrow, handles.take, handles.representation, handles.enter, handles.exit];
        let [first, rest @ ..] = numbers;
        [first.to_string(), rest.map(|number| number.to_string()).join(", ")]
    });
    format!(
        "static const wasmc_handles_ {name}_handles_ = {{{}}};\n\n\
         static inline wasmc_guest_ {name}_guest_({name}_instance *guest, const wasmc_lifted_ *options)\n{{\n    \
         wasmc_guest_ called;\n    called.api = &{name}_api;\n    called.block = guest->block;\n    \
         called.data = guest;\n    called.options = options;\n    called.handles = &{name}_handles_;\n    \
         called.budget = guest->lifted;\n    called.status = WASMC_OK;\n    called.violation = NULL;\n    \
         return called;\n}}\n\n\
         /* The status of an import, which the call of the component then returns. */\n\
         static inline uint32_t {name}_answered_({name}_instance *guest, const wasmc_guest_ *lowered)\n{{\n    \
         if (lowered->status != WASMC_VIOLATION)\n        return lowered->status;\n    \
         guest->violation = lowered->violation;\n    return WASMC_FAILED;\n}}\n\n\
         /* The status of a call, after which the component cannot be called unless it is WASMC_OK. */\n\
         static inline uint32_t {name}_ended_({name}_instance *guest, const wasmc_guest_ *called)\n{{\n    \
         if (called->violation != NULL)\n        guest->violation = called->violation;\n    \
         guest->has_trapped = guest->has_trapped || called->status != WASMC_OK;\n    \
         return guest->violation != NULL && called->status == WASMC_FAILED\n        ? (uint32_t)WASMC_VIOLATION \
         : called->status;\n}}\n\n\
         static inline uint32_t {name}_enter_({name}_instance *guest)\n{{\n    guest->violation = NULL;\n    \
         if (!guest->has_trapped)\n        return WASMC_OK;\n    \
         guest->violation = \"cannot enter component instance\";\n    return WASMC_VIOLATION;\n}}\n\n\
         static inline uint32_t {name}_call_({name}_instance *guest, int32_t number, int32_t post_return, \
         bool borrows,\n    const wasmc_lifted_ *options, const wasmc_type_ *type, const void *const *params, \
         const wasmc_type_ *result_type,\n    void *result)\n{{\n    \
         wasmc_guest_ called = {name}_guest_(guest, options);\n    \
         if (result_type != NULL)\n        memset(result, 0, result_type->own_size);\n    \
         if ({name}_enter_(guest) != WASMC_OK)\n        return WASMC_VIOLATION;\n    \
         wasmc_call_lifted_(&called, number, post_return, borrows, type, params, result_type, result);\n    \
         if (called.status != WASMC_OK && result_type != NULL) {{\n        wasmc_free_(result_type, result);\n        \
         memset(result, 0, result_type->own_size);\n    }}\n    return {name}_ended_(guest, &called);\n}}\n\n",
        handles.join(", "),
    )
}

/// What drops a resource of the component's that the host owns.
fn drops(types: &mut CTypes<'_>, world: &Interface, library: &str) -> String {
    let mut text = String::new();
    for (number, resource) in world.resources.iter().enumerate() {
        let Owner::Guest(destructor) = resource.owner else { continue };
        let ty = types.get(&Type::Own(Handle { resource: number, table: 0 }));
        let call = match destructor {
            Some(export) => format!(
                "    static const wasmc_lifted_ options = {{-1, -1, 0, 0, NULL}};\n    \
                 wasmc_guest_ called = {library}_guest_(guest, &options);\n    wasmc_value value;\n    \
                 if ({library}_enter_(guest) != WASMC_OK)\n        return WASMC_VIOLATION;\n    \
                 value.i32 = (int32_t)resource.representation;\n    wasmc_call_(&called, {export}, &value);\n    \
                 return {library}_ended_(guest, &called);\n"
            ),
            None => "    (void)guest;\n    (void)resource;\n    return WASMC_OK;\n".into(),
        };
        let _ = write!(
            text,
            "/* Drops one that the host owns. */\n\
             static inline uint32_t {name}_drop({library}_instance *guest, {name} resource)\n{{\n{call}}}\n\n",
            name = ty.name,
        );
    }
    text
}
