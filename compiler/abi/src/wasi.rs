//! Which functions WASI has, and their types, so that a module that imports one by another type is refused.
//!
//! Two versions are known: preview 1 and what was there before it, snapshot 0. They have the same functions of the same types,
//! but for `sock_accept`, which came later; four take or give other structures or numbers.

/// The module of preview 1.
pub const PREVIEW_1: &str = "wasi_snapshot_preview1";
/// The module of snapshot 0.
pub const SNAPSHOT_0: &str = "wasi_unstable";

/// Functions of snapshot 0 that are not those of preview 1.
const CHANGED: [&str; 4] = ["fd_seek", "fd_filestat_get", "path_filestat_get", "poll_oneoff"];
/// Functions that snapshot 0 lacks.
const ADDED: [&str; 1] = ["sock_accept"];

/// A function of WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WasiFunction {
    /// Its name.
    pub name: &'static str,
    /// Its parameters: `i` is an `i32`, `I` an `i64`.
    pub params: &'static str,
    /// Whether it returns an errno (an `i32`).
    pub returns_errno: bool,
}

const fn function(name: &'static str, params: &'static str) -> WasiFunction {
    WasiFunction { name, params, returns_errno: true }
}

/// The function that an import means, if it is one of WASI's.
pub fn find(module: &str, name: &str) -> Option<&'static WasiFunction> {
    let known = module == PREVIEW_1 || module == SNAPSHOT_0 && !ADDED.contains(&name);
    FUNCTIONS.iter().find(|function| known && function.name == name)
}

/// The module whose name the symbol of an imported function bears.
pub fn defining_module<'a>(module: &'a str, name: &str) -> &'a str {
    let is_shared = module == SNAPSHOT_0 && !CHANGED.contains(&name) && find(module, name).is_some();
    if is_shared { PREVIEW_1 } else { module }
}

/// The functions of preview 1.
pub const FUNCTIONS: &[WasiFunction] = &[
    function("args_get", "ii"),
    function("args_sizes_get", "ii"),
    function("environ_get", "ii"),
    function("environ_sizes_get", "ii"),
    function("clock_res_get", "ii"),
    function("clock_time_get", "iIi"),
    function("fd_advise", "iIIi"),
    function("fd_allocate", "iII"),
    function("fd_close", "i"),
    function("fd_datasync", "i"),
    function("fd_fdstat_get", "ii"),
    function("fd_fdstat_set_flags", "ii"),
    function("fd_fdstat_set_rights", "iII"),
    function("fd_filestat_get", "ii"),
    function("fd_filestat_set_size", "iI"),
    function("fd_filestat_set_times", "iIIi"),
    function("fd_pread", "iiiIi"),
    function("fd_prestat_get", "ii"),
    function("fd_prestat_dir_name", "iii"),
    function("fd_pwrite", "iiiIi"),
    function("fd_read", "iiii"),
    function("fd_readdir", "iiiIi"),
    function("fd_renumber", "ii"),
    function("fd_seek", "iIii"),
    function("fd_sync", "i"),
    function("fd_tell", "ii"),
    function("fd_write", "iiii"),
    function("path_create_directory", "iii"),
    function("path_filestat_get", "iiiii"),
    function("path_filestat_set_times", "iiiiIIi"),
    function("path_link", "iiiiiii"),
    function("path_open", "iiiiiIIii"),
    function("path_readlink", "iiiiii"),
    function("path_remove_directory", "iii"),
    function("path_rename", "iiiiii"),
    function("path_symlink", "iiiii"),
    function("path_unlink_file", "iii"),
    function("poll_oneoff", "iiii"),
    WasiFunction { name: "proc_exit", params: "i", returns_errno: false },
    function("proc_raise", "i"),
    function("sched_yield", ""),
    function("random_get", "ii"),
    function("sock_accept", "iii"),
    function("sock_recv", "iiiiii"),
    function("sock_send", "iiiii"),
    function("sock_shutdown", "ii"),
];
