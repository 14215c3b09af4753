#ifndef WASMC_EMBED_VERSION
#define WASMC_EMBED_VERSION 5

#if defined(__cplusplus) && __cplusplus >= 201103L
#define WASMC_ALIGNED alignas(16)
#elif defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L
#define WASMC_ALIGNED _Alignas(16)
#else
#define WASMC_ALIGNED __attribute__((aligned(16)))
#endif

#if defined(__STDC_HOSTED__) && __STDC_HOSTED__
#include <string.h>
#endif

#ifdef __cplusplus
extern "C" {
#endif

#if !defined(__STDC_HOSTED__) || !__STDC_HOSTED__
void *memcpy(void *to, const void *from, size_t len);
#endif

/* A reference to what is the guest's, to an object, a function or an exception: a handle, which keeps what it refers to
   until it is freed, or the instance is. 0 is null. Whoever is given a handle has it to free: the host, those that the
   guest returns, or passes to its functions; what these return is taken from them. What is passed to the guest stays
   the host's. A handle that was freed, or is of another instance or of another type than is wanted, is an error. An i31
   is a handle that needs not be freed. In libraries of guests that make external references of their own
   (extern.convert_any), externref is such a handle, too. */
typedef uint64_t wasmc_ref_t;

/* A value: the member of its type. A reference to something of the host's is any number but 0, which is null. */
typedef union wasmc_value {
    WASMC_ALIGNED uint8_t v128[16];
    int32_t i32;
    int64_t i64;
    float f32;
    double f64;
    uint64_t externref;
    wasmc_ref_t ref;
} wasmc_value;

/* Types of references that are not a module's own. */
enum {
    WASMC_TYPE_EXN = -23,
    WASMC_TYPE_ARRAY = -22,
    WASMC_TYPE_STRUCT = -21,
    WASMC_TYPE_I31 = -20,
    WASMC_TYPE_EQ = -19,
    WASMC_TYPE_ANY = -18,
    WASMC_TYPE_EXTERN = -17,
    WASMC_TYPE_FUNC = -16
};

/* How a call has ended. Other numbers are those of later versions. */
enum {
    WASMC_OK = 0,
    WASMC_TRAP_UNREACHABLE = 1,
    WASMC_TRAP_INTEGER_DIVIDE_BY_ZERO = 2,
    WASMC_TRAP_INTEGER_OVERFLOW = 3,
    WASMC_TRAP_INVALID_CONVERSION_TO_INTEGER = 4,
    WASMC_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS = 5,
    WASMC_TRAP_OUT_OF_BOUNDS_TABLE_ACCESS = 6,
    WASMC_TRAP_UNDEFINED_ELEMENT = 7,
    WASMC_TRAP_UNINITIALIZED_ELEMENT = 8,
    WASMC_TRAP_INDIRECT_CALL_TYPE_MISMATCH = 9,
    WASMC_TRAP_CALL_STACK_EXHAUSTED = 10,
    WASMC_TRAP_NULL_FUNCTION_REFERENCE = 11,
    WASMC_TRAP_NULL_REFERENCE = 12,
    WASMC_TRAP_UNALIGNED_ATOMIC = 13,
    WASMC_TRAP_EXPECTED_SHARED_MEMORY = 14,
    WASMC_TRAP_UNKNOWN_IMPORT = 15,
    WASMC_TRAP_UNCAUGHT_EXCEPTION = 16, /* see wasmc_api.exception */
    WASMC_TRAP_NULL_EXCEPTION_REFERENCE = 17,
    WASMC_TRAP_EXCEPTIONS_EXHAUSTED = 18,
    WASMC_TRAP_NULL_STRUCTURE_REFERENCE = 19,
    WASMC_TRAP_NULL_ARRAY_REFERENCE = 20,
    WASMC_TRAP_NULL_I31_REFERENCE = 21,
    WASMC_TRAP_OUT_OF_BOUNDS_ARRAY_ACCESS = 22,
    WASMC_TRAP_CAST_FAILURE = 23,
    WASMC_TRAP_HEAP_EXHAUSTED = 24,
    WASMC_TRAP_OUT_OF_FUEL = 25,
    WASMC_TRAP_INTERRUPTED = 26,
    /* A function of the host's asked for the guest to be suspended: see wasmc_api.resume. */
    WASMC_SUSPENDED = 0x10000,
    /* A function of the host's has failed. */
    WASMC_FAILED = 0x10001,
    /* There is no instance: for lack of memory or address space, */
    WASMC_OUT_OF_MEMORY = 0x20001,
    /* as the module cannot have such a stack, */
    WASMC_BAD_OPTIONS = 0x20002,
    /* as the handlers of faults cannot be installed, */
    WASMC_NO_HANDLERS = 0x20003,
    /* or as header and library do not belong together. */
    WASMC_OTHER_LIBRARY = 0x20004,
    /* There is no snapshot, or no instance of one: as a call is active or suspended, */
    WASMC_SNAPSHOT_ACTIVE = 0x30001,
    /* as the guest keeps references to exceptions, which mean nothing in another instance, */
    WASMC_SNAPSHOT_REFERENCES = 0x30002,
    /* as the bytes are none, */
    WASMC_SNAPSHOT_MALFORMED = 0x30003,
    /* or that of another version of wasmc, */
    WASMC_SNAPSHOT_OTHER_VERSION = 0x30004,
    /* or of another module, */
    WASMC_SNAPSHOT_OTHER_MODULE = 0x30005,
    /* or as there is not so much memory. */
    WASMC_SNAPSHOT_OUT_OF_MEMORY = 0x30006,
    /* A handle was freed, or is none of the instance's, */
    WASMC_REF_NO_HANDLE = 0x40001,
    /* or not of the type; null is not, where the type has none. */
    WASMC_REF_OTHER_TYPE = 0x40002,
    /* The instance has as many handles as it can have. */
    WASMC_REF_TOO_MANY = 0x40003,
    /* An external reference of the host's has its upper 16 bits all set, by which the guest's own are known. */
    WASMC_REF_NOT_EXTERNAL = 0x40004
};

/* A function of the host's, by the type of the import: with at most four parameters and one result, none of them a
   vector, wasmc_outcome_i32 (*)(void *data, ...) or of the type of its result, uint32_t (*)(void *data, ...) where it
   has none; otherwise uint32_t (*)(void *data, unsigned char *values), which replaces arguments by results, each of 16
   bytes. What it returns is, or has as status, 0 or what ends the call. */
typedef void (*wasmc_host_function)(void);
typedef void (*wasmc_guest_function)(unsigned char *values);
typedef void (*wasmc_direct_function)(void);
typedef void (*wasmc_snapshot_sink)(void *data, const unsigned char *bytes, size_t len);

/* What an instance is asked for: bytes of stack, 0 for the module's own; bytes that memories and tables may grow by;
   1 for collecting garbage whenever the guest makes an object, to find mistakes. */
typedef struct wasmc_options {
    uint64_t stack_size;
    uint64_t growth;
    const wasmc_host_function *imports; /* for wasmc_api.create alone: those of all imports, in order */
    uint64_t imports_len;
    uint64_t collects_always;
} wasmc_options;

/* Where the last trap happened: the instruction, and the return addresses of its callers, innermost first. */
typedef struct wasmc_trap_record {
    uint64_t frames_len;
    uintptr_t frames[32];
} wasmc_trap_record;

/* A place in the module. The name is in UTF-8 and not ended by a NUL byte; it has no bytes where there is none. */
typedef struct wasmc_location {
    const char *name;
    uint64_t name_len;
    uint32_t function;
    uint32_t offset;
} wasmc_location;

/* An exception that nothing in the guest has caught: the name of its tag; the types of what it carries, as text format
   writes them, each with a space before it, of references the greatest above: anyref, funcref, exnref, externref, or
   ref for external ones that may be the guest's; the values, each at the next multiple of its size, until the guest
   runs. Where there are references, _exception_ref of the library makes handles of them. */
typedef struct wasmc_exception {
    const char *name;
    uint64_t name_len;
    const char *types;
    uint64_t types_len;
    const unsigned char *values;
} wasmc_exception;

/* A result and how the call has ended. A function of the host's that has one result ends with
   `return wasmc_return_i32(result);`, or has the guest's call end with `return wasmc_end_i32(WASMC_FAILED);`. */
#define WASMC_OUTCOME_(name, type)                                        \
    typedef struct wasmc_outcome_##name {                                 \
        type value;                                                       \
        uint64_t status;                                                  \
    } wasmc_outcome_##name;                                               \
    static inline wasmc_outcome_##name wasmc_return_##name(type value)    \
    {                                                                     \
        wasmc_outcome_##name outcome;                                     \
        outcome.value = value;                                            \
        outcome.status = WASMC_OK;                                        \
        return outcome;                                                   \
    }                                                                     \
    static inline wasmc_outcome_##name wasmc_end_##name(uint32_t status)  \
    {                                                                     \
        wasmc_outcome_##name outcome;                                     \
        outcome.value = 0;                                                \
        outcome.status = status;                                          \
        return outcome;                                                   \
    }
