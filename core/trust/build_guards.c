/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guards of a plan: what the draft names, and what the core adds whatever a plane says: of every guest
 * aimed at where it is, its lock and its HA state. State is read from the node, never from
 * /cluster/resources, which is a cache that is seconds old.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "trust/build.h"
#include "trust/undo_point.h"

/* What the HA manager does by itself after a change that was asked of it. */
#define HA_STATE "/ha/state"

int build_guard_append(struct build *b, struct json_object *guard, struct problem *p)
{
    if (json_object_array_length(b->guards) == BUILD_GUARDS_MOST)
        return build_plane_fault(b, p, "its plan has more than %u guards", BUILD_GUARDS_MOST);
    return json_object_array_add(b->guards, json_object_get(guard)) < 0 ? build_no_memory(p) : 0;
}

/* A digest says that something changed, not what: it never stands alone. */
static bool only_digest(struct json_object *fields)
{
    return json_object_array_length(fields) == 1 &&
           strcmp(json_object_get_string(json_object_array_get_idx(fields, 0)), "/digest") == 0;
}

static int query_check(struct build *b, const char *path, struct json_object *query, struct problem *p)
{
    for (size_t i = 0; i < json_object_array_length(query); i++) {
        const char *value = NULL;
        if (json_get_string(json_object_array_get_idx(query, i), "value", &value, NULL) < 0)
            return build_plane_fault(b, p, "its guard of %.200s asks with a secret", path);
    }
    return 0;
}

static int guard_of_draft(struct build *b, struct json_object *raw, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(2 * HTTP_PATH_LIMIT);
    CLEANUP_JSON struct json_object *guard = json_object_new_object();
    CLEANUP_JSON struct json_object *query = NULL;
    CLEANUP_JSON struct json_object *fields = NULL;
    struct json_object *params = NULL;
    const char *template = NULL, *list = NULL;
    int64_t flags = 0;

    (void)json_get(raw, "params", json_type_array, &params);
    (void)json_get_string(raw, "fields", &list, NULL);
    (void)json_get_int(raw, "flags", &flags);
    if (json_get_string(raw, "path", &template, NULL) < 0)
        return build_plane_fault(b, p, "a guard has no path");
    int r = build_path(b, template, params, NULL, &path, &query, p);
    if (r == 0)
        r = query_check(b, path.data, query, p);
    if (r == 0)
        r = build_selectors(b, list, &fields, p);
    if (r < 0)
        return r;
    if (strcmp(path.data, "/cluster/resources") == 0)
        return build_plane_fault(b, p, "it guards /cluster/resources, which is seconds old: no state");
    r = build_add_text(guard, "path", path.data);
    if (json_object_array_length(query))
        r |= build_add(guard, "query", json_object_get(query));
    if (json_object_array_length(fields) && !only_digest(fields))
        r |= build_add(guard, "fields", json_object_get(fields));
    if (flags & (int64_t)PROXIMO_GUARD_TOLERATE)
        r |= build_add(guard, "tolerate", json_object_new_boolean(1));
    return r ? build_no_memory(p) : build_guard_append(b, guard, p);
}

static int guard_guest(struct build *b, const char *kind, const char *node, int64_t vmid, struct problem *p)
{
    static const char *const fields[] = {"/lock", "/ha/managed", HA_STATE};
    CLEANUP_BUF struct buf path = BUF_INIT(HTTP_PATH_LIMIT);

    buf_str(&path, "/nodes/");
    buf_percent(&path, node, strlen(node));
    buf_printf(&path, "/%s/%lld/status/current", kind, (long long)vmid);
    if (!buf_ok(&path))
        return build_no_memory(p);
    int at = guard_find(b->guards, path.data, NULL);
    if (at < 0) {
        CLEANUP_JSON struct json_object *guard = json_object_new_object();
        struct json_object *list = json_object_new_array();
        if (list && json_object_array_add(list, json_object_new_string(fields[0])) < 0) {
            json_object_put(list);
            list = NULL;
        }
        if (build_add_text(guard, "path", path.data) < 0 || build_add(guard, "fields", list) < 0)
            return build_no_memory(p);
        int r = build_guard_append(b, guard, p);
        if (r < 0)
            return r;
        at = (int)json_object_array_length(b->guards) - 1;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (guard_add_field(json_object_array_get_idx(b->guards, (size_t)at), fields[i]) < 0)
            return build_no_memory(p);
    }
    return 0;
}

