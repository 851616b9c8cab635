/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is in a datastore: namespaces, groups, snapshots, their files, notes and protection. Whoever may not
 * audit all of a namespace sees what is its own.
 */
#include "pbs.h"

#include <stdlib.h>
#include <string.h>

#define OF_SPACES "Datastore.Audit|Datastore.Read|Datastore.Modify|Datastore.Backup|Datastore.Prune"

/* The first line of notes: of a group with its end, as it stands in the file, of a snapshot without. */
static void first_line(struct json_object *from, bool end, struct json_object *item)
{
    const char *notes = sim_str(from, "notes", "");
    size_t n = strcspn(notes, "\n");

    if (!*notes)
        return;
    if (end)
        n += notes[n] == '\n';
    else
        n -= notes[n] == '\n' && n > 0 && notes[n - 1] == '\r';
    sim_set(item, "comment", json_object_new_string_len(notes, (int)n));
}

static void put_group(struct json_object *item, const char *name)
{
    char type[8], id[160];

    pbs_group_split(name, type, id, sizeof id);
    sim_set_str(item, "backup-type", type);
    sim_set_str(item, "backup-id", id);
}

static struct json_object *file_names(struct json_object *snapshot)
{
    struct json_object *names = json_object_new_array(), *files = sim_get(snapshot, "files");

    for (size_t i = 0; files && i < json_object_array_length(files); i++)
        json_object_array_add(
            names, json_object_new_string(sim_str(json_object_array_get_idx(files, i), "filename", "")));
    return names;
}

/* The newest snapshot that has ended, or the only one that there is. */
static struct json_object *newest_finished(struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        if (!sim_int(json_object_array_get_idx(list, i), "unfinished", 0))
            return json_object_array_get_idx(list, i);
    }
    return json_object_array_get_idx(list, 0);
}

struct json_object *pbs_group_list(struct json_object *space, const char *who)
{
    struct json_object *out = json_object_new_array();

    json_object_object_foreach(sim_get(space, "groups"), name, group)
    {
        struct json_object *list = sim_get(group, "snapshots"), *newest, *item;
        const char *owner = sim_str(group, "owner", "");

        if ((who && !pbs_owns(who, owner)) || json_object_array_length(list) == 0)
            continue;
        newest = newest_finished(list);
        item = json_object_new_object();
        put_group(item, name);
        sim_set_int(item, "last-backup", sim_int(newest, "backup-time", 0));
        sim_set_int(item, "backup-count", (int64_t)json_object_array_length(list));
        sim_set(item, "files", file_names(newest));
        sim_set_str(item, "owner", owner);
        first_line(group, true, item);
        json_object_array_add(out, item);
    }
    return out;
}

int pbs_groups(struct sim_call *call)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Audit", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    call->data = pbs_group_list(place.space, place.limited ? call->who : NULL);
    return 0;
}

static struct json_object *snapshot_item(const char *name, struct json_object *group,
                                         struct json_object *snapshot)
{
    struct json_object *item = json_object_new_object();

    put_group(item, name);
    sim_set_int(item, "backup-time", sim_int(snapshot, "backup-time", 0));
    first_line(snapshot, false, item);
    if (sim_get(snapshot, "verification"))
        sim_set(item, "verification", sim_copy(sim_get(snapshot, "verification")));
    if (sim_get(snapshot, "fingerprint"))
        sim_set(item, "fingerprint", sim_copy(sim_get(snapshot, "fingerprint")));
    sim_set(item, "files", sim_copy(sim_get(snapshot, "files")));
    if (sim_get(snapshot, "size"))
        sim_set(item, "size", sim_copy(sim_get(snapshot, "size")));
    sim_set_str(item, "owner", sim_str(group, "owner", ""));
    sim_set(item, "protected", json_object_new_boolean(sim_int(snapshot, "protected", 0) != 0));
    return item;
}

