/* What plug-ins have of their host, and it of them. Guests are made by
   clang --target=wasm32 -O2 -mbulk-memory -nostdlib -Wl,--no-entry NAME.c -o NAME.wasm */

#define EXPORT(name) __attribute__((export_name(#name))) name
#define IMPORT(name) __attribute__((import_module("host"), import_name(#name))) name

/* Says a text. */
void IMPORT(say)(const char *text, unsigned len);
/* Copies the value of a setting to `value`, at most `room` bytes; returns how many it has, or -1 if there is none. */
int IMPORT(setting)(const char *name, unsigned name_len, char *value, unsigned room);

static char line[4096];

/* Where the host puts a line, and how much room there is. */
char *EXPORT(line_room)(void)
{
    return line;
}

unsigned EXPORT(line_most)(void)
{
    return sizeof line;
}
