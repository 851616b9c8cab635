/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_backup_job_create, _update, _delete: the values of a job as a table, which guests it takes (in exactly
 * one way), and whether its storage can take backups at all. starttime and dow, the words of former times,
 * are not here: Proxmox turns them into a schedule. Sources: POST /cluster/backup, PUT, DELETE
 * /cluster/backup/{id}.
 */
#include "../common/config_object.h"
#include "jobs.h"
#include "volumes.h"

#define DETAIL_MOST 20000u /* bytes of a list of guests in a subject */
#define NAMED_MOST  20u

static const struct config_key keys[] = {
    {.name = "schedule"},
    {.name = "storage"},
    {.name = "vmid", .flags = CONFIG_LIST},
    {.name = "all", .absent = "0"},
    {.name = "exclude", .flags = CONFIG_LIST},
    {.name = "pool"},
    {.name = "node"},
    {.name = "enabled", .absent = "1"},
    {.name = "mode", .absent = "snapshot"},
    {.name = "compress", .absent = "0"},
    {.name = "prune-backups", .flags = CONFIG_LIST},
    {.name = "comment"},
    {.name = "notes-template"},
    {.name = "protected", .absent = "0"},
    {.name = "remove", .absent = "1"},
    {.name = "repeat-missed", .absent = "0"},
    {.name = "bwlimit", .absent = "0"},
    {.name = "mailto", .flags = CONFIG_LIST},
    {.name = "mailnotification", .absent = "always"},
    {.name = "notification-mode", .absent = "auto"},
    {.name = "exclude-path", .flags = CONFIG_REPEAT},
    {.name = "fleecing", .flags = CONFIG_REWRITTEN},
    {.name = "performance", .flags = CONFIG_REWRITTEN},
    {.name = "ionice", .absent = "7"},
    {.name = "lockwait", .absent = "180"},
    {.name = "stopwait", .absent = "10"},
    {.name = "stdexcludes", .absent = "1"},
    {.name = "stop", .absent = "0"},
    {.name = "quiet", .absent = "0"},
    {.name = "pigz", .absent = "0"},
    {.name = "zstd", .absent = "1"},
    {.name = "pbs-change-detection-mode"},
    {.name = "dumpdir"},
    {.name = "script"},
    {.name = "tmpdir"},
    {.name = "maxfiles", .flags = CONFIG_UNTIL_8},
    {.name = "notification-policy", .flags = CONFIG_UNTIL_8, .absent = "always"},
    {.name = "notification-target", .flags = CONFIG_UNTIL_8},
};
static const char *const shown[] = {"type", "next-run", "id", NULL};
static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

static int32_t check(struct config_change *c);

static const struct config_kind job_kind = {
    .what = "backup job",
    .subject = "backup-job",
    .subject_member = "id",
    .id = "id",
    .list = "/cluster/backup",
    .one = "/cluster/backup/{id}",
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .shown = shown,
    .needs = PROXIMO_TABLE(audit),
    .classes = {"backup-job.create", "backup-job.update", "backup-job.delete"},
    .check = check,
};

int32_t storage_plan_job_create(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &job_kind, CONFIG_CREATE);
}

int32_t storage_plan_job_update(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &job_kind, CONFIG_UPDATE);
}

int32_t storage_plan_job_delete(void *instance, struct proximo_call *call)
{
    return config_plan(((struct plane_instance *)instance)->host, call, &job_kind, CONFIG_DELETE);
}

int32_t storage_undo_job(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return config_plan_undo(((struct plane_instance *)instance)->host, call, &job_kind, record_json);
}

/* ---- which guests it takes: in one way, and the other ways end with it */

static int32_t refuse(const struct config_change *c, const char *why)
{
    return c->ask.host->fail(
        c->ask.call, PROXIMO_EINVAL,
        "backup job \"%s\": %s. A job names guests (vmid), or a pool (pool), or takes all "
        "(all: true) but some (exclude)",
        c->id, why);
}

static const struct config_key *key_of(const char *name)
{
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    }
    return NULL;
}

/* Is this value set by the change? all: false is not. */
static bool sets(const struct config_change *c, const char *name)
{
    const struct config_edit *edit = config_edited(c, name);
    return edit && edit->to && strcmp(edit->to, "0") != 0;
}

/* As it will be; placeholders (0, an empty text) are nothing. */
static const char *will_be(const struct config_change *c, const char *name)
{
    const char *value = config_after(c, name);
    return value && *value && strcmp(value, "0") != 0 ? value : NULL;
}

static int32_t also(struct config_change *c, const char *name, const char *to)
{
    const char *was = config_before(c, name);
    if (config_edited(c, name) || (to ? was && strcmp(was, to) == 0 : !was))
        return PROXIMO_OK;
    if (c->count == CONFIG_EDITS_MOST)
        return refuse(c, "too many values for one plan");
    c->edits[c->count++] = (struct config_edit){.key = key_of(name), .was = was, .to = to};
    return PROXIMO_OK;
}

