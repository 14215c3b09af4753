//! A validated module to machine code, one function at a time.
//!
//! - [`target`], [`options`]: what the code is for,
//! - [`plan`]: everything decided before the first function is compiled; functions compile against it in any order and on any
//!   thread,
//! - [`linkage`]: how the module takes part in a program,
//! - [`instance`], [`initial`]: where instance state lies and what it holds when the program starts,
//! - [`types`]: canonical numbers of function types,
//! - `lower`: the one seam through which code touches instance state,
//! - `translate`: WebAssembly operators to Cranelift IR, a file per family,
//! - `start`: the function that instantiates the module and runs it,
//! - [`compile`]: Cranelift IR to machine code with relocations and trap sites,
//! - `landing`: landing pads that Cranelift leaves out, `relax`: shorter encodings for finished machine code,
//! - [`error`]: the one error.

pub mod compile;
pub mod error;
pub mod initial;
pub mod instance;
mod landing;
pub mod linkage;
mod lower;
pub mod options;
pub mod plan;
mod relax;
mod start;
pub mod target;
mod translate;
pub mod types;

pub use compile::{CompiledFunction, Compiler, Relocation, Symbol};
pub use error::Error;
pub use lower::memory::MemoryPlan;
pub use options::{Bounds, OptLevel, Options};
pub use plan::{FunctionKey, Plan};
pub use target::Target;

/// The kinds of relocation in [`Relocation`].
pub use cranelift_codegen::binemit::Reloc;
