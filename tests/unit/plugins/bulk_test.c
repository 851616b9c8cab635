/* SPDX-License-Identifier: Apache-2.0 */
/* pve_bulk_start, pve_bulk_shutdown, pve_bulk_migrate: who is selected, in which order, who is left alone and
 * why, and what the way back is. */
#include "plan_rig.h"

static const struct proximo_plane *guests;

/* What the cluster's list says. All say "stopped": the state there is seconds old and nobody must believe it.
 */
#define LIST                                                                                                 \
    "[{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web-1\",\"node\":\"pve1\",\"tags\":\"prod;web\","           \
    "\"pool\":\"front\",\"status\":\"stopped\"},"                                                            \
    "{\"type\":\"qemu\",\"vmid\":101,\"name\":\"web-2\",\"node\":\"pve1\",\"tags\":\"web\","                 \
    "\"pool\":\"front/b\",\"status\":\"stopped\"},"                                                          \
    "{\"type\":\"lxc\",\"vmid\":102,\"name\":\"dns\",\"node\":\"pve2\",\"tags\":\"prod\",\"status\":"        \
    "\"stopped\"},"                                                                                          \
    "{\"type\":\"lxc\",\"vmid\":103,\"name\":\"webmail\",\"node\":\"pve2\",\"status\":\"stopped\"}]"

static const struct {
    const char *place;
    int vmid;
} places[] = {{"pve1/qemu/100", 100}, {"pve1/qemu/101", 101}, {"pve2/lxc/102", 102}, {"pve2/lxc/103", 103}};

static void answer(struct plane_test *t, const char *place, const char *rest, int32_t status,
                   const char *data)
{
    char path[200];
    (void)snprintf(path, sizeof(path), "/nodes/%s%s", place, rest);
    plane_test_answer(t, path, status, data);
}

/* The four, each with this state and configuration. */
static void cluster(struct plane_test *t, const char *const state[4], const char *const startup[4])
{
    char text[300];

    plane_test_init(t);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, LIST);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(text, sizeof(text), "{\"vmid\":%d,%s}", places[i].vmid, state[i]);
        answer(t, places[i].place, "/status/current", 200, text);
        (void)snprintf(text, sizeof(text), "{\"digest\":\"d\"%s%s%s}", startup[i] ? ",\"startup\":\"" : "",
                       startup[i] ? startup[i] : "", startup[i] ? "\"" : "");
        answer(t, places[i].place, "/config", 200, text);
    }
}

#define STOPPED "\"status\":\"stopped\",\"ha\":{\"managed\":0}"
#define RUNNING "\"status\":\"running\",\"qmpstatus\":\"running\",\"ha\":{\"managed\":0}"
static const char *const stopped[4] = {STOPPED, STOPPED, STOPPED, STOPPED};
static const char *const running[4] = {RUNNING, RUNNING, RUNNING, RUNNING};
static const char *const no_order[4] = {NULL, NULL, NULL, NULL};

/* The names of the steps, in their order. */
static void expect_steps(const struct plane_test *t, const char *wanted)
{
    char names[600] = "";
    size_t len = 0;

    for (uint32_t i = 0; i < plane_test_told_count(t, "steps"); i++) {
        const char *name = strstr(plane_test_told(t, "steps", i), "\"name\":\"guest-");
        assert_non_null(name);
        len += (size_t)snprintf(names + len, sizeof(names) - len, "%s%.3s", len ? " " : "", name + 14);
    }
    assert_string_equal(names, wanted);
    assert_int_equal(plane_test_told_count(t, "postcondition"), plane_test_told_count(t, "steps"));
    assert_int_equal(plane_test_told_count(t, "subjects"), plane_test_told_count(t, "steps"));
}

/* ---- who */

static const struct {
    const char *name, *json; /* an argument */
    int quoted;
    const char *second, *second_json;
    const char *steps;
    const char *left; /* words of what is left alone */
} selections[] = {
    {"node", "pve1", 1, NULL, NULL, "100 101", NULL},
    {"kind", "lxc", 1, NULL, NULL, "102 103", NULL},
    {"pool", "front", 1, NULL, NULL, "100", NULL}, /* not front/b */
    {"tag", "prod", 1, NULL, NULL, "100 102", NULL},
    {"tag", "web", 1, NULL, NULL, "100 101", NULL},
    {"tag", "we", 1, NULL, NULL, "", NULL},
    {"name", "web-2", 1, NULL, NULL, "101", NULL},
    {"name", "web", 1, NULL, NULL, "", NULL},
    {"name", "web*", 1, NULL, NULL, "100 101 103", NULL},
    {"name", "web-*", 1, "exclude", "[\"100\"]", "101", NULL},
    {"vmids", "[\"103\",\"100\",\"103\"]", 0, NULL, NULL, "100 103", NULL},
    {"vmids", "[\"103\",\"100\"]", 0, "exclude", "[\"103\"]", "100", NULL},
    {"kind", "lxc", 1, "vmids", "[\"103\",\"100\"]", "103", "is not what the other selectors ask for"},
};

