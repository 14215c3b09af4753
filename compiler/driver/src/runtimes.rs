//! The runtimes built into this program, and what is known of the machine it was built for.

use crate::error::Error;
use cranelift_codegen::settings::{Configurable, SetResult};

/// A runtime that there is, whether built in or not.
struct Runtime {
    /// Name of its target.
    name: &'static str,
    /// What rustc and rustup call its target.
    triple: &'static str,
    archive: Option<&'static [u8]>,
    /// The runtime of components.
    component: Option<&'static [u8]>,
}

const RUNTIMES: &[Runtime] = include!(concat!(env!("OUT_DIR"), "/runtimes.rs"));

/// Name of the target that is this machine, or of some other where it is none of those known.
pub const NATIVE: &str = match option_env!("WASMC_NATIVE_TARGET") {
    Some(name) => name,
    None => "x86_64-linux",
};

/// The archive of the runtime called `name`, for a component or for other programs.
///
/// # Errors
/// Where it is not built in.
pub fn find(name: &str, is_component: bool) -> Result<&'static [u8], Error> {
    let missing = || Error::new(format!("the runtime for `{name}` is not built into this wasmc"));
    let Some(runtime) = RUNTIMES.iter().find(|runtime| runtime.name == name) else {
        let names: Vec<&str> = RUNTIMES.iter().map(|runtime| runtime.name).collect();
        return Err(missing().help(format!("there are runtimes for {}", names.join(", "))));
    };
    let archive = if is_component { runtime.component } else { runtime.archive };
    archive.ok_or_else(|| {
        missing().help(format!(
            "`rustup target add {}`, then build wasmc again; or take a release, which has all runtimes",
            runtime.triple
        ))
    })
}

/// What `wasmc targets` says of the runtime called `name`: that it is ready, or what is missing.
pub fn state(name: &str) -> String {
    match RUNTIMES.iter().find(|runtime| runtime.name == name) {
        Some(Runtime { archive: None, triple, .. } | Runtime { component: None, triple, .. }) => {
            format!("runtime not built in: `rustup target add {triple}`, then build wasmc again")
        }
        _ => "ready".to_owned(),
    }
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

#[cfg(test)]
mod tests {
    use super::RUNTIMES;
    use crate::target::TargetFile;

    #[test]
    fn every_target_has_a_runtime_that_can_be_built() {
        for file in TargetFile::built_in() {
            assert!(RUNTIMES.iter().any(|runtime| runtime.name == file.runtime), "{} has none", file.name);
        }
    }
}
