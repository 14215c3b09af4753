//! WebAssembly bytes or text to a validated [`Module`].
//!
//! - [`binary`]: text to binary, and what is neither,
//! - [`features`]: proposals that can be switched on and off,
//! - [`module`]: what a module consists of,
//! - [`mod@read`]: sections to a [`Module`], bodies to be validated one by one,
//! - [`summary`]: what later phases decide by of a body,
//! - [`program`]: modules with what their imports are bound to,
//! - [`const_expr`]: initialiser expressions,
//! - [`hints`]: which way branches are expected to go,
//! - [`shown`]: names as people and tools see them,
//! - [`index`]: a type for each index space of a module,
//! - [`error`]: the one error, with its byte offset.

pub mod binary;
pub mod const_expr;
pub mod error;
pub mod features;
pub mod hints;
pub mod index;
pub mod module;
pub mod program;
pub mod read;
pub mod shown;
pub mod summary;
#[cfg(test)]
mod tests;

pub use binary::to_binary;
pub use error::Error;
pub use features::Features;
pub use module::Module;
pub use program::Program;
pub use read::{Unvalidated, UnvalidatedFunction, read};
pub use shown::Shown;
pub use summary::Summary;
/// The crate whose types describe modules here.
pub use wasmparser;
