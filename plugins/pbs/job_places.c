/* SPDX-License-Identifier: Apache-2.0 */
/* What jobs work on, who may change them, and which others do the same work. Sources: GET
 * /config/{prune,verify, sync}, GET /config/datastore/{store}. */
#include "jobs.h"
#include "place.h"

#define LOST_MOST 64u /* namespaces that one plan names */

struct job_place job_place_of(struct json_object *job)
{
    const char *store = member_text(job, "store"), *ns = member_text(job, "ns");
    const char *depth = member_text(job, "max-depth");
    return (struct job_place){.store = store ? store : "",
                              .ns = ns ? ns : "",
                              .depth =
                                  depth && *depth ? (int64_t)digits_of(depth, JOB_DEPTH_ALL) : JOB_DEPTH_ALL};
}

/* How many levels the namespace, which is the place's or one below it, is below it. */
static int64_t levels_below(const struct job_place *place, const char *ns)
{
    const size_t len = strlen(place->ns);
    const char *rest = ns + len + (len && ns[len] == '/');
    int64_t below = *rest != '\0';
    for (; *rest; rest++)
        below += *rest == '/';
    return below;
}

bool job_place_has(const struct job_place *place, const char *store, const char *ns)
{
    const size_t len = strlen(place->ns);
    if (strcmp(place->store, store) != 0 || strncmp(place->ns, ns, len) != 0 ||
        (len && ns[len] && ns[len] != '/'))
        return false;
    return levels_below(place, ns) <= place->depth;
}

const char *job_acl(const struct asking *a, const char *store, const char *ns)
{
    return place_acl(&(const struct pbs_place){.a = *a, .store = store, .ns = ns});
}

const char *job_where(const struct asking *a, const char *store, const char *ns)
{
    return place_label(&(const struct pbs_place){.a = *a, .store = store, .ns = ns});
}

struct proximo_need job_far_need(const struct asking *a, bool push, const char *remote, const char *store,
                                 const char *ns)
{
    if (!remote)
        return (struct proximo_need)NEED(job_acl(a, store, ns), "Datastore.Backup|Datastore.Read");
    return (struct proximo_need)NEED(ask_text(a, "/remote/%s/%s", remote, store),
                                     push ? "Remote.DatastoreBackup" : "Remote.Read");
}

int32_t job_spaces_look(const struct asking *a, const struct job_place *place, struct looked *ret)
{
    const char *depth = ask_text(a, "%lld", (long long)place->depth);
    const struct proximo_need need[] = {NEED(job_acl(a, place->store, place->ns), "Datastore.Audit")};
    const struct proximo_field fields[] = {FIELD("store", place->store), FIELD("max-depth", depth),
                                           FIELD("parent", place->ns)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/datastore/{store}/namespace",
                                    .fields = fields, .field_count = *place->ns ? 3 : 2,
                                    .needs = ONE_NEED(need)};
    return depth && need[0].path ? ask_look(a, &get, ret) : PROXIMO_ENOMEM;
}

/* ---- changes */

static int32_t may_at(const struct config_change *c, const char *store, const char *ns, const char *privilege)
{
    const char *path = job_acl(&c->ask, store ? store : "", ns ? ns : "");
    return ask_privilege(&c->ask, path, privilege, "to change %s \"%s\" this token needs %s on %s",
                         c->kind->what, c->id, privilege, path ? path : "its datastore");
}

int32_t job_may(const struct config_change *c, const char *privilege)
{
    int32_t r = PROXIMO_OK;
    if (c->now)
        r = may_at(c, config_before(c, "store"), config_before(c, "ns"), privilege);
    return r < 0 || c->verb == CONFIG_DELETE
               ? r
               : may_at(c, config_after(c, "store"), config_after(c, "ns"), privilege);
}

int32_t job_detail(struct config_change *c, const char *name, const char *text)
{
    if (!c->subject_details)
        c->subject_details = json_object_new_object();
    if (!c->subject_details)
        return PROXIMO_ENOMEM;
    return !text || json_object_object_add(c->subject_details, name, json_object_new_string(text)) == 0
               ? PROXIMO_OK
               : PROXIMO_ENOMEM;
}

