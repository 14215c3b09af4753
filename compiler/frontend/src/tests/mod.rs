//! Tests of the parts, on modules of a few lines.

mod binary;
mod const_expr;
mod features;
mod hints;
mod program;
mod read;
mod summary;
mod types;

use crate::{Error, Features, Module, to_binary};

/// The binary form of a module in text format, which lives as long as the test.
fn binary_of(text: &str) -> &'static [u8] {
    to_binary(text.as_bytes()).unwrap_or_else(|error| panic!("{text}: {error}")).into_owned().leak()
}

/// Reads and validates a module in text format.
fn try_module(text: &str) -> Result<Module<'static>, Error> {
    crate::read(binary_of(text), Features::default())?.validate()
}

fn module(text: &str) -> Module<'static> {
    try_module(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}
