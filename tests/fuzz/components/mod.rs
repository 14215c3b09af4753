//! Generated components: values of random types go from one component to another, through some that pass them on, and
//! back. Each has a memory and an encoding of its own. Both ends know what they must receive. They run as programs, and
//! as libraries that a host in C calls; Wasmtime, where it is there, is one more opinion.
//!
//! - [`case`]: what a program is made of; [`generate`]: one from a seed; [`lie`]: what goes wrong in some,
//! - [`digest`]: a number for each value; [`walk`]: code that computes it; [`core`](mod@core): core modules,
//! - [`caller`], [`relay`], [`callee`], [`library`]: the core modules of the components,
//! - [`component`]: all of them together,
//! - [`judge`]: how a program ends, and whether it should; [`campaign`]: many programs.

pub mod callee;
pub mod caller;
pub mod campaign;
pub mod case;
pub mod component;
pub mod core;
pub mod digest;
pub mod generate;
pub mod judge;
pub mod library;
pub mod lie;
pub mod relay;
pub mod walk;
