//! The runtime linked into every program that wasmc compiles.
//!
//! From top to bottom:
//!
//! - [`builtins`]: which function defines each builtin that compiled code calls,
//! - [`start`]: from the system's entry point to compiled code, and the exit; [`script`]: programs that call one
//!   function after the other and report how each call ended,
//! - `context`: instances inside a program of somebody else's,
//! - `confinement`: giving up system calls and files that the program does not need,
//! - [`wasi`]: the functions that WASI imports are linked to,
//! - [`component`]: what functions of components have in common: values in the caller's memory, handles, strings,
//! - [`traps`]: from a faulting instruction to a message and a backtrace,
//! - [`exceptions`]: from an exception that is thrown to its handler,
//! - [`snapshot`]: the state of an instance as bytes, `profile`: counting what a program does,
//! - [`memory`], [`table`]: growth of the state that compiled code works on; `handles`: references of a context's that
//!   its embedder has,
//! - [`thread`]: threads and their stacks,
//! - [`report`]: messages of the runtime itself; `regions`: where one collector looks for what another keeps; `plain`:
//!   types of values in the guest's memory,
//! - [`native_api`]: functions for native code linked with the program; [`arithmetic`]: operations that old processors
//!   lack,
//! - [`sys`]: the system calls and instructions of the platform; elsewhere, only parts that one system has name it,
//! - [`errno`]: the error numbers that all of them use.
//!
//! Every function that compiled code calls can be dropped by the linker without the others: no part sets up the state
//! of another. Names and layouts that compiler and runtime share are defined in `wasmc_abi`.
#![no_std]
// Elsewhere the package is there for its sources alone: see Cargo.toml.
#![cfg(feature = "runtime")]

mod arithmetic;
mod budget;
mod builtins;
#[cfg(feature = "component")]
mod component;
#[cfg(target_os = "linux")]
mod confinement;
#[cfg(not(target_os = "macos"))]
mod context;
mod errno;
mod exceptions;
mod gc;
#[cfg_attr(target_os = "macos", expect(dead_code, reason = "there are no contexts on macOS"))]
mod handles;
mod memory;
mod native_api;
mod plain;
#[cfg(target_os = "linux")]
mod profile;
mod regions;
mod report;
mod script;
mod snapshot;
mod start;
mod sys;
mod table;
mod thread;
mod traps;
mod wasi;

/// A panic is a bug of the runtime: reports it and ends the process.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    sys::fatal("wasmc: internal error in the runtime\n", wasmc_abi::trap::TRAP_EXIT_STATUS)
}