WASMC_OUTCOME_(i32, int32_t)
WASMC_OUTCOME_(i64, int64_t)
WASMC_OUTCOME_(f32, float)
WASMC_OUTCOME_(f64, double)
WASMC_OUTCOME_(externref, uint64_t)
WASMC_OUTCOME_(ref, wasmc_ref_t)
#undef WASMC_OUTCOME_

typedef struct wasmc_export {
    wasmc_guest_function function;
    wasmc_direct_function direct;
    uint64_t offset;
    uint32_t kind;
    uint32_t ty;
} wasmc_export;

typedef struct wasmc_module {
    const unsigned char *initial;
    uint64_t initial_len;
    wasmc_guest_function instantiate;
    const void *traps;
    const void *unwind;
    const wasmc_export *exports;
    uint64_t exports_len;
    const uint64_t *memories;
    uint64_t memories_len;
    const uint64_t *tables;
    uint64_t tables_len;
    uint64_t imports_len;
    uint64_t stack_size;
    uint64_t stack_area;
    uint64_t growth;
    uint64_t first_tables;
    uint64_t fuel;
    uint64_t counts_fuel;
    uint64_t is_interruptible;
    uint64_t fingerprint;
    const void *state;
    const void *types;
    uint64_t types_len;
} wasmc_module;

