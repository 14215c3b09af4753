//! `wasmc run`: the image replaces this process, where the system has names for open files, or else runs as its child.

use crate::error::Error;
use crate::runtimes;
use crate::target::{ObjectFormat, Target};
use crate::temporary::Temporary;
use std::ffi::{OsStr, OsString};
use std::fs::{File, Permissions};
use std::io::{self, Write};
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, exit};

/// Folder with a name for each open file, even one that is removed: on Linux; macOS has none.
const DESCRIPTORS: &str = "/proc/self/fd";

/// Refuses programs that this machine cannot run.
///
/// # Errors
/// Where the target has no system, or another one. Other architectures are left to the system, which may emulate them.
pub fn check(target: &Target) -> Result<(), Error> {
    if target.ram.is_some() {
        let error = Error::new(format!("target `{}` has no system to run programs on", target.name));
        return Err(error.help("compile to a file, and start it in an emulator: see targets/README.md"));
    }
    if target.object_format == ObjectFormat::MachO && !runtimes::NATIVE.ends_with("-macos") {
        let error = Error::new(format!("programs for target `{}` do not run on this machine", target.name));
        return Err(error.help("compile to a file, and start it on a Mac"));
    }
    Ok(())
}

/// Executes an image under the name `name` in place of this program, whose exit status becomes the image's. The
/// temporary file that this takes is removed before the image starts, or where that is not possible, after it has
/// ended.
///
/// # Errors
/// Where it cannot be executed; otherwise this does not return.
pub fn execute(image: &[u8], name: &OsStr, arguments: &[OsString]) -> Error {
    let temporary = match temporary(image) {
        Ok(temporary) => temporary,
        Err(error) => return error,
    };
    if !Path::new(DESCRIPTORS).exists() {
        let ended = Command::new(temporary.path()).arg0(name).args(arguments).status();
        drop(temporary);
        return match ended {
            // The status that shells give a process that was ended by a signal.
            Ok(status) => exit(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))),
            Err(cause) => failed("execute the program", &cause),
        };
    }
    let opened = File::open(temporary.path());
    drop(temporary);
    let file = match opened {
        Ok(file) => file,
        Err(cause) => return failed("open a temporary file", &cause),
    };
    let cause = Command::new(format!("{DESCRIPTORS}/{}", file.as_raw_fd())).arg0(name).args(arguments).exec();
    failed("execute the program", &cause)
}

/// A temporary file with an image that can be executed.
///
/// # Errors
/// Where it cannot be written.
pub fn temporary(image: &[u8]) -> Result<Temporary, Error> {
    let made = Temporary::file(None, Permissions::from_mode(0o700));
    let (mut file, temporary) = made.map_err(|cause| failed("create a temporary file", &cause))?;
    // An open file can be executed only while nobody has it open for writing: it is closed here.
    file.write_all(image).map_err(|cause| failed("write a temporary file", &cause))?;
    Ok(temporary)
}

/// Something that was not possible with a temporary file.
pub fn failed(what: &str, cause: &io::Error) -> Error {
    let error = Error::new(format!("cannot {what}: {cause}"));
    error.help("the folder for temporary files must allow execution: set TMPDIR to another")
}
