/* SPDX-License-Identifier: Apache-2.0 */
/* What a clone and a new guest have in common: a number, a place, a look that it is there. */
#include "life.h"

/* ---- may it be made? */

/* Who has the number, as far as this token sees. */
static int32_t holder(const struct asking *a, const char *vmid, const char **ret)
{
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1};
    struct looked list;
    int32_t r = ask_look(a, &get, &list);
    *ret = NULL;
    const size_t count = r == PROXIMO_OK && json_object_is_type(list.data, json_type_array)
                             ? json_object_array_length(list.data)
                             : 0;
    for (size_t i = 0; i < count && !*ret; i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        const char *node = member_text(row, "node");
        if (member_is(row, "vmid", vmid))
            *ret = ask_text(a, "a %s on node %s", member_is(row, "type", "lxc") ? "container" : "machine",
                            node ? node : "?");
    }
    json_object_put(list.data);
    return r;
}

int32_t life_check_unused(const struct asking *a, const char *vmid)
{
    const struct proximo_field field = FIELD("vmid", vmid);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/nextid", .fields = &field,
                                    .field_count = 1};
    const char *who = NULL;
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    json_object_put(looked.data);
    if (looked.status >= 200 && looked.status < 300)
        return PROXIMO_OK;
    if (looked.status != 400)
        return a->host->fail(a->call, PROXIMO_EREMOTE,
                             "whether the number %s is unused could not be seen: %s", vmid,
                             looked.why ? looked.why : "no answer");
    if ((r = holder(a, vmid, &who)) < 0)
        return r;
    return a->host->fail(a->call, PROXIMO_ESTATE,
                         "the number %s is taken: %s has it. Numbers are unique in the whole cluster; "
                         "pve_cluster_nextid gives a free one",
                         vmid, who ? who : "a guest that this token does not see");
}

int32_t life_check_privilege(const struct asking *a, const char *path, const char *privilege,
                             const char *what)
{
    return ask_privilege(a, path, privilege, "%s needs %s on %s, which this token does not hold", what,
                         privilege, path);
}

static int32_t check_pool(const struct asking *a, const char *pool)
{
    const struct proximo_field field = FIELD("poolid", pool);
    const struct proximo_get get = {ROW(proximo_get), .path = "/pools", .fields = &field, .field_count = 1};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    json_object_put(looked.data);
    return looked.status >= 200 && looked.status < 300
               ? PROXIMO_OK
               : a->host->fail(a->call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_ENOTFOUND,
                               "pool %s cannot be used: %s. pve_pools_list shows the pools", pool,
                               looked.why ? looked.why : "no answer");
}

int32_t life_check_either(const struct asking *a, const char *vmid, const char *pool, const char *privileges,
                          const char *what)
{
    const char *path = ask_text(a, "/vms/%s", vmid), *of_pool = pool ? ask_text(a, "/pool/%s", pool) : NULL;
    char one[64] = "";
    if (!path || (pool && !of_pool))
        return PROXIMO_ENOMEM;
    for (const char *at = privileges; *at;) {
        const size_t len = strcspn(at, "|");
        (void)snprintf(one, sizeof(one), "%.*s", (int)len, at);
        const int32_t on_pool = pool ? a->host->permission(a->call, of_pool, one) : 0;
        const int32_t held = on_pool == 0 ? a->host->permission(a->call, path, one) : on_pool;
        if (ask_ends(held))
            return held;
        if (held != 0)
            return PROXIMO_OK;
        at += len + (at[len] == '|');
    }
    return life_check_privilege(a, path, one, what);
}

int32_t life_check_allocate(const struct asking *a, const char *vmid, const char *pool)
{
    int32_t r = pool ? check_pool(a, pool) : PROXIMO_OK;
    return r == PROXIMO_OK ? life_check_either(a, vmid, pool, "VM.Allocate", "making a guest") : r;
}

/* ---- guards and postconditions */

int32_t life_guards(const struct asking *a, const struct proximo_field at[3])
{
    const struct proximo_guard config = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                         .path = GUEST_CONFIG, .fields = LIFE_FIELDS, .params = ROWS(at, 3)};
    const struct proximo_guard unused = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                         .path = "/cluster/nextid", .params = ROWS(&at[2], 1)};
    int32_t r = a->host->guard(a->call, &config);
    return r == PROXIMO_OK ? a->host->guard(a->call, &unused) : r;
}

