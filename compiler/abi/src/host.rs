//! Host functions: the functions that the runtime defines for modules to import, by interface and name.
//!
//! WASI is known in two versions: preview 1, and snapshot 0, which preceded it. They have the same functions of the
//! same types, but for those whose row says otherwise.
//!
//! How to add one: a row here, its definition in `runtime-lib/src/wasi`.

use crate::signature::{Signature, ValueType};
use crate::symbols::ImportSymbol;
use crate::system_calls::{Names, PATH, SIGNALS, STREAM, THREADS, WORKING_MEMORY};
use core::fmt;

/// A set of host functions, which modules import from a module of that name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Interface {
    /// WASI preview 1.
    WasiPreview1,
    /// WASI snapshot 0.
    WasiSnapshot0,
    /// wasi-threads.
    WasiThreads,
}

impl Interface {
    /// All interfaces.
    pub const ALL: [Self; 3] = [Self::WasiPreview1, Self::WasiSnapshot0, Self::WasiThreads];

    /// The interface that modules import under this module name.
    pub fn of_module(module: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|interface| interface.module() == module)
    }

    /// The module name that modules import it under.
    pub const fn module(self) -> &'static str {
        match self {
            Self::WasiPreview1 => "wasi_snapshot_preview1",
            Self::WasiSnapshot0 => "wasi_unstable",
            Self::WasiThreads => "wasi",
        }
    }

    /// Its functions.
    pub fn functions(self) -> impl Iterator<Item = &'static HostFunction> {
        let functions = if self == Self::WasiThreads { THREAD_FUNCTIONS } else { WASI_FUNCTIONS };
        functions.iter().filter(move |function| self != Self::WasiSnapshot0 || function.snapshot_0 != Snapshot0::Absent)
    }
}

impl fmt::Display for Interface {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(match self {
            Self::WasiPreview1 => "WASI preview 1",
            Self::WasiSnapshot0 => "WASI snapshot 0",
            Self::WasiThreads => "wasi-threads",
        })
    }
}

/// What start-up must prepare for a host function, or for all those that a program imports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Needs {
    /// Grants: read, and what they name is open.
    pub grants: bool,
    /// It takes paths, so that all outside the granted directories must be out of reach.
    pub paths: bool,
    /// It accepts connections: the granted sockets are listening.
    pub listening_sockets: bool,
    /// It looks up names of hosts: how the system does so is known.
    pub names: bool,
    /// It starts threads, whose instance state is their own.
    pub threads: bool,
}

impl Needs {
    pub(crate) const NOTHING: Self =
        Self { grants: false, paths: false, listening_sockets: false, names: false, threads: false };
    pub(crate) const GRANTS: Self = Self { grants: true, ..Self::NOTHING };
    pub(crate) const PATHS: Self = Self { paths: true, ..Self::GRANTS };
    pub(crate) const NAMES: Self = Self { names: true, ..Self::GRANTS };
    const SOCKETS: Self = Self { listening_sockets: true, ..Self::GRANTS };
    const THREADS: Self = Self { threads: true, ..Self::NOTHING };

    /// What both need.
    pub const fn and(self, other: Self) -> Self {
        Self {
            grants: self.grants || other.grants,
            paths: self.paths || other.paths,
            listening_sockets: self.listening_sockets || other.listening_sockets,
            names: self.names || other.names,
            threads: self.threads || other.threads,
        }
    }
}

/// A function's counterpart in WASI snapshot 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Snapshot0 {
    /// The same function.
    Same,
    /// A function of the same type that takes or gives other structures or numbers.
    Differs,
    /// None.
    Absent,
}

/// How a function treats embedded directories ([`crate::embedded`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Embedded {
    /// It knows none: the same function serves all programs.
    Unaware,
    /// In a program with embedded directories another function takes its place, which serves what is embedded and
    /// passes everything else on. Programs without them have no trace of it.
    Overlaid,
}

