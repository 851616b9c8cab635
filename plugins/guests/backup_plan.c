/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_backup: one archive of one guest. That it is really there is seen by its time: it is newer than the
 * newest that was there when the plan was made, and the undo deletes that very one. Source: POST
 * /nodes/{node}/vzdump.
 */
#include "backup.h"

#define SEEN_S     60 /* after the task's end the storage lists it */
#define NOTES_MOST 1024u

struct backing {
    struct guest g;
    struct migrate_view view;
    const char *storage, *mode, *compress;
    const char *notes; /* as vzdump takes them; NULL: none */
    bool protected;
    struct json_object *entry; /* of the storage, borrowed */
    struct looked archives;
    int64_t newest; /* ctime of the newest archive; 0: there is none */
};

/* vzdump takes one line, in which \n and \\ stand for a line break and a backslash. */
static int32_t take_notes(struct backing *b)
{
    const char *given = ask_argument(&b->g.ask, "notes");
    char *text = given ? b->g.ask.host->alloc(b->g.ask.call, 2 * strlen(given) + 1) : NULL;
    size_t len = 0;

    if (!given)
        return PROXIMO_OK;
    if (!text)
        return PROXIMO_ENOMEM;
    for (const char *p = given; *p; p++) {
        if (*p == '\n' || *p == '\\')
            text[len++] = '\\';
        text[len++] = *p == '\n' ? 'n' : *p;
    }
    if (len > NOTES_MOST)
        return b->g.ask.host->fail(b->g.ask.call, PROXIMO_EINVAL,
                                   "notes: Proxmox takes %u bytes, line breaks count as two", NOTES_MOST);
    b->notes = text;
    return PROXIMO_OK;
}

static int32_t begin(void *instance, struct proximo_call *call, struct backing *ret)
{
    *ret = (struct backing){0};
    int32_t r = guest_open(instance, call, &ret->g);
    if (r < 0)
        return r;
    const struct asking *a = &ret->g.ask;
    const char *mode = ask_argument(a, "mode"), *compress = ask_argument(a, "compress");
    migrate_open(a, ret->g.node, &ret->view);
    ret->storage = ask_argument(a, "storage");
    ret->mode = mode ? mode : "snapshot";
    compress = compress ? compress : "zstd";
    ret->compress = strcmp(compress, "none") == 0 ? "0" : compress; /* what Proxmox calls none */
    ret->protected = ask_flag(a, "protected");
    if (!ret->storage)
        return a->host->fail(call, PROXIMO_EINVAL, "storage is missing");
    return take_notes(ret);
}

static void end(struct backing *b)
{
    json_object_put(b->archives.data);
    migrate_close(&b->view);
    guest_done(&b->g);
}

/* With too many protected ones vzdump ends with an error. */
static int32_t check_protected(const struct backing *b)
{
    const char *most = member_text(b->entry, "max-protected-backups");
    const size_t count = b->archives.data ? json_object_array_length(b->archives.data) : 0;
    uint64_t there = 0;

    for (size_t i = 0; i < count; i++)
        there += member_true(json_object_array_get_idx(b->archives.data, i), "protected");
    if (!b->protected || !most || *most < '0' || *most > '9' || there < digits_of(most, UINT32_MAX))
        return PROXIMO_OK;
    return b->g.ask.host->fail(b->g.ask.call, PROXIMO_ESTATE,
                               "storage %s allows %s protected backups of a guest, and %s has %u: take the "
                               "protection of one away first (pve_storage_volume_set)",
                               b->storage, most, guest_label(&b->g), (unsigned)there);
}

static int32_t look(struct backing *b)
{
    struct guest *g = &b->g;
    int32_t r;

    if ((r = guest_check_privilege(g, "VM.Backup", "a backup")) < 0 || (r = guest_read_status(g)) < 0 ||
        (r = guest_read_config(g)) < 0 || (r = guest_check_lock(g, NULL)) < 0 ||
        (r = backup_check_storage(&b->view, b->storage, "backup", &b->entry)) < 0 ||
        (r = backup_archives(g, b->storage, &b->archives)) < 0)
        return r;
    if (!b->archives.data)
        return g->ask.host->fail(g->ask.call, b->archives.status == 403 ? PROXIMO_EDENIED : PROXIMO_EREMOTE,
                                 "the backups on %s cannot be listed on %s, so a new one could not be seen: "
                                 "%.300s",
                                 b->storage, g->node, b->archives.why ? b->archives.why : "no answer");
    const int64_t newest = json_object_get_int64(member_of(backup_newest(b->archives.data), "ctime"));
    b->newest = newest > 0 ? newest : 0;
    return check_protected(b);
}

