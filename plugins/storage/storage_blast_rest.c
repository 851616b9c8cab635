/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What else a storage that goes takes out of reach: images and templates, replication, and what is running
 * now. Sources: GET .../content, GET /cluster/replication, GET /cluster/tasks.
 */
#include "storage_blast.h"

#include "../common/config_object.h"
#include "storage_types.h"

/* ---- content, counted */

static const struct kind_words {
    const char *content, *resource, *effect;
} kinds[] = {
    {"iso", "CD images", "cannot be put into a drive any more"},
    {"vztmpl", "container templates", "no container can be created from them any more"},
    {"snippets", "snippets", "hook scripts and cloud-init files are out of reach"},
    {"import", "images to import", "nothing can be imported from them any more"},
};

static int32_t tell_counts(const struct storage_blast *b)
{
    int32_t r = PROXIMO_OK;
    const size_t count = b->volumes ? json_object_array_length(b->volumes) : 0;
    for (size_t k = 0; r == PROXIMO_OK && k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        int64_t number = 0;
        for (size_t i = 0; i < count; i++) {
            struct json_object *row = json_object_array_get_idx(b->volumes, i);
            const char *node = member_text(row, "node");
            number += member_is(row, "content", kinds[k].content) &&
                      (!node || blast_loses_node(b, node) || storage_is_shared(b->entry));
        }
        if (!number || !blast_loses(b, kinds[k].content))
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts)
            json_object_object_add(facts, "count", json_object_new_int64(number));
        r = tell_affected(
            &b->ask, PROXIMO_RISK_LOW, ask_text(&b->ask, "%s on storage/%s", kinds[k].resource, b->storage),
            NULL, b->nodes ? "are out of reach on the nodes that lose the storage" : kinds[k].effect, facts);
    }
    if (r < 0 || !b->strange_backups || !blast_loses(b, "backup"))
        return r;
    struct json_object *facts = json_object_new_object();
    if (facts)
        json_object_object_add(facts, "count", json_object_new_int64(b->strange_backups));
    return tell_affected(
        &b->ask, PROXIMO_RISK_LOW, ask_text(&b->ask, "other backups on storage/%s", b->storage), NULL,
        "backups of guests that the cluster does not have any more, or of hosts: out of reach", facts);
}

/* ---- replication */

static const struct storage_hit *hit_of(const struct storage_blast *b, int64_t vmid)
{
    uint32_t low = 0, high = b->hit_count;
    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        if (b->hits[middle].guest->vmid < vmid)
            low = middle + 1;
        else
            high = middle;
    }
    return low < b->hit_count && b->hits[low].guest->vmid == vmid ? &b->hits[low] : NULL;
}

/* Jobs copy a guest's disks to the storage of the same name on the target. */
static int32_t tell_replication(const struct storage_blast *b)
{
    static const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/replication", .needs = ROWS(need, 1)};
    struct json_object *jobs DROP_JSON = NULL;
    int32_t r = blast_list(b, &get, "the replication jobs", &jobs);
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        const char *id = member_text(job, "id"), *guest = member_text(job, "guest");
        const char *target = member_text(job, "target");
        const struct storage_hit *hit = guest ? hit_of(b, (int64_t)digits_of(guest, 999999999)) : NULL;
        /* a restriction can also take the target's side away */
        const bool loses_target =
            b->nodes && target && blast_loses_node(b, target) && guest &&
            guests_find(&b->guests, (int64_t)digits_of(guest, 999999999)) &&
            b->owner[guests_find(&b->guests, (int64_t)digits_of(guest, 999999999)) - b->guests.rows];
        if (!id || (!loses_target && (!hit || !hit->replicated_disk)))
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts && target)
            json_object_object_add(facts, "target", json_object_new_string(target));
        if (facts && guest)
            json_object_object_add(facts, "guest", json_object_new_string(guest));
        r = tell_affected(&b->ask, PROXIMO_RISK_MEDIUM, ask_text(&b->ask, "replication/%s", id), NULL,
                          "copies disks that are on it: it fails, and the copy on the target grows old",
                          facts);
    }
    return r;
}

/* ---- directory mappings (virtiofs) */

