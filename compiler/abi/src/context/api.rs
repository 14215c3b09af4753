//! What whoever embeds a module calls.

#[cfg(doc)]
use super::{Context, Export, FloatOutcome, Outcome, VERSION};
use super::{GuestFunction, HostFunction, Module, TrapRecord};
use crate::reference::References;
use crate::snapshot::SnapshotSink;
use core::ffi::c_void;

/// What an instance is asked for.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct InstanceOptions {
    /// Bytes of stack; 0 for what the module was compiled with.
    pub stack_size: u64,
    /// Bytes that memories and tables may grow by, if fewer than the module was compiled with.
    pub growth: u64,
    /// The embedder's functions, in the order of imports.
    pub imports: *const HostFunction,
    /// Number of functions there.
    pub imports_len: u64,
    /// Whether garbage is collected whenever the guest makes an object, to find mistakes: 0 or 1.
    pub collects_always: u64,
}

/// Why an instance is not there.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CreationError {
    /// The system has no memory or address space left.
    OutOfMemory = 1,
    /// It was asked for what the module cannot have: too large a stack, too few functions.
    BadOptions = 2,
    /// The handlers of faults cannot be installed.
    NoHandlers = 3,
}

/// A place in the module.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Location {
    /// Name of the function, in UTF-8; not ended by a NUL byte.
    pub name: *const u8,
    /// Bytes of the name; 0 where it has none.
    pub name_len: u64,
    /// Index of the function.
    pub function: u32,
    /// Offset in the module, in bytes, of the instruction.
    pub offset: u32,
}

/// An exception that nothing has caught.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct ExceptionRecord {
    /// Name of its tag, in UTF-8; not ended by a NUL byte.
    pub name: *const u8,
    /// Bytes of the name.
    pub name_len: u64,
    /// The types of what it carries: see [`TagEntry`](crate::exception::TagEntry).
    pub types: *const u8,
    /// Bytes of the types.
    pub types_len: u64,
    /// What it carries, each value at the next multiple of its size: valid until the guest runs again.
    pub values: *const u8,
}

/// How a module is used: the one symbol of a library. Functions take the block of an instance.
#[repr(C)]
#[derive(Debug)]
pub struct Api {
    /// [`VERSION`].
    pub version: u32,
    /// Bytes of this structure.
    pub size: u32,
    /// The module.
    pub module: *const Module,
    /// Makes an instance, whose memories are empty still: [`Module::instantiate`] is to be called. Returns 0 or a
    /// [`CreationError`].
    pub create: unsafe extern "C" fn(options: *const InstanceOptions, block: *mut *mut u8) -> u32,
    /// Frees an instance in which no call is active, nor suspended but to be forgotten.
    pub free: unsafe extern "C" fn(block: *mut u8),
    /// Calls a function. Returns 0, or the code of what ended the call.
    pub enter: unsafe extern "C" fn(block: *mut u8, data: *mut c_void, function: GuestFunction, values: *mut u8) -> u32,
    /// Calls what [`Export::direct`] is of a function that returns nothing, or no float: a C function that takes
    /// `block`, `data`, `direct` and the arguments, and returns an [`Outcome`]. A call that is suspended is to be
    /// forgotten.
    pub call: unsafe extern "C" fn(),
    /// As [`Api::call`], where a float is returned: with a [`FloatOutcome`].
    pub call_float: unsafe extern "C" fn(),
    /// Forgets a suspended call: nothing of the embedder's is lost with it.
    pub forget: unsafe extern "C" fn(block: *mut u8),
    /// Continues a suspended guest: the function of the embedder's that suspended it is called again. Returns as
    /// [`Api::enter`].
    pub resume: unsafe extern "C" fn(block: *mut u8, data: *mut c_void) -> u32,
    /// Grows a memory: returns its previous size in pages, or `u64::MAX`.
    pub memory_grow: unsafe extern "C" fn(block: *mut u8, memory: *mut u8, delta: u64) -> u64,
    /// Grows a table: returns its previous size, or `u64::MAX`.
    pub table_grow: unsafe extern "C" fn(block: *mut u8, table: *mut u8, delta: u64, value: u64) -> u64,
    /// Where the last trap of an instance happened.
    pub trap: unsafe extern "C" fn(block: *mut u8) -> *const TrapRecord,
    /// Finds where in the module an address of a [`TrapRecord`] lies, the first (`which` is 0) or a later one (1). What
    /// is compiled in place of a call lies in several functions, innermost first: 2 more for each further one. Returns
    /// 0 where it lies in no function of the module, or in no further one.
    pub locate: unsafe extern "C" fn(address: usize, which: u32, location: *mut Location) -> u32,
    /// Finds what the last trap says of an exception that nothing has caught. Returns 0 where no exception was thrown.
    pub exception: unsafe extern "C" fn(block: *mut u8, exception: *mut ExceptionRecord) -> u32,
    /// Has the guest trap at the next place where its code looks, or no longer. From any thread, while the instance is
    /// there. Returns 0 where its code does not look, or the system refuses.
    pub interrupt: unsafe extern "C" fn(block: *mut u8, is_interrupted: u32) -> u32,
    /// Where [`Context::fuel`] is, for whoever may call into the instance.
    pub fuel: unsafe extern "C" fn(block: *mut u8) -> *mut u64,
    /// Writes a snapshot of an instance that no call is active in, piece by piece. Returns 0, or why there is none
    /// ([`SnapshotError`](crate::snapshot::SnapshotError)).
    pub snapshot: unsafe extern "C" fn(block: *mut u8, sink: SnapshotSink, data: *mut c_void) -> u32,
    /// Makes an instance that was just made, and not instantiated, what a snapshot says. Returns 0, or why it cannot:
    /// then the instance is to be freed.
    pub restore: unsafe extern "C" fn(block: *mut u8, bytes: *const u8, len: usize) -> u32,
    /// Tells of an exception, where there is no system that does: `registers` are those that were interrupted;
    /// `address` could not be accessed where `is_access` is 1, otherwise (0) the instruction was illegal. On AArch64
    /// `registers` are x0 to x30, the stack pointer, the program counter, and one more word that is not used; on RISC-V
    /// the program counter and x1 to x31. Returns 1 where it was a trap of a guest, and has changed the registers for
    /// what was interrupted to go on with; 0 where the exception is none of the library's.
    pub fault: unsafe extern "C" fn(registers: *mut usize, is_access: u32, address: usize) -> u32,
    /// Gives memory for all instances, where there is no system that has any, before the first is made. Returns 0.
    pub provide: unsafe extern "C" fn(start: *mut u8, len: usize) -> u32,
    /// What is done with references of the guest's.
    pub references: References,
}

// SAFETY: as for `Module`.
unsafe impl Sync for Api {}
