//! What differs from board to board: a handful of C functions, which `include/wasmc_board.h` describes.
//!
//! The runtime has one of each for QEMU's `virt` machines (`arch/*/virt.rs`), under a weak symbol: where an object of the
//! user's defines the function, that one is linked, and the runtime's dropped.

unsafe extern "C" {
    /// Prepares the console. Called first.
    pub safe fn wasmc_board_init();
    /// Writes a byte to the console.
    pub safe fn wasmc_board_putc(byte: u8);
    /// The next byte of input, [`NOTHING_YET`] or [`END_OF_INPUT`].
    pub safe fn wasmc_board_getc() -> i32;
    /// A counter that never runs backwards.
    pub safe fn wasmc_board_ticks() -> u64;
    /// How fast it counts.
    pub safe fn wasmc_board_ticks_per_second() -> u64;
    /// Nanoseconds since 1970, 0 where no clock knows.
    pub safe fn wasmc_board_realtime() -> u64;
    /// Writes `len` random bytes; returns how many it wrote.
    pub unsafe fn wasmc_board_random(to: *mut u8, len: usize) -> usize;
    /// Ends the program.
    pub safe fn wasmc_board_exit(status: i32) -> !;
}

/// There may be input later.
pub const NOTHING_YET: i32 = -1;
/// There is no more input for now: what a file's end is to a program.
pub const END_OF_INPUT: i32 = -2;

/// The byte that ends input on the consoles of the `virt` machines, as on terminals: Ctrl-D.
pub const END_OF_TRANSMISSION: i32 = 4;

/// Defines a function of the board under its weak symbol: the instruction that jumps, the symbol, the function.
macro_rules! weak {
    ($jump:literal, $symbol:literal, $function:path) => {
        core::arch::global_asm!(
            concat!(".pushsection .text.", $symbol, ",\"ax\",@progbits"),
            concat!(".weak ", $symbol),
            concat!(".type ", $symbol, ",@function"),
            ".balign 4",
            concat!($symbol, ":"),
            concat!($jump, " {function}"),
            ".popsection",
            function = sym $function,
        );
    };
}
pub(super) use weak;
