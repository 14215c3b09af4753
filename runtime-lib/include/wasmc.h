/*
 * Native code in programs compiled by wasmc.
 *
 * Objects and archives named on wasmc's command line satisfy imports of the module:
 *
 *     wasmc app.wasm host.o -o app
 *
 * The import of function NAME from module MODULE is satisfied by the C function MODULE_NAME, where every byte of the
 * two names that C does not allow in an identifier is replaced by an underscore. So
 *
 *     (import "env" "read-sensor" (func (param i32 i64) (result f64)))
 *
 * is satisfied by
 *
 *     double env_read_sensor(int32_t, int64_t) { ... }
 *     WASMC_EXPORT(env_read_sensor, "(i32, i64) -> f64");
 *
 * where the second line says what type the function has: linking compares it with that of the import. A function
 * without such a line satisfies no import, unless wasmc is told to trust it (--trust-native): then nothing checks that
 * the two agree, and a guest may read what was left in a register.
 *
 * Calls follow the C calling convention of the target:
 *
 *     i32  int32_t or uint32_t        f32  float         v128       not supported
 *     i64  int64_t or uint64_t        f64  double        funcref,   uint64_t, to be passed on unchanged; 0 is null
 *                                                        externref
 *
 * A function has at most one result.
 *
 * The objects are part of the program and trusted as such: nothing confines them. They must be position independent
 * (-fPIC or -fPIE), and must not need a C library: the program has none, except for memcpy, memmove, memset, memcmp,
 * bcmp and strlen, which they do not define. Sections may have any names of letters, digits, `_` and `.`; refused are
 * thread-local variables, memory that is both written and executed, and functions to run when the program ends.
 * Constructors (.init_array) run before any code of the module, once its memory has its initial contents. A weak symbol
 * that nothing defines is 0; calling it ends the program.
 *
 * They run on the guest's stack, of which at least 256 KiB are free whenever a function is called; where less is left
 * the call traps with "call stack exhausted". Below the stack lies a guard of 1 MiB, where every access does so, too.
 * So a function whose frame has more than 1 MiB, or any with alloca or an array of variable length, should be compiled
 * with -fstack-clash-protection, which touches every page: otherwise it may skip the guard. Frames of a fixed size
 * beyond the guard's are found when the objects are linked, and refused.
 *
 * An address that the guest passes is an offset into its memory. Check it, and the length that goes with it, before
 * use:
 *
 *     static void *guest(uint32_t address, uint32_t length) {
 *         return (uint64_t)address + length <= wasmc_memory_size() ? (char *)wasmc_memory_base() + address : NULL;
 *     }
 */
#ifndef WASMC_H
#define WASMC_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Says what type the function NAME has, as WebAssembly writes it: "(i32, i64, f32, f64, funcref, externref) -> f64",
 * with "()" for no result. Stands outside functions, in the object that defines it or another one. Code in assembly
 * writes the same section by hand: two strings, each ended by a NUL byte. */
#if defined(__APPLE__)
#define WASMC_EXPORTS_SECTION "__DWARF,__wasmc_exports,regular,debug"
#else
#define WASMC_EXPORTS_SECTION ".wasmc.exports,\"e\",%progbits"
#endif
#define WASMC_EXPORT(name, type)                                                                                       \
    __asm__(".pushsection " WASMC_EXPORTS_SECTION "\n\t.asciz \"" #name "\"\n\t.asciz \"" type "\"\n\t.popsection")

/* Address of byte 0 of the module's memory. It may change whenever the module runs. Only in programs with a memory. */
void *wasmc_memory_base(void);

/* Size of the module's memory in bytes. It may change whenever the module runs. Only in programs with a memory. */
uint64_t wasmc_memory_size(void);

/* Ends the program with an exit status of 0 to 255. */
void wasmc_exit(int32_t status);

#ifdef __cplusplus
}
#endif

#endif
