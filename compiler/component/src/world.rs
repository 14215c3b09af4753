//! What a component says of itself: its world, and what it consists of.

use crate::steps::imported_module;
use crate::translate::Translated;
use crate::types;
use wasmc_frontend::{Error, Shown};
use wasmtime_environ::component::{Export, GlobalInitializer, InstantiateModule, TypeDef};

/// A component as people read it.
#[derive(Debug)]
pub struct World {
    /// What it imports: interfaces with what they have, a line each.
    pub imports: Vec<Interface>,
    /// What it exports.
    pub exports: Vec<Interface>,
    /// The binaries of its core modules, those of adapters between its parts last.
    pub modules: Vec<Vec<u8>>,
    /// For each core instance, in the order in which they are made, the number of its module.
    pub instances: Vec<usize>,
    /// How many instances of components there are, itself included.
    pub component_instances: u32,
}

/// An import or export.
#[derive(Debug)]
pub struct Interface {
    /// Its name, with the version, escaped.
    pub name: String,
    /// What it has, by name and type, a line each; what it is, where it is no instance.
    pub items: Vec<String>,
}

/// The world of a translated component.
pub(crate) fn world(translated: &Translated<'_>) -> Result<World, Error> {
    let component = &translated.component;
    let imports = component.import_types.values().map(|(name, import)| {
        let items = match import.ty {
            TypeDef::ComponentInstance(instance) => {
                let exports = translated.types[instance].exports.iter();
                exports.filter_map(|(name, export)| item(translated, name, &export.ty)).collect()
            }
            ty => item(translated, "", &ty).into_iter().collect(),
        };
        Interface { name: Shown(name).to_string(), items }
    });
    let exports = component.exports.raw_iter().map(|(name, (index, _))| {
        let items = match &component.export_items[*index] {
            Export::Instance { exports, .. } => {
                let items = exports.raw_iter().map(|(name, (index, _))| (name, &component.export_items[*index]));
                items.filter_map(|(name, export)| exported(translated, name, export)).collect()
            }
            export => exported(translated, "", export).into_iter().collect(),
        };
        Interface { name: Shown(name).to_string(), items }
    });
    Ok(World {
        imports: imports.collect(),
        exports: exports.collect(),
        modules: translated.modules.values().map(|module| module.to_vec()).collect(),
        instances: core_instances(translated)?,
        component_instances: component.num_runtime_component_instances,
    })
}

/// For each core instance the number of its module.
fn core_instances(translated: &Translated<'_>) -> Result<Vec<usize>, Error> {
    let number = |initializer: &GlobalInitializer| match initializer {
        GlobalInitializer::InstantiateModule(InstantiateModule::Static(module, _), _) => {
            Some(Ok(module.as_u32() as usize))
        }
        GlobalInitializer::InstantiateModule(InstantiateModule::Import(..), _) => Some(Err(imported_module())),
        _ => None,
    };
    translated.component.initializers.iter().filter_map(number).collect()
}

fn exported(translated: &Translated<'_>, name: &str, export: &Export) -> Option<String> {
    match export {
        Export::LiftedFunction { ty, .. } => item(translated, name, &TypeDef::ComponentFunc(*ty)),
        Export::Type(ty) => item(translated, name, ty),
        Export::ModuleStatic { .. } | Export::ModuleImport { .. } => Some(titled(name, "core module")),
        Export::Instance { .. } => Some(titled(name, "instance")),
    }
}

/// A line on a function, resource or whatever else; `None` for types that are none of these.
fn item(translated: &Translated<'_>, name: &str, ty: &TypeDef) -> Option<String> {
    let text = match ty {
        TypeDef::ComponentFunc(ty) => types::function(translated, *ty),
        TypeDef::Interface(_) => return None,
        other => other.desc().to_owned(),
    };
    Some(titled(name, &text))
}

fn titled(name: &str, text: &str) -> String {
    if name.is_empty() { Shown(text).to_string() } else { format!("{}: {}", Shown(name), Shown(text)) }
}
