//! The functions that can exist.

/// Every function that can exist in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKey {
    /// A function of the module, by index.
    Wasm(u32),
    /// What a reference to the imported function with this index refers to: a function of the module's own calling
    /// convention that calls the import.
    ImportStub(u32),
    /// What calls the function with this index with arguments in an array: see
    /// [`Exported::Trampoline`](crate::symbol::Exported).
    Trampoline(u32),
    /// The instantiation of one module among others.
    Instantiate,
    /// The program's start: see [`wasmc_abi::symbols::MAIN`].
    Main,
    /// The start of another thread: see [`wasmc_abi::thread::ThreadPlan::run`].
    Thread,
}
