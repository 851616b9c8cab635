/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pbs_datastore_create and pbs_datastore_delete. Both are tasks of the Backup Server. Removing a datastore
 * from the configuration leaves its data where it is, unless destroy_data says otherwise. Sources: POST and
 * DELETE /config/datastore, GET /config/datastore/{name}.
 */
#include "changes.h"
#include "ties.h"

#define CONFIG_PATH "/config/datastore/{name}"

/* ---- creation */

static const struct {
    const char *argument, *field;
} create_values[] = {
    {"path", "path"},
    {"comment", "comment"},
    {"gc_schedule", "gc-schedule"},
    {"notification_mode", "notification-mode"},
    {"verify_new", "verify-new"},
    {"tuning", "tuning"},
    {"reuse_datastore", "reuse-datastore"},
};
#define VALUES_MOST (sizeof(create_values) / sizeof(create_values[0]) + 1)

/* Is one of the two folders inside the other, or the same? */
static bool nested(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b), least = n < m ? n : m;
    return strncmp(a, b, least) == 0 && (n == m || (n > m ? a[least] : b[least]) == '/');
}

static int32_t check_new(const struct asking *a, const char *store, const char *path)
{
    static const struct proximo_need need[] = {NEED("/datastore", "Datastore.Audit")};
    static const struct proximo_get get = {ROW(proximo_get), .path = "/config/datastore",
                                           .needs = PROXIMO_TABLE(need)};
    struct json_object *list DROP_JSON = NULL;
    if (!path || *path != '/')
        return a->host->fail(a->call, PROXIMO_EINVAL, "path must be an absolute folder of the Backup Server");
    int32_t r = ask_get(a, &get, json_type_array, &list);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *taken = member_text(row, "path"), *name = member_text(row, "name");
        if (member_is(row, "name", store))
            return a->host->fail(a->call, PROXIMO_ESTATE, "there is a datastore %s already", store);
        if (taken && nested(path, taken))
            return a->host->fail(a->call, PROXIMO_EINVAL,
                                 "datastore %s has %s: one datastore cannot be inside another",
                                 name ? name : "?", taken);
    }
    return r;
}

static int32_t lay_out_new(const struct pbs_place *at, const struct proximo_field *fields, uint32_t count)
{
    const struct asking *a = &at->a;
    const struct proximo_field name = FIELD("name", at->store);
    const struct proximo_guard guard = {ROW(proximo_guard), .path = "/config/datastore",
                                        .fields = ask_text(a, "[name=%s]/path", at->store)};
    const struct proximo_step step = pbs_request("POST", "/config/datastore", fields, count);
    struct proximo_step undo = pbs_request("DELETE", CONFIG_PATH, &name, 1);
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = "/config/datastore",
                                      .select = ask_text(a, "[name=%s]/path", at->store),
                                      .wait_test = PROXIMO_WAIT_EXISTS,
                                      .interval_ms = 1000,
                                      .deadline_ms = 120000};
    undo.flags = PROXIMO_STEP_FOLLOW;
    int32_t r = guard.fields ? a->host->guard(a->call, &guard) : PROXIMO_ENOMEM;
    if (r < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = a->host->postcondition(a->call, &wait)) < 0 ||
        (r = place_tell_subject(at, "pbs.datastore.create", NULL, NULL)) < 0)
        return r;
    r = tell_text(
        a, "way_back",
        "the datastore is taken out of the configuration; the folder stays with what is in it by then");
    return r < 0 ? r : a->host->undo(a->call, PROXIMO_UNDO_TEMPLATE, &undo, 1);
}

int32_t pbs_plan_datastore_create(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct pbs_place at;
    struct proximo_field fields[VALUES_MOST];
    uint32_t count = 0;
    int32_t r = place_take(&a, &at);
    if (r == PROXIMO_OK)
        r = ask_privilege(&a, "/datastore", "Datastore.Allocate",
                          "to create a datastore needs Datastore.Allocate on /datastore");
    if (r == PROXIMO_OK)
        r = check_new(&a, at.store, ask_argument(&a, "path"));
    if (r < 0)
        return r;
    fields[count++] = FIELD("name", at.store);
    for (size_t i = 0; i < sizeof(create_values) / sizeof(create_values[0]); i++) {
        const char *value = ask_argument(&a, create_values[i].argument);
        if (value)
            fields[count++] = FIELD(create_values[i].field, value);
    }
    r = a.host->change(call,
                       ask_text(&a, "datastore %s is created at %s", at.store, ask_argument(&a, "path")));
    return r < 0 ? r : lay_out_new(&at, fields, count);
}

/* ---- removal */

static int32_t tell_removal(const struct pbs_place *at, const struct pbs_contents *c, bool destroy, bool keep)
{
    const struct asking *a = &at->a;
    int32_t r = a->host->change(
        a->call,
        destroy ? ask_text(a, "datastore %s is removed and ALL its backups are destroyed", at->store)
                : ask_text(a, "datastore %s is taken out of the configuration; its data stays on the disks",
                           at->store));
    if (r == PROXIMO_OK)
        r = a->host->risk(a->call, PROXIMO_RISK_HIGH,
                          destroy ? "every backup of the datastore is destroyed"
                                  : "nothing backs up to it or restores from it any more");
    if (r == PROXIMO_OK)
        r = tell_text(a, "jobs_and_access",
                      keep ? "its jobs and access entries stay configured (keep_job_configs)"
                           : "its prune, verification and tape backup jobs, sync jobs that pull, and the "
                             "access entries below it go as well");
    if (r == PROXIMO_OK && destroy)
        r = tell_fact(a, "backups_that_go", json_object_new_int64(c->going + c->staying));
    return r;
}

