//! The errors of making instances, and snapshots of them.

use crate::reference::RefError;
use crate::trap::Trap;
use core::fmt;

/// Why there is no instance.
///
/// ```
/// use wasmc_embed::CreateError;
///
/// fn is_worth_another_try(error: &CreateError) -> bool {
///     matches!(error, CreateError::OutOfMemory)
/// }
/// ```
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
    /// It cannot be made of a snapshot.
    Snapshot(SnapshotError),
    /// An imported global cannot be what the host says: a reference of another instance, or of another type.
    Reference(RefError),
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
            Self::Snapshot(error) => return error.fmt(f),
            Self::Reference(error) => return error.fmt(f),
            Self::Trap(trap) => return trap.fmt(f),
        })
    }
}

impl core::error::Error for CreateError {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::Trap(trap) => Some(trap),
            Self::Snapshot(error) => Some(error),
            Self::Reference(error) => Some(error),
            _ => None,
        }
    }
}

impl From<Trap> for CreateError {
    fn from(trap: Trap) -> Self {
        Self::Trap(trap)
    }
}

impl From<RefError> for CreateError {
    fn from(error: RefError) -> Self {
        Self::Reference(error)
    }
}

/// Why there is no snapshot of an instance, or no instance of a snapshot.
///
/// ```
/// use wasmc_embed::{CreateError, SnapshotError};
///
/// fn is_of_old_guest(error: &CreateError) -> bool {
///     matches!(error, CreateError::Snapshot(SnapshotError::OtherModule))
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SnapshotError {
    /// A call of the guest is suspended.
    Active,
    /// A table, a global or an object holds references that mean nothing in another instance: to exceptions.
    References,
    /// The bytes are no snapshot, not a whole one, or of a state that no instance of the module can have.
    Malformed,
    /// The snapshot was made by another version of wasmc.
    OtherVersion,
    /// The snapshot is of an instance of another module.
    OtherModule,
    /// There is no memory to make a snapshot.
    OutOfMemory,
}

impl fmt::Display for SnapshotError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Active => "there is no snapshot of an instance that is suspended",
            Self::References => "the guest keeps references to exceptions, which mean nothing in another instance",
            Self::Malformed => "the bytes are no snapshot of an instance of the module",
            Self::OtherVersion => "the snapshot was made by another version of wasmc",
            Self::OtherModule => "the snapshot is of an instance of another module",
            Self::OutOfMemory => "no memory is left for a snapshot",
        })
    }
}

impl core::error::Error for SnapshotError {}
