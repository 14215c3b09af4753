//! Libraries: which options they can have.

use super::{Emit, Request};
use crate::error::Error;
use crate::target::Target;

/// Bytes of stack that an instance has unless options or the embedder ask for others.
pub const STACK_SIZE: u64 = 1 << 20;

/// Refuses what libraries cannot have, and what only they have.
///
/// # Errors
/// One that names the first of it, and what to do instead.
pub fn check(request: &Request, target: &Target, has_natives: bool) -> Result<(), Error> {
    if !request.emit.is_library() {
        if request.epoch {
            return Err(Error::new("`--epoch` is for libraries: nothing in an executable would interrupt it")
                .help("limit its time by `--timeout DURATION`, or what it does by `--fuel N`"));
        }
        return match &request.library_name {
            Some(_) => Err(Error::new("`--name` is for libraries: `--emit staticlib`, `rust` or `header`")
                .help("name the output by `-o PATH`")),
            None => Ok(()),
        };
    }
    if !target.is_linux() && target.ram.is_none() {
        let error = Error::new(format!("there are no libraries for target `{}` yet, only executables", target.name));
        return Err(error.help("libraries are for Linux and for bare metal: `wasmc targets`"));
    }
    if target.ram.is_some() {
        check_bare(request, target)?;
    }
    let refuse =
        |what: &str, help: &str| Err(Error::new(format!("{what} is for executables, not for libraries")).help(help));
    if !request.grants.is_empty() || request.program_limits.sealed || request.program_limits.max_threads.is_some() {
        return refuse("a grant, `--sealed` or `--max-threads`", "whoever makes an instance says what it may reach");
    }
    if !request.embeds.is_empty() {
        return refuse("`--embed`", "whoever makes an instance says what it may reach");
    }
    if request.confine.is_some() || !request.allowed_calls.is_empty() {
        return refuse(
            "`--confine` or `--allow-syscall`",
            "the system calls are those of the program around the library",
        );
    }
    if has_natives {
        return refuse("a native object", "link it with the program, whose functions satisfy the imports");
    }
    if request.linker.is_some() || request.strip {
        return refuse("`--linker` or `--strip`", "whoever links the program decides on that");
    }
    match &request.library_name {
        Some(name) if !is_identifier(name) => {
            Err(Error::new(format!("`{name}` is no identifier")).help("names have letters, digits and `_`"))
        }
        _ => Ok(()),
    }
}

/// Refuses what libraries cannot have without a system.
fn check_bare(request: &Request, target: &Target) -> Result<(), Error> {
    let refuse =
        |what: &str, help: &str| Err(Error::new(format!("{what}: target `{}` has no system", target.name)).help(help));
    if request.emit == Emit::SharedLib {
        return refuse("nothing loads shared libraries", "link a static one: `--emit staticlib`");
    }
    if request.epoch {
        return refuse("`--epoch` needs memory that becomes unreadable", "limit what a guest does by `--fuel N`");
    }
    if !request.arguments.is_empty() || request.seed.is_some() {
        return refuse(
            "`--arg` and `--seed` are for executables",
            "guests of libraries have what their host gives them",
        );
    }
    Ok(())
}

/// Whether a text is an identifier in C and in Rust.
pub fn is_identifier(text: &str) -> bool {
    let mut characters = text.chars();
    characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_')
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
}