int32_t job_place_details(struct config_change *c)
{
    int32_t r = job_detail(c, "store", config_after(c, "store"));
    if (r == PROXIMO_OK)
        r = job_detail(c, "ns", config_after(c, "ns"));
    return r == PROXIMO_OK ? job_detail(c, "max-depth", config_after(c, "max-depth")) : r;
}

/* ---- what else is configured */

static int32_t look(const struct asking *a, const char *path, const struct proximo_field *fields,
                    uint32_t count, const char *what, json_type type, struct json_object **ret)
{
    static const struct proximo_need all[] = {NEED("/datastore", "Datastore.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = path, .fields = fields, .field_count = count,
                                    .needs = ONE_NEED(all)};
    struct looked looked = {0};
    int32_t r = ask_look(a, &get, &looked);
    *ret = NULL;
    if (r < 0)
        return r;
    if (!json_object_is_type(looked.data, type)) {
        json_object_put(looked.data);
        return a->host->incomplete(a->call, what,
                                   looked.why ? looked.why : "the answer is not what it should be");
    }
    *ret = looked.data;
    return looked.complete ? PROXIMO_OK
                           : a->host->incomplete(a->call, what, "this token does not see all of them");
}

int32_t jobs_look(const struct asking *a, const char *type, const char *except, struct json_object **ret)
{
    const struct proximo_field fields[] = {FIELD("type", type), FIELD("sync-direction", "all")};
    const char *what = ask_text(a, "the other %s jobs", type);
    struct json_object *all = NULL;
    *ret = NULL;
    int32_t r = what ? look(a, "/config/{type}", fields, strcmp(type, "sync") == 0 ? 2 : 1, what,
                            json_type_array, &all)
                     : PROXIMO_ENOMEM;
    struct json_object *others = all ? json_object_new_array() : NULL;
    for (size_t i = 0; others && i < json_object_array_length(all); i++) {
        struct json_object *job = json_object_array_get_idx(all, i);
        if (!except || !member_is(job, "id", except))
            json_object_array_add(others, json_object_get(job));
    }
    if (all && !others)
        r = PROXIMO_ENOMEM;
    json_object_put(all);
    *ret = others;
    return r;
}

int32_t job_look(const struct asking *a, const char *type, const char *id, struct json_object **ret)
{
    const struct proximo_field fields[] = {FIELD("type", type), FIELD("id", id)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/config/{type}/{id}", .fields = fields,
                                    .field_count = 2};
    struct looked looked = {0};
    int32_t r = ask_look(a, &get, &looked);
    *ret = json_object_is_type(looked.data, json_type_object) ? looked.data : NULL;
    if (!*ret)
        json_object_put(looked.data);
    if (r == PROXIMO_OK && !*ret && looked.status != 400 && looked.status != 404)
        r = a->host->incomplete(a->call, ask_text(a, "%s job %s as it is", type, id), looked.why);
    return r;
}

/* ---- who still does it */

bool job_is_on(struct json_object *job, const char *type)
{
    const char *schedule = member_text(job, "schedule");
    return schedule && *schedule && !member_true(job, "disable") &&
           (strcmp(type, "prune") != 0 || job_keeps_any(job));
}

/* The datastore's own settings do it for all of it. */
static int32_t store_does(const struct asking *a, const char *type, const char *store, bool *ret)
{
    const struct proximo_field fields[] = {FIELD("store", store)};
    struct json_object *config DROP_JSON = NULL;
    int32_t r = look(a, "/config/datastore/{store}", fields, 1,
                     ask_text(a, "the settings of datastore %s", store), json_type_object, &config);
    *ret = strcmp(type, "prune") == 0 ? member_text(config, "prune-schedule") != NULL
                                      : member_true(config, "verify-new");
    return r;
}

/* What else does the work of a job: read once for all places that are asked about. */
struct others {
    const struct asking *a;
    const char *type;
    struct json_object *jobs; /* owned; NULL: not read, which is told */
    bool own_read, own;       /* the datastore's own settings */
};

/* Does the job do all of the place? */
static bool does_all(struct json_object *job, const char *type, const struct job_place *place)
{
    const struct job_place other = job_place_of(job);
    if (!job_is_on(job, type) || !job_place_has(&other, place->store, place->ns))
        return false;
    return other.depth >= JOB_DEPTH_ALL || levels_below(&other, place->ns) + place->depth <= other.depth;
}

static int32_t tell_left(struct others *o, const struct job_place *place)
{
    const struct asking *a = o->a;
    const bool prune = strcmp(o->type, "prune") == 0;
    const char *where = job_where(a, place->store, place->ns), *by = NULL;
    int32_t r = where ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; o->jobs && !by && i < json_object_array_length(o->jobs); i++) {
        struct json_object *job = json_object_array_get_idx(o->jobs, i);
        if (does_all(job, o->type, place))
            by = member_text(job, "id");
    }
    if (r == PROXIMO_OK && !by && !o->own_read) {
        r = store_does(a, o->type, place->store, &o->own);
        o->own_read = true;
    }
    if (r < 0)
        return r;
    const char *effect =
        by ? ask_text(a, "is still %s by job %s", prune ? "pruned" : "verified", by)
        : o->own
            ? (prune ? "is still pruned by the datastore's own schedule"
                     : "new backups are still verified as they come in; older ones are not verified again")
        : !o->jobs ? ask_text(a, "may not be %s by anything any more: the other jobs could not be read",
                              prune ? "pruned" : "verified")
        : prune    ? "nobody prunes it any more: old backups stay and it fills up"
                   : "nobody verifies it any more: damage to its backups is not noticed before a restore";
    return tell_affected(a, by ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM, ask_text(a, "datastore/%s", where),
                         NULL, effect, NULL);
}