/* "node=pve1,path=/srv/x" */
static bool maps_into(const struct storage_blast *b, const char *map, const char *path)
{
    const char *at = map ? strstr(map, "path=") : NULL, *node = map ? strstr(map, "node=") : NULL;
    if (!at || !path)
        return false;
    const char *folder = ask_text(&b->ask, "%.*s", (int)strcspn(at + 5, ","), at + 5);
    const char *name = node ? ask_text(&b->ask, "%.*s", (int)strcspn(node + 5, ","), node + 5) : NULL;
    return folder && path_within(folder, path) && (!name || blast_loses_node(b, name));
}

static int32_t tell_mappings(const struct storage_blast *b)
{
    static const struct proximo_need need[] = {
        NEED("/mapping/dir", "Mapping.Audit|Mapping.Use|Mapping.Modify")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/mapping/dir", .needs = ROWS(need, 1)};
    const char *path = storage_path(&b->ask, b->entry);
    struct json_object *list DROP_JSON = NULL;
    if (!path || b->loss == LOSS_CONTENT)
        return PROXIMO_OK;
    int32_t r = blast_list(b, &get, "the directory mappings", &list);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        struct json_object *maps = member_of(row, "map");
        const char *id = member_text(row, "id");
        bool inside = false;
        for (size_t k = 0; json_object_is_type(maps, json_type_array) && k < json_object_array_length(maps);
             k++)
            inside |= maps_into(b, json_object_get_string(json_object_array_get_idx(maps, k)), path);
        if (id && inside)
            r = tell_affected(
                &b->ask, PROXIMO_RISK_MEDIUM, ask_text(&b->ask, "mapping/dir/%s", id), NULL,
                "maps a directory inside the storage's path into guests: once the path is not mounted any "
                "more they do not start, or see an empty directory",
                NULL);
    }
    return r;
}

/* ---- what runs now */

#define TASKS_NAMED 5u

/* Does this running task have to do with the storage, as far as its id says? */
static bool task_concerns(const struct storage_blast *b, struct json_object *task)
{
    const char *type = member_text(task, "type"), *id = member_text(task, "id");
    const size_t len = strlen(b->storage);
    if (!type || member_of(task, "endtime") || member_text(task, "status"))
        return false;
    if (strcmp(type, "vzdump") == 0)
        return config_list_has(member_text(b->entry, "content"), "backup") ||
               (id && hit_of(b, (int64_t)digits_of(id, 999999999)));
    if (id && strncmp(id, b->storage, len) == 0 && (id[len] == '\0' || id[len] == ':' || id[len] == '@'))
        return true;
    return id && *id >= '1' && *id <= '9' && hit_of(b, (int64_t)digits_of(id, 999999999));
}

/* As reasons, not as affected things: a task that ends by itself is no drift. */
static int32_t tell_tasks(const struct storage_blast *b)
{
    static const struct proximo_need need[] = {NEED("/nodes", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/tasks", .needs = ROWS(need, 1)};
    struct json_object *tasks DROP_JSON = NULL;
    uint32_t named = 0;
    int32_t r = blast_list(b, &get, "the running tasks", &tasks);
    for (size_t i = 0; r == PROXIMO_OK && tasks && named < TASKS_NAMED && i < json_object_array_length(tasks);
         i++) {
        struct json_object *task = json_object_array_get_idx(tasks, i);
        const char *node = member_text(task, "node"), *id = member_text(task, "id");
        if (!task_concerns(b, task) || (node && !blast_loses_node(b, node)))
            continue;
        const char *reason =
            ask_text(&b->ask,
                     "a task is running that may use the storage: %.40s%s%.60s on node %.60s; wait "
                     "for its end",
                     member_text(task, "type"), id && *id ? " of " : "", id ? id : "", node ? node : "?");
        r = reason ? b->ask.host->risk(b->ask.call, PROXIMO_RISK_MEDIUM, reason) : PROXIMO_ENOMEM;
        named++;
    }
    return r;
}

int32_t blast_tell_rest(struct storage_blast *b)
{
    int32_t r = tell_counts(b);
    if (r == PROXIMO_OK)
        r = tell_mappings(b);
    if (r == PROXIMO_OK && (blast_loses(b, "images") || blast_loses(b, "rootdir")))
        r = tell_replication(b);
    return r == PROXIMO_OK ? tell_tasks(b) : r;
}
