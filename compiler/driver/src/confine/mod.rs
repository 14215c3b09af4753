//! Confinement: the system calls that a program keeps, as a filter that it gives the kernel before its own code runs.
//!
//! - [`calls`]: what the parts of the runtime need, [`filter`]: the filter as the kernel takes it,
//! - [`architecture`]: numbers of calls.

pub mod architecture;
pub mod calls;
pub mod filter;

use crate::Error;
use crate::options::Options;
use crate::target::Target;
use architecture::CallArchitecture;
use std::collections::BTreeMap;
use wasmc_abi::confinement::{FILTER_MAX, Mode};
use wasmc_codegen::{CompiledFunction, Plan};

/// What `--confine` and `--allow-syscall` say.
#[derive(Clone, Debug, Default)]
pub struct Confine {
    /// How much the program insists; `None` where it is not said.
    pub mode: Option<Mode>,
    /// Calls that native objects make, by name or number.
    pub allowed: Vec<String>,
}

impl Confine {
    /// How a program is confined: by whatever the kernel has, unless told otherwise. Of what native objects call nothing is
    /// known, so that they are not confined where nothing is said of it.
    ///
    /// # Errors
    /// Where the target's system has no such confinement.
    pub fn mode(&self, target: &Target, has_natives: bool) -> Result<Mode, Error> {
        let is_linux = target.is_linux();
        let is_wanted = !self.allowed.is_empty() || !matches!(self.mode, None | Some(Mode::Off));
        if !is_linux && is_wanted {
            let error = Error::new(format!("programs for target `{}` cannot confine themselves", target.name));
            return Err(error.help("leave out --confine and --allow-syscall: Linux alone has what they use"));
        }
        Ok(match self.mode {
            Some(mode) => mode,
            None if !is_linux || has_natives && self.allowed.is_empty() => Mode::Off,
            None => Mode::Default,
        })
    }
}

/// What the image says of its confinement: see [`wasmc_abi::confinement`].
///
/// # Errors
/// Where an allowed call does not exist.
pub fn encode(
    mode: Mode,
    options: &Options,
    plan: &Plan<'_>,
    functions: &[CompiledFunction],
) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![mode as u8];
    let mut code = Vec::new();
    if mode != Mode::Off {
        let architecture = CallArchitecture(options.target.architecture);
        let allowed = options.confine.allowed.iter().map(|name| number(architecture, name));
        let allowed = allowed.collect::<Result<Vec<_>, _>>()?;
        let needed = calls::needed(plan, functions).into_iter().map(|name| {
            let number = architecture.number(name);
            (number.expect("the table names calls that all architectures have"), name)
        });
        code = filter::filter(architecture, &needed.collect::<BTreeMap<_, _>>(), &allowed);
    }
    if code.len() > FILTER_MAX {
        return Err(Error::new("too many system calls are allowed").help("--confine=off lets the program make any"));
    }
    bytes.extend((code.len() as u16).to_le_bytes());
    bytes.extend(code.into_iter().flatten());
    Ok(bytes)
}

fn number(architecture: CallArchitecture, text: &str) -> Result<u32, Error> {
    architecture.number(text).or_else(|| text.parse().ok()).ok_or_else(|| {
        Error::new(format!("there is no system call `{text}` on the target's architecture"))
            .help("--allow-syscall takes a name as the kernel has it, or a number")
    })
}
