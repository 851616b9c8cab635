/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a prune would remove now, by the server's own dry run of each group. Sources: GET
 * /admin/datastore/{store}/namespace and .../snapshots, POST .../prune with dry-run=1.
 */
#include "jobs.h"
#include "prune.h"

#define GROUPS_MOST 200u /* of one plan; the rest is told as not looked at */
#define TIMES_MOST  60u  /* named of one group; the rest is counted */
#define NAMES_MOST  64u  /* namespaces */

bool job_keeps_any(struct json_object *job)
{
    for (uint32_t i = 0; i < PBS_KEEPS; i++) {
        if (member_text(job, pbs_keep_names[i]))
            return true;
    }
    return false;
}

struct json_object *job_keep_members(const struct asking *a, const char *text)
{
    struct json_object *ret = json_object_new_object();
    for (const char *at = text ? text : ""; ret && *at; at += strcspn(at, ","), at += *at == ',') {
        const size_t len = strcspn(at, ","), name = strcspn(at, "=,");
        const char *key = ask_text(a, "%.*s", (int)name, at);
        const char *value = name < len ? ask_text(a, "%.*s", (int)(len - name - 1), at + name + 1) : "";
        if (key && value)
            json_object_object_add(ret, key, json_object_new_string(value));
    }
    return ret;
}

struct pruning {
    const struct asking *a;
    struct job_place place;
    struct json_object *keep;
    uint32_t groups, skipped; /* looked at; not looked at because there are too many */
    uint32_t going;           /* backups */
};

/* The backups of a group in a namespace's list. */
static struct json_object *backup_at(struct json_object *list, const char *type, const char *id, int64_t time)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_is(row, "backup-type", type) && member_is(row, "backup-id", id) &&
            json_object_get_int64(member_of(row, "backup-time")) == time)
            return row;
    }
    return NULL;
}

static int32_t probe(const struct pruning *p, const char *ns, const char *type, const char *id,
                     struct json_object **ret)
{
    const struct pbs_place group = {.a = *p->a, .store = p->place.store, .ns = ns, .type = type, .id = id};
    struct proximo_field fields[5 + PBS_KEEPS];
    struct proximo_answer answer = {ROW(proximo_answer)};
    uint32_t count = place_fields(&group, fields);
    for (uint32_t i = 0; i < PBS_KEEPS; i++) {
        const char *value = member_text(p->keep, pbs_keep_names[i]);
        if (value)
            fields[count++] = FIELD(pbs_keep_names[i], value);
    }
    const int32_t r = prune_probe(p->a, fields, count, &answer, ret);
    if (*ret)
        return PROXIMO_OK;
    return r < 0 && ask_ends(r)
               ? r
               : p->a->host->incomplete(
                     p->a->call,
                     ask_text(p->a, "what goes of %s/%s in %s", type, id,
                              job_where(p->a, p->place.store, ns)),
                     answer.message.len
                         ? ask_text(p->a, "%.*s", (int)(answer.message.len < 300 ? answer.message.len : 300),
                                    answer.message.ptr)
                         : "the dry run was not answered");
}

/* What is said of one group. */
struct fate {
    uint32_t going, staying, verified_going, verified_staying;
    struct json_object *times; /* of those that go */
};

static int32_t tell_group(const struct pruning *p, const char *ns, const char *type, const char *id,
                          struct fate *fate)
{
    const struct asking *a = p->a;
    const struct pbs_place group = {.a = *a, .store = p->place.store, .ns = ns, .type = type, .id = id};
    const char *label = place_label(&group);
    struct json_object *facts = json_object_new_object();
    if (!label || !facts) {
        json_object_put(facts);
        return PROXIMO_ENOMEM;
    }
    const bool all = !fate->staying, last = fate->verified_going && !fate->verified_staying;
    json_object_object_add(facts, "going", json_object_new_int64(fate->going));
    json_object_object_add(facts, "staying", json_object_new_int64(fate->staying));
    json_object_object_add(facts, "backup_times", json_object_get(fate->times));
    const char *effect = ask_text(a, "%u of %u backups go%s%s", fate->going, fate->going + fate->staying,
                                  all    ? ": none is left"
                                  : last ? ": the last verified one among them"
                                         : "",
                                  fate->going > TIMES_MOST ? "; backup_times names the first of them" : "");
    return tell_affected(a, all || last ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM,
                         ask_text(a, "backup-group/%s", label), NULL, effect, facts);
}

/* Is the row of this group, and does it say when and whether it stays? */
static bool makes_sense(struct json_object *row, const char *type, const char *id)
{
    return member_is(row, "backup-type", type) && member_is(row, "backup-id", id) && contents_time(row) &&
           json_object_is_type(member_of(row, "keep"), json_type_boolean);
}

