//! The error of this crate.

use std::fmt;

/// Why a module was not compiled: a message for whoever builds.
///
/// ```
/// let error = wasmc_build::Build::new("none.wasm").output_folder("/tmp").try_compile().unwrap_err();
/// assert!(error.to_string().starts_with("error: "));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error(String);

impl Error {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Error {}
