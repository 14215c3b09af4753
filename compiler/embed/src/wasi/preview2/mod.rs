//! WASI 0.2, for libraries of components: functions that their bindings call, each by its interface and its name, with
//! the types of WIT. What fails otherwise than the specification has it ends the call of the component.
//!
//! - `cli`, `clocks`, `io`, `streams`, `random`, `filesystem` with `filesystem_names`, `network`, `tcp`, `udp`:
//!   interfaces; `addresses`: those of sockets,
//! - `transfer`: reading and writing streams,
//! - `table`: all functions by name,
//! - `resources`: what handles stand for; `handles`, `types`: what is passed.
#![allow(missing_docs, reason = "the names are those of WASI, whose documents say what they do")]
#![allow(clippy::missing_errors_doc, reason = "as above")]

mod addresses;
mod cli;
mod clocks;
mod filesystem;
mod filesystem_names;
mod handles;
mod io;
mod network;
mod random;
pub(super) mod resources;
mod streams;
#[doc(hidden)]
pub mod table;
mod tcp;
#[cfg(test)]
mod tests;
mod transfer;
mod types;
mod udp;

pub use addresses::{IpAddress, IpSocketAddress, Ipv4SocketAddress, Ipv6SocketAddress};
pub use cli::*;
pub use clocks::*;
pub use filesystem::*;
pub use filesystem_names::*;
pub use handles::*;
pub use io::*;
pub use network::*;
pub use random::*;
pub use streams::*;
pub use tcp::*;
pub use types::*;
pub use udp::*;

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
