//! What a module imports: a trait for the host, and what calls its functions.

use super::ALLOWED;
use super::values::{Types, answer, lifted, word};
use crate::bindings::interface::{Import, ImportedGlobal, Interface, Value};
use std::fmt::Write as _;
use wasmc_frontend::Shown;

/// The trait of what a module imports.
pub fn imports_trait(
    text: &mut String,
    interface: &Interface,
    imports: &[(String, &Import)],
    globals: &[String],
    types: &Types,
) {
    let own: Vec<&(String, &Import)> = imports.iter().filter(|(_, import)| !import.is_wasi).collect();
    let wasi = if interface.has_wasi() { "wasmc_embed::wasi::HasWasi" } else { "Sized" };
    let _ = writeln!(text, "/// What `{}` imports.\n{ALLOWED}pub trait Imports: {wasi} {{", interface.file);
    for (name, Import { module, name: import, ty, .. }) in own.iter().map(|each| (&each.0, each.1)) {
        let params = types.owned_parameters(&ty.params);
        let _ = writeln!(
            text,
            "    /// `{}.{}`\n    ///\n    /// # Errors\n    /// Whatever ends the call of the guest.\n    \
             fn {name}(&mut self, guest: &mut Guest<'_, Self>{params}) -> Result<{}, wasmc_embed::Error>\n    \
             where\n        Self: Sized;",
            Shown(module),
            Shown(import),
            types.results(&ty.results),
        );
    }
    for (name, ImportedGlobal { module, name: import, ty, .. }) in globals.iter().zip(&interface.globals) {
        let _ = writeln!(
            text,
            "    /// What `{}.{}` is at first.\n    fn {name}(&self) -> {};",
            Shown(module),
            Shown(import),
            types.value(*ty)
        );
    }
    text.push_str("}\n\n");
    if own.is_empty() && globals.is_empty() {
        let _ = writeln!(text, "impl<T: {wasi}> Imports for T {{}}\n");
    }
}

/// The entry of an import in the array of them.
pub fn import_entry(name: &str, import: &Import, interface: &Interface) -> String {
    if import.ty.has_references() {
        return reference_import_entry(name, import);
    }
    if import.is_direct {
        return direct_import_entry(name, import, interface);
    }
    let Import { name: import, ty, is_wasi, .. } = import;
    let args: Vec<String> = (0..ty.params.len()).map(|number| format!("call.arg({number})")).collect();
    let called = match (is_wasi, interface.wasi_memory()) {
        (true, Some(memory)) => {
            let args: String = args.iter().map(|arg| format!(", {arg}")).collect();
            format!("wasmc_embed::wasi::{import}(host.wasi(), &mut guest.memory({memory}){args})")
        }
        _ => {
            let args: String = args.iter().map(|arg| format!(", {arg}")).collect();
            format!("host.{name}(&mut Guest(guest){args})")
        }
    };
    let guest = match (is_wasi, ty.results.len()) {
        (true, _) => "mut guest: wasmc_embed::Guest<'_, T>",
        (false, _) => "guest: wasmc_embed::Guest<'_, T>",
    };
    let call = if ty.slots() == 0 { "_" } else { "call" };
    let body = match ty.results.len() {
        0 => format!("            {called}?;\n"),
        1 => format!("            let result = {called}?;\n            call.set_result(0, result);\n"),
        many => {
            let sets: String =
                (0..many).map(|number| format!("            call.set_result({number}, results.{number});\n")).collect();
            format!("            let results = {called}?;\n{sets}")
        }
    };
    format!(
        "        wasmc_embed::import(|host: &mut T, {guest}, {call}: wasmc_embed::Call| {{\n{body}            \
         Ok(())\n        }}),\n"
    )
}

/// As [`import_entry`], of an import that is satisfied by a function that takes arguments as such.
fn direct_import_entry(name: &str, Import { name: import, ty, is_wasi, .. }: &Import, interface: &Interface) -> String {
    let args: String = (0..ty.params.len()).map(|number| format!(", arg{number}")).collect();
    let (mutable, called) = match (is_wasi, interface.wasi_memory()) {
        (true, Some(memory)) => {
            ("mut ", format!("wasmc_embed::wasi::{import}(host.wasi(), &mut guest.memory({memory}){args})"))
        }
        _ => ("", format!("host.{name}(&mut Guest(guest){args})")),
    };
    let names: String = (0..ty.params.len()).map(|number| format!("arg{number},")).collect();
    let types: String = ty.params.iter().map(|&ty| format!("{},", word(ty))).collect();
    let body = if ty.results.is_empty() { format!("{called}?;\n            Ok(())") } else { called };
    format!(
        "        wasmc_embed::import_directly(|host: &mut T, {mutable}guest: wasmc_embed::Guest<'_, T>, \
         ({names}): ({types})| {{\n            {body}\n        }}),\n"
    )
}

/// As [`import_entry`], of an import that references cross the boundary by.
fn reference_import_entry(name: &str, Import { ty, is_direct, .. }: &Import) -> String {
    let args: String = (0..ty.params.len()).map(|number| format!(", arg{number}")).collect();
    let lifts = lifted(ty);
    let bound = if ty.results.is_empty() { "" } else { "let result = " };
    let called = format!("let mut guest = Guest(guest);\n            {bound}host.{name}(&mut guest{args})?;\n");
    if *is_direct {
        let names: String = (0..ty.params.len()).map(|number| format!("arg{number},")).collect();
        let types: String = ty.params.iter().map(|&ty| format!("{},", word(ty))).collect();
        let result = ty.results.first().map_or("()".into(), |&ty| answer(ty, "result"));
        return format!(
            "        wasmc_embed::import_directly(|host: &mut T, guest: wasmc_embed::Guest<'_, T>, \
             ({names}): ({types})| {{\n{lifts}            {called}            Ok({result})\n        }}),\n"
        );
    }
    let gets: String =
        (0..ty.params.len()).map(|number| format!("            let arg{number} = call.arg({number});\n")).collect();
    let set = |(number, &result): (usize, &Value)| {
        let value = if ty.results.len() == 1 { "result".to_owned() } else { format!("result.{number}") };
        format!("            call.set_result({number}, {});\n", answer(result, &value))
    };
    let sets: String = ty.results.iter().enumerate().map(set).collect();
    format!(
        "        wasmc_embed::import(|host: &mut T, guest: wasmc_embed::Guest<'_, T>, call: wasmc_embed::Call| {{\n\
         {gets}{lifts}            {called}{sets}            Ok(())\n        }}),\n"
    )
}
