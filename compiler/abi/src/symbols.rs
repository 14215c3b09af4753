//! Names of the symbols that compiled code and runtime know of each other.
//!
//! All functions follow the C calling convention of the target.

use crate::wasi;

/// Entry point of the image. Defined by the runtime; sets up the stack and calls [`MAIN`].
pub const ENTRY: &str = "_start";

/// `fn()`: instantiates the module, runs it, and never returns. Defined by the compiler, so that it calls only those parts of
/// the runtime that the program needs.
pub const MAIN: &str = "wasmc_main";

/// `u64`: bytes of stack for compiled code. Defined by the compiler.
pub const STACK_SIZE: &str = "wasmc_stack_size";

/// `u64`: bytes of the aligned area that each stack lies in ([`crate::thread::area`]), 0 where stacks need no alignment. Only
/// runtimes of architectures with [`crate::thread::BlockPointer::StackArea`] look at it.
pub const STACK_AREA: &str = "wasmc_stack_area";

/// `[u8]`: the program's grants (see [`crate::grants`]). Defined by the compiler.
pub const GRANTS: &str = "wasmc_grants";

/// `Memory`: the memory that imported functions work on. Defined by the compiler where the program has a memory. See
/// [`crate::memory::Memory`].
pub const MEMORY: &str = "wasmc_memory";

/// `fn(tables: *const *const TrapTables, len: u64)`: installs the fault handlers. Called first, where the program has trap
/// tables: one for each module linked into it.
pub const TRAPS_INIT: &str = "wasmc_traps_init";

/// `fn(&mut Memory)`: sets aside and maps a memory's address space. On failure prints what to do and exits.
pub const MEMORY_INIT: &str = "wasmc_memory_init";

/// `fn(&mut Memory, delta_pages: u64) -> u64`: previous size in pages, or `u64::MAX` where the memory cannot grow so far.
pub const MEMORY_GROW: &str = "wasmc_memory_grow";

/// As [`MEMORY_GROW`], for a memory that threads share.
pub const SHARED_MEMORY_GROW: &str = "wasmc_shared_memory_grow";

/// `fn(address: *const u32, expected: u32, timeout: i64) -> u32`: waits at an address of a shared memory, `timeout` nanoseconds
/// at most, or for ever where it is negative. Returns 0 when woken, 1 where the value there is not the one expected, 2 when
/// the time is over (threads proposal, "Wait operators").
pub const ATOMIC_WAIT32: &str = "wasmc_atomic_wait32";

/// `fn(address: *const u64, expected: u64, timeout: i64) -> u32`: as [`ATOMIC_WAIT32`].
pub const ATOMIC_WAIT64: &str = "wasmc_atomic_wait64";

/// `fn(address: *const u8, count: u32) -> u32`: wakes at most `count` threads that wait at an address; returns their number.
pub const ATOMIC_NOTIFY: &str = "wasmc_atomic_notify";

/// [`crate::thread::ThreadPlan`]: how another thread of the program begins. Defined by the compiler where the program
/// can start threads.
pub const THREAD: &str = "wasmc_thread";

/// `fn() -> !`: ends the calling thread.
pub const THREAD_EXIT: &str = "wasmc_thread_exit";

/// `fn(&mut Table, delta: u64, value: u64) -> u64`: previous size in elements, or `u64::MAX` where the table cannot
/// grow so far.
pub const TABLE_GROW: &str = "wasmc_table_grow";

/// `fn()`: reads the grants and opens what they name. Called before the program's own code, where it imports WASI.
pub const WASI_INIT: &str = "wasmc_wasi_init";

/// `[u8]`: directories that are part of the program (see [`crate::embedded`]). Defined by the compiler where there are any.
pub const EMBEDDED: &str = "wasmc_embedded";

/// `fn()`: gives the program its embedded directories. Called behind [`WASI_INIT`], where there are any.
pub const EMBEDDED_INIT: &str = "wasmc_embedded_init";

/// `fn()`: makes the granted sockets. Called behind [`EMBEDDED_INIT`], where the program accepts connections.
pub const LISTEN_INIT: &str = "wasmc_listen_init";

/// `fn()`: has the system keep the limits among the grants. Called behind [`WASI_INIT`] and [`CONFINE_FILES`], which itself opens
/// more than the program may, and before [`CONFINE`].
pub const LIMITS_INIT: &str = "wasmc_limits_init";

/// `[u8]`: the program's confinement (see [`crate::confinement`]). Defined by the compiler.
pub const FILTER: &str = "wasmc_filter";

/// `fn()`: has the system refuse what the filter does not let through. Called before the program's own code, where it is
/// confined.
pub const CONFINE: &str = "wasmc_confine";

/// `fn()`: has the system refuse what lies outside the granted directories and files. Called before [`CONFINE`], where the program
/// imports functions that take paths.
pub const CONFINE_FILES: &str = "wasmc_confine_files";

/// `fn(status: i32) -> !`: ends the process.
pub const EXIT: &str = "wasmc_exit";

/// `fn(to: *mut u8, from: *const u8, len: usize) -> *mut u8`: copies between ranges that may overlap.
pub const MEMMOVE: &str = "memmove";

/// `fn(to: *mut u8, value: i32, len: usize) -> *mut u8`.
pub const MEMSET: &str = "memset";

/// `fn(bytes: __m128i, indices: __m128i) -> __m128i`: the instruction of that name, for processors without SSSE3.
pub const X86_PSHUFB: &str = "wasmc_x86_pshufb";

/// Modules whose functions the runtime defines. See [`crate::wasi`].
pub const WASI_MODULES: [&str; 2] = [wasi::PREVIEW_1, wasi::SNAPSHOT_0];

/// Passes the bytes of the symbol that satisfies the import of function `name` from `module` to `put`:
/// `<module>_<name>`, with every byte that C does not allow in an identifier replaced by `_`. Where two versions of WASI
/// have the same function, it is that of the later one.
pub fn import_symbol(module: &str, name: &str, put: &mut impl FnMut(char)) {
    let module = wasi::defining_module(module, name);
    for byte in module.bytes().chain([b'_']).chain(name.bytes()) {
        put(if byte.is_ascii_alphanumeric() { byte as char } else { '_' });
    }
}
