/*
 * A board of your own, on bare metal.
 *
 * A program for a target without a system calls the functions below for everything that differs from board to board. The
 * runtime has them for the machines `virt` of QEMU. Define those that are different on your board, in an object or archive that
 * is named on wasmc's command line, and describe its memory in a target file (targets/README.md):
 *
 *     clang --target=riscv64-unknown-none-elf -march=rv64gc -mcmodel=medany -ffreestanding -O2 -c board.c
 *     wasmc app.wasm board.o --target board.toml -o app.elf
 *
 * What you define is linked instead of the runtime's function of that name; the others stay as they are. Examples are
 * in fixtures/boards.
 *
 * The functions are called on the program's stack, or on one of 60 KiB while a trap is reported, with interrupts masked, never two at
 * once; wasmc_board_init on one of 8 KiB. The code must be position independent or of a model that reaches all of the image (-mcmodel=medany on RISC-V),
 * and needs no C library; memcpy, memmove, memset, memcmp and strlen are there. All that lies outside [ram] in
 * the target file can be read and written, and is not cached on AArch64, but for the page at address 0.
 */
#ifndef WASMC_BOARD_H
#define WASMC_BOARD_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Prepares what the other functions use: the console before all. Called once, first, with .bss zeroed and memory protected. */
void wasmc_board_init(void);

/* Writes a byte to the console: standard output and standard error. Waits while it cannot. */
void wasmc_board_putc(uint8_t byte);

/* No byte has arrived yet. */
#define WASMC_BOARD_NOTHING_YET (-1)
/* Reading ends here, as at the end of a file. The runtime's own consoles say so on byte 4 (Ctrl-D). */
#define WASMC_BOARD_END_OF_INPUT (-2)

/* The next byte of standard input, 0 to 255, or one of the numbers above. Does not wait. */
int32_t wasmc_board_getc(void);

/* A counter that never runs backwards, and its rate: every clock of WASI is made of them. Asked for at any time. */
uint64_t wasmc_board_ticks(void);
uint64_t wasmc_board_ticks_per_second(void);

/* The time of day in nanoseconds since 1970, or 0 where the board does not know it. Asked for once, by the first program that
 * wants to know. The runtime's own for QEMU read the machine's clock: a board without one must define this and return 0. */
uint64_t wasmc_board_realtime(void);

/* Writes up to `length` random bytes; returns how many, 0 where that fails. The runtime's own are computed from --seed. */
size_t wasmc_board_random(uint8_t *to, size_t length);

/* Ends the program; `status` is 0 to 255, or 134 after a trap. Does not return. */
__attribute__((noreturn)) void wasmc_board_exit(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