/* A type and an id only filter: a group that is not there, or is another's, is none that is listed. */
int pbs_snapshots(struct sim_call *call)
{
    const char *wanted_type = sim_arg(call, "backup-type"), *wanted_id = sim_arg(call, "backup-id");
    struct pbs_place place;

    if (pbs_enter_space(call, "Datastore.Audit", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    if (!place.space && !wanted_id)
        return sim_fail(call, 400, PBS_NOT_THERE);
    call->data = json_object_new_array();
    if (!place.space)
        return 0;
    json_object_object_foreach(sim_get(place.space, "groups"), name, group)
    {
        struct json_object *list = sim_get(group, "snapshots");
        char type[8], id[160];

        pbs_group_split(name, type, id, sizeof id);
        if ((wanted_type && strcmp(type, wanted_type) != 0) || (wanted_id && strcmp(id, wanted_id) != 0) ||
            (place.limited && !pbs_owns(call->who, sim_str(group, "owner", ""))))
            continue;
        for (size_t i = 0; i < json_object_array_length(list); i++)
            json_object_array_add(call->data, snapshot_item(name, group, json_object_array_get_idx(list, i)));
    }
    return 0;
}

/* Those namespaces of a datastore that the caller sees something of. */
static struct json_object *visible_spaces(struct sim_call *call, struct json_object *store, const char *top,
                                          int64_t depth)
{
    struct json_object *list = json_object_new_array();
    char path[400];

    json_object_object_foreach(sim_get(store, "namespaces"), ns, space)
    {
        struct json_object *item;

        (void)space;
        pbs_path(sim_arg(call, "store"), ns, path, sizeof path);
        if (!pbs_below(ns, top, depth) || !pbs_can(call, path, OF_SPACES))
            continue;
        item = json_object_new_object();
        sim_set_str(item, "ns", ns);
        json_object_array_add(list, item);
    }
    return list;
}

/* Whoever sees nothing here is not told whether there is something. */
int pbs_namespaces(struct sim_call *call)
{
    const char *store = sim_arg(call, "store"), *top = sim_str(call->params, "parent", "");
    struct json_object *found = pbs_store(call, store, PBS_READ);
    char path[400];
    bool here;

    if (!found)
        return -1;
    pbs_path(store, top, path, sizeof path);
    here = pbs_can(call, path, OF_SPACES);
    if (!pbs_space(found, top))
        return here ? sim_fail(call, 400, PBS_NOT_THERE) : pbs_forbid(call, NULL, NULL);
    call->data = visible_spaces(call, found, top, sim_arg_int(call, "max-depth", PBS_DEPTH_MAX));
    return here || json_object_array_length(call->data) > 0 ? 0 : pbs_forbid(call, NULL, NULL);
}

int pbs_files(struct sim_call *call)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Audit|Datastore.Read", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    call->data = sim_copy(sim_get(place.snapshot, "files"));
    return 0;
}

/* A group that is not there has no notes, for whoever may see all of them. */
int pbs_group_notes(struct sim_call *call)
{
    struct json_object *group;
    struct pbs_place place;
    char name[200];

    if (pbs_enter_space(call, "Datastore.Audit", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    if (place.limited && pbs_enter(call, "Datastore.Audit", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    (void)snprintf(name, sizeof name, "%s/%s", sim_arg(call, "backup-type"), sim_arg(call, "backup-id"));
    group = sim_get(sim_get(place.space, "groups"), name);
    call->data = json_object_new_string(sim_str(group, "notes", ""));
    return 0;
}

int pbs_notes(struct sim_call *call)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Audit", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    call->data = json_object_new_string(sim_str(place.snapshot, "notes", ""));
    return 0;
}

int pbs_protected(struct sim_call *call)
{
    struct pbs_place place;

    if (pbs_enter(call, "Datastore.Audit", "Datastore.Backup", PBS_READ, &place) < 0)
        return -1;
    call->data = json_object_new_boolean(sim_int(place.snapshot, "protected", 0) != 0);
    return 0;
}
