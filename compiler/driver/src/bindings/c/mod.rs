//! Bindings for C99 and C++: a header with a function for each export, over the library's one symbol.

mod exports;
pub mod instance;
mod references;
mod values;
mod words;

use super::interface::{Import, ImportedGlobal, Interface, Value, symbol};
use super::names::Names;
use exports::function;
use std::fmt::Write as _;
use values::{argument, argument_list, place, result_places};
pub use values::{c_type, member};
use wasmc_frontend::Shown;
pub use words::{TAKEN, WORDS};

/// What all headers have in common: it is there once, however many are included.
pub const COMMON: &str = include_str!("embed.h");

/// What those have in common, besides, where references cross the boundary.
const REFERENCES: &str = include_str!("references.h");

/// The header of a library.
pub fn header(interface: &Interface) -> String {
    let name = &interface.name;
    let guard = format!("WASMC_LIBRARY_{}_H", name.to_uppercase());
    let mut text = format!(
        "/* The library of `{}`, made by wasmc {}: this header belongs to that library alone. */\n\n\
         #ifndef {guard}\n#define {guard}\n\n#include <stddef.h>\n#include <stdint.h>\n\n\
         {COMMON}\n{}\
         #ifdef __cplusplus\nextern \"C\" {{\n#endif\n\n",
        comment(&interface.file),
        env!("CARGO_PKG_VERSION"),
        if interface.has_references() { format!("{REFERENCES}\n") } else { String::new() },
    );
    for export in &interface.unbound {
        let _ = writeln!(text, "/* There is no function for {}. */", comment(export));
    }
    let _ = writeln!(text, "extern const wasmc_api {};\n", symbol(name));
    types(&mut text, interface);
    let mut names = Names::new(TAKEN);
    text += &references::types(interface, &mut names);
    create(&mut text, interface);
    if interface.has_references() {
        text += &references::functions(name);
    }
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
            Some(&result) if *is_direct && !ty.has_references() => {
                (format!("wasmc_outcome_{}", self::member(result)), String::new())
            }
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
    for (member, Import { ty, is_direct, .. }) in &members {
        if ty.has_references() {
            *text += &references::import(name, member, ty, *is_direct);
        }
        if *is_direct || ty.has_references() {
            continue;
        }
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
        .map(|(member, import)| match import.is_direct && !import.ty.has_references() {
            true => format!("imports->{member}"),
            false => format!("{name}_import_{member}_"),
        })
        .collect();
    let set = |(member, ImportedGlobal { number, ty, .. }): (String, &ImportedGlobal)| {
        if let Value::Reference(ty) = ty {
            return references::begin(name, &member, *number, *ty);
        }
        format!(
            "    if (status == 0)\n        memcpy(guest->block + {name}_api.module->exports[{number}].offset, \
             &imports->{member}, sizeof imports->{member});\n"
        )
    };
    let sets: String = initial_values(interface).map(set).collect();
    *text += &instance::functions(interface, &functions, &sets);
}
