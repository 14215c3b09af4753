//! WASI preview 1: [`functions`], [`path_functions`] on directories and paths, and `poll`, by which a guest waits.

pub mod functions;
pub mod path_functions;
mod poll;

pub use functions::*;
pub use path_functions::*;
