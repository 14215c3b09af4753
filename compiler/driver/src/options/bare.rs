//! Bare metal: what options mean where there is no system, and which of them mean nothing elsewhere.

use super::{Emit, Request, Start};
use crate::embed::Embed;
use crate::error::Error;
use crate::grants::Grant;
use crate::target::Target;
use wasmc_abi::heap::VARIABLE;
use wasmc_codegen::Bounds;

/// Refuses options that only a target without a system has.
///
/// # Errors
/// One that names the first of them and what to use instead.
pub fn check_hosted(request: &Request, target: &Target) -> Result<(), Error> {
    let refuse = |what: &str, help: &str| {
        Err(Error::new(format!("{what} is for targets without a system, not for `{}`", target.name)).help(help))
    };
    if request.emit == Emit::Bin {
        return refuse("`--emit bin`", "systems load executables as `--emit exe` writes them");
    }
    if !request.arguments.is_empty() {
        return refuse("`--arg`", "pass arguments when the program is started");
    }
    if request.seed.is_some() {
        return refuse("`--seed`", "random bytes come from the system");
    }
    Ok(())
}

/// Refuses options that need a system.
///
/// # Errors
/// One that names the first of them and what to use instead.
pub fn check(request: &Request, target: &Target) -> Result<(), Error> {
    let refuse = |what: String, help: &str| {
        Err(Error::new(format!("{what}: target `{}` has no system", target.name)).help(help))
    };
    for grant in &request.grants {
        if let Some((what, help)) = obstacle(grant) {
            return refuse(what, help);
        }
    }
    if request.bounds == Some(Bounds::Guard) {
        return refuse("no address space can be reserved for guards".into(), "leave `--bounds=guard` out");
    }
    if request.arguments.iter().any(|argument| argument.contains('\0')) {
        return Err(Error::new("an argument with a NUL byte"));
    }
    Ok(())
}

/// Why nothing can grant this without a system, and what to use instead.
fn obstacle(grant: &Grant) -> Option<(String, &'static str)> {
    Some(match grant {
        // Read-only directories become part of the program.
        Grant::Directory { read_only: true, .. } | Grant::Variable(..) | Grant::NoStream(_) => return None,
        Grant::Directory { host, .. } => (
            format!("the directory `{host}` cannot be changed"),
            "to read it, make it part of the program: `--dir HOST::GUEST:ro`, or `--embed DIR::GUEST`",
        ),
        Grant::File { name, .. } => (
            format!("no file `{name}` is there when the program starts"),
            "make the directory it lies in part of the program: `--embed DIR::GUEST`",
        ),
        Grant::InheritedVariable(name) => (
            format!("no variable `{name}` can be taken over when the program starts"),
            "give it a value: `--env NAME=VALUE`",
        ),
        Grant::InheritedEnvironment => {
            ("no environment can be inherited".into(), "give variables by `--env NAME=VALUE`")
        }
        Grant::Listen(_) => ("there are no sockets".into(), "leave `--listen` out"),
        Grant::Network(_) | Grant::NameLookup => {
            ("there is no network".into(), "leave `--net` and `--allow-ip-name-lookup` out")
        }
        Grant::Timeout(_) | Grant::MaxOpenFiles(_) => {
            ("nothing limits a program".into(), "leave `--timeout` and `--max-open-files` out")
        }
    })
}

/// What a program for `target` is started with, where that is bare metal.
pub fn start(target: &Target, arguments: Vec<String>, seed: Option<u64>, grants: &[Grant]) -> Option<Start> {
    let environment = environment(grants);
    target.ram.is_some().then(|| Start { arguments, environment, seed: seed.unwrap_or(0) })
}

/// Those of the granted variables that the runtime reads itself, where a system would hand them over: the last one of
/// each name.
fn environment(grants: &[Grant]) -> Vec<String> {
    let value = grants.iter().rev().find_map(|grant| match grant {
        Grant::Variable(name, value) if name == VARIABLE => Some(format!("{name}={value}")),
        _ => None,
    });
    value.into_iter().collect()
}

/// Takes the directories from `grants`, which no system could open when the program starts: they become part of it.
pub fn carried_directories(grants: &mut Vec<Grant>) -> Vec<Embed> {
    let mut carried = Vec::new();
    grants.retain(|grant| match grant {
        Grant::Directory { host, guest, .. } => {
            carried.push(Embed { host: host.into(), guest: guest.clone() });
            false
        }
        _ => true,
    });
    carried
}
