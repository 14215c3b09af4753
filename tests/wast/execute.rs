//! Runs a script's executable and reads what it reports.

use super::image::Command;
use super::toolchain::Toolchain;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;
use std::process::{Child, Command as Process, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;
use wasmc_abi::trap::TrapCode;

/// How long a script may take before it is taken to hang.
const LIMIT: Duration = Duration::from_secs(120);

/// How one command ended.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The trap that ended it.
    pub trap: Option<TrapCode>,
    /// What it reported.
    pub values: Vec<u8>,
}

/// How the commands ended, and, where the program ended before all of them, why.
pub struct Outcomes {
    /// Those that ended, in order.
    pub list: Vec<Outcome>,
    /// What became of the program.
    pub end: String,
}

/// Runs the executable of the script called `name`.
///
/// # Errors
/// Where it cannot be written or started.
pub fn run(name: &str, image: &[u8], toolchain: &Toolchain, commands: &[Command]) -> io::Result<Outcomes> {
    let folder = tempfile::tempdir()?;
    let path = toolchain.keep.as_deref().unwrap_or(folder.path()).join(name.replace(['/', '.'], "_"));
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o755).open(&path)?;
    file.write_all(image)?;
    drop(file);
    let mut child = start(toolchain, &path)?;
    let (mut output, mut messages) = (child.stdout.take(), child.stderr.take());
    let (done, finished) = mpsc::channel();
    let reader = thread::spawn(move || {
        let mut bytes = Vec::new();
        let result = output.as_mut().map_or(Ok(0), |output| output.read_to_end(&mut bytes));
        let _ = done.send(());
        result.map(|_| bytes)
    });
    let in_time = finished.recv_timeout(LIMIT).is_ok();
    if !in_time {
        child.kill()?;
    }
    let status = child.wait()?;
    let bytes = reader.join().map_err(|_| io::Error::other("the reader of the output panicked"))??;
    let mut text = String::new();
    if let Some(messages) = &mut messages {
        messages.read_to_string(&mut text)?;
    }
    let end =
        if in_time { format!("the program ended early: {status} {}", text.trim()) } else { "the program hangs".into() };
    Ok(Outcomes { list: parse(&bytes, commands), end })
}

/// Starts the executable. While it was being written, another thread may have started a process that holds it open for
/// a moment.
fn start(toolchain: &Toolchain, path: &Path) -> io::Result<Child> {
    let words: Vec<&str> = toolchain.runner.split_whitespace().chain(path.to_str()).collect();
    loop {
        let mut process = Process::new(words[0]);
        process.args(&words[1..]).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        match process.spawn() {
            Err(error) if error.kind() == ErrorKind::ExecutableFileBusy => thread::sleep(Duration::from_millis(1)),
            result => return result,
        }
    }
}

fn parse(mut bytes: &[u8], commands: &[Command]) -> Vec<Outcome> {
    let mut list = Vec::with_capacity(commands.len());
    for command in commands {
        let Some((&trap, rest)) = bytes.split_first() else { break };
        let Some((values, rest)) = rest.split_at_checked(command.report) else { break };
        list.push(Outcome { trap: TrapCode::from_u8(trap), values: values.to_vec() });
        bytes = rest;
    }
    list
}
