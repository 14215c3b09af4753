//! `--cfi`: signed return addresses and landing pads, where they can be had.

use crate::Error;
use crate::options::Options;
use crate::target::{ObjectFormat, Target};
use wasmc_link::{Architecture, GnuProperties, Input};

/// Refuses `--cfi` for targets without.
///
/// # Errors
/// One that says what the target lacks.
pub fn check(options: &Options) -> Result<(), Error> {
    let target = &options.target;
    let Some(reason) = obstacle(target).filter(|_| options.codegen.cfi) else { return Ok(()) };
    let error = Error::new(format!("`--cfi` cannot be had for target `{}`: {reason}", target.name));
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

/// What the image says of its code: what holds for the module's, for that of native objects, and for the runtime's, which
/// is built for it.
///
/// # Errors
/// Where a native object has no landing pads.
pub fn features(options: &Options, natives: &[Input]) -> Result<GnuProperties, Error> {
    if options.codegen.cfi { Ok(GnuProperties::of_inputs(natives)?) } else { Ok(GnuProperties::NONE) }
}
