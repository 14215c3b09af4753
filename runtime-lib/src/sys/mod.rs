//! The platform, chosen once, by whole files: the instruction set in `arch`, the system in `platform`. The rest of the
//! runtime uses what all platforms export.
//!
//! - [`start_data`]: arguments and environment of the process,
//! - [`image_limits`](mod@image_limits): sizes that the compiler gave the program,
//! - [`recovery`]: where the program continues after a trap,
//! - `address`: addresses of the internet; [`address_text`]: as text,
//! - [`types`]: types that all platforms share; `posix`: code that those with a POSIX file system share.
//!
//! Files here name the file that they use, never this module, which re-exports what others use.

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

#[cfg(feature = "component")]
mod address;
#[cfg(any(feature = "component", target_os = "linux"))]
mod address_text;
mod image_limits;
#[cfg(all(feature = "component", not(target_os = "linux")))]
mod no_internet;
mod recovery;
mod start_data;
mod types;

#[cfg(feature = "component")]
pub use address::{IpAddress, SocketAddress};
#[cfg(target_os = "linux")]
pub use arch::thread_pointer;
pub use arch::{
    STACK_AREAS, call_with_recovery, kept_registers, return_address, run_on_stack, wasmc_keep_exception, wasmc_throw,
};
#[cfg(not(target_os = "macos"))]
pub use arch::{
    call, call_float, enter, resume, wasmc_context_call, wasmc_context_end, wasmc_context_exit, wasmc_context_import,
    wasmc_context_import_keeping, wasmc_context_keep_exception,
};
#[cfg(not(target_os = "macos"))]
pub use arch::{memmove, memset};
pub use image_limits::{guard_size, image_limits};
#[cfg(all(feature = "component", not(target_os = "linux")))]
pub use no_internet::*;
pub use platform::*;
pub use start_data::set_start_data;
pub use types::*;