static int32_t lay_out_removal(const struct pbs_place *at, const struct pbs_contents *c, bool destroy,
                               bool keep)
{
    const struct asking *a = &at->a;
    const struct proximo_field name = FIELD("name", at->store);
    const struct proximo_field fields[] = {name, FIELD("destroy-data", destroy ? "1" : "0"),
                                           FIELD("keep-job-configs", keep ? "1" : "0")};
    const struct proximo_guard guard = {ROW(proximo_guard), .path = CONFIG_PATH, .params = ROWS(&name, 1)};
    struct proximo_step step = pbs_request("DELETE", CONFIG_PATH, fields, 3);
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = "/config/datastore",
                                      .select = ask_text(a, "[name=%s]", at->store),
                                      .wait_test = PROXIMO_WAIT_COUNT,
                                      .wait_value = "0",
                                      .interval_ms = 1000,
                                      .deadline_ms = 60000};
    step.flags = PROXIMO_STEP_FOLLOW;
    int32_t r = a->host->guard(a->call, &guard);
    for (uint32_t i = 0; r == PROXIMO_OK && destroy && i < c->count; i++) {
        const struct pbs_place there = {.a = *a, .store = at->store, .ns = c->spaces[i].ns};
        if (c->spaces[i].list)
            r = pbs_guard_backups(&there);
    }
    if (r < 0 || (r = a->host->step(a->call, &step)) < 0 ||
        (r = a->host->postcondition(a->call, &wait)) < 0 ||
        (r = place_tell_subject(at, destroy ? "pbs.datastore.destroy" : "pbs.datastore.delete", "jobs",
                                keep ? "stay" : "go")) < 0)
        return r;
    return pbs_no_way_back(
        a,
        destroy
            ? "destroyed backups cannot be brought back, protected ones are destroyed as well"
            : "jobs and access entries that went are not brought back; pbs_datastore_create with "
              "reuse_datastore: true at the same path makes the datastore and its backups reachable again");
}

/* All of a datastore goes, protected or not. */
static int32_t look(const struct pbs_place *at, struct pbs_contents *ret)
{
    int32_t r = contents_read(at, ret);
    for (uint32_t i = 0; r == PROXIMO_OK && i < ret->count; i++) {
        struct json_object *list = ret->spaces[i].list;
        for (size_t k = 0; list && k < json_object_array_length(list); k++)
            contents_mark_row(ret, json_object_array_get_idx(list, k));
    }
    return r;
}

int32_t pbs_plan_datastore_delete(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const bool destroy = ask_flag(&a, "destroy_data"), keep = ask_flag(&a, "keep_job_configs");
    struct pbs_contents c = {0};
    struct pbs_place at;
    int32_t r = place_take(&a, &at);
    if (r == PROXIMO_OK)
        r = ask_privilege(&a, place_acl(&at), "Datastore.Allocate",
                          "to remove a datastore needs Datastore.Allocate on %s", place_acl(&at));
    if (r == PROXIMO_OK)
        r = look(&at, &c);
    if (r == PROXIMO_OK)
        r = tell_removal(&at, &c, destroy, keep);
    if (r == PROXIMO_OK)
        r = lay_out_removal(&at, &c, destroy, keep);
    contents_done(&c);
    return r;
}

/* ---- whom it hurts */

/* How many backups of how many groups are out of reach, where none is destroyed. */
static int32_t tell_out_of_reach(const struct pbs_contents *c)
{
    const struct asking *a = &c->at.a;
    return tell_affected(
        a, PROXIMO_RISK_HIGH, ask_text(a, "datastore/%s", c->at.store), NULL,
        ask_text(a,
                 "%u backups in %u namespaces are out of reach; clusters that have it as a storage "
                 "can neither back up to it nor restore from it",
                 c->going, c->count),
        NULL);
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                     bool destroy)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct pbs_contents c = {0};
    struct pbs_place at;
    int32_t r = place_of_subject(&a, subject, &at);
    if (r == PROXIMO_OK)
        r = look(&at, &c);
    if (r == PROXIMO_OK && destroy)
        r = contents_tell(&c);
    else if (r == PROXIMO_OK && (r = tell_out_of_reach(&c)) == PROXIMO_OK)
        r = contents_tell_unread(&c);
    if (r == PROXIMO_OK)
        r = ties_tell(&at, TIES_BUSY | TIES_ALL | (member_is(subject, "jobs", "stay") ? TIES_KEPT : 0));
    contents_done(&c);
    return r;
}

int32_t pbs_blast_datastore_delete(void *instance, struct proximo_call *call, struct proximo_text subject)
{
    return blast(instance, call, subject, false);
}

int32_t pbs_blast_datastore_destroy(void *instance, struct proximo_call *call, struct proximo_text subject)
{
    return blast(instance, call, subject, true);
}
