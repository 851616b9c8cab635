/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_job_run: a prune, verification or sync job is run now, as a task that is followed. Sources: POST
 * /admin/{prune,verify,sync}/{id}/run, GET /admin/{prune,verify,sync}, GET /config/{prune,verify,sync}/{id}.
 */
#include "changes.h"
#include "jobs.h"
#include "prune.h"
#include "ties.h"

struct run {
    struct asking a;
    const char *type, *id;
    struct json_object *job; /* its configuration; owned */
    struct job_place place;
};

static bool is_push(const struct run *run)
{
    return member_is(run->job, "sync-direction", "push");
}

/* ---- who may */

/* What the run of a type needs on a path of the access list. */
static int32_t may(const struct run *run, const char *privilege, const char *path)
{
    return ask_privilege(&run->a, path, privilege, "to run %s job \"%s\" this token needs %s on %s",
                         run->type, run->id, privilege, path ? path : "its datastore");
}

/* Both ends, and what is removed in the copy. Source: the checks of POST /config/sync and
 * /admin/sync/{id}/run, which are the same. */
static int32_t may_sync(const struct run *run)
{
    const struct asking *a = &run->a;
    const char *here = job_acl(a, run->place.store, run->place.ns);
    const char *store = member_text(run->job, "remote-store"), *ns = member_text(run->job, "remote-ns");
    const bool vanish = member_true(run->job, "remove-vanished"), push = is_push(run);
    const struct proximo_need far =
        job_far_need(a, push, member_text(run->job, "remote"), store ? store : "", ns ? ns : "");
    int32_t r = may(run, push ? "Datastore.Read|Datastore.Backup" : "Datastore.Backup", here);
    if (r == PROXIMO_OK && vanish && !push)
        r = may(run, "Datastore.Prune", here);
    if (r == PROXIMO_OK && vanish && push)
        r = may(run, "Remote.DatastorePrune", far.path);
    return r < 0 ? r : may(run, far.privilege, far.path);
}

static int32_t may_prune(const struct run *run)
{
    return may(run, "Datastore.Modify", job_acl(&run->a, run->place.store, run->place.ns));
}

static int32_t may_verify(const struct run *run)
{
    return may(run, "Datastore.Verify", job_acl(&run->a, run->place.store, run->place.ns));
}

/* ---- the types */

static const struct run_type {
    const char *name, *subject, *class_name;
    int32_t (*may)(const struct run *run);
    const char *does; /* what the run does, of a place */
    const char *back; /* why there is no way back */
} types[] = {
    {"prune", "prune-job", "pbs.job.prune-run", may_prune, "what it does not keep is deleted",
     pbs_deleted_for_good},
    {"verify", "verify-job", "pbs.job.verify-run", may_verify, "its backups are read and checked",
     "none is needed: a verification reads, and only notes what it found"},
    {"sync", "sync-job", "pbs.job.sync-run", may_sync, "what is newer at the source is copied",
     "copies stay until they are deleted (pbs_snapshot_delete); what remove_vanished takes from the target "
     "does not come back"},
};

static const struct run_type *type_of(const char *name)
{
    for (size_t i = 0; name && i < sizeof(types) / sizeof(types[0]); i++) {
        if (strcmp(types[i].name, name) == 0)
            return &types[i];
    }
    return NULL;
}

/* ---- the plan */

/* Fails in words while the job is at work: Proxmox refuses a second run. */
static int32_t check_idle(const struct run *run)
{
    const struct asking *a = &run->a;
    const struct proximo_field fields[] = {FIELD("type", run->type), FIELD("store", run->place.store),
                                           FIELD("sync-direction", "all")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/{type}", .fields = fields,
                                    .field_count = strcmp(run->type, "sync") == 0 ? 3 : 2};
    struct looked looked = {0};
    int32_t r = ask_look(a, &get, &looked);
    struct json_object *list DROP_JSON = looked.data;
    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array))
        return tell_text(a, "running", "whether the job is at work could not be read");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *upid = member_text(row, "last-run-upid");
        if (member_is(row, "id", run->id) && upid && !member_text(row, "last-run-state"))
            return a->host->fail(
                a->call, PROXIMO_ESTATE,
                "%s job \"%s\" is running already (%.200s): pbs_task_status shows how far it "
                "is",
                run->type, run->id, upid);
    }
    return PROXIMO_OK;
}

