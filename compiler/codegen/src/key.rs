//! The functions that can exist.

use wasmc_frontend::index::FuncIndex;

/// Every function that can exist in an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FunctionKey {
    /// A function of the module.
    Wasm(FuncIndex),
    /// What a reference to this imported function refers to: a function of the module's own calling
    /// convention that calls the import.
    ImportStub(FuncIndex),
    /// What calls this function with arguments in an array: see
    /// [`Exported::Trampoline`](crate::symbol::Exported).
    Trampoline(FuncIndex),
    /// The instantiation of one module among others.
    Instantiate,
    /// What comes before the instantiation of all modules of a component: the address space of memories.
    Prepare,
    /// The program's start: see [`wasmc_abi::symbols::MAIN`].
    Main,
    /// The start of another thread: see [`wasmc_abi::thread::ThreadPlan::run`].
    Thread,
}
