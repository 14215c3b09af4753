//! Names of types that a component declares as imports, of which translation keeps nothing where no function is
//! imported with them. They are found by what the types look like.

use std::collections::HashMap;
use wasmtime_environ::wasmparser::component_types::{
    ComponentAnyTypeId, ComponentDefinedType, ComponentEntityType, ComponentValType,
};
use wasmtime_environ::wasmparser::types::Types;
use wasmtime_environ::wasmparser::{Parser, Payload, ValidPayload, Validator};

/// The interface and the name of each type that looks so.
pub(super) type Declared = HashMap<String, Vec<(Option<String>, String)>>;

/// What a component declares, which is valid; as much as can be read.
pub(super) fn declared(binary: &[u8]) -> Declared {
    let mut validator = Validator::new_with_features(crate::translate::features());
    let (mut names, mut depth, mut declared) = (Vec::new(), 0_u32, Declared::new());
    for payload in Parser::new(0).parse_all(binary) {
        let Ok(payload) = payload else { return declared };
        match &payload {
            Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => depth += 1,
            Payload::ComponentImportSection(section) if depth == 0 => {
                names.extend(section.clone().into_iter().flatten().map(|import| import.name.name.to_owned()));
            }
            _ => {}
        }
        match validator.payload(&payload) {
            Ok(ValidPayload::End(types)) if depth == 0 => {
                names.iter().for_each(|name| add_import(&types, name, &mut declared));
            }
            Ok(ValidPayload::End(_)) => depth -= 1,
            Ok(_) => {}
            Err(_) => return declared,
        }
    }
    declared
}

fn add_import(types: &Types, name: &str, declared: &mut Declared) {
    match types.component_item_for_import(name).map(|item| &item.ty) {
        Some(ComponentEntityType::Instance(instance)) => {
            for (item, export) in &types[*instance].exports {
                add(types, Some(name), item, &export.ty, declared);
            }
        }
        Some(ty) => add(types, None, name, ty, declared),
        None => {}
    }
}

fn add(types: &Types, namespace: Option<&str>, name: &str, ty: &ComponentEntityType, declared: &mut Declared) {
    let ComponentEntityType::Type { referenced: ComponentAnyTypeId::Defined(id), .. } = *ty else { return };
    if let Some(look) = look(&types[id]) {
        declared.entry(look).or_default().push((namespace.map(str::to_owned), name.to_owned()));
    }
}

/// What a type that has a name looks like.
fn look(ty: &ComponentDefinedType) -> Option<String> {
    Some(match ty {
        ComponentDefinedType::Record(record) => {
            looks("record", record.fields.iter().map(|(name, ty)| (name.as_str(), Some(part(ty)))))
        }
        ComponentDefinedType::Variant(variant) => {
            looks("variant", variant.cases.iter().map(|(name, case)| (name.as_str(), case.ty.as_ref().map(part))))
        }
        ComponentDefinedType::Enum(names) => looks("enum", names.iter().map(|name| (name.as_str(), None))),
        ComponentDefinedType::Flags(names) => looks("flags", names.iter().map(|name| (name.as_str(), None))),
        _ => return None,
    })
}

/// A part, where it has no parts itself.
fn part(ty: &ComponentValType) -> String {
    match ty {
        ComponentValType::Primitive(primitive) => primitive.to_string(),
        ComponentValType::Type(_) => "_".into(),
    }
}

/// What a type of this kind with these parts looks like; those that have parts themselves are `_`.
pub(super) fn looks<'n>(kind: &str, parts: impl Iterator<Item = (&'n str, Option<String>)>) -> String {
    let part = |(name, ty): (&str, Option<String>)| format!("{name}: {}", ty.unwrap_or_default());
    format!("{kind} {{{}}}", parts.map(part).collect::<Vec<_>>().join(", "))
}
