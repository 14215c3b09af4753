//! Everything a developer repeats by hand: `cargo xtask <command>`. One file per command.

mod bench;
mod expect;
mod fixtures;
mod fuzz;
mod fuzz_wasi;
// The tests read the same tables.
#[allow(dead_code, reason = "some tables are for the tests alone")]
#[path = "../../manifest.rs"]
mod manifest;
mod peers;
mod process;
mod programs;
mod runtimes;
mod test;
mod toolchain;
mod wast;

use clap::Parser;

/// Everything a developer repeats by hand.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
enum Task {
    /// Run all tests; install what they need.
    Test(test::Options),
    /// Rebuild every .wasm under fixtures/programs from its source and say which differ from the committed ones.
    Fixtures(fixtures::Options),
    /// Compare the expected outputs of the fixtures with native builds and with Wasmtime.
    Expect(expect::Options),
    /// Download the real programs of others into target/programs.
    Programs(programs::Options),
    /// Build the runtime for other targets, for wasmc to embed.
    Runtimes(runtimes::Options),
    /// Compare run time and compile time with every other compiler found.
    Bench(bench::Options),
    /// Call WASI's functions with random arguments and memory, and look for crashes, hangs and escapes.
    FuzzWasi(fuzz_wasi::Options),
    /// Run the specification's test suite, or other .wast scripts, as native executables.
    Wast(wast::Options),
    /// Compare generated modules, compiled in many ways, with an interpreter.
    Fuzz(fuzz::Options),
}

fn main() -> anyhow::Result<()> {
    match Task::parse() {
        Task::Test(options) => test::run(&options),
        Task::Fixtures(options) => fixtures::run(&options),
        Task::Expect(options) => expect::run(&options),
        Task::Programs(options) => programs::run(&options),
        Task::Runtimes(options) => runtimes::run(&options),
        Task::Bench(options) => bench::run(&options),
        Task::FuzzWasi(options) => fuzz_wasi::run(&options),
        Task::Wast(options) => wast::run(&options),
        Task::Fuzz(options) => fuzz::run(&options),
    }
}