static int guard_subject(struct build *b, struct json_object *row, struct problem *p)
{
    struct json_object *subject = NULL;
    struct site_guest guest = {0};
    struct problem asked = PROBLEM_INIT;
    const char *kind = NULL, *label = "";
    char number[24];
    int64_t vmid = 0;
    bool made = false;

    (void)json_get(row, "subject", json_type_object, &subject);
    (void)json_get_string(row, "label", &label, NULL);
    if (json_get_string(subject, "kind", &kind, NULL) < 0 || strcmp(kind, "guest") != 0 ||
        json_get_int(subject, "vmid", &vmid) < 0)
        return 0;
    if (b->reading.has_guest && b->reading.guest.vmid == vmid)
        return guard_guest(b, b->reading.guest.kind, b->reading.guest.node, vmid, p);
    (void)snprintf(number, sizeof(number), "%lld", (long long)vmid);
    int r =
        site_guest_find(b->request->site, &b->reading.site_call, number, NULL, NULL, false, &guest, &asked);
    if (r == 0)
        return guard_guest(b, guest.kind, guest.node, vmid, p);
    if (r == -ECANCELED || r == -ENOMEM || r == -ETIMEDOUT) {
        *p = asked;
        return r;
    }
    /* What the change makes cannot be guarded; that its number is unused is the plane's to guard. */
    (void)json_get_bool(subject, "new", &made);
    if (made && r == -ENOENT)
        return 0;
    return build_incomplete(b, label, asked.cause) < 0 ? build_no_memory(p) : 0;
}

int build_guards(struct build *b, struct problem *p)
{
    struct json_object *rows = NULL;
    int r = 0;

    (void)json_get(b->draft, "guards", json_type_array, &rows);
    for (size_t i = 0; r == 0 && rows && i < json_object_array_length(rows); i++)
        r = guard_of_draft(b, json_object_array_get_idx(rows, i), p);
    b->draft_guards = json_object_array_length(b->guards);
    for (size_t i = 0; r == 0 && i < json_object_array_length(b->subjects); i++)
        r = guard_subject(b, json_object_array_get_idx(b->subjects, i), p);
    return r;
}

/* ---- reading them */

/* What the record of the change has seen afterwards of the same thing; NULL: nothing. */
static struct json_object *after_of(struct build *b, struct json_object *guard)
{
    struct json_object *heads = NULL, *after = NULL, *query = NULL;
    const char *path = "";

    (void)json_get(b->request->record, "guards", json_type_array, &heads);
    (void)json_get(b->request->record, "after", json_type_array, &after);
    (void)json_get(guard, "query", json_type_array, &query);
    (void)json_get_string(guard, "path", &path, NULL);
    const int at = guard_find(heads, path, query);
    return at >= 0 && after && (size_t)at < json_object_array_length(after)
               ? json_object_array_get_idx(after, (size_t)at)
               : NULL;
}

/* The guards of a way back are the state that the change left: what differs since then is named in words. */
static int compare_after(struct build *b, struct json_object *guard, struct json_object *now,
                         struct buf *words)
{
    struct json_object *after = after_of(b, guard);
    const char *path = "", *point = NULL;

    (void)json_get_string(guard, "path", &path, NULL);
    (void)undo_point_of(b->request->record, &point);
    if (!json_object_is_type(after, json_type_object) || !json_object_is_type(now, json_type_object))
        return 0;
    json_object_object_foreach(after, field, was)
    {
        CLEANUP_BUF struct buf a = BUF_INIT(PLAN_LIMIT);
        CLEANUP_BUF struct buf c = BUF_INIT(PLAN_LIMIT);
        struct json_object *is = NULL;
        if (strcmp(field, HA_STATE) == 0)
            continue;
        if (point && undo_point_moves(path, field, point))
            continue; /* its snapshot may be gone by now, which is no change of the guest */
        const bool there = json_object_object_get_ex(now, field, &is);
        if (!there && json_object_object_length(now) > 0)
            continue; /* not guarded any more */
        json_canonical(was, &a);
        json_canonical(is, &c);
        if (!buf_ok(&a) || !buf_ok(&c))
            return -ENOMEM;
        if (there && strcmp(a.data, c.data) == 0)
            continue;
        if (words->len + 200 < words->limit)
            buf_printf(words, "%s%.120s%s%.60s", words->len ? ", " : "", path, *field ? " " : "", field);
    }
    return 0;
}

/* An error answer ends planning, unless the guard is of that very status. */
static int answer_check(struct json_object *guard, struct json_object *status, struct problem *p)
{
    const char *path = "";
    bool tolerate = false;

    (void)json_get_bool(guard, "tolerate", &tolerate);
    (void)json_get_string(guard, "path", &path, NULL);
    if (tolerate || json_object_get_int64(status) < 300)
        return 0;
    problem_set(p, -ENOENT, PX_NOT_FOUND, "%.300s, which the plan rests on, answers with status %lld", path,
                (long long)json_object_get_int64(status));
    problem_next(p, "look whether the thing is still there and its node is online, then plan again");
    return -ENOENT;
}

