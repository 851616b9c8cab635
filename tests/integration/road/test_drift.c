/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drift: between plan and apply somebody changes the cluster. Each row changes one thing that a plan was made
 * from; the apply must be refused and name the field, and must change nothing.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "road.h"

struct change {
    const char *method, *path, *form;
};
struct row {
    const char *tool, *arguments, *subject;
    struct change by[2]; /* behind the back, one after the other */
    const char *field;   /* what the drift names */
};

#define POWER(action) "pve_guest_power", "{\"vmid\":\"105\",\"action\":\"" action "\"}", "guest/105"
#define CONFIG        "pve_guest_config_set", "{\"vmid\":\"105\",\"changes\":{\"description\":\"new\"}}", "guest/105"
#define MACHINE       "pve_guest_config_set", "{\"vmid\":\"109\",\"changes\":{\"memory\":1024}}", "guest/109"
#define ROLLBACK      "pve_rollback", "{\"vmid\":\"105\",\"snapname\":\"tuned\"}", "guest/105"
#define CT            "/nodes/pve1/lxc/105"

static const struct row rows[] = {
    {POWER("stop"), {{"POST", CT "/status/stop", ""}}, "status"},
    {POWER("stop"), {{"POST", "/cluster/ha/resources", "sid=ct:105&state=started"}}, "ha"},
    {POWER("reboot"), {{"POST", CT "/status/stop", ""}}, "status"},
    {POWER("shutdown"), {{"POST", CT "/status/stop", ""}}, "status"},
    {CONFIG, {{"PUT", CT "/config", "description=other"}}, "description"},
    {CONFIG, {{"PUT", CT "/config", "tags=other"}}, "digest"},
    {MACHINE, {{"PUT", "/nodes/pve3/qemu/109/config", "memory=3072"}}, "memory"},
    {MACHINE, {{"PUT", "/nodes/pve3/qemu/109/config", "cores=3"}}, "digest"},
    {ROLLBACK, {{"DELETE", CT "/snapshot/tuned", NULL}}, "tuned"},
    {ROLLBACK, {{"POST", CT "/snapshot", "snapname=newer"}}, "newer"},
    {"pve_snapshot_delete",
     "{\"vmid\":\"105\",\"snapname\":\"tuned\"}",
     "guest/105",
     {{"DELETE", CT "/snapshot/tuned", NULL}},
     "tuned"},
    {"pve_pool_update",
     "{\"poolid\":\"infra\",\"comment\":\"new\"}",
     "pool/infra",
     {{"PUT", "/pools/infra", "comment=other"}},
     "comment"},
    {"pve_pool_update",
     "{\"poolid\":\"infra\",\"vms\":[\"110\"]}",
     "pool/infra",
     {{"PUT", "/pools/infra", "vms=110"}},
     "110"},
};

static void do_it(struct road *road, const struct change *change)
{
    struct json_object *data = NULL;
    const int status = road_api(road, change->method, change->path, change->form, &data);

    if (status != 200)
        print_error("%s %s %s: %d\n", change->method, change->path, change->form ? change->form : "", status);
    assert_int_equal(status, 200);
    json_object_put(data);
    usleep(400000); /* tasks end */
}

static void one_row(const struct row *row)
{
    static const char *const quick[] = {"--task-ms", "100", "--stale-ms", "0", NULL};
    struct road road;
    struct server server;
    bool failed = false;

    road_start(&road, quick, "");
    server_start(&road, &server, NULL);
    server.person = row->subject;
    struct json_object *plan = plan_make(&server, row->tool, row->arguments);
    for (size_t i = 0; i < 2 && row->by[i].method; i++)
        do_it(&road, &row->by[i]);
    struct json_object *answer = plan_apply(&server, plan, &failed);
    struct json_object *drift = NULL;
    (void)json_pointer_get(answer, "/error/drift", &drift);
    const char *text = drift ? json_object_to_json_string(drift) : "";
    if (!failed || strcmp(at(answer, "/error/code"), "PX-DRIFT") != 0 || !strstr(text, row->field))
        print_error("%s after %s %s: wanted drift in %s: %s\n", row->tool, row->by[0].method, row->by[0].path,
                    row->field, json_object_to_json_string(answer));
    assert_true(failed);
    assert_string_equal(at(answer, "/error/code"), "PX-DRIFT");
    assert_non_null(strstr(text, row->field));
    json_object_put(answer);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    road_stop(&road);
}

/* design 2: "Apply re-reads every guard and refuses" */
/* design 2: "For high risk it also re-runs the blast function" */
static void test_rows(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        one_row(&rows[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
