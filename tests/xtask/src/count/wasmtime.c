/*
 * Wasmtime without Python: compiles a module ahead, and runs what was compiled.
 *
 *     wasmtime compile MODULE COMPILED
 *     wasmtime run COMPILED [ARGUMENT...]
 *
 * The Python package has the library but no headers, so what is used of its C interface is declared here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct wasm_engine wasm_engine_t;
typedef struct wasm_trap wasm_trap_t;
typedef struct wasi_config wasi_config_t;
typedef struct wasmtime_context wasmtime_context_t;
typedef struct wasmtime_error wasmtime_error_t;
typedef struct wasmtime_linker wasmtime_linker_t;
typedef struct wasmtime_module wasmtime_module_t;
typedef struct wasmtime_store wasmtime_store_t;
typedef struct { size_t size; char *data; } wasm_byte_vec_t;
typedef struct { uint64_t store_id; void *private; } wasmtime_func_t;

extern wasm_engine_t *wasm_engine_new(void);
extern void wasm_trap_message(const wasm_trap_t *, wasm_byte_vec_t *);
extern wasi_config_t *wasi_config_new(void);
extern bool wasi_config_set_argv(wasi_config_t *, size_t, const char **);
extern void wasi_config_inherit_stdin(wasi_config_t *);
extern void wasi_config_inherit_stdout(wasi_config_t *);
extern void wasi_config_inherit_stderr(wasi_config_t *);
extern wasmtime_store_t *wasmtime_store_new(wasm_engine_t *, void *, void (*)(void *));
extern wasmtime_context_t *wasmtime_store_context(wasmtime_store_t *);
extern wasmtime_error_t *wasmtime_context_set_wasi(wasmtime_context_t *, wasi_config_t *);
extern wasmtime_error_t *wasmtime_wat2wasm(const char *, size_t, wasm_byte_vec_t *);
extern wasmtime_error_t *wasmtime_module_new(wasm_engine_t *, const uint8_t *, size_t, wasmtime_module_t **);
extern wasmtime_error_t *wasmtime_module_serialize(wasmtime_module_t *, wasm_byte_vec_t *);
extern wasmtime_error_t *wasmtime_module_deserialize_file(wasm_engine_t *, const char *, wasmtime_module_t **);
extern wasmtime_linker_t *wasmtime_linker_new(wasm_engine_t *);
extern wasmtime_error_t *wasmtime_linker_define_wasi(wasmtime_linker_t *);
extern wasmtime_error_t *wasmtime_linker_module(wasmtime_linker_t *, wasmtime_context_t *, const char *, size_t,
                                                const wasmtime_module_t *);
extern wasmtime_error_t *wasmtime_linker_get_default(const wasmtime_linker_t *, wasmtime_context_t *, const char *,
                                                     size_t, wasmtime_func_t *);
extern wasmtime_error_t *wasmtime_func_call(wasmtime_context_t *, const wasmtime_func_t *, const void *, size_t,
                                            void *, size_t, wasm_trap_t **);
extern void wasmtime_error_message(const wasmtime_error_t *, wasm_byte_vec_t *);
extern bool wasmtime_error_exit_status(const wasmtime_error_t *, int *);

static void fail(const char *message, size_t length) {
    fprintf(stderr, "wasmtime: %.*s\n", (int)length, message);
    exit(1);
}

/* Ends the program where there is an error: with the status that a guest left by, which is an error here, too. */
static void check(wasmtime_error_t *error) {
    if (error == NULL)
        return;
    int status;
    if (wasmtime_error_exit_status(error, &status))
        exit(status);
    wasm_byte_vec_t message;
    wasmtime_error_message(error, &message);
    fail(message.data, message.size);
}

static wasm_byte_vec_t read_file(const char *path) {
    wasm_byte_vec_t bytes = {0, NULL};
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        fail(path, strlen(path));
    fseek(file, 0, SEEK_END);
    bytes.size = ftell(file);
    rewind(file);
    bytes.data = malloc(bytes.size);
    if (bytes.data == NULL || fread(bytes.data, 1, bytes.size, file) != bytes.size)
        fail(path, strlen(path));
    fclose(file);
    return bytes;
}

static void compile(wasm_engine_t *engine, const char *path, const char *output) {
    wasm_byte_vec_t wasm = read_file(path), compiled;
    if (wasm.size < 4 || memcmp(wasm.data, "\0asm", 4) != 0) {
        wasm_byte_vec_t text = wasm;
        check(wasmtime_wat2wasm(text.data, text.size, &wasm));
    }
    wasmtime_module_t *module;
    check(wasmtime_module_new(engine, (const uint8_t *)wasm.data, wasm.size, &module));
    check(wasmtime_module_serialize(module, &compiled));
    FILE *file = fopen(output, "wb");
    if (file == NULL || fwrite(compiled.data, 1, compiled.size, file) != compiled.size || fclose(file) != 0)
        fail(output, strlen(output));
}

static void run(wasm_engine_t *engine, int argc, const char **argv) {
    wasmtime_module_t *module;
    check(wasmtime_module_deserialize_file(engine, argv[0], &module));
    wasi_config_t *wasi = wasi_config_new();
    wasi_config_set_argv(wasi, argc, argv);
    wasi_config_inherit_stdin(wasi);
    wasi_config_inherit_stdout(wasi);
    wasi_config_inherit_stderr(wasi);
    wasmtime_context_t *context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
    check(wasmtime_context_set_wasi(context, wasi));
    wasmtime_linker_t *linker = wasmtime_linker_new(engine);
    check(wasmtime_linker_define_wasi(linker));

    wasmtime_func_t start;
    check(wasmtime_linker_module(linker, context, "", 0, module));
    check(wasmtime_linker_get_default(linker, context, "", 0, &start));
    wasm_trap_t *trap = NULL;
    check(wasmtime_func_call(context, &start, NULL, 0, NULL, 0, &trap));
    if (trap != NULL) {
        wasm_byte_vec_t message;
        wasm_trap_message(trap, &message);
        fail(message.data, message.size);
    }
}

int main(int argc, char **argv) {
    static const char usage[] = "compile MODULE COMPILED, or run COMPILED [ARGUMENT...]";
    if (argc == 4 && strcmp(argv[1], "compile") == 0)
        compile(wasm_engine_new(), argv[2], argv[3]);
    else if (argc >= 3 && strcmp(argv[1], "run") == 0)
        run(wasm_engine_new(), argc - 2, (const char **)argv + 2);
    else
        fail(usage, sizeof usage - 1);
    return 0;
}
