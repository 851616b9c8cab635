/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pools and tags in the allow and deny lists: which of them a guest has is read live when planning, from the
 * node and from the pool itself, and becomes a guard, so that apply looks again. Sources: GET /pools?poolid=,
 * GET /nodes/{node}/{qemu|lxc}/{vmid}/config; never /cluster/resources, which is a cache.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "config/target.h"
#include "trust/build.h"
#include "trust/limits.h"
#include "trust/limits_inner.h"

struct members {
    struct build *b;
    struct problem unread; /* the first read that failed */
};

/* Cancellation, deadline and lack of memory end planning; what else goes wrong leaves the guard out. */
static bool is_end(int r)
{
    return r == -ECANCELED || r == -ENOMEM || r == -ETIMEDOUT;
}

/* Sets status and value of a guard whose fields are complete. The very bytes that planning saw: one cache. */
static int guard_fill(struct members *m, struct json_object *guard, struct problem *p)
{
    CLEANUP_JSON struct json_object *now = NULL;
    struct problem why = PROBLEM_INIT;

    int r = guard_take(guard, m->b->cache, &m->b->reading.site_call, &now, &why);
    if (is_end(r)) {
        *p = why;
        return r;
    }
    if (r < 0) {
        if (!m->unread.code[0])
            m->unread = why;
        return 1;
    }
    if (build_add(guard, "status", json_object_get(json_object_object_get(now, "status"))) < 0 ||
        build_add(guard, "value", json_object_get(json_object_object_get(now, "value"))) < 0)
        return build_no_memory(p);
    return 0;
}

static bool answered(struct json_object *guard)
{
    int64_t status = 0;

    return json_get_int(guard, "status", &status) == 0 && status >= 200 && status < 300;
}

static int guard_new(struct members *m, const char *path, struct json_object *query, const char *field,
                     bool tolerate, struct problem *p)
{
    CLEANUP_JSON struct json_object *guard = json_object_new_object();
    struct json_object *fields = json_object_new_array();
    int r = build_add_text(guard, "path", path);

    if (query)
        r |= build_add(guard, "query", json_object_get(query));
    if (fields && json_object_array_add(fields, json_object_new_string(field)) < 0)
        r = -ENOMEM;
    r |= build_add(guard, "fields", fields);
    if (tolerate)
        r |= build_add(guard, "tolerate", json_object_new_boolean(1));
    if (r)
        return build_no_memory(p);
    if (json_object_array_length(m->b->guards) == BUILD_GUARDS_MOST) {
        if (!m->unread.code[0])
            problem_set(&m->unread, -EFBIG, PX_TOO_LARGE, "the plan would need more than %u guards",
                        BUILD_GUARDS_MOST);
        return 0;
    }
    r = guard_fill(m, guard, p);
    if (r != 0)
        return r < 0 ? r : 0;
    if (!tolerate && !answered(guard)) {
        if (!m->unread.code[0])
            problem_set(&m->unread, -EIO, PX_REMOTE, "%.200s answers with an error", path);
        return 0;
    }
    return json_object_array_add(m->b->guards, json_object_get(guard)) < 0 ? build_no_memory(p) : 0;
}

/* A guard of the same answer is widened by the field, and its value taken anew from the same bytes. */
static int guard_widen(struct members *m, const char *path, struct json_object *query, const char *field,
                       struct problem *p)
{
    const int at = guard_find(m->b->guards, path, query);

    if (at < 0)
        return guard_new(m, path, query, field, false, p);
    struct json_object *guard = json_object_array_get_idx(m->b->guards, (size_t)at), *fields = NULL;
    if (json_get(guard, "fields", json_type_array, &fields) <
        0) /* of the whole: a second one, of the field */
        return guard_new(m, path, query, field, false, p);
    if (guard_add_field(guard, field) < 0)
        return build_no_memory(p);
    const int r = guard_fill(m, guard, p);
    return r < 0 ? r : 0;
}

/* ---- tags */

static int guest_where(struct members *m, uint32_t vmid, struct site_guest *ret, struct problem *p)
{
    struct build *b = m->b;
    struct problem why = PROBLEM_INIT;
    char number[16];

    if (b->reading.has_guest && b->reading.guest.vmid == (int64_t)vmid) {
        *ret = b->reading.guest;
        return 0;
    }
    (void)snprintf(number, sizeof(number), "%u", vmid);
    int r = site_guest_find(b->request->site, &b->reading.site_call, number, NULL, NULL, false, ret, &why);
    if (r == 0)
        return 0;
    if (is_end(r)) {
        *p = why;
        return r;
    }
    if (!m->unread.code[0])
        m->unread = why;
    return 1;
}

