/* SPDX-License-Identifier: Apache-2.0 */
/* pve_diagnose: storages, thin pools, ZFS, disks. */
#include "diagnose.h"

#include <math.h>

#define POOLS_MOST 16u

void judge_node_storages(struct diagnosis *d, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *storage = member_text(row, "storage"), *type = member_text(row, "type");
        char what[100], used[32], total[32];
        if (!storage || !member_true(row, "enabled"))
            continue;
        (void)snprintf(what, sizeof(what), "storage %.80s", storage);
        if (!member_true(row, "active")) {
            findings_state(&d->found, STORAGE_INACTIVE, what, 0,
                           "type %s: the node cannot use it; how full it is is not known", type ? type : "?");
            findings_argument(&d->found, "storage", storage);
            continue;
        }
        if (isnan(number_of(row, "total")))
            findings_unread(&d->found, FROM_NODE_STORAGE, what, "its size is not told");
        if (findings_measure(&d->found, STORAGE_FULL, what,
                             percent_of(number_of(row, "used"), number_of(row, "total")), "%s of %s used",
                             size_text(number_of(row, "used"), used),
                             size_text(number_of(row, "total"), total)))
            findings_argument(&d->found, "storage", storage);
    }
}

void judge_node_thin(struct diagnosis *d, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *vg = member_text(row, "vg"), *lv = member_text(row, "lv");
        char what[140], used[32], total[32];
        (void)snprintf(what, sizeof(what), "thin pool %.50s/%.50s", vg ? vg : "?", lv ? lv : "?");
        findings_measure(&d->found, THIN_DATA, what,
                         percent_of(number_of(row, "used"), number_of(row, "lv_size")), "%s of %s used",
                         size_text(number_of(row, "used"), used),
                         size_text(number_of(row, "lv_size"), total));
        findings_measure(&d->found, THIN_META, what,
                         percent_of(number_of(row, "metadata_used"), number_of(row, "metadata_size")),
                         "%s of %s used", size_text(number_of(row, "metadata_used"), used),
                         size_text(number_of(row, "metadata_size"), total));
    }
}

void judge_node_disks(struct diagnosis *d, struct json_object *list)
{
    struct name_list silent = {0};
    char names[500];
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *path = member_text(row, "devpath"), *health = member_text(row, "health");
        const char *model = member_text(row, "model"), *serial = member_text(row, "serial");
        char what[100];
        if (!path || member_of(row, "parent"))
            continue;
        (void)snprintf(what, sizeof(what), "disk %.80s", path);
        if (!health || strcmp(health, "UNKNOWN") == 0) {
            names_add(&silent, "%s", path);
        } else if (strcmp(health, "PASSED") != 0 && strcmp(health, "OK") != 0) {
            findings_state(&d->found, DISK_HEALTH, what, 0, "health %.40s, model %.80s, serial %.60s", health,
                           model ? model : "?", serial ? serial : "?");
            findings_argument(&d->found, "disk", path);
        }
        if (findings_measure(&d->found, DISK_WEAROUT, what, number_of(row, "wearout"),
                             "what is left of its life, as it says; model %.80s, serial %.60s",
                             model ? model : "?", serial ? serial : "?"))
            findings_argument(&d->found, "disk", path);
    }
    names_text(&silent, names, sizeof(names));
    if (silent.count)
        findings_unread(&d->found, FROM_NODE_DISKS, names,
                        "these disks tell nothing of their health (virtual, or behind a RAID controller)");
}

/* ---- ZFS */

static void judge_pool(struct diagnosis *d, const struct spot *spot, struct json_object *data,
                       const char *why)
{
    const char *errors = member_text(data, "errors"), *scan = member_text(data, "scan");
    char what[100];
    (void)snprintf(what, sizeof(what), "ZFS pool %.80s", spot->name);
    if (!errors) {
        findings_unread(&d->found, FROM_NODE_ZFS_POOL, what, why ? why : "it tells nothing of errors");
        return;
    }
    if (strcmp(errors, "No known data errors") != 0)
        findings_state(&d->found, ZFS_ERRORS, what, 0, "%.200s; last scan: %.200s", errors,
                       scan ? scan : "not told");
}

static int32_t judge_pools(struct diagnosis *d, struct json_object *list)
{
    int32_t r = PROXIMO_OK;
    findings_read(&d->found, FROM_NODE_ZFS);
    findings_read(&d->found, FROM_NODE_ZFS_POOL);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "name"), *health = member_text(row, "health");
        char what[100], used[32], total[32];
        if (!name)
            continue;
        (void)snprintf(what, sizeof(what), "ZFS pool %.80s", name);
        if (!health || strcmp(health, "ONLINE") != 0)
            findings_state(&d->found, ZFS_HEALTH, what, 0, "it is %.40s",
                           health ? health : "in no known state");
        findings_measure(&d->found, ZFS_FULL, what,
                         percent_of(number_of(row, "alloc"), number_of(row, "size")), "%s of %s used",
                         size_text(number_of(row, "alloc"), used), size_text(number_of(row, "size"), total));
        if (i >= POOLS_MOST) {
            findings_unread(&d->found, FROM_NODE_ZFS_POOL, what, "more pools than are looked at");
            continue;
        }
        const struct proximo_field at[] = {FIELD("node", d->node), FIELD("name", name)};
        const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
        const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/disks/zfs/{name}",
                                        .fields = at, .field_count = 2, .needs = PROXIMO_TABLE(need)};
        struct looked looked;
        r = ask_look(&d->ask, &get, &looked);
        if (r == PROXIMO_OK)
            judge_pool(d, &(struct spot){.name = name}, looked.data, looked.why);
        json_object_put(looked.data);
    }
    return r;
}

/* A node without ZFS says that its tools are not there: nothing is missing then. */
int32_t diagnose_node_zfs(struct diagnosis *d)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_field at = FIELD("node", d->node);
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/disks/zfs", .fields = &at,
                                    .field_count = 1, .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = ask_look(&d->ask, &get, &looked);
    if (r < 0)
        return r;
    if (json_object_is_type(looked.data, json_type_array)) {
        r = judge_pools(d, looked.data);
    } else if (looked.status == 500 && looked.why && strstr(looked.why, "not installed")) {
        findings_read(&d->found, FROM_NODE_ZFS);
        findings_read(&d->found, FROM_NODE_ZFS_POOL);
    } else {
        findings_unread(&d->found, FROM_NODE_ZFS, NULL, looked.data ? "the list is none" : looked.why);
        findings_unread(&d->found, FROM_NODE_ZFS_POOL, NULL, "the list of pools could not be read");
    }
    json_object_put(looked.data);
    return r;
}
