/* SPDX-License-Identifier: Apache-2.0 */
/* Readers, tasks and jobs of a datastore, for blast functions. */
#include "ties.h"

#include "contents.h"

struct tied {
    const struct pbs_place *at;
    uint32_t what;
};

static int32_t unread(const struct tied *t, const char *what, const struct looked *looked)
{
    const struct asking *a = &t->at->a;
    return a->host->incomplete(a->call, ask_text(a, "%s of datastore %s", what, t->at->store),
                               looked->data  ? looked->complete ? "the answer makes no sense"
                                                                : "this token does not see all of them"
                               : looked->why ? looked->why
                                             : "no answer");
}

/* ---- who is at work */

static int32_t tell_operations(const struct tied *t)
{
    static const struct proximo_need need[] = {NEED("/datastore/{store}", "Datastore.Audit")};
    const struct asking *a = &t->at->a;
    const struct proximo_field store = FIELD("store", t->at->store);
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/active-operations",
                                    .fields = &store, .field_count = 1, .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    const char *read = member_text(looked.data, "read"), *write = member_text(looked.data, "write");
    const uint64_t reading = read ? digits_of(read, UINT32_MAX) : 0,
                   writing = write ? digits_of(write, UINT32_MAX) : 0;
    if (!read || !write)
        r = unread(t, "readers and writers", &looked);
    else if (reading || writing)
        r = tell_affected(
            a, PROXIMO_RISK_HIGH, ask_text(a, "datastore/%s", t->at->store), NULL,
            ask_text(a,
                     "%llu operations read from it and %llu write to it just now (restores, "
                     "backups, verifications): what they use cannot be deleted meanwhile, and the "
                     "request then fails part of the way",
                     (unsigned long long)reading, (unsigned long long)writing),
            NULL);
    json_object_put(looked.data);
    return r;
}

static int32_t tell_tasks(const struct tied *t)
{
    static const struct proximo_need need[] = {NEED("/system/tasks", "Sys.Audit")};
    const struct asking *a = &t->at->a;
    const struct proximo_field fields[] = {FIELD("node", "localhost"), FIELD("running", "1"),
                                           FIELD("store", t->at->store)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/tasks", .fields = fields,
                                    .field_count = 3, .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    const bool list = json_object_is_type(looked.data, json_type_array);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(looked.data); i++) {
        struct json_object *task = json_object_array_get_idx(looked.data, i);
        const char *upid = member_text(task, "upid"), *type = member_text(task, "worker_type"),
                   *user = member_text(task, "user");
        if (upid)
            r = tell_affected(a, PROXIMO_RISK_MEDIUM, ask_text(a, "task/%s", upid), NULL,
                              ask_text(a, "is running on this datastore (%s, of %s)", type ? type : "a task",
                                       user ? user : "somebody"),
                              NULL);
    }
    if (r == PROXIMO_OK && (!list || !looked.complete))
        r = unread(t, "running tasks", &looked);
    json_object_put(looked.data);
    return r;
}

/* ---- jobs */

/* Does a job on namespace `ns` and `depth` levels below it (NULL: all) reach the place's namespace? */
static bool reaches(struct json_object *job, const char *ns)
{
    const char *top = member_text(job, "ns") ? member_text(job, "ns") : "",
               *depth = member_text(job, "max-depth");
    uint32_t levels = 0;
    if (!pbs_within(ns, top))
        return false;
    for (const char *at = ns + strlen(top); *at; at++)
        levels += *at == '/' || (at == ns && !*top);
    return !depth || levels <= digits_of(depth, PBS_DEPTH_MOST + 1);
}

static const char *prune_effect(const struct tied *t, struct json_object *job)
{
    const bool on = reaches(job, t->at->ns) && !member_true(job, "disable");
    const char *schedule = member_text(job, "schedule");
    return (t->what & TIES_PRUNES) && on
               ? ask_text(&t->at->a, "prunes here (schedule %s): what is not protected may be deleted by it",
                          schedule ? schedule : "none")
               : NULL;
}

/* A push of this datastore, or a pull from it on this very server, that removes what has vanished here. */
static const char *copy_effect(const struct tied *t, struct json_object *job)
{
    const struct asking *a = &t->at->a;
    const char *remote = member_text(job, "remote"), *store = member_text(job, "store"),
               *other = member_text(job, "remote-store");
    const bool push = member_is(job, "sync-direction", "push");
    const bool from_here =
        push ? member_is(job, "store", t->at->store) : !remote && other && strcmp(other, t->at->store) == 0;
    if (!(t->what & (TIES_COPIES | TIES_ALL)) || !from_here)
        return NULL;
    const char *target = push ? ask_text(a, "%s on %s", other ? other : "?", remote ? remote : "this server")
                              : ask_text(a, "%s on this server", store ? store : "?");
    return member_true(job, "remove-vanished")
               ? ask_text(a, "copies from here to %s and removes there what is gone here (remove-vanished)",
                          target)
               : ask_text(a, "copies from here to %s: copies made already stay there", target);
}

