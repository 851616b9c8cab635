/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_backup_freshness: for every guest its newest backup over all storages. Its first lines say what was not
 * seen, because a guest without a backup here may have one there. Sources: GET /cluster/resources,
 * GET /nodes/{node}/storage/{storage}/content?content=backup.
 */
#include "../common/guest_disks.h"
#include "content.h"

#define DAY_S 86400

struct freshness {
    struct asking a;
    struct known_guests guests;
    struct archives archives;
    int64_t vmid; /* 0: all */
    const char *node;
    int64_t older_s; /* -1: of any age */
    int64_t now;
    uint32_t none, unverified, orphans;
    struct json_object *rows;
};

/* The newest of the guest's archives that a Backup Server verified; NULL: none. */
static const struct archive *newest_good(const struct archive *first, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        if (first[i].verified == VERIFIED_OK)
            return &first[i];
    }
    return NULL;
}

static void put_text(struct json_object *row, const char *key, const char *text)
{
    if (text)
        json_object_object_add(row, key, json_object_new_string(text));
}

static void put_newest(const struct freshness *f, struct json_object *row, const struct archive *newest,
                       uint32_t count)
{
    const struct archive *good = newest_good(newest, count);
    const int64_t age = f->now - newest->ctime;
    put_text(row, "state", age > (f->older_s >= 0 ? f->older_s : INT64_MAX) ? "old" : "backed up");
    put_text(row, "volid", newest->volid);
    put_text(row, "storage", newest->storage);
    put_text(row, "archive_node", newest->shared ? NULL : newest->node);
    json_object_object_add(row, "ctime", json_object_new_int64(newest->ctime));
    json_object_object_add(row, "age", json_object_new_int64(age));
    put_text(row, "age_text", age_text(&f->a, age));
    put_text(row, "verified", verified_word(newest->verified));
    if (good)
        json_object_object_add(row, "verified_age", json_object_new_int64(f->now - good->ctime));
    json_object_object_add(row, "protected", json_object_new_boolean(newest->protected));
    json_object_object_add(row, "encrypted", json_object_new_boolean(newest->encrypted));
}

