/* The types that have no parts. */
static const wasmc_type_ wasmc_bool_ = {WASMC_BOOL_, 1, 1, 0, 1, sizeof(bool), 0, 0, NULL};
static const wasmc_type_ wasmc_s8_ = {WASMC_INT8_, 1, 1, 0, 1, 1, 0, 0, NULL};
static const wasmc_type_ wasmc_u8_ = {WASMC_UINT8_, 1, 1, 0, 1, 1, 0, 0, NULL};
static const wasmc_type_ wasmc_s16_ = {WASMC_INT16_, 2, 2, 0, 1, 2, 0, 0, NULL};
static const wasmc_type_ wasmc_u16_ = {WASMC_UINT16_, 2, 2, 0, 1, 2, 0, 0, NULL};
static const wasmc_type_ wasmc_b32_ = {WASMC_INT32_, 4, 4, 0, 1, 4, 0, 0, NULL};
static const wasmc_type_ wasmc_b64_ = {WASMC_INT64_, 8, 8, 0, 1, 8, 0, 0, NULL};
static const wasmc_type_ wasmc_char_ = {WASMC_CHAR_, 4, 4, 0, 1, 4, 0, 0, NULL};
static const wasmc_type_ wasmc_string_ = {WASMC_STRING_, 8, 4, 0, 2, sizeof(wasmc_string), 0, 0, NULL};

/* What the structures of lists have in common. */
typedef struct wasmc_list_ {
    void *data;
    size_t len;
} wasmc_list_;

static inline bool wasmc_store_(wasmc_guest_ *guest, const wasmc_type_ *type, const void *value, uint32_t at);
static inline bool wasmc_load_(wasmc_guest_ *guest, const wasmc_type_ *type, uint32_t at, void *value);

static inline bool wasmc_put_list_(wasmc_guest_ *guest, const wasmc_type_ *type, const void *value, uint32_t *at,
    uint32_t *len)
{
    const wasmc_type_ *element = type->parts[0].type;
    wasmc_list_ list;
    size_t number;
    memcpy(&list, value, sizeof list);
    if (list.len >= (size_t)1 << 31)
        return wasmc_broken_(guest, "byte length too large");
    if (!wasmc_allocate_(guest, (uint64_t)list.len * element->size, element->align, at))
        return false;
    *len = (uint32_t)list.len;
    for (number = 0; number < list.len; number++)
        if (!wasmc_store_(guest, element, (const char *)list.data + number * element->own_size,
                *at + (uint32_t)number * element->size))
            return false;
    return true;
}

static inline bool wasmc_get_list_(wasmc_guest_ *guest, const wasmc_type_ *type, uint32_t at, uint32_t len,
    void *value)
{
    const wasmc_type_ *element = type->parts[0].type;
    wasmc_list_ list;
    if (at % element->align != 0)
        return wasmc_broken_(guest, "list pointer is not aligned");
    if (wasmc_bytes_(guest, at, (uint64_t)len * element->size, "list pointer/length out of bounds of memory") == NULL)
        return false;
    list.data = wasmc_room_(guest, (uint64_t)len * element->own_size);
    list.len = 0;
    if (list.data == NULL)
        return false;
    for (; list.len < len; list.len++) {
        /* What was lifted is freed by whoever has the list, whatever comes next. */
        memcpy(value, &list, sizeof list);
        if (!wasmc_load_(guest, element, at + (uint32_t)list.len * element->size,
                (char *)list.data + list.len * element->own_size)) {
            list.len++;
            memcpy(value, &list, sizeof list);
            return false;
        }
    }
    memcpy(value, &list, sizeof list);
    return true;
}

/* The handle of a resource that is given to the guest or lent to it. */
static inline bool wasmc_handle_(wasmc_guest_ *guest, const wasmc_type_ *type, const void *value, uint32_t *handle)
{
    memcpy(handle, value, sizeof *handle);
    return wasmc_on_handle_(guest, type->kind == WASMC_OWN_ ? guest->handles->own : guest->handles->borrow,
        type->payload, handle);
}