static void selects(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(selections) / sizeof(selections[0]); i++) {
        struct plane_test t;
        cluster(&t, stopped, no_order);
        plane_test_argument(&t, selections[i].name, selections[i].json, selections[i].quoted);
        if (selections[i].second)
            plane_test_argument(&t, selections[i].second, selections[i].second_json, 0);
        assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_start"), 0);
        expect_steps(&t, selections[i].steps);
        if (!*selections[i].steps)
            expect_words(&t, "summary", "nothing to do");
        if (selections[i].left)
            expect_words(&t, "facts", selections[i].left);
        plane_test_done(&t);
    }
}

static const struct {
    const char *name, *json;
    int quoted;
    int32_t code;
    const char *words;
} mistakes[] = {
    {NULL, NULL, 0, PROXIMO_EINVAL, "say which guests"},
    {"exclude", "[\"100\"]", 0, PROXIMO_EINVAL, "say which guests"}, /* it selects nobody */
    {"name", "*", 1, PROXIMO_EINVAL, "one * at the end"},
    {"name", "w*b", 1, PROXIMO_EINVAL, "one * at the end"},
    {"name", "web**", 1, PROXIMO_EINVAL, "one * at the end"},
    {"vmids", "[]", 0, PROXIMO_EINVAL, "names no guest"}, /* a list of nobody is not "all" */
    {"vmids", "[\"100\",\"999\"]", 0, PROXIMO_ENOTFOUND, "vmids: there is no guest 999"},
};

static void mistakes_are_said(void **state)
{
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        cluster(&t, stopped, no_order);
        if (mistakes[i].name)
            plane_test_argument(&t, mistakes[i].name, mistakes[i].json, mistakes[i].quoted);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_bulk_shutdown"), mistakes[i].code,
                       mistakes[i].words);
        plane_test_done(&t);
    }
    /* one to be spared whose number is mistyped would not be spared */
    cluster(&t, running, no_order);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "exclude", "[\"1000\"]", 0);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_bulk_shutdown"), PROXIMO_ENOTFOUND,
                   "exclude: there is no guest 1000");
    plane_test_done(&t);
}

static void no_list_no_plan(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_answer(&t, "/cluster/resources?type=vm", 500, "");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_bulk_start"), PROXIMO_EREMOTE, "list of guests");
    plane_test_done(&t);
}

/* ---- order and steps */

static void in_startup_order(void **state)
{
    static const char *const startup[4] = {"order=3", NULL, "1,up=30", "order=2,down=9"};
    struct plane_test t;
    (void)state;

    cluster(&t, stopped, startup);
    plane_test_argument(&t, "vmids", "[\"100\",\"101\",\"102\",\"103\"]", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_start"), 0);
    expect_steps(&t, "102 103 100 101");
    expect_words(&t, "facts", "{\"name\":\"delays\"");
    expect_words(&t, "risks", "{\"risk\":2,");
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);

    cluster(&t, running, startup);
    plane_test_argument(&t, "vmids", "[\"100\",\"101\",\"102\",\"103\"]", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_shutdown"), 0);
    expect_steps(&t, "101 100 103 102");
    expect_words(&t, "risks", "{\"risk\":3,");
    plane_test_done(&t);
}

static void each_is_a_step(void **state)
{
    struct plane_test t;
    (void)state;
    cluster(&t, running, no_order);
    plane_test_argument(&t, "vmids", "[\"102\"]", 0);
    plane_test_argument(&t, "timeout", "30", 0);
    plane_test_argument(&t, "force_stop", "true", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_shutdown"), 0);
#define AT102                                                                                                \
    "{\"name\":\"node\",\"value\":\"pve2\"},{\"name\":\"kind\",\"value\":\"lxc\"},"                          \
    "{\"name\":\"vmid\",\"value\":\"102\"}"
    expect_told(&t, "guards", 0,
                "{\"path\":\"/nodes/{node}/{kind}/{vmid}/status/current\",\"fields\":\"/vmid,/status,/lock,"
                "/ha/managed\",\"params\":[" AT102 "]}");
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"flags\":3,\"name\":\"guest-102\",\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/status/shutdown\",\"params\":[" AT102
                ",{\"name\":\"forceStop\",\"value\":\"1\"},{\"name\":\"timeout\",\"value\":\"30\"}]}");
    expect_told(&t, "postcondition", 0,
                "{\"kind\":3,\"path\":\"/nodes/{node}/{kind}/{vmid}/status/current\",\"params\":[" AT102
                "],\"select\":\"/status\",\"wait_test\":2,\"interval_ms\":1000,\"deadline_ms\":60000,"
                "\"wait_value\":\"\\\"stopped\\\"\",\"tolerate\":\"500,595,596,599\"}");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"guest.shutdown\",\"subject\":{\"kind\":\"guest\",\"vmid\":102,\"node\":"
                "\"pve2\",\"type\":\"lxc\"}}");
    expect_words(&t, "risks", "cut off"); /* force_stop, also for one alone */
    plane_test_done(&t);
}

