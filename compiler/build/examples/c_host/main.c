/* Counts primes in a sandbox. */
#include "primes.h"
#include <stdio.h>

/* A function that the guest imports: takes the instance and arguments, and returns a result, or what ends the call. */
static wasmc_outcome_i32 found(primes_instance *guest, int32_t prime)
{
    uint32_t *last = guest->data;
    *last = (uint32_t)prime;
    return wasmc_return_i32(1);
}

int main(void)
{
    static const primes_imports imports = {found};
    uint32_t last = 0, status;
    int32_t count;
    primes_instance guest;
    status = primes_create(&guest, &imports, &last, NULL);
    if (status != WASMC_OK) {
        fprintf(stderr, "no instance: %s\n", wasmc_status_message(status));
        return 1;
    }
    status = primes_count(&guest, 1000, &count);
    if (status == WASMC_OK)
        printf("%d primes, the last is %u\n", count, last);
    /* More numbers than the guest has room for: its memory ends, and with it the call. */
    status = primes_count(&guest, 2000000000, &count);
    printf("with too many: %s\n", wasmc_status_message(status));
    primes_free(&guest);
    return status == WASMC_TRAP_OUT_OF_BOUNDS_MEMORY_ACCESS ? 0 : 1;
}
