//! Bindings to a library: what programs that embed a module use it by, typed.
//!
//! - [`interface`]: what a module imports and exports, as bindings see it; [`names`]: identifiers for it,
//! - [`rust`]: a module in Rust over the crate `wasmc-embed`, [`c`]: a header for C and C++.

pub mod c;
mod instance;
pub mod interface;
pub mod names;
pub mod rust;
