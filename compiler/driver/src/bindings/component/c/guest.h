#ifndef WASMC_COMPONENT_VERSION
#define WASMC_COMPONENT_VERSION 1

#include <stdbool.h>
#include <stdlib.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a call of a component can end besides those above: it has passed what the canonical ABI does not allow, or done
   what it may not, or an earlier call has trapped. `violation` of the instance says which in words. */
enum { WASMC_VIOLATION = 0x40001 };

/* A string in UTF-8. Those that a component has passed have a NUL byte behind the last, which does not count. */
typedef struct wasmc_string {
    char *data;
    size_t len;
} wasmc_string;

/* A string of the host's own, as an argument. */
static inline wasmc_string wasmc_string_of(const char *text)
{
    wasmc_string string;
    string.data = (char *)(uintptr_t)text;
    string.len = strlen(text);
    return string;
}

/* What follows is for the functions of this header alone. */

enum {
    WASMC_BOOL_, WASMC_INT8_, WASMC_UINT8_, WASMC_INT16_, WASMC_UINT16_, WASMC_INT32_, WASMC_INT64_, WASMC_CHAR_,
    WASMC_STRING_, WASMC_LIST_, WASMC_RECORD_, WASMC_VARIANT_, WASMC_FLAGS_, WASMC_OWN_, WASMC_BORROW_
};

struct wasmc_type_;

/* A field, a case or an element: its type, null for a case without a value; and where a structure has it. */
typedef struct wasmc_part_ {
    const struct wasmc_type_ *type;
    size_t offset;
} wasmc_part_;

/* A type: its size and alignment in the guest's memory, where the payload of a variant lies there, how many core values
   it is passed as; its size here, and that of a variant's tag; its parts. For handles, `payload` is the resource. */
typedef struct wasmc_type_ {
    uint32_t kind;
    uint32_t size;
    uint32_t align;
    uint32_t payload;
    uint32_t flat;
    size_t own_size;
    size_t tag_size;
    uint32_t parts_len;
    const wasmc_part_ *parts;
} wasmc_type_;

/* Numbers of exports, -1 for none; the encoding of strings; resources, each with its table of handles. */
typedef struct wasmc_lifted_ {
    int32_t memory;
    int32_t realloc;
    uint32_t encoding;
    uint32_t tables_len;
    const uint32_t (*tables)[2];
} wasmc_lifted_;

/* The numbers of the exports that work on handles. */
typedef struct wasmc_handles_ {
    int32_t own, borrow, take, representation, enter, exit;
} wasmc_handles_;

/* A guest whose values are lifted or lowered, and how that has ended. */
typedef struct wasmc_guest_ {
    const wasmc_api *api;
    unsigned char *block;
    void *data;
    const wasmc_lifted_ *options;
    const wasmc_handles_ *handles;
    uint64_t budget;
    uint32_t status;
    const char *violation;
} wasmc_guest_;

static inline bool wasmc_broken_(wasmc_guest_ *guest, const char *violation)
{
    guest->status = WASMC_VIOLATION;
    guest->violation = violation;
    return false;
}

static inline bool wasmc_call_(wasmc_guest_ *guest, int32_t number, wasmc_value *values)
{
    guest->status = wasmc_ended_(guest->api, guest->block,
        guest->api->enter(guest->block, guest->data, guest->api->module->exports[number].function,
            (unsigned char *)values));
    return guest->status == WASMC_OK;
}

/* `len` bytes of the guest's memory, or null. */
static inline uint8_t *wasmc_bytes_(wasmc_guest_ *guest, uint32_t at, uint64_t len, const char *violation)
{
    const wasmc_memory *memory;
    if (guest->options->memory < 0) {
        wasmc_broken_(guest, "a pointer of a function without a memory");
        return NULL;
    }
    memory = (const wasmc_memory *)(const void *)(guest->block
        + guest->api->module->exports[guest->options->memory].offset);
    if (at > memory->len || len > memory->len - at) {
        wasmc_broken_(guest, violation);
        return NULL;
    }
    return memory->data + at;
}

