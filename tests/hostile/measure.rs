//! What a compilation takes: processor time and memory of the process, bytes of the image.

use super::Shape;
use super::budget::Budget;
use std::fs;
use std::io;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Kilobytes of address space, and seconds of processor time, at which the system ends a compilation.
const ADDRESS_SPACE: u64 = 12_000_000;
/// See [`ADDRESS_SPACE`].
const GIVE_UP: u64 = 600;

/// What compiling a module took.
#[derive(Clone, Debug)]
pub struct Measured {
    /// Bytes of the module.
    pub module: u64,
    /// Processor time in seconds, of the program and of the system for it.
    pub seconds: f64,
    /// Bytes of memory that the process had at most.
    pub memory: u64,
    /// Bytes of the image; `None` where there is none.
    pub image: Option<u64>,
    /// The exit status; `None` where a signal ended it.
    pub status: Option<i32>,
    /// What the command said.
    pub message: String,
}

impl Measured {
    /// Compiles the module of a scale on one thread, in `folder`, by the command `wasmc`.
    ///
    /// The system counts the memory of the process that starts another as that one's, too, so that it must be little.
    ///
    /// # Errors
    /// Where the command cannot be started, or a file not be written.
    pub fn of(shape: &Shape, scale: u32, wasmc: &Path, folder: &Path, options: &[String]) -> io::Result<Self> {
        let (module, image, said) = (folder.join("module.wasm"), folder.join("image"), folder.join("said"));
        fs::write(&module, (shape.make)(scale))?;
        let _ = fs::remove_file(&image);
        // The system's own limits are for a compiler that has lost its own.
        let mut command = Command::new("sh");
        command.args(["-c", &format!("ulimit -v {ADDRESS_SPACE}; ulimit -t {GIVE_UP}; exec \"$@\""), "sh"]);
        command.arg(wasmc).arg(&module).arg("-o").arg(&image).arg("-j1").args(options);
        let child = command.stdin(Stdio::null()).stderr(fs::File::create(&said)?).spawn()?;
        let (status, usage) = wait(child)?;
        Ok(Self {
            module: fs::metadata(&module)?.len(),
            seconds: usage.user.seconds() + usage.system.seconds(),
            memory: usage.max_resident as u64 * 1024,
            image: fs::metadata(&image).ok().map(|file| file.len()),
            status,
            message: String::from_utf8_lossy(&fs::read(&said)?).into_owned(),
        })
    }

    /// What is not as it should be.
    pub fn faults(&self) -> Vec<String> {
        let budget = Budget::of(self.module);
        let mut faults = Vec::new();
        let mut limit = |holds: bool, fault: String| faults.extend((!holds).then_some(fault));
        let (seconds, memory) = (self.seconds, self.memory);
        limit(seconds <= budget.seconds, format!("{seconds:.1} s, more than {:.1} s", budget.seconds));
        limit(memory <= budget.memory, format!("{memory} bytes of memory, more than {}", budget.memory));
        limit(self.image.unwrap_or(0) <= budget.image, format!("an image of more than {} bytes", budget.image));
        let is_error = self.status == Some(1) && self.message.starts_with("error: ") && self.image.is_none();
        let is_image = self.status == Some(0) && self.image.is_some();
        limit(is_error || is_image, format!("neither an image nor an error: {:?}, {}", self.status, self.message));
        faults
    }
}

/// What the system counts of a process: `struct rusage`, as far as it is used.
#[repr(C)]
#[derive(Default)]
struct Usage {
    user: Time,
    system: Time,
    /// Kilobytes.
    max_resident: i64,
    others: [i64; 13],
}

/// `struct timeval`.
#[repr(C)]
#[derive(Default)]
struct Time {
    seconds: i64,
    microseconds: i64,
}

impl Time {
    fn seconds(&self) -> f64 {
        self.seconds as f64 + self.microseconds as f64 / 1e6
    }
}

unsafe extern "C" {
    fn wait4(process: i32, status: *mut i32, options: i32, usage: *mut Usage) -> i32;
}

/// Waits for a process: its exit status, and what it used.
fn wait(child: Child) -> io::Result<(Option<i32>, Usage)> {
    let (mut status, mut usage) = (0, Usage::default());
    // SAFETY: both places are as large as the function fills, and live until it returns. Nobody else waits for the
    // process: its handle is ours.
    let waited = unsafe { wait4(child.id() as i32, &raw mut status, 0, &raw mut usage) };
    if waited < 0 {
        return Err(io::Error::last_os_error());
    }
    let signal = status & 0x7f;
    Ok(((signal == 0).then_some(status >> 8 & 0xff), usage))
}
