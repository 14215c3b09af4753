//! Types of values in components. Those that have names of their own can be imported only by a name: a component that
//! imports functions of such types imports these first, and whoever instantiates it says them once more.

use super::types::{FunctionType, Kind, Type};
use wasm_encoder::{
    ComponentBuilder, ComponentExportKind, ComponentTypeRef, ComponentValType, PrimitiveValType, TypeBounds,
};

/// What a component does with types that have names.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
enum Naming {
    /// Nothing.
    #[default]
    Nothing,
    Imports,
    Exports,
}

/// Writes types to one component.
#[derive(Default)]
pub struct Types {
    naming: Naming,
    /// The resource that handles are of, where there are some.
    pub resource: Option<u32>,
    /// Types that have been written, with their indices.
    known: Vec<(Type, u32)>,
    /// Types that have names, in the order in which they are imported, with their indices.
    pub named: Vec<(Type, u32)>,
}

impl Types {
    /// Types of a component that imports those with names.
    pub fn imported() -> Self {
        Self { naming: Naming::Imports, ..Self::default() }
    }

    /// Types of a component that exports those with names.
    pub fn exported() -> Self {
        Self { naming: Naming::Exports, ..Self::default() }
    }

    /// Writes the type of a function; returns its index.
    pub fn function(&mut self, builder: &mut ComponentBuilder, ty: &FunctionType) -> u32 {
        let params: Vec<ComponentValType> = ty.params.iter().map(|ty| self.value(builder, ty)).collect();
        let result = ty.result.as_ref().map(|ty| self.value(builder, ty));
        let (index, mut encoder) = builder.type_function(None);
        encoder.params(ty.names.iter().map(String::as_str).zip(params)).result(result);
        index
    }

    /// Writes a type; returns what refers to it.
    pub fn value(&mut self, builder: &mut ComponentBuilder, ty: &Type) -> ComponentValType {
        if let Type::Plain(name) = ty {
            return ComponentValType::Primitive(primitive(name));
        }
        if *ty == Type::Text {
            return ComponentValType::Primitive(PrimitiveValType::String);
        }
        if let Some((_, index)) = self.known.iter().find(|(known, _)| known == ty) {
            return ComponentValType::Type(*index);
        }
        let mut index = self.define(builder, ty);
        if is_named(ty) {
            let name = format!("t{}", self.named.len());
            index = match self.naming {
                Naming::Nothing => index,
                Naming::Imports => builder.import(name.as_str(), ComponentTypeRef::Type(TypeBounds::Eq(index))),
                Naming::Exports => builder.export(name.as_str(), ComponentExportKind::Type, index, None),
            };
            self.named.push((ty.clone(), index));
        }
        self.known.push((ty.clone(), index));
        ComponentValType::Type(index)
    }

    fn define(&mut self, builder: &mut ComponentBuilder, ty: &Type) -> u32 {
        match ty {
            Type::Plain(_) | Type::Text => unreachable!("it has no index"),
            Type::List(element) => {
                let element = self.value(builder, element);
                let (index, encoder) = builder.type_defined(None);
                encoder.list(element);
                index
            }
            Type::Record(fields) => {
                let types: Vec<_> = fields.iter().map(|(_, ty)| self.value(builder, ty)).collect();
                let (index, encoder) = builder.type_defined(None);
                match is_named(ty) {
                    true => encoder.record(fields.iter().map(|(name, _)| name.as_str()).zip(types)),
                    false => encoder.tuple(types),
                }
                index
            }
            Type::Variant(kind, cases) => {
                let types: Vec<_> = cases.iter().map(|(_, ty)| ty.as_ref().map(|ty| self.value(builder, ty))).collect();
                let names = cases.iter().map(|(name, _)| name.as_str());
                let (index, encoder) = builder.type_defined(None);
                match (kind, &types[..]) {
                    (Kind::Option, [_, Some(value)]) => encoder.option(*value),
                    (Kind::Result, &[ok, err]) => encoder.result(ok, err),
                    (Kind::Enum, _) => encoder.enum_type(names),
                    _ => encoder.variant(names.zip(types)),
                }
                index
            }
            Type::Own | Type::Borrow => {
                let resource = self.resource.expect("a component with handles has a resource");
                let (index, encoder) = builder.type_defined(None);
                if *ty == Type::Own {
                    encoder.own(resource)
                } else {
                    encoder.borrow(resource)
                }
                index
            }
            Type::Flags(names) => {
                let (index, encoder) = builder.type_defined(None);
                encoder.flags(names.iter().map(String::as_str));
                index
            }
        }
    }
}

/// Whether a type can be imported by a name alone.
fn is_named(ty: &Type) -> bool {
    match ty {
        Type::Record(fields) => fields.iter().any(|(name, _)| !name.is_empty()),
        Type::Variant(kind, _) => matches!(kind, Kind::Variant | Kind::Enum),
        Type::Flags(_) => true,
        _ => false,
    }
}

fn primitive(name: &str) -> PrimitiveValType {
    match name {
        "bool" => PrimitiveValType::Bool,
        "s8" => PrimitiveValType::S8,
        "u8" => PrimitiveValType::U8,
        "s16" => PrimitiveValType::S16,
        "u16" => PrimitiveValType::U16,
        "s32" => PrimitiveValType::S32,
        "u32" => PrimitiveValType::U32,
        "s64" => PrimitiveValType::S64,
        "u64" => PrimitiveValType::U64,
        "f32" => PrimitiveValType::F32,
        "f64" => PrimitiveValType::F64,
        _ => PrimitiveValType::Char,
    }
}
