//! How much compiling may take.
//!
//! Both limits grow with what is compiled, so that no module is refused for its size, but for what a few of its bytes
//! ask for.

/// A megabyte.
const MB: u64 = 1 << 20;

/// What compiling may take at most; `None` for as much as the inputs' sizes allow.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of memory.
    pub compile_memory: Option<u64>,
    /// Bytes of the image.
    pub image: Option<u64>,
}

/// How many bytes of inputs there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct InputSize {
    /// Of the module.
    pub module: u64,
    /// Of native objects, and of files that become part of the program.
    pub others: u64,
}

/// Bytes of memory for each byte of inputs other than the module.
pub const MEMORY_OF_OTHERS: u64 = 8;

impl Limits {
    /// Bytes of memory that compiling may take on `jobs` threads.
    pub fn compile_memory(&self, inputs: InputSize, jobs: u64) -> u64 {
        let default = || 128 * MB + 64 * MB * (jobs - 1) + 300 * inputs.module + MEMORY_OF_OTHERS * inputs.others;
        self.compile_memory.unwrap_or_else(default)
    }

    /// Bytes that the image may have.
    pub fn image(&self, inputs: InputSize) -> u64 {
        self.image.unwrap_or_else(|| 64 * MB + 16 * inputs.module + 2 * inputs.others)
    }
}