static inline uint8_t *wasmc_place_(wasmc_guest_ *guest, uint32_t at, uint64_t len, uint32_t align)
{
    if (at % align != 0) {
        wasmc_broken_(guest, "unaligned pointer");
        return NULL;
    }
    return wasmc_bytes_(guest, at, len, "pointer out of bounds");
}

/* Numbers in little-endian order. */
static inline uint64_t wasmc_get_(const uint8_t *from, uint32_t size)
{
    uint64_t value = 0;
    while (size-- > 0)
        value = value << 8 | from[size];
    return value;
}

static inline void wasmc_put_(uint8_t *to, uint32_t size, uint64_t value)
{
    uint32_t at;
    for (at = 0; at < size; at++, value >>= 8)
        to[at] = (uint8_t)value;
}

/* Numbers of the host, by their size. */
static inline uint64_t wasmc_own_(const void *from, size_t size)
{
    uint64_t value64;
    uint32_t value32;
    uint16_t value16;
    switch (size) {
    case 1: return *(const uint8_t *)from;
    case 2: memcpy(&value16, from, 2); return value16;
    case 4: memcpy(&value32, from, 4); return value32;
    default: memcpy(&value64, from, 8); return value64;
    }
}

static inline void wasmc_set_own_(void *to, size_t size, uint64_t value)
{
    const uint32_t value32 = (uint32_t)value;
    const uint16_t value16 = (uint16_t)value;
    switch (size) {
    case 1: *(uint8_t *)to = (uint8_t)value; break;
    case 2: memcpy(to, &value16, 2); break;
    case 4: memcpy(to, &value32, 4); break;
    default: memcpy(to, &value, 8); break;
    }
}

static inline bool wasmc_allocate_(wasmc_guest_ *guest, uint64_t len, uint32_t align, uint32_t *at)
{
    wasmc_value values[4];
    if (guest->options->realloc < 0)
        return wasmc_broken_(guest, "a function without `realloc` is given what needs room");
    if (len >= (uint64_t)1 << 31)
        return wasmc_broken_(guest, "byte length too large");
    values[0].i32 = 0;
    values[1].i32 = 0;
    values[2].i32 = (int32_t)align;
    values[3].i32 = (int32_t)len;
    if (!wasmc_call_(guest, guest->options->realloc, values))
        return false;
    *at = (uint32_t)values[0].i32;
    if (*at % align != 0)
        return wasmc_broken_(guest, "realloc return: result not aligned");
    return wasmc_bytes_(guest, *at, len, "realloc return: beyond end of memory") != NULL;
}

static inline bool wasmc_count_(wasmc_guest_ *guest, uint64_t bytes)
{
    if (bytes > guest->budget)
        return wasmc_broken_(guest, "the guest passes more than the host takes in one call");
    guest->budget -= bytes;
    return true;
}

/* Memory for what is lifted, of at least a byte. */
static inline void *wasmc_room_(wasmc_guest_ *guest, uint64_t bytes)
{
    void *room = wasmc_count_(guest, bytes) ? calloc((size_t)bytes + 1, 1) : NULL;
    if (room == NULL && guest->status == WASMC_OK)
        guest->status = WASMC_OUT_OF_MEMORY;
    return room;
}

static inline bool wasmc_on_handle_(wasmc_guest_ *guest, int32_t export_number, uint32_t resource, uint32_t *value)
{
    wasmc_value values[2];
    uint32_t number;
    for (number = 0; number < guest->options->tables_len; number++)
        if (guest->options->tables[number][0] == resource) {
            values[0].i32 = (int32_t)guest->options->tables[number][1];
            values[1].i32 = (int32_t)*value;
            if (!wasmc_call_(guest, export_number, values))
                return false;
            *value = (uint32_t)values[0].i32;
            return true;
        }
    return wasmc_broken_(guest, "a resource of another type");
}
