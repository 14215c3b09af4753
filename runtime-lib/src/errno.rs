//! Error numbers: those of WASI preview 1 in the whole runtime; `sys` translates those of the system.

/// An error number of WASI preview 1, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

/// The result of an operation that can fail with an error number.
pub type Result<T> = core::result::Result<T, Errno>;

wasmc_abi::errnos!(Errno);

impl Errno {
    /// The reason in words, for the errors that stop a program from starting.
    pub fn message(self) -> &'static str {
        match self {
            Self::ACCES | Self::PERM => "permission denied",
            Self::ADDRINUSE => "address in use",
            Self::ADDRNOTAVAIL => "no such address here",
            Self::LOOP => "too many symbolic links",
            Self::MFILE => "too many open files",
            Self::NAMETOOLONG => "name too long",
            Self::NOENT => "no such file or directory",
            Self::NOMEM => "out of memory",
            Self::NOTDIR => "not a directory",
            _ => "the system refused",
        }
    }
}