typedef struct wasmc_memory {
    uint8_t *data;
    uint64_t len;
} wasmc_memory;

typedef struct wasmc_table {
    uint64_t *elements;
    uint64_t len;
} wasmc_table;

/* What the functions below do with references: not for use. */
typedef struct wasmc_references {
    uint64_t (*hold)(unsigned char *block, uint64_t word, int32_t type);
    uint32_t (*get)(unsigned char *block, wasmc_ref_t ref, int32_t type, uint32_t is_nullable, uint64_t *word);
    uint32_t (*release)(unsigned char *block, wasmc_ref_t ref);
    void *(*share)(unsigned char *block);
    uint32_t (*release_shared)(void *handles, wasmc_ref_t ref);
    void (*end_shared)(void *handles);
} wasmc_references;

/* How a library is used: its one symbol. The functions below call it; programs need it to ask where a trap happened
   (which is 0 for the first address of a record, 1 for others, and 2 more for each further function that has been
   compiled in place of a call there, until there is none),
   and to suspend guests: a function that create was given by itself can return WASMC_SUSPENDED, with which enter
   returns. The guest's stack stays, and what enter was given must, until resume has the function called once more,
   and goes on. A suspended guest is resumed or freed, not called, unless forget gives the call up. Functions of the
   structure of imports cannot suspend it: the call ends as with WASMC_FAILED. call and call_float are for the functions
   below alone.

   exception says, after WASMC_TRAP_UNCAUGHT_EXCEPTION, which one it was, and returns 0 where it cannot. interrupt, of
   libraries compiled with --epoch, has the call that runs, or the next one, return WASMC_TRAP_INTERRUPTED, or takes
   that back; any thread may call it while the instance is there. fuel, of libraries compiled with --fuel, is where
   the complement of what the guest may still use lies: ~*wasmc_api.fuel(block) units. Not while the guest runs.

   Without a system, provide gives the library memory for all instances, before the first is made, and the program's
   handler of exceptions asks fault whether one is a trap of a guest: with all registers that were interrupted, in
   their order: x0 to x30, the stack pointer, the program counter and one more word on AArch64; the program counter, x1
   to x31 on RISC-V. is_access says that address could not be accessed, 0 that the instruction was illegal. It returns
   1 and changes the registers for the program to go on with, or 0 where the exception is none of the library's. */
