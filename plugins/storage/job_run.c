/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_backup_job_run: what the job would do now, as one backup task on each node that has guests of it. The
 * guests are named one by one, so that the plan says exactly who is backed up. Source: POST
 * /nodes/{node}/vzdump.
 */
#include "jobs.h"

#define NODES_MOST  128u
#define GUESTS_EACH 50u /* so many are asked for one by one whether this token may back them up */
#define FIELDS_MOST 64u

struct run_node {
    const char *node;
    const char *vmids; /* "100,105" */
    uint32_t count;
    bool online;
};
struct running {
    struct asking a;
    const char *id;
    struct backup_jobs jobs;
    const struct backup_job *job;
    struct known_guests guests;
    struct run_node nodes[NODES_MOST];
    uint32_t node_count, guest_count;
};

/* What POST vzdump takes of a job; the rest says when and how it is run, or which guests. */
static const char *const passed[] = {
    "storage",
    "mode",
    "compress",
    "prune-backups",
    "notes-template",
    "protected",
    "remove",
    "bwlimit",
    "mailto",
    "mailnotification",
    "notification-mode",
    "fleecing",
    "performance",
    "ionice",
    "lockwait",
    "stopwait",
    "stdexcludes",
    "pigz",
    "zstd",
    "pbs-change-detection-mode",
    "notification-policy",
    "notification-target",
    "maxfiles",
};
static const char *const root_only[] = {"dumpdir", "script", "tmpdir"};

/* ---- who and where */

static struct run_node *node_of(struct running *k, const char *node)
{
    for (uint32_t i = 0; i < k->node_count; i++) {
        if (strcmp(k->nodes[i].node, node) == 0)
            return &k->nodes[i];
    }
    if (k->node_count == NODES_MOST)
        return NULL;
    k->nodes[k->node_count] = (struct run_node){.node = node, .online = true};
    return &k->nodes[k->node_count++];
}

static int32_t add_guests(struct running *k)
{
    for (uint32_t i = 0; i < k->guests.count; i++) {
        const struct known_guest *guest = &k->guests.rows[i];
        if (job_names(&k->job->pick, guest->vmid, guest->node) != JOB_YES)
            continue;
        struct run_node *node = node_of(k, guest->node);
        if (!node)
            return k->a.host->fail(k->a.call, PROXIMO_ENOMEM,
                                   "the job's guests are on more nodes than one plan takes");
        node->vmids = ask_text(&k->a, "%s%s%lld", node->vmids ? node->vmids : "", node->vmids ? "," : "",
                               (long long)guest->vmid);
        if (!node->vmids)
            return PROXIMO_ENOMEM;
        node->count++;
        k->guest_count++;
    }
    return PROXIMO_OK;
}

static int32_t find_offline(struct running *k)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    struct looked looked;
    int32_t r = ask_look(&k->a, &get, &looked);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    for (uint32_t n = 0; r == PROXIMO_OK && n < k->node_count; n++) {
        for (size_t i = 0; i < count; i++) {
            struct json_object *one = json_object_array_get_idx(looked.data, i);
            if (member_is(one, "node", k->nodes[n].node) && member_is(one, "status", "offline"))
                k->nodes[n].online = false;
        }
        if (!k->nodes[n].online)
            r = k->a.host->incomplete(
                k->a.call, ask_text(&k->a, "the %u guests on %s", k->nodes[n].count, k->nodes[n].node),
                "the node is offline: they are not backed up by this run");
    }
    json_object_put(looked.data);
    return r;
}

/* ---- may it */

static int32_t must_hold(const struct running *k, const char *path, const char *privilege)
{
    return ask_privilege(&k->a, path, privilege, "to run job \"%s\" this token needs %s on %s", k->id,
                         privilege, path);
}

