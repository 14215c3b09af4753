//! `wasmc run`: an image becomes this process, where the system has names for open files, or else one started by it.

use crate::Error;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Permissions};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Command, exit};

/// Where an open file has a name even when its own is gone: Linux has it, macOS has not.
const DESCRIPTORS: &str = "/proc/self/fd";

/// Executes an image under the name `name`, in place of this program, whose exit status is the image's in any case. The file
/// that it must lie in for that is gone before it starts, or where that cannot be, when it has ended.
///
/// # Errors
/// Where it cannot be executed; otherwise this does not return.
pub fn execute(image: &[u8], name: &OsStr, arguments: &[OsString]) -> Error {
    let failed = |what: &str, cause: std::io::Error| {
        let error = Error::new(format!("cannot {what}: {cause}"));
        error.help("the folder for temporary files must allow execution: set TMPDIR to another")
    };
    let written = tempfile::Builder::new().prefix("wasmc-run-").permissions(Permissions::from_mode(0o700)).tempfile();
    let mut file = match written {
        Ok(file) => file,
        Err(cause) => return failed("create a temporary file", cause),
    };
    if let Err(cause) = file.write_all(image) {
        return failed("write a temporary file", cause);
    }
    // An open file can be executed only while nobody has it open for writing.
    let path = file.into_temp_path();
    if !Path::new(DESCRIPTORS).exists() {
        let ended = Command::new(&path).arg0(name).args(arguments).status();
        let _ = path.close();
        return match ended {
            // A process that a signal ended has the status that shells give it.
            Ok(status) => exit(status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0))),
            Err(cause) => failed("execute the program", cause),
        };
    }
    let opened = File::open(&path).and_then(|file| fs::remove_file(&path).map(|()| file));
    let file = match opened {
        Ok(file) => file,
        Err(cause) => return failed("open a temporary file", cause),
    };
    let cause = Command::new(format!("{DESCRIPTORS}/{}", file.as_raw_fd())).arg0(name).args(arguments).exec();
    failed("execute the program", cause)
}