typedef struct wasmc_api {
    uint32_t version;
    uint32_t size;
    const wasmc_module *module;
    uint32_t (*create)(const wasmc_options *options, unsigned char **block);
    void (*free)(unsigned char *block);
    uint32_t (*enter)(unsigned char *block, void *data, wasmc_guest_function function, unsigned char *values);
    void (*call)(void);
    void (*call_float)(void);
    void (*forget)(unsigned char *block);
    uint32_t (*resume)(unsigned char *block, void *data);
    uint64_t (*memory_grow)(unsigned char *block, unsigned char *memory, uint64_t delta);
    uint64_t (*table_grow)(unsigned char *block, unsigned char *table, uint64_t delta, uint64_t value);
    const wasmc_trap_record *(*trap)(unsigned char *block);
    uint32_t (*locate)(uintptr_t address, uint32_t which, wasmc_location *location);
    uint32_t (*exception)(unsigned char *block, wasmc_exception *exception);
    uint32_t (*interrupt)(unsigned char *block, uint32_t is_interrupted);
    uint64_t *(*fuel)(unsigned char *block);
    uint32_t (*snapshot)(unsigned char *block, wasmc_snapshot_sink sink, void *data);
    uint32_t (*restore)(unsigned char *block, const unsigned char *bytes, size_t len);
    uint32_t (*fault)(uintptr_t *registers, uint32_t is_access, uintptr_t address);
    uint32_t (*provide)(unsigned char *start, size_t len);
    wasmc_references references;
} wasmc_api;

/* The status of a call that was not to be suspended. */
static inline uint32_t wasmc_ended_(const wasmc_api *api, unsigned char *block, uint64_t status)
{
    if (status != WASMC_SUSPENDED)
        return (uint32_t)status;
    api->forget(block);
    return WASMC_FAILED;
}

/* Room for a snapshot, and how many bytes it has. */
typedef struct wasmc_snapshot_room {
    unsigned char *bytes;
    size_t capacity;
    size_t len;
} wasmc_snapshot_room;

static inline void wasmc_snapshot_append_(void *data, const unsigned char *bytes, size_t len)
{
    wasmc_snapshot_room *room = (wasmc_snapshot_room *)data;
    if (room->len <= room->capacity && len <= room->capacity - room->len)
        memcpy(room->bytes + room->len, bytes, len);
    room->len += len;
}