static inline bool wasmc_take_(wasmc_guest_ *guest, const wasmc_type_ *type, uint32_t handle, void *value)
{
    if (!wasmc_on_handle_(guest, type->kind == WASMC_OWN_ ? guest->handles->take : guest->handles->representation,
            type->payload, &handle))
        return false;
    memcpy(value, &handle, sizeof handle);
    return true;
}

static inline uint32_t wasmc_tag_size_(const wasmc_type_ *type)
{
    return type->parts_len <= 0x100 ? 1 : type->parts_len <= 0x10000 ? 2 : 4;
}

static inline bool wasmc_store_(wasmc_guest_ *guest, const wasmc_type_ *type, const void *value, uint32_t at)
{
    uint8_t *to = wasmc_place_(guest, at, type->size, type->align);
    const wasmc_part_ *part;
    uint32_t first, second, place;
    if (to == NULL)
        return false;
    switch (type->kind) {
    case WASMC_STRING_:
        if (!wasmc_put_string_(guest, (const wasmc_string *)value, &first, &second))
            return false;
        break;
    case WASMC_LIST_:
        if (!wasmc_put_list_(guest, type, value, &first, &second))
            return false;
        break;
    case WASMC_RECORD_:
        place = at;
        for (part = type->parts; part < type->parts + type->parts_len; part++) {
            place = (place + part->type->align - 1) & ~(part->type->align - 1);
            if (!wasmc_store_(guest, part->type, (const char *)value + part->offset, place))
                return false;
            place += part->type->size;
        }
        return true;
    case WASMC_VARIANT_:
        first = (uint32_t)wasmc_own_(value, type->tag_size);
        if (first >= type->parts_len)
            return wasmc_broken_(guest, "invalid variant discriminant");
        wasmc_put_(to, wasmc_tag_size_(type), first);
        part = &type->parts[first];
        return part->type == NULL
            || wasmc_store_(guest, part->type, (const char *)value + part->offset, at + type->payload);
    case WASMC_OWN_:
    case WASMC_BORROW_:
        if (!wasmc_handle_(guest, type, value, &first))
            return false;
        to = wasmc_place_(guest, at, type->size, type->align);
        if (to == NULL)
            return false;
        wasmc_put_(to, 4, first);
        return true;
    default:
        wasmc_put_(to, type->size, wasmc_own_(value, type->own_size));
        return true;
    }
    /* The memory may have moved. */
    to = wasmc_place_(guest, at, type->size, type->align);
    if (to == NULL)
        return false;
    wasmc_put_(to, 4, first);
    wasmc_put_(to + 4, 4, second);
    return true;
}

static inline bool wasmc_checked_(wasmc_guest_ *guest, const wasmc_type_ *type, uint64_t bits, void *value)
{
    if (type->kind == WASMC_BOOL_) {
        bool flag = (uint32_t)bits != 0;
        memcpy(value, &flag, sizeof flag);
        return true;
    }
    if (type->kind == WASMC_CHAR_ && ((uint32_t)bits > 0x10ffff || ((uint32_t)bits & 0xfffff800) == 0xd800))
        return wasmc_broken_(guest, "invalid `char` bit pattern");
    if (type->kind == WASMC_FLAGS_)
        bits &= type->parts_len >= 32 ? 0xffffffff : ((uint64_t)1 << type->parts_len) - 1;
    wasmc_set_own_(value, type->own_size, bits);
    return true;
}

