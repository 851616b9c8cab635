/* SPDX-License-Identifier: Apache-2.0 */
#include "pbs.h"

const char *pbs_outcome(const char *status)
{
    if (!status)
        return "running";
    if (strcmp(status, "OK") == 0)
        return "ok";
    if (strncmp(status, "WARNINGS: ", 10) == 0)
        return "warning";
    return !*status || strcmp(status, "unknown") == 0 ? "unknown" : "error";
}

static int32_t reply(const struct asking *a, uint32_t type, struct json_object *value, bool incomplete,
                     uint64_t flags)
{
    struct proximo_content block = {ROW(proximo_content), .type = type, .flags = flags};
    if (!value)
        return PROXIMO_ENOMEM;
    block.data = json_text(value);
    if (incomplete)
        block.flags |= PROXIMO_CONTENT_INCOMPLETE;
    else if (type == PROXIMO_CONTENT_ROWS)
        block.flags |= PROXIMO_CONTENT_COMPLETE; /* every list here names its needs with the GET */
    const int32_t r = a->host->reply(a->call, &block, 1);
    json_object_put(value);
    return r;
}

int32_t pbs_reply_rows(const struct asking *a, struct json_object *rows, bool incomplete, uint64_t flags)
{
    return reply(a, PROXIMO_CONTENT_ROWS, rows, incomplete, flags);
}

int32_t pbs_reply_object(const struct asking *a, struct json_object *object, bool incomplete, uint64_t flags)
{
    return reply(a, PROXIMO_CONTENT_JSON, object, incomplete, flags);
}

int32_t pbs_untrusted(struct json_object *object, const char *first, const char *second)
{
    const char *const names[] = {first, second};
    struct json_object *list = json_object_new_array();
    int bad = list ? 0 : -1;
    for (size_t i = 0; i < 2 && !bad; i++) {
        if (names[i] && member_of(object, names[i]))
            bad = json_object_array_add(list, json_object_new_string(names[i]));
    }
    if (!bad && json_object_array_length(list) > 0)
        bad = json_object_object_add(object, "untrusted", json_object_get(list));
    json_object_put(list);
    return bad ? PROXIMO_ENOMEM : PROXIMO_OK;
}
