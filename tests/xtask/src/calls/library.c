/*
 * What calls between a host and a guest take: of a library that wasmc makes, and of Wasmtime.
 *
 *     library TEXT CALLS ROUNDS
 *
 * Prints a line for each kind of call: its name, then nanoseconds of processor time by wasmc and by Wasmtime, and the
 * ratio, each the median of all rounds. Wasmtime's are those of its calls without checks.
 *
 * Its Python package has the library but no headers, so what is used of its C interface is declared here.
 */
#include "guest.h"
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

typedef struct { uint64_t store; void *private; } wasmtime_func_t;
typedef struct { uint8_t kind; union { wasmtime_func_t func; char room[24]; } of; } wasmtime_extern_t;
typedef union { int32_t i32; char room[16]; } __attribute__((aligned(16))) wasmtime_val_raw_t;
typedef struct { uint64_t store; size_t private; } wasmtime_instance_t;
typedef struct { size_t size; void **data; } wasm_valtype_vec_t;
typedef struct { size_t size; uint8_t *data; } wasm_byte_vec_t;

extern void *wasm_engine_new(void);
extern void *wasm_functype_new(wasm_valtype_vec_t *, wasm_valtype_vec_t *);
extern void *wasm_valtype_new(uint8_t);
extern void wasm_valtype_vec_new(wasm_valtype_vec_t *, size_t, void *const *);
extern void *wasmtime_func_call_unchecked(void *, const wasmtime_func_t *, wasmtime_val_raw_t *, size_t, void **);
extern void wasmtime_func_new_unchecked(void *, const void *, void *, void *, void *, wasmtime_func_t *);
extern int wasmtime_instance_export_get(void *, const wasmtime_instance_t *, const char *, size_t, wasmtime_extern_t *);
extern void *wasmtime_instance_new(void *, const void *, const wasmtime_extern_t *, size_t, wasmtime_instance_t *,
                                   void **);
extern void *wasmtime_module_new(void *, const uint8_t *, size_t, void **);
extern void *wasmtime_store_context(void *);
extern void *wasmtime_store_new(void *, void *, void (*)(void *));
extern void *wasmtime_wat2wasm(const char *, size_t, wasm_byte_vec_t *);

enum { MAX_ROUNDS = 101, MAX_MODULE = 1 << 16 };

static void *context;

static void stop(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void *next_of_wasmtime(void *data, void *caller, wasmtime_val_raw_t *values, size_t count) {
    (void)data, (void)caller, (void)count;
    values[0].i32 += 1;
    return NULL;
}

static wasmc_outcome_i32 next_of_wasmc(guest_instance *guest, int32_t value) {
    (void)guest;
    return wasmc_return_i32(value + 1);
}

static wasmtime_func_t export_of(const wasmtime_instance_t *instance, const char *name, size_t len) {
    wasmtime_extern_t found;
    if (!wasmtime_instance_export_get(context, instance, name, len, &found))
        stop("an export is missing");
    return found.of.func;
}

static void call(const wasmtime_func_t *function, wasmtime_val_raw_t *values, size_t count) {
    void *trap = NULL;
    if (wasmtime_func_call_unchecked(context, function, values, count, &trap) != NULL || trap != NULL)
        stop("Wasmtime: a call fails");
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int by_size(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

static double median(double *values, int count) {
    qsort(values, (size_t)count, sizeof *values, by_size);
    return values[count / 2];
}

static guest_instance guest;
static wasmtime_func_t nothing, add, repeat;
static int32_t sum;
static uint32_t status;

static void nothing_of_wasmc(int calls) {
    for (int n = 0; n < calls; n++)
        status |= guest_nothing(&guest);
}

static void nothing_of_wasmtime(int calls) {
    for (int n = 0; n < calls; n++)
        call(&nothing, NULL, 0);
}

static void add_of_wasmc(int calls) {
    for (int n = 0; n < calls; n++)
        status |= guest_add(&guest, sum, 1, &sum);
}

static void add_of_wasmtime(int calls) {
    wasmtime_val_raw_t values[2];
    for (int n = 0; n < calls; n++) {
        values[0].i32 = sum;
        values[1].i32 = 1;
        call(&add, values, 2);
        sum = values[0].i32;
    }
}

static void repeat_of_wasmc(int calls) {
    status |= guest_repeat(&guest, calls, &sum);
}

static void repeat_of_wasmtime(int calls) {
    wasmtime_val_raw_t value = {.i32 = calls};
    call(&repeat, &value, 1);
}

/* Takes the time of both in each round, by turns. */
static void measure(const char *name, int calls, int rounds, void (*ours)(int), void (*theirs)(int)) {
    double us[MAX_ROUNDS], them[MAX_ROUNDS], ratios[MAX_ROUNDS];
    for (int round = 0; round < rounds; round++) {
        double start = now();
        ours(calls);
        double middle = now();
        theirs(calls);
        us[round] = (middle - start) / calls;
        them[round] = (now() - middle) / calls;
        ratios[round] = us[round] / them[round];
    }
    printf("%s\t%f\t%f\t%f\n", name, median(us, rounds), median(them, rounds), median(ratios, rounds));
}

int main(int count, char **arguments) {
    static char text[MAX_MODULE];
    if (count != 4)
        stop("expected: TEXT CALLS ROUNDS");
    int calls = atoi(arguments[2]), rounds = atoi(arguments[3]);
    FILE *file = fopen(arguments[1], "rb");
    if (file == NULL || rounds < 1 || rounds > MAX_ROUNDS || calls < 1)
        stop("no such file, or numbers out of range");
    size_t len = fread(text, 1, sizeof text, file);
    wasm_byte_vec_t wasm;
    if (wasmtime_wat2wasm(text, len, &wasm) != NULL)
        stop("the module is not understood");

    void *engine = wasm_engine_new(), *module, *trap = NULL;
    void *param = wasm_valtype_new(0), *result = wasm_valtype_new(0);
    context = wasmtime_store_context(wasmtime_store_new(engine, NULL, NULL));
    wasm_valtype_vec_t params, results;
    wasm_valtype_vec_new(&params, 1, &param);
    wasm_valtype_vec_new(&results, 1, &result);
    wasmtime_extern_t import = {0};
    wasmtime_func_new_unchecked(context, wasm_functype_new(&params, &results), (void *)next_of_wasmtime, NULL, NULL,
                                &import.of.func);
    wasmtime_instance_t instance;
    if (wasmtime_module_new(engine, wasm.data, wasm.size, &module) != NULL
        || wasmtime_instance_new(context, module, &import, 1, &instance, &trap) != NULL || trap != NULL)
        stop("Wasmtime: no instance");
    nothing = export_of(&instance, "nothing", 7);
    add = export_of(&instance, "add", 3);
    repeat = export_of(&instance, "repeat", 6);

    guest_imports imports = {next_of_wasmc};
    if (guest_create(&guest, &imports, NULL, NULL) != 0)
        stop("wasmc: no instance");

    measure("host to guest, no values", calls, rounds, nothing_of_wasmc, nothing_of_wasmtime);
    measure("host to guest, two numbers", calls, rounds, add_of_wasmc, add_of_wasmtime);
    measure("guest to host, one number", calls, rounds, repeat_of_wasmc, repeat_of_wasmtime);
    if (status != 0 || sum != calls)
        stop("a call fails, or returns something else");
    return 0;
}
