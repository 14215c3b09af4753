//! Bindings in Rust: a module over the crate `wasmc-embed`, without unsafe code of its own.

use super::interface::{Export, Import, ImportedGlobal, Interface, Kind, Signature, Value, symbol};
use super::names::{Names, RUST_NAMES, RUST_WORDS};
use crate::error::Error;
use std::fmt::Write as _;
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
    let mut text = head(interface);
    let mut names = Names::new(&[RUST_WORDS, RUST_NAMES].concat());
    let imports: Vec<(String, &Import)> = (interface.imports.iter())
        .map(|import| (names.identifier(&format!("{}_{}", import.module, import.name)), import))
        .collect();
    let global = |global: &ImportedGlobal| names.identifier(&format!("{}_{}", global.module, global.name));
    let globals: Vec<String> = interface.globals.iter().map(global).collect();
    imports_trait(&mut text, interface, &imports, &globals);
    instance(&mut text, interface, &imports, &globals);
    let mut names = Names::new(&[RUST_WORDS, RUST_NAMES].concat());
    let exports: Vec<(String, &Export)> =
        interface.exports.iter().map(|export| (names.identifier(&export.name), export)).collect();
    let can_wait = interface.imports.iter().any(|import| !import.is_wasi);
    let of_instance = exports.iter().map(|(name, export)| {
        let asynchronous = match &export.kind {
            Kind::Function(ty) if can_wait => async_method(&names.identifier(&format!("{name}_async")), export, ty),
            _ => String::new(),
        };
        instance_method(name, export) + &asynchronous
    });
    let of_guest = exports.iter().map(|(name, export)| guest_method(name, export));
    let of_instance = of_instance.collect::<String>();
    let of_guest = if can_wait { WAIT } else { "" }.to_owned() + &of_guest.collect::<String>();
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

