/* SPDX-License-Identifier: Apache-2.0 */
/* pve_acl_prune: removes entries that do nothing, and nothing else. Source: GET and PUT /access/acl. */
#include "acl.h"
#include "entries.h"
#include "idle.h"

#define KEPT_MOST 50u

static int32_t tell_kept(const struct asking *a, const struct idle *idle, const bool *taken)
{
    struct json_object *list = json_object_new_array();
    uint32_t count = 0;
    for (uint32_t i = 0; list && i < idle->count; i++) {
        const struct idle_entry *row = &idle->rows[i];
        struct json_object *one = taken[i] || count >= KEPT_MOST ? NULL : json_object_new_object();
        count += !taken[i];
        if (!one)
            continue;
        json_object_object_add(one, "path", json_object_new_string(row->path));
        json_object_object_add(one, "kind", json_object_new_string(row->type));
        json_object_object_add(one, "who", json_object_new_string(row->ugid));
        json_object_object_add(one, "role", json_object_new_string(row->role));
        json_object_object_add(one, "why", json_object_new_string(row->why));
        json_object_array_add(list, one);
    }
    if (count == 0) {
        json_object_put(list);
        return PROXIMO_OK;
    }
    int32_t r = tell_fact(a, "do_nothing_but_stay", list);
    return r == PROXIMO_OK && count > KEPT_MOST
               ? tell_fact(a, "do_nothing_but_stay_count", json_object_new_int64(count))
               : r;
}

static int32_t tell_why(const struct asking *a, const struct idle *idle, const bool *taken)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; list && i < idle->count; i++) {
        if (taken[i])
            json_object_array_add(
                list, json_object_new_string_len(idle->rows[i].why, (int)strlen(idle->rows[i].why)));
    }
    return tell_fact(a, "why", list);
}

/* Of those that may be removed, as many as a plan holds; what this token may not change stays. */
static int32_t take(const struct asking *a, struct idle *idle, bool *taken, struct entries_plan *plan)
{
    for (uint32_t i = 0; i < idle->count; i++) {
        struct idle_entry *row = &idle->rows[i];
        if (!row->removable)
            continue;
        const int32_t held = a->host->permission(a->call, row->path, "Permissions.Modify");
        if (ask_ends(held))
            return held;
        const bool sayable = strcspn(row->ugid, ",;[] ") == strlen(row->ugid) && strlen(row->path) < 200;
        if (held == 0)
            row->why = ask_text(a, "%s; this token has no Permissions.Modify there", row->why);
        else if (!sayable || plan->count == ENTRIES_MOST)
            row->why = ask_text(a, "%s; %s", row->why,
                                sayable ? "a plan of its own can remove it: this one is full"
                                        : "a plan cannot name it");
        else {
            taken[i] = true;
            plan->rows[plan->count++] =
                (struct entry_change){row->path, row->role, row->type, row->ugid, row->propagate, NO_ENTRY};
        }
        if (!row->why)
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

/* That it is still not there when the plan is applied. */
static const struct {
    const char *below, *list, *key; /* key NULL: a number of guests, which must be free */
} homes[] = {
    {"/vms/", "/cluster/nextid", NULL},
    {"/storage/", "/storage", "storage"},
    {"/nodes/", "/nodes", "node"},
    {"/pool/", "/pools", "poolid"},
    {"/access/groups/", "/access/groups", "groupid"},
    {"/access/realm/", "/access/domains", "realm"},
};

static int32_t guard_gone(const struct asking *a, const char *path)
{
    for (size_t i = 0; i < sizeof(homes) / sizeof(homes[0]); i++) {
        const size_t len = strlen(homes[i].below);
        if (strncmp(path, homes[i].below, len) != 0)
            continue;
        const struct proximo_field vmid = FIELD("vmid", path + len);
        struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                      .path = homes[i].list};
        if (homes[i].key)
            guard.fields = ask_text(a, "[%s=%s]", homes[i].key, path + len);
        else
            guard.params = (struct proximo_table)ROWS(&vmid, 1);
        return homes[i].key && !guard.fields ? PROXIMO_ENOMEM : a->host->guard(a->call, &guard);
    }
    return PROXIMO_OK;
}

static int32_t guard_reasons(const struct asking *a, const struct idle *idle, const bool *taken)
{
    const char *last = "";
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < idle->count; i++) {
        const struct idle_entry *row = &idle->rows[i];
        if (!taken[i] || row->kind != IDLE_GONE || strcmp(row->path, last) == 0)
            continue;
        last = row->path;
        r = guard_gone(a, last);
    }
    return r;
}

static int32_t lay_out(const struct asking *a, struct idle *idle, const char *under)
{
    struct entries_plan plan = {.a = *a,
                                .operation_class = "acl.modify",
                                .step_flags = PROXIMO_STEP_CONTINUE,
                                .subject_id = under ? ask_text(a, "unused:%s", under) : "unused"};
    bool *taken = a->host->alloc(a->call, (idle->count + 1) * sizeof(*taken));
    plan.rows = a->host->alloc(a->call, ENTRIES_MOST * sizeof(*plan.rows));
    int32_t r = taken && plan.rows && plan.subject_id ? take(a, idle, taken, &plan) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    plan.summary = plan.count
                       ? ask_text(a,
                                  "removes %u entries of the access list that do nothing; nobody's rights "
                                  "change but on what is not there any more",
                                  (unsigned)plan.count)
                       : ask_text(a, "nothing to do: no entry%s%s that does nothing can be removed",
                                  under ? " at or below " : "", under ? under : "");
    r = entries_lay_out(&plan);
    if (r == PROXIMO_OK && plan.count)
        r = tell_why(a, idle, taken);
    if (r == PROXIMO_OK)
        r = guard_reasons(a, idle, taken);
    return r == PROXIMO_OK ? tell_kept(a, idle, taken) : r;
}

/* Without these nothing can be shown. */
static int32_t check_whole(const struct asking *a, const struct world *world)
{
    for (uint32_t i = 0; i < ACL_PARTS; i++) {
        if (!(acl_unknown(world->model) & (1u << i)))
            continue;
        return a->host->fail(a->call, PROXIMO_EDENIED,
                             "%s cannot be read whole (%.300s), so it cannot be shown that nobody loses or "
                             "gains anything. It needs %s on %s, handed down",
                             acl_part(i)->word, world->why[i] ? world->why[i] : "it makes no sense",
                             acl_part(i)->privilege ? acl_part(i)->privilege : "no privilege",
                             acl_part(i)->path ? acl_part(i)->path : "any path");
    }
    return PROXIMO_OK;
}

int32_t acl_plan_prune(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *given = ask_argument(&a, "path");
    char *under = given ? a.host->alloc(call, ACL_PATH_MOST) : NULL;
    struct world world;
    struct idle idle;
    if (given && (!under || acl_path_normal(given, under, ACL_PATH_MOST) != 0))
        return a.host->fail(call, PROXIMO_EINVAL,
                            "path '%.100s' is none: it is / or has elements of letters, digits, . - _ with "
                            "slashes between them",
                            given);
    int32_t r = world_read(&a, &world);
    if (r < 0)
        return r;
    r = check_whole(&a, &world);
    if (r == PROXIMO_OK)
        r = idle_find(&a, &world, under, &idle);
    if (r == PROXIMO_OK)
        r = lay_out(&a, &idle, under);
    world_done(&world);
    return r;
}
