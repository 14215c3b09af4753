//! Bindings in Rust: a module over the crate `wasmc-embed`, without unsafe code of its own.

mod imports;
mod methods;
mod values;

use super::interface::{Export, Import, ImportedGlobal, Interface, Kind, Value, symbol};
use super::names::{Names, RUST_NAMES, RUST_WORDS};
use super::references::GuestType;
use crate::error::Error;
use imports::{import_entry, imports_trait};
use methods::{async_method, guest_method, instance_method};
use std::fmt::Write as _;
use values::Types;
use wasmc_frontend::Shown;

/// The bindings to a library.
///
/// # Errors
/// Where functions of WASI are imported, and no memory is exported for them to work on.
pub fn bindings(interface: &Interface) -> Result<String, Error> {
    if interface.has_wasi() && interface.wasi_memory().is_none() {
        let error = Error::new("functions of WASI are imported, and no memory is exported as `memory`");
        return Err(error.in_file(&interface.file).help("WASI's functions work on the memory of that name"));
    }
    let types = Types::new(interface);
    let mut text = head(interface) + &types.declarations(interface);
    let mut names = Names::new(&[RUST_WORDS, RUST_NAMES].concat());
    let imports: Vec<(String, &Import)> = (interface.imports.iter())
        .map(|import| (names.identifier(&format!("{}_{}", import.module, import.name)), import))
        .collect();
    let global = |global: &ImportedGlobal| names.identifier(&format!("{}_{}", global.module, global.name));
    let globals: Vec<String> = interface.globals.iter().map(global).collect();
    imports_trait(&mut text, interface, &imports, &globals, &types);
    instance(&mut text, interface, &imports, &globals);
    let mut names = Names::new(&[RUST_WORDS, RUST_NAMES].concat());
    let exports: Vec<(String, &Export)> =
        interface.exports.iter().map(|export| (names.identifier(&export.name), export)).collect();
    let can_wait = interface.imports.iter().any(|import| !import.is_wasi);
    let of_instance = exports.iter().map(|(name, export)| {
        let asynchronous = match &export.kind {
            Kind::Function(ty) if can_wait => {
                async_method(&names.identifier(&format!("{name}_async")), export, ty, &types)
            }
            _ => String::new(),
        };
        instance_method(name, export, &types) + &asynchronous
    });
    let of_guest = exports.iter().map(|(name, export)| guest_method(name, export, &types));
    let (of_instance, of_guest) = (of_instance.collect::<String>(), of_guest.collect::<String>());
    let more = if interface.has_references() { REFERENCES } else { "" };
    let of_instance = more.to_owned() + &of_instance;
    let of_guest = if can_wait { WAIT } else { "" }.to_owned() + &more.replace("self.inner.", "self.0.") + &of_guest;
    let _ = write!(
        text,
        "/// What `{}` exports.\n{ALLOWED}impl<T: Imports> Instance<T> {{\n{}}}\n\n{GUEST}\n\
         /// What `{}` exports.\n{ALLOWED}impl<T: Imports> Guest<'_, T> {{\n{}}}\n",
        interface.file,
        of_instance.trim_start_matches('\n'),
        interface.file,
        of_guest.trim_start_matches('\n'),
    );
    Ok(text)
}

/// A host need not use all that a module has, whose names are its own.
const ALLOWED: &str = "#[allow(dead_code, non_snake_case)]\n";

const GUEST: &str = "\
/// A guest, as functions see it that it imports.
#[derive(Debug)]
#[allow(dead_code)]
pub struct Guest<'a, T>(wasmc_embed::Guest<'a, T>);

#[allow(dead_code)]
impl<T> Guest<'_, T> {
    /// The fuel that the guest has left, in libraries that were compiled with `--fuel`.
    pub fn fuel(&mut self) -> Option<wasmc_embed::Fuel<'_>> {
        self.0.fuel()
    }
}
";

/// What functions of a host's can have besides exports, where they can wait.
const WAIT: &str = "    \
    /// The result of a future, or an error that a function is to return so as to be called again: see\n    \
    /// [`wasmc_embed::Guest::wait_for`].\n    ///\n    /// # Errors\n    /// Where the future is not ready yet.\n    \
    pub fn wait_for<F>(&mut self, future: &mut F) -> Result<F::Output, wasmc_embed::Error>\n    \
    where\n        F: core::future::Future + Unpin + ?Sized,\n    {\n        self.0.wait_for(future)\n    }\n";

/// What instances and guests have besides exports, where references cross the boundary.
const REFERENCES: &str = "
    /// A further reference to the same, of a type that it has: see [`wasmc_embed::Instance::cast`].
    ///
    /// # Errors
    /// Where it is of another type, or of another instance.
    pub fn cast_ref<A, B: wasmc_embed::HeapType>(
        &mut self,
        reference: &wasmc_embed::Ref<A>,
    ) -> Result<wasmc_embed::Ref<B>, wasmc_embed::RefError> {
        self.inner.cast(reference)
    }

    /// Whether two references are to the same: see [`wasmc_embed::Instance::is_same`].
    ///
    /// # Errors
    /// Where one is of another instance.
    pub fn is_same_ref<A, B>(
        &mut self,
        one: &wasmc_embed::Ref<A>,
        other: &wasmc_embed::Ref<B>,
    ) -> Result<bool, wasmc_embed::RefError>
    where
        A: wasmc_embed::HeapType + wasmc_embed::SubtypeOf<wasmc_embed::Any>,
        B: wasmc_embed::HeapType + wasmc_embed::SubtypeOf<wasmc_embed::Any>,
    {
        self.inner.is_same(one, other)
    }
";

