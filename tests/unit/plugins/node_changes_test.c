/* SPDX-License-Identifier: Apache-2.0 */
/* Pools, pve_task_stop and pve_task_wait: plans, blast functions, and what the wait says. */
#include "plan_rig.h"

#define UPID "UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam!tok:"
#define TASK                                                                                                 \
    "/nodes/pve1/tasks/UPID%3Apve1%3A00001234%3A0000ABCD%3A66000000%3Avzdump%3A105%3Aroot%40pam%21tok%3A/"   \
    "status"
#define EMPTY "[{\"poolid\":\"prod\",\"comment\":\"old\",\"members\":[]}]"
#define FULL                                                                                                 \
    "[{\"poolid\":\"prod\",\"comment\":\"old\",\"members\":[{\"id\":\"lxc/105\",\"vmid\":105,\"type\":"      \
    "\"lxc\",\"cpu\":0.77,\"name\":\"ct105\"},{\"id\":\"storage/pve1/local\",\"storage\":\"local\"}]}]"
#define ACL                                                                                                  \
    "[{\"path\":\"/pool/prod\",\"type\":\"user\",\"ugid\":\"bob@pve\",\"roleid\":\"PVEVMUser\","             \
    "\"propagate\":1},{\"path\":\"/pool\",\"type\":\"group\",\"ugid\":\"ops\",\"roleid\":\"PVEAuditor\","    \
    "\"propagate\":1},{\"path\":\"/pool\",\"type\":\"user\",\"ugid\":\"eve@pve\",\"roleid\":\"PVEAdmin\","   \
    "\"propagate\":0},{\"path\":\"/\",\"type\":\"user\",\"ugid\":\"adm@pve\",\"roleid\":\"Administrator\"}," \
    "{\"path\":\"/pool/production\",\"type\":\"user\",\"ugid\":\"x@pve\",\"roleid\":\"PVEAdmin\"}]"

static const struct proximo_plane *nodes;

static void pool_init(struct plane_test *t, const char *pool)
{
    plane_test_init(t);
    plane_test_argument(t, "poolid", "prod", 1);
    if (pool)
        plane_test_answer(t, "/pools?poolid=prod", 200, pool);
    else
        plane_test_answer(t, "/pools?poolid=prod", 500, "");
    plane_test_answer(t, "/pools", 200, "[{\"poolid\":\"prod\"},{\"poolid\":\"other\"}]");
    plane_test_answer(t, "/pools?poolid=other", 200,
                      "[{\"poolid\":\"other\",\"members\":[{\"id\":\"qemu/100\",\"vmid\":100}]}]");
    plane_test_answer(t, "/access/acl", 200, ACL);
    plane_test_answer(t, "/access/groups/ops", 200, "{\"members\":[]}");
    plane_test_answer(t, "/access/users?full=1", 200, "[]");
}

static void a_pool_is_made_and_unmade(void **state)
{
    struct plane_test t;
    (void)state;
    pool_init(&t, NULL);
    plane_test_argument(&t, "comment", "new", 1);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_create"), 0);
    expect_told(&t, "guards", 0,
                "{\"path\":\"/pools\",\"fields\":\"/0/poolid,/0/comment\",\"flags\":1,\"params\":["
                "{\"name\":\"poolid\",\"value\":\"prod\"}]}");
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/pools\",\"params\":["
                "{\"name\":\"poolid\",\"value\":\"prod\"},{\"name\":\"comment\",\"value\":\"new\"}]}");
    expect_told(&t, "undo", 0,
                "{\"kind\":2,\"steps\":[{\"kind\":1,\"name\":\"change\",\"method\":\"DELETE\",\"path\":"
                "\"/pools\",\"params\":[{\"name\":\"poolid\",\"value\":\"prod\"}]}]}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"pool.create\",\"subject\":{\"kind\":\"pool\",\"poolid\":\"prod\"}}");
    plane_test_done(&t);
    pool_init(&t, EMPTY);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_pool_create"), PROXIMO_EINVAL, "already");
    plane_test_done(&t);
}

