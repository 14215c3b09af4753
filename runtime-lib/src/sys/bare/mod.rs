//! No system at all: the program is alone on the machine.
//!
//! - [`machine`]: reset, exceptions, memory protection, the boards of QEMU; [`boot`]: from there to the start,
//! - [`board`]: what differs from board to board, which users' objects can define (`include/wasmc_board.h`),
//! - [`maps`]: memory, [`faults`]: handlers, [`console`]: the standard streams, [`process`], [`time`]: clocks,
//!   [`threads`], [`readiness`]: polling; [`files`], [`paths`] and [`sockets`] refuse what needs a system.
//!
//! The linker script tells how an image is laid out, and where memory ends: see [`maps`].

#[cfg(target_arch = "aarch64")]
#[path = "arch/aarch64/mod.rs"]
mod machine;
#[cfg(target_arch = "riscv64")]
#[path = "arch/riscv64/mod.rs"]
mod machine;

mod board;
mod boot;
mod console;
mod faults;
mod files;
mod maps;
mod paths;
mod process;
mod readiness;
mod sockets;
mod threads;
mod time;

pub use console::*;
pub use faults::*;
pub use files::*;
pub use machine::Context;
pub use maps::*;
pub use paths::*;
pub use process::*;
pub use readiness::*;
pub use sockets::*;
pub use threads::*;
pub use time::*;
