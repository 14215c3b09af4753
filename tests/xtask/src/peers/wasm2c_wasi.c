/*
 * As much of WASI as the benchmarks need to run after wasm2c: arguments, an empty environment, clocks, random bytes
 * and the three standard streams. No files: every path is refused. Includes the header that wasm2c wrote.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"

/* Error numbers of WASI. */
enum { SUCCESS = 0, BADF = 8, IO = 29, NOENT = 44, SPIPE = 70 };

struct Z_wasi_snapshot_preview1_instance_t {
    Z_guest_instance_t *guest;
    int argc;
    char **argv;
};

typedef struct Z_wasi_snapshot_preview1_instance_t Wasi;

#define IMPORT(name) Z_wasi_snapshot_preview1Z_##name

/* A range of the guest's memory; a range outside it ends the program. */
static uint8_t *at(Wasi *wasi, u32 address, u64 length) {
    wasm_rt_memory_t *memory = Z_guestZ_memory(wasi->guest);
    if (address + length > memory->size)
        wasm_rt_trap(WASM_RT_TRAP_OOB);
    return memory->data + address;
}

static void put32(Wasi *wasi, u32 address, u32 value) {
    memcpy(at(wasi, address, sizeof value), &value, sizeof value);
}

static void put64(Wasi *wasi, u32 address, u64 value) {
    memcpy(at(wasi, address, sizeof value), &value, sizeof value);
}

static u32 get32(Wasi *wasi, u32 address) {
    u32 value;
    memcpy(&value, at(wasi, address, sizeof value), sizeof value);
    return value;
}

u32 IMPORT(args_sizes_get)(Wasi *wasi, u32 count, u32 size) {
    u32 total = 0;
    for (int i = 0; i < wasi->argc; i++)
        total += strlen(wasi->argv[i]) + 1;
    put32(wasi, count, wasi->argc);
    put32(wasi, size, total);
    return SUCCESS;
}

u32 IMPORT(args_get)(Wasi *wasi, u32 pointers, u32 text) {
    for (int i = 0; i < wasi->argc; i++) {
        u32 length = strlen(wasi->argv[i]) + 1;
        put32(wasi, pointers + 4 * i, text);
        memcpy(at(wasi, text, length), wasi->argv[i], length);
        text += length;
    }
    return SUCCESS;
}

u32 IMPORT(environ_sizes_get)(Wasi *wasi, u32 count, u32 size) {
    put32(wasi, count, 0);
    put32(wasi, size, 0);
    return SUCCESS;
}

u32 IMPORT(environ_get)(Wasi *wasi, u32 pointers, u32 text) {
    (void)wasi, (void)pointers, (void)text;
    return SUCCESS;
}

u32 IMPORT(clock_time_get)(Wasi *wasi, u32 clock, u64 precision, u32 result) {
    (void)precision;
    struct timespec now;
    clock_gettime(clock == 0 ? CLOCK_REALTIME : CLOCK_MONOTONIC, &now);
    put64(wasi, result, (u64)now.tv_sec * 1000000000 + now.tv_nsec);
    return SUCCESS;
}

u32 IMPORT(random_get)(Wasi *wasi, u32 buffer, u32 length) {
    return getrandom(at(wasi, buffer, length), length, 0) == (ssize_t)length ? SUCCESS : IO;
}

/* Reads or writes each of the guest's vectors until one is not filled. */
static u32 transfer(Wasi *wasi, u32 fd, u32 vectors, u32 count, u32 result, int writes) {
    if (fd > 2)
        return BADF;
    u32 total = 0;
    for (u32 i = 0; i < count; i++) {
        u32 address = get32(wasi, vectors + 8 * i), length = get32(wasi, vectors + 8 * i + 4);
        uint8_t *bytes = at(wasi, address, length);
        ssize_t done = writes ? write(fd, bytes, length) : read(fd, bytes, length);
        if (done < 0)
            return IO;
        total += done;
        if ((u32)done < length)
            break;
    }
    put32(wasi, result, total);
    return SUCCESS;
}

u32 IMPORT(fd_read)(Wasi *wasi, u32 fd, u32 vectors, u32 count, u32 result) {
    return transfer(wasi, fd, vectors, count, result, 0);
}

u32 IMPORT(fd_write)(Wasi *wasi, u32 fd, u32 vectors, u32 count, u32 result) {
    return transfer(wasi, fd, vectors, count, result, 1);
}

u32 IMPORT(fd_fdstat_get)(Wasi *wasi, u32 fd, u32 result) {
    if (fd > 2)
        return BADF;
    memset(at(wasi, result, 24), 0, 24);
    *at(wasi, result, 1) = 2; /* a character device */
    put64(wasi, result + 8, ~(u64)0);
    return SUCCESS;
}

u32 IMPORT(fd_fdstat_set_flags)(Wasi *wasi, u32 fd, u32 flags) {
    (void)wasi, (void)flags;
    return fd > 2 ? BADF : SUCCESS;
}

u32 IMPORT(fd_seek)(Wasi *wasi, u32 fd, u64 offset, u32 whence, u32 result) {
    (void)wasi, (void)offset, (void)whence, (void)result;
    return fd > 2 ? BADF : SPIPE;
}

u32 IMPORT(fd_close)(Wasi *wasi, u32 fd) {
    (void)wasi;
    return fd > 2 ? BADF : SUCCESS;
}

u32 IMPORT(fd_prestat_get)(Wasi *wasi, u32 fd, u32 result) {
    (void)wasi, (void)fd, (void)result;
    return BADF;
}

u32 IMPORT(fd_prestat_dir_name)(Wasi *wasi, u32 fd, u32 path, u32 length) {
    (void)wasi, (void)fd, (void)path, (void)length;
    return BADF;
}

u32 IMPORT(path_open)(Wasi *wasi, u32 fd, u32 flags, u32 path, u32 length, u32 open, u64 rights, u64 inherited,
                      u32 descriptor, u32 result) {
    (void)wasi, (void)fd, (void)flags, (void)path, (void)length, (void)open, (void)rights, (void)inherited;
    (void)descriptor, (void)result;
    return NOENT;
}

u32 IMPORT(path_filestat_get)(Wasi *wasi, u32 fd, u32 flags, u32 path, u32 length, u32 result) {
    (void)wasi, (void)fd, (void)flags, (void)path, (void)length, (void)result;
    return NOENT;
}

void IMPORT(proc_exit)(Wasi *wasi, u32 status) {
    (void)wasi;
    exit(status);
}

int main(int argc, char **argv) {
    static Z_guest_instance_t guest;
    Wasi wasi = {&guest, argc, argv};
    wasm_rt_init();
    Z_guest_init_module();
    Z_guest_instantiate(&guest, &wasi);
    Z_guestZ__start(&guest);
    return 0;
}
