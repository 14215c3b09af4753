//! What scripts are compiled and linked with, and where they run.

use std::fs;
use std::path::{Path, PathBuf};
use wasmc_codegen::Target;
use wasmc_link::{Architecture, PageSize};

/// Everything that depends on the target.
pub struct Toolchain {
    /// The target as the compiler knows it.
    pub target: Target,
    /// Its instruction set as the linker knows it.
    pub architecture: Architecture,
    /// The linker script.
    pub script: String,
    /// The runtime's archive.
    pub runtime: Vec<u8>,
    /// The program that runs executables of the target, with its arguments; empty where the host does.
    pub runner: Vec<String>,
}

/// Address of memory 0 of a program, and of what is not memory 0.
pub const MEMORY_BASE: u64 = 0x20_0000;
/// Lowest address of everything else.
pub const IMAGE_BASE: u64 = 0x3_0000_0000;

impl Toolchain {
    /// The toolchain for a target, by its name.
    ///
    /// # Errors
    /// Where the target is unknown, or its runtime is not built.
    pub fn new(target: &str) -> Result<Self, String> {
        let (triple, architecture, cpu_flags, runner, runtime): (_, _, &[&str], &[&str], _) = match target {
            "x86_64-linux" => (
                "x86_64-unknown-linux-gnu",
                Architecture::X86_64,
                &["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt", "has_cmpxchg16b"],
                &[],
                "runtime-lib/target/release/libwasmc_runtime.a",
            ),
            _ => return Err(format!("scripts cannot be run for target `{target}`")),
        };
        Ok(Self {
            target: Target {
                triple: triple.parse().map_err(|error| format!("{triple}: {error}"))?,
                cpu_flags: cpu_flags.iter().map(ToString::to_string).collect(),
                memory_base: Some(MEMORY_BASE),
                page_size: 4096,
            },
            architecture,
            script: text("linker-scripts/fixed-memory.ld")?
                .replace("@IMAGE_BASE@", &format!("{IMAGE_BASE:#x}"))
                .replace("@PAGE_SIZE@", "0x1000"),
            runtime: bytes(runtime)?,
            runner: runner.iter().map(ToString::to_string).collect(),
        })
    }

    /// Page size of the target.
    pub fn page_size(&self) -> PageSize {
        PageSize::new(self.target.page_size).expect("targets have page sizes that are powers of two")
    }
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn bytes(path: &str) -> Result<Vec<u8>, String> {
    fs::read(root().join(path)).map_err(|error| format!("{path}: {error}"))
}

fn text(path: &str) -> Result<String, String> {
    String::from_utf8(bytes(path)?).map_err(|error| format!("{path}: {error}"))
}