static int32_t check_rights(const struct running *k)
{
    int32_t r = k->job->storage
                    ? must_hold(k, ask_text(&k->a, "/storage/%s", k->job->storage), "Datastore.AllocateSpace")
                    : PROXIMO_OK;
    if (r == PROXIMO_OK && k->guest_count > GUESTS_EACH)
        return must_hold(k, "/vms", "VM.Backup");
    for (uint32_t i = 0; r == PROXIMO_OK && i < k->guests.count; i++) {
        const struct known_guest *guest = &k->guests.rows[i];
        if (job_names(&k->job->pick, guest->vmid, guest->node) == JOB_YES)
            r = must_hold(k, ask_text(&k->a, "/vms/%lld", (long long)guest->vmid), "VM.Backup");
    }
    for (size_t i = 0; r == PROXIMO_OK && i < sizeof(root_only) / sizeof(root_only[0]); i++) {
        const char *value = member_text(k->job->json, root_only[i]);
        if (value && *value)
            r = k->a.host->fail(
                k->a.call, PROXIMO_EDENIED,
                "job \"%s\" has %s, which Proxmox takes from root@pam alone: let it run by its schedule, "
                "or run it in Proxmox's own interface",
                k->id, root_only[i]);
    }
    return r;
}

/* ---- the steps */

/* A value as a parameter: objects as property strings; NULL: not set. */
static const char *as_text(const struct asking *a, struct json_object *job, const char *key)
{
    struct json_object *value = member_of(job, key);
    const char *text = NULL;
    if (strcmp(key, "prune-backups") == 0)
        return prune_text(a, value);
    if (!json_object_is_type(value, json_type_object))
        return member_text(job, key);
    json_object_object_foreach(value, name, part)
    {
        const char *one = json_object_is_type(part, json_type_boolean)
                              ? json_object_get_boolean(part) ? "1" : "0"
                              : json_object_get_string(part);
        text = ask_text(a, "%s%s%s=%s", text ? text : "", text ? "," : "", name, one);
    }
    return text;
}

static uint32_t put_paths(const struct running *k, struct proximo_field *fields, uint32_t count)
{
    struct json_object *paths = member_of(k->job->json, "exclude-path");
    const size_t many = json_object_is_type(paths, json_type_array) ? json_object_array_length(paths) : 0;
    if (json_object_is_type(paths, json_type_string))
        fields[count++] = FIELD("exclude-path", json_object_get_string(paths));
    for (size_t i = 0; i < many && count < FIELDS_MOST; i++)
        fields[count++] = FIELD("exclude-path", json_object_get_string(json_object_array_get_idx(paths, i)));
    return count;
}

static int32_t add_step(const struct running *k, const struct run_node *node)
{
    struct proximo_field fields[FIELDS_MOST] = {FIELD("node", node->node), FIELD("vmid", node->vmids)};
    uint32_t count = 2;
    for (size_t i = 0; i < sizeof(passed) / sizeof(passed[0]); i++) {
        const char *value = as_text(&k->a, k->job->json, passed[i]);
        if (value && *value)
            fields[count++] = FIELD(passed[i], strcmp(value, "true") == 0    ? "1"
                                               : strcmp(value, "false") == 0 ? "0"
                                                                             : value);
    }
    count = put_paths(k, fields, count);
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .flags = PROXIMO_STEP_FOLLOW | PROXIMO_STEP_CONTINUE,
                                      .name = ask_text(&k->a, "backup-%s", node->node),
                                      .method = "POST",
                                      .path = "/nodes/{node}/vzdump",
                                      .params = ROWS(fields, count)};
    return step.name ? k->a.host->step(k->a.call, &step) : PROXIMO_ENOMEM;
}

