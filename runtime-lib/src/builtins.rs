//! Which function defines each builtin of [`wasmc_abi::builtin`]. A builtin without a line here does not compile, nor
//! does a definition whose type is not that of its row.

#[cfg(feature = "component")]
use crate::component;
#[cfg(target_os = "linux")]
use crate::confinement;
#[cfg(not(target_os = "macos"))]
use crate::context;
#[cfg(target_os = "linux")]
use crate::profile;
use crate::sys;
use crate::{arithmetic, exceptions, gc, memory, snapshot, start, table, thread, traps, wasi};
use wasmc_abi::builtin::{Builtin, function};

macro_rules! definitions {
    (unchecked: $($unchecked:ident),*; $($(#[$condition:meta])? $builtin:ident = $definition:path;)*) => {
        const _: fn(Builtin) = |builtin| match builtin {
            $(Builtin::$unchecked => {})*
            $(Builtin::$builtin => {
                $(#[$condition])?
                const _: function::$builtin = $definition;
            })*
        };
    };
}

definitions! {
    // `compiler_builtins` defines `fma`; the type of `wasmc_x86_pshufb` has a name only on x86-64.
    unchecked: FmaF32, FmaF64, X86Pshufb;

    TrapsInit = traps::wasmc_traps_init;
    MemoryInit = memory::wasmc_memory_init;
    MemoryGrow = memory::wasmc_memory_grow;
    SharedMemoryGrow = memory::wasmc_shared_memory_grow;
    TableGrow = table::wasmc_table_grow;
    AtomicWait32 = thread::wait::wasmc_atomic_wait32;
    AtomicWait64 = thread::wait::wasmc_atomic_wait64;
    AtomicNotify = thread::wait::wasmc_atomic_notify;
    ThreadExit = thread::spawn::wasmc_thread_exit;
    Exit = start::wasmc_exit;
    Snapshot = snapshot::wasmc_snapshot;
    HeapInit = gc::wasmc_heap_init;
    HeapAllocate = gc::wasmc_heap_allocate;
    HeapAllocateArray = gc::wasmc_heap_allocate_array;
    HeapWritten = gc::wasmc_heap_written;
    HeapEnd = gc::wasmc_heap_end;

    UnwindInit = exceptions::wasmc_unwind_init;
    Throw = sys::wasmc_throw;
    KeepException = sys::wasmc_keep_exception;

    #[cfg(feature = "component")]
    ResourceNew = component::builtins::wasmc_resource_new;
    #[cfg(feature = "component")]
    ResourceRep = component::builtins::wasmc_resource_rep;
    #[cfg(feature = "component")]
    ResourceDrop = component::builtins::wasmc_resource_drop;
    #[cfg(feature = "component")]
    TransferOwn = component::builtins::wasmc_transfer_own;
    #[cfg(feature = "component")]
    TransferBorrow = component::builtins::wasmc_transfer_borrow;
    #[cfg(feature = "component")]
    EnterCall = component::builtins::wasmc_enter_call;
    #[cfg(feature = "component")]
    ExitCall = component::builtins::wasmc_exit_call;
    #[cfg(feature = "component")]
    AdapterTrap = component::builtins::wasmc_adapter_trap;
    #[cfg(feature = "component")]
    TranscodeUtf8ToUtf8 = component::transcode::wasmc_transcode_utf8_to_utf8;
    #[cfg(feature = "component")]
    TranscodeUtf16ToUtf16 = component::transcode::wasmc_transcode_utf16_to_utf16;
    #[cfg(feature = "component")]
    TranscodeLatin1ToLatin1 = component::transcode::wasmc_transcode_latin1_to_latin1;
    #[cfg(feature = "component")]
    TranscodeLatin1ToUtf16 = component::transcode::wasmc_transcode_latin1_to_utf16;
    #[cfg(feature = "component")]
    TranscodeUtf8ToUtf16 = component::transcode::wasmc_transcode_utf8_to_utf16;
    #[cfg(feature = "component")]
    TranscodeUtf16ToUtf8 = component::transcode::wasmc_transcode_utf16_to_utf8;
    #[cfg(feature = "component")]
    TranscodeLatin1ToUtf8 = component::transcode::wasmc_transcode_latin1_to_utf8;
    #[cfg(feature = "component")]
    TranscodeUtf8ToLatin1 = component::transcode::wasmc_transcode_utf8_to_latin1;
    #[cfg(feature = "component")]
    TranscodeUtf16ToLatin1 = component::transcode::wasmc_transcode_utf16_to_latin1;
    #[cfg(feature = "component")]
    TranscodeUtf16ToCompactProbablyUtf16 = component::transcode::wasmc_transcode_utf16_to_compact_probably_utf16;
    #[cfg(feature = "component")]
    TranscodeUtf8ToCompactUtf16 = component::transcode::wasmc_transcode_utf8_to_compact_utf16;
    #[cfg(feature = "component")]
    TranscodeUtf16ToCompactUtf16 = component::transcode::wasmc_transcode_utf16_to_compact_utf16;

    #[cfg(feature = "component")]
    NamesInit = wasi::preview2::wasmc_names_init;
    WasiInit = wasi::grants::wasmc_wasi_init;
    EmbeddedInit = wasi::embedded::wasmc_embedded_init;
    LimitsInit = wasi::limits::wasmc_limits_init;
    #[cfg(target_os = "linux")]
    ListenInit = wasi::listen::wasmc_listen_init;
    #[cfg(target_os = "linux")]
    ProfileInit = profile::wasmc_profile_init;
    #[cfg(target_os = "linux")]
    ProfileTarget = profile::wasmc_profile_target;
    #[cfg(target_os = "linux")]
    Confine = confinement::wasmc_confine;
    #[cfg(target_os = "linux")]
    ConfineFiles = confinement::wasmc_confine_files;
    #[cfg(target_os = "linux")]
    CloseInherited = confinement::wasmc_close_inherited;

    #[cfg(not(target_os = "macos"))]
    ContextCall = sys::wasmc_context_call;
    #[cfg(not(target_os = "macos"))]
    ContextExit = sys::wasmc_context_exit;
    #[cfg(not(target_os = "macos"))]
    ContextEnd = sys::wasmc_context_end;
    #[cfg(not(target_os = "macos"))]
    ContextMemoryGrow = context::grow::wasmc_context_memory_grow;
    #[cfg(not(target_os = "macos"))]
    ContextKeepException = sys::wasmc_context_keep_exception;
    #[cfg(not(target_os = "macos"))]
    ContextImport = sys::wasmc_context_import;
    #[cfg(not(target_os = "macos"))]
    ContextImportKeeping = sys::wasmc_context_import_keeping;
    #[cfg(not(target_os = "macos"))]
    ContextHeapInit = context::heap::wasmc_context_heap_init;
    #[cfg(not(target_os = "macos"))]
    ContextTableGrow = context::grow::wasmc_context_table_grow;

    // On macOS the system library defines them.
    #[cfg(not(target_os = "macos"))]
    Memmove = sys::memmove;
    #[cfg(not(target_os = "macos"))]
    Memset = sys::memset;
    CeilF32 = arithmetic::ceilf;
    CeilF64 = arithmetic::ceil;
    FloorF32 = arithmetic::floorf;
    FloorF64 = arithmetic::floor;
    TruncF32 = arithmetic::truncf;
    TruncF64 = arithmetic::trunc;
    NearestF32 = arithmetic::nearbyintf;
    NearestF64 = arithmetic::nearbyint;
}
