//! Which system calls the parts of the runtime make once the program's own code runs.
//!
//! The one table of it: names are those of Linux, the same for all architectures. What start-up alone does is not in it, as
//! the filter is installed behind start-up. `tests/integration/confine.rs` compares it with what programs do under strace.

use std::collections::BTreeSet;
use wasmc_abi::memory::MemoryStrategy;
use wasmc_abi::{symbols, thread};
use wasmc_codegen::{CompiledFunction, Plan, RelocationTarget, Symbol};

/// Every program ends, and may have to say why.
const EVERY: &[&str] = &["exit_group", "write"];

/// Handlers return, and give a signal that someone sent back to the system, which is to end the process by it.
const TRAPS: &[&str] = &["getpid", "gettid", "rt_sigaction", "rt_sigreturn", "tgkill"];

/// Locks and waiting, where there are threads, and closing behind a call what another thread has closed meanwhile. The kernel
/// goes on with a wait that a signal interrupted by a call of its own.
const THREADS: &[&str] =
    &["clone", "close", "exit", "futex", "mmap", "mprotect", "munmap", "restart_syscall", "sigaltstack"];
const FUTEX: &[&str] = &["futex", "restart_syscall"];

/// Finding what a path means beneath a directory, by the kernel or step by step.
const PATH: &[&str] = &["close", "fcntl", "fstat", "openat", "openat2", "readlinkat"];
/// Standard streams wait, or not, as the guest wants it.
const STREAM: &[&str] = &["ppoll"];
/// A table of descriptors that has become too small.
const DESCRIPTORS: &[&str] = &["mmap", "munmap"];

/// The calls of a function of WASI, by its name.
fn of_wasi(name: &str) -> &'static [&'static [&'static str]] {
    match name {
        "clock_res_get" => &[&["clock_getres"]],
        "clock_time_get" => &[&["clock_gettime"]],
        "fd_advise" => &[&["fadvise64"]],
        "fd_allocate" => &[&["fallocate", "fstat"]],
        "fd_close" => &[&["close"]],
        "fd_datasync" => &[&["fdatasync"]],
        "fd_fdstat_get" => &[&["fstat", "getsockopt", "lseek"]],
        "fd_fdstat_set_flags" => &[&["fcntl"]],
        "fd_filestat_get" => &[&["fstat"]],
        "fd_filestat_set_size" => &[&["ftruncate"]],
        "fd_filestat_set_times" => &[&["utimensat"]],
        "fd_pread" => &[&["preadv"], STREAM],
        "fd_pwrite" => &[&["pwritev"], STREAM],
        "fd_read" => &[&["readv"], STREAM],
        "fd_readdir" => &[&["fstat", "getdents64", "lseek", "newfstatat"]],
        "fd_renumber" => &[&["close"]],
        "fd_seek" | "fd_tell" => &[&["lseek"]],
        "fd_sync" => &[&["fsync"]],
        "fd_write" => &[&["writev"], STREAM],
        "path_create_directory" => &[PATH, &["mkdirat"]],
        "path_filestat_get" => &[PATH],
        "path_filestat_set_times" => &[PATH, &["utimensat"]],
        "path_link" => &[PATH, &["linkat"]],
        "path_open" => &[PATH, DESCRIPTORS],
        "path_readlink" => &[PATH],
        "path_remove_directory" | "path_unlink_file" => &[PATH, &["unlinkat"]],
        "path_rename" => &[PATH, &["renameat2"]],
        "path_symlink" => &[PATH, &["symlinkat"]],
        "poll_oneoff" => &[&["clock_gettime", "fstat", "ioctl", "lseek", "ppoll", "restart_syscall"], DESCRIPTORS],
        "proc_raise" => &[&["getpid", "gettid", "rt_sigaction", "rt_sigreturn", "tgkill"]],
        "random_get" => &[&["getrandom"]],
        "sched_yield" => &[&["sched_yield"]],
        "sock_accept" => &[&["accept4", "close", "fcntl"], DESCRIPTORS],
        "sock_recv" => &[&["recvmsg"], STREAM],
        "sock_send" => &[&["sendmsg"], STREAM],
        "sock_shutdown" => &[&["shutdown"]],
        _ => &[],
    }
}

/// The calls of another function of the runtime, by its symbol.
fn of_runtime(symbol: &str, plan: &Plan<'_>) -> Vec<&'static [&'static str]> {
    match symbol {
        symbols::TRAPS_INIT => vec![TRAPS],
        symbols::MEMORY_GROW | symbols::SHARED_MEMORY_GROW => {
            plan.memories.iter().map(|memory| of_growing(memory.strategy, memory.reserved)).collect()
        }
        symbols::TABLE_GROW => vec![&["mmap", "mremap"]],
        symbols::ATOMIC_WAIT32 | symbols::ATOMIC_WAIT64 | symbols::ATOMIC_NOTIFY => vec![FUTEX],
        symbols::THREAD_EXIT => vec![THREADS],
        _ => Vec::new(),
    }
}

fn of_growing(strategy: MemoryStrategy, reserved: u64) -> &'static [&'static str] {
    match strategy {
        _ if reserved > 0 => &["mprotect"],
        MemoryStrategy::FixedExplicit => &["mmap", "mprotect", "munmap"],
        _ => &["mmap", "mremap"],
    }
}

/// Names of all calls that a program makes once its own code runs; sorted.
pub fn needed(plan: &Plan<'_>, functions: &[CompiledFunction]) -> BTreeSet<&'static str> {
    let imports = plan.imports.iter().filter_map(|&index| plan.module.function_import(index));
    let mut parts: Vec<&[&str]> = vec![EVERY];
    for import in imports {
        if symbols::WASI_MODULES.contains(&import.module) {
            parts.extend(of_wasi(import.name));
        } else if (import.module, import.name) == (thread::SPAWN_MODULE, thread::SPAWN) {
            parts.push(THREADS);
        }
    }
    let relocations = functions.iter().flat_map(|function| &function.relocations);
    let called: BTreeSet<&str> = relocations
        .filter_map(|relocation| match relocation.target {
            RelocationTarget::Symbol(Symbol::Runtime(symbol)) => Some(symbol),
            _ => None,
        })
        .collect();
    parts.extend(called.into_iter().flat_map(|symbol| of_runtime(symbol, plan)));
    parts.into_iter().flatten().copied().collect()
}
