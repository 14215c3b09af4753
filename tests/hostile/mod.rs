//! Hostile modules: each takes one thing to extremes, and must be compiled within a budget that grows with the bytes of
//! the module alone, or be refused by an error that says which limit it was.
//!
//! - [`shapes`]: the modules, made by a function of their scale; [`maker`]: what they are made with,
//! - [`measure`]: what a compilation takes; [`budget`]: what it may take.

pub mod budget;
pub mod maker;
pub mod measure;
pub mod shapes;

/// A family of modules.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    /// What there is much of.
    pub name: &'static str,
    /// Makes the module of a scale, in binary or text format.
    pub make: fn(scale: u32) -> Vec<u8>,
    /// The scale of a module that takes much of its budget, or has megabytes.
    pub scale: u32,
}
