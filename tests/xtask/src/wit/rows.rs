//! Rows of functions and resources.

use std::fmt::Write as _;

use anyhow::Result;
use wit_parser::abi::{AbiVariant, WasmType};
use wit_parser::{Function, Handle, Resolve, Type, TypeDefKind, TypeId, TypeOwner};

use super::{Named, head, identifier, package_of};

/// Columns of the text of a type in a row.
const TEXT: usize = 100;

/// The file that names the others: its tables have all functions and all resources.
pub fn index(resolve: &Resolve, interfaces: &[Named<'_>], packages: &[&str]) -> String {
    let mut text = head("The functions and resources of WASI 0.2.");
    for package in packages {
        writeln!(text, "mod {package};").unwrap_or_default();
    }
    text.push_str("pub mod types;\n\nuse super::{ComponentFunction, Resource};\n\n");
    text.push_str("/// The functions, by package.\npub(super) static FUNCTIONS: &[&[ComponentFunction]] = &[");
    for package in packages {
        write!(text, "{package}::FUNCTIONS,").unwrap_or_default();
    }
    text.push_str("];\n\n/// The resources, in order of their numbers, which begin with 1.\n");
    text.push_str("pub(super) static RESOURCES: &[Resource] = &[\n");
    let resources: Vec<_> = resources(resolve, interfaces).collect();
    for (interface, name) in &resources {
        writeln!(text, "Resource {{ interface: {interface:?}, name: {name:?} }},").unwrap_or_default();
    }
    text.push_str("];\n\n/// Numbers of the resources.\npub mod resource {\n");
    for (index, (interface, name)) in resources.iter().enumerate() {
        let constant = identifier(name).to_uppercase();
        writeln!(text, "/// `{interface}#{name}`\npub const {constant}: u32 = {};", index + 1).unwrap_or_default();
    }
    text.push_str("}\n\n/// The type of each function's definition.\npub mod function {\n");
    for package in packages {
        writeln!(text, "pub use super::{package}::function::*;").unwrap_or_default();
    }
    text.push_str("}\n\n/// Calls a macro with the symbols of all functions.\n#[macro_export]\n");
    text.push_str("macro_rules! preview2_functions {\n($then:ident) => {\n$then! {\n");
    for (name, interface) in interfaces {
        for resource in dropped(resolve, interface) {
            writeln!(text, "{}", symbol(name, &format!("drop-{resource}"))).unwrap_or_default();
        }
        for function in interface.functions.keys() {
            writeln!(text, "{}", symbol(name, function)).unwrap_or_default();
        }
    }
    text.push_str("}\n};\n}\n");
    text
}

/// The rows of a package's functions.
pub fn of_package<'a>(
    resolve: &Resolve,
    package: &str,
    interfaces: impl Iterator<Item = &'a Named<'a>>,
) -> Result<String> {
    let mut text = head(&format!("The functions of `wasi:{package}`. Long because it has a row for each of them."));
    text.push_str("functions! {\n");
    for (name, interface) in interfaces {
        writeln!(text, "    {name:?} {{")?;
        for resource in dropped(resolve, interface) {
            let ty = format!("(self: own<{name}#{resource}>)");
            let names = (format!("[resource-drop]{resource}"), symbol(name, &format!("drop-{resource}")));
            row(&mut text, names, ("u32", ""), &ty)?;
        }
        for function in interface.functions.values() {
            let names = (function.name.clone(), symbol(name, &function.name));
            let (params, result) = flat(resolve, function);
            row(&mut text, names, (&params, &result), &type_of(resolve, function))?;
        }
        text.push_str("    }\n");
    }
    text.push_str("}\n");
    Ok(text)
}

fn row(text: &mut String, (name, symbol): (String, String), (params, result): (&str, &str), ty: &str) -> Result<()> {
    write!(text, "        {name:?},\n            {symbol}\n            ({params}) -> ({result}),\n            \"")?;
    // A backslash at the end of a line takes away the white space that the next one begins with.
    let mut column = 0;
    for word in ty.split_inclusive(' ') {
        if column > 0 && column + word.len() > TEXT {
            text.push_str("\\\n            ");
            column = 0;
        }
        text.push_str(word);
        column += word.len();
    }
    text.push_str("\";\n");
    Ok(())
}

/// The symbol of a function.
fn symbol(interface: &str, function: &str) -> String {
    let name = function.rsplit(']').next().unwrap_or(function);
    format!("wasmc_p2_{}_{}", identifier(interface), identifier(name))
}

/// The resources of all interfaces.
fn resources<'a>(resolve: &'a Resolve, interfaces: &'a [Named<'_>]) -> impl Iterator<Item = (&'a str, &'a str)> {
    interfaces
        .iter()
        .flat_map(|(name, interface)| dropped(resolve, interface).map(move |resource| (name.as_str(), resource)))
}

