/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a sync job does to its target: which groups there get new backups, and which would be removed because
 * the source has them no more. Sources: GET /admin/datastore/{store}/groups, GET
 * /config/remote/{name}/scan/{store}/groups.
 */
#include "jobs.h"

#define NAMED_MOST 100u

/* One end of the job. */
struct end {
    const char *remote; /* NULL: this server */
    const char *store, *ns;
    struct json_object *groups; /* NULL: not read */
};

/* A remote is asked by a probe: a read reaches no other server. */
static int32_t scan(const struct asking *a, const struct end *end, struct looked *ret)
{
    const struct proximo_field fields[] = {FIELD("name", end->remote), FIELD("store", end->store),
                                           FIELD("namespace", end->ns)};
    struct proximo_answer answer = {ROW(proximo_answer)};
    const int32_t r = a->host->probe(a->call, PBS_SCAN_PROBE, fields, *end->ns ? 3 : 2, &answer);
    if (r < 0)
        return ask_ends(r) ? r : PROXIMO_OK;
    ret->status = answer.status;
    ret->complete = true;
    if (answer.status >= 200 && answer.status < 300)
        ret->data = json_of(answer.data);
    else
        ret->why = ask_text(a, "%.*s", (int)(answer.message.len < 300 ? answer.message.len : 300),
                            answer.message.len ? answer.message.ptr : "");
    return PROXIMO_OK;
}

static int32_t look_here(const struct asking *a, const struct end *end, struct looked *ret)
{
    const struct proximo_need need[] = {NEED(job_acl(a, end->store, end->ns), "Datastore.Audit")};
    const struct proximo_field fields[] = {FIELD("store", end->store), FIELD("ns", end->ns)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/datastore/{store}/groups",
                                    .fields = fields, .field_count = *end->ns ? 2 : 1,
                                    .needs = ONE_NEED(need)};
    return need[0].path ? ask_look(a, &get, ret) : PROXIMO_ENOMEM;
}

static int32_t look(const struct asking *a, struct end *end)
{
    struct looked looked = {0};
    const char *what = ask_text(a, "the groups in %s%s%s", job_where(a, end->store, end->ns),
                                end->remote ? " of remote " : "", end->remote ? end->remote : "");
    int32_t r = !what ? PROXIMO_ENOMEM : end->remote ? scan(a, end, &looked) : look_here(a, end, &looked);
    if (r < 0)
        return r;
    end->groups = json_object_is_type(looked.data, json_type_array) ? looked.data : NULL;
    if (!end->groups) {
        json_object_put(looked.data);
        return a->host->incomplete(a->call, what,
                                   looked.why && *looked.why ? looked.why : "the answer is no list");
    }
    return looked.complete ? PROXIMO_OK
                           : a->host->incomplete(a->call, what, "this token does not see all of them");
}

static bool has_group(struct json_object *groups, struct json_object *group)
{
    const char *type = member_text(group, "backup-type"), *id = member_text(group, "backup-id");
    for (size_t i = 0; type && id && i < json_object_array_length(groups); i++) {
        struct json_object *row = json_object_array_get_idx(groups, i);
        if (member_is(row, "backup-type", type) && member_is(row, "backup-id", id))
            return true;
    }
    return false;
}

/* Each group of the target. */
static int32_t tell_groups(const struct asking *a, const struct end *from, const struct end *to, bool vanish)
{
    const size_t count = to->groups ? json_object_array_length(to->groups) : 0;
    uint32_t named = 0, more = 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *group = json_object_array_get_idx(to->groups, i);
        const char *type = member_text(group, "backup-type"), *id = member_text(group, "backup-id");
        const bool gone = from->groups && !has_group(from->groups, group);
        if (!type || !id || (gone && !vanish))
            continue;
        if (named++ >= NAMED_MOST) {
            more++;
            continue;
        }
        const char *effect =
            gone ? "the source has this group no more: all its backups that are not protected are removed"
            : !vanish      ? "gets what is newer at the source; what it has stays"
            : from->groups ? "gets what is newer at the source, and loses backups that are gone there"
                           : "loses what is gone at the source, which could not be looked at";
        r = tell_affected(a, vanish ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW,
                          ask_text(a, "backup-group/%s%s%s%s/%s", to->remote ? to->remote : "",
                                   to->remote ? ":" : "", job_where(a, to->store, to->ns),
                                   *to->ns ? ask_text(a, "/%s", type) : ask_text(a, ":%s", type), id),
                          NULL, effect, NULL);
    }
    return r == PROXIMO_OK && more
               ? a->host->incomplete(a->call, ask_text(a, "%u more groups", more), "one plan names 100")
               : r;
}

static int32_t tell_target(const struct asking *a, const struct end *from, const struct end *to, bool vanish)
{
    uint32_t fresh = 0;
    for (size_t i = 0; from->groups && to->groups && i < json_object_array_length(from->groups); i++)
        fresh += !has_group(to->groups, json_object_array_get_idx(from->groups, i));
    const char *where = job_where(a, to->store, to->ns), *source = job_where(a, from->store, from->ns);
    if (!where || !source)
        return PROXIMO_ENOMEM;
    return tell_affected(
        a, vanish ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW,
        ask_text(a, "datastore/%s%s%s", to->remote ? to->remote : "", to->remote ? ":" : "", where), NULL,
        ask_text(a, "gets copies from %s%s%s%s%s", source, from->remote ? " of " : "",
                 from->remote ? from->remote : "",
                 fresh ? ask_text(a, ", %u groups of which it does not have yet", fresh) : "",
                 vanish ? "; what is gone there is removed here" : ""),
        NULL);
}

int32_t job_tell_sync(const struct asking *a, struct json_object *job)
{
    const struct job_place place = job_place_of(job);
    const char *store = member_text(job, "remote-store"), *ns = member_text(job, "remote-ns");
    const bool push = member_is(job, "sync-direction", "push"), vanish = member_true(job, "remove-vanished");
    struct end here = {.store = place.store, .ns = place.ns};
    struct end there = {
        .remote = member_text(job, "remote"), .store = store ? store : "", .ns = ns ? ns : ""};
    const struct end *from = push ? &here : &there, *to = push ? &there : &here;
    int32_t r = look(a, &here);
    if (r == PROXIMO_OK)
        r = look(a, &there);
    if (r == PROXIMO_OK)
        r = tell_target(a, from, to, vanish);
    if (r == PROXIMO_OK)
        r = tell_groups(a, from, to, vanish);
    json_object_put(here.groups);
    json_object_put(there.groups);
    if (r == PROXIMO_OK && vanish && place.depth > 0)
        r = a->host->incomplete(a->call, "what is removed below the namespace and within groups",
                                "the source is not compared backup by backup");
    return r;
}
