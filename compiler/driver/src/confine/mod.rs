//! Confinement: the system calls that a program keeps, as a filter that it gives the kernel before its own code runs.
//!
//! - [`calls`]: what the parts of the runtime need, [`filter`]: the filter as the kernel takes it,
//! - [`architecture`]: numbers of calls.

pub mod architecture;
pub mod calls;
pub mod filter;

use crate::error::Error;
use crate::target::Target;
use architecture::CallArchitecture;
use std::collections::BTreeMap;
use wasmc_abi::confinement::{FILTER_MAX, Mode};
use wasmc_codegen::{CompiledFunction, Plan};
use wasmc_link::Architecture;

/// How a program confines itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Confinement {
    /// Not at all.
    Off,
    /// By whatever the kernel has.
    On {
        /// Whether it does not start where the kernel lacks something.
        strict: bool,
        /// Numbers of the system calls that native objects may make.
        allowed: Vec<u32>,
    },
}

impl Confinement {
    /// How a program for `target` is confined: by default, by whatever the kernel has. Which calls native objects make
    /// is unknown, so a program with such objects is confined only where `mode` or `allowed` asks for it.
    ///
    /// # Errors
    /// Where the target's system has no such confinement, or an allowed call does not exist.
    pub fn settle(mode: Option<Mode>, allowed: &[String], target: &Target, has_natives: bool) -> Result<Self, Error> {
        let is_linux = target.is_linux();
        let is_wanted = !allowed.is_empty() || !matches!(mode, None | Some(Mode::Off));
        if !is_linux && is_wanted {
            let error = Error::new(format!("programs for target `{}` cannot confine themselves", target.name));
            return Err(error.help("leave out --confine and --allow-syscall: Linux alone has what they use"));
        }
        let strict = match mode {
            Some(Mode::Off) => return Ok(Self::Off),
            None if !is_linux || has_natives && allowed.is_empty() => return Ok(Self::Off),
            None | Some(Mode::Default) => false,
            Some(Mode::Strict) => true,
        };
        let architecture = CallArchitecture(target.architecture);
        let allowed = allowed.iter().map(|name| number(architecture, name)).collect::<Result<_, _>>()?;
        Ok(Self::On { strict, allowed })
    }
}

/// The record of the confinement in the image: see [`wasmc_abi::confinement`].
///
/// # Errors
/// Where more calls are allowed than a filter can hold.
pub fn encode(
    confinement: &Confinement,
    architecture: Architecture,
    parts: &[(&Plan<'_>, &[CompiledFunction])],
) -> Result<Vec<u8>, Error> {
    let (mode, code) = match confinement {
        Confinement::Off => (Mode::Off, Vec::new()),
        Confinement::On { strict, allowed } => {
            let architecture = CallArchitecture(architecture);
            let needed = parts.iter().flat_map(|(plan, functions)| calls::needed(plan, functions)).map(|name| {
                let number = architecture.number(name);
                (number.expect("the table names calls that all architectures have"), name)
            });
            let code = filter::filter(architecture, &needed.collect::<BTreeMap<_, _>>(), allowed);
            (if *strict { Mode::Strict } else { Mode::Default }, code)
        }
    };
    if code.len() > FILTER_MAX {
        return Err(Error::new("too many system calls are allowed").help("--confine=off lets the program make any"));
    }
    let mut bytes = vec![mode as u8];
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
