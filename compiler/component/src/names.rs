//! What components call what they import.

use crate::translate::Translated;
use wasmc_frontend::Shown;
use wasmtime_environ::component::{ResourceIndex, RuntimeImportIndex, TypeResourceTable, TypeResourceTableIndex};

/// An import by the interface that it is of, without the version, and its name there.
pub(crate) struct Imported<'t> {
    /// As the component spells it: `wasi:io/streams@0.2.3`.
    pub spelled: &'t str,
    /// `wasi:io/streams`.
    pub interface: &'t str,
    /// `0.2.3`.
    pub version: Option<&'t str>,
    /// Empty where the import is no instance.
    pub name: &'t str,
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
    pub fn is_known_version(&self) -> bool {
        self.version.is_some_and(|version| version.starts_with("0.2."))
    }
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
