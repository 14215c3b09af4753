//! Imports of components, and which functions of the runtime satisfy them.

use crate::translate::Translated;
use crate::types;
use wasmc_abi::preview2::{self, ComponentFunction};
use wasmc_frontend::{Error, Shown};
use wasmtime_environ::component::{
    ResourceIndex, RuntimeImportIndex, TypeFuncIndex, TypeResourceTable, TypeResourceTableIndex,
};

/// An import by the interface that it is of, without the version, and its name there.
pub(crate) struct Imported<'t> {
    /// As the component spells it: `wasi:io/streams@0.2.3`.
    spelled: &'t str,
    /// `wasi:io/streams`.
    interface: &'t str,
    /// `0.2.3`.
    version: Option<&'t str>,
    /// Empty where the import is no instance.
    name: &'t str,
}

impl<'t> Imported<'t> {
    /// An import of a component.
    pub fn of(translated: &'t Translated<'_>, import: RuntimeImportIndex) -> Self {
        let (index, path) = &translated.component.imports[import];
        let spelled = translated.component.import_types[*index].0.as_str();
        let (interface, version) = match spelled.split_once('@') {
            Some((interface, version)) => (interface, Some(version)),
            None => (spelled, None),
        };
        Self { spelled, interface, version, name: path.last().map_or("", String::as_str) }
    }

    /// As messages have it.
    pub fn shown(&self) -> String {
        if self.name.is_empty() {
            return Shown(self.spelled).to_string();
        }
        format!("{}#{}", Shown(self.spelled), Shown(self.name))
    }

    /// Whether it is of a version of WASI whose interfaces the runtime has: those of 0.2 are compatible with each other
    /// (Semantic Versioning, 4: by the rule of Cargo for versions below 1).
    fn is_known_version(&self) -> bool {
        self.version.is_some_and(|version| version.starts_with("0.2."))
    }

    fn unknown(&self, what: &str) -> Error {
        let error = Error::new(format!("nothing satisfies the import of the {what} {}", self.shown()));
        let help = match self.interface.split_once([':', '/']) {
            Some(("wasi", _)) if self.interface.starts_with("wasi:http/") => {
                "HTTP (wasi:http) is not yet supported; the interfaces of wasi:cli and what that needs are"
            }
            Some(("wasi", _)) if !self.is_known_version() => "the interfaces of WASI 0.2 are built in, no other version",
            Some(("wasi", _)) => "the interfaces of wasi:cli and what that needs are built in",
            _ => "compose the component with one that exports it, for example with `wac plug`",
        };
        error.with_help(help)
    }
}

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
    let function = found.ok_or_else(|| imported.unknown("function"))?;
    let text = types::function(translated, ty);
    if text != function.ty {
        let message = format!(
            "the component imports {} as {}, but it is {}",
            imported.shown(),
            Shown(&text),
            Shown(function.ty)
        );
        return Err(Error::new(message).with_help("the types of WASI 0.2 are fixed: generate bindings from its WIT"));
    }
    Ok((function, imported.shown()))
}

/// The number of an imported resource type.
///
/// # Errors
/// Where the runtime has no such type.
pub(crate) fn resource(translated: &Translated<'_>, import: RuntimeImportIndex) -> Result<u32, Error> {
    let imported = Imported::of(translated, import);
    let number = preview2::resource(imported.interface, imported.name).filter(|_| imported.is_known_version());
    number.ok_or_else(|| imported.unknown("resource type"))
}

/// What the type of a function calls a resource type.
pub(crate) fn resource_name(translated: &Translated<'_>, table: TypeResourceTableIndex) -> String {
    let TypeResourceTable::Concrete { ty, .. } = translated.types[table] else { return "abstract".into() };
    match imported_resource(translated, ty) {
        Some(import) => {
            let imported = Imported::of(translated, import);
            format!("{}#{}", imported.interface, imported.name)
        }
        None => "resource".into(),
    }
}

/// The import that a resource type is; `None` where the component defines it.
pub(crate) fn imported_resource(translated: &Translated<'_>, ty: ResourceIndex) -> Option<RuntimeImportIndex> {
    translated.component.imported_resources.get(ty).copied()
}
