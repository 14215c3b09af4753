//! The contract between compiled code and the runtime.
//!
//! Both sides of every layout, name and number that crosses the boundary are defined here, once: the compiler writes
//! them into objects, the runtime reads them in the running image.
//!
//! - [`memory`] and [`table`]: the state of linear memories and tables,
//! - [`trap`]: trap codes and the side tables that map program counters to them,
//! - [`script`]: programs that call one function after the other and report how each call ended,
//! - [`thread`]: how further threads of a program begin,
//! - [`grants`]: what the sandbox may reach, baked into the image; [`embedded`]: directories that are part of it,
//! - [`confinement`]: what a program gives up of the system,
//! - [`wasi`]: WASI's functions and their types,
//! - [`bare`]: what a program without a system is started with,
//! - [`symbols`]: names of the symbols that one side defines and the other references.
#![no_std]

pub mod bare;
pub mod confinement;
pub mod embedded;
pub mod grants;
pub mod leb128;
pub mod memory;
pub mod script;
pub mod symbols;
pub mod table;
pub mod thread;
pub mod trap;
pub mod wasi;
