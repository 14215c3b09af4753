//! What a program may reach: as options give it, and as the image holds it for the runtime.

use crate::error::Error;
use crate::target::Target;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};
use std::num::NonZeroU32;
use wasmc_abi::grants;

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
    /// A file, without the rest of its directory.
    File {
        /// Path of its directory where the program runs, with a `/` at the end.
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
    /// A listening TCP socket, by its address; in a component, that it may listen there.
    Listen(SocketAddr),
    /// What a component may connect and send to: `HOST:PORT`, where either can be `*`.
    Network(String),
    /// That a component may look up the addresses of hosts.
    NameLookup,
    /// How many files may be open.
    MaxOpenFiles(u64),
    /// How long the program may run, in milliseconds.
    Timeout(u64),
}

impl Grant {
    /// `HOST[::GUEST][:ro]`.
    ///
    /// # Errors
    /// Where a part is empty.
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

    /// `HOST:PORT`.
    ///
    /// # Errors
    /// Where HOST is neither an address nor `*`, or PORT neither a number nor `*`.
    pub fn network(text: &str) -> Result<Self, String> {
        let (host, port) = text.rsplit_once(':').ok_or("expected HOST:PORT")?;
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        let is_host = match address {
            Some(address) => address.parse::<Ipv6Addr>().is_ok(),
            None => host == "*" || host.parse::<Ipv4Addr>().is_ok(),
        };
        if !is_host {
            return Err(format!(
                "`{host}` is neither an address, such as 192.0.2.1 or [2001:db8::1], nor `*`; programs look up names \
                 themselves, where --allow-ip-name-lookup lets them"
            ));
        }
        if port != "*" && port.parse::<u16>().is_err() {
            return Err(format!("`{port}` is neither a port nor `*`"));
        }
        Ok(Self::Network(text.into()))
    }

    /// Whether it is of use to components alone, which have functions for the network.
    fn is_of_network(&self) -> bool {
        matches!(self, Self::Network(_) | Self::NameLookup)
    }

    /// Whether it is a limit, which holds even for a program that does not use WASI.
    fn is_limit(&self) -> bool {
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
            Self::Network(address) => record(grants::NETWORK, &[address]),
            Self::NameLookup => record(grants::NETWORK, &[grants::NAME_LOOKUP]),
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

/// Limits of a program that hold whoever starts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ProgramLimits {
    /// Bytes that memories, tables and threads may have together; `None` for the module's own limits.
    pub max_memory: Option<u64>,
    /// Elements that each table may have; `None` for the module's own limits.
    pub max_table_elements: Option<u64>,
    /// Bytes that the heap of structures and arrays may have; `None` for as many as there is room for.
    pub max_gc_heap: Option<u64>,
    /// Threads that can run at once, the first included; `None` for as many as the system can.
    pub max_threads: Option<NonZeroU32>,
    /// Whether nothing is granted when the program starts.
    pub sealed: bool,
}

/// What a program may reach, settled for a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Grants {
    records: Vec<u8>,
    have_limits: bool,
    listens_at: Option<SocketAddr>,
    reaches_network: bool,
}

impl Grants {
    /// The grants of a program for `target`, and its limits, which the image records with them.
    ///
    /// # Errors
    /// Where the target's system has no such grants, or a string has a NUL byte, which would end it early.
    pub fn settle(all: &[Grant], limits: ProgramLimits, target: &Target) -> Result<Self, Error> {
        let have_limits = all.iter().any(Grant::is_limit);
        let listens_at = all.iter().find_map(|grant| match grant {
            Grant::Listen(address) => Some(*address),
            _ => None,
        });
        let reaches_network = all.iter().any(Grant::is_of_network);
        if !target.is_linux() && (have_limits || listens_at.is_some() || reaches_network) {
            let error = Error::new(format!("target `{}` has no sockets or limits to grant", target.name));
            let help = "leave out --listen, --net, --allow-ip-name-lookup, --max-open-files and --timeout: they are \
                        there on Linux";
            return Err(error.help(help));
        }
        Ok(Self { records: encode(all, limits)?, have_limits, listens_at, reaches_network })
    }

    /// The grants as the runtime reads them: see [`wasmc_abi::grants`].
    pub fn records(&self) -> &[u8] {
        &self.records
    }