/// A function that the runtime defines for modules to import.
#[derive(Debug, PartialEq, Eq)]
pub struct HostFunction {
    /// The name that modules import it under.
    pub name: &'static str,
    /// Its type.
    pub signature: Signature,
    /// Its counterpart in WASI snapshot 0.
    pub snapshot_0: Snapshot0,
    /// What it does about embedded directories.
    pub embedded: Embedded,
    /// What start-up must prepare for it.
    pub needs: Needs,
    system_calls: &'static [Names],
}

impl HostFunction {
    /// The system calls that it makes.
    pub fn system_calls(&self) -> impl Iterator<Item = &'static str> {
        self.system_calls.iter().copied().flatten().copied()
    }

    /// The symbol of its definition, as a function of `interface`, in a program with embedded directories or without.
    pub fn symbol(&self, interface: Interface, embeds: bool) -> ImportSymbol<'static> {
        let is_shared = interface == Interface::WasiSnapshot0 && self.snapshot_0 == Snapshot0::Same;
        let defining = if is_shared { Interface::WasiPreview1 } else { interface };
        let is_overlaid = embeds && self.embedded == Embedded::Overlaid;
        let prefix = if is_overlaid { "wasmc_embedded_" } else { "" };
        ImportSymbol { prefix, module: defining.module(), name: self.name }
    }
}

/// The host function that an import means, if it is one.
pub fn find(module: &str, name: &str) -> Option<(Interface, &'static HostFunction)> {
    let interface = Interface::of_module(module)?;
    let function = interface.functions().find(|function| function.name == name)?;
    Some((interface, function))
}

/// The symbol that satisfies the import of a function: a host function's, or that of a native function.
pub fn import_symbol<'a>(module: &'a str, name: &'a str, embeds: bool) -> ImportSymbol<'a> {
    match find(module, name) {
        Some((interface, function)) => function.symbol(interface, embeds),
        None => ImportSymbol::native(module, name),
    }
}

macro_rules! functions {
    ($(
        $name:literal ($($param:ident)*) -> ($($result:ident)?),
        $snapshot_0:ident, $embedded:ident, $needs:ident, [$($calls:expr),*];
    )*) => {
        &[$(HostFunction {
            name: $name,
            signature: Signature { params: &[$(ValueType::$param),*], results: &[$(ValueType::$result)?] },
            snapshot_0: Snapshot0::$snapshot_0,
            embedded: Embedded::$embedded,
            needs: Needs::$needs,
            system_calls: &[$($calls),*],
        }),*]
    };
}

