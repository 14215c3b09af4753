//! Everything a developer repeats by hand: `cargo xtask <command>`. One file per command.

mod applications;
mod bench;
mod bless;
mod calls;
mod components;
mod count;
mod dist;
mod doc;
mod expect;
mod fixtures;
mod fmt;
mod fuzz;
mod fuzz_wasi;
mod hot;
mod licences;
mod lint;
// The tests read the same tables.
#[allow(dead_code, reason = "some tables are for the tests alone")]
#[path = "../../manifest.rs"]
mod manifest;
mod markdown;
mod peers;
mod process;
mod programs;
mod runtimes;
mod subjects;
mod test;
mod toolchain;
mod wast;
mod wheels;
mod wit;
mod workspaces;

use clap::Parser;
use std::process::ExitCode;

/// Everything a developer repeats by hand.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Format all sources.
    Fmt(fmt::Options),
    /// Check the rules of the house and the licences of dependencies, and run clippy on every crate.
    Lint(lint::Options),
    /// Run all tests, or those of a name; install what they need.
    Test(test::Options),
    /// Make what the compiler now says the expectation: fixtures/expectations, texts of help.
    Bless(bless::Options),
    /// Write the documentation of every crate.
    Doc(doc::Options),
    /// Compare run time and compile time with every other compiler found.
    Bench(bench::Options),
    /// Compare what calls between components take with Wasmtime.
    Calls(calls::Options),
    /// Run components that the tools of several languages make, and compare their start with Wasmtime.
    Components(components::Options),
    /// Count the instructions that programs execute on each CPU, compared with native code and with Wasmtime.
    Count(count::Options),
    /// Show the functions and loops of a program that execute most instructions, of our code and of native code.
    Hot(hot::Options),
    /// Compare generated modules, compiled in many ways, with an interpreter.
    Fuzz(fuzz::Options),
    /// Call WASI's functions with random arguments and memory, and look for crashes, hangs and escapes.
    FuzzWasi(fuzz_wasi::Options),
    /// Run the specification's test suite, or other .wast scripts, as native executables.
    Wast(wast::Options),
    /// Rebuild every .wasm under fixtures/programs from its source and say which differ from the committed ones.
    Fixtures(fixtures::Options),
    /// Compare the expected outputs of the fixtures with native builds and with Wasmtime.
    Expect(expect::Options),
    /// Download the real programs of others into target/programs.
    Programs(programs::Options),
    /// Fetch the sources of applications of others and build their modules in target/applications.
    Applications(applications::Options),
    /// Build the runtime for other targets, for wasmc to embed.
    Runtimes(runtimes::Options),
    /// Make the tables of WASI 0.2 from its WIT texts.
    Wit(wit::Options),
    /// Make a release archive and a Python wheel.
    Dist(dist::Options),
}

fn main() -> ExitCode {
    let outcome = match lint::run_as_wrapper() {
        Some(error) => Err(error),
        None => run(Task::parse()),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> anyhow::Result<()> {
    match task {
        Task::Fmt(options) => fmt::run(&options),
        Task::Lint(options) => lint::run(&options),
        Task::Test(options) => test::run(&options),
        Task::Bless(options) => bless::run(&options),
        Task::Doc(options) => doc::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::Calls(options) => calls::run(&options),
        Task::Components(options) => components::run(&options),
        Task::Count(options) => count::run(&options),
        Task::Hot(options) => hot::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
        Task::FuzzWasi(options) => fuzz_wasi::run(&options),
        Task::Wast(options) => wast::run(&options),
        Task::Fixtures(options) => fixtures::run(&options),
        Task::Expect(options) => expect::run(&options),
        Task::Programs(options) => programs::run(&options),
        Task::Applications(options) => applications::run(&options),
        Task::Runtimes(options) => runtimes::run(&options),
        Task::Wit(options) => wit::run(&options),
        Task::Dist(options) => dist::run(&options),
    }
}
