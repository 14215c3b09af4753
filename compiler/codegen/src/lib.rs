//! A validated module to machine code, one function at a time.
//!
//! - [`target`], [`options`], [`passes`], [`profile`]: what the code is for; [`error`]: the one error,
//! - [`symbol`], [`key`], [`code`], `signature`: the words that all rooms share,
//! - [`plan`]: everything decided before the first function is compiled,
//! - `lower`: the one place that knows where instance state lies,
//! - `translate`: WebAssembly operators to Cranelift IR, a file per family; `glue`: functions that belong to no module,
//! - `optimize`: Cranelift IR to better Cranelift IR, where `effort` says so; [`emit`]: Cranelift IR to machine code,
//! - [`compile`]: the three steps in a row; [`portable`]: functions by what they are, for caches.

pub mod code;
pub mod compile;
mod effort;
pub mod emit;
pub mod error;
mod glue;
pub mod key;
mod lower;
mod optimize;
pub mod options;
pub mod passes;
mod places;
pub mod plan;
pub mod portable;
pub mod profile;
mod signature;
pub mod symbol;
pub mod target;
mod translate;
mod values;

pub use code::{CompiledFunction, Effort, Relocation, RelocationTarget};
pub use compile::{Compiler, Portable, Translated};
pub use emit::Machine;
pub use error::Error;
pub use key::FunctionKey;
pub use options::{Bounds, OptLevel, Options};
pub use plan::Plan;
pub use plan::memory::MemoryPlan;
pub use symbol::Symbol;
pub use target::Target;

/// The kinds of relocation in [`Relocation`].
pub use cranelift_codegen::binemit::Reloc;