/* A job that belongs to the namespace or datastore that goes. Of the sync jobs the Backup Server removes
 * those that pull: it goes by its own list, which has no others unless asked for them. */
static const char *gone_effect(const struct tied *t, struct json_object *job, const char *what)
{
    const char *ns = member_text(job, "ns") ? member_text(job, "ns") : "",
               *remote = member_text(job, "remote");
    if (!(t->what & TIES_ALL) || !member_is(job, "store", t->at->store) || !pbs_within(ns, t->at->ns))
        return NULL;
    const bool kept = t->what & TIES_KEPT || member_is(job, "sync-direction", "push");
    return ask_text(&t->at->a, "is a %s of it%s%s: %s", what, remote ? " with " : "", remote ? remote : "",
                    *t->at->ns ? "it fails, or makes the namespace anew"
                    : kept     ? "it stays configured and fails"
                               : "it is removed as well");
}

static const struct job_kind {
    const char *path, *what, *resource, *plural, *need_path, *need;
} job_kinds[] = {
    {"/config/prune", "prune job", "prune-job", "prune jobs", "/datastore/{store}", "Datastore.Audit"},
    {"/config/sync", "sync job", "sync-job", "sync jobs", "/datastore", "Datastore.Audit"},
    {"/config/verify", "verification job", "verify-job", "verification jobs", "/datastore/{store}",
     "Datastore.Audit"},
    {"/config/tape-backup-job", "tape backup job", "tape-job", "tape backup jobs", "/tape/job", "Tape.Audit"},
};

static int32_t tell_job(const struct tied *t, const struct job_kind *kind, struct json_object *job)
{
    const struct asking *a = &t->at->a;
    const char *id = member_text(job, "id"), *effect = gone_effect(t, job, kind->what);
    if (!effect && strcmp(kind->resource, "sync-job") == 0)
        effect = copy_effect(t, job);
    if (!effect && strcmp(kind->resource, "prune-job") == 0 && member_is(job, "store", t->at->store))
        effect = prune_effect(t, job);
    if (!effect || !id)
        return PROXIMO_OK;
    const bool removes = strcmp(kind->resource, "sync-job") == 0 && member_true(job, "remove-vanished");
    return tell_affected(a, removes ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM,
                         ask_text(a, "%s/%s", kind->resource, id), NULL, effect, NULL);
}

static int32_t tell_jobs(const struct tied *t, const struct job_kind *kind)
{
    const struct asking *a = &t->at->a;
    const char *acl =
        strchr(kind->need_path, '{') ? ask_text(a, "/datastore/%s", t->at->store) : kind->need_path;
    const struct proximo_need need[] = {NEED(acl, kind->need)};
    const struct proximo_field all = FIELD("sync-direction", "all");
    const bool sync = strcmp(kind->resource, "sync-job") == 0;
    const struct proximo_get get = {ROW(proximo_get), .path = kind->path, .fields = sync ? &all : NULL,
                                    .field_count = sync, .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = acl ? ask_look(a, &get, &looked) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    const bool list = json_object_is_type(looked.data, json_type_array);
    for (size_t i = 0; r == PROXIMO_OK && list && i < json_object_array_length(looked.data); i++)
        r = tell_job(t, kind, json_object_array_get_idx(looked.data, i));
    if (r == PROXIMO_OK && (!list || !looked.complete))
        r = unread(t, kind->plural, &looked);
    json_object_put(looked.data);
    return r;
}

int32_t ties_tell(const struct pbs_place *at, uint32_t what)
{
    const struct tied t = {at, what};
    int32_t r = what & TIES_BUSY ? tell_operations(&t) : PROXIMO_OK;
    if (r == PROXIMO_OK && (what & TIES_BUSY))
        r = tell_tasks(&t);
    if (r == PROXIMO_OK && (what & (TIES_PRUNES | TIES_ALL)))
        r = tell_jobs(&t, &job_kinds[0]);
    if (r == PROXIMO_OK && (what & (TIES_COPIES | TIES_ALL)))
        r = tell_jobs(&t, &job_kinds[1]);
    if (r == PROXIMO_OK && (what & TIES_ALL))
        r = tell_jobs(&t, &job_kinds[2]);
    return r == PROXIMO_OK && (what & TIES_ALL) ? tell_jobs(&t, &job_kinds[3]) : r;
}
