//! Bindings in Rust to the library of a component: a module over `wasmc_embed::component`, without unsafe code of its
//! own, with a module inside for each interface.
//!
//! - `header`: the same in C, with [`c_functions`] and [`c_types`],
//! - [`functions`]: exports as methods, imports as traits; [`types`]: records and others with names; [`options`]:
//!   what functions were lifted and lowered with; [`spelling`]: what everything is called.

mod c_functions;
mod c_types;
mod functions;
mod header;
mod options;
mod spelling;
mod types;

use super::interface::{Interface as Core, symbol};
use super::names::{Names, RUST_NAMES, RUST_WORDS};
use crate::error::Error;
pub use header::header;
use options::OptionSets;
use spelling::Spelling;
use std::fmt::Write as _;
use wasmc_component::interface::Interface;
use wasmc_frontend::Shown;

/// Names that instances have for themselves.
const TAKEN: &[&str] = &["destroy_dropped", "set_lifted"];

/// The bindings to a component's library, whose core module is `core`.
///
/// # Errors
/// Where the component has what no value of Rust stands for.
pub fn rust(core: &Core, world: &Interface) -> Result<String, Error> {
    bindings(core, world).map_err(|error| error.in_file(&core.file))
}

fn bindings(core: &Core, world: &Interface) -> Result<String, Error> {
    let spelling = Spelling::new(world);
    let mut text = head(core, world);
    let options = OptionSets::new(world);
    text += &options.declared();
    let entries = functions::entries(world, &spelling, &options, &core.imports)?;
    text += &types::types(world, &spelling, None)?;
    let imported = spelling::imported(world, |world, lowering| !spelling::is_wasi(world, lowering));
    let interfaces = imported.iter().flatten().map(|interface| format!("{}::Imports", spelling.module(interface)));
    let wasi = spelling::has_wasi(world).then(|| "wasmc_embed::wasi::HasWasi".to_owned());
    let bounds: Vec<String> = wasi.into_iter().chain(interfaces).collect();
    text += &functions::imports(world, &spelling, None, &bounds)?;
    text += &instance(core, world, (&spelling, &options), &entries)?;
    for (interface, module) in spelling.modules() {
        let _ = write!(text, "/// `{}`\n#[allow(dead_code, missing_docs)]\npub mod {module} {{\n", Shown(interface));
        let mut inner = types::types(world, &spelling, Some(interface))?;
        if imported.contains(&Some(interface)) {
            inner += &functions::imports(world, &spelling, Some(interface), &[])?;
        }
        let exports = world.exports.iter().filter(|namespace| namespace.name.as_ref() == Some(interface));
        for namespace in exports {
            let mut names = Names::new(RUST_WORDS);
            let methods = functions::exports(
                world,
                (&spelling, &options),
                &namespace.functions,
                ("self.0", Some(interface)),
                &mut names,
            )?;
            let _ = write!(
                inner,
                "/// What the component exports of `{}`.\n#[derive(Debug)]\n\
                 pub struct Exports<'a, T>(pub(super) &'a mut wasmc_embed::component::Instance<T>);\n\n\
                 impl<T> Exports<'_, T> {{\n{}}}\n",
                Shown(interface),
                methods.trim_start_matches('\n'),
            );
        }
        for line in inner.trim_end().lines() {
            text += if line.is_empty() { "" } else { "    " };
            text += line;
            text.push('\n');
        }
        text += "}\n\n";
    }
    Ok(text.trim_end().to_owned() + "\n")
}

fn head(core: &Core, world: &Interface) -> String {
    let Core { file, name, fingerprint, .. } = core;
    let handles = world.handles.map_or("None".into(), |handles| {
        format!(
            "Some(wasmc_embed::component::Handles {{\n        own: {},\n        borrow: {},\n        \
             take: {},\n        representation: {},\n        enter: {},\n        exit: {},\n    }})",
            handles.own, handles.borrow, handles.take, handles.representation, handles.enter, handles.exit
        )
    });
    format!(
        "// Bindings to the library of `{}`, made by wasmc {}: they belong to that library alone.\n\n\
         wasmc_embed::library!({:?}, {fingerprint:#018x});\n\n\
         static COMPONENT: wasmc_embed::component::Component =\n    \
         wasmc_embed::component::Component {{ handles: {handles} }};\n\n",
        Shown(file),
        env!("CARGO_PKG_VERSION"),
        symbol(name),
    )
}

