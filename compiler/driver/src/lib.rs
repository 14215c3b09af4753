//! wasmc: a WebAssembly module to a small, static, sandboxed native executable.
//!
//! - [`mod@compile`]: the whole, one phase after the other,
//! - [`options`], [`target`], [`grants`], [`confine`], [`cfi`], [`embed`]: what it depends on besides the module,
//! - [`bare`]: what differs where there is no system,
//! - [`imports`], [`link`], [`macho`], [`runtimes`]: what the program is linked with,
//! - [`workers`], [`phases`], [`files`]: threads, clock and file system, which nothing else in the compiler touches,
//! - [`inspect`], [`executable`], [`run`]: the other things that the command does,
//! - [`cli`]: the command,
//! - [`error`]: the one error.

pub mod bare;
pub mod cfi;
pub mod cli;
pub mod compile;
pub mod confine;
pub mod embed;
pub mod error;
pub mod executable;
pub mod files;
pub mod grants;
pub mod imports;
pub mod inspect;
pub mod link;
pub mod macho;
pub mod options;
pub mod phases;
pub mod run;
pub mod runtimes;
pub mod target;
pub mod workers;

pub use compile::{Sources, compile};
pub use error::Error;
pub use options::{Emit, Options};
pub use phases::Phases;
pub use target::Target;
