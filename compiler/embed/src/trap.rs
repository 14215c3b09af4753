//! Traps: calls of a guest that did not return.

use crate::error::Error;
use crate::exception::Exception;
use crate::library::Library;
use crate::reference::{Handles, RefError};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;
use core::mem::MaybeUninit;
use core::ptr::NonNull;
use wasmc_abi::context::{Location, TrapRecord};
use wasmc_abi::trap::TrapCode;

/// Why a call of a guest did not return.
///
/// The guest's state stays as the trap has left it. The instance can be used again, if the guest expects that of
/// itself: nothing that belongs to the host was left half done.
///
/// ```
/// fn example(trap: &wasmc_embed::Trap) {
///     if trap.reason() == wasmc_embed::Reason::CallStackExhausted {
///         eprintln!("the guest needs more stack");
///     }
/// }
/// ```
#[derive(Debug)]
pub struct Trap(Box<Inner>);

#[derive(Debug)]
struct Inner {
    reason: Reason,
    frames: Vec<Frame>,
    cause: Cause,
}

/// What there is to know of a trap besides its reason.
#[derive(Debug)]
enum Cause {
    Nothing,
    Error(Error),
    Exception(Exception),
}

/// The reason of a trap.
///
/// ```
/// assert_eq!(wasmc_embed::Reason::Unreachable.to_string(), "unreachable");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Reason {
    /// `unreachable` was executed.
    Unreachable,
    /// Integer division or remainder by zero.
    IntegerDivideByZero,
    /// The quotient of a signed division, or the result of a conversion from floating point, does not fit.
    IntegerOverflow,
    /// Conversion of a NaN to an integer.
    InvalidConversionToInteger,
    /// Access to a memory outside its present size.
    OutOfBoundsMemoryAccess,
    /// Access to a table outside its present size.
    OutOfBoundsTableAccess,
    /// `call_indirect` with an index outside the table.
    UndefinedElement,
    /// `call_indirect` through a null element.
    UninitializedElement,
    /// `call_indirect` of a function of another type.
    IndirectCallTypeMismatch,
    /// The guest's stack has no room left.
    CallStackExhausted,
    /// A null function reference was called.
    NullFunctionReference,
    /// A null reference was used where an object is needed.
    NullReference,
    /// An atomic access to an address that is not a multiple of its size.
    UnalignedAtomic,
    /// `memory.atomic.wait` on a memory that is not shared.
    ExpectedSharedMemory,
    /// An import was called that nothing satisfies.
    UnknownImport,
    /// The guest has thrown an exception that nothing in it catches: see [`Trap::exception`].
    UncaughtException,
    /// A null reference was thrown as an exception.
    NullExceptionReference,
    /// No memory is left for exceptions that the guest refers to.
    ExceptionsExhausted,
    /// A field of a null structure reference was accessed.
    NullStructureReference,
    /// A null array reference was used where an array is needed.
    NullArrayReference,
    /// The value of a null `i31` reference was asked for.
    NullI31Reference,
    /// Access to an array outside its length.
    OutOfBoundsArrayAccess,
    /// `ref.cast` of a reference to what does not have the type.
    CastFailure,
    /// The guest's heap has no room left for an object.
    HeapExhausted,
    /// The guest has used up its fuel: see [`Fuel`](crate::Fuel).
    OutOfFuel,
    /// The guest was interrupted: see [`Interrupter`](crate::Interrupter).
    Interrupted,
    /// A function of the host's has failed: see [`Trap::error`].
    Host,
    /// A reason that this version does not know.
    Other,
}

/// A function of the guest's that was being executed.
///
/// ```
/// fn example(frame: &wasmc_embed::Frame) -> String {
///     match frame.name {
///         Some(name) => format!("{name} at {:#x}", frame.offset),
///         None => format!("function {}", frame.function),
///     }
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Index of the function in the module.
    pub function: u32,
    /// Name of the function, where the module says it.
    pub name: Option<&'static str>,
    /// Offset in the module, in bytes, of the instruction that trapped, or of the call.
    pub offset: u32,
}

impl Trap {
    /// The reason.
    ///
    /// ```
    /// fn example(trap: &wasmc_embed::Trap) -> bool {
    ///     trap.reason() == wasmc_embed::Reason::Host
    /// }
    /// ```
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The functions that were being executed, innermost first: as many as are kept.
    ///
    /// ```
    /// fn example(trap: &wasmc_embed::Trap) {
    ///     for frame in trap.frames() {
    ///         println!("{:?} at {:#x}", frame.name, frame.offset);
    ///     }
    /// }
    /// ```
    pub fn frames(&self) -> &[Frame] {
        &self.0.frames
    }

