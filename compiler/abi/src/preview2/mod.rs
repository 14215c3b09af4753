//! WASI 0.2: the functions that the runtime defines for components to import, by interface and name.
//!
//! `generated` has their rows, made from the WIT texts of WASI; [`host`](mod@host) says what each needs, by hand.
//! Versions are those of semantic versioning: an interface of any 0.2 is found by its name without version.
//!
//! The text of a type is WIT without names of types: `(self: borrow<wasi:io/streams#output-stream>, len: u64) ->
//! result<_, variant{...}>`, with the cases and fields of `enum{a, b}`, `flags{a, b}`, `variant{a, b(T)}` and
//! `record{a: T}` in place of their names, and resources by the interface that defines them.

#[cfg(doc)]
use crate::component::Canonical;
use crate::host::Needs;
use crate::signature::Signature;
use crate::system_calls::Names;

/// Bindings to libraries number resources of WASI from here, by what [`resource`] adds; others have lower numbers.
pub const FIRST_IN_LIBRARIES: u32 = 1 << 31;

/// What a function needs of start-up and of the system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Host {
    needs: Needs,
    system_calls: &'static [Names],
}

/// A function that the runtime defines for components to import, or that drops a resource of the runtime's.
#[derive(Debug, PartialEq, Eq)]
pub struct ComponentFunction {
    /// The interface, without its version: `wasi:io/streams`.
    pub interface: &'static str,
    /// Its name: `[method]output-stream.write`; that of a resource's drop is `[resource-drop]output-stream`.
    pub name: &'static str,
    /// Its type as a function of C: the address of a [`Canonical`], then flat values.
    pub signature: Signature,
    /// The text of its type.
    pub ty: &'static str,
    /// What start-up must prepare for it.
    pub needs: Needs,
    symbol: &'static str,
    system_calls: &'static [Names],
}

impl ComponentFunction {
    /// The symbol of its definition.
    pub fn symbol(&self) -> &'static str {
        self.symbol
    }

    /// What the crate for embedders calls it: the symbol without what all have in common.
    pub fn name_for_embedders(&self) -> &'static str {
        self.symbol.strip_prefix("wasmc_p2_").unwrap_or(self.symbol)
    }

    /// The system calls that it makes.
    pub fn system_calls(&self) -> impl Iterator<Item = &'static str> {
        self.system_calls.iter().copied().flatten().copied()
    }
}

/// A resource of the runtime's.
#[derive(Debug, PartialEq, Eq)]
pub struct Resource {
    /// The interface that defines it, without its version.
    pub interface: &'static str,
    /// Its name.
    pub name: &'static str,
}

/// All functions.
pub fn functions() -> impl Iterator<Item = &'static ComponentFunction> {
    generated::FUNCTIONS.iter().copied().flatten()
}

/// The function with this name in an interface, which is named without version.
pub fn find(interface: &str, name: &str) -> Option<&'static ComponentFunction> {
    functions().find(|function| function.interface == interface && function.name == name)
}

/// The number of a resource, from 1.
pub fn resource(interface: &str, name: &str) -> Option<u32> {
    let is_meant = |resource: &Resource| resource.interface == interface && resource.name == name;
    generated::RESOURCES.iter().position(is_meant).map(|index| index as u32 + 1)
}

/// The function that drops a handle of a resource, by the resource's number.
pub fn drop_of(resource: u32) -> Option<&'static ComponentFunction> {
    let resource = generated::RESOURCES.get(usize::try_from(resource).ok()?.checked_sub(1)?)?;
    let dropped = |function: &&ComponentFunction| function.name.strip_prefix("[resource-drop]") == Some(resource.name);
    functions().find(|function| function.interface == resource.interface && dropped(function))
}

/// The rows of an interface's functions, and the type of each function's definition.
macro_rules! functions {
    ($($interface:literal {$(
        $name:literal, $symbol:ident ($($ty:ident)*) -> ($($result:ty)?), $text:literal;
    )*})*) => {
        use $crate::preview2::ComponentFunction;

        pub(super) static FUNCTIONS: &[ComponentFunction] = &[$($(ComponentFunction {
            interface: $interface,
            name: $name,
            signature: $crate::signature::Signature {
                params: &[$crate::signature::ValueType::I64, $(<$ty as $crate::signature::Value>::TYPE),*],
                results: <fn() $(-> $result)? as $crate::signature::Returns>::RESULTS,
            },
            ty: $text,
            needs: $crate::preview2::host::$symbol.needs,
            symbol: stringify!($symbol),
            system_calls: $crate::preview2::host::$symbol.system_calls,
        },)*)*];

        pub mod function {
            $($(
                #[doc = concat!("`", $interface, "#", $name, "`")]
                #[allow(non_camel_case_types, reason = "it is the name of the definition")]
                pub type $symbol = extern "C" fn(caller: &$crate::component::Canonical, $($ty),*) $(-> $result)?;
            )*)*
        }
    };
}

mod alike;
mod generated;
pub mod host;

pub use alike::*;
pub use generated::{function, resource as numbers, types};
