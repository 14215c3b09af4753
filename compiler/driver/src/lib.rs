//! wasmc: a WebAssembly module to a small, static, sandboxed native executable.
//!
//! Each file and folder uses only those below it:
//!
//! - [`cli`]: the command,
//! - [`preinit`]: what a module does when it is compiled,
//! - [`mod@compile`]: the whole compilation, one phase after the other,
//! - `component`: what is done of a component before; `functions`: all functions, in parallel,
//! - [`inspect`], [`run`]: the other things that the command does,
//! - [`imports`], [`link`]: what the program is linked with; [`bindings`]: what uses a library; `report`: where its
//!   bytes and its time go,
//! - [`sources`]: what is compiled, [`profile`]: what earlier runs have done,
//! - [`options`]: what a compilation depends on besides its module: what is asked for, and what is settled,
//! - [`confine`], [`embed`], [`grants`]: what the program may reach, as options say it and as the image holds it,
//! - [`target`], [`runtimes`]: what the program is for, and the part of it that is not compiled from the module,
//! - [`memory`]: how much of it the compiler takes,
//! - [`workers`], [`phases`], [`files`]: threads, clock and file system, which nothing else in the compiler touches,
//! - [`temporary`]: files that go when the command ends,
//! - [`error`]: the one error, [`limits`]: how much compiling may take.

pub mod bindings;
mod cache;
pub mod cli;
pub mod compile;
mod component;
pub mod confine;
pub mod embed;
pub mod error;
pub mod files;
mod functions;
pub mod grants;
pub mod imports;
pub mod inspect;
pub mod limits;
pub mod link;
pub mod memory;
mod natives;
pub mod options;
pub mod phases;
pub mod preinit;
pub mod profile;
mod report;
pub mod run;
pub mod runtimes;
pub mod sources;
pub mod target;
pub mod temporary;
pub mod workers;

pub use compile::compile;
pub use error::Error;
pub use options::{Emit, Options, Request};
pub use phases::Phases;
pub use sources::Sources;
pub use target::Target;
