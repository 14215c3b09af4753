//! WASI, for each instance on its own: nothing of it is global, and an instance has what its host gives it.
//!
//! ```
//! use wasmc_embed::wasi::Wasi;
//!
//! let wasi = Wasi::new().argument("guest").variable("LANG", "C").stdin(&b"some input"[..]).capture_stdout();
//! assert_eq!(wasi.captured_stdout(), b"");
//! ```
//!
//! Modules have preview 1 ([`preview1`]), components WASI 0.2 ([`preview2`]): bindings call their functions on what the
//! host gives them by [`HasWasi`]. Where nothing else is imported, a [`Wasi`] itself can be the host.
//!
//! Calls that wait make the thread wait that has called the guest. Components have sockets, which reach what is
//! granted: nothing at first. A guest has 1024 files and sockets open at most; a component, 65,536 resources.
//!
//! - what both are made of: `descriptors`, what a guest has open; `open`, `paths`: files beneath a directory;
//!   `network`, `socket`: what is reached, and how; `errno`: error numbers.

mod descriptors;
mod errno;
mod network;
mod open;
mod paths;
pub mod preview1;
pub mod preview2;
mod socket;

pub use preview1::*;

use crate::error::Error;
use descriptors::{Descriptor, Descriptors};
use network::Network;
use preview2::resources::{Input, Output, Position, Resource, Resources};
use preview2::{InputStream, OutputStream};
use std::fmt;
use std::io::{self, Read, Write};
use std::time::{Instant, SystemTime, UNIX_EPOCH};
use wasmc_abi::preview2::error_text;

/// Has what functions of WASI work on.
///
/// ```
/// use wasmc_embed::wasi::{HasWasi, Wasi};
///
/// struct Host {
///     wasi: Wasi,
///     requests: u32,
/// }
///
/// impl HasWasi for Host {
///     fn wasi(&mut self) -> &mut Wasi {
///         &mut self.wasi
///     }
/// }
/// ```
pub trait HasWasi {
    /// What they work on.
    fn wasi(&mut self) -> &mut Wasi;
}

impl HasWasi for Wasi {
    fn wasi(&mut self) -> &mut Wasi {
        self
    }
}

/// A clock, by its number in WASI.
///
/// ```
/// use wasmc_embed::wasi::{Clock, Wasi};
///
/// let wasi = Wasi::new().clocks(|clock| if clock == Clock::Realtime { 1_700_000_000_000_000_000 } else { 0 });
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Time since 1970.
    Realtime,
    /// Time since some moment, which never goes back.
    Monotonic,
}

/// What a clock shows, in nanoseconds.
type Clocks = Box<dyn FnMut(Clock) -> u64 + Send>;
/// What fills bytes at random.
type Random = Box<dyn FnMut(&mut [u8]) -> io::Result<()> + Send>;

/// What a guest finds by functions of WASI: without more, no arguments, no environment, empty input, output that is
/// lost, no files, no network, the system's clocks, and its random numbers.
///
/// ```
/// let wasi = wasmc_embed::wasi::Wasi::new().argument("guest").capture_stdout();
/// ```
pub struct Wasi {
    arguments: Vec<Vec<u8>>,
    variables: Vec<Vec<u8>>,
    descriptors: Descriptors,
    resources: Resources,
    network: Network,
    clocks: Clocks,
    random: Random,
}

impl fmt::Debug for Wasi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wasi").finish_non_exhaustive()
    }
}

impl Default for Wasi {
    fn default() -> Self {
        Self::new()
    }
}

impl Wasi {
    /// What grants nothing.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new();
    /// ```
    pub fn new() -> Self {
        let start = Instant::now();
        let clocks = move |clock| match clock {
            Clock::Realtime => nanoseconds(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()),
            Clock::Monotonic => nanoseconds(start.elapsed()),
        };
        let mut source = None;
        let random = move |bytes: &mut [u8]| {
            let file = match &mut source {
                Some(file) => file,
                none => none.insert(std::fs::File::open("/dev/urandom")?),
            };
            file.read_exact(bytes)
        };
        Self {
            arguments: Vec::new(),
            variables: Vec::new(),
            descriptors: Descriptors::new(),
            resources: Resources::new(),
            network: Network::default(),
            clocks: Box::new(clocks),
            random: Box::new(random),
        }
    }

    /// Adds an argument; the first is the program's name.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().argument("guest").argument("--verbose");
    /// ```
    #[must_use]
    pub fn argument(mut self, argument: impl Into<Vec<u8>>) -> Self {
        self.arguments.push(argument.into());
        self
    }

    /// Adds an environment variable.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().variable("LANG", "C");
    /// ```
    #[must_use]
    pub fn variable(mut self, name: impl AsRef<[u8]>, value: impl AsRef<[u8]>) -> Self {
        self.variables.push([name.as_ref(), b"=", value.as_ref()].concat());
        self
    }

    /// Has standard input come from here: from a buffer, a file, whatever can be read.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().stdin(&b"some input"[..]);
    /// ```
    #[must_use]
    pub fn stdin(mut self, source: impl Read + Send + 'static) -> Self {
        self.descriptors.replace(0, Descriptor::Source(Box::new(source)));
        self
    }