/// The resources that an interface defines.
fn dropped<'a>(resolve: &'a Resolve, interface: &'a wit_parser::Interface) -> impl Iterator<Item = &'a str> {
    let types = interface.types.iter();
    types.filter(|(_, id)| matches!(resolve.types[**id].kind, TypeDefKind::Resource)).map(|(name, _)| name.as_str())
}

/// The parameters and the result of a lowered function.
fn flat(resolve: &Resolve, function: &Function) -> (String, String) {
    let signature = resolve.wasm_signature(AbiVariant::GuestImport, function);
    let params: Vec<&str> = signature.params.iter().map(|&ty| rust(ty)).collect();
    (params.join(" "), signature.results.first().map_or(String::new(), |&ty| rust(ty).to_owned()))
}

/// The Rust type of a flat value.
fn rust(ty: WasmType) -> &'static str {
    match ty {
        WasmType::I32 | WasmType::Pointer | WasmType::Length => "u32",
        WasmType::I64 | WasmType::PointerOrI64 => "u64",
        WasmType::F32 => "f32",
        WasmType::F64 => "f64",
    }
}

/// The text of a function's type.
fn type_of(resolve: &Resolve, function: &Function) -> String {
    let params: Vec<String> =
        function.params.iter().map(|param| format!("{}: {}", param.name, text_of(resolve, &param.ty))).collect();
    let result = function.result.as_ref().map_or(String::new(), |ty| format!(" -> {}", text_of(resolve, ty)));
    format!("({}){result}", params.join(", "))
}

/// The text of a type, in which no other type has a name, but for resources.
fn text_of(resolve: &Resolve, ty: &Type) -> String {
    match ty {
        Type::Bool => "bool".into(),
        Type::U8 => "u8".into(),
        Type::U16 => "u16".into(),
        Type::U32 => "u32".into(),
        Type::U64 => "u64".into(),
        Type::S8 => "s8".into(),
        Type::S16 => "s16".into(),
        Type::S32 => "s32".into(),
        Type::S64 => "s64".into(),
        Type::F32 => "f32".into(),
        Type::F64 => "f64".into(),
        Type::Char => "char".into(),
        Type::String => "string".into(),
        Type::ErrorContext => "error-context".into(),
        Type::Id(id) => text_of_defined(resolve, *id),
    }
}

fn text_of_defined(resolve: &Resolve, id: TypeId) -> String {
    let text = |ty: &Type| text_of(resolve, ty);
    let names = |names: Vec<&str>| names.join(", ");
    match &resolve.types[id].kind {
        TypeDefKind::Type(ty) => text(ty),
        TypeDefKind::Record(record) => {
            let fields = record.fields.iter().map(|field| format!("{}: {}", field.name, text(&field.ty)));
            format!("record{{{}}}", fields.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Tuple(tuple) => {
            format!("tuple<{}>", tuple.types.iter().map(text).collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Variant(variant) => {
            let cases = variant.cases.iter().map(|case| match &case.ty {
                Some(ty) => format!("{}({})", case.name, text(ty)),
                None => case.name.clone(),
            });
            format!("variant{{{}}}", cases.collect::<Vec<_>>().join(", "))
        }
        TypeDefKind::Enum(cases) => {
            format!("enum{{{}}}", names(cases.cases.iter().map(|case| case.name.as_str()).collect()))
        }
        TypeDefKind::Flags(flags) => {
            format!("flags{{{}}}", names(flags.flags.iter().map(|flag| flag.name.as_str()).collect()))
        }
        TypeDefKind::Option(ty) => format!("option<{}>", text(ty)),
        TypeDefKind::Result(result) => match (&result.ok, &result.err) {
            (None, None) => "result".into(),
            (Some(ok), None) => format!("result<{}>", text(ok)),
            (None, Some(err)) => format!("result<_, {}>", text(err)),
            (Some(ok), Some(err)) => format!("result<{}, {}>", text(ok), text(err)),
        },
        TypeDefKind::List(ty) => format!("list<{}>", text(ty)),
        TypeDefKind::Handle(Handle::Own(id)) => format!("own<{}>", resource(resolve, *id)),
        TypeDefKind::Handle(Handle::Borrow(id)) => format!("borrow<{}>", resource(resolve, *id)),
        // A resource's name alone means that it is owned.
        TypeDefKind::Resource => format!("own<{}>", resource(resolve, id)),
        other => unimplemented!("{} in WASI 0.2", other.as_str()),
    }
}

/// The name of a resource: `wasi:io/streams#output-stream`.
fn resource(resolve: &Resolve, id: TypeId) -> String {
    let ty = &resolve.types[id];
    if let TypeDefKind::Type(Type::Id(id)) = ty.kind {
        return resource(resolve, id);
    }
    let interface = match ty.owner {
        TypeOwner::Interface(id) => resolve.id_of(id).unwrap_or_default(),
        _ => String::new(),
    };
    let interface = interface.split('@').next().unwrap_or_default().to_owned();
    debug_assert!(!package_of(&interface).is_empty());
    format!("{interface}#{}", ty.name.as_deref().unwrap_or_default())
}
