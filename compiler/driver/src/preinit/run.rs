//! Runs the program that writes a snapshot.

use crate::error::Error;
use crate::options::Preinit;
use crate::run;
use std::io::{self, Read};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};
use wasmc_abi::trap::TRAP_EXIT_STATUS;
use wasmc_frontend::Shown;

/// Runs an image and returns what it writes to standard output.
///
/// # Errors
/// Where it cannot be started, does not end well, or not in time.
pub fn run(image: &[u8], preinit: &Preinit) -> Result<Vec<u8>, Error> {
    let program = run::temporary(image)?;
    let mut command = Command::new(program.path());
    command.env_clear().current_dir("/").stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let started = start(&mut command).map_err(|cause| run::failed("execute the program", &cause))?;
    let ended = wait(started, preinit);
    drop(program);
    let Ended { status, output, said } = ended?;
    if status.success() {
        return Ok(output);
    }
    let name = Shown(&preinit.export);
    let said = String::from_utf8_lossy(&said);
    let error = match status.code() {
        Some(TRAP_EXIT_STATUS) => {
            Error::new(format!("`{name}` traps when the module is compiled\n{}", said.trim_end()))
        }
        _ => Error::new(format!("`{name}` cannot be run when the module is compiled ({status})\n{}", said.trim_end())),
    };
    Err(error.help("what runs then has no imports, WASI's included: whatever calls them must run later"))
}

/// Starts a program that was just written. Where other threads start programs, too, one of theirs may have the file
/// open for a moment, as what it inherits is closed only when it begins.
fn start(command: &mut Command) -> io::Result<Child> {
    for _ in 0..100 {
        match command.spawn() {
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                thread::sleep(Duration::from_millis(10));
            }
            result => return result,
        }
    }
    command.spawn()
}

/// How a process has ended.
struct Ended {
    status: ExitStatus,
    output: Vec<u8>,
    said: Vec<u8>,
}

fn wait(mut child: Child, preinit: &Preinit) -> Result<Ended, Error> {
    let deadline = Instant::now() + preinit.timeout;
    let (sender, receiver) = mpsc::channel();
    let streams = [child.stdout.take().map(reader), child.stderr.take().map(reader)];
    for (number, stream) in streams.into_iter().flatten().enumerate() {
        let sender = sender.clone();
        thread::spawn(move || sender.send((number, stream())));
    }
    drop(sender);
    let mut read = [Vec::new(), Vec::new()];
    loop {
        match receiver.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            Ok((number, bytes)) => {
                read[number] = bytes.map_err(|cause| run::failed("read from the program", &cause))?;
            }
            Err(RecvTimeoutError::Disconnected) => break,
            Err(RecvTimeoutError::Timeout) => {
                let _ = child.kill().and_then(|()| child.wait());
                let (name, seconds) = (Shown(&preinit.export), preinit.timeout.as_secs_f64());
                let error =
                    Error::new(format!("`{name}` has not ended after {seconds} s, when the module is compiled"));
                return Err(error.help("give it more time: `--preinit-timeout DURATION`"));
            }
        }
    }
    let status = child.wait().map_err(|cause| run::failed("wait for the program", &cause))?;
    let [output, said] = read;
    Ok(Ended { status, output, said })
}

fn reader(mut stream: impl Read + Send + 'static) -> Box<dyn FnOnce() -> io::Result<Vec<u8>> + Send> {
    Box::new(move || {
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).map(|_| bytes)
    })
}
