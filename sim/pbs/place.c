/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request is about: datastore, namespace, group, snapshot, in the order in which a Backup Server finds
 * them: privileges first, then whether the datastore may be used at all, then ownership.
 */
#include "pbs.h"

#include <errno.h>
#include <string.h>

const char *pbs_maintenance(struct json_object *state, const char *name, enum pbs_operation operation,
                            char *text, size_t size)
{
    const char *mode = sim_str(sim_get(sim_at(state, "/config/datastore"), name), "maintenance-mode", "");
    const char *type = strstr(mode, "type="), *message = strstr(mode, "message=");
    char note[200] = "";
    size_t n;

    type = type ? type + 5 : mode;
    n = strcspn(type, ",");
    if (message) {
        bool quoted = message[8] == '"';

        message += quoted ? 9 : 8;
        (void)snprintf(note, sizeof note, "%.*s", (int)strcspn(message, quoted ? "\"" : ","), message);
    }
    if (n == strlen("delete") && strncmp(type, "delete", n) == 0)
        (void)snprintf(text, size, "datastore is being deleted");
    else if (operation != PBS_LOOKUP && n == strlen("offline") && strncmp(type, "offline", n) == 0)
        (void)snprintf(text, size, "offline maintenance mode: %s", note);
    else if (operation == PBS_WRITE && n == strlen("read-only") && strncmp(type, "read-only", n) == 0)
        (void)snprintf(text, size, "read-only maintenance mode: %s", note);
    else
        return NULL;
    return text;
}

struct json_object *pbs_store(struct sim_call *call, const char *name, enum pbs_operation operation)
{
    struct json_object *store = sim_get(sim_get(call->state, "datastores"), name);
    char text[300];
    const char *why;

    if (!store || !sim_get(sim_at(call->state, "/config/datastore"), name)) {
        (void)sim_fail(call, 400, "no such datastore '%s'", name);
        return NULL;
    }
    why = pbs_maintenance(call->state, name, operation, text, sizeof text);
    if (!why)
        return store;
    (void)sim_fail(call, 400, "datastore '%s' is unavailable: %s", name, why);
    return NULL;
}

struct json_object *pbs_store_modify(struct sim_call *call, const char *name, const char *ns)
{
    char path[400];

    pbs_path(name, ns, path, sizeof path);
    if (pbs_can(call, path, "Datastore.Modify"))
        return pbs_store(call, name, PBS_WRITE);
    (void)pbs_forbid(call, "Datastore.Modify", path);
    return NULL;
}

struct json_object *pbs_space(struct json_object *store, const char *ns)
{
    return sim_get(sim_get(store, "namespaces"), ns);
}

static int64_t levels(const char *ns)
{
    int64_t count = *ns != 0;

    for (; *ns; ns++)
        count += *ns == '/';
    return count;
}

bool pbs_below(const char *ns, const char *top, int64_t depth)
{
    size_t n = strlen(top);

    if (n > 0 && (strncmp(ns, top, n) != 0 || (ns[n] && ns[n] != '/')))
        return false;
    return levels(ns) - levels(top) <= depth;
}

struct json_object *pbs_snapshot_find(struct json_object *group, int64_t when)
{
    struct json_object *list = sim_get(group, "snapshots");

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *snapshot = json_object_array_get_idx(list, i);

        if (sim_int(snapshot, "backup-time", 0) == when)
            return snapshot;
    }
    return NULL;
}

void pbs_time_text(int64_t when, char text[32])
{
    time_t moment = (time_t)when;
    struct tm tm;

    if (!gmtime_r(&moment, &tm)) /* a year that has no number */
        tm = (struct tm){.tm_mday = 1};
    if (strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = 0;
}

void pbs_group_split(const char *name, char type[8], char *id, size_t size)
{
    size_t n = strcspn(name, "/");

    (void)snprintf(type, 8, "%.*s", (int)n, name);
    (void)snprintf(id, size, "%s", name[n] ? name + n + 1 : "");
}

/* The group that the request names, and the snapshot of it. */
static int enter_group(struct sim_call *call, struct pbs_place *place)
{
    const char *type = sim_arg(call, "backup-type"), *id = sim_arg(call, "backup-id"), *owner;
    char when[32];

    if (!type || !id)
        return 0;
    (void)snprintf(place->group_name, sizeof place->group_name, "%s/%s", type, id);
    place->group = sim_get(sim_get(place->space, "groups"), place->group_name);
    if (!place->group)
        return sim_fail(call, 400, "backup group '%s' does not exist", place->group_name);
    owner = sim_str(place->group, "owner", "");
    if (place->limited && !pbs_owns(call->who, owner))
        return sim_fail(call, 400, "backup owner check failed (%s != %s)", call->who, owner);
    if (!sim_arg(call, "backup-time"))
        return 0;
    place->snapshot = pbs_snapshot_find(place->group, sim_arg_int(call, "backup-time", 0));
    if (place->snapshot)
        return 0;
    pbs_time_text(sim_arg_int(call, "backup-time", 0), when);
    return sim_fail(call, 400, "snapshot %s/%s does not exist", place->group_name, when);
}

int pbs_enter_space(struct sim_call *call, const char *full, const char *own, enum pbs_operation operation,
                    struct pbs_place *ret_place)
{
    struct pbs_place place = {.name = sim_arg(call, "store"), .ns = sim_str(call->params, "ns", "")};
    char path[400], all[200];

    pbs_path(place.name, place.ns, path, sizeof path);
    if (!pbs_can(call, path, full)) {
        (void)snprintf(all, sizeof all, "%s%s%s", full, own ? "|" : "", own ? own : "");
        if (!own || !pbs_can(call, path, own))
            return pbs_forbid(call, all, path);
        place.limited = true;
    }
    place.store = pbs_store(call, place.name, operation);
    if (!place.store)
        return -EINVAL;
    place.space = pbs_space(place.store, place.ns);
    *ret_place = place;
    return 0;
}

int pbs_enter(struct sim_call *call, const char *full, const char *own, enum pbs_operation operation,
              struct pbs_place *ret_place)
{
    if (pbs_enter_space(call, full, own, operation, ret_place) < 0)
        return -EINVAL;
    if (!ret_place->space)
        return sim_fail(call, 400, PBS_NOT_THERE);
    return enter_group(call, ret_place);
}
