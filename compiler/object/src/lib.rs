//! Compiled functions and initial instance state to an object file.
//!
//! - [`write()`]: the whole, in order of its parts,
//! - `text`: functions, one after the other,
//! - `state`: the instance block, tables and segments,
//! - `heap`: what the collector must know,
//! - `traps`: the tables that map program counters to traps,
//! - `exceptions`: the tables by which handlers are found,
//! - `unwind`: what debuggers want to know of frames,
//! - `program`: what a program carries besides its modules, `context`: what a library says of its module,
//! - `snapshot`: where the state lies that snapshots hold, `profile`: where a program counts what it does,
//! - `writer`: the object so far, its symbols,
//! - `relocation`: Cranelift's relocations as the object format's; `names`: how functions are called,
//! - `error`: the one error.

mod component;
mod context;
mod error;
mod exceptions;
mod heap;
mod names;
mod profile;
mod program;
mod relocation;
mod snapshot;
mod state;
mod text;
mod traps;
mod unwind;
mod write;
mod writer;

pub use error::Error;
pub use program::{ProgramData, Start};
pub use write::{MEMORY_SECTION, ObjectFile, write};
