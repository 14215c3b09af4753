//! `--cfi`: which targets have it.

use crate::error::Error;
use crate::target::{ObjectFormat, Target};
use wasmc_link::Architecture;

/// Refuses `--cfi` for targets without.
///
/// # Errors
/// One that says what the target lacks.
pub fn check(is_wanted: bool, target: &Target) -> Result<(), Error> {
    let Some(reason) = obstacle(target).filter(|_| is_wanted) else { return Ok(()) };
    let error = Error::new(format!("`--cfi` is not possible for target `{}`: {reason}", target.name));
    Err(error.help("`--target aarch64-linux` has it; for this target, leave `--cfi` out"))
}

/// Why a target has nothing of the kind.
fn obstacle(target: &Target) -> Option<&'static str> {
    match target.architecture {
        Architecture::X86_64 => Some("the code generator makes no landing pads for x86-64 (CET)"),
        Architecture::Riscv64 => Some("the code generator makes no landing pads for RISC-V (Zicfilp)"),
        Architecture::Aarch64 if target.object_format == ObjectFormat::MachO => {
            Some("macOS does not enforce it in programs of its users")
        }
        Architecture::Aarch64 if !target.is_linux() => Some("there is no system that would enforce it"),
        Architecture::Aarch64 => None,
    }
}
