//! Contexts: instances of a module inside a program of somebody else's, each with its state, its stack and its
//! memories.
//!
//! All state of an instance lies in its *block*, which compiled code finds as programs with threads find that of their
//! thread ([`BlockPointer`](crate::thread::BlockPointer)). Right before the block lies its [`Context`]: what the
//! runtime keeps of the instance, and the few words that compiled code reads or writes.
//!
//! Compiled code runs on a stack of the instance's own. [`Api::enter`] changes to it, and what compiled code calls of
//! the embedder's or the runtime's, but for a few functions that call nothing themselves, runs on the stack that
//! `enter` was called on. A trap goes back there, past no frame of the embedder's.

use crate::exception::UnwindTables;
use crate::heap::Heap;
use crate::snapshot::State;
use crate::trap::TrapTables;
use core::ffi::c_void;

/// Version of everything in this file. Bindings refuse a library of another version.
pub const VERSION: u32 = 4;

/// [`Module`]: what is compiled. Defined by the compiler.
pub const MODULE: &str = "wasmc_context_module";

/// [`Api`]: how the module is used. Defined by the runtime; in a library, its name is one that the user chooses.
pub const API: &str = "wasmc_context_api";

/// Bytes of a value in the arrays by which functions take arguments and return results.
pub const SLOT: usize = 16;

/// Most parameters of a function that [`Api::call`] can call: as many registers as are left for them everywhere.
pub const CALL_PARAMS: usize = 3;

/// Most parameters of a function of the embedder's that takes them as such, and not in an array.
pub const IMPORT_PARAMS: usize = 4;

/// Bytes of stack below the lowest stack pointer that a function may begin with, on targets where nothing guards the
/// end of a stack: for what it has pushed before it looks, half of them at most, and for what does not look.
pub const CHECKED_STACK: u64 = 32 << 10;

/// Most callers that are kept of a trap.
pub const MAX_FRAMES: usize = 32;

/// What [`Api::enter`] returns where a call of the embedder's asked for it, with the guest's stack as it was: see
/// [`Api::resume`]. No trap has such a code.
pub const SUSPENDED: u32 = 0x1_0000;

/// What a function of the embedder's returns that has failed; [`Api::enter`] returns it in turn. The embedder itself
/// knows why. No trap has such a code.
pub const FAILED: u32 = 0x1_0001;

/// A function of the embedder's, by the type of the import that it is for. With at most [`IMPORT_PARAMS`] parameters
/// and one result, none of them a vector, it is a C function that takes the embedder's own pointer and the arguments,
/// and returns an [`Outcome`], a [`FloatOutcome`] where its result is a float, or the status alone where it has none.
/// Otherwise it is an [`ArrayFunction`]. The status is 0, [`SUSPENDED`], [`FAILED`] or the code of a trap.
pub type HostFunction = unsafe extern "C" fn();

/// Takes the embedder's own pointer, and arguments, which it replaces by results, from an array of values of [`SLOT`]
/// bytes. Where it suspends the guest, it leaves the arguments.
pub type ArrayFunction = unsafe extern "C" fn(data: *mut c_void, values: *mut u8) -> u32;

/// A function of the guest's, as [`Api::enter`] calls it: takes arguments from an array of values of [`SLOT`] bytes,
/// and puts results there.
pub type GuestFunction = unsafe extern "C" fn(values: *mut u8);

/// A function of the embedder's that takes a piece of a snapshot, with the embedder's own pointer.
pub type SnapshotSink = unsafe extern "C" fn(data: *mut c_void, bytes: *const u8, len: usize);

/// What is kept of an instance besides its block, which begins where this ends.
#[repr(C, align(16))]
#[derive(Debug)]
pub struct Context {
    /// The last trap.
    pub trap: TrapRecord,
    /// The mapping that holds stack, context and block.
    pub mapping: Range,
    /// The guard below the stack.
    pub guard: Range,
    /// The stack, without what lies above it.
    pub stack: Range,
    /// Bytes that memories and tables may still grow by.
    pub budget: u64,
    /// The next in a list of contexts that wait to be used again.
    pub next: *mut Context,
    /// Stack pointer at which a suspended guest continues; 0 where none is.
    pub suspended: usize,
    /// The address of this very structure.
    pub own: *const Context,
    /// The module.
    pub module: *const Module,
    /// Frees what was kept for the instance besides its mappings, where anything was.
    pub release: Option<unsafe extern "C" fn(block: *mut u8)>,
    /// What its code shares with the collector; null until it has a heap.
    pub heap: *mut Heap,
    /// Gives back the heap, where there is one.
    pub end_heap: Option<unsafe extern "C" fn(heap: *mut Heap)>,
    /// The exception thrown last.
    pub exception: u64,
    /// The complement of the units of work that are left, where code is compiled to count them.
    pub fuel: u64,
    /// The embedder's functions, in the order of imports.
    pub imports: *const HostFunction,
    /// Stack pointer of the innermost call: there is the embedder's own pointer, and what the call has saved.
    pub host_stack: usize,
    /// Lowest stack pointer that functions may begin with, where they look: see [`CHECKED_STACK`].
    pub lowest_stack: usize,
    /// Stack pointer that the guest's next activation begins with: while the guest runs itself, that of any before.
    pub guest_stack: usize,
}

/// A range of addresses.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// The first.
    pub start: usize,
    /// The one after the last.
    pub end: usize,
}

impl Range {
    /// Whether an address lies in it.
    pub const fn contains(&self, address: usize) -> bool {
        self.start <= address && address < self.end
    }
}

