//! Tests of the whole: modules through the command `wasmc` to images that run.
//!
//! One binary, so that it is linked once. Every module states facts of the specification or of a user's expectation.

mod bad_input;
mod bare;
mod build_script;
mod cfi;
mod cli;
mod confine;
mod cross;
mod determinism;
mod embed;
mod expectations;
mod features;
mod fuzz;
mod hints;
mod hostile;
mod image;
mod limits;
mod macos;
mod mutation;
mod native;
mod programs;
mod spectre;
mod support;
mod threads;
mod tools;
mod traps;
mod wasi;