/// The type of instances, how one is made, and what the world exports besides interfaces.
fn instance(
    core: &Core,
    world: &Interface,
    (spelling, options): (&Spelling<'_>, &OptionSets),
    entries: &str,
) -> Result<String, Error> {
    let mut names = Names::new(&[RUST_WORDS, RUST_NAMES, TAKEN].concat());
    let mut methods = String::new();
    for namespace in &world.exports {
        match &namespace.name {
            None => {
                let inner = ("self.inner", None);
                methods += &functions::exports(world, (spelling, options), &namespace.functions, inner, &mut names)?;
            }
            Some(interface) => {
                let module = spelling.module(interface);
                let name = names.identifier(module);
                let _ = write!(
                    methods,
                    "\n    /// What it exports of `{}`.\n    pub fn {name}(&mut self) \
                     -> {module}::Exports<'_, T> {{\n        {module}::Exports(&mut self.inner)\n    }}\n",
                    Shown(interface),
                );
            }
        }
    }
    Ok(format!(
        "/// An instance of `{file}`.\n///\n/// ```ignore\n/// let mut {name} = {name}::Instance::new(host)?;\n\
         /// ```\n#[derive(Debug)]\n#[allow(dead_code)]\npub struct Instance<T> {{\n    \
         inner: wasmc_embed::component::Instance<T>,\n}}\n\n\
         #[allow(dead_code)]\nimpl<T: Imports> Instance<T> {{\n    \
         const IMPORTS: [wasmc_embed::HostFunction; {len}] = [\n{entries}    ];\n\n    \
         /// Makes an instance, whose imports `host` has.\n    ///\n    /// # Errors\n    \
         /// Where there is no room for it, or instantiation traps.\n    \
         pub fn new(host: T) -> Result<Self, wasmc_embed::CreateError> {{\n        \
         Self::with_options(host, wasmc_embed::Options::default())\n    }}\n\n    \
         /// As [`Self::new`], with options.\n    ///\n    /// # Errors\n    /// As [`Self::new`].\n    \
         pub fn with_options(host: T, options: wasmc_embed::Options) \
         -> Result<Self, wasmc_embed::CreateError> {{\n        \
         let host = wasmc_embed::component::Hosted::new(host, &COMPONENT);\n        \
         let instance = wasmc_embed::instance!(library(), &Self::IMPORTS, options, host, |_| Ok(()))?;\n        \
         Ok(Self {{ inner: wasmc_embed::component::Instance::new(instance) }})\n    }}\n\n    \
         /// Makes an instance that is as another was when [`Self::snapshot`] was called; none of its code runs.\n    \
         ///\n    /// # Errors\n    \
         /// Where there is no room for it, or the bytes are no snapshot of an instance of this component.\n    \
         pub fn restore(host: T, snapshot: &[u8]) -> Result<Self, wasmc_embed::CreateError> {{\n        \
         let host = wasmc_embed::component::Hosted::new(host, &COMPONENT);\n        \
         let options = wasmc_embed::Options::default();\n        \
         let instance =\n            \
         wasmc_embed::instance!(library(), &Self::IMPORTS, options, host, |_| Ok(()), snapshot)?;\n        \
         Ok(Self {{ inner: wasmc_embed::component::Instance::new(instance) }})\n    }}\n{methods}{OWN}}}\n\n",
        file = core.file,
        name = core.name,
        len = world.lowerings.len(),
    ))
}

/// What instances have for themselves.
const OWN: &str = "
    /// See [`wasmc_embed::component::Instance::destroy_dropped`].
    ///
    /// # Errors
    /// Where a destructor traps.
    pub fn destroy_dropped(&mut self) -> Result<(), wasmc_embed::Trap> {
        self.inner.destroy_dropped()
    }

    /// See [`wasmc_embed::component::Instance::snapshot`].
    ///
    /// # Errors
    /// Where the component keeps references that mean nothing in another instance.
    pub fn snapshot(&mut self) -> Result<wasmc_embed::Vec<u8>, wasmc_embed::SnapshotError> {
        self.inner.snapshot()
    }

    /// See [`wasmc_embed::component::Instance::set_lifted`].
    pub fn set_lifted(&mut self, bytes: u64) {
        self.inner.set_lifted(bytes);
    }

    /// The host.
    pub fn host(&self) -> &T {
        self.inner.host()
    }

    /// The host.
    pub fn host_mut(&mut self) -> &mut T {
        self.inner.host_mut()
    }

    /// Ends the instance and returns its host.
    pub fn into_host(self) -> T {
        self.inner.into_host()
    }

    /// The fuel that the component has left, in libraries that were compiled with `--fuel`.
    pub fn fuel(&mut self) -> Option<wasmc_embed::Fuel<'_>> {
        self.inner.fuel()
    }

    /// What ends calls from another thread, in libraries that were compiled with `--epoch`.
    pub fn interrupter(&mut self) -> Option<wasmc_embed::Interrupter> {
        self.inner.interrupter()
    }
";
