//! `cargo xtask bench --compile`.

use anyhow::Result;

pub fn run(_: Option<&str>, _: u32) -> Result<String> { Ok(String::new()) }
