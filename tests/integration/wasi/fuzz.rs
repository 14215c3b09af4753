//! Calls of every function with arguments and memory that come from a seed: no signal, no hang, and nothing outside of
//! what was granted is read or changed. `cargo xtask fuzz-wasi` goes on for longer, by these variables.

use super::attacks::{Ground, RESOLVERS};
use crate::support::Machine;
use std::fs;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::time::{Duration, Instant};

/// How many seconds to go on, with one seed after the other; a few seeds where it is not set.
const SECONDS: &str = "WASMC_FUZZ_SECONDS";
/// The first seed.
const SEED: &str = "WASMC_FUZZ_SEED";

const CALLS: &str = "10000";
/// Far above what any run takes.
const LIMIT: Duration = Duration::from_secs(120);

fn number(variable: &str) -> Option<u64> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is not a number: {text}")))
}

#[test]
fn random_calls_neither_crash_nor_hang_nor_leave_the_grants() {
    let first = number(SEED).unwrap_or(1);
    let start = Instant::now();
    let goes_on = |seed: u64| match number(SECONDS) {
        Some(seconds) => start.elapsed() < Duration::from_secs(seconds),
        None => seed < first + 12,
    };
    let seeds = (first..).take_while(|&seed| goes_on(seed));
    let count = seeds.inspect(|&seed| check(seed, if seed % 8 == 0 { RESOLVERS[1] } else { RESOLVERS[0] })).count();
    eprintln!("{count} seeds, {CALLS} calls each, from seed {first} on");
}

fn check(seed: u64, resolver: Machine) {
    let ground = Ground::new();
    for file in ["canary/secret", "canary/file", "canary/dir/file", "secret"] {
        fs::write(ground.path(file), "OUTSIDE!").unwrap();
    }
    fs::write(ground.path("scratch/file"), "inside").unwrap();
    ground.links(&[
        ("scratch/link", "file"),
        ("scratch/folder", "dir"),
        ("scratch/loop", "loop"),
        ("scratch/up", ".."),
        ("scratch/out", "../canary"),
        ("scratch/dir/out", "../../canary"),
        ("scratch/dots", "../.."),
        ("scratch/root", "/"),
        ("readonly/dir/up", "../.."),
    ]);
    ground.link("scratch/abs", ground.path("canary"));
    let readonly = ground.grant("readonly") + ":ro";
    let grants = [ground.grant("scratch"), readonly, "--env=NAME=value".to_string()];
    let image = ground.program(resolver, "fuzz", &grants);
    let before = ground.outside();
    let status = run(resolver, &image, seed);
    let again = format!("{SEED}={seed} {SECONDS}=0");
    assert_eq!(
        status.code(),
        Some(0),
        "seed {seed} ({again}): {status}; 2 is an unknown errno, 3 the contents of a canary"
    );
    assert_eq!(ground.outside(), before, "seed {seed} ({again})");
}

fn run(resolver: Machine, image: &Path, seed: u64) -> ExitStatus {
    let mut command = resolver.start(image);
    command.arg(seed.to_string()).arg(CALLS);
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let start = Instant::now();
    loop {
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        if start.elapsed() > LIMIT {
            child.kill().unwrap();
            child.wait().unwrap();
            panic!("seed {seed} hangs");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}
