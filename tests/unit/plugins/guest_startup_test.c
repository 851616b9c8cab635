/* SPDX-License-Identifier: Apache-2.0 */
/* Who may depend on a guest that stops: by explicit startup orders on the same node, and by nothing else. */
#include "plan_rig.h"

#define SUBJECT     "{\"kind\":\"guest\",\"vmid\":105}"
#define LATER       "may depend on it"
#define RUNNING     "{\"vmid\":105,\"name\":\"dns\",\"status\":\"running\",\"ha\":{\"managed\":0}}"
#define STOPPED     "{\"vmid\":105,\"name\":\"dns\",\"status\":\"stopped\",\"ha\":{\"managed\":0}}"
#define MANAGED     "{\"vmid\":105,\"name\":\"dns\",\"status\":\"running\",\"ha\":{\"managed\":1}}"
#define ORDER(text) "{\"digest\":\"d\",\"startup\":\"" text "\"}"

static const struct proximo_plane *guests;

static void node_of(struct plane_test *t, const char *status, const char *startup, const char *other)
{
    plane_test_init(t);
    plane_test_answer(t, "/cluster/resources?type=vm", 200,
                      "[{\"vmid\":105,\"node\":\"pve1\",\"type\":\"lxc\",\"status\":\"running\"},"
                      "{\"vmid\":106,\"node\":\"pve1\",\"type\":\"qemu\",\"name\":\"mail\"},"
                      "{\"vmid\":107,\"node\":\"pve2\",\"type\":\"qemu\",\"name\":\"far\"},"
                      "{\"vmid\":108,\"node\":\"pve1\",\"type\":\"qemu\",\"name\":\"gold\",\"template\":1},"
                      "{\"vmid\":109,\"node\":\"pve1\",\"type\":\"qemu\",\"name\":\"kept\","
                      "\"hastate\":\"started\"}]");
    guest_answer(t, "lxc", "/status/current", 200, status);
    guest_answer(t, "lxc", "/config", 200, startup);
    plane_test_answer(t, "/cluster/ha/resources/ct%3A105", 200, "{\"sid\":\"ct:105\"}");
    plane_test_answer(t, "/cluster/replication", 200, "[]");
    if (other)
        plane_test_answer(t, "/nodes/pve1/qemu/106/config", 200, other);
    plane_test_answer(t, "/nodes/pve2/qemu/107/config", 200, ORDER("order=9"));
    plane_test_answer(t, "/nodes/pve1/qemu/108/config", 200, ORDER("order=9"));
    plane_test_answer(t, "/nodes/pve1/qemu/109/config", 200, ORDER("order=9"));
}

static void a_later_order_on_the_same_node_may_depend(void **state)
{
    static const struct {
        const char *class, *status, *startup, *other;
        bool later;
    } cases[] = {
        {"guest.stop", RUNNING, ORDER("order=1"), ORDER("order=2"), true},
        {"guest.stop", RUNNING, ORDER("1"), ORDER("up=30,order=2,down=5"), true},
        {"guest.shutdown", RUNNING, ORDER("order=1,up=60"), ORDER("order=7"), true},
        {"guest.reboot", RUNNING, ORDER("order=1"), ORDER("order=2"), true},
        {"guest.suspend", RUNNING, ORDER("order=1"), ORDER("order=2"), true},
        {"guest.hibernate", RUNNING, ORDER("order=1"), ORDER("order=2"), true},
        {"guest.reset", RUNNING, ORDER("order=1"), ORDER("order=2"), true},
        {"guest.stop", RUNNING, ORDER("order=2"), ORDER("order=2"), false},
        {"guest.stop", RUNNING, ORDER("order=3"), ORDER("order=2"), false},
        {"guest.stop", RUNNING, ORDER("order=1"), ORDER("up=30"), false},
        {"guest.stop", RUNNING, ORDER("order=1"), "{\"digest\":\"d\"}", false},
        {"guest.stop", RUNNING, ORDER("up=30"), ORDER("order=2"), false},
        {"guest.stop", RUNNING, "{\"digest\":\"d\"}", ORDER("order=2"), false},
        {"guest.stop", STOPPED, ORDER("order=1"), ORDER("order=2"), false},
        {"guest.stop", MANAGED, ORDER("order=1"), ORDER("order=2"), false},
        {"guest.start", RUNNING, ORDER("order=1"), ORDER("order=2"), false},
        {"guest.resume", RUNNING, ORDER("order=1"), ORDER("order=2"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;

        node_of(&t, cases[i].status, cases[i].startup, cases[i].other);
        assert_int_equal(plane_test_blast(&t, guests, cases[i].class, SUBJECT), 0);
        if (words_told(&t, "affected", LATER) != cases[i].later)
            fail_msg("%s with %s and %s", cases[i].class, cases[i].startup, cases[i].other);
        if (cases[i].later) {
            assert_true(words_told(&t, "affected", "\"resource\":\"guest/106\",\"name\":\"mail\""));
            assert_false(words_told(&t, "affected", "guest/107") || words_told(&t, "affected", "guest/108") ||
                         words_told(&t, "affected", "guest/109"));
        }
        assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
        plane_test_done(&t);
    }
}

/* data:null is a configuration that was not read. */
static void what_is_not_read_is_said(void **state)
{
    static const char *const unread[] = {NULL, "{}", "null"};

    (void)state;
    for (size_t i = 0; i < sizeof(unread) / sizeof(unread[0]); i++) {
        struct plane_test t;

        node_of(&t, RUNNING, ORDER("order=1"), unread[i]);
        assert_int_equal(plane_test_blast(&t, guests, "guest.stop", SUBJECT), 0);
        assert_true(words_told(&t, "incomplete", "which guests start after it"));
        assert_false(words_told(&t, "affected", LATER));
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_later_order_on_the_same_node_may_depend),
        cmocka_unit_test(what_is_not_read_is_said),
    };

    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