int build_guards_take(struct build *b, struct problem *p)
{
    CLEANUP_BUF struct buf words = BUF_INIT(500);

    for (size_t i = 0; i < json_object_array_length(b->guards); i++) {
        struct json_object *guard = json_object_array_get_idx(b->guards, i), *value = NULL, *status = NULL;
        CLEANUP_JSON struct json_object *now = NULL;
        int r = guard_take(guard, b->cache, &b->reading.site_call, &now, p);
        if (r < 0)
            return r;
        (void)json_object_object_get_ex(now, "status", &status);
        (void)json_object_object_get_ex(now, "value", &value);
        if (!b->request->record && (r = answer_check(guard, status, p)) < 0)
            return r;
        if (b->request->record && compare_after(b, guard, value, &words) < 0)
            return build_no_memory(p);
        if (build_add(guard, "status", json_object_get(status)) < 0 ||
            build_add(guard, "value", json_object_get(value)) < 0)
            return build_no_memory(p);
    }
    if (words.len) {
        problem_set(p, -ESTALE, PX_DRIFT, "it is not any more as the change left it: %s", words.data);
        problem_next(p, "look at what is there now; plan a change of your own instead of the way back");
        return -ESTALE;
    }
    return 0;
}

/* ---- what is read again at once before a request that Proxmox does not check itself */

static bool is_request(struct json_object *step, const char **ret_path)
{
    const char *kind = "";

    (void)json_get_string(step, "kind", &kind, NULL);
    return strcmp(kind, "request") == 0 && json_get_string(step, "path", ret_path, NULL) == 0;
}

/* Does the request concern what the guard is of? */
static bool touches(struct json_object *step, const char *guard_path)
{
    const char *path = NULL;

    return is_request(step, &path) && build_path_is_below(guard_path, path, build_object_prefix(path));
}

/* A request on one snapshot of a guest leaves what the others hold as it is. */
static bool of_another_snapshot(struct json_object *step, const char *guard_path)
{
    static const char part[] = "/snapshot/";
    const char *path = NULL;

    if (!is_request(step, &path))
        return false;
    const char *one = strstr(path, part), *other = strstr(guard_path, part);
    if (!one || !other || strchr(one + sizeof(part) - 1, '/'))
        return false;
    one += sizeof(part) - 1;
    other += sizeof(part) - 1;
    const size_t len = strcspn(other, "/");
    return strlen(one) != len || memcmp(one, other, len) != 0;
}

/* Which of the guards count for a step: after the plan's own snapshot, copies stand for what it changes. */
static bool guard_counts(const struct build *b, size_t step, size_t guard)
{
    const bool copy = guard_is_copy(json_object_array_get_idx(b->guards, guard));

    return step < b->own_steps || !b->own_steps ? !copy : !b->stale[guard];
}

/* A request on one member of a list changes the list; of a list of which only some fields are guarded nobody
 * knows whether it changes these. */
static bool changes_member(struct json_object *step, struct json_object *guard, const char *guard_path)
{
    const size_t len = strlen(guard_path);
    struct json_object *fields = NULL;
    const char *path = NULL;

    return json_get(guard, "fields", json_type_array, &fields) < 0 && is_request(step, &path) &&
           strncmp(path, guard_path, len) == 0 && path[len] == '/' && !strchr(path + len + 1, '/');
}

/* Has an earlier step of the plan, other than the core's own, changed it? */
static bool is_ours(const struct build *b, size_t step, struct json_object *guard, const char *guard_path)
{
    for (size_t n = step < b->own_steps ? 0 : b->own_steps; n < step; n++) {
        struct json_object *earlier = json_object_array_get_idx(b->steps, n);
        if ((touches(earlier, guard_path) && !of_another_snapshot(earlier, guard_path)) ||
            changes_member(earlier, guard, guard_path))
            return true;
    }
    return false;
}

/* What a command touches nobody knows: everything that is guarded is looked at again before it. */
static bool is_command(struct json_object *step)
{
    const char *kind = "";

    (void)json_get_string(step, "kind", &kind, NULL);
    return strcmp(kind, "executor") == 0;
}

/* Before the member "risk", which stands last. */
static int put_recheck(struct json_object *step, struct json_object *list)
{
    CLEANUP_JSON struct json_object *risk = json_object_get(json_object_object_get(step, "risk"));

    json_object_object_del(step, "risk");
    return build_add(step, "recheck", json_object_get(list)) < 0 ||
                   (risk && build_add(step, "risk", json_object_get(risk)) < 0)
               ? -ENOMEM
               : 0;
}

int build_rechecks(struct build *b, struct problem *p)
{
    for (size_t i = 0; i < json_object_array_length(b->steps); i++) {
        struct json_object *step = json_object_array_get_idx(b->steps, i);
        CLEANUP_JSON struct json_object *list = json_object_new_array();
        bool atomic = false;
        (void)json_get_bool(step, "atomic", &atomic);
        atomic = atomic && !b->own_steps; /* a snapshot takes its time: everything is looked at again */
        for (size_t k = 0; !atomic && list && k < json_object_array_length(b->guards); k++) {
            const char *path = "";
            struct json_object *guard = json_object_array_get_idx(b->guards, k);
            (void)json_get_string(guard, "path", &path, NULL);
            if (guard_counts(b, i, k) && !is_ours(b, i, guard, path) &&
                (is_command(step) || touches(step, path)) &&
                json_object_array_add(list, json_object_new_int((int)k)) < 0)
                return build_no_memory(p);
        }
        if (!list || (json_object_array_length(list) && put_recheck(step, list) < 0))
            return build_no_memory(p);
    }
    return 0;
}
