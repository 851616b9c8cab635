/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A replication job as it is, and pve_replication_run: a run that is asked for only begins a little later.
 * Sources: GET /cluster/replication/{id}, GET /nodes/{node}/replication,
 * POST /nodes/{node}/replication/{id}/schedule_now.
 */
#include "replication.h"

#define RUN_DEADLINE_MS 120000u

int64_t replication_guest(const char *id)
{
    const size_t digits = id ? strspn(id, "0123456789") : 0;
    if (digits < 3 || digits > 9 || id[digits] != '-' || !id[digits + 1] ||
        strspn(id + digits + 1, "0123456789") != strlen(id + digits + 1))
        return 0;
    return (int64_t)digits_of(id, 999999999);
}

int32_t replication_look(const struct asking *a, const char *id, struct looked *looked)
{
    const char *vm = ask_text(a, "/vms/%lld", (long long)replication_guest(id));
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_field at = FIELD("id", id);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/replication/{id}", .fields = &at,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    return vm ? ask_look(a, &get, looked) : PROXIMO_ENOMEM;
}

int32_t replication_look_runs(const struct asking *a, const char *id, const char *node, struct looked *looked,
                              struct json_object **ret_runs)
{
    const char *guest = ask_text(a, "%lld", (long long)replication_guest(id));
    const char *vm = guest ? ask_text(a, "/vms/%s", guest) : NULL;
    const struct proximo_need need[] = {NEED(vm, "VM.Audit")};
    const struct proximo_field at[] = {FIELD("node", node), FIELD("guest", guest)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/replication", .fields = at,
                                    .field_count = 2, .needs = ROWS(need, 1)};
    *ret_runs = NULL;
    int32_t r = vm ? ask_look(a, &get, looked) : PROXIMO_ENOMEM;
    const size_t count = r == PROXIMO_OK && json_object_is_type(looked->data, json_type_array)
                             ? json_object_array_length(looked->data)
                             : 0;
    for (size_t i = 0; i < count && !*ret_runs; i++) {
        struct json_object *row = json_object_array_get_idx(looked->data, i);
        if (member_is(row, "id", id))
            *ret_runs = row;
    }
    if (r == PROXIMO_OK && !*ret_runs && !looked->why)
        looked->why = "the node does not list the job";
    return r;
}

int32_t replication_check_right(const struct asking *a, int64_t vmid, uint32_t release)
{
    const char *path = release == 8 ? "/storage" : ask_text(a, "/vms/%lld", (long long)vmid);
    const char *privilege = release == 8 ? "Datastore.Allocate" : "VM.Replicate";
    if (release == 0)
        return path ? PROXIMO_OK : PROXIMO_ENOMEM;
    return ask_privilege(a, path, privilege, "replication jobs need %s on %s", privilege, path);
}

/* ---- pve_replication_run */

struct running {
    struct asking a;
    const char *id, *node, *last_sync;
};

