/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Small changes of what is in a datastore: notes, protection, owners, new namespaces.
 */
#include "pbs.h"

#include <errno.h>
#include <string.h>

static int set_notes(struct sim_call *call, bool group)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Modify", "Datastore.Backup", PBS_WRITE, &place) < 0)
        return -1;
    sim_set_str(group ? place.group : place.snapshot, "notes", sim_arg(call, "notes"));
    sim_touch(call->sim);
    return 0;
}

int pbs_group_notes_set(struct sim_call *call)
{
    return set_notes(call, true);
}

int pbs_notes_set(struct sim_call *call)
{
    return set_notes(call, false);
}

int pbs_protected_set(struct sim_call *call)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Modify", "Datastore.Backup", PBS_WRITE, &place) < 0)
        return -1;
    sim_set(place.snapshot, "protected", json_object_new_boolean(sim_arg_int(call, "protected", 0) != 0));
    sim_touch(call->sim);
    return 0;
}

static bool user_is(const char *auth, const char *user)
{
    size_t n = strcspn(auth, "!");

    return strlen(user) == n && strncmp(auth, user, n) == 0;
}

/* Without Datastore.Modify: only among oneself and one's own tokens, and never from user to user. */
static bool may_hand_over(const char *who, const char *from, const char *to)
{
    bool from_token = strchr(from, '!') != NULL, to_token = strchr(to, '!') != NULL;

    if (from_token && to_token)
        return user_is(from, who) && user_is(to, who);
    if (from_token)
        return user_is(from, who) && strcmp(to, who) == 0;
    return to_token && strcmp(from, who) == 0 && user_is(to, who);
}

int pbs_owner_set(struct sim_call *call)
{
    const char *owner = sim_arg(call, "new-owner"), *type = sim_arg(call, "backup-type"),
               *id = sim_arg(call, "backup-id");
    struct pbs_place place;
    char path[400], name[200];

    pbs_path(sim_arg(call, "store"), sim_str(call->params, "ns", ""), path, sizeof path);
    if (!pbs_can(call, path, "Datastore.Modify|Datastore.Backup"))
        return pbs_forbid(call, "Datastore.Modify|Datastore.Backup", path);
    if (pbs_enter(call, "Datastore.Modify|Datastore.Backup", NULL, PBS_WRITE, &place) < 0)
        return -1;
    (void)snprintf(name, sizeof name, "%s/%s", type, id);
    if (!pbs_can(call, path, "Datastore.Modify") &&
        !may_hand_over(call->who, sim_str(place.group, "owner", ""), owner))
        return sim_fail(call, 401, "%s does not have permission to change owner of backup group '%s' to %s",
                        call->who, name, owner);
    if (pbs_enabled(call->state, owner) < 0)
        return sim_fail(call, 400, "%s '%s' is inactive or non-existent",
                        strchr(owner, '!') ? "API token" : "user", owner);
    sim_set_str(place.group, "owner", owner);
    sim_touch(call->sim);
    return 0;
}

/* One that is there already is made again without a word. */
int pbs_namespace_create(struct sim_call *call)
{
    const char *parent = sim_str(call->params, "parent", ""), *at = parent;
    struct json_object *found, *space;
    char ns[300];
    int depth = *parent != 0;

    found = pbs_store_modify(call, sim_arg(call, "store"), parent);
    if (!found)
        return -1;
    if (!pbs_space(found, parent))
        return sim_fail(call, 400, "cannot create new namespace, parent %s doesn't already exists", parent);
    for (; *at; at++)
        depth += *at == '/';
    if (depth >= PBS_DEPTH_MAX)
        return sim_fail(call, 400, "namespace depth exceeds the maximum of %d", PBS_DEPTH_MAX);
    (void)snprintf(ns, sizeof ns, "%s%s%s", parent, *parent ? "/" : "", sim_arg(call, "name"));
    if (!pbs_space(found, ns)) {
        space = json_object_new_object();
        sim_set(space, "groups", json_object_new_object());
        sim_set(sim_get(found, "namespaces"), ns, space);
        sim_touch(call->sim);
    }
    call->data = json_object_new_string(ns);
    return 0;
}
