/* Decides on the heads of HTTP requests: the guest, made by
   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry rules.c -o rules.wasm */

#define EXPORT(name) __attribute__((export_name(#name))) name

static const char *const forbidden[] = {"/admin", "/.git", "/wp-login"};
enum { WORDS = sizeof forbidden / sizeof *forbidden, BITS = 16 };

static char head[8192];
/* For each hash of three letters, the words that begin so. */
static unsigned char table[1 << BITS];

static unsigned hash(const char *at)
{
    unsigned letters = (unsigned char)at[0] | (unsigned char)at[1] << 8 | (unsigned char)at[2] << 16;
    return letters * 2654435761u >> (32 - BITS);
}

/* Runs when the guest is compiled. */
void EXPORT(make_table)(void)
{
    for (unsigned word = 0; word < WORDS; word++)
        table[hash(forbidden[word])] |= 1 << word;
}

/* Where the host puts the head of a request, of at most so many bytes. */
char *EXPORT(room)(void)
{
    return head;
}

unsigned EXPORT(most)(void)
{
    return sizeof head;
}

static int begins(const char *text, const char *end, const char *word)
{
    while (*word && text < end && *text == *word)
        text++, word++;
    return !*word;
}

/* The status that the request is to be answered with. */
int EXPORT(decide)(unsigned len)
{
    const char *end = head + len, *path = head;
    while (path < end && *path != ' ')
        path++;
    if (++path >= end)
        return 400;
    for (const char *at = path; at + 2 < end && *at != ' '; at++)
        for (unsigned word = 0; word < WORDS; word++)
            if (table[hash(at)] >> word & 1 && begins(at, end, forbidden[word]))
                return 403;
    /* A client that asks for it finds a bug of the filter's. */
    if (begins(path, end, "/crash"))
        __builtin_trap();
    return 200;
}
