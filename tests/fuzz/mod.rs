//! Differential fuzzing: modules that nobody wrote, run as native code and by an interpreter that shares nothing with
//! the compiler but the parser. Both must agree on every result, trap and byte of state.
//!
//! Many modules become one executable, by the ordinary pipeline, as the specification's test suite does it: see
//! [`wast`](crate::wast).
//!
//! - [`generate`]: a seed to a module; [`random`]: numbers from a seed,
//! - [`variation`]: the options under which modules are compiled,
//! - [`request`]: what a module is asked: calls with arguments, and then its state,
//! - [`reference`](mod@reference): the interpreter's answers; [`native`]: those of compiled code; [`answer`]: what they
//!   have in common,
//! - [`batch`]: several modules, compared,
//! - [`shrink`]: a smaller module that differs too; [`reproduction`]: the folder that tells of it,
//! - [`campaign`]: batches, until time is up.

pub mod answer;
pub mod batch;
pub mod campaign;
pub mod generate;
pub mod native;
pub mod random;
pub mod reference;
pub mod reproduction;
pub mod request;
pub mod shrink;
pub mod variation;