static int32_t end_others(struct config_change *c, const char *const *names)
{
    int32_t r = PROXIMO_OK;
    for (; r == PROXIMO_OK && *names; names++)
        r = also(c, *names, NULL);
    return r;
}

static int32_t check_selection(struct config_change *c)
{
    static const char *const beside_vmid[] = {"all", "exclude", "pool", NULL};
    static const char *const beside_pool[] = {"all", "vmid", NULL};
    static const char *const beside_all[] = {"vmid", "pool", NULL};
    const bool vmid = sets(c, "vmid"), pool = sets(c, "pool"), all = sets(c, "all"),
               exclude = sets(c, "exclude");
    int32_t r = PROXIMO_OK;
    if (vmid + pool + all > 1 || (vmid && exclude))
        return refuse(
            c, "vmid, pool and all (with exclude) are different ways to name guests, of which one is taken");
    if (vmid)
        r = end_others(c, beside_vmid);
    else if (pool)
        r = end_others(c, beside_pool);
    else if (all || (exclude && !will_be(c, "pool")))
        r = end_others(c, beside_all);
    if (r == PROXIMO_OK && will_be(c, "exclude") && !will_be(c, "pool"))
        r = also(c, "all", "1");
    if (r == PROXIMO_OK && !will_be(c, "vmid") && !will_be(c, "pool") && !will_be(c, "all"))
        return refuse(c, "it would name no guest at all; to stop it, set enabled: false");
    return r;
}

/* Proxmox takes these only beside the storage, in the same request. */
static int32_t send_storage(struct config_change *c)
{
    const struct config_edit *storage = config_edited(c, "storage");
    const char *name = config_after(c, "storage");
    if (!sets(c, "notes-template") && !config_edited(c, "protected"))
        return PROXIMO_OK;
    if (!name)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL,
                                 "backup job \"%s\": notes_template and protected need a storage", c->id);
    if (!storage && c->verb == CONFIG_UPDATE)
        c->more[c->more_count++] = FIELD("storage", name);
    return PROXIMO_OK;
}

/* ---- where it writes to */

static int32_t risk(const struct config_change *c, const char *why)
{
    return why ? c->ask.host->risk(c->ask.call, PROXIMO_RISK_HIGH, why) : PROXIMO_ENOMEM;
}

static int32_t check_storage(const struct config_change *c, const struct known_storages *storages,
                             const struct known_storage *s)
{
    const struct asking *a = &c->ask;
    const char *name = config_after(c, "storage"), *node = config_after(c, "node");
    if (!name)
        return tell_text(a, "storage",
                         "none is named: each node's own default (vzdump.conf, else local) is used");
    if (!s && !storages->complete)
        return a->host->incomplete(a->call, ask_text(a, "storage %s, to which the job writes", name),
                                   storages->why ? storages->why : "it could not be read");
    if (!s)
        return risk(c, ask_text(a, "storage %s does not exist: every run fails", name));
    if (s->disabled)
        return risk(c, ask_text(a, "storage %s is disabled: every run fails", name));
    if (!s->backups)
        return risk(
            c, ask_text(a, "storage %s is not for backups (its content does not have them): every run fails",
                        name));
    if (node && !known_storage_on(s, node))
        return risk(c, ask_text(a, "storage %s is not on node %s: every run fails", name, node));
    return s->nodes && !node
               ? risk(c, ask_text(a, "storage %s is on %s only: guests on other nodes are not backed up",
                                  name, s->nodes))
               : PROXIMO_OK;
}

/* ---- what the next run would delete */

/* The job as it will be, in the form of GET. */
static struct json_object *job_after(const struct config_change *c)
{
    struct json_object *job = json_object_new_object();
    for (size_t i = 0; job && i < sizeof(keys) / sizeof(keys[0]); i++) {
        const char *value = config_after(c, keys[i].name);
        if (value)
            json_object_object_add(job, keys[i].name, json_object_new_string(value));
    }
    if (job)
        json_object_object_add(job, "id", json_object_new_string(c->id));
    return job;
}

static int32_t tell_pruned(const struct config_change *c, struct json_object *list,
                           const struct job_pick *pick)
{
    struct json_object *first = json_object_new_array();
    uint32_t count = 0;
    for (size_t i = 0; first && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *vmid = member_text(row, "vmid"), *volid = member_text(row, "volid");
        if (!member_is(row, "mark", "remove") || !vmid || !volid ||
            job_names(pick, (int64_t)digits_of(vmid, 999999999), NULL) == JOB_NO)
            continue;
        if (++count <= NAMED_MOST)
            json_object_array_add(first, json_object_new_string(volid));
    }
    if (!count) {
        json_object_put(first);
        return PROXIMO_OK;
    }
    int32_t r = tell_fact(&c->ask, "next_run_deletes", first);
    return r == PROXIMO_OK ? risk(c, ask_text(&c->ask,
                                              "by its rules of retention the next run deletes %u backup%s "
                                              "that %s there now",
                                              count, count == 1 ? "" : "s", count == 1 ? "is" : "are"))
                           : r;
}

