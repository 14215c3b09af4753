//! What a program may reach, as given by options and as the runtime reads it.

use crate::Error;
use crate::target::Target;
use std::net::SocketAddr;
use wasmc_abi::grants;
use wasmc_codegen::Plan;

/// One thing that a program may reach.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Grant {
    /// A directory.
    Directory {
        /// Path where the program runs.
        host: String,
        /// Name that the program sees.
        guest: String,
        /// Whether the program cannot change it.
        read_only: bool,
    },
    /// A file, whatever else lies in its directory.
    File {
        /// Path of the directory that it lies in, where the program runs, with a `/` at the end.
        directory: String,
        /// Its name there.
        name: String,
        /// Name that the program sees.
        guest: String,
        /// Whether the program cannot change it.
        read_only: bool,
    },
    /// An environment variable with its value.
    Variable(String, String),
    /// An environment variable that is taken over when the program starts.
    InheritedVariable(String),
    /// All environment variables that are set when the program starts.
    InheritedEnvironment,
    /// A standard stream that the program does not get, by its number.
    NoStream(u8),
    /// A listening TCP socket, by its address.
    Listen(SocketAddr),
    /// How many files may be open.
    MaxOpenFiles(u64),
    /// How long the program may run, in milliseconds.
    Timeout(u64),
}

impl Grant {
    /// `HOST[::GUEST][:ro]`.
    ///
    /// # Errors
    /// Where a part is empty or cannot be baked in.
    pub fn directory(text: &str) -> Result<Self, String> {
        let (host, guest, read_only) = paths(text)?;
        Ok(Self::Directory { host: host.into(), guest: guest.into(), read_only })
    }

    /// `HOST[::GUEST][:ro]`.
    ///
    /// # Errors
    /// Where a part is empty, or HOST cannot be a file.
    pub fn file(text: &str) -> Result<Self, String> {
        let (host, guest, read_only) = paths(text)?;
        let (directory, name) = match host.rfind('/') {
            Some(slash) => host.split_at(slash + 1),
            None => ("./", host),
        };
        if matches!(name, "" | "." | "..") {
            return Err(format!("`{host}` is the name of a directory: use --dir"));
        }
        Ok(Self::File { directory: directory.into(), name: name.into(), guest: guest.into(), read_only })
    }

    /// `NAME[=VALUE]`.
    ///
    /// # Errors
    /// Where the name is empty.
    pub fn variable(text: &str) -> Result<Self, String> {
        let grant = match text.split_once('=') {
            Some((name, value)) => Self::Variable(name.into(), value.into()),
            None => Self::InheritedVariable(text.into()),
        };
        if text.is_empty() || text.starts_with('=') { Err("expected NAME or NAME=VALUE".into()) } else { Ok(grant) }
    }

    /// Whether it takes something away, of programs that use nothing of WASI too.
    pub fn is_limit(&self) -> bool {
        matches!(self, Self::MaxOpenFiles(_) | Self::Timeout(_))
    }

    fn encode(&self, into: &mut Vec<u8>) {
        let mut record = |tag: u8, strings: &[&str]| {
            into.push(tag);
            for string in strings {
                into.extend_from_slice(string.as_bytes());
                into.push(0);
            }
        };
        let only = |read_only: bool| if read_only { grants::READ_ONLY } else { 0 };
        match self {
            Self::Directory { host, guest, read_only } => record(grants::DIRECTORY | only(*read_only), &[host, guest]),
            Self::File { directory, name, guest, read_only } => {
                record(grants::FILE | only(*read_only), &[directory, guest, name]);
            }
            Self::Variable(name, value) => record(grants::VARIABLE, &[&format!("{name}={value}")]),
            Self::InheritedVariable(name) => record(grants::INHERITED_VARIABLE, &[name]),
            Self::InheritedEnvironment => record(grants::INHERITED_ENVIRONMENT, &[]),
            Self::NoStream(number) => record(grants::STREAM_OFF + number, &[]),
            Self::Listen(address) => record(grants::LISTEN, &[&address.to_string()]),
            Self::MaxOpenFiles(count) => record(grants::MAX_OPEN_FILES, &[&count.to_string()]),
            Self::Timeout(milliseconds) => record(grants::TIMEOUT, &[&format!("{milliseconds}ms")]),
        }
    }
}

/// The parts of `HOST[::GUEST][:ro]`: both paths, and whether `:ro` is there.
fn paths(text: &str) -> Result<(&str, &str, bool), String> {
    let (paths, read_only) = match text.strip_suffix(":ro") {
        // `a::ro` grants `a` under the name `ro`.
        Some(paths) if !paths.ends_with(':') => (paths, true),
        _ => (text, false),
    };
    let (host, guest) = paths.split_once("::").unwrap_or((paths, paths));
    if host.is_empty() || guest.is_empty() {
        return Err("expected HOST, HOST::GUEST or HOST::GUEST:ro".into());
    }
    Ok((host, guest, read_only))
}

/// Refuses what the program cannot use.
///
/// # Errors
/// Where it is to listen, but never accepts a connection, or where its system has no such grants.
pub fn check(all: &[Grant], plan: &Plan<'_>, target: &Target) -> Result<(), Error> {
    if !target.is_linux() && all.iter().any(|grant| grant.is_limit() || matches!(grant, Grant::Listen(_))) {
        let error = Error::new(format!("target `{}` has no sockets or limits to grant", target.name));
        return Err(error.help("leave out --listen, --max-open-files and --timeout: they are there on Linux"));
    }
    match all.iter().find(|grant| matches!(grant, Grant::Listen(_))) {
        Some(Grant::Listen(address)) if !plan.needs.listening_sockets => {
            let error = Error::new(format!("the program accepts no connections at {address}"));
            Err(error.help("it does not call `sock_accept`: leave `--listen` out"))
        }
        _ => Ok(()),
    }
}

/// Grants as the runtime reads them, and how many bytes each memory may grow to, for whoever wants to know.
///
/// # Errors
/// Where a string has a NUL byte, which would end it early.
pub fn encode(all: &[Grant], max_memory: Option<u64>) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::new();
    for grant in all {
        let start = bytes.len();
        grant.encode(&mut bytes);
        let record = &bytes[start..];
        if record.iter().filter(|&&byte| byte == 0).count() != grants::strings(record[0]) {
            return Err(Error::new("a grant with a NUL byte"));
        }
    }
    if let Some(max_memory) = max_memory {
        bytes.push(grants::MAX_MEMORY);
        bytes.extend_from_slice(format!("{max_memory}\0").as_bytes());
    }
    bytes.push(grants::END);
    Ok(bytes)
}
