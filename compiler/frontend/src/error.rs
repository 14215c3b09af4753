//! The error of this crate.

use crate::shown::Shown;
use std::fmt;

/// Why a module was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// Where in the module, in bytes from its start; `None` where no single place is at fault.
    pub offset: Option<u64>,
    /// What the user can do about it.
    pub help: Option<String>,
}

impl Error {
    /// An error at a place in the module.
    pub fn at(offset: u64, message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: Some(offset), help: None }
    }

    /// An error of the module as a whole.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), offset: None, help: None }
    }

    /// Adds what the user can do about it.
    pub fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match self.offset {
            Some(offset) => write!(f, " (at offset {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Error {}

impl From<wasmparser::Error> for Error {
    fn from(error: wasmparser::Error) -> Self {
        Self::at(error.offset(), Shown(error.message()).to_string())
    }
}