/* ---- left alone */

static const struct {
    const char *tool, *state, *why;
} left[] = {
    {"pve_bulk_start", RUNNING, "is running already"},
    {"pve_bulk_start", "\"status\":\"running\",\"qmpstatus\":\"paused\"", "is paused"},
    {"pve_bulk_start", "\"status\":\"stopped\",\"template\":1", "is a template"},
    {"pve_bulk_start", "\"status\":\"stopped\",\"lock\":\"backup\"", "is locked (backup)"},
    {"pve_bulk_start", "\"status\":\"stopped\",\"lock\":\"suspended\"", "is suspended"},
    {"pve_bulk_start", "\"name\":\"x\"", "its state could not be read"},
    {"pve_bulk_shutdown", STOPPED, "is stopped already"},
    {"pve_bulk_shutdown", "\"status\":\"running\",\"lock\":\"snapshot\"", "is locked (snapshot)"},
    {"pve_bulk_shutdown", "\"status\":\"running\",\"qmpstatus\":\"paused\"", "cannot hear"},
};

static void left_alone(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(left) / sizeof(left[0]); i++) {
        const int start = strcmp(left[i].tool, "pve_bulk_start") == 0;
        const char *states[4] = {left[i].state, start ? STOPPED : RUNNING, STOPPED, STOPPED};
        struct plane_test t;
        cluster(&t, states, no_order);
        plane_test_argument(&t, "node", "pve1", 1);
        assert_int_equal(plane_test_plan(&t, guests, left[i].tool), 0);
        expect_steps(&t, "101");
        expect_words(&t, "facts", left[i].why);
        expect_words(&t, "facts", "\"guests\":[100]");
        assert_int_equal(plane_test_told_count(&t, "incomplete"), strstr(left[i].why, "not be read") ? 1 : 0);
        plane_test_done(&t);

        states[1] = states[0]; /* nobody else: the sentence has the reason */
        cluster(&t, states, no_order);
        plane_test_argument(&t, "node", "pve1", 1);
        assert_int_equal(plane_test_plan(&t, guests, left[i].tool), 0);
        expect_steps(&t, "");
        expect_words(&t, "summary", "nothing to do");
        expect_words(&t, "summary", left[i].why);
        expect_words(&t, "summary", "100, 101");
        plane_test_done(&t);
    }
}

static void not_allowed_or_cancelled(void **state)
{
    struct plane_test t;
    (void)state;
    cluster(&t, stopped, no_order);
    t.denied = 1;
    plane_test_argument(&t, "node", "pve1", 1);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_bulk_start"), PROXIMO_EDENIED, "VM.PowerMgmt");
    plane_test_done(&t);

    cluster(&t, stopped, no_order);
    t.cancelled = 1;
    plane_test_argument(&t, "node", "pve1", 1);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_bulk_start"), PROXIMO_ECANCELLED, "");
    plane_test_done(&t);
}

static void under_ha_the_state_is_waited_for(void **state)
{
    static const char *const managed[4] = {"\"status\":\"running\",\"ha\":{\"managed\":1}", RUNNING, STOPPED,
                                           STOPPED};
    struct plane_test t;
    (void)state;
    cluster(&t, managed, no_order);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "timeout", "30", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_shutdown"), 0);
    expect_steps(&t, "101 100");
    expect_words(&t, "postcondition", "\"deadline_ms\":630000");
    expect_words(&t, "facts", "{\"name\":\"ha\"");
    plane_test_done(&t);
}