/* Lifts what lies in the guest's memory to a value that is all zeroes. */
static inline bool wasmc_load_(wasmc_guest_ *guest, const wasmc_type_ *type, uint32_t at, void *value)
{
    const uint8_t *from = wasmc_place_(guest, at, type->size, type->align);
    const wasmc_part_ *part;
    uint32_t tag, place;
    if (from == NULL)
        return false;
    switch (type->kind) {
    case WASMC_STRING_:
        return wasmc_get_string_(guest, (uint32_t)wasmc_get_(from, 4), (uint32_t)wasmc_get_(from + 4, 4),
            (wasmc_string *)value);
    case WASMC_LIST_:
        return wasmc_get_list_(guest, type, (uint32_t)wasmc_get_(from, 4), (uint32_t)wasmc_get_(from + 4, 4), value);
    case WASMC_RECORD_:
        place = at;
        for (part = type->parts; part < type->parts + type->parts_len; part++) {
            place = (place + part->type->align - 1) & ~(part->type->align - 1);
            if (!wasmc_load_(guest, part->type, place, (char *)value + part->offset))
                return false;
            place += part->type->size;
        }
        return true;
    case WASMC_VARIANT_:
        tag = (uint32_t)wasmc_get_(from, wasmc_tag_size_(type));
        if (tag >= type->parts_len)
            return wasmc_broken_(guest, "invalid variant discriminant");
        wasmc_set_own_(value, type->tag_size, tag);
        part = &type->parts[tag];
        return part->type == NULL || wasmc_load_(guest, part->type, at + type->payload, (char *)value + part->offset);
    case WASMC_OWN_:
    case WASMC_BORROW_:
        return wasmc_take_(guest, type, (uint32_t)wasmc_get_(from, 4), value);
    default:
        return wasmc_checked_(guest, type, wasmc_get_(from, type->size), value);
    }
}

/* As core values: pointers to where the next one is. */
static inline bool wasmc_lower_(wasmc_guest_ *guest, const wasmc_type_ *type, const void *value, uint64_t **flat)
{
    const wasmc_part_ *part;
    uint64_t *end = *flat + type->flat;
    uint32_t first, second;
    switch (type->kind) {
    case WASMC_STRING_:
    case WASMC_LIST_:
        if (!(type->kind == WASMC_STRING_
                    ? wasmc_put_string_(guest, (const wasmc_string *)value, &first, &second)
                    : wasmc_put_list_(guest, type, value, &first, &second)))
            return false;
        *(*flat)++ = first;
        *(*flat)++ = second;
        return true;
    case WASMC_RECORD_:
        for (part = type->parts; part < type->parts + type->parts_len; part++)
            if (!wasmc_lower_(guest, part->type, (const char *)value + part->offset, flat))
                return false;
        return true;
    case WASMC_VARIANT_:
        first = (uint32_t)wasmc_own_(value, type->tag_size);
        if (first >= type->parts_len)
            return wasmc_broken_(guest, "invalid variant discriminant");
        *(*flat)++ = first;
        part = &type->parts[first];
        if (part->type != NULL && !wasmc_lower_(guest, part->type, (const char *)value + part->offset, flat))
            return false;
        while (*flat < end)
            *(*flat)++ = 0;
        return true;
    case WASMC_OWN_:
    case WASMC_BORROW_:
        if (!wasmc_handle_(guest, type, value, &first))
            return false;
        *(*flat)++ = first;
        return true;
    case WASMC_INT8_:
        *(*flat)++ = (uint32_t)(int32_t)(int8_t)wasmc_own_(value, 1);
        return true;
    case WASMC_INT16_:
        *(*flat)++ = (uint32_t)(int32_t)(int16_t)wasmc_own_(value, 2);
        return true;
    default:
        *(*flat)++ = wasmc_own_(value, type->own_size);
        return true;
    }
}

static inline bool wasmc_lift_(wasmc_guest_ *guest, const wasmc_type_ *type, const uint64_t **flat, void *value)
{
    const wasmc_part_ *part;
    const uint64_t *first = *flat;
    *flat += type->flat;
    switch (type->kind) {
    case WASMC_STRING_: return wasmc_get_string_(guest, (uint32_t)first[0], (uint32_t)first[1], (wasmc_string *)value);
    case WASMC_LIST_: return wasmc_get_list_(guest, type, (uint32_t)first[0], (uint32_t)first[1], value);
    case WASMC_RECORD_:
        for (part = type->parts; part < type->parts + type->parts_len; part++)
            if (!wasmc_lift_(guest, part->type, &first, (char *)value + part->offset))
                return false;
        return true;
    case WASMC_VARIANT_:
        if ((uint32_t)*first >= type->parts_len)
            return wasmc_broken_(guest, "invalid variant discriminant");
        wasmc_set_own_(value, type->tag_size, (uint32_t)*first);
        part = &type->parts[(uint32_t)*first++];
        return part->type == NULL || wasmc_lift_(guest, part->type, &first, (char *)value + part->offset);
    case WASMC_OWN_:
    case WASMC_BORROW_: return wasmc_take_(guest, type, (uint32_t)*first, value);
    default: return wasmc_checked_(guest, type, *first, value);
    }
}

