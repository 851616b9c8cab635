/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of reads that look at the release first, or make the id themselves. */
#include "ha.h"

static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

/* "vm:101", or "101": by its number. */
static bool names(const char *list, const char *resource)
{
    if (!list || strchr(resource, ':'))
        return list && config_list_has(list, resource);
    const size_t len = strlen(resource);
    for (const char *at = list; *at; at += strcspn(at, ",; "), at += strspn(at, ",; ")) {
        const char *colon = strchr(at, ':');
        if (colon && strncmp(colon + 1, resource, len) == 0 && strcspn(colon + 1, ",; ") == len)
            return true;
    }
    return false;
}

static struct json_object *narrowed(struct json_object *rows, const char *type, const char *resource)
{
    struct json_object *kept = json_object_new_array();
    for (size_t i = 0; kept && i < json_object_array_length(rows); i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if ((!type || member_is(row, "type", type)) &&
            (!resource || names(member_text(row, "resources"), resource)))
            json_object_array_add(kept, json_object_get(row));
    }
    return kept;
}

static int32_t fail(const struct asking *a, const struct looked *looked, const char *what, const char *value)
{
    return a->host->fail(a->call,
                         looked->status == 403   ? PROXIMO_EDENIED
                         : looked->status == 500 ? PROXIMO_ENOTFOUND
                                                 : PROXIMO_EUNAVAIL,
                         "%s%s%s could not be read: %.300s", what, *value ? " " : "", value,
                         looked->why ? looked->why : "what came is of another kind");
}

static int32_t reply_list(const struct asking *a, const char *path, const char *kinds, const char *about)
{
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = PROXIMO_TABLE(audit)};
    const char *type = kinds ? ask_argument(a, kinds) : NULL,
               *resource = about ? ask_argument(a, about) : NULL;
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    struct json_object *data DROP_JSON = r == PROXIMO_OK ? looked.data : NULL;
    if (r < 0)
        return r;
    if (!json_object_is_type(data, json_type_array))
        return fail(a, &looked, path, "");
    struct json_object *rows DROP_JSON = narrowed(data, type, resource);
    const struct proximo_content block = {
        ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows),
        .flags = looked.complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE};
    return rows ? a->host->reply(a->call, &block, 1) : PROXIMO_ENOMEM;
}

int32_t ha_read_list(void *instance, struct proximo_call *call, int32_t (*check)(const struct asking *a),
                     const char *path, const char *kinds, const char *about)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    int32_t r = check ? check(&a) : PROXIMO_OK;
    return r == PROXIMO_OK ? reply_list(&a, path, kinds, about) : r;
}

static int32_t reply_one(const struct asking *a, const char *path, const char *id, const char *value,
                         const char *what)
{
    const struct proximo_field at = FIELD(id, value);
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = &at, .field_count = 1,
                                    .needs = PROXIMO_TABLE(audit)};
    struct looked looked;
    int32_t r = value ? ask_look(a, &get, &looked) : PROXIMO_ENOMEM;
    struct json_object *data DROP_JSON = r == PROXIMO_OK ? looked.data : NULL;
    if (r < 0)
        return r;
    if (!json_object_is_type(data, json_type_object))
        return fail(a, &looked, what, value);
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .flags = PROXIMO_CONTENT_UNTRUSTED, .data = json_text(data)};
    return a->host->reply(a->call, &block, 1);
}

int32_t ha_read_one(void *instance, struct proximo_call *call, int32_t (*check)(const struct asking *a),
                    const char *path, const char *id, const char *(*make_id)(const struct asking *a),
                    const char *what)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    int32_t r = check ? check(&a) : PROXIMO_OK;
    return r == PROXIMO_OK ? reply_one(&a, path, id, make_id ? make_id(&a) : ask_argument(&a, id), what) : r;
}
