/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_gc_start and pbs_verify_start: tasks that keep a datastore in order. Sources: POST
 * /admin/datastore/{store}/gc and .../verify, GET .../gc.
 */
#include "../common/diagnosis.h"
#include "changes.h"
#include "ties.h"

static const struct proximo_need audit[] = {NEED("/datastore/{store}", "Datastore.Audit")};

static int32_t look_at_gc(const struct pbs_place *at, struct looked *ret)
{
    const struct proximo_field store = FIELD("store", at->store);
    const struct proximo_get get = {ROW(proximo_get), .path = PBS_STORE_PATH "/gc", .fields = &store,
                                    .field_count = 1, .needs = PROXIMO_TABLE(audit)};
    return ask_look(&at->a, &get, ret);
}

/* ---- garbage collection */

static int32_t tell_gc(const struct pbs_place *at, struct json_object *status)
{
    static const char *const members[] = {"disk-bytes",    "index-data-bytes", "pending-bytes",
                                          "removed-bytes", "last-run-state",   "last-run-endtime"};
    struct json_object *facts = json_object_new_object();
    for (size_t i = 0; facts && i < sizeof(members) / sizeof(members[0]); i++) {
        struct json_object *value = member_of(status, members[i]);
        if (value)
            json_object_object_add(facts, members[i], json_object_get(value));
    }
    return tell_fact(&at->a, "last_collection", facts);
}

static int32_t lay_out_gc(const struct pbs_place *at)
{
    const struct asking *a = &at->a;
    const struct proximo_field store = FIELD("store", at->store);
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                        .path = PBS_STORE_PATH "/gc", .fields = "/upid,/pending-bytes",
                                        .params = ROWS(&store, 1)};
    struct proximo_step step = pbs_request("POST", PBS_STORE_PATH "/gc", &store, 1);
    step.flags = PROXIMO_STEP_FOLLOW;
    int32_t r = place_open(at);
    if (r < 0 || (r = a->host->guard(a->call, &guard)) < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = place_tell_subject(at, "pbs.gc", NULL, NULL)) < 0)
        return r;
    return pbs_no_way_back(
        a, "what a garbage collection has removed is gone; it removes only what no backup refers "
           "to");
}

int32_t pbs_plan_gc(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct pbs_place at;
    struct looked looked = {0};
    bool own = false;
    int32_t r = place_take(&a, &at);
    if (r == PROXIMO_OK)
        r = place_allowed(&at, NULL, "to start a garbage collection", &own);
    if (r == PROXIMO_OK)
        r = a.host->change(call, ask_text(&a, "garbage collection of datastore %s begins", at.store));
    if (r == PROXIMO_OK)
        r = look_at_gc(&at, &looked);
    if (r == PROXIMO_OK && looked.data)
        r = tell_gc(&at, looked.data);
    json_object_put(looked.data);
    return r == PROXIMO_OK ? lay_out_gc(&at) : r;
}

int32_t pbs_blast_gc(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_place at;
    struct looked looked;
    char size[32];
    int32_t r = place_of_subject(&a, subject, &at);
    if (r < 0 || (r = look_at_gc(&at, &looked)) < 0)
        return r;
    struct json_object *pending = member_of(looked.data, "pending-bytes");
    if (!json_object_is_type(looked.data, json_type_object) || !pending)
        r = a.host->incomplete(call, ask_text(&a, "the last garbage collection of datastore %s", at.store),
                               looked.why ? looked.why : "the answer makes no sense");
    if (r == PROXIMO_OK)
        r = tell_affected(
            &a, PROXIMO_RISK_HIGH, ask_text(&a, "datastore/%s", at.store), NULL,
            ask_text(
                &a,
                "data that no backup refers to and that was not touched for a day (gc-atime-cutoff) is "
                "removed for good%s: what was deleted before can then not be saved from the disks either. "
                "Disks are busy while it runs",
                pending ? ask_text(&a, "; waiting since the last one: %s",
                                   size_text(json_object_get_double(pending), size))
                        : ""),
            NULL);
    json_object_put(looked.data);
    return r == PROXIMO_OK ? ties_tell(&at, TIES_BUSY) : r;
}

