/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hangs on a disk: the snapshots that hold its volume, the replication of its guest. Which volumes a
 * snapshot holds stands in the configuration that it kept. Sources: GET .../snapshot, GET
 * .../config?snapshot=, GET /cluster/replication.
 */
#include "disks.h"

/* 1: it holds the volume; 0: it does not; *ret_why: it could not be seen. */
static int32_t holds(const struct disk_look *l, const char *snapshot, const char *volid, const char **ret_why)
{
    const struct asking *a = &l->g.ask;
    const struct proximo_field fields[] = {l->g.at[0], l->g.at[1], l->g.at[2], FIELD("snapshot", snapshot)};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_CONFIG, .fields = fields,
                                    .field_count = 4};
    struct guest_disk *disks = a->host->alloc(a->call, GUEST_DISKS_MOST * sizeof(*disks));
    struct looked then = {0};
    uint32_t count = 0;
    int32_t r = disks ? ask_look(a, &get, &then) : PROXIMO_ENOMEM, found = 0;
    if (r < 0)
        return r;
    if (!member_text(then.data, "digest")) {
        *ret_why = then.data ? "the configuration that a snapshot kept came without a digest" : then.why;
        json_object_put(then.data);
        return 0;
    }
    r = guest_disks(a, then.data, guest_is_lxc(&l->g), disks, GUEST_DISKS_MOST, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count && !found; i++)
        found = strcmp(disks[i].volid, volid) == 0;
    json_object_put(then.data);
    return r < 0 ? r : found;
}

static int32_t look_into(const struct disk_look *l, struct json_object *list, const char *volid,
                         struct disk_holders *ret)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        const char *name = member_text(json_object_array_get_idx(list, i), "name");
        if (!name || strcmp(name, "current") == 0)
            continue;
        if (ret->all++ >= DISK_HOLDERS_MOST) {
            ret->why = "there are more snapshots than are looked into";
            continue;
        }
        int32_t r = holds(l, name, volid, &ret->why);
        if (r < 0)
            return r;
        if (r && !(ret->names[ret->count++] = ask_text(&l->g.ask, "%s", name)))
            return PROXIMO_ENOMEM;
    }
    return PROXIMO_OK;
}

int32_t disk_holders(const struct disk_look *l, const char *volid, struct disk_holders *ret)
{
    const struct asking *a = &l->g.ask;
    const char *vm = ask_text(a, "/vms/%s", l->g.vmid);
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = GUEST_SNAPS, .fields = l->g.at,
                                    .field_count = 3, .needs = ROWS(need, 1)};
    struct looked list = {0};
    *ret = (struct disk_holders){0};
    int32_t r = vm ? ask_look(a, &get, &list) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (!json_object_is_type(list.data, json_type_array) || !snapshot_named(list.data, "current"))
        ret->why = list.data ? "the list of snapshots came back without its last entry" : list.why;
    else
        r = look_into(l, list.data, volid, ret);
    json_object_put(list.data);
    return r;
}

const char *disk_holders_text(const struct disk_look *l, const struct disk_holders *h)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < h->count; i++)
        text = ask_text(&l->g.ask, "%s%s%s", text ? text : "", text ? ", " : "", h->names[i]);
    return text ? text : "none";
}

int32_t disk_holders_tell(const struct disk_look *l, const struct disk_holders *h, uint32_t risk,
                          const char *effect)
{
    const struct asking *a = &l->g.ask;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < h->count; i++)
        r = tell_affected(a, risk, ask_text(a, "snapshot/%s/%s", l->g.vmid, h->names[i]), NULL, effect, NULL);
    return r == PROXIMO_OK && h->why
               ? a->host->incomplete(a->call, "the snapshots that hold the disk", h->why)
               : r;
}

int32_t disk_replication_tell(struct disk_look *l, uint32_t risk, const char *effect)
{
    const struct asking *a = &l->g.ask;
    struct json_object *jobs = NULL;
    int32_t r = migrate_list(&l->view, MIGRATE_REPLICATION, &jobs);
    if (r == PROXIMO_OK && !jobs)
        r = a->host->incomplete(a->call, "replication jobs", migrate_why(&l->view, MIGRATE_REPLICATION));
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        if (member_is(job, "guest", l->g.vmid) && member_text(job, "id"))
            r = tell_affected(a, risk, ask_text(a, "replication/%s", member_text(job, "id")), NULL, effect,
                              NULL);
    }
    return r;
}
