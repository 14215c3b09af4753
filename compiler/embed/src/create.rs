//! The error of making instances.

use crate::trap::Trap;
use core::fmt;

/// Why there is no instance.
#[derive(Debug)]
#[non_exhaustive]
pub enum CreateError {
    /// The bindings were made with another library, or by another version of wasmc.
    OtherLibrary,
    /// The system has no memory or address space left.
    OutOfMemory,
    /// It was asked for what the module cannot have.
    BadOptions,
    /// The handlers of faults cannot be installed.
    NoHandlers,
    /// Instantiation has trapped: a segment does not fit, or the start function has.
    Trap(Trap),
}

impl fmt::Display for CreateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OtherLibrary => "the library is not the one that the bindings were made with",
            Self::OutOfMemory => "no memory or address space is left for an instance",
            Self::BadOptions => "the module cannot have what is asked for: a stack so small, or so large",
            Self::NoHandlers => "the handlers of faults cannot be installed",
            Self::Trap(trap) => return trap.fmt(f),
        })
    }
}

impl core::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Trap(trap) => Some(trap),
            _ => None,
        }
    }
}

impl From<Trap> for CreateError {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}
