//! Types of values in Rust, and how references cross the boundary: as words, which the functions of `wasmc-embed` make
//! handles of, and back.

use crate::bindings::interface::{Interface, Signature, Value};
use crate::bindings::names::{Names, RUST_TYPES};
use crate::bindings::references::{Heap, Reference};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use wasmc_frontend::Shown;
use wasmc_frontend::index::TypeIndex;

/// What types are called.
pub struct Types {
    names: BTreeMap<TypeIndex, String>,
}

impl Types {
    /// Those of an interface.
    pub fn new(interface: &Interface) -> Self {
        let mut names = Names::new(RUST_TYPES);
        let name = |(&index, ty): (&TypeIndex, &super::GuestType)| (index, names.identifier(&camel_case(&ty.name)));
        Self { names: interface.types.iter().map(name).collect() }
    }

    /// Their declarations.
    pub fn declarations(&self, interface: &Interface) -> String {
        let mut text = String::new();
        for (index, ty) in &interface.types {
            let (name, shown) = (&self.names[index], Shown(&ty.name));
            let _ = write!(
                text,
                "/// `{shown}`, a type of the guest's: references to values of it are a `wasmc_embed::Ref<{name}>`.\n\
                 #[derive(Clone, Copy, Debug)]\n#[allow(dead_code, non_camel_case_types)]\npub enum {name} {{}}\n\n\
                 impl wasmc_embed::HeapType for {name} {{\n    const CODE: i32 = {index};\n}}\n\n"
            );
            for &above in &ty.supertypes {
                let _ = writeln!(text, "impl wasmc_embed::SubtypeOf<{}> for {name} {{}}", self.heap(above));
            }
            text.push('\n');
        }
        text
    }

    fn heap(&self, heap: Heap) -> String {
        let name = match heap {
            Heap::Any => "Any",
            Heap::Eq => "Eq",
            Heap::I31 => "I31",
            Heap::Struct => "Struct",
            Heap::Array => "Array",
            Heap::Exn => "Exn",
            Heap::Func => "Func",
            Heap::Extern => "Extern",
            Heap::Type(index) => return self.names[&index].clone(),
        };
        format!("wasmc_embed::{name}")
    }

    /// The type of references, owned or borrowed.
    fn reference(&self, ty: Reference, borrow: &str) -> String {
        let inner = match ty.to {
            Heap::I31 => self.heap(ty.to),
            Heap::Extern => format!("{borrow}{}", self.heap(ty.to)),
            heap => format!("{borrow}wasmc_embed::Ref<{}>", self.heap(heap)),
        };
        if ty.is_nullable { format!("Option<{inner}>") } else { inner }
    }

    /// The type of values that are passed on.
    pub fn value(&self, ty: Value) -> String {
        match ty {
            Value::Reference(ty) => self.reference(ty, ""),
            number => word(number).into(),
        }
    }

    /// Parameters after others: references are borrowed.
    pub fn parameters(&self, types: &[Value]) -> String {
        self.list(types, |ty| match ty {
            Value::Reference(ty) => self.reference(ty, "&"),
            number => word(number).into(),
        })
    }

    /// Parameters after others, which are passed on.
    pub fn owned_parameters(&self, types: &[Value]) -> String {
        self.list(types, |ty| self.value(ty))
    }

    fn list(&self, types: &[Value], name: impl Fn(Value) -> String) -> String {
        types.iter().enumerate().map(|(number, &ty)| format!(", arg{number}: {}", name(ty))).collect()
    }

    /// What a function returns.
    pub fn results(&self, types: &[Value]) -> String {
        match types {
            [one] => self.value(*one),
            several => format!("({})", several.iter().map(|&ty| self.value(ty)).collect::<Vec<_>>().join(", ")),
        }
    }
}

/// The type that a value has where it crosses.
pub fn word(ty: Value) -> &'static str {
    match ty {
        Value::I32 => "i32",
        Value::I64 => "i64",
        Value::F32 => "f32",
        Value::F64 => "f64",
        Value::V128 => "wasmc_embed::V128",
        Value::ExternRef => "Option<wasmc_embed::ExternRef>",
        Value::Reference(_) => "wasmc_embed::Word",
    }
}

/// The positions of references among values.
fn references(types: &[Value]) -> impl Iterator<Item = usize> {
    types.iter().enumerate().filter(|(_, ty)| matches!(ty, Value::Reference(_))).map(|(at, _)| at)
}

/// Lines that make words of arguments that are references, for `guest`.
pub fn lowered(ty: &Signature, guest: &str) -> String {
    references(&ty.params).map(|at| format!("        let arg{at} = {guest}.lower(&arg{at})?;\n")).collect()
}

/// Lines that make references of arguments that are words.
pub fn lifted(ty: &Signature) -> String {
    references(&ty.params).map(|at| format!("            let arg{at} = guest.lift(arg{at})?;\n")).collect()
}

/// A result that was returned as `value`, by `guest`.
pub fn result(ty: Value, guest: &str, value: &str) -> String {
    match ty {
        Value::Reference(_) => format!("{guest}.lift({value})?"),
        _ => value.to_owned(),
    }
}

/// A result of the host's, for the guest.
pub fn answer(ty: Value, value: &str) -> String {
    match ty {
        Value::Reference(_) => format!("guest.0.lower(&{value})?"),
        _ => value.to_owned(),
    }
}

/// A name as types have it.
fn camel_case(name: &str) -> String {
    let words = name.split(|character: char| !character.is_ascii_alphanumeric());
    let capital = |word: &str| {
        let mut letters = word.chars();
        letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
    };
    words.map(capital).collect()
}
