//! Bindings to a library: what programs that embed a module use it by, typed.
//!
//! - [`interface`]: what a module imports and exports, as bindings see it; [`references`]: the types of its references,
//!   [`names`]: identifiers for it,
//! - [`rust`]: a module in Rust over the crate `wasmc-embed`, [`c`]: a header for C and C++,
//! - [`component`]: the same for components, with the types of WIT.

pub mod c;
pub mod component;
pub mod interface;
pub mod names;
pub mod references;
pub mod rust;