/* ---- the plan */

static int32_t tell(const struct backing *b)
{
    const struct guest *g = &b->g;
    struct json_object *fact = json_object_new_object();
    uint64_t bytes = 0;
    const char *text = ask_text(&g->ask, "%s is backed up to %s, %s%s", guest_label(g), b->storage,
                                !guest_running(g)                 ? "stopped as it is"
                                : strcmp(b->mode, "stop") == 0    ? "after a shutdown; it is started again"
                                : strcmp(b->mode, "suspend") == 0 ? "suspended meanwhile"
                                                                  : "while it runs",
                                b->protected ? "; the archive is protected" : "");
    int32_t r = text && fact ? g->ask.host->change(g->ask.call, text) : PROXIMO_ENOMEM;

    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK)
        r = backup_disks(g, false, &bytes);
    if (fact) {
        json_object_object_add(fact, "storage", json_object_new_string(b->storage));
        json_object_object_add(fact, "archives_there",
                               json_object_new_int64((int64_t)json_object_array_length(b->archives.data)));
        if (bytes)
            json_object_object_add(fact, "disks_bytes", json_object_new_int64((int64_t)bytes));
        struct json_object *size = member_of(backup_newest(b->archives.data), "size");
        if (size)
            json_object_object_add(fact, "last_archive_bytes", json_object_get(size));
    }
    if (r < 0) {
        json_object_put(fact);
        return r;
    }
    if ((r = tell_fact(&g->ask, "backup", fact)) < 0)
        return r;
    return tell_text(&g->ask, "way_back",
                     b->protected ? "undo deletes this very archive, once its protection is taken away "
                                    "(pve_storage_volume_set); what was pruned does not come back"
                                  : "undo deletes this very archive; what was pruned does not come back");
}

static int32_t request(const struct backing *b)
{
    struct proximo_field fields[8] = {b->g.at[0], FIELD("vmid", b->g.vmid), FIELD("storage", b->storage),
                                      FIELD("mode", b->mode), FIELD("compress", b->compress)};
    uint32_t count = 5;

    if (b->notes)
        fields[count++] = FIELD("notes-template", b->notes);
    if (b->protected)
        fields[count++] = FIELD("protected", "1");
    const struct proximo_step step = {
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,   .flags = PROXIMO_STEP_FOLLOW, .name = "change",
        .method = "POST",  .path = "/nodes/{node}/vzdump", .params = ROWS(fields, count)};
    return b->g.ask.host->step(b->g.ask.call, &step);
}

/* "[ctime>1763517600]": the first that is newer than what there is. */
static const char *new_one(const struct backing *b, const char *member)
{
    return ask_text(&b->g.ask, "[ctime>%lld]/%s", (long long)b->newest, member);
}

static int32_t lay_out(const struct backing *b)
{
    const struct guest *g = &b->g;
    const struct proximo_host *host = g->ask.host;
    const struct proximo_field list[] = {g->at[0], FIELD("storage", b->storage), FIELD("content", "backup"),
                                         FIELD("vmid", g->vmid)};
    const char *volid = new_one(b, "volid"), *size = new_one(b, "size"), *ctime = new_one(b, "ctime");
    const char *fields = volid && size && ctime ? ask_text(&g->ask, "%s,%s,%s", volid, size, ctime) : NULL;
    const char *s = b->storage;
    const char *of_storage = ask_text(
        &g->ask, "[storage=%s]/content,[storage=%s]/disable,[storage=%s]/nodes,[storage=%s]/prune-backups", s,
        s, s, s);
    const char *subject =
        ask_text(&g->ask, "{\"kind\":\"guest\",\"vmid\":%s,\"storage\":\"%s\",\"mode\":\"%s\"}", g->vmid,
                 b->storage, b->mode);
    const struct proximo_guard archives = {ROW(proximo_guard), .path = CONTENT_PATH, .fields = fields,
                                           .params = ROWS(list, 4)};
    const struct proximo_guard storages = {ROW(proximo_guard), .path = "/storage", .fields = of_storage};
    const struct proximo_step seen = {ROW(proximo_step),    .kind = PROXIMO_STEP_WAIT,
                                      .path = CONTENT_PATH, .params = ROWS(list, 4),
                                      .select = volid,      .wait_test = PROXIMO_WAIT_EXISTS,
                                      .interval_ms = 1000,  .deadline_ms = SEEN_S * UINT64_C(1000)};
    int32_t r = fields && of_storage && subject ? host->guard(g->ask.call, &archives) : PROXIMO_ENOMEM;

    if (r < 0 || (r = host->guard(g->ask.call, &storages)) < 0 ||
        (r = guest_guard(g, GUEST_STATUS, "/vmid,/status,/lock")) < 0 ||
        (r = guest_guard(g, GUEST_CONFIG, "/digest")) < 0 ||
        (r = host->subject(g->ask.call, "backup.create", text_of(subject))) < 0 || (r = request(b)) < 0 ||
        (r = host->postcondition(g->ask.call, &seen)) < 0)
        return r;
    return host->undo(g->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0);
}

