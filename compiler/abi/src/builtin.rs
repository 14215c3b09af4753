//! Builtins: the functions of the runtime that compiled code calls. All follow the C calling convention of the target.
//!
//! The table below says everything about each of them, once: compiled code calls it by symbol and signature, the
//! runtime checks its definition against the type in [`function`], confinement keeps its system calls.
//!
//! How to add one: a row at the end of the table, its definition in the runtime, and a line in
//! `runtime-lib/src/builtins.rs`.

use crate::component::Canonical;
#[cfg(doc)]
use crate::component::{ADAPTER_TRAPS, ResourceTable};
use crate::exception::UnwindTables;
use crate::heap::{Heap, HeapTables};
use crate::memory::Memory;
use crate::signature::{Returns, Signature, V128, Value};
use crate::snapshot::State;
use crate::system_calls::SystemCalls::{self, Fixed, OfMemoryGrowth};
use crate::system_calls::{EXCEPTIONS, FUTEX, HEAP, SIGNALS, TABLE_GROWTH, THREADS, WORKING_MEMORY};
use crate::table::Table;
use crate::trap::TrapTables;

/// What calls a builtin.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller {
    /// The start of the program or of a thread.
    StartUp,
    /// Instantiation and the functions of the module.
    Code,
    /// Code that Cranelift makes of an instruction that the CPU lacks: a libcall.
    Libcall,
}

