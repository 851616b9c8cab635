/* SPDX-License-Identifier: Apache-2.0 */
/* Pools' principals, replication jobs, resource mappings, metrics servers, options: plans and blast
 * functions. */
#include "plan_rig.h"

static const struct proximo_plane *nodes;

/* ---- pools */

#define POOL_ACL                                                                                             \
    "[{\"path\":\"/pool/prod\",\"type\":\"group\",\"ugid\":\"ops\",\"roleid\":\"PVEVMAdmin\"},"              \
    "{\"path\":\"/pool/prod\",\"type\":\"token\",\"ugid\":\"ci@pve!run\",\"roleid\":\"PVEVMUser\"},"         \
    "{\"path\":\"/pool/other\",\"type\":\"user\",\"ugid\":\"eve@pve\",\"roleid\":\"PVEVMUser\"},"            \
    "{\"path\":\"/pool/prod\",\"type\":\"user\",\"ugid\":\"out@pve\",\"roleid\":\"NoAccess\"},"              \
    "{\"path\":\"/\",\"type\":\"user\",\"ugid\":\"adm@pve\",\"roleid\":\"Administrator\"}%s]"

static void pools_init(struct plane_test *t, const char *more_acl)
{
    char acl[2000];
    (void)snprintf(acl, sizeof(acl), POOL_ACL, more_acl);
    plane_test_init(t);
    plane_test_answer(t, "/pools?poolid=prod", 200, "[{\"poolid\":\"prod\",\"members\":[]}]");
    plane_test_answer(t, "/pools?poolid=other", 200,
                      "[{\"poolid\":\"other\",\"members\":[{\"id\":\"qemu/100\",\"vmid\":100}]}]");
    plane_test_answer(t, "/pools", 200, "[{\"poolid\":\"prod\"},{\"poolid\":\"other\"}]");
    plane_test_answer(t, "/access/acl", 200, acl);
    plane_test_answer(t, "/access/groups/ops", 200, "{\"members\":[\"bob@pve\"]}");
    plane_test_answer(t, "/access/users?full=1", 200,
                      "[{\"userid\":\"bob@pve\",\"tokens\":[{\"tokenid\":\"full\",\"privsep\":0},"
                      "{\"tokenid\":\"own\",\"privsep\":1}]}]");
}

/* A group stands for its members, and these for their tokens without privilege separation. */
static void a_pools_rights_reach_members_of_groups_and_tokens(void **state)
{
    struct plane_test t;
    (void)state;
    pools_init(&t, "");
    assert_int_equal(plane_test_blast(&t, nodes, "pool.update",
                                      "{\"kind\":\"pool\",\"poolid\":\"prod\",\"in\":\"100\",\"from\":"
                                      "\"other\"}"),
                     0);
    expect_words(&t, "affected",
                 "\"resource\":\"group/ops\",\"effect\":\"gains the role PVEVMAdmin on 100\"");
    expect_words(&t, "affected",
                 "\"resource\":\"user/bob@pve\",\"effect\":\"gains the role PVEVMAdmin on 100\"");
    expect_words(&t, "affected", "\"resource\":\"token/bob@pve!full\"");
    expect_words(&t, "affected", "\"resource\":\"token/ci@pve!run\"");
    expect_words(&t, "affected", "\"resource\":\"guest/100\",\"effect\":\"is taken into the pool");
    expect_words(&t, "affected", "\"resource\":\"user/out@pve\",\"effect\":\"loses all rights on 100\"");
    expect_words(&t, "affected", "loses the role PVEVMUser on what of 100 leaves pool other");
    for (uint32_t i = 0; i < plane_test_told_count(&t, "affected"); i++) {
        assert_null(strstr(plane_test_told(&t, "affected", i), "bob@pve!own"));
        assert_null(strstr(plane_test_told(&t, "affected", i), "adm@pve"));
    }
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    plane_test_done(&t);
}

/* A role at / comes back by way of a pool where an entry at /vms had replaced it. */
static void a_role_at_the_top_comes_back_by_way_of_a_pool(void **state)
{
    struct plane_test t;
    (void)state;
    pools_init(&t, ",{\"path\":\"/vms\",\"type\":\"user\",\"ugid\":\"adm@pve\",\"roleid\":\"NoAccess\"}");
    assert_int_equal(
        plane_test_blast(&t, nodes, "pool.update", "{\"kind\":\"pool\",\"poolid\":\"prod\",\"out\":\"7\"}"),
        0);
    expect_words(&t, "affected",
                 "\"resource\":\"user/adm@pve\",\"effect\":\"has the role Administrator on everything");
    expect_words(&t, "affected", "\"resource\":\"user/out@pve\",\"effect\":\"is no longer kept from 7\"");
    plane_test_done(&t);
}