int32_t guests_plan_backup(void *instance, struct proximo_call *call)
{
    struct backing b;
    int32_t r = begin(instance, call, &b);
    if (r == PROXIMO_OK)
        r = look(&b);
    if (r == PROXIMO_OK)
        r = tell(&b);
    if (r == PROXIMO_OK)
        r = lay_out(&b);
    end(&b);
    return r;
}

/* ---- the way back */

struct made {
    const char *volid;
    int64_t size, ctime;
};

/* What the first guard found afterwards: {"[ctime>N]/volid": ...}. */
static struct made made_by(struct json_object *record)
{
    struct json_object *after = member_of(record, "after");
    struct json_object *first = json_object_is_type(after, json_type_array) && json_object_array_length(after)
                                    ? json_object_array_get_idx(after, 0)
                                    : NULL;
    struct made made = {0};

    if (!json_object_is_type(first, json_type_object))
        return made;
    json_object_object_foreach(first, key, value)
    {
        const char *member = strrchr(key, '/');
        if (!member)
            continue;
        if (strcmp(member, "/volid") == 0 && json_object_is_type(value, json_type_string))
            made.volid = json_object_get_string(value);
        else if (strcmp(member, "/size") == 0)
            made.size = json_object_get_int64(value);
        else if (strcmp(member, "/ctime") == 0)
            made.ctime = json_object_get_int64(value);
    }
    return made;
}

/* Why the archive is not to be deleted; NULL: it is the very one. */
static const char *touched(struct json_object *record, const struct made *made, struct json_object *archives)
{
    struct json_object *undo_of = member_of(record, "undo_of");
    struct json_object *row = made->volid ? migrate_row(archives, "volid", made->volid) : NULL;

    if (undo_of && !json_object_is_type(undo_of, json_type_null))
        return "the archive was deleted; a new backup would not hold the same state";
    if (!made->volid)
        return "the record does not name the archive; pve_backup_list shows what there is";
    if (!row)
        return "the archive is not there any more";
    if (json_object_get_int64(member_of(row, "size")) != made->size ||
        json_object_get_int64(member_of(row, "ctime")) != made->ctime)
        return "the archive is not the one that was made: its size or time is another";
    if (member_true(row, "protected"))
        return "the archive is protected against removal; pve_storage_volume_set with protected: false takes "
               "that away";
    return NULL;
}

/* The archive is where the guest was then, which matters on local storage. */
static int32_t place_of_record(struct backing *b, struct json_object *record)
{
    const char *node = member_text(member_of(record, "arguments"), "node");

    if (!node)
        return PROXIMO_OK;
    b->g.node = ask_text(&b->g.ask, "%s", node);
    if (!b->g.node)
        return PROXIMO_ENOMEM;
    guest_place(&b->g);
    return PROXIMO_OK;
}

int32_t guests_undo_backup(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    const struct made made = made_by(record);
    struct backing b;
    int32_t r = begin(instance, call, &b);

    if (r == PROXIMO_OK)
        r = place_of_record(&b, record);
    if (r == PROXIMO_OK)
        r = backup_archives(&b.g, b.storage, &b.archives);
    if (r == PROXIMO_OK) {
        const char *why = b.archives.data ? touched(record, &made, b.archives.data) : b.archives.why;
        if (why || !b.archives.data) {
            (void)b.g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
            r = b.g.ask.host->fail(call, PROXIMO_ESTATE, "the backup of %s on %s: %.300s", guest_label(&b.g),
                                   b.storage, why ? why : "its storage cannot be listed");
        }
    }
    if (r == PROXIMO_OK) {
        const char *text =
            ask_text(&b.g.ask, "backup %s, unchanged since it was made, is deleted", made.volid);
        r = text ? b.g.ask.host->change(call, text) : PROXIMO_ENOMEM;
    }
    if (r == PROXIMO_OK)
        r = backup_lay_out_delete(&b.g, b.storage, made.volid);
    if (r == PROXIMO_OK)
        r = tell_text(&b.g.ask, "no_way_back", "a deleted backup cannot be brought back");
    if (r == PROXIMO_OK)
        r = b.g.ask.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
    end(&b);
    return r;
}