    /// Has standard output go there: to a file, a socket, whatever can be written to.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().stdout(std::io::stdout());
    /// ```
    #[must_use]
    pub fn stdout(mut self, sink: impl Write + Send + 'static) -> Self {
        self.descriptors.replace(1, Descriptor::Sink(Box::new(sink)));
        self
    }

    /// Has standard error go there.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().stderr(std::io::stderr());
    /// ```
    #[must_use]
    pub fn stderr(mut self, sink: impl Write + Send + 'static) -> Self {
        self.descriptors.replace(2, Descriptor::Sink(Box::new(sink)));
        self
    }

    /// Keeps what goes to standard output.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().capture_stdout();
    /// ```
    #[must_use]
    pub fn capture_stdout(mut self) -> Self {
        self.descriptors.replace(1, Descriptor::Buffer(Vec::new()));
        self
    }

    /// Keeps what goes to standard error.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().capture_stderr();
    /// ```
    #[must_use]
    pub fn capture_stderr(mut self) -> Self {
        self.descriptors.replace(2, Descriptor::Buffer(Vec::new()));
        self
    }

    /// What went to standard output so far, where it is kept.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().capture_stdout();
    /// // After a guest has run:
    /// assert_eq!(wasi.captured_stdout(), b"");
    /// ```
    pub fn captured_stdout(&self) -> &[u8] {
        self.descriptors.buffer(1)
    }

    /// What went to standard error so far, where it is kept.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().capture_stderr();
    /// assert_eq!(wasi.captured_stderr(), b"");
    /// ```
    pub fn captured_stderr(&self) -> &[u8] {
        self.descriptors.buffer(2)
    }

    /// Grants the directory `host`, under the name `guest`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let wasi = wasmc_embed::wasi::Wasi::new().directory("/tmp", "/scratch")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn directory(mut self, host: impl AsRef<std::path::Path>, guest: &str) -> io::Result<Self> {
        self.grant_directory(host.as_ref(), guest, false)?;
        Ok(self)
    }

    /// Grants the directory `host` for reading, under the name `guest`.
    ///
    /// ```
    /// # fn main() -> std::io::Result<()> {
    /// let wasi = wasmc_embed::wasi::Wasi::new().read_only_directory("/usr/share", "/share")?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Where it cannot be opened.
    pub fn read_only_directory(mut self, host: impl AsRef<std::path::Path>, guest: &str) -> io::Result<Self> {
        self.grant_directory(host.as_ref(), guest, true)?;
        Ok(self)
    }

    /// Grants a directory; where it cannot be opened, all stays as it was.
    ///
    /// # Errors
    /// Where it cannot be opened.
    #[doc(hidden)]
    pub fn grant_directory(&mut self, host: &std::path::Path, guest: &str, is_read_only: bool) -> io::Result<()> {
        let directory = paths::Directory::open(host, is_read_only)?;
        let number = self.descriptors.grant(directory, guest);
        self.resources.grant(Resource::Descriptor(number));
        Ok(())
    }

    /// A stream of something that can be read, for a function of the host's to give to its component.
    ///
    /// ```
    /// let mut wasi = wasmc_embed::wasi::Wasi::new();
    /// let body = wasi.input_stream(&b"some text"[..]).unwrap();
    /// # let _ = body;
    /// ```
    ///
    /// # Errors
    /// Where the component has too many.
    pub fn input_stream(&mut self, source: impl Read + Send + 'static) -> Result<InputStream, Error> {
        let descriptor = self.open(Descriptor::Source(Box::new(source)))?;
        let input = Input { descriptor, offset: None, closed: false };
        Ok(self.resources.insert(Resource::Input(input), None)?)
    }

    /// A stream to something that can be written to, for a function of the host's to give to its component.
    ///
    /// ```
    /// let mut wasi = wasmc_embed::wasi::Wasi::new();
    /// let log = wasi.output_stream(std::io::stderr()).unwrap();
    /// # let _ = log;
    /// ```
    ///
    /// # Errors
    /// Where the component has too many.
    pub fn output_stream(&mut self, sink: impl Write + Send + 'static) -> Result<OutputStream, Error> {
        let descriptor = self.open(Descriptor::Sink(Box::new(sink)))?;
        let output = Output { descriptor, position: Position::None, closed: false };
        Ok(self.resources.insert(Resource::Output(output), None)?)
    }

    fn open(&mut self, descriptor: Descriptor) -> Result<i32, Error> {
        self.descriptors.add(descriptor).map_err(|errno| Error::new(error_text(errno.0)))
    }

    /// Has clocks show what this says, in nanoseconds.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().clocks(|_| 1_000_000_000);
    /// # let _ = wasi;
    /// ```
    #[must_use]
    pub fn clocks(mut self, clocks: impl FnMut(Clock) -> u64 + Send + 'static) -> Self {
        self.clocks = Box::new(clocks);
        self
    }

    /// Has random bytes come from here.
    ///
    /// ```
    /// let wasi = wasmc_embed::wasi::Wasi::new().random(|bytes| Ok(bytes.fill(4)));
    /// # let _ = wasi;
    /// ```
    #[must_use]
    pub fn random(mut self, random: impl FnMut(&mut [u8]) -> io::Result<()> + Send + 'static) -> Self {
        self.random = Box::new(random);
        self
    }
}

fn nanoseconds(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
