//! The platform, chosen once, by whole files: the instruction set in `arch`, the system in `platform`. What is used of them is
//! the union of what these modules export.
//!
//! - [`mod@catch`]: what the way out of a trap needs,
//! - [`types`]: what all platforms describe in the same words,
//! - [`walk`]: paths beneath a directory, where the system does not resolve them.

#[cfg(target_arch = "aarch64")]
#[path = "arch/aarch64/mod.rs"]
mod arch;
#[cfg(target_arch = "riscv64")]
#[path = "arch/riscv64/mod.rs"]
mod arch;
#[cfg(target_arch = "x86_64")]
#[path = "arch/x86_64/mod.rs"]
mod arch;

#[cfg(target_os = "linux")]
#[path = "linux/mod.rs"]
mod platform;
#[cfg(target_os = "macos")]
#[path = "macos/mod.rs"]
mod platform;
#[cfg(target_os = "none")]
#[path = "bare/mod.rs"]
mod platform;

mod catch;
mod types;
#[cfg(not(target_os = "none"))]
mod walk;

pub use arch::{STACK_AREAS, catch, return_address, run_on_stack};
#[cfg(not(target_os = "macos"))]
pub use arch::{memmove, memset};
pub use catch::Catch;
pub use platform::*;
pub use types::*;
