//! What differs from board to board: a handful of C functions, which `include/wasmc_board.h` describes.
//!
//! The runtime has each of them for QEMU's `virt` machines (`arch/*/virt.rs`), under a weak symbol: a function that the
//! user's object defines is linked in its place.

unsafe extern "C" {
    /// Prepares the console. Called first.
    pub safe fn wasmc_board_init();
    /// Writes a byte to the console.
    pub safe fn wasmc_board_putc(byte: u8);
    /// The next byte of input, [`NOTHING_YET`] or [`END_OF_INPUT`].
    pub safe fn wasmc_board_getc() -> i32;
    /// A counter that never decreases.
    pub safe fn wasmc_board_ticks() -> u64;
    /// The frequency of that counter in Hz.
    pub safe fn wasmc_board_ticks_per_second() -> u64;
    /// Nanoseconds since 1970, 0 where the board has no such clock.
    pub safe fn wasmc_board_realtime() -> u64;
    /// Writes `len` random bytes; returns how many it wrote.
    pub unsafe fn wasmc_board_random(to: *mut u8, len: usize) -> usize;
    /// Ends the program.
    pub safe fn wasmc_board_exit(status: i32) -> !;
}

/// No input has arrived yet.
pub const NOTHING_YET: i32 = -1;
/// Reading ends here, as at the end of a file.
pub const END_OF_INPUT: i32 = -2;

/// The byte that ends input on the consoles of the `virt` machines, as on terminals: Ctrl-D.
pub const END_OF_TRANSMISSION: i32 = 4;

/// Defines a weak symbol for a function of the board: the instruction that jumps there, the symbol, the function.
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
