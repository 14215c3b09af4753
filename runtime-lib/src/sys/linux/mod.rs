//! Linux, by its system calls alone.
//!
//! - [`arch`]: entry point, signal contexts and the instruction that [`syscalls`] are made with,
//! - [`errno`]: error numbers, [`maps`]: address space,
//! - [`files`]: descriptors, [`paths`]: names in directories, [`directory`]: entries of directories, [`resolve`]: path
//!   resolution that stays inside a directory, [`walk`]: the same without `openat2`,
//! - [`process`]: start data, exit and signals to itself, [`signals`]: handlers, [`threads`], [`limits`],
//! - [`seccomp`] and [`landlock`]: confinement,
//! - [`time`] and [`vdso`]: clocks, [`sockets`], [`mod@listen`]: listening sockets,
//!   [`internet`]: sockets that programs make, [`readiness`]: polling,
//! - [`strings`]: functions of the C library that compilers call.
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

mod directory;
mod errno;
mod files;
mod inherited;
#[cfg(feature = "component")]
mod internet;
mod landlock;
mod limits;
mod listen;
mod maps;
mod paths;
mod process;
mod readiness;
mod resolve;
mod seccomp;
mod signals;
mod sockets;
mod strings;
mod syscalls;
mod threads;
mod time;
mod vdso;
#[path = "../posix/walk.rs"]
mod walk;

pub use arch::Context;
pub use directory::*;
pub use files::*;
pub use inherited::close_above_standard_streams;
#[cfg(feature = "component")]
pub use internet::*;
pub use landlock::Ruleset;
pub use limits::*;
pub use listen::{ListenAddress, listen};
pub use maps::*;
pub use paths::*;
pub use process::*;
pub use readiness::*;
pub use resolve::*;
pub use seccomp::filter_system_calls;
pub use signals::*;
pub use sockets::*;
pub use threads::*;
pub use time::*;
