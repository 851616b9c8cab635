/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Backups and a storage that goes: the jobs that write there, the guests that have no other backup, and what
 * a new retention deletes. Sources: GET /cluster/backup, GET .../content?content=backup,
 * GET .../prunebackups.
 */
#include "storage_blast.h"

#include "../common/config_object.h"

#define OTHERS_MOST 16u /* storages looked through for other backups; a cluster has few that hold any */

/* ---- jobs */

static int32_t read_jobs(const struct storage_blast *b, struct json_object **ret)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/backup", .needs = ROWS(need, 1)};
    return blast_list(b, &get, "the backup jobs", ret);
}

/* A job without a storage writes to "local", unless its node's vzdump.conf says otherwise. */
static bool writes_there(const struct storage_blast *b, struct json_object *job)
{
    const char *storage = member_text(job, "storage");
    if (!storage)
        return !member_text(job, "dumpdir") && strcmp(b->storage, "local") == 0;
    return strcmp(storage, b->storage) == 0;
}

/* "enabled=1,storage=x" */
static bool fleeces_there(const struct storage_blast *b, struct json_object *job)
{
    struct json_object *value = member_of(job, "fleecing");
    if (json_object_is_type(value, json_type_object))
        return member_is(value, "storage", b->storage);
    const char *text = value ? json_object_get_string(value) : NULL;
    const char *word = ask_text(&b->ask, "storage=%s", b->storage);
    return text && word && config_list_has(text, word);
}

static struct json_object *job_facts(struct json_object *job)
{
    static const char *const keys[] = {"schedule", "enabled", "all",  "vmid",          "pool",
                                       "exclude",  "node",    "mode", "prune-backups", "comment"};
    struct json_object *facts = json_object_new_object();
    for (size_t i = 0; facts && i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (member_of(job, keys[i]))
            json_object_object_add(facts, keys[i], json_object_get(member_of(job, keys[i])));
    }
    return facts;
}

/* A job that is bound to a node that keeps the storage goes on. */
static bool job_loses(const struct storage_blast *b, struct json_object *job)
{
    const char *node = member_text(job, "node");
    return !b->nodes || !node || blast_loses_node(b, node);
}

static int32_t tell_job(const struct storage_blast *b, struct json_object *job, uint32_t risk,
                        const char *effect)
{
    const char *id = member_text(job, "id");
    return tell_affected(&b->ask, risk, ask_text(&b->ask, "backup-job/%s", id ? id : "?"), NULL, effect,
                         job_facts(job));
}

/* Proxmox runs a job unless it says enabled: 0. */
static bool job_runs(struct json_object *job)
{
    return !member_of(job, "enabled") || member_true(job, "enabled");
}

static const char *writer_effect(const struct storage_blast *b, struct json_object *job)
{
    if (!job_runs(job))
        return "is disabled, but would write its backups to it";
    if (b->loss == LOSS_MOVED)
        return "writes its backups to it: the next ones go to the new place, without the old ones";
    return b->nodes ? "writes its backups to it: fails on the nodes that lose it"
                    : "writes its backups to it: fails from now on, so its guests get no backups";
}

static int32_t tell_writers(const struct storage_blast *b, struct json_object *jobs)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        const uint32_t risk = job_runs(job) ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
        if (!job_loses(b, job))
            continue;
        if (writes_there(b, job) && blast_loses(b, "backup"))
            r = tell_job(b, job, risk, writer_effect(b, job));
        if (r == PROXIMO_OK && fleeces_there(b, job) && blast_loses(b, "images"))
            r = tell_job(b, job, risk, "keeps its fleecing images on it: backups of running machines fail");
    }
    return r;
}

int32_t blast_tell_jobs(struct storage_blast *b)
{
    return tell_writers(b, b->jobs);
}

/* ---- guests without another backup */

static bool holds_backups(struct json_object *entry)
{
    return config_list_has(member_text(entry, "content"), "backup") && !member_true(entry, "disable");
}

/* Crosses out the guests that have a backup on this other storage. */
static int32_t cross_out(const struct storage_blast *b, struct json_object *entry, bool *only)
{
    struct json_object *rows DROP_JSON = NULL;
    const char *why = NULL, *storage = member_text(entry, "storage");
    int32_t r = storage_volumes(&b->ask, storage, entry, "backup", &rows, &why);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(rows); i++) {
        const char *vmid = member_text(json_object_array_get_idx(rows, i), "vmid");
        const struct known_guest *guest =
            vmid ? guests_find(&b->guests, (int64_t)digits_of(vmid, 999999999)) : NULL;
        if (guest)
            only[guest - b->guests.rows] = false;
    }
    if (r < 0 || !why)
        return r;
    const char *what = ask_text(&b->ask, "the backups on storage %s", storage);
    return what ? b->ask.host->incomplete(b->ask.call, what, why) : PROXIMO_ENOMEM;
}

static int32_t look_elsewhere(const struct storage_blast *b, bool *only)
{
    uint32_t looked = 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && b->entries && i < json_object_array_length(b->entries); i++) {
        struct json_object *entry = json_object_array_get_idx(b->entries, i);
        if (entry == b->entry || !holds_backups(entry) || !member_text(entry, "storage"))
            continue;
        if (looked++ == OTHERS_MOST)
            return b->ask.host->incomplete(b->ask.call, "other backups of the guests that have some there",
                                           "more storages hold backups than this looks through");
        r = cross_out(b, entry, only);
    }
    return r;
}

/* Does the backup of this guest go out of reach? From a shared storage it can be had on another node. */
static bool loses_backups(const struct storage_blast *b)
{
    return blast_loses(b, "backup") && (!b->nodes || !storage_is_shared(b->entry));
}