int32_t job_tell_left(const struct asking *a, const char *type, const char *id, const struct job_place *place)
{
    struct others o = {.a = a, .type = type};
    int32_t r = jobs_look(a, type, id, &o.jobs);
    if (r == PROXIMO_OK)
        r = tell_left(&o, place);
    json_object_put(o.jobs);
    return r;
}

/* ---- less deep than before */

/* Each namespace that the job had and has no more. */
static int32_t tell_lower(struct others *o, struct json_object *list, const struct job_place *before,
                          const struct job_place *after)
{
    uint32_t lost = 0, odd = 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        const char *ns = member_text(json_object_array_get_idx(list, i), "ns");
        if (!ns)
            odd++;
        else if (job_place_has(before, before->store, ns) && !job_place_has(after, before->store, ns) &&
                 lost++ < LOST_MOST)
            r = tell_left(o, &(const struct job_place){.store = before->store, .ns = ns});
    }
    if (r == PROXIMO_OK && odd)
        r = o->a->host->incomplete(o->a->call, "which namespaces the job leaves out",
                                   "rows of the list have no name");
    return r == PROXIMO_OK && lost > LOST_MOST
               ? o->a->host->incomplete(
                     o->a->call,
                     ask_text(o->a, "%u more namespaces that the job leaves out", lost - LOST_MOST),
                     "one plan names 64")
               : r;
}

static int32_t tell_shallower(const struct asking *a, const char *type, const char *id,
                              const struct job_place *before, const struct job_place *after)
{
    struct others o = {.a = a, .type = type};
    static const char what[] = "which namespaces the job leaves out";
    struct looked looked = {0};
    int32_t r = job_spaces_look(a, before, &looked);
    struct json_object *list DROP_JSON = looked.data;
    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array))
        return a->host->incomplete(a->call, what, looked.why ? looked.why : "the answer is no list");
    if (!looked.complete)
        r = a->host->incomplete(a->call, what, "this token does not see all of them");
    if (r == PROXIMO_OK)
        r = jobs_look(a, type, id, &o.jobs);
    if (r == PROXIMO_OK)
        r = tell_lower(&o, list, before, after);
    json_object_put(o.jobs);
    return r;
}

int32_t job_tell_reach(const struct asking *a, const char *type, const char *id,
                       const struct job_place *before, const struct job_place *after)
{
    if (strcmp(before->store, after->store) != 0 || strcmp(before->ns, after->ns) != 0)
        return job_tell_left(a, type, id, before);
    return before->depth > after->depth ? tell_shallower(a, type, id, before, after) : PROXIMO_OK;
}
