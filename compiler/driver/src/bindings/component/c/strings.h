/* The next character of UTF-8, or -1 where there is none. */
static inline int32_t wasmc_character_(const uint8_t **from, const uint8_t *end)
{
    const uint8_t *at = *from;
    const uint32_t first = *at++;
    const uint32_t more = first < 0x80 ? 0
        : first < 0xc2 ? 4 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 4;
    uint32_t character = more == 0 ? first : first & (0x3fu >> more);
    uint32_t number;
    if (more == 4 || (size_t)(end - at) < more)
        return -1;
    for (number = 0; number < more; number++, at++) {
        if ((*at & 0xc0) != 0x80)
            return -1;
        character = character << 6 | (*at & 0x3fu);
    }
    if ((more == 2 && (character < 0x800 || (character & 0xf800) == 0xd800))
        || (more == 3 && (character < 0x10000 || character > 0x10ffff)))
        return -1;
    *from = at;
    return (int32_t)character;
}

static inline size_t wasmc_write_character_(char *to, uint32_t character)
{
    const size_t more = character < 0x80 ? 0 : character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    size_t at;
    if (more == 0) {
        *to = (char)character;
        return 1;
    }
    for (at = more; at > 0; at--, character >>= 6)
        to[at] = (char)(0x80 | (character & 0x3f));
    to[0] = (char)(character | ((0xf00u >> (more + 1)) & 0xff));
    return more + 1;
}

/* The encodings: UTF-8, UTF-16, and Latin-1 or UTF-16, as bit 31 of the length says. */
enum { WASMC_UTF8_ = 0, WASMC_UTF16_ = 1, WASMC_COMPACT_ = 2 };

static inline bool wasmc_put_string_(wasmc_guest_ *guest, const wasmc_string *text, uint32_t *at, uint32_t *len)
{
    const uint8_t *next = (const uint8_t *)text->data;
    const uint8_t *end = next + text->len;
    uint64_t units = 0;
    int32_t character, highest = 0;
    uint32_t size;
    uint8_t *to;
    while (next < end) {
        character = wasmc_character_(&next, end);
        if (character < 0)
            return wasmc_broken_(guest, "a string of the host is no UTF-8");
        highest = character > highest ? character : highest;
        units += character < 0x10000 ? 1 : 2;
    }
    size = guest->options->encoding == WASMC_UTF16_ || (guest->options->encoding == WASMC_COMPACT_ && highest > 0xff)
        ? 2 : 1;
    if (guest->options->encoding == WASMC_UTF8_)
        units = text->len;
    if (!wasmc_allocate_(guest, units * size, guest->options->encoding == WASMC_UTF8_ ? 1 : 2, at))
        return false;
    to = wasmc_bytes_(guest, *at, units * size, "realloc return: beyond end of memory");
    if (to == NULL)
        return false;
    *len = (uint32_t)units | (size == 2 && guest->options->encoding == WASMC_COMPACT_ ? 0x80000000u : 0);
    if (guest->options->encoding == WASMC_UTF8_) {
        if (text->len > 0)
            memcpy(to, text->data, text->len);
        return true;
    }
    for (next = (const uint8_t *)text->data; next < end;) {
        character = wasmc_character_(&next, end);
        if (character >= 0x10000) {
            wasmc_put_(to, 2, (uint64_t)(0xd800 | (character - 0x10000) >> 10));
            wasmc_put_(to + 2, 2, (uint64_t)(0xdc00 | ((character - 0x10000) & 0x3ff)));
            to += 4;
        } else {
            wasmc_put_(to, size, (uint64_t)character);
            to += size;
        }
    }
    return true;
}

static inline bool wasmc_get_string_(wasmc_guest_ *guest, uint32_t at, uint32_t len, wasmc_string *text)
{
    const bool is_tagged = guest->options->encoding == WASMC_COMPACT_ && (len & 0x80000000u) != 0;
    const uint32_t size = guest->options->encoding == WASMC_UTF16_ || is_tagged ? 2 : 1;
    const uint64_t units = is_tagged ? len & 0x7fffffffu : len;
    const uint8_t *from, *end, *next;
    uint32_t unit;
    if (guest->options->encoding != WASMC_UTF8_ && at % 2 != 0)
        return wasmc_broken_(guest, "string pointer is not aligned");
    from = wasmc_bytes_(guest, at, units * size, "string pointer/length out of bounds of memory");
    if (from == NULL)
        return false;
    /* A unit of the others has at most three bytes of UTF-8. */
    text->data = (char *)wasmc_room_(guest, guest->options->encoding == WASMC_UTF8_ ? units : units * 3);
    if (text->data == NULL)
        return false;
    end = from + units * size;
    if (guest->options->encoding == WASMC_UTF8_) {
        for (next = from; next < end;)
            if (wasmc_character_(&next, end) < 0)
                return wasmc_broken_(guest, "invalid utf8 encoding");
        memcpy(text->data, from, (size_t)units);
        text->len = (size_t)units;
        return true;
    }
    while (from < end) {
        unit = (uint32_t)wasmc_get_(from, size);
        from += size;
        if (size == 2 && (unit & 0xf800) == 0xd800) {
            if (unit >= 0xdc00 || from == end || (wasmc_get_(from, 2) & 0xfc00) != 0xdc00)
                return wasmc_broken_(guest, "invalid utf16 encoding");
            unit = 0x10000 + ((unit & 0x3ff) << 10 | ((uint32_t)wasmc_get_(from, 2) & 0x3ff));
            from += 2;
        }
        text->len += wasmc_write_character_(text->data + text->len, unit);
    }
    return true;
}