/* Frees what was lifted. */
static inline void wasmc_free_(const wasmc_type_ *type, void *value)
{
    const wasmc_part_ *part;
    wasmc_list_ list;
    size_t number;
    uint32_t tag;
    switch (type->kind) {
    case WASMC_STRING_:
    case WASMC_LIST_:
        memcpy(&list, value, sizeof list);
        for (number = 0; type->kind == WASMC_LIST_ && number < list.len; number++)
            wasmc_free_(type->parts[0].type, (char *)list.data + number * type->parts[0].type->own_size);
        free(list.data);
        memset(value, 0, sizeof list);
        break;
    case WASMC_RECORD_:
        for (part = type->parts; part < type->parts + type->parts_len; part++)
            wasmc_free_(part->type, (char *)value + part->offset);
        break;
    case WASMC_VARIANT_:
        tag = (uint32_t)wasmc_own_(value, type->tag_size);
        if (tag < type->parts_len && type->parts[tag].type != NULL)
            wasmc_free_(type->parts[tag].type, (char *)value + type->parts[tag].offset);
        break;
    default: break;
    }
}

/* Calls an exported function: its parameters are those of a record type, at the addresses in `params`; `result` is
   all zeroes, or null where `result_type` is. */
static inline void wasmc_call_lifted_(wasmc_guest_ *guest, int32_t number, int32_t post_return, bool borrows,
    const wasmc_type_ *type, const void *const *params, const wasmc_type_ *result_type, void *result)
{
    wasmc_value values[17];
    uint64_t flat[17];
    uint64_t *next = flat;
    const uint64_t *first = flat;
    uint32_t param, place, at = 0;
    memset(values, 0, sizeof values);
    memset(flat, 0, sizeof flat);
    if (borrows && !wasmc_call_(guest, guest->handles->enter, values))
        return;
    if (type->flat > 16) {
        if (!wasmc_allocate_(guest, type->size, type->align, &at))
            return;
        flat[0] = at;
    }
    for (param = 0, place = at; param < type->parts_len; param++) {
        const wasmc_type_ *part = type->parts[param].type;
        place = (place + part->align - 1) & ~(part->align - 1);
        if (!(type->flat > 16 ? wasmc_store_(guest, part, params[param], place)
                              : wasmc_lower_(guest, part, params[param], &next)))
            return;
        place += part->size;
    }
    for (param = 0; param < 17; param++)
        values[param].i64 = (int64_t)flat[param];
    if (!wasmc_call_(guest, number, values))
        return;
    flat[0] = (uint64_t)values[0].i64;
    if (result_type != NULL
        && !(result_type->flat > 1 ? wasmc_load_(guest, result_type, (uint32_t)flat[0], result)
                                   : wasmc_lift_(guest, result_type, &first, result)))
        return;
    values[0].i64 = (int64_t)flat[0];
    if (post_return >= 0 && !wasmc_call_(guest, post_return, values))
        return;
    if (borrows)
        wasmc_call_(guest, guest->handles->exit, values);
}

/* Lifts the arguments of an imported function to places that are all zeroes. Returns where the core value is that says
   where the result goes. */
static inline bool wasmc_arguments_(wasmc_guest_ *guest, const wasmc_type_ *type, const uint64_t **flat,
    void *const *params)
{
    uint32_t param, place = (uint32_t)**flat;
    if (type->flat > 16) {
        ++*flat;
        if (wasmc_place_(guest, place, type->size, type->align) == NULL)
            return false;
    }
    for (param = 0; param < type->parts_len; param++) {
        const wasmc_type_ *part = type->parts[param].type;
        place = (place + part->align - 1) & ~(part->align - 1);
        if (!(type->flat > 16 ? wasmc_load_(guest, part, place, params[param])
                              : wasmc_lift_(guest, part, flat, params[param])))
            return false;
        place += part->size;
    }
    return true;
}

#ifdef __cplusplus
}
#endif
#endif