/* ---- the way back */

#define WAS(vmid, status) "{\"/vmid\":" #vmid ",\"/status\":\"" status "\",\"/ha/managed\":0}"

static void undo_is_of_those_that_changed(void **state)
{
    static const char record[] =
        "{\"tool\":\"pve_bulk_shutdown\",\"before\":[" WAS(100, "running") "," WAS(101, "running") "," WAS(102, "running") "," WAS(
            103,
            "running") ",{\"/members\":[]}],\"after\":[" WAS(100,
                                                             "stopped") "," WAS(101,
                                                                                "running") ",null," WAS(103,
                                                                                                        "stop"
                                                                                                        "ped") ",null]}";
    static const char *const now[4] = {STOPPED, RUNNING, STOPPED, RUNNING}; /* 103 was started by somebody */
    static const char *const nothing =
        "{\"before\":[" WAS(100, "running") "],\"after\":[" WAS(100, "running") "]}";
    struct plane_test t;
    (void)state;

    cluster(&t, now, no_order);
    plane_test_argument(&t, "node", "pve1", 1);
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_bulk_shutdown", record), 0);
    expect_steps(&t, "100");
    expect_words(&t, "steps", "/status/start");
    expect_words(&t, "subjects", "guest.start");
    expect_words(&t, "facts", "is running already");
    expect_words(&t, "incomplete", "what became of some guests"); /* 102 */
    expect_told(&t, "undo", 0, "{\"kind\":3}");
    plane_test_done(&t);

    cluster(&t, now, no_order);
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_bulk_shutdown", nothing), PROXIMO_ENOTFOUND,
                   "no guest's state was changed");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
}

/* ---- migration: what stands in the way is in migrate_blast_test.c */

static void migrate_cluster(struct plane_test *t, const char *const state[4])
{
    cluster(t, state, no_order);
    plane_test_answer(t, "/nodes", 200,
                      "[{\"node\":\"pve1\",\"status\":\"online\",\"maxmem\":8589934592,\"mem\":0},"
                      "{\"node\":\"pve2\",\"status\":\"online\",\"maxmem\":8589934592,\"mem\":0},"
                      "{\"node\":\"pve3\",\"status\":\"offline\"}]");
    plane_test_answer(t, "/cluster/replication", 200, "[]");
}

static void moves(void **state)
{
    static const char *const mixed[4] = {RUNNING, STOPPED, RUNNING,
                                         "\"status\":\"stopped\",\"lock\":\"backup\""};
    struct plane_test t;
    (void)state;
    migrate_cluster(&t, mixed);
    plane_test_argument(&t, "vmids", "[\"100\",\"101\",\"102\",\"103\"]", 0);
    plane_test_argument(&t, "target", "pve2", 1);
    plane_test_argument(&t, "online", "true", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_migrate"), 0);
    expect_steps(&t, "100 101");
    expect_words(&t, "facts", "is on pve2 already");
    expect_words(&t, "facts", "\"guests\":[102,103]");
    expect_told(&t, "steps", 0,
                "{\"kind\":1,\"flags\":3,\"name\":\"guest-100\",\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/migrate\",\"params\":[{\"name\":\"node\",\"value\":\"pve1\"},"
                "{\"name\":\"kind\",\"value\":\"qemu\"},{\"name\":\"vmid\",\"value\":\"100\"},"
                "{\"name\":\"target\",\"value\":\"pve2\"},{\"name\":\"online\",\"value\":\"1\"}]}");
    assert_null(strstr(plane_test_told(&t, "steps", 1), "online")); /* it is stopped */
    expect_words(&t, "postcondition", "\"value\":\"pve2\"");
    expect_words(&t, "postcondition", "\"wait_value\":\"\\\"stopped\\\"\"");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"guest.migrate\",\"subject\":{\"kind\":\"guest\",\"vmid\":100,\"node\":\"pve1\","
                "\"type\":\"qemu\",\"target\":\"pve2\","
                "\"online\":true,\"with_local_disks\":false}}");
    assert_int_equal(plane_test_told_count(&t, "guards"), 4); /* state and configuration */
    expect_words(&t, "risks", "{\"risk\":3,");
    plane_test_done(&t);
}

