//! `cargo xtask fuzz-wasi`: the test of random calls of WASI's functions, for as long as one likes.

use anyhow::Result;

use crate::process;
use crate::workspaces::cargo;

/// The options of `cargo xtask fuzz-wasi`.
#[derive(clap::Args)]
pub struct Options {
    /// How long to go on.
    #[arg(long, value_name = "N", default_value_t = 60)]
    seconds: u64,

    /// The first seed; each is followed by the next number. By default one that the clock gives.
    #[arg(long, value_name = "N")]
    seed: Option<u64>,
}

/// Runs the command.
pub fn run(options: &Options) -> Result<()> {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?;
    let seed = options.seed.unwrap_or(now.as_secs() << 16);
    process::step(cargo().args(["build", "--release", "--bin=wasmc"]))?;
    let mut test = cargo();
    test.args(["test", "--release", "--test=integration", "wasi::fuzz", "--", "--nocapture"]);
    test.env("WASMC_FUZZ_SECONDS", options.seconds.to_string()).env("WASMC_FUZZ_SEED", seed.to_string());
    process::step(&mut test)
}