/* The first node that is online and has the storage; NULL: none. */
static const char *node_with(const struct asking *a, const struct known_storage *s, const char *node)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    struct looked looked;
    const char *found = NULL;
    if (node)
        return node;
    if (ask_look(a, &get, &looked) < 0)
        return NULL;
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    for (size_t i = 0; !found && i < count; i++) {
        struct json_object *one = json_object_array_get_idx(looked.data, i);
        const char *name = member_text(one, "node");
        if (name && !member_is(one, "status", "offline") && known_storage_on(s, name))
            found = ask_text(a, "%s", name);
    }
    json_object_put(looked.data);
    return found;
}

static int32_t look_at_pruning(const struct config_change *c, const struct known_storage *s)
{
    const struct asking *a = &c->ask;
    struct json_object *job DROP_JSON = job_after(c);
    struct backup_jobs jobs = {.pools = a->host->alloc(a->call, JOB_POOLS_MOST * sizeof(struct job_pool))};
    struct backup_job after;
    struct looked looked;
    int32_t r = job && jobs.pools ? backup_job_of(a, &jobs, job, &after) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const char *rules = after.prune ? after.prune : prune_text(a, member_of(s->config, "prune-backups"));
    const char *node = node_with(a, s, after.pick.node);
    if (!rules || !after.prunes || strstr(rules, "keep-all"))
        return PROXIMO_OK;
    if (!node)
        return a->host->incomplete(a->call, "what the next run would delete",
                                   "no node that has the storage is online");
    const struct proximo_field at[] = {FIELD("node", node), FIELD("storage", s->storage),
                                       FIELD("prune-backups", rules)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/storage/{storage}/prunebackups",
                                    .fields = at, .field_count = 3};
    if ((r = ask_look(a, &get, &looked)) < 0)
        return r;
    r = json_object_is_type(looked.data, json_type_array)
            ? tell_pruned(c, looked.data, &after.pick)
            : a->host->incomplete(a->call, "what the next run would delete",
                                  looked.why ? looked.why : "no answer");
    json_object_put(looked.data);
    return r;
}

static int32_t look_at_storage(const struct config_change *c)
{
    const char *name = config_after(c, "storage"), *enabled = config_after(c, "enabled");
    const bool prunes = config_edited(c, "prune-backups") || config_edited(c, "storage") ||
                        config_edited(c, "remove") || config_edited(c, "maxfiles");
    struct known_storages storages;
    int32_t r = storages_read(&c->ask, &storages);
    const struct known_storage *s = r == PROXIMO_OK && name ? storages_find(&storages, name) : NULL;
    if (r == PROXIMO_OK)
        r = check_storage(c, &storages, s);
    if (r == PROXIMO_OK && s && !s->disabled && s->backups && prunes &&
        !(enabled && strcmp(enabled, "0") == 0))
        r = look_at_pruning(c, s);
    storages_done(&storages);
    return r;
}

/* ---- the subject: what the blast function needs to know of the job as it will be */

static int32_t describe(struct config_change *c)
{
    static const char *const members[] = {"vmid", "all", "exclude", "pool", "node", "enabled"};
    size_t bytes = 0;
    c->subject_details = json_object_new_object();
    if (!c->subject_details)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; c->verb != CONFIG_DELETE && i < sizeof(members) / sizeof(members[0]); i++) {
        const char *value = config_after(c, members[i]);
        bytes += value ? strlen(value) : 0;
        if (value && bytes <= DETAIL_MOST)
            json_object_object_add(c->subject_details, members[i], json_object_new_string(value));
    }
    return bytes > DETAIL_MOST
               ? c->ask.host->incomplete(c->ask.call, "who is in the job",
                                         "its list of guests is longer than a plan looks through")
               : PROXIMO_OK;
}

static int32_t check(struct config_change *c)
{
    int32_t r = PROXIMO_OK;
    if (c->verb == CONFIG_CREATE && !c->undoing && !config_after(c, "schedule"))
        return c->ask.host->fail(
            c->ask.call, PROXIMO_EINVAL,
            "backup job \"%s\": schedule is missing, for example \"02:30\" or \"sat 03:00\"", c->id);
    if (c->verb != CONFIG_DELETE && (c->verb == CONFIG_CREATE || c->count)) {
        r = check_selection(c);
        if (r == PROXIMO_OK)
            r = send_storage(c);
        if (r == PROXIMO_OK)
            r = look_at_storage(c);
    }
    return r == PROXIMO_OK ? describe(c) : r;
}
