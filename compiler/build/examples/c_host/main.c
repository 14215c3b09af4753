/* Counts primes in a sandbox. */
#include "primes.h"
#include <stdio.h>

/* A function that the guest imports: takes the instance, arguments, and places for results. */
static uint32_t found(primes_instance *guest, int32_t prime, int32_t *goes_on)
{
    uint32_t *last = guest->data;
    *last = (uint32_t)prime;
    *goes_on = 1;
    return WASMC_OK;
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