/* The grants at the pool's path go with it; the way back gives them again. */
static void a_deleted_pool_comes_back_with_its_grants(void **state)
{
    struct plane_test t;
    (void)state;
    pool_init(&t, EMPTY);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_delete"), 0);
    expect_words(&t, "steps", "\"method\":\"DELETE\",\"path\":\"/pools\"");
    expect_told(
        &t, "undo", 0,
        "{\"kind\":2,\"steps\":[{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/pools\","
        "\"params\":[{\"name\":\"poolid\",\"value\":\"prod\"},{\"name\":\"comment\",\"value\":\"old\"}]},"
        "{\"kind\":1,\"flags\":2,\"name\":\"grant0\",\"method\":\"PUT\",\"path\":\"/access/acl\",\"params\":["
        "{\"name\":\"path\",\"value\":\"/pool/prod\"},{\"name\":\"roles\",\"value\":\"PVEVMUser\"},"
        "{\"name\":\"users\",\"value\":\"bob@pve\"},{\"name\":\"propagate\",\"value\":\"1\"}]}]}");
    expect_words(&t, "postcondition", "\"select\":\"[poolid=prod]\",\"wait_test\":4");
    assert_int_equal(plane_test_told_count(&t, "guards"), 1);
    plane_test_done(&t);
    pool_init(&t, EMPTY); /* without any, one that comes later must not go unseen */
    answer_instead(&t, "/access/acl", 200, "[]");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_delete"), 0);
    expect_words(&t, "guards", "\"path\":\"/access/acl\",\"fields\":\"[path=/pool/prod]\"");
    plane_test_done(&t);
}

static void a_pool_that_is_not_empty_is_not_deleted(void **state)
{
    struct plane_test t;
    (void)state;
    pool_init(&t, FULL);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_pool_delete"), PROXIMO_ESTATE, "2 members");
    plane_test_done(&t);
    pool_init(&t, NULL);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_pool_delete"), PROXIMO_ENOTFOUND, "no pool");
    plane_test_done(&t);
    plane_test_init(&t);
    plane_test_argument(&t, "poolid", "prod", 1);
    plane_test_answer(&t, "/pools?poolid=prod", 200, EMPTY);
    plane_test_answer(&t, "/pools", 200, "[{\"poolid\":\"prod\"},{\"poolid\":\"prod/sub\"}]");
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_pool_delete"), PROXIMO_ESTATE, "prod/sub");
    plane_test_done(&t);
}

