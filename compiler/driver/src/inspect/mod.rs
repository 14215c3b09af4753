//! `wasmc inspect`: what a file contains.
//!
//! - [`module`]: a module, [`component`]: a component,
//! - [`executable`]: the executable that was made of one.

mod component;
mod executable;
mod module;

use crate::error::Error;
use crate::files;
use std::fmt::Write as _;
use std::path::Path;

/// Describes the module in a file, or the executable that was made of one.
///
/// # Errors
/// Where it cannot be read, or is neither.
pub fn describe(path: &Path) -> Result<String, Error> {
    let (name, bytes) = (files::display_name(path), files::read(path)?);
    match executable::is_executable(&bytes) {
        true => executable::describe(&name, &bytes),
        false => {
            let binary = wasmc_frontend::to_binary(&bytes).map_err(|error| Error::of_module(error, &name))?;
            match wasmc_component::is_component(&binary) {
                true => component::describe(&name, &binary),
                false => module::describe(&name, &binary),
            }
        }
    }
}

/// A heading with indented lines; nothing, where there are none.
fn list(text: &mut String, heading: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    let _ = writeln!(text, "{heading}:");
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}