/// Where a trap happened.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct TrapRecord {
    /// How many frames there are.
    pub frames_len: u64,
    /// The instruction that trapped, and the return addresses of its callers, innermost first.
    pub frames: [usize; MAX_FRAMES],
}

/// What is compiled: constant, the same for all instances.
#[repr(C)]
#[derive(Debug)]
pub struct Module {
    /// What the block holds at first.
    pub template: *const u8,
    /// Bytes of the block, a multiple of 16.
    pub template_len: u64,
    /// Instantiates on a block that holds the template and whose memories are there.
    pub instantiate: GuestFunction,
    /// Where its code traps.
    pub traps: *const TrapTables,
    /// Where its handlers of exceptions are; null where it throws none.
    pub unwind: *const UnwindTables,
    /// What it exports, in the order of the module; then the memories, tables and globals that it imports.
    pub exports: *const Export,
    /// Number of exports.
    pub exports_len: u64,
    /// Its memories: offsets of `Memory` structures in the block.
    pub memories: *const u64,
    /// Number of memories.
    pub memories_len: u64,
    /// Its tables: offsets of `Table` structures in the block.
    pub tables: *const u64,
    /// Number of tables.
    pub tables_len: u64,
    /// How many functions of the embedder's it imports.
    pub imports_len: u64,
    /// Bytes of stack that an instance has unless it is asked for otherwise.
    pub stack_size: u64,
    /// Bytes of the aligned area that the stack lies in; 0 where it needs no alignment.
    pub stack_area: u64,
    /// Bytes that an instance may allocate, for its tables as they are at first and then.
    pub growth: u64,
    /// Bytes that tables take at first.
    pub first_tables: u64,
    /// What [`Context::fuel`] is at first.
    pub fuel: u64,
    /// Whether its code counts units of work: 0 or 1.
    pub counts_fuel: u64,
    /// Whether its code looks at the page at [`offsets::INTERRUPTION`]: 0 or 1.
    pub is_interruptible: u64,
    /// A number that depends on module and options: bindings made with the library have the same.
    pub fingerprint: u64,
    /// The state of its instances that code can change.
    pub state: *const State,
}

// SAFETY: written before the program starts, only read afterwards.
unsafe impl Sync for Module {}

/// Something that a module exports.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Export {
    /// The function; null for anything else.
    pub function: *const u8,
    /// What [`Api::call`] or [`Api::call_float`] can call: null where that is nothing.
    pub direct: *const u8,
    /// Where its state lies in the block, for anything else.
    pub offset: u64,
    /// What it is.
    pub kind: ExportKind,
    /// How many values a function takes or returns, whichever is more; the code of a global's type (core specification
    /// 5.3), where all references but external ones have that of `funcref`.
    pub ty: u32,
}

// SAFETY: as for `Module`.
unsafe impl Sync for Export {}

/// What [`Api::call`] returns, or a [`HostFunction`]: two registers in every convention.
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct Outcome {
    /// The result, in its lowest bits, where there is one.
    pub value: u64,
    /// As [`Api::enter`] returns it.
    pub status: u64,
}

/// What [`Api::call_float`] returns, or a [`HostFunction`].
#[repr(C)]
#[derive(Clone, Copy, Debug)]
pub struct FloatOutcome<F> {
    /// The result.
    pub value: F,
    /// As [`Api::enter`] returns it.
    pub status: u64,
}

/// What an export is.
#[repr(u32)]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExportKind {
    /// A function.
    Function = 0,
    /// A table.
    Table = 1,
    /// A memory.
    Memory = 2,
    /// A global.
    Global = 3,
    /// A tag.
    Tag = 4,
}

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
    /// The types of what it carries, as text format writes them, each with a space before it.
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
}

// SAFETY: as for `Module`.
unsafe impl Sync for Api {}

/// Bytes of what becomes unreadable to interrupt a guest: a multiple of every page size.
pub const INTERRUPTION_PAGE: u64 = 64 << 10;

/// Offsets in bytes, from the start of the block, of the fields of its context that code refers to.
pub mod offsets {
    use super::{Context, INTERRUPTION_PAGE};
    use core::mem::offset_of;

    const fn before_block(offset: usize) -> i32 {
        offset as i32 - size_of::<Context>() as i32
    }

    /// Offset of [`Context::suspended`].
    pub const SUSPENDED: i32 = before_block(offset_of!(Context, suspended));
    /// Offset of the page that code looks at: in the granule before the context. It cannot be read while the guest is
    /// to be interrupted.
    pub const INTERRUPTION: i32 = before_block(0) - INTERRUPTION_PAGE as i32;
    /// Offset of [`Context::exception`].
    pub const EXCEPTION: i32 = before_block(offset_of!(Context, exception));
    /// Offset of [`Context::fuel`].
    pub const FUEL: i32 = before_block(offset_of!(Context, fuel));
    /// Offset of [`Context::imports`].
    pub const IMPORTS: i32 = before_block(offset_of!(Context, imports));
    /// Offset of [`Context::host_stack`].
    pub const HOST_STACK: i32 = before_block(offset_of!(Context, host_stack));
    /// Offset of [`Context::lowest_stack`].
    pub const LOWEST_STACK: i32 = before_block(offset_of!(Context, lowest_stack));
    /// Offset of [`Context::guest_stack`].
    pub const GUEST_STACK: i32 = before_block(offset_of!(Context, guest_stack));
}
