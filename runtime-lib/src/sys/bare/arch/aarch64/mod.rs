//! AArch64 at exception level 1: the program uses the stack pointer of level 0, exceptions that of level 1.
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
