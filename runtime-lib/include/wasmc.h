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
 *     double env_read_sensor(int32_t, int64_t);
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
 * (-fPIC or -fPIE), must not need a C library (the program has none, except for memcpy, memmove, memset, memcmp, bcmp
 * and strlen), must not use thread-local variables, and run on the guest's stack: a function whose frame is larger than
 * a page should be compiled with -fstack-clash-protection, so that stack exhaustion is detected.
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