    /// Why a function of the host's has failed.
    ///
    /// ```
    /// fn example(trap: &wasmc_embed::Trap) -> bool {
    ///     trap.error().is_some_and(|error| error.downcast_ref::<std::io::Error>().is_some())
    /// }
    /// ```
    pub fn error(&self) -> Option<&Error> {
        match &self.0.cause {
            Cause::Error(error) => Some(error),
            _ => None,
        }
    }

    /// The exception that nothing in the guest has caught.
    ///
    /// ```
    /// # fn tell(trap: &wasmc_embed::Trap) {
    /// if let Some(exception) = trap.exception() {
    ///     println!("the guest has thrown {}: {:?}", exception.tag(), exception.values());
    /// }
    /// # }
    /// ```
    pub fn exception(&self) -> Option<&Exception> {
        match &self.0.cause {
            Cause::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// The same, owned, with the references that it carries.
    pub fn into_exception(self) -> Option<Exception> {
        match self.0.cause {
            Cause::Exception(exception) => Some(exception),
            _ => None,
        }
    }

    /// The status that the guest ended with, where it asked for the end of its program (WASI's `proc_exit`).
    ///
    /// ```
    /// fn example(result: Result<(), wasmc_embed::Trap>) -> i32 {
    ///     match result {
    ///         Ok(()) => 0,
    ///         Err(trap) => trap.exit_status().unwrap_or(134),
    ///     }
    /// }
    /// ```
    pub fn exit_status(&self) -> Option<i32> {
        self.error()?.exit_status()
    }

    /// The trap of a code that [`wasmc_abi::context::Api::enter`] has returned for an instance, whose `handles` are
    /// asked for where references are told.
    ///
    /// # Safety
    /// The block must be that of an instance of the library, which has not run since.
    pub(crate) unsafe fn of_code<'h>(
        code: u32,
        block: NonNull<u8>,
        library: Library,
        handles: impl Fn() -> Option<&'h Arc<Handles>>,
    ) -> Self {
        // SAFETY: the caller passes the block of an instance.
        let record: &TrapRecord = unsafe { &*(library.api.trap)(block.as_ptr()) };
        let recorded = record.frames.iter().take(record.frames_len as usize);
        let frames = recorded.zip(0..).flat_map(|(&address, number)| frames(address, number > 0, library));
        let (reason, frames) = (Reason::of_code(code), frames.collect());
        let exception = match reason {
            // SAFETY: as above.
            Reason::UncaughtException => unsafe { Exception::of_block(block, library, handles) },
            _ => None,
        };
        Self(Box::new(Inner { reason, frames, cause: exception.map_or(Cause::Nothing, Cause::Exception) }))
    }

    /// The trap that ends a guest one of whose imports has failed. A trap of a call that the import itself made is not
    /// wrapped in another.
    pub(crate) fn of_error(error: Error) -> Self {
        error.downcast().unwrap_or_else(|error| {
            Self(Box::new(Inner { reason: Reason::Host, frames: Vec::new(), cause: Cause::Error(error) }))
        })
    }
}

/// The functions that an address lies in, innermost first: several, where one is compiled in place of a call.
fn frames(address: usize, is_caller: bool, library: Library) -> impl Iterator<Item = Frame> {
    (0..).step_by(2).map_while(move |more| frame(address, u32::from(is_caller) + more, library))
}

fn frame(address: usize, which: u32, library: Library) -> Option<Frame> {
    let mut location = MaybeUninit::<Location>::uninit();
    // SAFETY: the function writes a location where it returns 1.
    let location = unsafe {
        match (library.api.locate)(address, which, location.as_mut_ptr()) {
            0 => return None,
            _ => location.assume_init(),
        }
    };
    let name = match location.name_len {
        0 => None,
        // SAFETY: the library has names as long as it is there, which is as long as the program.
        len => core::str::from_utf8(unsafe { core::slice::from_raw_parts(location.name, len as usize) }).ok(),
    };
    Some(Frame { function: location.function, name, offset: location.offset })
}

impl Reason {
    fn of_code(code: u32) -> Self {
        let known = u8::try_from(code).ok().and_then(TrapCode::from_u8);
        match known {
            Some(TrapCode::Unreachable) => Self::Unreachable,
            Some(TrapCode::IntegerDivideByZero) => Self::IntegerDivideByZero,
            Some(TrapCode::IntegerOverflow) => Self::IntegerOverflow,
            Some(TrapCode::InvalidConversionToInteger) => Self::InvalidConversionToInteger,
            Some(TrapCode::OutOfBoundsMemoryAccess) => Self::OutOfBoundsMemoryAccess,
            Some(TrapCode::OutOfBoundsTableAccess) => Self::OutOfBoundsTableAccess,
            Some(TrapCode::UndefinedElement) => Self::UndefinedElement,
            Some(TrapCode::UninitializedElement) => Self::UninitializedElement,
            Some(TrapCode::IndirectCallTypeMismatch) => Self::IndirectCallTypeMismatch,
            Some(TrapCode::CallStackExhausted) => Self::CallStackExhausted,
            Some(TrapCode::NullFunctionReference) => Self::NullFunctionReference,
            Some(TrapCode::NullReference) => Self::NullReference,
            Some(TrapCode::UnalignedAtomic) => Self::UnalignedAtomic,
            Some(TrapCode::ExpectedSharedMemory) => Self::ExpectedSharedMemory,
            Some(TrapCode::UnknownImport) => Self::UnknownImport,
            Some(TrapCode::UncaughtException) => Self::UncaughtException,
            Some(TrapCode::NullExceptionReference) => Self::NullExceptionReference,
            Some(TrapCode::ExceptionsExhausted) => Self::ExceptionsExhausted,
            Some(TrapCode::NullStructureReference) => Self::NullStructureReference,
            Some(TrapCode::NullArrayReference) => Self::NullArrayReference,
            Some(TrapCode::NullI31Reference) => Self::NullI31Reference,
            Some(TrapCode::OutOfBoundsArrayAccess) => Self::OutOfBoundsArrayAccess,
            Some(TrapCode::CastFailure) => Self::CastFailure,
            Some(TrapCode::HeapExhausted) => Self::HeapExhausted,
            Some(TrapCode::OutOfFuel) => Self::OutOfFuel,
            Some(TrapCode::Interrupted) => Self::Interrupted,
            None => Self::Other,
        }
    }

