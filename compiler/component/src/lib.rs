//! WebAssembly components to programs of core modules.
//!
//! A component says how core modules are linked with each other and with the world outside. All of it is known before
//! anything runs: so a component is a [`Program`](wasmc_frontend::Program) of many instances.
//!
//! - [`translate`]: `wasmtime-environ`, which validates a component, flattens it, and makes modules of the adapters
//!   between its parts, which `adapters` makes better. Nothing outside this crate knows its types,
//! - [`flatten`]: what it has made, as we have it,
//! - [`imports`]: which functions of the runtime satisfy imports; [`types`]: their types as text, [`names`]: their
//!   names,
//! - [`world`](mod@world): what a component says of itself,
//! - [`command`]: what a component must export to be a program, and the module that calls it,
//! - [`mod@library`]: a component as one core module, for libraries; [`interface`]: its world with the types of WIT,
//!   [`layout`](Layout): how their values lie in memory,
//! - [`steps`]: what both ask of the steps by which it is instantiated.

mod adapters;
mod command;
mod flatten;
mod imports;
pub mod interface;
mod layout;
mod library;
mod names;
mod steps;
mod translate;
mod types;
mod world;

pub use flatten::Flattened;
pub use layout::Layout;
pub use library::Library;
pub use world::{Interface, World};

use wasmc_frontend::Error;
use wasmc_frontend::program::Missing;

/// Flattens a component, which is to be a program. `missing` says what functions do that nothing satisfies the imports
/// of, where that is no error.
///
/// # Errors
/// Where it is not valid, uses what is not supported, imports what the runtime does not have, or has nothing to run.
pub fn flatten(binary: &[u8], missing: Option<Missing>) -> Result<Flattened, Error> {
    translate::translated(binary, |translated| flatten::flatten(translated, missing))?
}

/// Makes one core module of a component, which is to be a library. `without_wasi` says that its embedder is not asked
/// for what it imports of WASI: calls of that trap.
///
/// # Errors
/// Where it is not valid, or uses what is not supported.
pub fn library(binary: &[u8], without_wasi: bool) -> Result<Library, Error> {
    translate::translated(binary, |translated| library::library(translated, without_wasi))?
}

/// What a component says of itself.
///
/// # Errors
/// Where it is not valid.
pub fn world(binary: &[u8]) -> Result<World, Error> {
    translate::translated(binary, world::world)?
}

/// Whether a binary is a component, not a core module: by the layer in its preamble (component model, "Binary Format").
pub fn is_component(binary: &[u8]) -> bool {
    binary.starts_with(&wasmc_frontend::binary::COMPONENT_PREAMBLE)
}
