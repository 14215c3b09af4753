/*
 * A board of your own, on bare metal.
 *
 * A program for a target without a system calls the functions below for everything that differs from board to board.
 * The runtime defines them for the machines `virt` of QEMU. Define those that differ on your board, in an object or
 * archive named on wasmc's command line, and describe the board's memory in a target file (targets/README.md):
 *
 *     clang --target=riscv64-unknown-none-elf -march=rv64gc -mcmodel=medany -ffreestanding -O2 -c board.c
 *     wasmc app.wasm board.o --target board.toml -o app.elf
 *
 * Your definitions are linked in place of the runtime's. Examples are in fixtures/boards.
 *
 * The functions are called on the program's stack, or on one of 60 KiB while a trap is reported, with interrupts
 * masked, never two at once; wasmc_board_init on one of 8 KiB. The code must be position independent or of a code model
 * that reaches all of the image (-mcmodel=medany on RISC-V), and must not need a C library, except for memcpy, memmove,
 * memset, memcmp and strlen. Addresses outside [ram] in the target file can be read and written, except for the page at
 * address 0; on AArch64 they are not cached.
 */
#ifndef WASMC_BOARD_H
#define WASMC_BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Prepares the devices that the other functions use, above all the console. Called first, once, with .bss zeroed and
 * memory protected. */
void wasmc_board_init(void);

/* Writes a byte to the console: standard output and standard error. Waits until the console takes it. */
void wasmc_board_putc(uint8_t byte);

/* No byte has arrived yet. */
#define WASMC_BOARD_NOTHING_YET (-1)
/* Reading ends here, as at the end of a file. The runtime's own consoles return it for byte 4 (Ctrl-D). */
#define WASMC_BOARD_END_OF_INPUT (-2)

/* The next byte of standard input, 0 to 255, or one of the numbers above. Does not wait. */
int32_t wasmc_board_getc(void);

/* A counter that never decreases, and its frequency in Hz: every clock of WASI is derived from them. Called at any
 * time. */
uint64_t wasmc_board_ticks(void);
uint64_t wasmc_board_ticks_per_second(void);

/* The time of day in nanoseconds since 1970, or 0 where the board has no such clock. Called once, when the program
 * first reads the realtime clock. The runtime's own function reads the clock of QEMU: a board without one must define
 * this and return 0. */
uint64_t wasmc_board_realtime(void);

/* Writes up to `length` random bytes; returns how many, 0 on failure. The runtime's own bytes are computed from
 * --seed. */
size_t wasmc_board_random(uint8_t *to, size_t length);

/* Ends the program; `status` is 0 to 255, or 134 after a trap. Does not return. */
__attribute__((noreturn)) void wasmc_board_exit(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
