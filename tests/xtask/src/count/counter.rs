//! Runs programs in an emulator and counts what they execute; `plugin.c` beside this file does the counting.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use tempfile::NamedTempFile;

use crate::manifest;
use crate::peers::Invocation;
use crate::process;
use crate::toolchain::{digest, kept};

/// The plugin, compiled.
pub struct Counter {
    plugin: PathBuf,
}

/// What a run executed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Counts {
    pub instructions: u64,
    pub blocks: u64,
}

/// A block of an emulated program, as the emulator translates it.
#[derive(Debug, PartialEq)]
pub struct Block {
    pub address: u64,
    /// How many instructions it has.
    pub length: usize,
    /// How often it was executed.
    pub times: u64,
}

impl Block {
    fn parse(line: &str) -> Result<Self> {
        let mut words = line.split_whitespace();
        let mut word = || words.next().with_context(|| format!("the plugin wrote {line:?}"));
        Ok(Block { address: u64::from_str_radix(word()?, 16)?, length: word()?.parse()?, times: word()?.parse()? })
    }
}

/// A run that ended well.
pub struct Counted {
    pub counts: Counts,
    pub stdout: Vec<u8>,
}

impl Counts {
    /// Without what starting up takes.
    pub fn without(self, start_up: Counts) -> Self {
        Counts {
            instructions: self.instructions.saturating_sub(start_up.instructions),
            blocks: self.blocks.saturating_sub(start_up.blocks),
        }
    }

    fn parse(text: &str) -> Result<Self> {
        let numbers: Result<Vec<u64>, _> = text.split_whitespace().map(str::parse).collect();
        match numbers?[..] {
            [instructions, blocks] => Ok(Counts { instructions, blocks }),
            _ => bail!("the plugin wrote {text:?}"),
        }
    }
}

impl Counter {
    /// Compiles the plugin into `folder`, where it is not there yet.
    pub fn new(folder: &Path) -> Result<Self> {
        let plugin = folder.join("plugin.so");
        let source = manifest::root().join("tests/xtask/src/count/plugin.c");
        kept(&plugin, &digest(&fs::read(&source)?), |plugin| {
            let mut cc = Command::new("cc");
            cc.args(["-O2", "-shared", "-fPIC", "-o"]).arg(plugin).arg(source);
            process::tool(cc).map(|_| ())
        })?;
        Ok(Counter { plugin })
    }

    /// Runs `program`, a path and perhaps arguments before the invocation's own, in an emulator. The environment is
    /// empty, for what lies on the stack takes time to copy.
    pub fn count(&self, emulator: &[&str], program: &[OsString], invocation: &Invocation) -> Result<Counted> {
        self.run(emulator, program, invocation, None)
    }

    /// The same, with how often each block was executed.
    pub fn profile(&self, emulator: &[&str], program: &Path, invocation: &Invocation) -> Result<(Counts, Vec<Block>)> {
        let each = NamedTempFile::new()?;
        let counted = self.run(emulator, &[program.into()], invocation, Some(each.path()))?;
        let text = fs::read_to_string(each.path())?;
        Ok((counted.counts, text.lines().map(Block::parse).collect::<Result<_>>()?))
    }

    fn run(
        &self,
        emulator: &[&str],
        program: &[OsString],
        invocation: &Invocation,
        each: Option<&Path>,
    ) -> Result<Counted> {
        let counts = NamedTempFile::new()?;
        let mut plugin = self.plugin.clone().into_os_string();
        plugin.push(",out=");
        plugin.push(counts.path());
        if let Some(each) = each {
            plugin.push(",each=");
            plugin.push(each);
        }
        let mut command = Command::new(emulator[0]);
        command.args(&emulator[1..]).arg("-plugin").arg(plugin).args(program).args(&invocation.args).env_clear();
        let finished = process::run(command, invocation.stdin.as_deref())?;
        ensure!(
            finished.status == 0,
            "{} ends with status {}:\n{}",
            program[0].to_string_lossy(),
            finished.status,
            String::from_utf8_lossy(&finished.stderr)
        );
        let text = fs::read_to_string(counts.path())?;
        let counts = Counts::parse(&text).with_context(|| format!("counting {}", program[0].to_string_lossy()))?;
        Ok(Counted { counts, stdout: finished.stdout })
    }
}

#[cfg(test)]
mod tests {
    use super::{Block, Counts};

    #[test]
    fn counts_are_two_numbers() {
        assert_eq!(Counts::parse("12 3\n").unwrap(), Counts { instructions: 12, blocks: 3 });
        // A program that a signal ends leaves an empty file.
        for text in ["", "12\n", "12 x\n", "1 2 3\n"] {
            assert!(Counts::parse(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn blocks_have_an_address_a_length_and_a_number_of_times() {
        assert_eq!(Block::parse("1f0 4 20").unwrap(), Block { address: 0x1f0, length: 4, times: 20 });
        assert!(Block::parse("1f0 4").is_err());
    }
}