static void members_come_and_go(void **state)
{
    struct plane_test t;
    (void)state;
    pool_init(&t, FULL);
    plane_test_argument(&t, "vms", "[\"105\",\"106\"]", 0); /* 105 is one already */
    plane_test_argument(&t, "storage", "[\"nfs\"]", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_update"), 0);
    expect_words(&t, "steps",
                 "\"params\":[{\"name\":\"poolid\",\"value\":\"prod\"},{\"name\":\"vms\",\"value\":\"106\"},"
                 "{\"name\":\"storage\",\"value\":\"nfs\"}]");
    expect_words(&t, "undo",
                 "\"params\":[{\"name\":\"poolid\",\"value\":\"prod\"},{\"name\":\"vms\",\"value\":\"106\"},"
                 "{\"name\":\"storage\",\"value\":\"nfs\"},{\"name\":\"delete\",\"value\":\"1\"}]");
    /* Members carry usage, which changes by itself: only whether they are there is guarded. */
    expect_words(&t, "guards",
                 "\"fields\":\"/0/comment,/0/members[vmid=106]/vmid,/0/members[storage=nfs]/storage\"");
    expect_words(&t, "facts", "gain_these_roles");
    expect_words(&t, "facts", "bob@pve");
    plane_test_done(&t);

    pool_init(&t, FULL);
    plane_test_argument(&t, "vms", "[\"105\"]", 0);
    plane_test_argument(&t, "delete", "true", 0);
    plane_test_argument(&t, "comment", "", 1);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_update"), 0);
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"1\"},{\"name\":\"comment\",\"value\":\"\"}");
    expect_words(&t, "undo", "{\"name\":\"vms\",\"value\":\"105\"},{\"name\":\"comment\",\"value\":\"old\"}");
    expect_words(&t, "facts", "lose_these_roles");
    plane_test_done(&t);

    pool_init(&t, FULL);
    plane_test_argument(&t, "vms", "[\"105\"]", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_update"), 0);
    expect_told(&t, "steps", 0, NULL);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

static void a_guest_of_another_pool_is_moved_only_when_asked(void **state)
{
    struct plane_test t;
    (void)state;
    pool_init(&t, EMPTY);
    plane_test_argument(&t, "vms", "[\"100\"]", 0);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_pool_update"), PROXIMO_EINVAL, "in pool \"other\"");
    plane_test_done(&t);
    pool_init(&t, EMPTY);
    plane_test_argument(&t, "vms", "[\"100\",\"106\"]", 0);
    plane_test_argument(&t, "allow_move", "true", 0);
    assert_int_equal(plane_test_plan(&t, nodes, "pve_pool_update"), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"vms\",\"value\":\"100,106\"},{\"name\":\"allow-move\",\"value\":\"1\"}");
    expect_words(
        &t, "undo",
        "\"name\":\"back0\",\"method\":\"PUT\",\"path\":\"/pools\",\"params\":[{\"name\":\"poolid\","
        "\"value\":\"other\"},{\"name\":\"vms\",\"value\":\"100\"},{\"name\":\"allow-move\",\"value\":"
        "\"1\"}]");
    expect_words(&t, "undo", "{\"name\":\"vms\",\"value\":\"106\"},{\"name\":\"delete\",\"value\":\"1\"}");
    plane_test_done(&t);
    pool_init(&t, EMPTY);
    t.denied = 1;
    plane_test_argument(&t, "vms", "[\"106\"]", 0);
    expect_failure(&t, plane_test_plan(&t, nodes, "pve_pool_update"), PROXIMO_EDENIED, "/vms/106");
    plane_test_done(&t);
}

static void a_pools_blast_names_principals_and_members(void **state)
{
    static const char *const classes[] = {"pool.update", "pool.delete"};
    static const char subject[] = "{\"kind\":\"pool\",\"poolid\":\"prod\"}";
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        pool_init(&t, FULL);
        assert_int_equal(plane_test_blast(&t, nodes, classes[i], subject), 0);
        expect_words(&t, "affected", "\"resource\":\"guest/105\",\"name\":\"ct105\"");
        expect_words(&t, "affected", "\"resource\":\"storage/local\"");
        expect_words(&t, "affected", "\"resource\":\"user/bob@pve\"");
        /* Handed down from /pool: it holds on members, and stays when the pool goes. */
        if (i == 0)
            expect_words(&t, "affected", "\"resource\":\"group/ops\"");
        assert_int_equal(plane_test_told_count(&t, "affected"), i == 0 ? 4 : 3);
        for (uint32_t k = 0; k < plane_test_told_count(&t, "affected"); k++)
            assert_null(strstr(plane_test_told(&t, "affected", k), "0.77"));
        assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
        plane_test_done(&t);
        plane_test_init(&t); /* nothing answers */
        assert_int_equal(plane_test_blast(&t, nodes, classes[i], subject), 0);
        expect_words(&t, "incomplete", "the pool's members");
        expect_words(&t, "incomplete", "who has rights");
        plane_test_done(&t);
    }
}

/* ---- tasks */

static void task_init(struct plane_test *t, int32_t status, const char *data)
{
    plane_test_init(t);
    plane_test_argument(t, "upid", UPID, 1);
    plane_test_argument(t, "node", "pve1", 1);
    plane_test_answer(t, TASK, status, data);
}

static void a_running_task_is_stopped_without_a_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    task_init(&t, 200, "{\"status\":\"running\"}");
    t.denied = 1;
    assert_int_equal(plane_test_plan(&t, nodes, "pve_task_stop"), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"DELETE\",\"path\":\"/nodes/{node}/tasks/{upid}\","
        "\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"upid\",\"value\":\"" UPID "\"}]}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"task.stop\",\"subject\":{\"kind\":\"task\",\"upid\":\"" UPID "\"}}");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    expect_words(&t, "facts", "\"user\":\"root@pam!tok\"");
    expect_words(&t, "facts", "Sys.Modify");
    plane_test_done(&t);
    task_init(&t, 200, "{\"status\":\"stopped\",\"exitstatus\":\"OK\"}");
    assert_int_equal(plane_test_plan(&t, nodes, "pve_task_stop"), 0);
    expect_told(&t, "steps", 0, NULL);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
}

