//! Tests of the whole: modules through the command `wasmc` to images that run.
//!
//! One binary, so that it is linked once. Every module states facts of the specification or of a user's expectation.

mod atomics;
mod bad_input;
mod bare;
mod build_script;
mod cache;
mod cfi;
mod cli;
mod components;
mod confine;
mod cross;
mod determinism;
mod deterministic;
mod embed;
mod examples;
mod exceptions;
mod expectations;
mod features;
mod fuel;
mod fuzz;
mod gc;
mod hints;
mod hostile;
mod image;
mod library;
mod limits;
mod macos;
mod mutation;
mod names;
mod native;
mod outputs;
mod preinit;
mod preview2;
mod profile;
mod programs;
mod refusals;
mod report;
mod spectre;
mod starts;
mod support;
mod threads;
mod time_limit;
mod tools;
mod traps;
mod wasi;
