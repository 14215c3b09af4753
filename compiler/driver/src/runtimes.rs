//! The runtimes built into this program, and what is known of the machine it was built for.

use crate::error::Error;
use cranelift_codegen::settings::{Configurable, SetResult};

/// Runtimes, by the names of their targets.
const RUNTIMES: &[(&str, &[u8])] = include!(concat!(env!("OUT_DIR"), "/runtimes.rs"));

/// Name of the target that is this machine, or of some other where it is none of those known.
pub const NATIVE: &str = match option_env!("WASMC_NATIVE_TARGET") {
    Some(name) => name,
    None => "x86_64-linux",
};

/// Whether the runtime called `name` is built in.
pub fn is_built_in(name: &str) -> bool {
    RUNTIMES.iter().any(|(known, _)| *known == name)
}

/// The archive of the runtime called `name`.
///
/// # Errors
/// Where it is not built in.
pub fn find(name: &str) -> Result<&'static [u8], Error> {
    let found = RUNTIMES.iter().find(|(known, _)| *known == name);
    found.map(|(_, archive)| *archive).ok_or_else(|| {
        let error = Error::new(format!("the runtime for `{name}` is not built into this wasmc"));
        error.help("in wasmc's source tree: `cargo xtask runtimes`, then build wasmc again")
    })
}

/// Collects the settings that are switched on.
#[derive(Default)]
struct Enabled(Vec<String>);

impl Configurable for Enabled {
    fn set(&mut self, name: &str, value: &str) -> SetResult<()> {
        self.0.push(format!("{name}={value}"));
        Ok(())
    }

    fn enable(&mut self, name: &str) -> SetResult<()> {
        self.0.push(name.to_owned());
        Ok(())
    }
}

/// Cranelift's settings for the CPU of this machine.
///
/// # Errors
/// Where the runtime called `runtime` is for other machines, or the CPU is unknown.
pub fn native_cpu_flags(runtime: &str) -> Result<Vec<String>, String> {
    if runtime != NATIVE {
        return Err(format!("this machine is of target `{NATIVE}`"));
    }
    let mut enabled = Enabled::default();
    cranelift_native::infer_native_flags(&mut enabled)?;
    enabled.0.sort();
    Ok(enabled.0)
}
