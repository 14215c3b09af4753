//! Components: what functions of the runtime know of the core module that calls them (component model, "Canonical
//! ABI").
//!
//! A core function that a component makes by `canon lower`, or by a built-in as `canon resource.drop`, is a function of
//! the runtime. It takes, before the flat values of its type, the address of a [`Canonical`]: a constant that the
//! compiler has written for it, of the options that the component says. Flat values are those of the canonical ABI, in
//! the C calling convention: at most 16 parameters and one result, beyond which they lie in the caller's memory.

use crate::memory::Memory;

/// Symbol of the record of a component's resources: an array of [`ResourceTable`], which adapters have indices of.
pub const RESOURCE_TABLES: &str = "wasmc_resource_tables";

/// A core function that takes its arguments from an array, with 16 bytes for each, and puts its results there.
pub type CoreFunction = unsafe extern "C" fn(values: *mut u128);

/// What a function of the runtime knows of whoever calls it.
#[repr(C)]
#[derive(Debug)]
pub struct Canonical {
    /// The memory that pointers of the caller point into; null where it has none. For a transcoder, where it writes.
    pub memory: *mut Memory,
    /// For a transcoder, where it reads; else null.
    pub source: *mut Memory,
    /// Makes room in the memory, of type `(i32, i32, i32, i32) -> i32`; `None` where nothing needs it.
    pub realloc: Option<CoreFunction>,
    /// For `resource.drop`: what is called with the representation of a resource that nobody owns any more.
    pub destructor: Option<CoreFunction>,
    /// The component instance that calls.
    pub instance: *mut Instance,
    /// For `resource.drop`: the component instance that defines the resource; null where the runtime does.
    pub definer: *mut Instance,
    /// For functions on one type of resources, as `resource.new`: its number (see [`FIRST_DEFINED`]).
    pub resource: u32,
    /// How strings are encoded.
    pub encoding: Encoding,
}

// SAFETY: written by the compiler, never changed.
unsafe impl Sync for Canonical {}

/// How a component's strings are encoded.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Encoding {
    /// UTF-8.
    Utf8 = 0,
    /// UTF-16.
    Utf16 = 1,
    /// Latin-1, or UTF-16 where bit 31 of the length is set.
    CompactUtf16 = 2,
}

/// State of a component instance. But for its first field all zeroes at first.
#[repr(C)]
#[derive(Debug)]
pub struct Instance {
    /// 1; 0 while it must not leave, as its adapters or the runtime move values into it or out of it. Adapters know it
    /// as a global.
    pub may_leave: u32,
    /// The free handle to be used next, by its number; 0 where there is none.
    pub free: u32,
    /// Its handles; null before the first.
    pub handles: *mut Handle,
    /// How many there is room for.
    pub capacity: u32,
    /// How many have been used, from the first: their number is that of the highest handle.
    pub used: u32,
}

// SAFETY: components have one thread.
unsafe impl Sync for Instance {}

/// An entry of a component instance's handles. Handles are numbered from 1.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Handle {
    /// The number of its resource type; 0 where the entry is free.
    pub resource: u32,
    /// The resource's representation; where the entry is free, the number of the next one that is.
    pub representation: u32,
    /// How many borrowed handles there are of it.
    pub lent: u32,
    /// Where it is borrowed itself, the number of the call between components that it was made for, from 1, and else 0.
    pub call: u32,
}

/// Resource types of a component, as adapters between components name them.
#[repr(C)]
#[derive(Debug)]
pub struct ResourceTable {
    /// The component instance.
    pub instance: *mut Instance,
    /// The number of the type.
    pub resource: u32,
    /// Whether the component instance defines the type, so that what it borrows is the representation.
    pub is_definer: u32,
}

// SAFETY: written by the compiler, never changed.
unsafe impl Sync for ResourceTable {}

/// Numbers below are those of resources that the runtime has; those that components define follow.
pub const FIRST_DEFINED: u32 = 256;

/// Why adapters trap, by the number that they call `Builtin::AdapterTrap` with: that of wasmtime-environ's `Trap`.
pub const ADAPTER_TRAPS: &[(u32, &str)] = &[
    (1, "out of bounds memory access"),
    (17, "cannot enter component instance"),
    (18, "async-lifted export failed to produce a result"),
    (23, "cannot leave component instance"),
    (24, "cannot block a synchronous task before returning"),
    (25, "invalid `char` bit pattern"),
    (26, "should have finished string encoding"),
    (27, "code units should be equal"),
    (28, "pointer should be aligned"),
    (29, "upper bits should be unset"),
    (30, "string content out-of-bounds"),
    (31, "list content out-of-bounds"),
    (32, "invalid variant discriminant"),
    (33, "unaligned pointer"),
    (49, "uncaught exception propagated out of component"),
];

/// The import by which a component traps that is a library, of type `(i32) -> ()`: it is called with the number of a
/// trap, of [`ADAPTER_TRAPS`] or [`LIBRARY_TRAPS`], and does not return.
pub const TRAP_IMPORT: (&str, &str) = ("wasmc:component", "trap");

/// Why a component traps that is a library, besides [`ADAPTER_TRAPS`].
pub const LIBRARY_TRAPS: &[(u32, &str)] = &[
    (UNKNOWN_HANDLE, UNKNOWN_HANDLE_TEXT),
    (OTHER_RESOURCE, "handle index used with the wrong type"),
    (LENT, "cannot remove owned resource while borrowed"),
    (BORROWED, "cannot lift own resource from a borrow"),
    (STILL_BORROWED, "borrow handles still remain at the end of the call"),
    (NO_ROOM, "out of memory for handles"),
    (INVALID_UTF8, "invalid utf8 encoding"),
    (INVALID_UTF16, "invalid utf16 encoding"),
];

/// A handle that the component instance does not have.
pub const UNKNOWN_HANDLE: u32 = 256;
/// The same in words.
pub const UNKNOWN_HANDLE_TEXT: &str = "unknown handle index";
/// A handle of another type of resource.
pub const OTHER_RESOURCE: u32 = 257;
/// A handle is given away or dropped while it is lent.
pub const LENT: u32 = 258;
/// A borrowed handle is given away.
pub const BORROWED: u32 = 259;
/// A call ends whose callee still has what it has borrowed.
pub const STILL_BORROWED: u32 = 260;
/// Handles cannot be kept.
pub const NO_ROOM: u32 = 261;
/// What is no UTF-8.
pub const INVALID_UTF8: u32 = 262;
/// What is no UTF-16.
pub const INVALID_UTF16: u32 = 263;
/// A component instance calls out while it must not.
pub const CANNOT_LEAVE: u32 = 23;
