//! Native code of the user's that is linked with a program: how it says what types its functions have, and the stack
//! that it runs on.

/// Name of the section in which objects say the types of functions that satisfy imports: pairs of strings, each ended
/// by a NUL byte, of a function's C name and its type as `(i32, i64) -> f64`. It is not part of images.
/// `runtime-lib/include/wasmc.h` and the crate `wasmc-native` write it.
pub const EXPORTS_SECTION: &str = ".wasmc.exports";

/// Bytes of stack that are free whenever a native function is called: they come on top of what the program was given.
/// `runtime-lib/include/wasmc.h` promises them.
pub const STACK: u64 = 256 << 10;

/// Bytes of the guard below each stack of a program that calls native functions. Compiled code touches every page that
/// it skips, and the runtime's own frames are smaller than [`crate::thread::GUARD`]; native code may skip more.
pub const GUARD: u64 = 1 << 20;

/// The array of functions of native objects that run before the program (gABI, "Initialization and Termination
/// Functions"): its first byte and its end. Defined by the linker script.
pub const INITIALIZERS: [&str; 2] = ["wasmc_initializers_start", "wasmc_initializers_end"];
