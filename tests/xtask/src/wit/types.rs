//! Enumerations and flags.

use std::fmt::Write as _;

use wit_parser::{Resolve, TypeDefKind};

use super::{Named, head, identifier};

/// The file with the enumerations and flags of all interfaces.
pub fn all(resolve: &Resolve, interfaces: &[Named<'_>]) -> String {
    let mut text = head("The enumerations and flags of WASI 0.2, in a module for each interface.");
    for (name, interface) in interfaces {
        let mut types = String::new();
        for (ty, &id) in &interface.types {
            match &resolve.types[id].kind {
                TypeDefKind::Enum(cases) => {
                    let cases: Vec<&str> = cases.cases.iter().map(|case| case.name.as_str()).collect();
                    enumeration(&mut types, name, ty, &cases);
                }
                TypeDefKind::Flags(flags) => {
                    let names: Vec<&str> = flags.flags.iter().map(|flag| flag.name.as_str()).collect();
                    bits(&mut types, name, ty, &names);
                }
                _ => {}
            }
        }
        if !types.is_empty() {
            write!(text, "/// `{name}`\npub mod {} {{\n{types}}}\n\n", identifier(name)).unwrap_or_default();
        }
    }
    text
}

fn enumeration(text: &mut String, interface: &str, name: &str, cases: &[&str]) {
    let ty = camel_case(name);
    write!(text, "/// `{interface}#{name}`\n#[derive(Clone, Copy, Debug, PartialEq, Eq)]\n#[repr(u8)]\n")
        .unwrap_or_default();
    writeln!(text, "pub enum {ty} {{").unwrap_or_default();
    for (number, case) in cases.iter().enumerate() {
        writeln!(text, "/// `{case}`\n{} = {number},", camel_case(case)).unwrap_or_default();
    }
    text.push_str("}\n\n");
    writeln!(text, "impl {ty} {{\n/// Every case, in order of value.\npub const ALL: &[Self] = &[").unwrap_or_default();
    for case in cases {
        writeln!(text, "Self::{},", camel_case(case)).unwrap_or_default();
    }
    text.push_str("];\n}\n\n");
}

fn bits(text: &mut String, interface: &str, name: &str, names: &[&str]) {
    writeln!(text, "/// `{interface}#{name}`\npub mod {} {{", identifier(name)).unwrap_or_default();
    for (bit, name) in names.iter().enumerate() {
        writeln!(text, "/// `{name}`\npub const {}: u32 = 1 << {bit};", identifier(name).to_uppercase())
            .unwrap_or_default();
    }
    writeln!(text, "/// Every flag.\npub const ALL: u32 = (1 << {}) - 1;\n}}\n", names.len()).unwrap_or_default();
}

/// `NoEntry` of `no-entry`.
fn camel_case(name: &str) -> String {
    name.split('-')
        .flat_map(|word| {
            let mut characters = word.chars();
            characters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(characters)
        })
        .collect()
}
