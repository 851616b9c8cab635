/* SPDX-License-Identifier: Apache-2.0 */
/* Where archives are, and what a guest's disks mean for them. */
#include "backup.h"

#include "../common/config_object.h"

/* "nfs, pbs": the storages that could be used instead. */
static const char *others(const struct migrate_view *view, struct json_object *rows, const char *content)
{
    const char *text = "";

    for (size_t i = 0; text && rows && i < json_object_array_length(rows) && strlen(text) < 300; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const char *name = member_text(row, "storage");
        if (name && config_list_has(member_text(row, "content"), content) && !member_true(row, "disable") &&
            storage_on_node(row, view->target))
            text = ask_text(&view->ask, "%s%s%s", text, *text ? ", " : "", name);
    }
    return text && !*text ? "none is seen" : text;
}

int32_t backup_check_storage(struct migrate_view *view, const char *storage, const char *content,
                             struct json_object **ret_entry)
{
    const struct proximo_host *host = view->ask.host;
    struct json_object *rows = NULL;
    int32_t r = migrate_list(view, MIGRATE_STORAGES, &rows);

    *ret_entry = NULL;
    if (r < 0)
        return r;
    struct json_object *entry = migrate_row(rows, "storage", storage);
    const char *usable = others(view, rows, content), *takes = member_text(entry, "content");
    if (!usable)
        return PROXIMO_ENOMEM;
    if (!entry && migrate_complete(view, MIGRATE_STORAGES))
        return host->fail(view->ask.call, PROXIMO_ENOTFOUND, "there is no storage %s; for %s there: %s",
                          storage, content, usable);
    if (member_true(entry, "disable"))
        return host->fail(view->ask.call, PROXIMO_ESTATE, "storage %s is disabled; usable on %s: %s", storage,
                          view->target, usable);
    if (entry && !storage_on_node(entry, view->target))
        return host->fail(view->ask.call, PROXIMO_ESTATE,
                          "storage %s is not available on %s; usable there: %s", storage, view->target,
                          usable);
    if (takes && !config_list_has(takes, content))
        return host->fail(view->ask.call, PROXIMO_ESTATE,
                          "storage %s is not for content %s: it takes %s. Usable on %s: %s", storage, content,
                          takes, view->target, usable);
    *ret_entry = entry;
    return PROXIMO_OK;
}

int32_t backup_free(struct migrate_view *view, const char *storage, struct json_object **ret)
{
    struct json_object *rows = NULL;
    int32_t r = migrate_list(view, MIGRATE_TARGET_STORAGE, &rows);
    struct json_object *row = r == PROXIMO_OK ? migrate_row(rows, "storage", storage) : NULL;

    *ret = member_is(row, "active", "0") ? NULL : member_of(row, "avail");
    return r;
}

int32_t backup_archives(const struct guest *g, const char *storage, struct looked *ret)
{
    const struct proximo_field fields[] = {g->at[0], FIELD("storage", storage), FIELD("content", "backup"),
                                           FIELD("vmid", g->vmid)};
    struct proximo_need needs[3];
    uint32_t need_count = 0;

    *ret = (struct looked){0};
    int32_t r = content_needs(&g->ask, storage, "backup", g->vmid, needs, &need_count);
    const struct proximo_get get = {ROW(proximo_get), .path = CONTENT_PATH, .fields = fields,
                                    .field_count = 4, .needs = ROWS(needs, need_count)};
    if (r == PROXIMO_OK)
        r = ask_look(&g->ask, &get, ret);
    if (r == PROXIMO_OK && !json_object_is_type(ret->data, json_type_array)) {
        json_object_put(ret->data);
        ret->data = NULL;
    }
    return r;
}

struct json_object *backup_newest(struct json_object *archives)
{
    struct json_object *found = NULL;
    const size_t count = archives ? json_object_array_length(archives) : 0;

    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(archives, i);
        if (!found ||
            json_object_get_int64(member_of(row, "ctime")) > json_object_get_int64(member_of(found, "ctime")))
            found = row;
    }
    return found;
}

