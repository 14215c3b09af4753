/* Counts primes and tells its host of each: the guest, made by
   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry primes.c -o primes.wasm */

#define EXPORT(name) __attribute__((export_name(#name))) name

/* Returns whether it is to go on. */
int __attribute__((import_module("host"), import_name("found"))) found(unsigned prime);

static unsigned char composite[1 << 20];

/* How many primes there are below `end`. */
unsigned EXPORT(count)(unsigned end)
{
    unsigned count = 0;
    for (unsigned number = 2; number < end; number++) {
        if (composite[number])
            continue;
        count++;
        if (!found(number))
            return count;
        for (unsigned multiple = 2 * number; multiple < end; multiple += number)
            composite[multiple] = 1;
    }
    return count;
}