/* An outer pool's roles reach the members of a pool in it, if they are handed down; not the other way round.
 */
static void an_outer_pools_rights_reach_the_inner_one(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_answer(&t, "/pools?poolid=prod%2Fweb", 200, "[{\"poolid\":\"prod/web\",\"members\":[]}]");
    plane_test_answer(&t, "/access/users?full=1", 200, "[]");
    plane_test_answer(&t, "/access/acl", 200,
                      "[{\"path\":\"/pool/prod\",\"type\":\"user\",\"ugid\":\"a@pve\",\"roleid\":\"R\"},"
                      "{\"path\":\"/pool/prod\",\"type\":\"user\",\"ugid\":\"b@pve\",\"roleid\":\"R\","
                      "\"propagate\":0},{\"path\":\"/pool/prod/web/in\",\"type\":\"user\",\"ugid\":\"c@pve\","
                      "\"roleid\":\"R\"},{\"path\":\"/pool/prod/website\",\"type\":\"user\",\"ugid\":"
                      "\"d@pve\",\"roleid\":\"R\"}]");
    assert_int_equal(plane_test_blast(&t, nodes, "pool.update",
                                      "{\"kind\":\"pool\",\"poolid\":\"prod/web\",\"in\":\"nfs\"}"),
                     0);
    expect_words(&t, "affected", "\"resource\":\"user/a@pve\",\"effect\":\"gains the role R on nfs\"");
    expect_words(&t, "affected", "\"resource\":\"storage/nfs\"");
    assert_int_equal(plane_test_told_count(&t, "affected"), 2);
    plane_test_done(&t);
}

static void a_group_that_cannot_be_read_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    pools_init(&t, "");
    t.answers[4].status = 403; /* the group's */
    assert_int_equal(plane_test_blast(&t, nodes, "pool.delete", "{\"kind\":\"pool\",\"poolid\":\"prod\"}"),
                     0);
    expect_words(&t, "incomplete", "who is in group ops");
    plane_test_done(&t);
}

/* Lesson: PUT /pools cannot add and remove at once, so no request of a plan or its way back does both. */
static void put_pools_never_adds_and_removes_at_once(void **state)
{
    struct plane_test t;
    (void)state;
    pools_init(&t, "");
    plane_test_argument(&t, "poolid", "prod", 1);
    plane_test_argument(&t, "vms", "[\"100\",\"106\"]", 0);
    plane_test_argument(&t, "allow_move", "true", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_update"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 1);
    assert_null(strstr(plane_test_told(&t, "steps", 0), "\"delete\""));
    expect_told(&t, "subjects", 0,
                "{\"class\":\"pool.update\",\"subject\":{\"in\":\"100,106\",\"from\":\"other\",\"kind\":"
                "\"pool\",\"poolid\":\"prod\"}}");
    /* Back: 100 goes to its pool by one request, 106 goes out by another. */
    expect_words(&t, "undo",
                 "\"params\":[{\"name\":\"poolid\",\"value\":\"other\"},{\"name\":\"vms\",\"value\":\"100\"},"
                 "{\"name\":\"allow-move\",\"value\":\"1\"}]");
    expect_words(&t, "undo",
                 "\"params\":[{\"name\":\"poolid\",\"value\":\"prod\"},{\"name\":\"vms\",\"value\":\"106\"},"
                 "{\"name\":\"delete\",\"value\":\"1\"}]");
    plane_test_done(&t);
}

static void a_pool_is_read_by_query(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "poolid", "prod/web", 1);
    plane_test_answer(&t, "/pools?poolid=prod%2Fweb", 200,
                      "[{\"poolid\":\"prod/web\",\"comment\":\"c\",\"members\":[{\"id\":\"qemu/100\"}]}]");
    assert_int_equal(plane_test_read(&t, nodes, "pve_pool_get"), 0);
    assert_string_equal(t.reply[0].data, "[{\"id\":\"qemu/100\"}]");
    assert_string_equal(t.reply[1].data, "{\"poolid\":\"prod/web\",\"comment\":\"c\"}");
    plane_test_done(&t);
}