static struct proximo_step wait_step(const struct proximo_field at[3], const char *path, const char *select,
                                     uint32_t test, const char *value)
{
    return (struct proximo_step){ROW(proximo_step),    .kind = PROXIMO_STEP_WAIT,
                                 .path = path,         .params = ROWS(at, 3),
                                 .select = select,     .wait_test = test,
                                 .wait_value = value,  .interval_ms = 1000,
                                 .deadline_ms = 60000, .tolerate = "403,500,595,596,599"};
}

int32_t life_wait_made(const struct asking *a, const struct proximo_field at[3], bool running)
{
    const struct proximo_step there = wait_step(at, GUEST_CONFIG, "/digest", PROXIMO_WAIT_EXISTS, NULL);
    const struct proximo_step whole = wait_step(at, GUEST_CONFIG, "/lock", PROXIMO_WAIT_COUNT, "0");
    const struct proximo_step runs =
        wait_step(at, GUEST_STATUS, "/status", PROXIMO_WAIT_EQUALS, "\"running\"");
    int32_t r = a->host->postcondition(a->call, &there);
    if (r == PROXIMO_OK)
        r = a->host->postcondition(a->call, &whole);
    return r == PROXIMO_OK && running ? a->host->postcondition(a->call, &runs) : r;
}

/* ---- networks */

int32_t life_sees_bridge(const struct asking *a, const char *node, const char *bridge, bool *ret)
{
    const struct proximo_field fields[] = {FIELD("node", node), FIELD("type", "any_bridge")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/network", .fields = fields,
                                    .field_count = 2};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    *ret = true;
    if (r < 0)
        return r;
    if (json_object_is_type(looked.data, json_type_array)) {
        *ret = false;
        for (size_t i = 0; i < json_object_array_length(looked.data) && !*ret; i++)
            *ret = member_is(json_object_array_get_idx(looked.data, i), "iface", bridge);
    }
    json_object_put(looked.data);
    return PROXIMO_OK;
}

/* ---- space */

bool life_space_add(struct life_space *rows, uint32_t *count, const char *storage, uint64_t bytes)
{
    uint32_t i = 0;
    while (i < *count && strcmp(rows[i].storage, storage) != 0)
        i++;
    if (i == LIFE_STORAGES_MOST)
        return false;
    if (i == *count)
        rows[(*count)++] = (struct life_space){.storage = storage};
    rows[i].bytes += bytes;
    rows[i].unknown |= bytes == 0;
    return true;
}

static struct json_object *storage_row(struct json_object *list, const char *storage)
{
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_is(row, "storage", storage))
            return row;
    }
    return NULL;
}

static int32_t tell_fit(const struct asking *a, const char *node, const struct life_space *one,
                        struct json_object *row)
{
    struct json_object *avail = member_of(row, "avail");
    const uint64_t left =
        avail && json_object_get_int64(avail) > 0 ? (uint64_t)json_object_get_int64(avail) : 0;
    const char *resource = ask_text(a, "storage/%s", one->storage);
    if (!avail || one->unknown) {
        const char *what = ask_text(a, "whether it fits on storage %s of node %s", one->storage, node);
        return what ? a->host->incomplete(a->call, what,
                                          one->unknown ? "the size of a disk is not known"
                                                       : "what is free there is not known to this token")
                    : PROXIMO_ENOMEM;
    }
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "node", json_object_new_string(node));
        json_object_object_add(facts, "needs_bytes", json_object_new_int64((int64_t)one->bytes));
    }
    if (one->bytes > left)
        return tell_affected(
            a, PROXIMO_RISK_HIGH, resource, NULL,
            "has less free than the new disks may grow to: it can run full, and others on it with it", facts);
    return one->bytes > left / 5 * 4
               ? tell_affected(
                     a, PROXIMO_RISK_MEDIUM, resource, NULL,
                     "is tight: less than a fifth of what is free is left once the new disks are full", facts)
               : tell_affected(a, PROXIMO_RISK_LOW, resource, NULL, "has room for the new disks", facts);
}

int32_t life_tell_space(const struct asking *a, const char *node, const struct life_space *rows,
                        uint32_t count)
{
    static const struct proximo_need need[] = {NEED("/storage", "Datastore.Audit|Datastore.AllocateSpace")};
    const struct proximo_field field = FIELD("node", node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage", .fields = &field,
                                    .field_count = 1, .needs = PROXIMO_TABLE(need)};
    struct looked looked = {0};
    int32_t r = count ? ask_look(a, &get, &looked) : PROXIMO_OK;
    struct json_object *list = json_object_is_type(looked.data, json_type_array) ? looked.data : NULL;
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = tell_fit(a, node, &rows[i], storage_row(list, rows[i].storage));
    json_object_put(looked.data);
    return r;
}