static int32_t find_only_backups(struct storage_blast *b)
{
    bool some = false;
    b->only_backups = b->ask.host->alloc(b->ask.call, b->guests.count + UINT64_C(1));
    if (!b->only_backups)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < b->guests.count; i++) {
        b->only_backups[i] = b->backups[i] > 0;
        some |= b->only_backups[i];
    }
    return some ? look_elsewhere(b, b->only_backups) : PROXIMO_OK;
}

int32_t blast_find_backups(struct storage_blast *b)
{
    int32_t r = PROXIMO_OK;
    if (blast_loses(b, "backup") || blast_loses(b, "images"))
        r = read_jobs(b, &b->jobs);
    for (size_t i = 0; r == PROXIMO_OK && b->jobs && i < json_object_array_length(b->jobs); i++) {
        struct json_object *job = json_object_array_get_idx(b->jobs, i);
        b->job_count += job_loses(b, job) && writes_there(b, job) && blast_loses(b, "backup");
    }
    if (r == PROXIMO_OK && loses_backups(b))
        r = find_only_backups(b);
    for (uint32_t i = 0; r == PROXIMO_OK && b->only_backups && i < b->guests.count; i++)
        b->only_backup_count += b->only_backups[i];
    return r;
}

int32_t blast_tell_only_backups(struct storage_blast *b)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && b->only_backups && i < b->guests.count; i++) {
        const struct known_guest *guest = &b->guests.rows[i];
        if (!b->only_backups[i])
            continue;
        struct json_object *facts = json_object_new_object();
        if (facts) {
            json_object_object_add(facts, "node", json_object_new_string(guest->node));
            json_object_object_add(facts, "backups", json_object_new_int64(b->backups[i]));
        }
        r = tell_affected(&b->ask, PROXIMO_RISK_MEDIUM,
                          ask_text(&b->ask, "guest/%lld", (long long)guest->vmid), guest->name,
                          b->nodes
                              ? "all its backups are on it, and may be on a node that loses it"
                              : "all its backups are on it: it cannot be restored while the storage is gone",
                          facts);
    }
    return r;
}

/* ---- retention */

/* What the new retention would delete now, on one node that answers. No change: it is Proxmox's own dry run.
 */
static int32_t add_dry_run(const struct storage_blast *b, const char *keep, struct json_object *facts)
{
    const struct proximo_get nodes = {ROW(proximo_get), .path = "/nodes"};
    static const struct proximo_need need[] = {NEED("/storage/{storage}", "Datastore.Allocate")};
    struct looked list, answer = {0};
    int32_t r = ask_look(&b->ask, &nodes, &list);
    const size_t count = r == PROXIMO_OK && json_object_is_type(list.data, json_type_array)
                             ? json_object_array_length(list.data)
                             : 0;
    for (size_t i = 0; r == PROXIMO_OK && !answer.data && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        const char *node = member_text(row, "node");
        if (!node || !member_is(row, "status", "online") || !storage_on_node(b->entry, node))
            continue;
        const struct proximo_field fields[] = {FIELD("node", node), FIELD("storage", b->storage),
                                               FIELD("prune-backups", keep)};
        const struct proximo_get get = {
            ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/prunebackups", .fields = fields,
            .field_count = *keep ? 3 : 2, .needs = ROWS(need, 1)};
        r = ask_look(&b->ask, &get, &answer);
        if (r == PROXIMO_OK && answer.data)
            json_object_object_add(facts, "looked_at_on", json_object_new_string(node));
    }
    int64_t removed = 0, kept = 0;
    for (size_t i = 0;
         json_object_is_type(answer.data, json_type_array) && i < json_object_array_length(answer.data);
         i++) {
        const bool remove = member_is(json_object_array_get_idx(answer.data, i), "mark", "remove");
        removed += remove;
        kept += !remove;
    }
    if (answer.data && *keep) {
        json_object_object_add(facts, "would_be_deleted_now", json_object_new_int64(removed));
        json_object_object_add(facts, "would_be_kept", json_object_new_int64(kept));
    }
    json_object_put(answer.data);
    if (r == PROXIMO_OK)
        json_object_put(list.data);
    return r;
}

int32_t blast_tell_retention(struct storage_blast *b)
{
    const char *keep = member_text(b->subject, "prune-backups");
    struct json_object *jobs DROP_JSON = NULL;
    struct json_object *facts = json_object_new_object();
    const bool prunes = *keep && !config_list_has(keep, "keep-all=1");
    if (!facts)
        return PROXIMO_ENOMEM;
    json_object_object_add(facts, "prune-backups", json_object_new_string(keep));
    int32_t r = prunes ? add_dry_run(b, keep, facts) : PROXIMO_OK;
    if (r < 0) {
        json_object_put(facts);
        return r;
    }
    r = tell_affected(
        &b->ask, prunes ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
        ask_text(&b->ask, "backups on storage/%s", b->storage), NULL,
        prunes ? "the next backup deletes those of its guest that the new retention does not keep, but "
                 "protected ones; undo does not bring them back"
               : "nothing is deleted by the storage's retention any more: backups pile up until the "
                 "storage is full",
        facts);
    if (r == PROXIMO_OK)
        r = read_jobs(b, &jobs);
    for (size_t i = 0; r == PROXIMO_OK && jobs && i < json_object_array_length(jobs); i++) {
        struct json_object *job = json_object_array_get_idx(jobs, i);
        if (writes_there(b, job) && !member_of(job, "prune-backups"))
            r = tell_job(b, job, prunes ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                         "has no retention of its own: with its next run that of the storage holds");
    }
    return r;
}
