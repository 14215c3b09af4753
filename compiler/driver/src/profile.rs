//! Profiles that earlier runs have left, and how well they fit a module.

use crate::error::Error;
use crate::phases::Phases;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use wasmc_codegen::Plan;
use wasmc_codegen::profile::{Malformed, Profile};

/// Bytes that a profile may have, and how many more for each byte of the module: a call through a reference takes two
/// bytes, and a profile 48 for it.
const SIZE: (u64, u64) = (64 << 20, 32);

/// The sum of the profiles in some files, for a module of `size` bytes; `None` without any.
///
/// # Errors
/// Where one of them cannot be read, or is no profile.
pub fn read(paths: &[PathBuf], size: u64) -> Result<Option<Arc<Profile>>, Error> {
    let mut profile = Profile::default();
    for path in paths {
        let bytes = bytes(path, SIZE.0 + SIZE.1 * size).map_err(|cause| Error::reading(path, &cause))?;
        profile.add(&bytes).map_err(|reason| {
            let (what, help) = match reason {
                Malformed::Other => ("is no profile", "`--profile-generate` makes a program that writes one"),
                Malformed::Version => ("is the profile of another version of wasmc", MAKE_AGAIN),
                Malformed::Damaged => ("is a damaged profile", MAKE_AGAIN),
            };
            Error::new(format!("{} {what}", path.display())).help(help)
        })?;
    }
    Ok((!paths.is_empty()).then(|| Arc::new(profile)))
}

const MAKE_AGAIN: &str = "make it again: `--profile-generate`, and run the program";

fn bytes(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let file = File::open(path)?;
    let mut bytes = Vec::new();
    file.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit { Err(io::Error::other("the file is too large")) } else { Ok(bytes) }
}

/// Says how far the profile of a plan is one of its module, where it has one.
///
/// # Errors
/// Where it is not at all.
pub fn check(plan: &Plan<'_>, phases: &mut Phases) -> Result<(), Error> {
    let Some(counts) = &plan.profile.counts else { return Ok(()) };
    match counts.missing() {
        (_, 0) => phases.warn("the profile has counted nothing: the program that writes it has not run".into()),
        (0, _) => {}
        (missing, all) if missing == all => {
            let error = Error::new("the profile is one of another module: no function that has run is in this one");
            return Err(error.help("`--profile-generate` makes a program of this module that writes one"));
        }
        (missing, all) => phases.warn(format!(
            "the module has changed since its profile was written: {missing} of {all} functions that have run are no \
             longer in it"
        )),
    }
    Ok(())
}

/// The path of the profile that the program made of a module writes, where no option names it: in the folder that the
/// program is started in.
pub fn default_path(module: &Path) -> String {
    let stem = module.file_stem().filter(|_| module != Path::new("-"));
    format!("{}.profile", stem.map_or("program".into(), |stem| stem.to_string_lossy()))
}