/* ---- verification */

struct verified {
    uint32_t all, ok, failed;
};

/* A namespace with all below it, or one group of it. */
static struct verified count_verified(const struct pbs_contents *c)
{
    struct verified v = {0};
    for (uint32_t i = 0; i < c->count; i++) {
        const bool aimed =
            c->at.id ? strcmp(c->spaces[i].ns, c->at.ns) == 0 : pbs_within(c->spaces[i].ns, c->at.ns);
        for (size_t k = 0; aimed && c->spaces[i].list && k < json_object_array_length(c->spaces[i].list);
             k++) {
            struct json_object *row = json_object_array_get_idx(c->spaces[i].list, k);
            if (!contents_of_group(row, c->at.type, c->at.id))
                continue;
            v.all++;
            v.ok += contents_verified(row, "ok");
            v.failed += contents_verified(row, "failed");
        }
    }
    return v;
}

static const char *scope_words(const struct pbs_place *at)
{
    return at->id    ? ask_text(&at->a, "group %s", place_label(at))
           : *at->ns ? ask_text(&at->a, "%s with all below it", place_words(at, at->ns))
                     : ask_text(&at->a, "datastore %s", at->store);
}

static int32_t lay_out_verify(const struct pbs_place *at, const struct verified *v)
{
    const struct asking *a = &at->a;
    struct proximo_field fields[5];
    struct proximo_step step =
        pbs_request("POST", PBS_STORE_PATH "/verify", fields, place_fields(at, fields));
    struct json_object *facts = json_object_new_object();
    step.flags = PROXIMO_STEP_FOLLOW;
    if (facts) {
        json_object_object_add(facts, "backups", json_object_new_int64(v->all));
        json_object_object_add(facts, "verified", json_object_new_int64(v->ok));
        json_object_object_add(facts, "failed", json_object_new_int64(v->failed));
    }
    int32_t r = tell_fact(a, "verified_so_far", facts);
    if (r < 0 || (r = place_readable(at)) < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = place_tell_subject(at, "pbs.verify", NULL, NULL)) < 0)
        return r;
    return pbs_no_way_back(a, "none is needed: a verification reads, and only notes what it found");
}

int32_t pbs_plan_verify(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct pbs_place at;
    struct pbs_contents c = {0};
    int32_t r = place_take(&a, &at);
    if (r == PROXIMO_OK)
        r = place_whole(&at);
    if (r == PROXIMO_OK && at.type && !at.id)
        r = a.host->fail(call, PROXIMO_EINVAL, "backup_type names a group only together with backup_id");
    if (r == PROXIMO_OK)
        r = ask_privilege(
            &a, place_acl(&at), "Datastore.Verify|Datastore.Backup",
            "to verify backups needs Datastore.Verify on %s, or Datastore.Backup there for a group "
            "that this token or its user owns",
            place_acl(&at));
    if (r == PROXIMO_OK)
        r = contents_read(&at, &c);
    const struct verified v = count_verified(&c);
    if (r == PROXIMO_OK && at.id && !v.all && !contents_space(&c, at.ns)->why)
        r = a.host->fail(call, PROXIMO_ENOTFOUND, "there is no group %s", place_label(&at));
    if (r == PROXIMO_OK)
        r = a.host->change(call,
                           ask_text(&a, "the backups of %s are verified; those verified already are left out",
                                    scope_words(&at)));
    if (r == PROXIMO_OK)
        r = lay_out_verify(&at, &v);
    contents_done(&c);
    return r;
}

int32_t pbs_blast_verify(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_place at;
    int32_t r = place_of_subject(&a, subject, &at);
    return r < 0 ? r
                 : tell_affected(
                       &a, PROXIMO_RISK_LOW, ask_text(&a, "datastore/%s", at.store), NULL,
                       "reads and checks all data of these backups: backups and restores beside it are "
                       "slower meanwhile. What is broken is marked as failed and taken anew by the next "
                       "backup",
                       NULL);
}
