//! Error numbers: those of WASI preview 1 in the whole runtime; `sys` translates those of the system.

use wasmc_abi::errno::message;

/// An error number of WASI preview 1, never 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Errno(pub u16);

/// The result of an operation that can fail with an error number.
pub type Result<T> = core::result::Result<T, Errno>;

wasmc_abi::errnos!(Errno);

impl Errno {
    /// The reason in words, for the errors that stop a program from starting.
    pub fn message(self) -> &'static str {
        message(self.0)
    }
}
