//! macOS, by the functions of its system library: the kernel's own interface is not stable there. Types and constants
//! come from the crate `libc`; `context` checks the layouts that matter most against the kernel's headers.
//!
//! - [`entry`]: the entry point, [`context`]: the context that a signal handler gets, [`signals`]: handlers,
//! - [`errno`]: error numbers, [`maps`]: address space, [`files`]: descriptors, [`paths`]: names in directories,
//!   [`directory`]: entries of directories, [`resolve`] and [`walk`]: path resolution that stays inside a directory,
//! - [`process`], [`threads`], [`time`]: clocks, [`sockets`], [`readiness`]: polling.

mod context;
mod directory;
mod entry;
mod errno;
mod files;
mod maps;
mod paths;
mod process;
mod readiness;
mod resolve;
mod signals;
mod sockets;
mod threads;
mod time;
#[path = "../posix/walk.rs"]
mod walk;

pub use context::*;
pub use directory::*;
pub use entry::{arguments, environment};
pub use files::*;
pub use maps::*;
pub use paths::*;
pub use process::*;
pub use readiness::*;
pub use resolve::*;
pub use signals::*;
pub use sockets::*;
pub use threads::*;
pub use time::*;
