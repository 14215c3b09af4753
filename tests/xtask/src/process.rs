//! Runs a process to its end and measures it.

use std::fs::File;
use std::io;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use tempfile::NamedTempFile;

use crate::manifest;

/// How long something took.
#[derive(Clone, Copy)]
pub struct Time {
    pub wall: Duration,
    /// Processor time in user mode.
    pub user: Duration,
}

/// What a finished process left behind.
pub struct Finished {
    pub time: Time,
    /// Processor time, in user mode and in the system.
    pub processor: Duration,
    /// The most memory that it had, in bytes.
    pub memory: u64,
    /// The exit status; 128 and the signal's number where a signal ended it, as shells say it.
    pub status: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

/// Runs `command` with `stdin` (nothing by default) and collects its output. Output goes through files, so that the
/// process never waits for us.
pub fn run(mut command: Command, stdin: Option<&Path>) -> Result<Finished> {
    let describe = format!("running {}", command.get_program().to_string_lossy());
    let out = NamedTempFile::new()?;
    let err = NamedTempFile::new()?;
    let input = match stdin {
        Some(path) => File::open(path).with_context(|| format!("reading {}", path.display()))?.into(),
        None => Stdio::null(),
    };
    command.stdin(input).stdout(out.reopen()?).stderr(err.reopen()?);

    let start = Instant::now();
    let child = command.spawn().with_context(|| describe.clone())?;
    let (status, usage) = wait(child).with_context(|| describe)?;
    let time = Time { wall: start.elapsed(), user: duration(usage.ru_utime) };
    Ok(Finished {
        time,
        processor: time.user + duration(usage.ru_stime),
        // Linux counts in KiB.
        memory: usage.ru_maxrss.cast_unsigned() * 1024,
        status: status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(0)),
        stdout: std::fs::read(out.path())?,
        stderr: std::fs::read(err.path())?,
    })
}

/// Runs a tool that must succeed; its messages are shown where it does not.
pub fn tool(command: Command) -> Result<Finished> {
    let line = format!("{command:?}");
    let finished = run(command, None)?;
    ensure!(
        finished.status == 0,
        "{line}\nfailed with status {}:\n{}{}",
        finished.status,
        String::from_utf8_lossy(&finished.stdout),
        String::from_utf8_lossy(&finished.stderr)
    );
    Ok(finished)
}

/// Runs a program that must succeed and shows what it prints, with the time that it took.
pub fn step(command: &mut Command) -> Result<()> {
    let line = line(command);
    println!("$ {line}");
    let start = Instant::now();
    let status = command.stdin(Stdio::null()).status().with_context(|| line.clone())?;
    println!("  took {:.1} s", start.elapsed().as_secs_f64());
    ensure!(status.success(), "`{line}` failed: {status}");
    Ok(())
}

/// A command as one would type it: the program's name, its arguments, and the folder of the repository that it starts
/// in.
fn line(command: &Command) -> String {
    let name = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    let words = [name].into_iter().chain(command.get_args());
    let line = words.map(|word| word.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ");
    let folder = command.get_current_dir().and_then(|folder| folder.strip_prefix(manifest::root()).ok());
    match folder.filter(|folder| *folder != Path::new("") && *folder != Path::new(".")) {
        Some(folder) => format!("{line} (in {})", folder.display()),
        None => line,
    }
}

fn duration(time: libc::timeval) -> Duration {
    Duration::new(time.tv_sec.cast_unsigned(), time.tv_usec as u32 * 1000)
}

/// Waits for a child and takes what it used with it.
fn wait(child: Child) -> io::Result<(ExitStatus, libc::rusage)> {
    let id = child.id().cast_signed();
    let mut status = 0;
    // SAFETY: an all-zero `rusage` is a valid value of this plain C structure.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    loop {
        // SAFETY: both pointers are to live, exclusively borrowed values; nobody else waits for this child, for we own
        // it.
        let waited = unsafe { libc::wait4(id, &mut status, 0, &mut usage) };
        if waited == id {
            break;
        }
        let error = io::Error::last_os_error();
        if error.kind() != io::ErrorKind::Interrupted {
            return Err(error);
        }
    }
    Ok((ExitStatus::from_raw(status), usage))
}

/// The full path of the program `name`, if it is on PATH.
pub fn find(name: &str) -> Option<std::path::PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::line;
    use crate::workspaces::{cargo, cargo_in};

    #[test]
    fn commands_are_shown_with_their_folder() {
        assert!(line(cargo().args(["fmt", "--all"])).ends_with("cargo fmt --all"));
        assert!(line(cargo_in(".").arg("fmt")).ends_with("cargo fmt"));
        assert!(line(cargo_in("runtime-lib").arg("fmt")).ends_with("cargo fmt (in runtime-lib)"));
    }
}