macro_rules! builtins {
    ($(
        $(#[doc = $doc:literal])+
        $variant:ident = $symbol:literal, fn($($param:ident: $ty:ty),*) $(-> $result:ty)?, $caller:ident, $calls:expr;
    )*) => {
        /// A function of the runtime that compiled code calls.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u32)]
        pub enum Builtin {
            $($(#[doc = $doc])+ $variant,)*
        }

        impl Builtin {
            /// All builtins, in order of [`Builtin::number`].
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its symbol.
            pub const fn symbol(self) -> &'static str {
                match self { $(Self::$variant => $symbol,)* }
            }

            /// Its parameters and results.
            pub const fn signature(self) -> Signature {
                match self {
                    $(Self::$variant => Signature {
                        params: &[$(<$ty as Value>::TYPE),*],
                        results: <fn() $(-> $result)? as Returns>::RESULTS,
                    },)*
                }
            }

            /// What calls it.
            pub const fn caller(self) -> Caller {
                match self { $(Self::$variant => Caller::$caller,)* }
            }

            /// The system calls that it, or what it has set up, makes once the program's own code runs.
            pub const fn system_calls(self) -> SystemCalls {
                match self { $(Self::$variant => $calls,)* }
            }
        }

        /// The type of each builtin's definition.
        pub mod function {
            use super::*;
            $(
                #[doc = concat!("The type of [`Builtin::", stringify!($variant), "`].")]
                pub type $variant = unsafe extern "C" fn($($param: $ty),*) $(-> $result)?;
            )*
        }
    };
}

// The order of rows is that of their numbers, which Cranelift IR shows (`u8:NUMBER`).
builtins! {
    /// Installs the fault handlers. Called first, where the program has trap tables: one for each module linked into
    /// it.
    TrapsInit = "wasmc_traps_init", fn(tables: *const *const TrapTables, len: u64), StartUp, Fixed(SIGNALS);

    /// Sets aside and maps a memory's address space. On failure prints what to do and exits.
    MemoryInit = "wasmc_memory_init", fn(memory: *mut Memory), StartUp, Fixed(&[]);

    /// Returns the memory's previous size in pages, or `u64::MAX` where it cannot grow so far.
    MemoryGrow = "wasmc_memory_grow", fn(memory: *mut Memory, delta_pages: u64) -> u64, Code, OfMemoryGrowth;

    /// Returns the table's previous size in elements, or `u64::MAX` where it cannot grow so far.
    TableGrow = "wasmc_table_grow", fn(table: *mut Table, delta: u64, value: u64) -> u64, Code, Fixed(TABLE_GROWTH);

    /// Reads the grants and opens what they name. Called before the program's own code, where it imports functions that
    /// need it ([`crate::host::Needs::grants`]) or has limits.
    WasiInit = "wasmc_wasi_init", fn(), StartUp, Fixed(&[]);

    /// Ends the process.
    Exit = "wasmc_exit", fn(status: i32) -> !, StartUp, Fixed(&[]);

    /// Copies between ranges that may overlap.
    Memmove = "memmove", fn(to: *mut u8, from: *const u8, len: usize) -> *mut u8, Code, Fixed(&[]);

    /// Sets bytes to the low byte of `value`.
    Memset = "memset", fn(to: *mut u8, value: i32, len: usize) -> *mut u8, Code, Fixed(&[]);

    /// The instruction `pshufb`, for processors without SSSE3.
    X86Pshufb = "wasmc_x86_pshufb", fn(bytes: V128, indices: V128) -> V128, Libcall, Fixed(&[]);

    /// `f32.ceil`, for processors without SSE4.1, as the seven after it.
    CeilF32 = "ceilf", fn(value: f32) -> f32, Libcall, Fixed(&[]);
    /// `f64.ceil`.
    CeilF64 = "ceil", fn(value: f64) -> f64, Libcall, Fixed(&[]);
    /// `f32.floor`.
    FloorF32 = "floorf", fn(value: f32) -> f32, Libcall, Fixed(&[]);
    /// `f64.floor`.
    FloorF64 = "floor", fn(value: f64) -> f64, Libcall, Fixed(&[]);
    /// `f32.trunc`.
    TruncF32 = "truncf", fn(value: f32) -> f32, Libcall, Fixed(&[]);
    /// `f64.trunc`.
    TruncF64 = "trunc", fn(value: f64) -> f64, Libcall, Fixed(&[]);
    /// `f32.nearest`.
    NearestF32 = "nearbyintf", fn(value: f32) -> f32, Libcall, Fixed(&[]);
    /// `f64.nearest`.
    NearestF64 = "nearbyint", fn(value: f64) -> f64, Libcall, Fixed(&[]);

    /// `x * y + z` of lanes of `f32x4.relaxed_madd`, rounded once, for processors without FMA.
    FmaF32 = "fmaf", fn(x: f32, y: f32, z: f32) -> f32, Libcall, Fixed(&[]);
    /// The same of lanes of `f64x2.relaxed_madd`.
    FmaF64 = "fma", fn(x: f64, y: f64, z: f64) -> f64, Libcall, Fixed(&[]);

    /// As [`Builtin::MemoryGrow`], for a memory that threads share.
    SharedMemoryGrow = "wasmc_shared_memory_grow",
        fn(memory: *mut Memory, delta_pages: u64) -> u64, Code, OfMemoryGrowth;

    /// Waits at an address of a shared memory, `timeout` nanoseconds at most, or for ever where it is negative. Returns
    /// 0 when woken, 1 where the value there is not the one expected, 2 when the time is over (threads proposal, "Wait
    /// operators").
    AtomicWait32 = "wasmc_atomic_wait32", fn(address: *mut u32, expected: u32, timeout: i64) -> u32, Code, Fixed(FUTEX);

    /// As [`Builtin::AtomicWait32`].
    AtomicWait64 = "wasmc_atomic_wait64", fn(address: *mut u64, expected: u64, timeout: i64) -> u32, Code, Fixed(FUTEX);

    /// Wakes at most `count` threads that wait at an address; returns their number.
    AtomicNotify = "wasmc_atomic_notify", fn(address: *const u8, count: u32) -> u32, Code, Fixed(FUTEX);

    /// Ends the calling thread.
    ThreadExit = "wasmc_thread_exit", fn() -> !, StartUp, Fixed(THREADS);

    /// Preopens the program's embedded directories. Called after [`Builtin::WasiInit`], where there are any.
    EmbeddedInit = "wasmc_embedded_init", fn(), StartUp, Fixed(&[]);

    /// Has the system refuse what the filter does not let through. Called before the program's own code, where it is
    /// confined.
    Confine = "wasmc_confine", fn(), StartUp, Fixed(&[]);

    /// Has the system refuse what lies outside the granted directories and files. Called before [`Builtin::Confine`],
    /// where the program imports functions that take paths ([`crate::host::Needs::paths`]).
    ConfineFiles = "wasmc_confine_files", fn(), StartUp, Fixed(&[]);

    /// Makes the granted sockets. Called after [`Builtin::EmbeddedInit`], where the program accepts connections
    /// ([`crate::host::Needs::listening_sockets`]).
    ListenInit = "wasmc_listen_init", fn(), StartUp, Fixed(&[]);

    /// Has the system keep the limits among the grants. Called after [`Builtin::WasiInit`] and
    /// [`Builtin::ConfineFiles`], which itself opens more than the program may, and before [`Builtin::Confine`].
    LimitsInit = "wasmc_limits_init", fn(), StartUp, Fixed(&[]);

    /// Closes the descriptors that the program inherited, but for the standard streams. Called before any other that
    /// opens one, where the program is confined.
    CloseInherited = "wasmc_close_inherited", fn(), StartUp, Fixed(&[]);

    /// Tells the runtime where handlers of exceptions are: one list for each module. Called before any of the module's
    /// code, where the program throws exceptions.
    UnwindInit = "wasmc_unwind_init", fn(tables: *const *const UnwindTables, len: u64), StartUp, Fixed(&[]);

    /// Continues at the innermost handler of an exception ([`crate::exception`]). Returns where there is none.
    Throw = "wasmc_throw", fn(exception: u64), Code, Fixed(&[]);

    /// The exception as a reference that may be kept: a copy, where it lies in the room that its tag's instance has set
    /// aside for it.
    KeepException = "wasmc_keep_exception", fn(exception: u64) -> u64, Code, Fixed(EXCEPTIONS);

    /// Calls `function(a, b, c, d)` on the stack of whoever called into the context; returns its result.
    ContextCall = "wasmc_context_call",
        fn(function: *const u8, a: u64, b: u64, c: u64, d: u64) -> u64, Code, Fixed(&[]);

    /// Goes back to whoever called into the context, whose call returns `code`.
    ContextExit = "wasmc_context_exit", fn(code: u32) -> !, Code, Fixed(&[]);

    /// Goes back to whoever called into the context, whose call returns the status of a function of the embedder's that
    /// is not 0. Where that is [`crate::context::SUSPENDED`], it returns when the context is resumed.
    ContextEnd = "wasmc_context_end", fn(status: u32), Code, Fixed(&[]);

    /// As [`Builtin::MemoryGrow`], for the context of `block`. Called by [`Builtin::ContextCall`].
    ContextMemoryGrow = "wasmc_context_memory_grow",
        fn(block: *mut u8, memory: *mut u8, delta_pages: u64) -> u64, Code, Fixed(&[]);

    /// As [`Builtin::TableGrow`], for the context of `block`. Called by [`Builtin::ContextCall`].
    ContextTableGrow = "wasmc_context_table_grow",
        fn(block: *mut u8, table: *mut u8, delta: u64, value: u64) -> u64, Code, Fixed(&[]);

    /// Makes the heap of the calling thread ready, and the references known that an instance holds, whose state lies
    /// in `block` (0: at addresses in the image). Called before the instance is made, in programs that make objects.
    HeapInit = "wasmc_heap_init", fn(tables: *mut HeapTables, heap: *mut Heap, block: u64), StartUp, Fixed(&[]);

    /// Returns the address of `size` bytes for an object, all of which the caller initialises before it calls anything
    /// else; 0 where the heap has no room. Called where there is none below [`crate::heap::Heap::limit`].
    HeapAllocate = "wasmc_heap_allocate", fn(heap: *mut Heap, size: u64) -> u64, Code, Fixed(HEAP);

    /// Returns a new array, as [`Builtin::HeapAllocate`], whose elements are zero.
    HeapAllocateArray = "wasmc_heap_allocate_array",
        fn(heap: *mut Heap, type_number: u32, element_size: u32, len: u32) -> u64, Code, Fixed(HEAP);

    /// Remembers that references have been written to so many bytes.
    HeapWritten = "wasmc_heap_written", fn(heap: *const Heap, start: u64, bytes: u64), Code, Fixed(&[]);

    /// Reads how the system looks up names of hosts, where the program may do so. Called before the program's own code,
    /// where it imports functions that do ([`crate::host::Needs::names`]).
    NamesInit = "wasmc_names_init", fn(), StartUp, Fixed(&[]);

    /// Makes a handle that owns a resource of the component's, as `canon resource.new` does. Called in components, as
    /// those after it.
    ResourceNew = "wasmc_resource_new", fn(caller: &Canonical, representation: u32) -> u32, Code, Fixed(WORKING_MEMORY);

    /// `canon resource.rep`.
    ResourceRep = "wasmc_resource_rep", fn(caller: &Canonical, handle: u32) -> u32, Code, Fixed(&[]);

    /// `canon resource.drop`, for resources that components define.
    ResourceDrop = "wasmc_resource_drop", fn(caller: &Canonical, handle: u32), Code, Fixed(&[]);

    /// Moves a resource from one component instance to another, by the indices of [`ResourceTable`]s.
    TransferOwn = "wasmc_transfer_own",
        fn(caller: &Canonical, handle: u32, from: u32, to: u32) -> u32, Code, Fixed(WORKING_MEMORY);

    /// Lends a resource from one component instance to another, until the innermost call between components ends.
    TransferBorrow = "wasmc_transfer_borrow",
        fn(caller: &Canonical, handle: u32, from: u32, to: u32) -> u32, Code, Fixed(WORKING_MEMORY);

    /// Begins a call between components.
    EnterCall = "wasmc_enter_call",
        fn(caller: &Canonical, from: u32, callee_async: u32, to: u32), Code, Fixed(WORKING_MEMORY);

    /// Ends it.
    ExitCall = "wasmc_exit_call", fn(caller: &Canonical), Code, Fixed(&[]);

    /// Ends the program with a trap of [`ADAPTER_TRAPS`].
    AdapterTrap = "wasmc_adapter_trap", fn(caller: &Canonical, code: u32) -> !, Code, Fixed(&[]);

    /// Copies `len` units of a string from [`Canonical::source`] to [`Canonical::memory`], and traps where they are not
    /// valid. As in all transcoders, lengths are in units, and addresses are those in the memories.
    TranscodeUtf8ToUtf8 = "wasmc_transcode_utf8_to_utf8",
        fn(memories: &Canonical, from: u64, len: u64, to: u64), Code, Fixed(&[]);
    /// As from UTF-8 to UTF-8.
    TranscodeUtf16ToUtf16 = "wasmc_transcode_utf16_to_utf16",
        fn(memories: &Canonical, from: u64, len: u64, to: u64), Code, Fixed(&[]);
    /// As from UTF-8 to UTF-8.
    TranscodeLatin1ToLatin1 = "wasmc_transcode_latin1_to_latin1",
        fn(memories: &Canonical, from: u64, len: u64, to: u64), Code, Fixed(&[]);
    /// As from UTF-8 to UTF-8.
    TranscodeLatin1ToUtf16 = "wasmc_transcode_latin1_to_utf16",
        fn(memories: &Canonical, from: u64, len: u64, to: u64), Code, Fixed(&[]);
    /// Returns the units written, of which there is room for `len`.
    TranscodeUtf8ToUtf16 = "wasmc_transcode_utf8_to_utf16",
        fn(memories: &Canonical, from: u64, len: u64, to: u64) -> u64, Code, Fixed(&[]);
    /// Transcodes what there is room for, on the first pass only what is ASCII; returns the units read and sets those
    /// written.
    TranscodeUtf16ToUtf8 = "wasmc_transcode_utf16_to_utf8",
        fn(memories: &Canonical, from: u64, len: u64, to: u64, to_len: u64, first_pass: u32, written: &mut u64) -> u64,
        Code, Fixed(&[]);
    /// As from UTF-16.
    TranscodeLatin1ToUtf8 = "wasmc_transcode_latin1_to_utf8",
        fn(memories: &Canonical, from: u64, len: u64, to: u64, to_len: u64, first_pass: u32, written: &mut u64) -> u64,
        Code, Fixed(&[]);
    /// Transcodes up to the first character that Latin-1 does not have; returns the units read and sets those written.
    TranscodeUtf8ToLatin1 = "wasmc_transcode_utf8_to_latin1",
        fn(memories: &Canonical, from: u64, len: u64, to: u64, written: &mut u64) -> u64, Code, Fixed(&[]);
    /// As from UTF-8.
    TranscodeUtf16ToLatin1 = "wasmc_transcode_utf16_to_latin1",
        fn(memories: &Canonical, from: u64, len: u64, to: u64, written: &mut u64) -> u64, Code, Fixed(&[]);
    /// Returns a length, with its highest bit of 32 set where the string is not Latin-1.
    TranscodeUtf16ToCompactProbablyUtf16 = "wasmc_transcode_utf16_to_compact_probably_utf16",
        fn(memories: &Canonical, from: u64, len: u64, to: u64) -> u64, Code, Fixed(&[]);
    /// Transcodes the rest of a string to UTF-16, and so the `done` bytes of Latin-1 that are at `to` already; returns
    /// the units of both.
    TranscodeUtf8ToCompactUtf16 = "wasmc_transcode_utf8_to_compact_utf16",
        fn(memories: &Canonical, from: u64, len: u64, to: u64, to_len: u64, done: u64) -> u64, Code, Fixed(&[]);
    /// As from UTF-8.
    TranscodeUtf16ToCompactUtf16 = "wasmc_transcode_utf16_to_compact_utf16",
        fn(memories: &Canonical, from: u64, len: u64, to: u64, to_len: u64, done: u64) -> u64, Code, Fixed(&[]);

    /// As [`Builtin::KeepException`], for the context of `block`. Called by [`Builtin::ContextCall`].
    ContextKeepException = "wasmc_context_keep_exception",
        fn(exception: u64, block: *mut u8) -> u64, Code, Fixed(&[]);

    /// Calls a function of the embedder's on the stack of whoever called into the context: `offset` is its place in
    /// bytes among those of the context, and the embedder's pointer takes its place before the other arguments, which
    /// are those of the function. Returns as that does.
    ContextImport = "wasmc_context_import", fn(offset: u64, values: *mut u8) -> u32, Code, Fixed(&[]);

    /// Writes a snapshot of the program's only instance to standard output, and ends the process.
    Snapshot = "wasmc_snapshot", fn(state: *const State, block: *mut u8) -> !, StartUp, Fixed(&["writev"]);

    /// Gives back what the heap of a thread has, whose code has ended.
    HeapEnd = "wasmc_heap_end", fn(heap: *mut Heap), Code, Fixed(THREADS);

    /// As [`Builtin::HeapInit`], for the context of `block`. Called by [`Builtin::ContextCall`].
    ContextHeapInit = "wasmc_context_heap_init",
        fn(tables: *mut HeapTables, heap: *mut Heap, block: u64), Code, Fixed(&[]);

    /// As [`Builtin::ContextImport`]. Before, it puts the registers that the function keeps on the context's stack,
    /// where the collector finds the references in them.
    ContextImportKeeping = "wasmc_context_import_keeping", fn(offset: u64, values: *mut u8) -> u32, Code, Fixed(&[]);

    /// Makes the file of the profile ([`crate::profile`]) of `len` bytes that begins with `head`, behind which its path
    /// stands, or goes on with the one that is there, and maps it at `place`. Called first, as nothing else needs to be
    /// ready, and the program gives up the system calls for it. On failure says why and ends the process.
    ProfileInit = "wasmc_profile_init",
        fn(head: *const u8, head_len: u64, place: *mut u8, len: u64), StartUp, Fixed(&[]);

    /// Counts that a call through a reference goes to the function of an index. `slots` are those of the call.
    ProfileTarget = "wasmc_profile_target", fn(slots: *mut u64, function: u32), Code, Fixed(&[]);
}

impl Builtin {
    /// Its number: the position of its row.
    pub const fn number(self) -> u32 {
        self as u32
    }

    /// The builtin with this number.
    pub fn from_number(number: u32) -> Option<Self> {
        Self::ALL.get(number as usize).copied()
    }
}