    /// Whether some of them are limits, which hold even for programs that do not use WASI.
    pub fn have_limits(&self) -> bool {
        self.have_limits
    }

    /// Refuses grants that the program cannot use: it accepts connections or does not, and has functions for the
    /// network or has none.
    ///
    /// # Errors
    /// Where it is to listen, but never accepts connections; or to reach the network, for which it has no functions.
    pub fn check(&self, accepts_connections: bool, has_network: bool) -> Result<(), Error> {
        if self.reaches_network && !has_network {
            let error = Error::new("the program reaches nothing on the network");
            return Err(error.help("it imports none of wasi:sockets: leave `--net` and `--allow-ip-name-lookup` out"));
        }
        match self.listens_at.filter(|_| !accepts_connections) {
            Some(address) => {
                let error = Error::new(format!("the program accepts no connections at {address}"));
                Err(error.help("it does not call `sock_accept`, or wasi:sockets in a component: leave `--listen` out"))
            }
            None => Ok(()),
        }
    }
}

fn encode(all: &[Grant], limits: ProgramLimits) -> Result<Vec<u8>, Error> {
    let mut bytes = if limits.sealed { vec![grants::SEALED] } else { Vec::new() };
    for grant in all {
        let start = bytes.len();
        grant.encode(&mut bytes);
        let record = &bytes[start..];
        if record.iter().filter(|&&byte| byte == 0).count() != grants::strings(record[0]) {
            return Err(Error::new("a grant with a NUL byte"));
        }
    }
    let numbers = [
        (grants::MAX_MEMORY, limits.max_memory),
        (grants::MAX_TABLE_ELEMENTS, limits.max_table_elements),
        (grants::MAX_THREADS, limits.max_threads.map(|threads| threads.get().into())),
    ];
    for (tag, number) in numbers {
        if let Some(number) = number {
            bytes.push(tag);
            bytes.extend_from_slice(format!("{number}\0").as_bytes());
        }
    }
    bytes.push(grants::END);
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn directory(host: &str, guest: &str, read_only: bool) -> Result<Grant, String> {
        Ok(Grant::Directory { host: host.into(), guest: guest.into(), read_only })
    }

    #[test]
    fn directories_have_two_names_and_may_be_read_only() {
        assert_eq!(Grant::directory("a"), directory("a", "a", false));
        assert_eq!(Grant::directory("a:ro"), directory("a", "a", true));
        assert_eq!(Grant::directory("a::/b"), directory("a", "/b", false));
        assert_eq!(Grant::directory("a::/b:ro"), directory("a", "/b", true));
        assert_eq!(Grant::directory("a::ro"), directory("a", "ro", false));
        for text in ["", ":ro", "::b", "a::"] {
            assert!(Grant::directory(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn files_are_split_from_their_directory() {
        let file = |directory: &str, name: &str, guest: &str| {
            Ok(Grant::File { directory: directory.into(), name: name.into(), guest: guest.into(), read_only: false })
        };
        assert_eq!(Grant::file("note"), file("./", "note", "note"));
        assert_eq!(Grant::file("/a/note::/b"), file("/a/", "note", "/b"));
        for text in ["a/", "..", "a/."] {
            assert!(Grant::file(text).is_err_and(|error| error.contains("--dir")), "{text:?}");
        }
    }

    #[test]
    fn what_is_reached_is_addresses_and_ports() {
        for text in ["127.0.0.1:80", "[::1]:8080", "*:*", "192.0.2.1:*", "*:53"] {
            assert_eq!(Grant::network(text), Ok(Grant::Network(text.into())));
        }
        for text in ["", "*", "example.org:80", "::1:80", "[::1]", "127.0.0.1:", "127.0.0.1:65536", "[127.0.0.1]:1"] {
            assert!(Grant::network(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn variables_have_a_name() {
        assert_eq!(Grant::variable("A"), Ok(Grant::InheritedVariable("A".into())));
        assert_eq!(Grant::variable("A="), Ok(Grant::Variable("A".into(), String::new())));
        assert_eq!(Grant::variable("A=b=c"), Ok(Grant::Variable("A".into(), "b=c".into())));
        assert!(Grant::variable("=b").is_err() && Grant::variable("").is_err());
    }
}
