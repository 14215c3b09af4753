//! Types of functions as text, by which imports are compared with what the runtime has (component model, "Type
//! Definitions"): names of fields, cases and parameters count, names of types do not.

use crate::names::resource_name;
use crate::translate::Translated;
use std::fmt::Write;
use wasmtime_environ::component::{InterfaceType, TypeFuncIndex, TypeTupleIndex};

/// The type of a function: `(name: type, ...) -> type`.
pub(crate) fn function(translated: &Translated<'_>, index: TypeFuncIndex) -> String {
    let ty = &translated.types[index];
    let params = &translated.types[ty.params].types;
    let params = ty.param_names.iter().zip(params);
    let params: Vec<String> = params.map(|(name, &ty)| format!("{name}: {}", value(translated, ty))).collect();
    let mut text = format!("({})", params.join(", "));
    if let [result] = *translated.types[ty.results].types {
        let _ = write!(text, " -> {}", value(translated, result));
    }
    if ty.async_ { format!("async {text}") } else { text }
}

fn tuple(translated: &Translated<'_>, index: TypeTupleIndex) -> String {
    let types = translated.types[index].types.iter();
    types.map(|&ty| value(translated, ty)).collect::<Vec<_>>().join(", ")
}

/// A type of values.
pub(crate) fn value(translated: &Translated<'_>, ty: InterfaceType) -> String {
    let types = &translated.types;
    let of = |ty| value(translated, ty);
    let names = |names: &mut dyn Iterator<Item = &String>| names.cloned().collect::<Vec<_>>().join(", ");
    let plain = match ty {
        InterfaceType::Bool => "bool",
        InterfaceType::S8 => "s8",
        InterfaceType::U8 => "u8",
        InterfaceType::S16 => "s16",
        InterfaceType::U16 => "u16",
        InterfaceType::S32 => "s32",
        InterfaceType::U32 => "u32",
        InterfaceType::S64 => "s64",
        InterfaceType::U64 => "u64",
        InterfaceType::Float32 => "f32",
        InterfaceType::Float64 => "f64",
        InterfaceType::Char => "char",
        InterfaceType::String => "string",
        InterfaceType::ErrorContext(_) => "error-context",
        InterfaceType::Record(index) => {
            let fields = types[index].fields.iter().map(|field| format!("{}: {}", field.name, of(field.ty)));
            return format!("record{{{}}}", fields.collect::<Vec<_>>().join(", "));
        }
        InterfaceType::Variant(index) => {
            let cases = types[index].cases.iter().map(|(name, ty)| match ty {
                Some(ty) => format!("{name}({})", of(*ty)),
                None => name.clone(),
            });
            return format!("variant{{{}}}", cases.collect::<Vec<_>>().join(", "));
        }
        InterfaceType::Enum(index) => return format!("enum{{{}}}", names(&mut types[index].names.iter())),
        InterfaceType::Flags(index) => return format!("flags{{{}}}", names(&mut types[index].names.iter())),
        InterfaceType::Tuple(index) => return format!("tuple<{}>", tuple(translated, index)),
        InterfaceType::List(index) => return format!("list<{}>", of(types[index].element)),
        InterfaceType::FixedLengthList(index) => {
            let list = &types[index];
            return format!("list<{}, {}>", of(list.element), list.size);
        }
        InterfaceType::Map(index) => return format!("map<{}, {}>", of(types[index].key), of(types[index].value)),
        InterfaceType::Option(index) => return format!("option<{}>", of(types[index].ty)),
        InterfaceType::Result(index) => {
            let result = &types[index];
            return match (result.ok, result.err) {
                (None, None) => "result".into(),
                (Some(ok), None) => format!("result<{}>", of(ok)),
                (None, Some(err)) => format!("result<_, {}>", of(err)),
                (Some(ok), Some(err)) => format!("result<{}, {}>", of(ok), of(err)),
            };
        }
        InterfaceType::Own(table) => return format!("own<{}>", resource_name(translated, table)),
        InterfaceType::Borrow(table) => return format!("borrow<{}>", resource_name(translated, table)),
        InterfaceType::Future(_) => "future",
        InterfaceType::Stream(_) => "stream",
    };
    plain.into()
}