fn head(interface: &Interface) -> String {
    let Interface { file, name, fingerprint, unbound, .. } = interface;
    let symbol = symbol(name);
    let mut text = format!(
        "// Bindings to the library of `{}`, made by wasmc {}: they belong to that library alone.\n\n\
         wasmc_embed::library!({symbol:?}, {fingerprint:#018x});\n\n",
        Shown(file),
        env!("CARGO_PKG_VERSION"),
    );
    for export in unbound {
        let _ = writeln!(text, "// There is no binding for {export}.");
    }
    text
}

/// The type of instances, and how one is made.
fn instance(text: &mut String, interface: &Interface, imports: &[(String, &Import)], globals: &[String]) {
    let entries: String = imports.iter().map(|(name, import)| import_entry(name, import, interface)).collect();
    let entries = if entries.is_empty() { String::new() } else { format!("\n{entries}    ") };
    let initialize = match interface.procedure("_initialize") {
        Some(export) => format!("        instance.inner.call({}, &mut [])?;\n", export.number),
        None => String::new(),
    };
    let set = |(name, global): (&String, &ImportedGlobal)| {
        let number = global.number;
        let set = match global.ty {
            Value::Reference(_) => format!("reference_global({number}).set(&value)?"),
            _ => format!("global({number}).set(value)"),
        };
        format!("        let value = instance.host().{name}();\n        instance.{set};\n")
    };
    let sets: String = globals.iter().zip(&interface.globals).map(set).collect();
    let instance = if sets.is_empty() { "_" } else { "instance" };
    let mutable = if initialize.is_empty() { "" } else { "mut " };
    let _ = write!(
        text,
        "/// An instance of `{file}`, with a method for each export.\n///\n/// ```ignore\n\
         /// let mut {name} = {name}::Instance::new(host)?;\n/// ```\n#[derive(Debug)]\n{ALLOWED}\
         pub struct Instance<T> {{\n    \
         inner: wasmc_embed::Instance<T>,\n}}\n\n\
         {ALLOWED}impl<T: Imports> Instance<T> {{\n    \
         const IMPORTS: [wasmc_embed::HostFunction; {len}] = [{entries}];\n\n    \
         /// Makes an instance, whose imports `host` has.\n    ///\n    /// # Errors\n    \
         /// Where there is no room for it, or instantiation traps.\n    \
         pub fn new(host: T) -> Result<Self, wasmc_embed::CreateError> {{\n        \
         Self::with_options(host, wasmc_embed::Options::default())\n    }}\n\n    \
         /// As [`Self::new`], with options.\n    ///\n    /// # Errors\n    /// As [`Self::new`].\n    \
         pub fn with_options(host: T, options: wasmc_embed::Options) \
         -> Result<Self, wasmc_embed::CreateError> {{\n        \
         let {mutable}instance =\n            \
         Self {{ inner: wasmc_embed::instance!(library(), &Self::IMPORTS, options, host, Self::prepare)? }};\n\
         {initialize}        Ok(instance)\n    }}\n\n    \
         /// What an instance has before any of its code runs.\n    \
         fn prepare({instance}: &mut wasmc_embed::Instance<T>) -> Result<(), wasmc_embed::RefError> {{\n\
         {sets}        Ok(())\n    }}\n\n    \
         /// Makes an instance that is as another was when [`Self::snapshot`] was called; none of its code runs.\n    \
         ///\n    /// # Errors\n    \
         /// Where there is no room for it, or the bytes are no snapshot of an instance of this module.\n    \
         pub fn restore(host: T, snapshot: &[u8]) -> Result<Self, wasmc_embed::CreateError> {{\n        \
         Self::restore_with_options(host, wasmc_embed::Options::default(), snapshot)\n    }}\n\n    \
         /// As [`Self::restore`], with options.\n    ///\n    /// # Errors\n    /// As [`Self::restore`].\n    \
         pub fn restore_with_options(\n        host: T,\n        options: wasmc_embed::Options,\n        \
         snapshot: &[u8],\n    ) -> Result<Self, wasmc_embed::CreateError> {{\n        \
         let imports = &Self::IMPORTS;\n        \
         let inner =\n            \
         wasmc_embed::instance!(library(), imports, options, host, Self::prepare, snapshot)?;\n        \
         Ok(Self {{ inner }})\n    \
         }}\n\n    \
         /// The guest's state as bytes: memories, tables, globals, objects. The host is not part of it.\n    ///\n    \
         /// # Errors\n    /// Where the guest keeps references to exceptions.\n    \
         pub fn snapshot(&mut self) -> Result<wasmc_embed::Vec<u8>, wasmc_embed::SnapshotError> {{\n        \
         self.inner.snapshot()\n    }}\n\n    \
         /// The host.\n    pub fn host(&self) -> &T {{\n        self.inner.host()\n    }}\n\n    \
         /// The host.\n    pub fn host_mut(&mut self) -> &mut T {{\n        self.inner.host_mut()\n    }}\n\n    \
         /// Ends the instance and returns its host.\n    \
         pub fn into_host(self) -> T {{\n        self.inner.into_host()\n    }}\n\n    \
         /// The fuel that the guest has left, in libraries that were compiled with `--fuel`.\n    \
         pub fn fuel(&mut self) -> Option<wasmc_embed::Fuel<'_>> {{\n        self.inner.fuel()\n    }}\n\n    \
         /// What ends the guest's calls from another thread, in libraries that were compiled with `--epoch`.\n    \
         pub fn interrupter(&mut self) -> Option<wasmc_embed::Interrupter> {{\n        \
         self.inner.interrupter()\n    }}\n}}\n\n",
        file = interface.file,
        name = interface.name,
        len = imports.len(),
    );
}
