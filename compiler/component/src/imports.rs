//! Imports of components, and which functions of the runtime satisfy them.

use crate::names::Imported;
use crate::translate::Translated;
use crate::types;
use wasmc_abi::preview2::{self, ComponentFunction};
use wasmc_frontend::{Error, Shown};
use wasmtime_environ::component::{RuntimeImportIndex, TypeFuncIndex};

/// The host function that satisfies an import of this type.
///
/// # Errors
/// Where there is none, or it has another type.
pub(crate) fn function(
    translated: &Translated<'_>,
    import: RuntimeImportIndex,
    ty: TypeFuncIndex,
) -> Result<(&'static ComponentFunction, String), Error> {
    let imported = Imported::of(translated, import);
    let found = preview2::find(imported.interface, imported.name).filter(|_| imported.is_known_version());
    let function = found.ok_or_else(|| unknown(&imported, "function"))?;
    let text = types::function(translated, ty);
    if text != function.ty {
        let message =
            format!("the component imports {} as {}, but it is {}", imported.shown(), Shown(&text), Shown(function.ty));
        return Err(Error::new(message).with_help("the types of WASI 0.2 are fixed: generate bindings from its WIT"));
    }
    Ok((function, imported.shown()))
}

/// Whether the runtime has what an import names, function or resource type.
pub(crate) fn is_known(translated: &Translated<'_>, import: RuntimeImportIndex) -> bool {
    let imported = Imported::of(translated, import);
    let (interface, name) = (imported.interface, imported.name);
    let is_there = preview2::find(interface, name).is_some() || preview2::resource(interface, name).is_some();
    is_there && imported.is_known_version()
}

/// The number of an imported resource type.
///
/// # Errors
/// Where the runtime has no such type.
pub(crate) fn resource(translated: &Translated<'_>, import: RuntimeImportIndex) -> Result<u32, Error> {
    let imported = Imported::of(translated, import);
    let number = preview2::resource(imported.interface, imported.name).filter(|_| imported.is_known_version());
    number.ok_or_else(|| unknown(&imported, "resource type"))
}

/// The error of an import that nothing satisfies.
fn unknown(imported: &Imported<'_>, what: &str) -> Error {
    let error = Error::new(format!("nothing satisfies the import of the {what} {}", imported.shown()));
    let help = match imported.interface.split_once([':', '/']) {
        Some(("wasi", _)) if imported.interface.starts_with("wasi:http/") => {
            "HTTP (wasi:http) is not yet supported: build the component without it, or make the program without \
             what it imports of it: `--unknown-imports=trap`"
        }
        Some(("wasi", _)) if !imported.is_known_version() => {
            "the interfaces of WASI 0.2 are built in, no other version"
        }
        Some(("wasi", _)) => "the interfaces of wasi:cli and what that needs are built in",
        _ => "compose the component with one that exports it, for example with `wac plug`",
    };
    error.with_help(help)
}