static int32_t lay_out(const struct running *k)
{
    const struct proximo_field id = FIELD("id", k->id);
    const struct proximo_guard guard = {
        ROW(proximo_guard), .path = "/cluster/backup/{id}", .params = ROWS(&id, 1),
        .fields =
            "/vmid,/all,/exclude,/pool,/node,/storage,/mode,/prune-backups,/remove,/exclude-path,/protected"};
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("backup-job"));
    json_object_object_add(subject, "id", json_object_new_string(k->id));
    int32_t r = k->a.host->guard(k->a.call, &guard);
    if (r == PROXIMO_OK)
        r = k->a.host->subject(k->a.call, "backup-job.run", json_text(subject));
    for (uint32_t i = 0; r == PROXIMO_OK && i < k->node_count; i++) {
        if (k->nodes[i].online)
            r = add_step(k, &k->nodes[i]);
    }
    if (r == PROXIMO_OK)
        r = tell_text(&k->a, "no_way_back",
                      "what was backed up stays, and what the run pruned is gone; "
                      "pve_backup_delete removes single backups");
    return r == PROXIMO_OK ? k->a.host->undo(k->a.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

static int32_t tell(const struct running *k)
{
    uint32_t nodes = 0;
    for (uint32_t i = 0; i < k->node_count; i++)
        nodes += k->nodes[i].online;
    const char *summary =
        ask_text(&k->a, "backup job \"%s\" is run now: %u guest%s on %u node%s, to %s", k->id, k->guest_count,
                 k->guest_count == 1 ? "" : "s", nodes, nodes == 1 ? "" : "s",
                 k->job->storage ? k->job->storage : "each node's own default");
    int32_t r = summary ? k->a.host->change(k->a.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && !k->job->pick.enabled)
        r = tell_text(&k->a, "disabled", "the job is disabled: its schedule does not run it, this plan does");
    return r;
}

static int32_t find_job(struct running *k)
{
    int32_t r = backup_jobs_read(&k->a, &k->jobs);
    if (r < 0)
        return r;
    k->job = backup_jobs_find(&k->jobs, k->id);
    if (!k->job)
        return k->a.host->fail(k->a.call, k->jobs.why ? PROXIMO_EREMOTE : PROXIMO_ENOTFOUND,
                               k->jobs.why ? "the backup jobs could not be read (job \"%s\"): %.200s"
                                           : "there is no backup job \"%s\"%s; pve_backup_jobs_list has them",
                               k->id, k->jobs.why ? k->jobs.why : "");
    if (k->job->pick.takes == JOB_TAKES_POOL && !k->job->pick.known)
        return k->a.host->fail(
            k->a.call, PROXIMO_EDENIED,
            "the members of pool %s could not be read, so who would be backed up is not known",
            k->job->pick.pool);
    return guests_list(&k->a, &k->guests);
}

static int32_t plan(struct running *k)
{
    int32_t r = find_job(k);
    if (r == PROXIMO_OK)
        r = add_guests(k);
    if (r == PROXIMO_OK && k->guest_count == 0) {
        const char *text = ask_text(&k->a, "nothing to do: job \"%s\" names no guest that is there", k->id);
        return text ? k->a.host->change(k->a.call, text) : PROXIMO_ENOMEM;
    }
    if (r == PROXIMO_OK)
        r = check_rights(k);
    if (r == PROXIMO_OK)
        r = find_offline(k);
    if (r == PROXIMO_OK)
        r = tell(k);
    return r == PROXIMO_OK ? lay_out(k) : r;
}

int32_t storage_plan_job_run(void *instance, struct proximo_call *call)
{
    struct running k = {.a = {((struct plane_instance *)instance)->host, call}};
    k.id = ask_argument(&k.a, "id");
    int32_t r = k.id ? plan(&k) : k.a.host->fail(call, PROXIMO_EINVAL, "id is missing");
    backup_jobs_done(&k.jobs);
    guests_done(&k.guests);
    return r;
}

/* ---- whom it touches */

static int32_t tell_guest(const struct running *k, const struct known_guest *guest)
{
    const char *mode = k->job->mode ? k->job->mode : "snapshot";
    const bool stop = strcmp(mode, "stop") == 0, suspend = strcmp(mode, "suspend") == 0;
    const char *effect = stop      ? "is shut down for its backup if it runs, and started again"
                         : suspend ? "stands still during its backup if it runs"
                                   : "is backed up while it runs";
    return tell_affected(&k->a, stop || suspend ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                         ask_text(&k->a, "guest/%lld", (long long)guest->vmid), guest->name, effect, NULL);
}

int32_t storage_blast_job_run(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct running k = {.a = {((struct plane_instance *)instance)->host, call}};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    k.id = member_text(subject, "id");
    int32_t r = k.id ? find_job(&k) : k.a.host->fail(call, PROXIMO_EINVAL, "the subject has no id");
    for (uint32_t i = 0; r == PROXIMO_OK && k.job && i < k.guests.count; i++) {
        if (job_names(&k.job->pick, k.guests.rows[i].vmid, k.guests.rows[i].node) == JOB_YES)
            r = tell_guest(&k, &k.guests.rows[i]);
    }
    if (r == PROXIMO_OK && k.job && k.job->prune && k.job->prunes && !strstr(k.job->prune, "keep-all"))
        r = k.a.host->risk(call, PROXIMO_RISK_HIGH,
                           ask_text(&k.a, "each guest's older backups are deleted down to %s", k.job->prune));
    backup_jobs_done(&k.jobs);
    guests_done(&k.guests);
    return r;
}