/// The functions of WASI preview 1. A result is an errno.
const WASI_FUNCTIONS: &[HostFunction] = functions! {
    "args_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [];
    "args_sizes_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [];
    "environ_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [WORKING_MEMORY];
    "environ_sizes_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [WORKING_MEMORY];
    "clock_res_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [&["clock_getres"]];
    "clock_time_get" (I32 I64 I32) -> (I32), Same, Unaware, GRANTS, [&["clock_gettime"]];
    "fd_advise" (I32 I64 I64 I32) -> (I32), Same, Overlaid, GRANTS, [&["fadvise64"]];
    "fd_allocate" (I32 I64 I64) -> (I32), Same, Overlaid, GRANTS, [&["fallocate", "fstat"]];
    "fd_close" (I32) -> (I32), Same, Overlaid, GRANTS, [&["close"]];
    "fd_datasync" (I32) -> (I32), Same, Overlaid, GRANTS, [&["fdatasync"]];
    "fd_fdstat_get" (I32 I32) -> (I32), Same, Overlaid, GRANTS, [&["fstat", "getsockopt", "lseek"]];
    "fd_fdstat_set_flags" (I32 I32) -> (I32), Same, Overlaid, GRANTS, [&["fcntl"]];
    "fd_fdstat_set_rights" (I32 I64 I64) -> (I32), Same, Unaware, GRANTS, [];
    "fd_filestat_get" (I32 I32) -> (I32), Differs, Overlaid, GRANTS, [&["fstat"]];
    "fd_filestat_set_size" (I32 I64) -> (I32), Same, Overlaid, GRANTS, [&["ftruncate"]];
    "fd_filestat_set_times" (I32 I64 I64 I32) -> (I32), Same, Overlaid, GRANTS, [&["utimensat"]];
    "fd_pread" (I32 I32 I32 I64 I32) -> (I32), Same, Overlaid, GRANTS, [&["preadv"], STREAM];
    "fd_prestat_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [];
    "fd_prestat_dir_name" (I32 I32 I32) -> (I32), Same, Unaware, GRANTS, [];
    "fd_pwrite" (I32 I32 I32 I64 I32) -> (I32), Same, Overlaid, GRANTS, [&["pwritev"], STREAM];
    "fd_read" (I32 I32 I32 I32) -> (I32), Same, Overlaid, GRANTS, [&["readv"], STREAM];
    "fd_readdir" (I32 I32 I32 I64 I32) -> (I32), Same, Overlaid, GRANTS,
        [&["fstat", "getdents64", "lseek", "newfstatat"]];
    "fd_renumber" (I32 I32) -> (I32), Same, Overlaid, GRANTS, [&["close"]];
    "fd_seek" (I32 I64 I32 I32) -> (I32), Differs, Overlaid, GRANTS, [&["lseek"]];
    "fd_sync" (I32) -> (I32), Same, Overlaid, GRANTS, [&["fsync"]];
    "fd_tell" (I32 I32) -> (I32), Same, Overlaid, GRANTS, [&["lseek"]];
    "fd_write" (I32 I32 I32 I32) -> (I32), Same, Overlaid, GRANTS, [&["writev"], STREAM];
    "path_create_directory" (I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["mkdirat"]];
    "path_filestat_get" (I32 I32 I32 I32 I32) -> (I32), Differs, Overlaid, PATHS, [PATH];
    "path_filestat_set_times" (I32 I32 I32 I32 I64 I64 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["utimensat"]];
    "path_link" (I32 I32 I32 I32 I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["linkat"]];
    "path_open" (I32 I32 I32 I32 I32 I64 I64 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, WORKING_MEMORY];
    "path_readlink" (I32 I32 I32 I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH];
    "path_remove_directory" (I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["unlinkat"]];
    "path_rename" (I32 I32 I32 I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["renameat2"]];
    "path_symlink" (I32 I32 I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["symlinkat"]];
    "path_unlink_file" (I32 I32 I32) -> (I32), Same, Overlaid, PATHS, [PATH, &["unlinkat"]];
    "poll_oneoff" (I32 I32 I32 I32) -> (I32), Differs, Unaware, GRANTS,
        [&["clock_gettime", "fstat", "ioctl", "lseek", "ppoll", "restart_syscall"], WORKING_MEMORY];
    "proc_exit" (I32) -> (), Same, Unaware, GRANTS, [];
    "proc_raise" (I32) -> (I32), Same, Unaware, GRANTS, [SIGNALS, &["rt_sigprocmask"]];
    "sched_yield" () -> (I32), Same, Unaware, GRANTS, [&["sched_yield"]];
    "random_get" (I32 I32) -> (I32), Same, Unaware, GRANTS, [&["getrandom"]];
    "sock_accept" (I32 I32 I32) -> (I32), Absent, Unaware, SOCKETS, [&["accept4", "close", "fcntl"], WORKING_MEMORY];
    "sock_recv" (I32 I32 I32 I32 I32 I32) -> (I32), Same, Unaware, GRANTS, [&["recvmsg"], STREAM];
    "sock_send" (I32 I32 I32 I32 I32) -> (I32), Same, Unaware, GRANTS, [&["sendmsg"], STREAM];
    "sock_shutdown" (I32 I32) -> (I32), Same, Unaware, GRANTS, [&["shutdown"]];
};

/// The functions of wasi-threads.
const THREAD_FUNCTIONS: &[HostFunction] = functions! {
    // Takes the argument of the new thread's `START`; returns the thread's number, or a negative number where it cannot
    // be started.
    "thread-spawn" (I32) -> (I32), Absent, Unaware, THREADS, [THREADS];
};
