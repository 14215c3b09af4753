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