static int tags_guard(struct members *m, uint32_t vmid, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);
    struct site_guest guest = {0};

    int r = guest_where(m, vmid, &guest, p);
    if (r != 0)
        return r < 0 ? r : 0;
    buf_str(&path, "/nodes/");
    buf_percent(&path, guest.node, strlen(guest.node));
    buf_printf(&path, "/%s/%u/config", guest.kind, vmid);
    return buf_ok(&path) ? guard_widen(m, path.data, NULL, "/tags", p) : build_no_memory(p);
}

/* ---- pools */

static int pool_query(const char *pool, struct json_object **ret)
{
    CLEANUP_JSON struct json_object *query = json_object_new_array();
    CLEANUP_JSON struct json_object *field = json_object_new_object();

    if (!query || build_add_text(field, "name", "poolid") < 0 || build_add_text(field, "value", pool) < 0 ||
        json_object_array_add(query, json_object_get(field)) < 0)
        return -ENOMEM;
    *ret = query;
    query = NULL;
    return 0;
}

/* That there is no such pool is an answer too, if Proxmox says just that. */
static int pool_is_missing(struct members *m, const char *pool, bool *ret, struct problem *p)
{
    const struct http_field field = {.name = "poolid", .value = pool, .value_len = strlen(pool)};
    struct cached_answer answer = {0};
    struct problem why = PROBLEM_INIT;

    int r = read_cache_get(m->b->cache, &m->b->reading.site_call, "/pools", &field, 1, &answer, &why);
    if (is_end(r)) {
        *p = why;
        return r;
    }
    *ret = r == 0 && answer.status >= 400 && answer.problem &&
           (strcmp(answer.problem->code, PX_NOT_FOUND) == 0 ||
            strstr(answer.problem->cause, "does not exist") != NULL);
    return 0;
}

static int pool_guard(struct members *m, const char *pool, uint32_t vmid, struct problem *p)
{
    CLEANUP_JSON struct json_object *query = NULL;
    char field[64];
    bool missing = false;

    limits_pool_field(vmid, field);
    if (pool_query(pool, &query) < 0)
        return build_no_memory(p);
    int r = pool_is_missing(m, pool, &missing, p);
    if (r < 0)
        return r;
    if (!missing)
        return guard_widen(m, "/pools", query, field, p);
    return guard_find(m->b->guards, "/pools", query) >= 0 ? 0 : guard_new(m, "/pools", query, field, true, p);
}

/* ---- all of them */

static int guests_guard(struct members *m, struct json_object *rows, const char *member,
                        const struct target *target, struct problem *p)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < json_object_array_length(rows); i++) {
        const char *label = NULL;
        uint64_t vmid = 0;
        if (json_get_string(json_object_array_get_idx(rows, i), member, &label, NULL) < 0 ||
            strncmp(label, "guest/", 6) != 0 || text_to_u64(label + 6, 999999999, &vmid) < 0)
            continue;
        r = target->kind == TARGET_POOL ? pool_guard(m, target->name, (uint32_t)vmid, p)
                                        : tags_guard(m, (uint32_t)vmid, p);
    }
    return r;
}

static int list_guard(struct members *m, const struct config_strings *list, bool affected, struct problem *p)
{
    int r = 0;

    for (size_t i = 0; r == 0 && i < list->count; i++) {
        struct target target;
        const char *why = NULL;
        if (!target_is(list->items[i]) || target_parse(list->items[i], &target, &why) < 0 ||
            (target.kind != TARGET_POOL && target.kind != TARGET_TAG))
            continue;
        r = guests_guard(m, m->b->subjects, "label", &target, p);
        if (r == 0 && affected)
            r = guests_guard(m, m->b->affected, "resource", &target, p);
    }
    return r;
}

int build_targets(struct build *b, struct problem *p)
{
    const struct config *config = b->trust->config;
    const struct config_site *site = site_config(b->request->site);
    struct members m = {.b = b};
    struct limits_view view = {.site = site->name ? site->name : "",
                               .subjects = b->subjects,
                               .affected = b->affected,
                               .guards = b->guards,
                               .steps = b->steps};

    int r = list_guard(&m, &config->deny, true, p);
    if (r == 0)
        r = list_guard(&m, &config->allow, false, p);
    if (r < 0)
        return r;
    view.unread = m.unread.code[0] ? m.unread.cause : NULL;
    return limits_targets(b->trust, &view, p);
}
