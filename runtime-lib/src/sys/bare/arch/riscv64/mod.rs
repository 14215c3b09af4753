//! RV64GC in machine mode.
//!
//! - [`context`]: the interrupted program, [`exceptions`]: where the processor goes on an exception,
//! - [`protection`]: access rights of memory, [`reset`]: the first instructions,
//! - [`virt`]: the machine of QEMU, [`halt`]: its end.

pub mod context;
mod exceptions;
mod halt;
mod protection;
mod reset;
mod virt;

pub use context::Context;
pub use protection::protect;
