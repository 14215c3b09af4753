#ifndef WASMC_WASI_VERSION
#define WASMC_WASI_VERSION 1

#ifdef __cplusplus
extern "C" {
#endif

/* What an instance finds by functions of WASI 0.2, each instance its own. Without more: no arguments, no environment,
   empty input, output that is lost, no files, the system's clocks, and its random numbers. Hosts that call functions
   of these link `libwasmc_wasi.a`. Strings end with a NUL byte, and are copied. */
typedef struct wasmc_wasi {
    const struct wasmc_wasi_functions_ *functions;
} wasmc_wasi;

/* One that grants nothing, and its end: after that of all instances that use it. */
wasmc_wasi *wasmc_wasi_new(void);
void wasmc_wasi_free(wasmc_wasi *wasi);

/* Adds an argument, of which the first is the program's name; adds an environment variable. */
void wasmc_wasi_argument(wasmc_wasi *wasi, const char *argument);
void wasmc_wasi_variable(wasmc_wasi *wasi, const char *name, const char *value);

/* Reads or writes up to `len` bytes; returns how many, 0 at the end of what is read, or an error number (`errno`),
   negated. May be called on any thread that calls the instance. */
typedef intptr_t (*wasmc_wasi_reader)(void *data, unsigned char *bytes, size_t len);
typedef intptr_t (*wasmc_wasi_writer)(void *data, const unsigned char *bytes, size_t len);

/* Has standard input come from there; from the process's own; have output and errors go there, and to its own. */
void wasmc_wasi_stdin(wasmc_wasi *wasi, wasmc_wasi_reader reader, void *data);
void wasmc_wasi_stdout(wasmc_wasi *wasi, wasmc_wasi_writer writer, void *data);
void wasmc_wasi_stderr(wasmc_wasi *wasi, wasmc_wasi_writer writer, void *data);
void wasmc_wasi_inherit_stdin(wasmc_wasi *wasi);
void wasmc_wasi_inherit_stdout(wasmc_wasi *wasi);
void wasmc_wasi_inherit_stderr(wasmc_wasi *wasi);

/* Has standard input be these bytes, which are copied. */
void wasmc_wasi_stdin_bytes(wasmc_wasi *wasi, const void *bytes, size_t len);

/* Keeps what goes to standard output or error. What went there so far is there until the instance is called again. */
void wasmc_wasi_capture_stdout(wasmc_wasi *wasi);
void wasmc_wasi_capture_stderr(wasmc_wasi *wasi);
const unsigned char *wasmc_wasi_captured_stdout(const wasmc_wasi *wasi, size_t *len);
const unsigned char *wasmc_wasi_captured_stderr(const wasmc_wasi *wasi, size_t *len);

/* Grants the directory `host` under the name `guest`, or grants it for reading. Returns 0, or an error number
   (`errno`) where it cannot be opened. */
int wasmc_wasi_directory(wasmc_wasi *wasi, const char *host, const char *guest);
int wasmc_wasi_read_only_directory(wasmc_wasi *wasi, const char *host, const char *guest);

/* Grants to connect and send to `HOST:PORT`: an address of version 4, or one of version 6 in brackets, and a port; `*`
   is any of either. Grants to bind sockets there, and to listen. Both return 0, or EINVAL where the text is no such
   address. Grants to look up names of hosts, as the system does. */
int wasmc_wasi_net(wasmc_wasi *wasi, const char *reached);
int wasmc_wasi_listen(wasmc_wasi *wasi, const char *address);
void wasmc_wasi_allow_ip_name_lookup(wasmc_wasi *wasi);

/* Have clocks show what this says, in nanoseconds: 0 is the time since 1970, 1 one that never goes back; have random
   bytes come from there. */
void wasmc_wasi_clocks(wasmc_wasi *wasi, uint64_t (*clock)(void *data, uint32_t number), void *data);
void wasmc_wasi_random(wasmc_wasi *wasi, void (*random)(void *data, unsigned char *bytes, size_t len), void *data);

/* Make a stream, for a function of the host's to give to its component by the number of its representation. Return
   whether there is room for one. */
bool wasmc_wasi_input_stream(wasmc_wasi *wasi, wasmc_wasi_reader reader, void *data, uint32_t *representation);
bool wasmc_wasi_output_stream(wasmc_wasi *wasi, wasmc_wasi_writer writer, void *data, uint32_t *representation);

/* Whether the component has ended itself (`wasi:cli/exit`), so that the last call has returned WASMC_FAILED, and with
   which status. */
bool wasmc_wasi_exited(const wasmc_wasi *wasi, int *status);

/* What follows is for the functions of this header alone. */

/* `answer` answers a call of the function of a name, of these core values, and has the result be the first of them;
   `dropped` that of a resource that was dropped. Both return a status, with `*violation` where the component has done
   what it may not. */
struct wasmc_wasi_functions_ {
    uint32_t version;
    uint32_t (*answer)(wasmc_wasi *wasi, wasmc_guest_ *guest, const char *name, uint64_t *values);
    uint32_t (*dropped)(wasmc_wasi *wasi, uint32_t number, const char **violation);
};

static inline void wasmc_wasi_answer_(wasmc_wasi *wasi, wasmc_guest_ *guest, const char *name, uint64_t *values,
    const char *missing)
{
    if (wasi == NULL)
        wasmc_broken_(guest, missing);
    else if (wasi->functions->version != WASMC_WASI_VERSION)
        wasmc_broken_(guest, "the library of WASI is of another version than the header");
    else
        guest->status = wasi->functions->answer(wasi, guest, name, values);
}

static inline uint32_t wasmc_wasi_dropped_(wasmc_wasi *wasi, uint32_t number, const char **violation)
{
    if (wasi == NULL || wasi->functions->version != WASMC_WASI_VERSION)
        return WASMC_OK;
    return wasi->functions->dropped(wasi, number, violation);
}

#ifdef __cplusplus
}
#endif
#endif
