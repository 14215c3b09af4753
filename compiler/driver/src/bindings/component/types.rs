//! The types that a component names, in Rust.

use super::super::names::{Names, RUST_WORDS};
use super::spelling::{Place, Spelling, camel};
use crate::error::Error;
use std::fmt::Write as _;
use wasmc_component::interface::{Definition, Interface, Kind, Owner, Resource, Type};
use wasmc_frontend::Shown;

/// The types that an interface declares, or the world itself.
///
/// # Errors
/// Where one has what no value of Rust stands for.
pub fn types(world: &Interface, spelling: &Spelling<'_>, place: Place<'_>) -> Result<String, Error> {
    let mut text = String::new();
    for (number, definition) in world.definitions.iter().enumerate() {
        if definition.namespace.as_ref() == place && spelling.is_declared(number) {
            text += &declared(spelling, number, definition, place)?;
        }
    }
    for (number, resource) in world.resources.iter().enumerate() {
        if resource.namespace.as_ref() == place && resource.wasi.is_none() {
            text += &resource_type(spelling, number, resource);
        }
    }
    Ok(text)
}

fn declared(
    spelling: &Spelling<'_>,
    number: usize,
    Definition { name: spelled, kind, .. }: &Definition,
    place: Place<'_>,
) -> Result<String, Error> {
    let name = spelling.definition(number);
    let derived = match (kind, spelling.owns(&Type::Defined(number))) {
        (Kind::Enum(_), _) => "Clone, Copy, Debug, PartialEq, Eq, Hash",
        (_, true) => "Debug",
        (_, false) => "Clone, Debug, PartialEq",
    };
    let head = format!("    /// `{}`\n", Shown(spelled));
    let allowed = "    #[allow(dead_code, missing_docs)]\n";
    let mut text = match kind {
        Kind::Record(_) => format!(
            "wasmc_embed::component::record! {{\n{head}{allowed}    #[derive({derived})]\n    pub struct {name} {{\n"
        ),
        Kind::Variant(_) | Kind::Enum(_) => format!(
            "wasmc_embed::component::variant! {{\n{head}{allowed}    #[derive({derived})]\n    pub enum {name} {{\n"
        ),
        Kind::Flags(_) => format!("wasmc_embed::component::flags! {{\n{head}{allowed}    pub struct {name} {{\n"),
    };
    match kind {
        Kind::Record(fields) => {
            let mut names = Names::new(RUST_WORDS);
            for (field, ty) in fields {
                let ty = spelling.owned(ty, place)?;
                let _ = writeln!(text, "        pub {}: {ty},", names.identifier(field));
            }
        }
        Kind::Variant(cases) => {
            let mut names = Names::new(&["Self"]);
            for (case, (spelled, ty)) in cases.iter().enumerate() {
                let payload = match ty {
                    Some(ty) => format!("({})", spelling.owned(ty, place)?),
                    None => String::new(),
                };
                let _ = writeln!(text, "        {case} => {}{payload},", names.identifier(&camel(spelled)));
            }
        }
        Kind::Enum(cases) => {
            let mut names = Names::new(&["Self"]);
            for (case, spelled) in cases.iter().enumerate() {
                let _ = writeln!(text, "        {case} => {},", names.identifier(&camel(spelled)));
            }
        }
        Kind::Flags(flags) => {
            let mut names = Names::new(&[]);
            for (bit, spelled) in flags.iter().enumerate() {
                let _ = writeln!(text, "        {} = {bit},", names.identifier(&spelled.to_ascii_uppercase()));
            }
        }
    }
    text += "    }\n}\n\n";
    Ok(text)
}

fn resource_type(spelling: &Spelling<'_>, number: usize, resource: &Resource) -> String {
    let (name, spelled) = (spelling.resource(number), Shown(&resource.name));
    match resource.owner {
        Owner::Guest(destructor) => {
            let destructor = destructor.map_or("None".into(), |export| format!("Some({export})"));
            format!(
                "wasmc_embed::component::resource! {{\n    /// A resource `{spelled}` of the component's, which \
                 whoever has this owns.\n    #[allow(dead_code)]\n    \
                 pub struct {name} = {number}, {destructor}\n}}\n\n"
            )
        }
        Owner::Host => format!(
            "wasmc_embed::component::host_resource! {{\n    /// A resource `{spelled}` of the host's, by the \
             number that the host knows it by.\n    #[allow(dead_code)]\n    pub struct {name} = {number}\n}}\n\n"
        ),
    }
}
