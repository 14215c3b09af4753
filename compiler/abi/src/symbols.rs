//! Names of the symbols that compiled code and runtime know of each other, but for the functions that compiled code
//! calls: those are [`crate::builtin`] and [`crate::host`].

use core::fmt::{self, Write as _};

/// Entry point of the image. Defined by the runtime; sets up the stack and calls [`MAIN`].
pub const ENTRY: &str = "_start";

/// `fn() -> !`: instantiates the module and runs it. Defined by the compiler, so that it calls only those parts of the
/// runtime that the program needs.
pub const MAIN: &str = "wasmc_main";

/// [`Limits`](crate::limits::Limits): sizes that the program has. Defined by the compiler.
pub const LIMITS: &str = "wasmc_limits";

/// `[u8]`: the program's grants (see [`crate::grants`]). Defined by the compiler.
pub const GRANTS: &str = "wasmc_grants";

/// [`Memory`](crate::memory::Memory): the memory that imported functions work on. Defined by the compiler where the
/// program has a memory.
pub const MEMORY: &str = "wasmc_memory";

/// [`ThreadPlan`](crate::thread::ThreadPlan): how another thread of the program begins. Defined by the compiler where
/// the program can start threads.
pub const THREAD: &str = "wasmc_thread";

/// `[u8]`: directories that are part of the program (see [`crate::embedded`]). Defined by the compiler where there are
/// any.
pub const EMBEDDED: &str = "wasmc_embedded";

/// `[u8]`: the program's confinement (see [`crate::confinement`]). Defined by the compiler.
pub const FILTER: &str = "wasmc_filter";

/// [`Heap`](crate::heap::Heap): where the next object lies. Defined by the runtime.
pub const HEAP: &str = "wasmc_heap";

/// The symbol that satisfies the import of a function: `<module>_<name>`, with every byte that C does not allow in an
/// identifier replaced by `_`.
#[derive(Clone, Copy, Debug)]
pub struct ImportSymbol<'a> {
    pub(crate) prefix: &'static str,
    pub(crate) module: &'a str,
    pub(crate) name: &'a str,
}

impl<'a> ImportSymbol<'a> {
    /// The symbol of the native function that satisfies the import of `name` from `module`.
    pub const fn native(module: &'a str, name: &'a str) -> Self {
        Self { prefix: "", module, name }
    }
}

impl fmt::Display for ImportSymbol<'_> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.prefix)?;
        let mut bytes = self.module.bytes().chain([b'_']).chain(self.name.bytes());
        bytes.try_for_each(|byte| to.write_char(if byte.is_ascii_alphanumeric() { byte.into() } else { '_' }))
    }
}
