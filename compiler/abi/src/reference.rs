//! References of a guest's in the hands of its embedder: handles.
//!
//! A *handle* stands for a reference that is not the embedder's to look at: to an object, a function or an exception.
//! It keeps what it refers to until it is released, wherever the collector moves that. Null is 0. What is no address is
//! its own handle, below 2^32: an `i31`, and a small word of the embedder's that has become an internal reference (see
//! [`crate::heap`]). Other handles belong to one instance, and no two of a process are the same number: one that was
//! released, or is another instance's, is an error.
//!
//! Types are what the binary format has for heap types (core specification 5.3.3): the index of a type of the module,
//! or one of the negative numbers of [`heap_type`].

use core::ffi::c_void;

/// Most handles that an instance has at once.
pub const MAX_HANDLES: u32 = 1 << 20;

/// What [`References::hold`] returns where there is no room for a handle.
pub const NO_ROOM: u64 = u64::MAX;

/// Heap types that are not a module's own.
pub mod heap_type {
    /// References to exceptions.
    pub const EXN: i32 = -23;
    /// References to arrays.
    pub const ARRAY: i32 = -22;
    /// References to structures.
    pub const STRUCT: i32 = -21;
    /// References to integers of 31 bits.
    pub const I31: i32 = -20;
    /// References that can be compared.
    pub const EQ: i32 = -19;
    /// All internal references.
    pub const ANY: i32 = -18;
    /// External references.
    pub const EXTERN: i32 = -17;
    /// References to functions.
    pub const FUNC: i32 = -16;
}

/// Why there is no reference, or no handle.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReferenceError {
    /// The handle was released, or is none of the instance's.
    NoHandle = 1,
    /// What it refers to is not of the type, or null where the type has no null.
    OtherType = 2,
    /// The instance has [`MAX_HANDLES`], or the system has no memory.
    TooMany = 3,
    /// An external reference of the embedder's has the bits by which the guest's are known
    /// ([`crate::heap::EXTERNALIZED`]).
    NotExternal = 4,
}

/// The numbers that objects, or functions, of a type and its subtypes have.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TypeNumbers {
    /// The type's own.
    pub first: u32,
    /// The last of its subtypes. Below the first where there is no type.
    pub last: u32,
    /// Whether it is a type of functions: 0 or 1.
    pub is_function: u32,
}

/// What an embedder does with references. The functions take the block of an instance, which does not run meanwhile,
/// and is not in use on another thread.
#[repr(C)]
#[derive(Debug)]
pub struct References {
    /// Makes a handle of a reference that the guest has passed or returned, of this heap type. To be called before the
    /// guest runs again. Returns [`NO_ROOM`] where there can be no more.
    pub hold: unsafe extern "C" fn(block: *mut u8, word: u64, heap_type: i32) -> u64,
    /// Finds the reference that a handle stands for, if it has this heap type: what the guest is passed before it runs
    /// again. Returns 0, or a [`ReferenceError`].
    pub get: unsafe extern "C" fn(block: *mut u8, handle: u64, heap_type: i32, is_nullable: u32, word: *mut u64) -> u32,
    /// Releases a handle. Returns 0, or a [`ReferenceError`].
    pub release: unsafe extern "C" fn(block: *mut u8, handle: u64) -> u32,
    /// Has the handles of an instance outlive it, which end with it otherwise. Returns what the functions below take,
    /// or null, where there is no memory.
    pub share: unsafe extern "C" fn(block: *mut u8) -> *mut c_void,
    /// As [`Self::release`], of shared handles: from any thread, whatever the instance does, and when it has gone.
    pub release_shared: unsafe extern "C" fn(handles: *mut c_void, handle: u64) -> u32,
    /// Ends shared handles, when the instance has gone.
    pub end_shared: unsafe extern "C" fn(handles: *mut c_void),
}