    /// The reason in words: those of the specification's test suite, where it knows the reason.
    ///
    /// ```
    /// let reason = wasmc_embed::Reason::IntegerDivideByZero;
    /// assert_eq!(reason.message(), "integer divide by zero");
    /// ```
    pub fn message(self) -> &'static str {
        match self {
            Self::Unreachable => TrapCode::Unreachable.message(),
            Self::IntegerDivideByZero => TrapCode::IntegerDivideByZero.message(),
            Self::IntegerOverflow => TrapCode::IntegerOverflow.message(),
            Self::InvalidConversionToInteger => TrapCode::InvalidConversionToInteger.message(),
            Self::OutOfBoundsMemoryAccess => TrapCode::OutOfBoundsMemoryAccess.message(),
            Self::OutOfBoundsTableAccess => TrapCode::OutOfBoundsTableAccess.message(),
            Self::UndefinedElement => TrapCode::UndefinedElement.message(),
            Self::UninitializedElement => TrapCode::UninitializedElement.message(),
            Self::IndirectCallTypeMismatch => TrapCode::IndirectCallTypeMismatch.message(),
            Self::CallStackExhausted => TrapCode::CallStackExhausted.message(),
            Self::NullFunctionReference => TrapCode::NullFunctionReference.message(),
            Self::NullReference => TrapCode::NullReference.message(),
            Self::UnalignedAtomic => TrapCode::UnalignedAtomic.message(),
            Self::ExpectedSharedMemory => TrapCode::ExpectedSharedMemory.message(),
            Self::UnknownImport => TrapCode::UnknownImport.message(),
            Self::UncaughtException => TrapCode::UncaughtException.message(),
            Self::NullExceptionReference => TrapCode::NullExceptionReference.message(),
            Self::ExceptionsExhausted => TrapCode::ExceptionsExhausted.message(),
            Self::NullStructureReference => TrapCode::NullStructureReference.message(),
            Self::NullArrayReference => TrapCode::NullArrayReference.message(),
            Self::NullI31Reference => TrapCode::NullI31Reference.message(),
            Self::OutOfBoundsArrayAccess => TrapCode::OutOfBoundsArrayAccess.message(),
            Self::CastFailure => TrapCode::CastFailure.message(),
            Self::HeapExhausted => TrapCode::HeapExhausted.message(),
            Self::OutOfFuel => TrapCode::OutOfFuel.message(),
            Self::Interrupted => TrapCode::Interrupted.message(),
            Self::Host => "a function of the host has failed",
            Self::Other => "trap",
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.message())
    }
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0.cause {
            Cause::Error(error) => error.fmt(f)?,
            Cause::Exception(exception) => write!(f, "{}: {exception}", self.reason())?,
            Cause::Nothing => self.reason().fmt(f)?,
        }
        for frame in self.frames() {
            match frame.name {
                Some(name) => write!(f, "\n    at {name} ({:#x})", frame.offset)?,
                None => write!(f, "\n    at function[{}] ({:#x})", frame.function, frame.offset)?,
            }
        }
        Ok(())
    }
}

impl core::error::Error for Trap {}

impl From<RefError> for Trap {
    fn from(error: RefError) -> Self {
        Self::of_error(error.into())
    }
}
