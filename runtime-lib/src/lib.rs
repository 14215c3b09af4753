//! The runtime linked into every program that wasmc compiles.
//!
//! - [`start`]: from the system's entry point to compiled code, and out again; [`process`]: what the system handed over,
//! - [`thread`]: threads and their stacks,
//! - [`builtins`]: which function defines what compiled code calls; [`arithmetic`]: operations that old processors lack,
//! - [`memory`], [`table`]: growth of the state that compiled code works on,
//! - [`traps`]: from a faulting instruction to a message and a backtrace,
//! - [`wasi`]: what WASI imports are linked to,
//! - [`script`]: programs that call one function after the other and report how each call ended,
//! - [`report`]: messages of the runtime itself,
//! - [`errno`]: the error numbers that all of them use,
//! - [`sys`]: the system calls and instructions of the platform; nothing else knows which one it is.
//!
//! Every function that compiled code calls can be dropped by the linker without the others: state of one part is never
//! set up by another. Names and layouts of what crosses the boundary are defined in `wasmc_abi`.
#![no_std]
// Elsewhere the package is there for its sources alone: see Cargo.toml.
#![cfg(feature = "runtime")]

mod arithmetic;
mod builtins;
mod embed;
mod errno;
mod memory;
mod process;
mod report;
mod script;
mod start;
mod sys;
mod table;
mod thread;
mod traps;
mod wasi;

/// A panic is a bug of the runtime: says so and ends the process.
#[panic_handler]
fn panic(_: &core::panic::PanicInfo) -> ! {
    report::fatal("wasmc: internal error in the runtime\n", wasmc_abi::trap::TRAP_EXIT_STATUS)
}
