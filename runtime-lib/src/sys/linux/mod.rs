//! Linux, by its system calls alone.
//!
//! - [`arch`]: instructions: entry point, signal contexts, and [`syscalls`],
//! - [`errno`]: error numbers, [`maps`]: address space, [`files`]: descriptors, [`paths`]: names in directories, [`directory`],
//!   [`resolve`]: names that must not lead out of a directory, [`process`]: the process and its signals to itself,
//!   [`signals`]: handlers, [`confine`]: giving up what is not needed, [`threads`], [`time`] and [`vdso`]: clocks, [`sockets`] and [`listen`], [`readiness`],
//!   [`limits`].
//!
//! Each function here makes the system calls that its name says and no others, so that the set of calls a program can
//! make follows from the functions that it is linked with.

#[cfg(target_arch = "x86_64")]
#[macro_use]
#[path = "arch/x86_64/mod.rs"]
mod arch;
#[cfg(target_arch = "aarch64")]
#[macro_use]
#[path = "arch/aarch64/mod.rs"]
mod arch;
#[cfg(target_arch = "riscv64")]
#[macro_use]
#[path = "arch/riscv64/mod.rs"]
mod arch;

mod confine;
mod directory;
mod errno;
mod files;
mod limits;
mod listen;
mod maps;
mod paths;
mod process;
mod readiness;
mod resolve;
mod signals;
mod sockets;
mod strings;
mod syscalls;
mod threads;
mod time;
mod vdso;

pub use arch::Context;
pub use confine::*;
pub use directory::*;
pub use files::*;
pub use limits::*;
pub use listen::*;
pub use maps::*;
pub use paths::*;
pub use process::*;
pub use readiness::*;
pub use resolve::*;
pub use signals::*;
pub use sockets::*;
pub use threads::*;
pub use time::*;