static void its_blast_says_what_it_was_doing(void **state)
{
    struct plane_test t;
    (void)state;
    task_init(&t, 200, "{\"status\":\"running\"}");
    assert_int_equal(plane_test_blast(&t, nodes, "task.stop", "{\"kind\":\"task\",\"upid\":\"" UPID "\"}"),
                     0);
    expect_words(&t, "affected", "{\"resource\":\"guest/105\",\"effect\":\"its backup is not finished");
    plane_test_done(&t);
    task_init(&t, 403, "");
    assert_int_equal(plane_test_blast(&t, nodes, "task.stop", "{\"kind\":\"task\",\"upid\":\"" UPID "\"}"),
                     0);
    expect_words(&t, "incomplete", "the task's state");
    expect_words(&t, "affected", "guest/105");
    plane_test_done(&t);
}

static void a_wait_says_how_it_ended(void **state)
{
    static const struct {
        const char *data, *reply;
    } cases[] = {
        {"{\"status\":\"stopped\",\"exitstatus\":\"OK\"}",
         "{\"upid\":\"" UPID
         "\",\"finished\":true,\"succeeded\":true,\"outcome\":\"ok\",\"status\":\"stopped\","
         "\"exitstatus\":\"OK\",\"untrusted\":[\"exitstatus\"],\"timed_out\":false,\"polls\":1}"},
        {"{\"status\":\"stopped\",\"exitstatus\":\"job errors\"}",
         "{\"upid\":\"" UPID "\",\"finished\":true,\"succeeded\":false,\"outcome\":\"error\",\"status\":"
         "\"stopped\",\"exitstatus\":\"job errors\",\"untrusted\":[\"exitstatus\"],\"timed_out\":false,"
         "\"polls\":1}"},
        {"{\"status\":\"stopped\",\"exitstatus\":\"WARNINGS: 2\"}",
         "{\"upid\":\"" UPID "\",\"finished\":true,\"succeeded\":false,\"outcome\":\"warning\",\"status\":"
         "\"stopped\",\"exitstatus\":\"WARNINGS: 2\",\"untrusted\":[\"exitstatus\"],\"timed_out\":false,"
         "\"polls\":1}"},
        {"{\"status\":\"stopped\"}",
         "{\"upid\":\"" UPID "\",\"finished\":true,\"succeeded\":false,\"outcome\":\"unknown\",\"status\":"
         "\"stopped\",\"timed_out\":false,\"polls\":1}"},
        {"{\"status\":\"running\"}",
         "{\"upid\":\"" UPID "\",\"finished\":false,\"succeeded\":false,\"outcome\":\"running\",\"status\":"
         "\"running\",\"timed_out\":true,\"polls\":2}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        task_init(&t, 200, cases[i].data);
        plane_test_argument(&t, "timeout", "1", 0);
        plane_test_argument(&t, "interval", "1", 0);
        assert_int_equal(plane_test_read(&t, nodes, "pve_task_wait"), 0);
        assert_string_equal(t.reply[0].data, cases[i].reply);
        plane_test_done(&t);
    }
    struct plane_test t;
    task_init(&t, 403, "");
    assert_int_equal(plane_test_read(&t, nodes, "pve_task_wait"), PROXIMO_EDENIED);
    t.cancelled = 1;
    assert_int_equal(plane_test_read(&t, nodes, "pve_task_wait"), PROXIMO_ECANCELLED);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pool_is_made_and_unmade),
        cmocka_unit_test(a_deleted_pool_comes_back_with_its_grants),
        cmocka_unit_test(a_pool_that_is_not_empty_is_not_deleted),
        cmocka_unit_test(members_come_and_go),
        cmocka_unit_test(a_guest_of_another_pool_is_moved_only_when_asked),
        cmocka_unit_test(a_pools_blast_names_principals_and_members),
        cmocka_unit_test(a_running_task_is_stopped_without_a_way_back),
        cmocka_unit_test(its_blast_says_what_it_was_doing),
        cmocka_unit_test(a_wait_says_how_it_ended),
    };
    nodes = plane_load("nodes");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
