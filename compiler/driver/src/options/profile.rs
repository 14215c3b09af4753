//! `--profile-generate`: what can write a profile.

use super::Request;
use crate::error::Error;
use crate::target::Target;

/// Refuses a profile of what cannot write one.
///
/// # Errors
/// One that says why it cannot.
pub fn check(request: &Request, target: &Target) -> Result<(), Error> {
    let Some(path) = &request.profile_to else { return Ok(()) };
    if request.emit.is_library() {
        return Err(Error::new("`--profile-generate` is for executables, not for libraries")
            .help("make a program of the module that does the same; its profile serves the library, too"));
    }
    if !target.is_linux() {
        let error = Error::new(format!("`--profile-generate` is not possible for target `{}`", target.name));
        return Err(error.help("compile it for Linux: a profile of one target serves all others"));
    }
    if path.is_empty() || path.contains('\0') {
        let error = Error::new("`--profile-generate=` without the name of a file");
        return Err(error.help("leave `=` out, or name one"));
    }
    Ok(())
}