/* ---- disks */

/* Why a backup leaves it out, and how bad that is; NULL: it takes it. */
static const char *left_out(const struct guest_disk *disk, bool lxc, uint32_t *ret_risk)
{
    *ret_risk = PROXIMO_RISK_MEDIUM;
    if (disk->flags & DISK_BIND)
        return "is a directory of the node: no backup has it";
    if (lxc && disk->flags & DISK_DEVICE)
        return "is a device of the node: no backup has it";
    if (disk->flags & DISK_UNUSED) {
        *ret_risk = PROXIMO_RISK_LOW;
        return "is not attached: no backup has it";
    }
    if (disk->flags & DISK_NO_BACKUP)
        return lxc ? "is a mount point without backup=1: it is not in the backup"
                   : "has backup=0: it is not in the backup";
    return NULL;
}

int32_t backup_disks(const struct guest *g, bool tell, uint64_t *ret_bytes)
{
    struct guest_disk *disks = g->ask.host->alloc(g->ask.call, GUEST_DISKS_MOST * sizeof(*disks));
    const bool lxc = guest_is_lxc(g);
    uint32_t count = 0;
    uint64_t bytes = 0;
    bool known = true;
    int32_t r =
        disks ? guest_disks(&g->ask, g->config, lxc, disks, GUEST_DISKS_MOST, &count) : PROXIMO_ENOMEM;

    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        uint32_t risk = PROXIMO_RISK_LOW;
        if (disks[i].flags & (DISK_CDROM | DISK_VMSTATE | DISK_EMPTY))
            continue;
        const char *why = left_out(&disks[i], lxc, &risk);
        if (why && tell)
            r = tell_affected(&g->ask, risk, ask_text(&g->ask, "disk/%s/%s", g->vmid, disks[i].slot), NULL,
                              why, NULL);
        if (why)
            continue;
        const uint64_t size = disks[i].size ? disk_bytes(disks[i].size) : 0;
        known = known && size && size <= UINT64_MAX - bytes;
        bytes += known ? size : 0;
    }
    *ret_bytes = known ? bytes : 0;
    return r;
}

/* ---- deleting one */

int32_t backup_lay_out_delete(const struct guest *g, const char *storage, const char *volid)
{
    const struct proximo_host *host = g->ask.host;
    const struct proximo_field at[] = {g->at[0], FIELD("storage", storage), FIELD("volume", volid)};
    struct json_object *subject DROP_JSON = json_object_new_object();
    const char *select = ask_text(&g->ask, "[volid=%s]", volid);
    const char *guarded =
        ask_text(&g->ask, "[volid=%s]/size,[volid=%s]/ctime,[volid=%s]/protected", volid, volid, volid);
    const struct proximo_guard guard = {ROW(proximo_guard), .path = CONTENT_PATH, .fields = guarded,
                                        .params = ROWS(at, 2)};
    const struct proximo_step remove = {
        ROW(proximo_step),  .kind = PROXIMO_STEP_REQUEST, .name = "change",     .flags = PROXIMO_STEP_FOLLOW,
        .method = "DELETE", .path = VOLUME_PATH,          .params = ROWS(at, 3)};
    const struct proximo_step gone = {
        ROW(proximo_step),     .kind = PROXIMO_STEP_WAIT, .path = CONTENT_PATH,
        .params = ROWS(at, 2), .select = select,          .wait_value = "0",
        .interval_ms = 1000,   .deadline_ms = 60000,      .wait_test = PROXIMO_WAIT_COUNT};

    if (!subject || !select || !guarded)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("volume"));
    json_object_object_add(subject, "volid", json_object_new_string(volid));
    json_object_object_add(subject, "node", json_object_new_string(g->node));
    int32_t r = host->guard(g->ask.call, &guard);
    if (r == PROXIMO_OK)
        r = host->subject(g->ask.call, "backup.delete", json_text(subject));
    if (r == PROXIMO_OK)
        r = host->step(g->ask.call, &remove);
    return r == PROXIMO_OK ? host->postcondition(g->ask.call, &gone) : r;
}
