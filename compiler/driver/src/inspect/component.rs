//! `wasmc inspect` of a component: its world, its core instances and their memories.

use super::list;
use super::module::{all_features, memory_lines};
use crate::error::Error;
use std::fmt::Write as _;
use wasmc_component::{Interface, World};
use wasmc_frontend::Shown;

/// Describes a component.
///
/// # Errors
/// Where it is not valid.
pub fn describe(name: &str, binary: &[u8]) -> Result<String, Error> {
    let of_module = |error| Error::of_module(error, name);
    let World { imports, exports, modules, instances, component_instances } =
        wasmc_component::world(binary).map_err(of_module)?;
    let mut text = String::new();
    let is_command = exports.iter().any(|export| export.name.starts_with("wasi:cli/run@"));
    let kind = if is_command { "WASI command, a component" } else { "component" };
    let _ = writeln!(text, "{name}: {kind}, {} bytes", binary.len());
    let _ = writeln!(
        text,
        "  {} core modules, {} core instances, {component_instances} component instances",
        modules.len(),
        instances.len()
    );
    list(&mut text, "imports", &lines(&imports));
    list(&mut text, "exports", &lines(&exports));
    let mut described = Vec::new();
    for (instance, &number) in instances.iter().enumerate() {
        let unvalidated = wasmc_frontend::read(&modules[number], all_features()).map_err(of_module)?;
        let module = unvalidated.validate().map_err(of_module)?;
        let called = module.name.map_or(String::new(), |name| format!(" `{}`", Shown(name)));
        let (size, functions) = (module.size, module.functions.len());
        described.push(format!("core{instance}: module {number}{called}, {size} bytes, {functions} functions"));
        described.extend(memory_lines(&module).into_iter().map(|line| format!("  memory {line}")));
    }
    list(&mut text, "core instances", &described);
    Ok(text)
}

fn lines(interfaces: &[Interface]) -> Vec<String> {
    let of = |interface: &Interface| {
        let items = interface.items.iter().map(|item| format!("  {item}"));
        [interface.name.clone()].into_iter().chain(items).collect::<Vec<_>>()
    };
    interfaces.iter().flat_map(of).collect()
}
