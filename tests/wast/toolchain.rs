//! What scripts are compiled and linked with, and where they run.

use crate::emulators;
use std::path::PathBuf;
use wasmc::target::{Target, fill_script};
use wasmc::{Error, runtimes};
use wasmc_codegen::Options;
use wasmc_link::GnuProperties;

/// Everything that depends on the target.
pub struct Toolchain {
    /// The target.
    pub target: Target,
    /// Options that change code.
    pub options: Options,
    /// The runtime's archive.
    pub runtime: &'static [u8],
    /// The command that runs executables of the target: one of [`emulators`], or none where this machine does.
    pub runner: &'static str,
    /// Folder in which executables are kept.
    pub keep: Option<PathBuf>,
}

/// Emulators of targets that are not this machine.
const EMULATORS: &[(&str, &str)] = &[
    ("x86_64-linux", emulators::X86_64_LINUX),
    ("aarch64-linux", emulators::AARCH64_LINUX),
    ("riscv64-linux", emulators::RISCV64_LINUX_WITH_VECTORS),
    ("aarch64-none", emulators::AARCH64_NONE_LARGE),
    ("riscv64-none", emulators::RISCV64_NONE_LARGE),
];

/// Bytes of memory that emulated machines without a system have: scripts make many instances.
const RAM_SIZE: u64 = 4 << 30;

impl Toolchain {
    /// The toolchain for a target, by default this machine's, and one of its CPUs, with more of its features.
    ///
    /// # Errors
    /// Where the target is unknown, or its runtime is not built in.
    pub fn new(target: Option<&str>, cpu: Option<&str>, cpu_features: &[String]) -> Result<Self, Error> {
        let mut target = Target::find(target, cpu)?;
        target.codegen.cpu_flags.extend_from_slice(cpu_features);
        if let Some(ram) = &mut target.ram {
            ram.end = ram.start + RAM_SIZE;
        }
        let emulator = EMULATORS.iter().find(|(name, _)| *name == target.name && *name != runtimes::NATIVE);
        let options = Options { bounds: target.bounds, verify: true, ..Options::default() };
        let runtime = runtimes::find(&target.runtime, false)?;
        Ok(Self { runtime, runner: emulator.map_or("", |(_, command)| command), options, target, keep: None })
    }

    /// What executables say of their code.
    pub fn features(&self) -> GnuProperties {
        if self.options.cfi { GnuProperties::ALL } else { GnuProperties::NONE }
    }

    /// The linker script of a program, for the target as that has it.
    pub fn script(&self, target: &Target, memory_address: Option<u64>) -> String {
        fill_script(&target.linker_script, target, memory_address, self.features())
    }
}