/* ---- metrics servers */

static void metrics_init(struct plane_test *t, const char *more)
{
    char text[600];
    plane_test_init(t);
    plane_test_argument(t, "id", "influx1", 1);
    (void)snprintf(text, sizeof(text), "{\"type\":\"influxdb\",\"server\":\"10.0.0.9\",\"port\":8089%s}",
                   more);
    plane_test_answer(t, "/cluster/metrics/server/influx1", 200, text);
}

static void a_token_is_written_and_never_shown(void **state)
{
    struct plane_test t;
    (void)state;
    metrics_init(&t, "");
    plane_test_secret(&t, "token");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_metrics_update"), 0);
    expect_words(&t, "steps",
                 "\"params\":[{\"name\":\"id\",\"value\":\"influx1\"},{\"name\":\"server\",\"value\":"
                 "\"10.0.0.9\"},{\"name\":\"port\",\"value\":\"8089\"},{\"name\":\"token\",\"flags\":1,"
                 "\"secret\":\"token\"}]"); /* server and port are wanted every time */
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "never shows the present token");
    plane_test_done(&t);

    metrics_init(&t, ",\"influxdbproto\":\"https\"");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_metrics_delete"), 0);
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "a token may be stored with it");
    plane_test_done(&t);

    metrics_init(&t, "");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_metrics_delete"), 0);
    expect_words(&t, "undo", "{\"kind\":3");
    assert_int_equal(plane_test_blast(&t, nodes, "metrics.delete",
                                      "{\"kind\":\"metrics-server\",\"id\":\"influx1\",\"server\":\"a\"}"),
                     0);
    expect_words(&t, "affected", "gets no figures any more");
    plane_test_done(&t);

    metrics_init(&t, "");
    plane_test_argument(&t, "options", "{\"otel-path\":\"/x\"}", 0);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_metrics_update"), PROXIMO_EINVAL, "opentelemetry");
    plane_test_done(&t);
}

/* ---- options */

static void options_init(struct plane_test *t)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/options", 200,
                      "{\"keyboard\":\"de\",\"migration\":{\"type\":\"secure\",\"network\":\"10.0.0.0/24\"},"
                      "\"registered-tags\":[\"a\",\"b\"],\"user-tag-access\":{\"user-allow\":\"list\","
                      "\"user-allow-list\":[\"x\",\"y\"]},\"allowed-tags\":[\"a\"]}");
    plane_test_answer(t, "/cluster/ha/resources", 200, "[{\"sid\":\"vm:108\"}]");
}

static void options_are_set_as_property_strings(void **state)
{
    struct plane_test t;
    (void)state;
    options_init(&t);
    plane_test_argument(&t, "options",
                        "{\"migration\":\"network=10.0.0.0/24,type=secure\",\"keyboard\":\"fr\","
                        "\"registered-tags\":\"c,a\"}",
                        0);
    plane_test_argument(&t, "delete", "[\"user-tag-access\"]", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_cluster_options_set"), 0);
    /* The same property string in another order is no change; tags stand with semicolons. */
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"PUT\",\"path\":\"/cluster/options\",\"params\":["
        "{\"name\":\"keyboard\",\"value\":\"fr\"},{\"name\":\"registered-tags\",\"value\":\"c;a\"},"
        "{\"name\":\"delete\",\"value\":\"user-tag-access\"}]}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"cluster.options.access\",\"subject\":{\"options\":\"keyboard,registered-tags,"
                "user-tag-access\",\"kind\":\"options\",\"id\":\"datacenter\"}}");
    plane_test_done(&t);

    options_init(&t);
    assert_int_equal(
        plane_test_plan_undo(
            &t, nodes, "pve_cluster_options_set",
            "{\"before\":[{\"/user-tag-access\":{\"user-allow\":\"existing\",\"user-allow-list\":"
            "[\"p\",\"q\"]}}],\"after\":[{\"/user-tag-access\":{\"user-allow\":\"list\"}}]}"),
        0);
    expect_words(&t, "steps",
                 "{\"name\":\"user-tag-access\",\"value\":\"user-allow=existing,user-allow-list=p;q\"}");
    plane_test_done(&t);
}

