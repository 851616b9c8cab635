/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Storage whose snapshots are one line goes back to the newest only, and Proxmox's task says so late.
 * Sources: GET /storage, GET .../config?snapshot=NAME.
 */
#include "../common/guest_disks.h"
#include "guests.h"

/* Of the storage that is meant, in words; NULL: it can go back to any snapshot. */
static const char *one_line(struct json_object *entry)
{
    if (member_is(entry, "type", "zfspool") || member_is(entry, "type", "zfs"))
        return "ZFS";
    return member_true(entry, "snapshot-as-volume-chain") ? "a chain of volumes" : NULL;
}

static struct json_object *entry_of(struct json_object *storages, const char *storage)
{
    const size_t count =
        json_object_is_type(storages, json_type_array) ? json_object_array_length(storages) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *entry = json_object_array_get_idx(storages, i);
        if (member_is(entry, "storage", storage))
            return entry;
    }
    return NULL;
}

static int64_t time_of(struct json_object *entry)
{
    return json_object_get_int64(member_of(entry, "snaptime"));
}

/* Was `entry` taken on top of `target`? */
static bool stands_on(struct json_object *list, struct json_object *entry, struct json_object *target)
{
    const char *name = member_text(target, "name");
    const char *parent = member_text(entry, "parent");

    for (size_t i = 0; parent && name && i < json_object_array_length(list); i++) {
        if (strcmp(parent, name) == 0)
            return true;
        parent = member_text(snapshot_named(list, parent), "parent");
    }
    return false;
}

/* Times are whole seconds: of two within one, the later stands on the other. */
static bool is_newer(struct json_object *list, struct json_object *entry, struct json_object *than)
{
    return time_of(entry) > time_of(than) ||
           (time_of(entry) == time_of(than) && stands_on(list, entry, than));
}

/* Snapshots newer than the target, the newest first: in that order they can be deleted. "": none. */
static const char *newer_words(const struct asking *a, struct json_object *list, struct json_object *target)
{
    const char *text = "";
    struct json_object *last = NULL; /* the one that was named last */

    while (text && strlen(text) < 300) {
        struct json_object *found = NULL;
        for (size_t i = 0; i < json_object_array_length(list); i++) {
            struct json_object *entry = json_object_array_get_idx(list, i);
            if (is_newer(list, entry, target) && !member_is(entry, "name", "current") &&
                (!last || is_newer(list, last, entry)) && (!found || is_newer(list, entry, found)))
                found = entry;
        }
        if (!found)
            break;
        last = found;
        text = ask_text(a, "%s%s\"%s\"", text, *text ? ", " : "", member_text(found, "name"));
    }
    return text;
}

int32_t snapshots_check_newer(const struct guest *g, struct json_object *list, struct json_object *target,
                              struct json_object *then)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/storage"};
    struct guest_disk *disks = g->ask.host->alloc(g->ask.call, GUEST_DISKS_MOST * sizeof(*disks));
    const char *newer = newer_words(&g->ask, list, target);
    struct looked storages = {0};
    uint32_t count = 0;
    int32_t r = disks && newer ? PROXIMO_OK : PROXIMO_ENOMEM;

    if (r < 0 || !*newer || !member_text(then, "digest"))
        return r;
    r = guest_disks(&g->ask, then, guest_is_lxc(g), disks, GUEST_DISKS_MOST, &count);
    if (r == PROXIMO_OK)
        r = ask_look(&g->ask, &get, &storages);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *entry = disks[i].storage ? entry_of(storages.data, disks[i].storage) : NULL;
        const char *kind = disks[i].flags & DISK_NO_DATA ? NULL : one_line(entry);
        if (kind)
            r = g->ask.host->fail(
                g->ask.call, PROXIMO_ESTATE,
                "%s cannot go back to \"%s\": disk %s is on %s (%s), which goes back to its newest snapshot "
                "only. Newer: %s. They must be deleted first (pve_snapshot_delete), in this order, or choose "
                "the newest",
                guest_label(g), member_text(target, "name"), disks[i].slot, disks[i].storage, kind, newer);
    }
    json_object_put(storages.data);
    return r;
}
