/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of HA resources. What is requested here is only written down; the guests follow by the manager,
 * where the seed has one.
 */
#include "handlers.h"
#include "migrate.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const numbers[] = {"max_restart", "max_relocate", "failback", "auto-rebalance"};

static struct json_object *resources(struct sim_call *call)
{
    return sim_at(call->state, "/ha/resources");
}

static const char *kind_of(struct sim_call *call, const char *vmid)
{
    const char *type = sim_str(sim_get(sim_get(call->state, "guests"), vmid), "type", NULL);

    if (!type)
        return NULL;
    return strcmp(type, "qemu") == 0 ? "vm" : "ct";
}

/* "vm:101", "ct:105", or the bare number of a guest. */
static int sid_new(struct sim_call *call, char *sid, size_t size)
{
    const char *given = sim_arg(call, "sid"), *colon = strchr(given, ':'), *kind;

    if (!colon) {
        kind = kind_of(call, given);
        if (!kind)
            return sim_fail(call, 500, "unable to detect SID from VMID - VM/CT %s does not exist\n", given);
        (void)snprintf(sid, size, "%s:%s", kind, given);
        return 0;
    }
    if (strncmp(given, "vm:", 3) != 0 && strncmp(given, "ct:", 3) != 0)
        return sim_fail(call, 500, "unknown section type '%.*s'\n", (int)(colon - given), given);
    (void)snprintf(sid, size, "%s", given);
    return 0;
}

static int sid_check(struct sim_call *call, const char *sid)
{
    const char *kind = kind_of(call, sid + 3), *type = sim_arg(call, "type");

    if (type && strncmp(type, sid, 2) != 0)
        return sim_fail(call, 500, "types does not match\n");
    if (!kind)
        return sim_fail(call, 500, "resource '%s' does not exist in cluster\n", sid);
    if (strncmp(kind, sid, 2) != 0)
        return sim_fail(call, 500, "resource '%s' - guest with ID %s is not a %s\n", sid, sid + 3,
                        *sid == 'v' ? "VM" : "CT");
    return 0;
}

static void put_given(struct sim_call *call, struct json_object *entry)
{
    const char *state = sim_arg(call, "state");

    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        if (sim_arg(call, numbers[i]))
            sim_set_int(entry, numbers[i], sim_arg_int(call, numbers[i], 0));
    }
    if (sim_arg(call, "comment"))
        sim_set_str(entry, "comment", sim_arg(call, "comment"));
    if (state)
        sim_set_str(entry, "state", strcmp(state, "enabled") == 0 ? "started" : state);
}

int sim_ha_resource_create(struct sim_call *call)
{
    struct json_object *entry;
    char sid[80] = "";

    if (sid_new(call, sid, sizeof sid) < 0 || sid_check(call, sid) < 0)
        return -EINVAL;
    if (sim_get(resources(call), sid))
        return sim_fail(call, 500, "create resource failed: resource ID '%s' already defined\n", sid);
    entry = json_object_new_object();
    sim_set_str(entry, "type", *sid == 'v' ? "vm" : "ct");
    put_given(call, entry);
    sim_set(resources(call), sid, entry);
    sim_touch(call->sim);
    return 0;
}

/* The full id of the path; NULL entry when nobody manages it. */
static struct json_object *find(struct sim_call *call, char *sid, size_t size)
{
    const char *given = sim_arg(call, "sid"), *kind = strchr(given, ':') ? NULL : kind_of(call, given);

    (void)snprintf(sid, size, "%s%s%s", kind ? kind : "", kind ? ":" : "", given);
    return sim_get(resources(call), sid);
}

static void remove_options(struct json_object *entry, const char *list)
{
    for (const char *at = list; at && *at;) {
        char name[64];
        size_t n = strcspn(at, ",; ");
        if (n > 0 && n < sizeof name) {
            memcpy(name, at, n);
            name[n] = 0;
            json_object_object_del(entry, name);
        }
        at += n + strspn(at + n, ",; ");
    }
}

int sim_ha_resource_update(struct sim_call *call)
{
    const char *given = sim_arg(call, "digest");
    struct json_object *entry;
    char sid[80] = "", digest[41];

    entry = find(call, sid, sizeof sid);
    sim_digest(resources(call), digest);
    if (given && strcmp(given, digest) != 0)
        return sim_fail(call, 500,
                        "update resources config failed: detected modified configuration - file changed by "
                        "other user? Try again.\n");
    if (!entry)
        return sim_fail(call, 500, "update resources config failed: no such resource '%s'\n", sid);
    put_given(call, entry);
    remove_options(entry, sim_arg(call, "delete"));
    sim_touch(call->sim);
    return 0;
}

int sim_ha_resource_delete(struct sim_call *call)
{
    char sid[80] = "";

    if (!find(call, sid, sizeof sid))
        return sim_fail(call, 500, "cannot delete service '%s', not HA managed!\n", sid);
    json_object_object_del(resources(call), sid);
    sim_touch(call->sim);
    return 0;
}

int sim_ha_resource_move(struct sim_call *call)
{
    char sid[80] = "";

    if (!find(call, sid, sizeof sid))
        return sim_fail(call, 500, "no such resource '%s'\n", sid);
    call->data = json_object_new_object();
    sim_set_str(call->data, "requested-node", sim_arg(call, "node"));
    sim_set_str(call->data, "sid", sid);
    sim_migrate_by_ha(call->sim, sid + 3, sim_arg(call, "node"));
    return 0;
}
