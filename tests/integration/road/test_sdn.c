/* SPDX-License-Identifier: Apache-2.0 */
/* The network configuration on its road: applied, taken back, applied again, and never over somebody's edit.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "road.h"

static const char *const quick[] = {"--task-ms", "50", NULL};

struct world {
    struct road road;
    struct server server;
};

static void begin(struct world *w)
{
    road_start(&w->road, quick, "");
    server_start(&w->road, &w->server, NULL);
    w->server.person = "sdn/cluster";
}

static void end(struct world *w)
{
    assert_int_equal(server_stop(&w->server), 0);
    road_stop(&w->road);
}

static void api(struct world *w, const char *method, const char *path, const char *form)
{
    assert_int_equal(road_api(&w->road, method, path, form, NULL), 200);
}

/* What runs: the MTU of the zone (""), and the alias of the VNet (NULL: there is none). */
static void expect_running(struct world *w, const char *mtu, const char *alias)
{
    struct json_object *zones = NULL, *vnets = NULL;

    assert_int_equal(road_api(&w->road, "GET", "/cluster/sdn/zones?running=1", NULL, &zones), 200);
    assert_int_equal(road_api(&w->road, "GET", "/cluster/sdn/vnets?running=1", NULL, &vnets), 200);
    assert_string_equal(at(zones, "/0/mtu"), mtu);
    assert_int_equal(json_object_array_length(vnets), alias ? 2 : 1);
    if (alias)
        assert_string_equal(at(vnets, "/1/alias"), alias);
    json_object_put(zones);
    json_object_put(vnets);
}

/* Applies a plan and gives the arguments of its undo. */
static void run(struct world *w, struct json_object *plan, char *receipt, size_t size)
{
    bool failed = true;
    struct json_object *done = plan_apply(&w->server, plan, &failed);

    if (failed)
        print_error("%s\n", json_object_to_json_string(done));
    assert_false(failed);
    expect(done, "/outcome", "ok");
    (void)snprintf(receipt, size, "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    json_object_put(done);
    json_object_put(plan);
}

static struct json_object *plan_back(struct world *w, const char *receipt)
{
    bool failed = true;
    struct json_object *plan = server_tool(&w->server, "proximo_undo", receipt, &failed);

    if (failed)
        print_error("%s\n", json_object_to_json_string(plan));
    assert_false(failed);
    return plan;
}

/* Is there something in the plan's list that is of this resource and says this? */
static bool affects(struct json_object *plan, const char *resource, const char *words)
{
    struct json_object *list = NULL;

    (void)json_object_object_get_ex(plan, "affected", &list);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (strcmp(at(row, "/resource"), resource) == 0 && strstr(at(row, "/effect"), words))
            return true;
    }
    return false;
}

/* Undo of the apply, and undo of that undo. */
static void test_there_and_back_again(void **context)
{
    struct world w;
    char receipt[80];

    (void)context;
    begin(&w);
    api(&w, "PUT", "/cluster/sdn/zones/lab", "mtu=1400");
    api(&w, "POST", "/cluster/sdn/vnets", "vnet=new&zone=lab&alias=deleted");
    api(&w, "PUT", "/nodes/pve2/lxc/108/config", "net1=name=eth1,bridge=new");
    run(&w, plan_make(&w.server, "pve_sdn_apply", "{}"), receipt, sizeof(receipt));
    expect_running(&w, "1400", "deleted");

    struct json_object *plan = plan_back(&w, receipt);
    assert_true(affects(plan, "guest/108", "loses this network"));
    run(&w, plan, receipt, sizeof(receipt));
    expect_running(&w, "", NULL);

    plan = plan_back(&w, receipt);
    assert_true(affects(plan, "guest/108", "gets a network"));
    run(&w, plan, receipt, sizeof(receipt));
    expect_running(&w, "1400", "deleted");
    end(&w);
}

/* What somebody edited since would be applied with the way back: it is refused. */
static void test_never_over_an_edit(void **context)
{
    struct world w;
    char receipt[80];
    bool failed = true;

    (void)context;
    begin(&w);
    api(&w, "PUT", "/cluster/sdn/zones/lab", "mtu=1400");
    run(&w, plan_make(&w.server, "pve_sdn_apply", "{}"), receipt, sizeof(receipt));
    api(&w, "PUT", "/cluster/sdn/vnets/labnet", "alias=other");
    expect_code(server_tool(&w.server, "proximo_undo", receipt, &failed), &failed, "PX-DRIFT");
    expect_running(&w, "1400", NULL);
    end(&w);
}

/* Edits that were dropped come back as edits, and go again. */
static void test_dropped_and_edited_again(void **context)
{
    struct world w;
    char receipt[80];

    (void)context;
    begin(&w);
    api(&w, "PUT", "/cluster/sdn/zones/lab", "mtu=1400");
    api(&w, "POST", "/cluster/sdn/vnets", "vnet=new&zone=lab");
    run(&w, plan_make(&w.server, "pve_sdn_rollback", "{}"), receipt, sizeof(receipt));
    assert_false(road_has(&w.road, "/cluster/sdn/vnets", "\"new\""));
    run(&w, plan_back(&w, receipt), receipt, sizeof(receipt));
    assert_true(road_has(&w.road, "/cluster/sdn/vnets", "\"new\""));
    assert_true(road_has(&w.road, "/cluster/sdn/zones?pending=1", "1400"));
    expect_running(&w, "", NULL);
    run(&w, plan_back(&w, receipt), receipt, sizeof(receipt));
    assert_false(road_has(&w.road, "/cluster/sdn/vnets", "\"new\""));
    end(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_there_and_back_again),
                                       cmocka_unit_test(test_never_over_an_edit),
                                       cmocka_unit_test(test_dropped_and_edited_again)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