static void a_running_container_is_restarted(void **state)
{
    struct plane_test t;
    (void)state;
    migrate_cluster(&t, running);
    plane_test_argument(&t, "kind", "lxc", 1);
    plane_test_argument(&t, "target", "pve1", 1);
    plane_test_argument(&t, "online", "true", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_migrate"), 0);
    expect_steps(&t, "102 103");
    expect_words(&t, "steps", "{\"name\":\"restart\",\"value\":\"1\"}");
    expect_words(&t, "facts", "no live migration");
    plane_test_done(&t);
}

static void refused_with_the_reason(void **state)
{
    struct plane_test t;
    (void)state;
    migrate_cluster(&t, running);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "target", "pve2", 1);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_migrate"), 0); /* without online */
    expect_steps(&t, "");
    expect_words(&t, "summary", "it runs; online moves it while it runs: 100, 101");
    plane_test_done(&t);

    migrate_cluster(&t, stopped);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_argument(&t, "target", "pve3", 1);
    assert_int_equal(plane_test_plan(&t, guests, "pve_bulk_migrate"), 0);
    expect_steps(&t, "");
    expect_words(&t, "summary", "node pve3 is not online: 100, 101");
    plane_test_done(&t);
}

/* Where each came from is the node of its task. 101 never left, 102 is gone. */
static void moves_back(void **state)
{
    static const char record[] =
        "{\"tool\":\"pve_bulk_migrate\",\"before\":[],\"after\":[],\"results\":{"
        "\"guest-103\":\"UPID:pve1:0000A:0000B:0000C:vzmigrate:103:root@pam:\",\"change\":\"UPID:pve9:\"},"
        "\"steps\":[{\"name\":\"guest-103\"},"
        /* its answer was lost, its task was found */
        "{\"name\":\"guest-101\",\"upid\":\"UPID:pve1:0000A:0000B:0000C:qmigrate:101:root@pam:\"},"
        "{\"name\":\"guest-100\",\"outcome\":\"skipped\"},"
        "{\"name\":\"guest-999\",\"upid\":\"UPID:pve1:0000A:0000B:0000C:qmigrate:999:root@pam:\"}]}";
    struct plane_test t;
    (void)state;
    migrate_cluster(&t, stopped);
    plane_test_argument(&t, "target", "pve2", 1);
    assert_int_equal(plane_test_plan_undo(&t, guests, "pve_bulk_migrate", record), 0);
    expect_steps(&t, "103");
    expect_words(&t, "steps", "{\"name\":\"target\",\"value\":\"pve1\"}");
    expect_words(&t, "facts", "is on pve1 already");
    expect_words(&t, "facts", "may be gone\",\"guests\":[999]");
    plane_test_done(&t);

    migrate_cluster(&t, stopped);
    expect_failure(&t, plane_test_plan_undo(&t, guests, "pve_bulk_migrate", "{\"results\":{}}"),
                   PROXIMO_ENOTFOUND, "no guest was moved");
    plane_test_done(&t);
}

/* Of 64 guests none is looked for in a list of 10,000: the subject says where it is. */
static void a_subject_says_where(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    answer(&t, "pve2/lxc/102", "/status/current", 200, "{" STOPPED "}");
    answer(&t, "pve2/lxc/102", "/config", 200, "{\"digest\":\"d\"}");
    assert_int_equal(plane_test_blast(&t, guests, "guest.start",
                                      "{\"kind\":\"guest\",\"vmid\":102,\"node\":\"pve2\",\"type\":\"lxc\"}"),
                     0);
    expect_words(&t, "affected", "\"effect\":\"starts;");
    assert_int_equal(plane_test_told_count(&t, "incomplete"), 0);
    assert_int_equal(t.asked_count, 2);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(selects),
        cmocka_unit_test(mistakes_are_said),
        cmocka_unit_test(no_list_no_plan),
        cmocka_unit_test(in_startup_order),
        cmocka_unit_test(each_is_a_step),
        cmocka_unit_test(left_alone),
        cmocka_unit_test(not_allowed_or_cancelled),
        cmocka_unit_test(under_ha_the_state_is_waited_for),
        cmocka_unit_test(undo_is_of_those_that_changed),
        cmocka_unit_test(moves),
        cmocka_unit_test(a_running_container_is_restarted),
        cmocka_unit_test(refused_with_the_reason),
        cmocka_unit_test(moves_back),
        cmocka_unit_test(a_subject_says_where),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
