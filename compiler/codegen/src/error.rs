//! The error of this crate.

/// Why a valid module was not compiled.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The module uses something that the compiler does not support.
    #[error("{0}")]
    Unsupported(wasmc_frontend::Error),
    /// The module asks for more than the options grant, or lacks what the kind of output needs.
    #[error("{0}")]
    Refused(wasmc_frontend::Error),
    /// The target description contradicts itself or names what Cranelift does not know.
    #[error("target `{target}`: {message}")]
    Target {
        /// The target's triple.
        target: String,
        /// What is wrong.
        message: String,
    },
    /// A function is beyond Cranelift's limits, or the compiler has a bug.
    #[error("{function} cannot be compiled: {message}")]
    Function {
        /// The function, with its index and name where it has them.
        function: String,
        /// Offset of its body in the module, in bytes.
        offset: u64,
        /// What Cranelift says.
        message: String,
    },
}

impl From<wasmc_frontend::Error> for Error {
    fn from(error: wasmc_frontend::Error) -> Self {
        Self::Unsupported(error)
    }
}

impl From<wasmc_frontend::wasmparser::Error> for Error {
    fn from(error: wasmc_frontend::wasmparser::Error) -> Self {
        Self::Unsupported(error.into())
    }
}
