//! The specification's own test suite, through real executables.
//!
//! A `.wast` script becomes one static executable by the ordinary pipeline: every module instance is compiled to an
//! object of its own, and one more object lists what to call, in order. The program reports how each call ended; what
//! it reports is compared with what the script expects.
//!
//! - [`suites`]: which scripts there are, and which features each of them is written for,
//! - [`steps`]: a script's text to steps, modules encoded,
//! - [`run`]: scripts, several at a time; [`program`]: one script, what is decided while its modules are compiled, and
//!   what its program is asked; [`question`]: what the answers must be,
//! - [`names`]: what instances are called,
//! - [`compile`]: one instance to an object,
//! - [`image`]: objects and commands to an executable; [`toolchain`]: for which target; [`execute`]: its outcomes,
//! - [`expect`]: values and traps compared with what a script expects,
//! - [`report`]: the table,
//! - [`components`]: scripts of the component model, whose assertions are programs of their own.

pub mod compile;
pub mod components;
pub mod execute;
pub mod expect;
pub mod image;
pub mod names;
pub mod program;
pub mod question;
pub mod report;
pub mod run;
mod spectest;
pub mod steps;
pub mod suites;
pub mod toolchain;
