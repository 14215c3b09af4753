#ifndef WASMC_REFERENCES
#define WASMC_REFERENCES

#ifdef __cplusplus
extern "C" {
#endif

/* A handle of a reference that the guest has just passed as a word. */
static inline uint32_t wasmc_ref_hold_(const wasmc_api *api, unsigned char *block, uint64_t word, int32_t type,
    wasmc_ref_t *ref)
{
    const wasmc_ref_t held = api->references.hold(block, word, type);
    *ref = held == UINT64_MAX ? 0 : held;
    return held == UINT64_MAX ? WASMC_REF_TOO_MANY : WASMC_OK;
}

/* What the guest is passed for a handle before it runs again. */
static inline uint32_t wasmc_ref_get_(const wasmc_api *api, unsigned char *block, wasmc_ref_t ref, int32_t type,
    uint32_t is_nullable, uint64_t *word)
{
    const uint32_t error = api->references.get(block, ref, type, is_nullable, word);
    return error == 0 ? error : 0x40000 | error;
}

/* The same for a handle that a function of the host's has returned, which is freed; sets a status that was WASMC_OK. */
static inline uint64_t wasmc_ref_take_(const wasmc_api *api, unsigned char *block, wasmc_ref_t ref, int32_t type,
    uint32_t is_nullable, uint32_t *status)
{
    uint64_t word = 0;
    const uint32_t error = wasmc_ref_get_(api, block, ref, type, is_nullable, &word);
    api->references.release(block, ref);
    if (*status == WASMC_OK)
        *status = error;
    return word;
}

/* A handle of the reference that an exception of the last trap carries in the place with this number. */
static inline uint32_t wasmc_exception_ref_(const wasmc_api *api, unsigned char *block,
    const wasmc_exception *exception, size_t number, wasmc_ref_t *ref)
{
    const char *type = exception->types, *const end = type + exception->types_len, *next;
    size_t at = 0, len = 0, size = 0;
    uint64_t word;
    *ref = 0;
    for (; type < end; type = next, at += size) {
        for (next = ++type; next < end && *next != ' ';)
            next++;
        len = (size_t)(next - type);
        size = len == 4 ? 16 : len == 3 && type[1] == '3' ? 4 : 8;
        at = (at + size - 1) / size * size;
        if (number-- == 0)
            break;
    }
    if (type >= end || len == 4 || len == 9 || (len == 3 && type[0] != 'r'))
        return WASMC_REF_OTHER_TYPE;
    memcpy(&word, exception->values + at, sizeof word);
    if (word == 0)
        return WASMC_OK;
    return wasmc_ref_hold_(api, block, word,
        len == 3 ? WASMC_TYPE_EXTERN : len == 7 ? WASMC_TYPE_FUNC : type[0] == 'a' ? WASMC_TYPE_ANY : WASMC_TYPE_EXN,
        ref);
}

/* The lower 31 bits of an integer, as a reference. */
static inline wasmc_ref_t wasmc_ref_of_i31(int32_t value)
{
    return (uint32_t)value << 1 | 1;
}

/* Whether a reference is an i31, and which integer that is. */
static inline int wasmc_ref_i31(wasmc_ref_t ref, int32_t *value)
{
    const uint32_t bits = (uint32_t)ref;
    if (ref != bits || (bits & 1) == 0)
        return 0;
    *value = (int32_t)(bits >> 1 | (bits & 0x80000000));
    return 1;
}

#ifdef __cplusplus
}
#endif
#endif
