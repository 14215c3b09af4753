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

mod api;

pub use api::{Api, CreationError, ExceptionRecord, InstanceOptions, Location};

use crate::exception::UnwindTables;
use crate::heap::Heap;
use crate::reference::TypeNumbers;
use crate::snapshot::{Functions, State};
use crate::trap::TrapTables;
use core::ffi::c_void;

/// Version of everything in this file. Bindings refuse a library of another version.
pub const VERSION: u32 = 5;

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
    /// Calls `visit(data, start, end)` for memory in which objects lie, where there is a heap, and for what is kept of
    /// exceptions, where anything is: the collector of each looks for references in the other.
    pub each_objects: Option<EachRange>,
    /// See [`Context::each_objects`].
    pub each_kept: Option<EachRange>,
    /// What snapshots with objects are written and restored by; `None` until there is a heap.
    pub snapshots: Option<&'static Functions>,
    /// The runtime's handles of references; null until there are any.
    pub handles: *mut c_void,
    /// Whether garbage is collected at every allocation.
    pub collects_always: bool,
    /// The exception thrown last.
    pub exception: u64,
    /// The complement of the units of work that are left, where code is compiled to count them: none, after a trap for
    /// want of them.
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

/// See [`Context::each_objects`].
pub type EachRange =
    unsafe extern "C" fn(block: *mut u8, visit: unsafe extern "C" fn(*mut c_void, usize, usize), data: *mut c_void);

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
    /// Its types, by index; then all structures, and all arrays.
    pub types: *const TypeNumbers,
    /// Number of its types, without those two.
    pub types_len: u64,
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
    /// 5.3), where all references that may be the guest's have that of `funcref`.
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
