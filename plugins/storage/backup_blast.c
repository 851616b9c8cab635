/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is lost with a backup: the last copy of a guest, the last verified one, or one of several. Times are
 * told as dates, because the same question must have the same answer when the plan is applied. Sources:
 * GET .../content, GET /cluster/resources, GET /cluster/backup.
 */
#include "../common/guest_disks.h"
#include "content.h"
#include "jobs.h"

struct losing {
    struct asking a;
    const char *volid, *storage, *node;
    struct json_object *row;
    int64_t vmid;
    struct archives archives;
    struct known_guests guests;
    struct backup_jobs jobs;
};

/* The other archives of the guest. */
struct others {
    const struct archive *newest, *newest_good;
    uint32_t count, newer, good;
};

static struct others others_of(const struct losing *l, int64_t ctime)
{
    struct others found = {0};
    uint32_t count = 0;
    const struct archive *rows = archives_of(&l->archives, l->vmid, &count);
    for (uint32_t i = 0; i < count; i++) {
        if (strcmp(rows[i].volid, l->volid) == 0 && (rows[i].shared || strcmp(rows[i].node, l->node) == 0))
            continue;
        found.newest = found.newest ? found.newest : &rows[i];
        found.count++;
        found.newer += rows[i].ctime > ctime;
        if (rows[i].verified == VERIFIED_OK) {
            found.newest_good = found.newest_good ? found.newest_good : &rows[i];
            found.good++;
        }
    }
    return found;
}

static const char *effect_of(const struct losing *l, const struct others *o, bool exists)
{
    const struct asking *a = &l->a;
    const char *unseen = l->archives.unseen_count ? " where this token could look" : "";
    const bool verified = verified_of(l->row) == VERIFIED_OK;
    if (!o->count && !exists)
        return ask_text(a, "does not exist any more, and this is the last copy of it that was found%s",
                        unseen);
    if (!o->count)
        return ask_text(a, "loses its only backup that was found%s", unseen);
    if (verified && !o->good)
        return ask_text(a, "loses its only verified backup; %u other%s, the newest of %s, %s not", o->count,
                        o->count == 1 ? "" : "s", time_text(a, o->newest->ctime),
                        o->count == 1 ? "is" : "are");
    if (!o->newer)
        return ask_text(a, "loses its newest backup; %u other%s, the newest of %s (%s)", o->count,
                        o->count == 1 ? " stays" : "s stay", time_text(a, o->newest->ctime),
                        o->newest->verified == VERIFIED_OK ? "verified" : "not verified");
    return ask_text(a, "loses one of its backups; %u other%s, the newest of %s", o->count,
                    o->count == 1 ? " stays" : "s stay", time_text(a, o->newest->ctime));
}

/* Which jobs keep how many of this guest on this storage. */
static struct json_object *retention(const struct losing *l, const char *node)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; list && i < l->jobs.count; i++) {
        const struct backup_job *job = &l->jobs.rows[i];
        const char *keeps = job->prune;
        if (!job->storage || strcmp(job->storage, l->storage) != 0 ||
            job_picks(&job->pick, l->vmid, node) != JOB_YES)
            continue;
        const char *text = ask_text(&l->a, "job %s keeps %s", job->pick.id,
                                    keeps ? keeps : "what the storage's own rules keep");
        if (text)
            json_object_array_add(list, json_object_new_string(text));
    }
    return list;
}

static int32_t tell_guest(struct losing *l)
{
    const struct asking *a = &l->a;
    const struct known_guest *guest = guests_find(&l->guests, l->vmid);
    const int64_t ctime = json_object_get_int64(member_of(l->row, "ctime"));
    const struct others o = others_of(l, ctime);
    const bool exists = guest || !l->guests.complete;
    const uint32_t risk = !o.count || !o.newer || (verified_of(l->row) == VERIFIED_OK && !o.good)
                              ? PROXIMO_RISK_HIGH
                              : PROXIMO_RISK_MEDIUM;
    struct json_object *facts = json_object_new_object(), *keeps = retention(l, guest ? guest->node : NULL);
    if (!facts || !keeps) {
        json_object_put(facts);
        json_object_put(keeps);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(facts, "exists", json_object_new_boolean(guest != NULL));
    json_object_object_add(facts, "other_backups", json_object_new_int64(o.count));
    json_object_object_add(facts, "other_verified", json_object_new_int64(o.good));
    if (o.newest)
        json_object_object_add(facts, "newest_other", json_object_new_string(time_text(a, o.newest->ctime)));
    if (o.newest_good)
        json_object_object_add(facts, "newest_other_verified",
                               json_object_new_string(time_text(a, o.newest_good->ctime)));
    json_object_object_add(facts, "protected", json_object_new_boolean(member_true(l->row, "protected")));
    json_object_object_add(facts, "retention", keeps);
    return tell_affected(a, risk, ask_text(a, "guest/%lld", (long long)l->vmid), guest ? guest->name : NULL,
                         effect_of(l, &o, exists), facts);
}

/* The backup's own row; its list is the caller's. */
static int32_t look_at_row(struct losing *l, struct json_object **ret_list)
{
    const struct proximo_field at[] = {FIELD("node", l->node), FIELD("storage", l->storage)};
    const struct proximo_get list = {ROW(proximo_get), .path = CONTENT_PATH, .fields = at, .field_count = 2};
    struct looked looked;
    int32_t r = ask_look(&l->a, &list, &looked);
    if (r < 0)
        return r;
    *ret_list = looked.data;
    l->row = volume_row(looked.data, l->volid);
    const char *vmid = member_text(l->row, "vmid");
    l->vmid = vmid ? (int64_t)digits_of(vmid, 999999999) : 0;
    if (!l->row)
        return l->a.host->incomplete(l->a.call, "the backup",
                                     looked.why ? looked.why : "the storage does not list it");
    return l->vmid ? PROXIMO_OK
                   : tell_affected(&l->a, PROXIMO_RISK_HIGH, ask_text(&l->a, "volume/%s", l->volid), NULL,
                                   "names no guest: of what it is the backup cannot be told", NULL);
}

int32_t storage_blast_backup(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct losing l = {.a = {((struct plane_instance *)instance)->host, call}};
    struct json_object *subject DROP_JSON = json_of(subject_json), *list DROP_JSON = NULL;
    l.volid = member_text(subject, "volid");
    l.node = member_text(subject, "node");
    if (!l.volid || !strchr(l.volid, ':'))
        return l.a.host->fail(call, PROXIMO_EINVAL, "the subject has no volid");
    if (!l.node)
        return l.a.host->incomplete(call, "what is lost with the backup",
                                    "the subject does not say on which node");
    l.storage = ask_text(&l.a, "%.*s", (int)(strchr(l.volid, ':') - l.volid), l.volid);
    int32_t r = l.storage ? look_at_row(&l, &list) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && l.row && l.vmid) {
        r = archives_read(&l.a, l.vmid, NULL, &l.archives);
        if (r == PROXIMO_OK)
            r = archives_tell_unseen(&l.a, &l.archives);
        if (r == PROXIMO_OK)
            r = guests_list(&l.a, &l.guests);
        if (r == PROXIMO_OK)
            r = backup_jobs_read(&l.a, &l.jobs);
        if (r == PROXIMO_OK && l.jobs.why)
            r = l.a.host->incomplete(call, "the backup jobs and what they keep", l.jobs.why);
        if (r == PROXIMO_OK)
            r = tell_guest(&l);
    }
    archives_done(&l.archives);
    guests_done(&l.guests);
    backup_jobs_done(&l.jobs);
    return r;
}
