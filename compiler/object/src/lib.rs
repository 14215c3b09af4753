//! Compiled functions and initial instance state to an object file.
//!
//! - [`write()`]: the whole, in order of its parts,
//! - `text`: functions, one behind the other,
//! - `state`: the instance block, tables and segments,
//! - `traps`: the tables that map program counters to traps,
//! - `unwind`: what debuggers want to know of frames,
//! - `relocation`: Cranelift's relocations as the object format's,
//! - `names`: how functions are called.

mod names;
mod relocation;
mod state;
mod text;
mod traps;
mod unwind;
mod writer;

pub use writer::{Error, Extra, ObjectFile, Start, write};
