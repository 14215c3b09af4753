//! Differential fuzzing: generated modules run as native code and in an interpreter that shares nothing with the
//! compiler but the parser. Both must agree on every result, trap and byte of state.
//!
//! Many modules become one executable, by the ordinary pipeline, as in the runner of the specification's test suite:
//! see [`wast`](crate::wast).
//!
//! - [`generate`]: a module from a seed; [`exceptions`]: more of these in it; [`loops`]: one of loops over memory;
//!   [`random`]: numbers from a seed,
//! - [`variation`]: the options under which modules are compiled,
//! - [`request`]: what is requested of a module: calls with arguments, then its state,
//! - [`reference`](mod@reference): the interpreter's answers; [`native`]: those of compiled code; [`answer`]: what they
//!   have in common,
//! - [`batch`]: several modules, compared,
//! - [`shrink`]: a smaller module that still differs; [`reproduction`]: the folder that records it,
//! - [`campaign`]: batches, until time is up,
//! - [`across`]: without the interpreter, targets against each other,
//! - [`components`]: components instead of modules.

pub mod across;
pub mod answer;
pub mod batch;
pub mod campaign;
pub mod components;
pub mod exceptions;
pub mod generate;
pub mod loops;
pub mod native;
pub mod random;
pub mod reference;
pub mod reproduction;
pub mod request;
pub mod shrink;
pub mod variation;