static int32_t guard_job(const struct run *run)
{
    static const char selectors[] = "/store,/ns,/max-depth,/keep-last,/keep-hourly,/keep-daily,/keep-weekly,"
                                    "/keep-monthly,/keep-yearly,/remote,/remote-store,/remote-ns,"
                                    "/sync-direction,/remove-vanished,/group-filter,/owner,/transfer-last,"
                                    "/encrypted-only,/verified-only,/resync-corrupt,/ignore-verified,"
                                    "/outdated-after";
    const struct proximo_field fields[] = {FIELD("type", run->type), FIELD("id", run->id)};
    const struct proximo_guard guard = {ROW(proximo_guard), .path = "/config/{type}/{id}",
                                        .fields = selectors, .params = ROWS(fields, 2)};
    return run->a.host->guard(run->a.call, &guard);
}

/* What the job says of itself, for the blast function: texts, and the filters as one. */
static int32_t tell_subject(const struct run *run, const struct run_type *type)
{
    static const char *const members[] = {"store",        "ns",        "max-depth",      "remote",
                                          "remote-store", "remote-ns", "sync-direction", "remove-vanished",
                                          "group-filter", "keep",      "ignore-verified"};
    struct json_object *subject DROP_JSON = json_object_new_object();
    const char *kept[PBS_KEEPS];
    for (uint32_t i = 0; i < PBS_KEEPS; i++)
        kept[i] = member_text(run->job, pbs_keep_names[i]);
    const char *keep = prune_keep_words(&run->a, kept);
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string(type->subject));
    json_object_object_add(subject, "id", json_object_new_string(run->id));
    for (size_t i = 0; keep && i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = member_of(run->job, members[i]);
        const char *text = strcmp(members[i], "keep") == 0               ? keep
                           : json_object_is_type(value, json_type_array) ? json_object_to_json_string(value)
                                                                         : member_text(run->job, members[i]);
        if (text && *text)
            json_object_object_add(subject, members[i], json_object_new_string(text));
    }
    return keep ? run->a.host->subject(run->a.call, type->class_name, json_text(subject)) : PROXIMO_ENOMEM;
}

static int32_t lay_out(const struct run *run, const struct run_type *type)
{
    const struct asking *a = &run->a;
    const struct proximo_field fields[] = {FIELD("type", run->type), FIELD("id", run->id)};
    struct proximo_step step = pbs_request("POST", "/admin/{type}/{id}/run", fields, 2);
    const char *where = job_where(a, run->place.store, run->place.ns);
    const char *words =
        where ? ask_text(a, "%s job \"%s\" is run now on %s: %s", run->type, run->id, where, type->does)
              : NULL;
    step.flags = PROXIMO_STEP_FOLLOW;
    int32_t r = words ? a->host->change(a->call, words) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && member_true(run->job, "disable"))
        r = tell_text(a, "disabled", "its schedule does not run it; run by hand it does all of its work");
    if (r == PROXIMO_OK && member_true(run->job, "remove-vanished"))
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          "remove_vanished is on: what is gone at the source is removed in the copy as well");
    if (r < 0 || (r = guard_job(run)) < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = tell_subject(run, type)) < 0)
        return r;
    return pbs_no_way_back(a, type->back);
}

static int32_t plan(void *instance, struct proximo_call *call)
{
    struct run run = {.a = {((struct plane_instance *)instance)->host, call}};
    run.type = ask_argument(&run.a, "type");
    run.id = ask_argument(&run.a, "id");
    const struct run_type *type = type_of(run.type);
    if (!type || !run.id)
        return run.a.host->fail(call, PROXIMO_EINVAL, "type is prune, verify or sync, and id names the job");
    int32_t r = job_look(&run.a, run.type, run.id, &run.job);
    struct json_object *job DROP_JSON = run.job;
    if (r == PROXIMO_OK && !job)
        return run.a.host->fail(call, PROXIMO_ENOTFOUND,
                                "there is no %s job \"%s\" that this token sees; pbs_jobs_list names them",
                                run.type, run.id);
    run.place = job_place_of(job);
    const struct pbs_place at = {.a = run.a, .store = run.place.store, .ns = run.place.ns};
    if (r == PROXIMO_OK && !*run.place.store)
        r = run.a.host->fail(call, PROXIMO_EPROTO, "%s job \"%s\" names no datastore", run.type, run.id);
    if (r == PROXIMO_OK)
        r = type->may(&run);
    if (r == PROXIMO_OK)
        r = check_idle(&run);
    if (r == PROXIMO_OK && !is_push(&run)) /* of a push this datastore is the source and only read */
        r = place_open(&at);
    if (r == PROXIMO_OK && strcmp(run.type, "prune") == 0 && !job_keeps_any(job))
        return run.a.host->change(call, "nothing to do: the job has no number to keep, so all backups stay");
    return r == PROXIMO_OK ? lay_out(&run, type) : r;
}

