//! What a program on bare metal is started with.
//!
//! No system passes arguments or an environment, so the compiler writes them to the image.

/// `[u64]`: the number of arguments, pointers to them (NUL-terminated), a null pointer, pointers to the variables that
/// the runtime reads ([`crate::heap::VARIABLE`]), a null pointer, and the number that random bytes are made from.
/// Defined by the compiler for targets without a system.
pub const START: &str = "wasmc_bare_start";