static int32_t lay_out_run(const struct running *run)
{
    const struct asking *a = &run->a;
    const char *guest = ask_text(a, "%lld", (long long)replication_guest(run->id));
    const char *summary = ask_text(a, "replication job \"%s\" runs now, on node %s", run->id, run->node);
    const char *synced = ask_text(a, "[last_sync=%s]/id", run->last_sync);
    const char *subject = ask_text(a, "{\"kind\":\"replication\",\"id\":\"%s\"}", run->id);
    if (!guest || !summary || !synced || !subject)
        return PROXIMO_ENOMEM;
    const struct proximo_field at[] = {FIELD("node", run->node), FIELD("id", run->id)};
    const struct proximo_field list[] = {FIELD("node", run->node), FIELD("guest", guest)};
    const struct proximo_guard guard = {ROW(proximo_guard), .path = "/cluster/replication/{id}",
                                        .fields = "/target,/disable,/remove_job", .params = ROWS(at + 1, 1)};
    /* A run by the schedule meanwhile would be taken for the one that is asked for. */
    const struct proximo_guard last = {ROW(proximo_guard), .path = "/nodes/{node}/replication/{id}/status",
                                       .fields = "/last_sync", .params = ROWS(at, 2)};
    const struct proximo_step go = {ROW(proximo_step),
                                    .kind = PROXIMO_STEP_REQUEST,
                                    .name = "change",
                                    .method = "POST",
                                    .path = "/nodes/{node}/replication/{id}/schedule_now",
                                    .params = ROWS(at, 2)};
    /* The time of the last good run must be another one than now. */
    const struct proximo_step seen = {
        ROW(proximo_step),       .kind = PROXIMO_STEP_WAIT, .path = "/nodes/{node}/replication",
        .params = ROWS(list, 2), .select = synced,          .wait_test = PROXIMO_WAIT_COUNT,
        .wait_value = "0",       .interval_ms = 1000,       .deadline_ms = RUN_DEADLINE_MS};
    int32_t r = a->host->change(a->call, summary);
    if (r < 0 || (r = a->host->guard(a->call, &guard)) < 0 || (r = a->host->guard(a->call, &last)) < 0 ||
        (r = a->host->subject(a->call, "replication.run", text_of(subject))) < 0 ||
        (r = a->host->step(a->call, &go)) < 0 || (r = a->host->postcondition(a->call, &seen)) < 0)
        return r;
    r = tell_text(a, "no_way_back", "a copy that was brought up to date does not go back to an older state");
    return r == PROXIMO_OK ? a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

static int32_t check_run(struct running *run, struct json_object *job, uint32_t release)
{
    struct json_object *runs = NULL;
    struct looked looked = {0};
    run->node = member_text(job, "source");
    if (member_true(job, "disable") || member_text(job, "remove_job"))
        return run->a.host->fail(run->a.call, PROXIMO_ESTATE, "replication job \"%s\" is %s: it does not run",
                                 run->id, member_text(job, "remove_job") ? "being removed" : "disabled");
    if (!run->node)
        return run->a.host->fail(run->a.call, PROXIMO_ESTATE,
                                 "replication job \"%s\" does not say on which node its guest is", run->id);
    int32_t r = replication_check_right(&run->a, replication_guest(run->id), release);
    if (r == PROXIMO_OK)
        r = replication_look_runs(&run->a, run->id, run->node, &looked, &runs);
    if (r == PROXIMO_OK && !runs)
        r = run->a.host->fail(run->a.call, PROXIMO_EUNAVAIL, "node %s does not say how its runs went: %.200s",
                              run->node, looked.why ? looked.why : "no answer");
    if (r == PROXIMO_OK) {
        const char *last = member_text(runs, "last_sync");
        run->last_sync = ask_text(&run->a, "%s", last ? last : "0");
        r = run->last_sync ? lay_out_run(run) : PROXIMO_ENOMEM;
    }
    json_object_put(looked.data);
    return r;
}

int32_t replication_run_plan(void *instance, struct proximo_call *call)
{
    struct running run = {.a = {((struct plane_instance *)instance)->host, call}};
    struct proximo_site site = {ROW(proximo_site)};
    struct looked looked = {0};
    run.id = ask_argument(&run.a, "id");
    if (!replication_guest(run.id))
        return run.a.host->fail(call, PROXIMO_EINVAL,
                                "id: a guest's id, a hyphen and a number are wanted: 105-0");
    int32_t r = replication_look(&run.a, run.id, &looked);
    if (r == PROXIMO_OK && !json_object_is_type(looked.data, json_type_object))
        r = run.a.host->fail(call, PROXIMO_ENOTFOUND, "there is no replication job \"%s\": %.200s", run.id,
                             looked.why ? looked.why : "no answer");
    if (r == PROXIMO_OK && run.a.host->site(call, &site) == PROXIMO_OK && site.version.len)
        r = check_run(&run, looked.data, site.version.ptr[0] == '8' ? 8 : 9);
    else if (r == PROXIMO_OK)
        r = check_run(&run, looked.data, 0);
    json_object_put(looked.data);
    return r;
}
