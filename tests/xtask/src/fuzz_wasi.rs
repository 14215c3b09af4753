//! `cargo xtask fuzz-wasi`: the test of random calls of WASI's functions, for as long as one likes.

use std::process::Command;

use anyhow::{Result, ensure};

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
    let mut cargo = Command::new(std::env::var("CARGO").unwrap_or("cargo".to_string()));
    cargo.args(["test", "--release", "--package", "wasmc-tests", "--test", "integration", "wasi::fuzz", "--"]);
    cargo.arg("--nocapture").env("WASMC_FUZZ_SECONDS", options.seconds.to_string());
    let status = cargo.env("WASMC_FUZZ_SEED", seed.to_string()).status()?;
    ensure!(status.success(), "a seed failed: {status}");
    Ok(())
}
