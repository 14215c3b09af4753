//! WASI 0.2, for libraries of components: functions that their bindings call, each by its interface and its name, with
//! the types of WIT. What fails otherwise than the specification has it ends the call of the component.
//!
//! - `cli`, `clocks`, `io`, `streams`, `random`, `filesystem` with `filesystem_names`, `sockets`:
//!   interfaces,
//! - `transfer`: reading and writing streams,
//! - `table`: all functions by name,
//! - `resources`: what handles stand for; `handles`, `types`: what is passed.
#![allow(missing_docs, reason = "the names are those of WASI, whose documents say what they do")]
#![allow(clippy::missing_errors_doc, reason = "as above")]

mod cli;
mod clocks;
mod filesystem;
mod filesystem_names;
mod handles;
mod io;
mod random;
pub(super) mod resources;
mod sockets;
mod streams;
#[doc(hidden)]
pub mod table;
#[cfg(test)]
mod tests;
mod transfer;
mod types;

pub use cli::*;
pub use clocks::*;
pub use filesystem::*;
pub use filesystem_names::*;
pub use handles::*;
pub use io::*;
pub use random::*;
pub use sockets::*;
pub use streams::*;
pub use types::*;

use super::Wasi;

/// What a function answers; an error ends the call of the component.
pub type Answer<T> = Result<T, crate::error::Error>;

/// Ends a handle that owned a resource, of this number.
pub fn drop_resource(wasi: &mut Wasi, number: u32) -> Answer<()> {
    if let Some(descriptor) = wasi.resources.remove(number)?.and_then(resources::Resource::descriptor) {
        wasi.descriptors.release(descriptor);
    }
    Ok(())
}