static int32_t look_at_group(struct pruning *p, const char *ns, struct json_object *list, const char *type,
                             const char *id)
{
    struct json_object *answer DROP_JSON = NULL;
    if (p->groups == GROUPS_MOST) {
        p->skipped++;
        return PROXIMO_OK;
    }
    p->groups++;
    int32_t r = probe(p, ns, type, id, &answer);
    if (r < 0 || !answer)
        return r;
    struct json_object *times DROP_JSON = json_object_new_array();
    struct fate fate = {.times = times};
    for (size_t i = 0; times && i < json_object_array_length(answer); i++) {
        struct json_object *row = json_object_array_get_idx(answer, i);
        if (!makes_sense(row, type, id))
            return p->a->host->incomplete(
                p->a->call,
                ask_text(p->a, "what goes of %s/%s in %s", type, id, job_where(p->a, p->place.store, ns)),
                "the dry run answered a row that is not of this group or does not say whether it stays");
        const int64_t time = contents_time(row);
        const bool keep = member_true(row, "keep"),
                   good = contents_verified(backup_at(list, type, id, time), "ok");
        *(keep ? &fate.staying : &fate.going) += 1;
        if (good)
            *(keep ? &fate.verified_staying : &fate.verified_going) += 1;
        if (!keep && fate.going <= TIMES_MOST)
            json_object_array_add(times, json_object_new_int64(time));
    }
    p->going += fate.going;
    return !times ? PROXIMO_ENOMEM : fate.going ? tell_group(p, ns, type, id, &fate) : PROXIMO_OK;
}

/* The groups of one namespace, each once: its first row in the list of backups names it. */
static int32_t look_at_space(struct pruning *p, const char *ns)
{
    const struct asking *a = p->a;
    const char *where = job_where(a, p->place.store, ns);
    const struct proximo_need need[] = {NEED(job_acl(a, p->place.store, ns), "Datastore.Audit")};
    const struct proximo_field fields[] = {FIELD("store", p->place.store), FIELD("ns", ns)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/admin/datastore/{store}/snapshots",
                                    .fields = fields, .field_count = *ns ? 2 : 1, .needs = ONE_NEED(need)};
    struct looked looked = {0};
    int32_t r = where && need[0].path ? ask_look(a, &get, &looked) : PROXIMO_ENOMEM;
    struct json_object *list DROP_JSON = looked.data;
    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array))
        return a->host->incomplete(a->call, ask_text(a, "the backups in %s", where), looked.why);
    if (!looked.complete)
        r = a->host->incomplete(a->call, ask_text(a, "the backups in %s", where),
                                "this token sees only groups that it or its user owns");
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *type = member_text(row, "backup-type"), *id = member_text(row, "backup-id");
        bool first = type && id;
        for (size_t k = 0; first && k < i; k++) {
            struct json_object *other = json_object_array_get_idx(list, k);
            first = !member_is(other, "backup-type", type) || !member_is(other, "backup-id", id);
        }
        if (first)
            r = look_at_group(p, ns, list, type, id);
    }
    return r;
}

static int32_t look_at_spaces(struct pruning *p)
{
    const struct asking *a = p->a;
    struct looked looked = {0};
    int32_t r = job_spaces_look(a, &p->place, &looked);
    struct json_object *list DROP_JSON = looked.data;
    if (r < 0)
        return r;
    if (!json_object_is_type(list, json_type_array))
        return a->host->incomplete(a->call, ask_text(a, "the namespaces of datastore %s", p->place.store),
                                   looked.why);
    if (!looked.complete)
        r = a->host->incomplete(a->call, ask_text(a, "the namespaces of datastore %s", p->place.store),
                                "this token does not see all of them");
    const size_t count = json_object_array_length(list);
    for (size_t i = 0; r == PROXIMO_OK && i < count && i < NAMES_MOST; i++) {
        const char *ns = member_text(json_object_array_get_idx(list, i), "ns");
        r = look_at_space(p, ns ? ns : "");
    }
    if (r == PROXIMO_OK && count > NAMES_MOST)
        r = a->host->incomplete(a->call, ask_text(a, "%zu more namespaces", count - NAMES_MOST),
                                "one plan looks at 64");
    return r;
}

int32_t job_tell_prune(const struct asking *a, const struct job_place *place, struct json_object *keep)
{
    struct pruning p = {.a = a, .place = *place, .keep = keep};
    const char *where = job_where(a, place->store, place->ns);
    const char *what = where ? ask_text(a, "datastore/%s", where) : NULL;
    if (!what)
        return PROXIMO_ENOMEM;
    if (!job_keeps_any(keep))
        return tell_affected(a, PROXIMO_RISK_LOW, what, NULL,
                             "nothing is removed: without a number to keep, all stays", NULL);
    int32_t r = look_at_spaces(&p);
    if (r == PROXIMO_OK && p.skipped)
        r = a->host->incomplete(a->call, ask_text(a, "%u more groups", p.skipped), "one plan looks at 200");
    if (r < 0)
        return r;
    return tell_affected(
        a, p.going ? PROXIMO_RISK_HIGH : PROXIMO_RISK_LOW, what, NULL,
        ask_text(a,
                 "%u backups of the %u groups looked at would be removed if it ran now; their "
                 "space comes back with a garbage collection",
                 p.going, p.groups),
        NULL);
}