/* ---- blast */

static int32_t blast_prune(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct json_object *keep DROP_JSON = job_keep_members(&a, member_text(subject, "keep"));
    const struct job_place place = job_place_of(subject);
    const struct pbs_place at = {.a = a, .store = place.store, .ns = place.ns};
    int32_t r = keep ? job_tell_prune(&a, &place, keep) : PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? ties_tell(&at, TIES_BUSY | TIES_COPIES) : r;
}

static int32_t blast_verify(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const struct job_place place = job_place_of(subject);
    const char *where = job_where(&a, place.store, place.ns), *skip = member_text(subject, "ignore-verified");
    const bool all = skip && !member_true(subject, "ignore-verified");
    if (!where)
        return PROXIMO_ENOMEM;
    return tell_affected(
        &a, PROXIMO_RISK_LOW, ask_text(&a, "datastore/%s", where), NULL,
        ask_text(&a,
                 "its backups are read and checked%s: backups and restores beside it are "
                 "slower meanwhile. What is broken is marked as failed and taken anew by the "
                 "next backup",
                 all ? ", those verified already as well" : "; those verified already are left out"),
        NULL);
}

static int32_t blast_sync(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *filter = member_text(subject, "group-filter");
    int32_t r = filter ? a.host->incomplete(call, "which of the groups the job leaves alone",
                                            ask_text(&a, "its group_filter %s is not applied here", filter))
                       : PROXIMO_OK;
    return r == PROXIMO_OK ? job_tell_sync(&a, subject) : r;
}

/* ---- rows */

static const struct proximo_param params[] = {
    PARAM(.type = PROXIMO_TYPE_STRING, .name = "type", .flags = PROXIMO_PARAM_REQUIRED,
          .choices = "prune,verify,sync", .description = "Type of the job."),
    JOB_ID_PARAM,
};

static const struct proximo_change changes[] = {
    {ROW(proximo_change), .name = "pbs_job_run", .title = "Run a job now",
     .description =
         "Runs a prune, verify or sync job at once, disabled ones too, as a task that is followed. The plan "
         "names what a prune removes, by the server's own dry run, and which groups a sync reaches. Nothing "
         "that is removed comes back.",
     .params = PROXIMO_TABLE(params), .operation_class = "pbs.job.prune-run", .subject = "{type}-job/{id}",
     .plan = plan, .undo_kind = PROXIMO_UNDO_NONE},
};

static const struct proximo_class classes[] = {
    {ROW(proximo_class), .name = "pbs.job.prune-run", .title = "run a prune job",
     .description = "Old backups are removed for good.", .risk_floor = PROXIMO_RISK_HIGH,
     .flags = PROXIMO_CLASS_DESTROYS, .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = JOB_SUBJECT_SCHEMA,
     .blast = blast_prune},
    {ROW(proximo_class), .name = "pbs.job.verify-run", .title = "run a verification job",
     .description = "Backups are read and checked.", .risk_floor = PROXIMO_RISK_LOW,
     .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast_verify},
    {ROW(proximo_class), .name = "pbs.job.sync-run", .title = "run a sync job",
     .description = "Backups are copied; some may be removed in the copy.", .risk_floor = PROXIMO_RISK_MEDIUM,
     .undo_kind = PROXIMO_UNDO_NONE, .subject_schema = JOB_SUBJECT_SCHEMA, .blast = blast_sync},
};

const struct topic pbs_topic_job_run = {
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