static void an_option_says_whom_it_concerns(void **state)
{
    struct plane_test t;
    (void)state;
    options_init(&t);
    assert_int_equal(plane_test_blast(&t, nodes, "cluster.options",
                                      "{\"kind\":\"options\",\"id\":\"datacenter\",\"options\":\"ha,"
                                      "http_proxy\"}"),
                     0);
    expect_words(&t, "affected", "\"resource\":\"option/ha\"");
    expect_words(&t, "affected", "\"resource\":\"option/http_proxy\"");
    expect_words(&t, "affected", "\"resource\":\"guest/108\"");
    assert_int_equal(plane_test_told_count(&t, "affected"), 3);
    plane_test_done(&t);
    plane_test_init(&t);
    assert_int_equal(plane_test_blast(&t, nodes, "cluster.options.access",
                                      "{\"kind\":\"options\",\"id\":\"datacenter\",\"options\":\"ha,"
                                      "webauthn\"}"),
                     0);
    expect_words(&t, "affected", "can no longer log in");
    expect_words(&t, "incomplete", "which guests HA manages");
    plane_test_done(&t);
}

/* Every option that can be set is in the table of whom it concerns. */
static void every_option_concerns_somebody(void **state)
{
    struct plane_test t;
    (void)state;
    options_init(&t);
    plane_test_argument(&t, "options", "{\"nonsense\":\"1\"}", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_cluster_options_set"), PROXIMO_EINVAL);
    char known[1000];
    const char *names = strstr(t.fail_text, "it has: ");
    assert_non_null(names);
    (void)snprintf(known, sizeof(known), "%s, ", names + 8);
    plane_test_done(&t);
    uint32_t count = 0;
    for (char *name = known, *end = strstr(name, ", "); end && *name;
         name = end + 2, end = strstr(name, ", ")) {
        char subject[200];
        *end = '\0';
        count++;
        (void)snprintf(subject, sizeof(subject),
                       "{\"kind\":\"options\",\"id\":\"datacenter\",\"options\":\"%.60s\"}", name);
        options_init(&t);
        assert_int_equal(plane_test_blast(&t, nodes, "cluster.options", subject), 0);
        (void)snprintf(subject, sizeof(subject), "\"resource\":\"option/%.60s\"", name);
        expect_words(&t, "affected", subject);
        plane_test_done(&t);
    }
    assert_int_equal(count, 24);
}

/* ---- ceph */

static void osds_come_with_their_host(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_answer(
        &t, "/nodes/pve1/ceph/osd", 200,
        "{\"flags\":\"\",\"root\":{\"leaf\":0,\"children\":[{\"type\":\"root\",\"name\":\"default\","
        "\"children\":[{\"type\":\"host\",\"name\":\"pve1\",\"children\":[{\"type\":\"osd\",\"id\":"
        "\"0\",\"status\":\"up\"}]},{\"type\":\"host\",\"name\":\"pve2\",\"children\":[{\"type\":"
        "\"osd\",\"id\":\"1\",\"status\":\"down\"}]}]}]}}");
    assert_int_equal(plane_test_read(&t, nodes, "pve_ceph_osd_list"), 0);
    assert_string_equal(
        t.reply[0].data,
        "[{\"type\":\"osd\",\"id\":\"0\",\"status\":\"up\",\"host\":\"pve1\",\"root\":\"default\"},"
        "{\"type\":\"osd\",\"id\":\"1\",\"status\":\"down\",\"host\":\"pve2\",\"root\":"
        "\"default\"}]");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pools_rights_reach_members_of_groups_and_tokens),
        cmocka_unit_test(a_role_at_the_top_comes_back_by_way_of_a_pool),
        cmocka_unit_test(an_outer_pools_rights_reach_the_inner_one),
        cmocka_unit_test(a_group_that_cannot_be_read_is_said),
        cmocka_unit_test(put_pools_never_adds_and_removes_at_once),
        cmocka_unit_test(a_pool_is_read_by_query),
        cmocka_unit_test(a_token_is_written_and_never_shown),
        cmocka_unit_test(options_are_set_as_property_strings),
        cmocka_unit_test(an_option_says_whom_it_concerns),
        cmocka_unit_test(every_option_concerns_somebody),
        cmocka_unit_test(osds_come_with_their_host),
    };
    nodes = plane_load("nodes");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
