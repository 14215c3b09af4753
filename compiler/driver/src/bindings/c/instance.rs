//! How instances are made and freed, in headers.

use crate::bindings::interface::Interface;

/// The functions of a header that make and free instances, whose imports are called by `functions`, in order; `prepare`
/// is what is done before any code of an instance runs.
pub fn functions(interface: &Interface, functions: &[String], prepare: &str) -> String {
    let name = &interface.name;
    let sets: String = (functions.iter().enumerate())
        .map(|(number, function)| format!("    guest->functions[{number}] = (wasmc_host_function){function};\n"))
        .collect();
    let initialize = interface.procedure("_initialize").map_or(String::new(), |export| {
        format!(
            "    if (status == WASMC_OK)\n        status = {name}_api.enter(guest->block, guest,\n            \
             {name}_api.module->exports[{}].function, NULL);\n",
            export.number
        )
    });
    format!(
        "\
/* Makes an instance that is not instantiated. */
static inline uint32_t {name}_make({name}_instance *guest, const {name}_imports *imports, void *data,
    const wasmc_options *options)
{{
    wasmc_options wanted;
    uint32_t status;
    if ({name}_api.version != WASMC_EMBED_VERSION || {name}_api.module->fingerprint != UINT64_C({fingerprint:#x}))
        return WASMC_OTHER_LIBRARY;
    wanted.stack_size = options ? options->stack_size : 0;
    wanted.growth = options ? options->growth : UINT64_MAX;
    wanted.imports = guest->functions;
    wanted.imports_len = {len};
    wanted.collects_always = options ? options->collects_always : 0;
    guest->imports = imports;
    guest->data = data;
{sets}    status = {name}_api.create(&wanted, &guest->block);
{prepare}    return status == 0 ? status : 0x20000 | status;
}}

/* Makes an instance, whose imports are those of `imports`; `options` may be null. Returns WASMC_OK, or why there is
   none. */
static inline uint32_t {name}_create({name}_instance *guest, const {name}_imports *imports, void *data,
    const wasmc_options *options)
{{
    uint32_t status = {name}_make(guest, imports, data, options);
    if (status != WASMC_OK)
        return status;
    status = {name}_api.enter(guest->block, guest, {name}_api.module->instantiate, NULL);
{initialize}    if (status != WASMC_OK)
        {name}_api.free(guest->block);
    return status;
}}

/* Makes an instance that is as another was when it was asked for the snapshot `bytes`; none of its code runs. The bytes
   may come from anybody. */
static inline uint32_t {name}_restore({name}_instance *guest, const {name}_imports *imports, void *data,
    const wasmc_options *options, const unsigned char *bytes, size_t len)
{{
    uint32_t status = {name}_make(guest, imports, data, options);
    if (status != WASMC_OK)
        return status;
    status = {name}_api.restore(guest->block, bytes, len);
    if (status == 0)
        return WASMC_OK;
    {name}_api.free(guest->block);
    return 0x30000 | status;
}}

/* Puts the state of an instance that no call is active in, with its objects, into `capacity` bytes. `*len`
   is how many it has: where those are more, call again with room for them. */
static inline uint32_t {name}_snapshot({name}_instance *guest, unsigned char *bytes, size_t capacity, size_t *len)
{{
    wasmc_snapshot_room room;
    uint32_t status;
    room.bytes = bytes;
    room.capacity = capacity;
    room.len = 0;
    status = {name}_api.snapshot(guest->block, wasmc_snapshot_append_, &room);
    *len = room.len;
    return status == 0 ? status : 0x30000 | status;
}}

/* Frees an instance that no call is active in, with all handles of its references. */
static inline void {name}_free({name}_instance *guest)
{{
    {name}_api.free(guest->block);
    guest->block = NULL;
}}

",
        fingerprint = interface.fingerprint,
        len = interface.imports.len(),
    )
}
