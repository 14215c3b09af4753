/*
 * Wasmtime without Python: compiles a module ahead, and runs what was compiled.
 *
 *     wasmtime compile MODULE COMPILED [one-thread] [TARGET FEATURE...]
 *     wasmtime run COMPILED [ARGUMENT...]
 *
 * With a target it uses these features of it, else those of the machine that it runs on. With WASMTIME_REPORT in the
 * environment, `run` writes there as TOML what it takes from instantiation to exit.
 *
 * The Python package has the library but no headers, so what is used of its C interface is declared here.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

typedef struct wasm_config wasm_config_t;
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

extern wasm_config_t *wasm_config_new(void);
extern wasm_engine_t *wasm_engine_new_with_config(wasm_config_t *);
extern void wasmtime_config_cranelift_flag_enable(wasm_config_t *, const char *);
extern void wasmtime_config_max_wasm_stack_set(wasm_config_t *, size_t);
extern void wasmtime_config_parallel_compilation_set(wasm_config_t *, bool);
extern wasmtime_error_t *wasmtime_config_target_set(wasm_config_t *, const char *);
extern void wasmtime_config_wasm_exceptions_set(wasm_config_t *, bool);
extern void wasmtime_config_wasm_function_references_set(wasm_config_t *, bool);
extern void wasmtime_config_wasm_gc_set(wasm_config_t *, bool);
extern void wasmtime_config_wasm_tail_call_set(wasm_config_t *, bool);
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

/* Default settings but for the stack, as much as is allowed without more of them, and for proposals that are not on in
 * every version. */
static wasm_config_t *new_config(void) {
    wasm_config_t *config = wasm_config_new();
    wasmtime_config_max_wasm_stack_set(config, 2 << 20);
    wasmtime_config_wasm_exceptions_set(config, true);
    wasmtime_config_wasm_function_references_set(config, true);
    wasmtime_config_wasm_gc_set(config, true);
    wasmtime_config_wasm_tail_call_set(config, true);
    return config;
}

static void compile(const char *path, const char *output, int optionc, const char **options) {
    wasm_config_t *config = new_config();
    if (optionc > 0 && strcmp(options[0], "one-thread") == 0) {
        wasmtime_config_parallel_compilation_set(config, false);
        optionc--, options++;
    }
    if (optionc > 0)
        check(wasmtime_config_target_set(config, options[0]));
    for (int i = 1; i < optionc; i++)
        wasmtime_config_cranelift_flag_enable(config, options[i]);
    wasm_engine_t *engine = wasm_engine_new_with_config(config);
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

static const char *report_path;
static struct timespec start_wall;
static struct rusage start_usage;

static void report(void) {
    struct timespec wall;
    struct rusage usage;
    clock_gettime(CLOCK_MONOTONIC, &wall);
    getrusage(RUSAGE_SELF, &usage);
    FILE *file = fopen(report_path, "w");
    if (file == NULL)
        return;
    fprintf(file, "wall = %.9f\nuser = %.9f\n",
            (wall.tv_sec - start_wall.tv_sec) + (wall.tv_nsec - start_wall.tv_nsec) / 1e9,
            (usage.ru_utime.tv_sec - start_usage.ru_utime.tv_sec)
                + (usage.ru_utime.tv_usec - start_usage.ru_utime.tv_usec) / 1e6);
    fclose(file);
}

static void run(int argc, const char **argv) {
    wasm_engine_t *engine = wasm_engine_new_with_config(new_config());
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

    report_path = getenv("WASMTIME_REPORT");
    if (report_path != NULL) {
        atexit(report);
        clock_gettime(CLOCK_MONOTONIC, &start_wall);
        getrusage(RUSAGE_SELF, &start_usage);
    }
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
    static const char usage[] = "compile MODULE COMPILED [OPTION...], or run COMPILED [ARGUMENT...]";
    if (argc >= 4 && strcmp(argv[1], "compile") == 0)
        compile(argv[2], argv[3], argc - 4, (const char **)argv + 4);
    else if (argc >= 3 && strcmp(argv[1], "run") == 0)
        run(argc - 2, (const char **)argv + 2);
    else
        fail(usage, sizeof usage - 1);
    return 0;
}