/* The reason of a trap in words: those of the specification's test suite. */
static inline const char *wasmc_status_message(uint32_t status)
{
    switch (status) {
    case WASMC_OK: return "no trap";
    case WASMC_TRAP_UNREACHABLE: return "unreachable";
    case WASMC_TRAP_INTEGER_DIVIDE_BY_ZERO: return "integer divide by zero";
    case WASMC_TRAP_INTEGER_OVERFLOW: return "integer overflow";
    case WASMC_TRAP_INVALID_CONVERSION_TO_INTEGER: return "invalid conversion to integer";
    case WASMC_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS: return "out of bounds memory access";
    case WASMC_TRAP_OUT_OF_BOUNDS_TABLE_ACCESS: return "out of bounds table access";
    case WASMC_TRAP_UNDEFINED_ELEMENT: return "undefined element";
    case WASMC_TRAP_UNINITIALIZED_ELEMENT: return "uninitialized element";
    case WASMC_TRAP_INDIRECT_CALL_TYPE_MISMATCH: return "indirect call type mismatch";
    case WASMC_TRAP_CALL_STACK_EXHAUSTED: return "call stack exhausted";
    case WASMC_TRAP_NULL_FUNCTION_REFERENCE: return "null function reference";
    case WASMC_TRAP_NULL_REFERENCE: return "null reference";
    case WASMC_TRAP_UNALIGNED_ATOMIC: return "unaligned atomic";
    case WASMC_TRAP_EXPECTED_SHARED_MEMORY: return "expected shared memory";
    case WASMC_TRAP_UNKNOWN_IMPORT: return "unknown import";
    case WASMC_TRAP_UNCAUGHT_EXCEPTION: return "uncaught exception";
    case WASMC_TRAP_NULL_EXCEPTION_REFERENCE: return "null exception reference";
    case WASMC_TRAP_EXCEPTIONS_EXHAUSTED: return "out of memory for exceptions";
    case WASMC_TRAP_NULL_STRUCTURE_REFERENCE: return "null structure reference";
    case WASMC_TRAP_NULL_ARRAY_REFERENCE: return "null array reference";
    case WASMC_TRAP_NULL_I31_REFERENCE: return "null i31 reference";
    case WASMC_TRAP_OUT_OF_BOUNDS_ARRAY_ACCESS: return "out of bounds array access";
    case WASMC_TRAP_CAST_FAILURE: return "cast failure";
    case WASMC_TRAP_HEAP_EXHAUSTED: return "heap exhausted";
    case WASMC_TRAP_OUT_OF_FUEL: return "out of fuel";
    case WASMC_TRAP_INTERRUPTED: return "interrupted";
    case WASMC_SUSPENDED: return "suspended";
    case WASMC_FAILED: return "a function of the host has failed";
    case WASMC_OUT_OF_MEMORY: return "no memory or address space is left for an instance";
    case WASMC_BAD_OPTIONS: return "the module cannot have what is asked for";
    case WASMC_NO_HANDLERS: return "the handlers of faults cannot be installed";
    case WASMC_SNAPSHOT_ACTIVE: return "a call is active or suspended";
    case WASMC_SNAPSHOT_REFERENCES:
        return "the guest keeps references to exceptions, which mean nothing in another instance";
    case WASMC_SNAPSHOT_MALFORMED: return "the bytes are no snapshot of an instance of the module";
    case WASMC_SNAPSHOT_OTHER_VERSION: return "the snapshot was made by another version of wasmc";
    case WASMC_SNAPSHOT_OTHER_MODULE: return "the snapshot is of an instance of another module";
    case WASMC_SNAPSHOT_OUT_OF_MEMORY: return "the instance cannot have so much memory";
    case WASMC_REF_NO_HANDLE: return "a reference that was freed, or is of another instance";
    case WASMC_REF_OTHER_TYPE: return "a reference to something of another type";
    case WASMC_REF_TOO_MANY: return "the instance has as many references as it can have";
    case WASMC_REF_NOT_EXTERNAL: return "a reference of the host's whose upper 16 bits are all set";
    case WASMC_OTHER_LIBRARY: return "the library is not the one that the header was made with";
    default: return "trap";
    }
}

#ifdef __cplusplus
}
#endif
#endif