/// The trait of what a module imports.
fn imports_trait(text: &mut String, interface: &Interface, imports: &[(String, &Import)], globals: &[String]) {
    let own: Vec<&(String, &Import)> = imports.iter().filter(|(_, import)| !import.is_wasi).collect();
    let wasi = if interface.has_wasi() { "wasmc_embed::wasi::HasWasi" } else { "Sized" };
    let _ = writeln!(text, "/// What `{}` imports.\n{ALLOWED}pub trait Imports: {wasi} {{", interface.file);
    for (name, Import { module, name: import, ty, .. }) in own.iter().map(|each| (&each.0, each.1)) {
        let params = parameters(&ty.params);
        let _ = writeln!(
            text,
            "    /// `{}.{}`\n    ///\n    /// # Errors\n    /// Whatever ends the call of the guest.\n    \
             fn {name}(&mut self, guest: &mut Guest<'_, Self>{params}) -> Result<{}, wasmc_embed::Error>\n    \
             where\n        Self: Sized;",
            Shown(module),
            Shown(import),
            results(&ty.results),
        );
    }
    for (name, ImportedGlobal { module, name: import, ty, .. }) in globals.iter().zip(&interface.globals) {
        let _ = writeln!(
            text,
            "    /// What `{}.{}` is at first.\n    fn {name}(&self) -> {};",
            Shown(module),
            Shown(import),
            value(*ty)
        );
    }
    text.push_str("}\n\n");
    if own.is_empty() && globals.is_empty() {
        let _ = writeln!(text, "impl<T: {wasi}> Imports for T {{}}\n");
    }
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
        format!("        let value = instance.host().{name}();\n        instance.global({number}).set(value);\n")
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
         fn prepare({instance}: &mut wasmc_embed::Instance<T>) {{\n{sets}    }}\n\n    \
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
         /// The guest's state as bytes: memories, tables, globals. The host is not part of it.\n    ///\n    \
         /// # Errors\n    /// Where the guest keeps references that mean nothing in another instance.\n    \
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

/// The entry of an import in the array of them.
fn import_entry(name: &str, import: &Import, interface: &Interface) -> String {
    if import.is_direct {
        return direct_import_entry(name, import, interface);
    }
    let Import { name: import, ty, is_wasi, .. } = import;
    let args: Vec<String> = (0..ty.params.len()).map(|number| format!("call.arg({number})")).collect();
    let called = match (is_wasi, interface.wasi_memory()) {
        (true, Some(memory)) => {
            let args: String = args.iter().map(|arg| format!(", {arg}")).collect();
            format!("wasmc_embed::wasi::{import}(host.wasi(), &mut guest.memory({memory}){args})")
        }
        _ => {
            let args: String = args.iter().map(|arg| format!(", {arg}")).collect();
            format!("host.{name}(&mut Guest(guest){args})")
        }
    };
    let guest = match (is_wasi, ty.results.len()) {
        (true, _) => "mut guest: wasmc_embed::Guest<'_, T>",
        (false, _) => "guest: wasmc_embed::Guest<'_, T>",
    };
    let call = if ty.slots() == 0 { "_" } else { "call" };
    let body = match ty.results.len() {
        0 => format!("            {called}?;\n"),
        1 => format!("            let result = {called}?;\n            call.set_result(0, result);\n"),
        many => {
            let sets: String =
                (0..many).map(|number| format!("            call.set_result({number}, results.{number});\n")).collect();
            format!("            let results = {called}?;\n{sets}")
        }
    };
    format!(
        "        wasmc_embed::import(|host: &mut T, {guest}, {call}: wasmc_embed::Call| {{\n{body}            \
         Ok(())\n        }}),\n"
    )
}

/// As [`import_entry`], of an import that is satisfied by a function that takes arguments as such.
fn direct_import_entry(name: &str, Import { name: import, ty, is_wasi, .. }: &Import, interface: &Interface) -> String {
    let args: String = (0..ty.params.len()).map(|number| format!(", arg{number}")).collect();
    let (mutable, called) = match (is_wasi, interface.wasi_memory()) {
        (true, Some(memory)) => {
            ("mut ", format!("wasmc_embed::wasi::{import}(host.wasi(), &mut guest.memory({memory}){args})"))
        }
        _ => ("", format!("host.{name}(&mut Guest(guest){args})")),
    };
    let names: String = (0..ty.params.len()).map(|number| format!("arg{number},")).collect();
    let types: String = ty.params.iter().map(|&ty| format!("{},", value(ty))).collect();
    let body = if ty.results.is_empty() { format!("{called}?;\n            Ok(())") } else { called };
    format!(
        "        wasmc_embed::import_directly(|host: &mut T, {mutable}guest: wasmc_embed::Guest<'_, T>, \
         ({names}): ({types})| {{\n            {body}\n        }}),\n"
    )
}

/// The method of an instance for an export.
fn instance_method(name: &str, export: &Export) -> String {
    let shown = Shown(&export.name);
    let number = export.number;
    let result = |ty: &str| format!("\n    /// `{shown}`\n    pub fn {name}(&mut self) -> {ty}");
    match &export.kind {
        Kind::Function(ty) if export.is_direct => {
            direct_method(name, &export.name, ty, "&mut self", &format!("self.inner.call_directly({number}, "))
        }
        Kind::Function(ty) => method(name, &export.name, ty, "&mut self", &format!("self.inner.call({number}, ")),
        Kind::Memory => {
            format!("{} {{\n        self.inner.memory({number})\n    }}\n", result("wasmc_embed::Memory<'_>"))
        }
        Kind::Table(_) => {
            format!("{} {{\n        self.inner.table({number})\n    }}\n", result("wasmc_embed::Table<'_>"))
        }
        Kind::Global(ty, true) => format!(
            "{} {{\n        self.inner.global({number})\n    }}\n",
            result(&format!("wasmc_embed::Global<'_, {}>", value(*ty)))
        ),
        Kind::Global(ty, false) => {
            format!("{} {{\n        self.inner.global({number}).get()\n    }}\n", result(value(*ty)))
        }
    }
}

/// The method of a guest for an export.
fn guest_method(name: &str, export: &Export) -> String {
    match &export.kind {
        Kind::Function(ty) if export.is_direct => {
            let call = format!("self.0.call_directly(host, {}, ", export.number);
            direct_method(name, &export.name, ty, "&mut self, host: &mut T", &call)
        }
        Kind::Function(ty) => {
            let call = format!("self.0.call(host, {}, ", export.number);
            method(name, &export.name, ty, "&mut self, host: &mut T", &call)
        }
        _ => instance_method(name, export).replace("self.inner.", "self.0."),
    }
}

/// The method of an instance for an export that can be suspended.
fn async_method(name: &str, export: &Export, ty: &Signature) -> String {
    let call = format!("self.inner.call_async({}, ", export.number);
    let method = method(name, &export.name, ty, "&mut self", &call).replace("    pub fn ", "    pub async fn ");
    let waits = "`, without blocking the thread while a function of the host's waits\n    ///\n    /// # Errors";
    method.replacen("`\n    ///\n    /// # Errors", waits, 1).replace("&mut values)?;", "&mut values).await?;")
}

fn method(name: &str, export: &str, ty: &Signature, receiver: &str, call: &str) -> String {
    let params = parameters(&ty.params);
    let slots: Vec<String> = (0..ty.slots())
        .map(|number| match number < ty.params.len() {
            true => format!("wasmc_embed::Slot::new(arg{number})"),
            false => "wasmc_embed::Slot::ZERO".into(),
        })
        .collect();
    let taken = match ty.results.len() {
        0 => "()".into(),
        1 => "values[0].get()".into(),
        many => format!("({})", (0..many).map(|at| format!("values[{at}].get()")).collect::<Vec<_>>().join(", ")),
    };
    let mutable = if slots.is_empty() { "let mut values: [wasmc_embed::Slot; 0]" } else { "let mut values" };
    format!(
        "\n    /// `{}`\n    ///\n    /// # Errors\n    /// Where it traps.\n    \
         pub fn {name}({receiver}{params}) -> Result<{}, wasmc_embed::Trap> {{\n        \
         {mutable} = [{}];\n        {call}&mut values)?;\n        Ok({taken})\n    }}\n",
        Shown(export),
        results(&ty.results),
        slots.join(", "),
    )
}

/// A method that calls an export with arguments in registers.
fn direct_method(name: &str, export: &str, ty: &Signature, receiver: &str, call: &str) -> String {
    let args: String = (0..ty.params.len()).map(|number| format!("arg{number},")).collect();
    format!(
        "\n    /// `{}`\n    ///\n    /// # Errors\n    /// Where it traps.\n    \
         #[inline]\n    \
         pub fn {name}({receiver}{}) -> Result<{}, wasmc_embed::Trap> {{\n        {call}({args}))\n    }}\n",
        Shown(export),
        parameters(&ty.params),
        results(&ty.results),
    )
}

fn parameters(types: &[Value]) -> String {
    types.iter().enumerate().map(|(number, &ty)| format!(", arg{number}: {}", value(ty))).collect()
}

fn results(types: &[Value]) -> String {
    match types {
        [one] => value(*one).into(),
        several => format!("({})", several.iter().map(|&ty| value(ty)).collect::<Vec<_>>().join(", ")),
    }
}

/// The type in Rust.
fn value(ty: Value) -> &'static str {
    match ty {
        Value::I32 => "i32",
        Value::I64 => "i64",
        Value::F32 => "f32",
        Value::F64 => "f64",
        Value::V128 => "wasmc_embed::V128",
        Value::ExternRef => "Option<wasmc_embed::ExternRef>",
    }
}
