//! WASI 0.2 for hosts in C of libraries of components: what `wasmc_embed::wasi` has for those in Rust, as functions
//! that the headers of these libraries declare and describe (`wasi.h` among the bindings).
//!
//! - `grants`: what an instance finds; `streams`: what hosts read and write,
//! - `answers`: what the headers themselves call.
#![allow(
    missing_docs,
    clippy::missing_safety_doc,
    reason = "the header says what functions do, and what may be passed"
)]

mod answers;
mod grants;
mod streams;