static int32_t add_guest(struct freshness *f, const struct known_guest *guest)
{
    uint32_t count = 0;
    const struct archive *newest = archives_of(&f->archives, guest->vmid, &count);
    if (newest && f->older_s >= 0 && f->now - newest->ctime < f->older_s)
        return PROXIMO_OK;
    struct json_object *row = json_object_new_object();
    if (!row || json_object_array_add(f->rows, row) < 0) {
        json_object_put(row);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(row, "vmid", json_object_new_int64(guest->vmid));
    put_text(row, "name", guest->name);
    put_text(row, "node", guest->node);
    put_text(row, "type", guest->lxc ? "lxc" : "qemu");
    json_object_object_add(row, "template", json_object_new_boolean(guest->template));
    json_object_object_add(row, "archives", json_object_new_int64(count));
    if (newest) {
        f->unverified += newest->verified != VERIFIED_OK;
        put_newest(f, row, newest, count);
    } else {
        f->none++;
        put_text(row, "state", f->archives.unseen_count ? "none seen" : "none");
    }
    return PROXIMO_OK;
}

static void count_orphans(struct freshness *f)
{
    for (uint32_t i = 0; f->guests.complete && i < f->archives.count; i++) {
        if (!guests_find(&f->guests, f->archives.rows[i].vmid))
            f->orphans++;
    }
}

/* ---- the answer */

static struct json_object *not_seen(const struct freshness *f)
{
    struct json_object *object = json_object_new_object(), *list = json_object_new_array();
    for (uint32_t i = 0; object && list && i < f->archives.unseen_count; i++) {
        const struct unseen *one = &f->archives.unseen[i];
        struct json_object *row = json_object_new_object();
        put_text(row, "storage", one->storage);
        put_text(row, "node", one->node);
        put_text(row, "why", one->why);
        json_object_array_add(list, row);
    }
    if (!object || !list) {
        json_object_put(object);
        json_object_put(list);
        return NULL;
    }
    json_object_object_add(object, "storages", list);
    json_object_object_add(object, "all_guests", json_object_new_boolean(f->guests.complete));
    return object;
}

static const char *note(const struct freshness *f)
{
    const struct archives *all = &f->archives;
    const char *text = "not seen:";
    if (!all->unseen_count && f->guests.complete)
        return NULL;
    for (uint32_t i = 0; text && i < all->unseen_count && i < 4; i++)
        text =
            ask_text(&f->a, "%s%s storage %s%s%s (%.80s)", text, i ? "," : "", all->unseen[i].storage,
                     all->unseen[i].node ? " of node " : "", all->unseen[i].node ? all->unseen[i].node : "",
                     all->unseen[i].why ? all->unseen[i].why : "");
    if (text && all->unseen_count > 4)
        text = ask_text(&f->a, "%s and %u more", text, all->unseen_count - 4);
    if (text && !f->guests.complete)
        text =
            ask_text(&f->a, "%s%s guests that this token does not see", text, all->unseen_count ? ";" : "");
    return text ? ask_text(&f->a, "%s. A guest without a backup here may have one there.", text) : NULL;
}

static int32_t reply(const struct freshness *f)
{
    struct json_object *unseen DROP_JSON = not_seen(f);
    struct json_object *counts DROP_JSON = json_object_new_object();
    const char *text = note(f);
    const bool partial = f->archives.unseen_count || !f->guests.complete;
    if (!unseen || !counts || (partial && !text))
        return PROXIMO_ENOMEM;
    json_object_object_add(counts, "without", json_object_new_int64(f->none));
    json_object_object_add(counts, "newest_not_verified", json_object_new_int64(f->unverified));
    json_object_object_add(counts, "lists_read", json_object_new_int64(f->archives.looked));
    json_object_object_add(counts, "archives", json_object_new_int64(f->archives.count));
    if (!f->vmid && !f->node)
        json_object_object_add(counts, "archives_of_no_guest", json_object_new_int64(f->orphans));
    struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(unseen),
         .name = text_of("not_seen")},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(counts),
         .name = text_of("counts")},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(f->rows),
         .flags = partial ? PROXIMO_CONTENT_INCOMPLETE : PROXIMO_CONTENT_COMPLETE},
    };
    if (text)
        blocks[2].note = text_of(text);
    return f->a.host->reply(f->a.call, blocks, 3);
}

static int32_t look(struct freshness *f)
{
    int32_t r = guests_list(&f->a, &f->guests);
    if (r < 0 &&
        r != PROXIMO_ENOSYS) /* a read has no list of what is incomplete: it says so in its own words */
        return r;
    /* Backups of a guest on one node may be on the local storage of another, where it was before. */
    r = archives_read(&f->a, f->vmid, NULL, &f->archives);
    for (uint32_t i = 0; r == PROXIMO_OK && i < f->guests.count; i++) {
        const struct known_guest *guest = &f->guests.rows[i];
        if ((!f->vmid || guest->vmid == f->vmid) && (!f->node || strcmp(guest->node, f->node) == 0))
            r = add_guest(f, guest);
    }
    if (r == PROXIMO_OK)
        count_orphans(f);
    return r == PROXIMO_OK ? reply(f) : r;
}

int32_t storage_read_freshness(void *instance, struct proximo_call *call)
{
    struct freshness f = {.a = {((struct plane_instance *)instance)->host, call}, .now = now_epoch()};
    const char *vmid = ask_argument(&f.a, "vmid"), *days = ask_argument(&f.a, "older_than_days");
    f.vmid = vmid ? (int64_t)digits_of(vmid, 999999999) : 0;
    f.older_s = days ? (int64_t)digits_of(days, 36500) * DAY_S : -1;
    f.node = ask_argument(&f.a, "node");
    f.rows = json_object_new_array();
    int32_t r = f.rows ? look(&f) : PROXIMO_ENOMEM;
    json_object_put(f.rows);
    archives_done(&f.archives);
    guests_done(&f.guests);
    return r;
}
