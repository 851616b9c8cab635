/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and blast functions in their host: what they tell arrives, and what lies, crashes or hangs in them
 * costs their own call and nothing else. */
#include "rig.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "config/config.h"

static void expect(struct rig *rig, enum plane_call_kind kind, const char *name, const char *arguments,
                   const char *input, const char *draft)
{
    struct problem p;
    char *told;

    if (rig_draft(rig, kind, name, arguments, input, 10000, &told, &p) < 0)
        fail_msg("%s: %s: %s", name, p.code, p.cause);
    assert_string_equal(told, draft);
    free(told);
}

#define GUEST_FIELD "{\"name\":\"vmid\",\"value\":\"105\"}"

/* design 2: "Where a row does not suffice, a `plan` function ..."
 * design 2: "A plane never receives a secret value ..." */
static void test_plan(void **state)
{
    struct rig rig;
    struct problem p;

    (void)state;
    rig_new(&rig, RIG_FOREIGN, "good,change", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    /* The secret's value stays here, in whatever form it is given. */
    expect(&rig, PLANE_CALL_PLAN, "change_all", "{\"vmid\":\"105\",\"note\":\"n\",\"password\":\"hunter2\"}",
           NULL,
           "{\"summary\":\"Change guest 105 \xe2\x80\x93 \\\"all\\\"\","
           "\"facts\":[{\"name\":\"memory\",\"value\":{\"now\":512,\"then\":null}},"
           "{\"name\":\"nothing\",\"value\":null}],"
           "\"risks\":[{\"risk\":2,\"reason\":\"it restarts\"}],"
           "\"guards\":[{\"path\":\"/nodes/pve1/lxc/{vmid}/config\",\"fields\":\"/digest,/lock\",\"flags\":1,"
           "\"params\":[" GUEST_FIELD "]}],"
           "\"steps\":[{\"kind\":2,\"name\":\"fresh\",\"path\":\"/nodes/pve1/lxc/{vmid}/config\","
           "\"params\":[" GUEST_FIELD "],\"select\":\"/lock\",\"keep\":\"/digest\"},"
           "{\"kind\":1,\"flags\":9,\"method\":\"PUT\",\"path\":\"/nodes/pve1/lxc/{vmid}/config\","
           "\"params\":[" GUEST_FIELD ",{\"name\":\"force\",\"value\":\"1\"},"
           "{\"name\":\"password\",\"flags\":1,\"secret\":\"password\"},"
           "{\"name\":\"digest\",\"value\":\"fresh:/digest\",\"flags\":2}],\"deadline_ms\":60000}],"
           "\"always\":[{\"kind\":1,\"flags\":4,\"name\":\"unlock\",\"method\":\"DELETE\",\"path\":\"/"
           "cluster/lock\"}],"
           "\"postcondition\":[{\"kind\":3,\"path\":\"/nodes/pve1/lxc/105/status/current\",\"select\":\"/"
           "status\","
           "\"wait_test\":2,\"interval_ms\":500,\"wait_value\":\"\\\"stopped\\\"\",\"fail_if\":\"/"
           "lock=migrate\","
           "\"tolerate\":\"500,596\"}],"
           "\"subjects\":[{\"class\":\"change.stop\",\"subject\":{\"kind\":\"guest\",\"vmid\":105}}],"
           "\"incomplete\":[{\"what\":\"the guests of pve2\",\"why\":\"it is offline\"}],"
           "\"undo\":{\"kind\":2,\"steps\":[{\"kind\":1,\"method\":\"PUT\",\"path\":\"/nodes/{node}/lxc/"
           "{vmid}/config\","
           "\"params\":[{\"name\":\"memory\",\"value\":\"before.0:/memory\",\"flags\":2},"
           "{\"name\":\"vmid\",\"value\":\"argument:vmid\",\"flags\":2}]}]}}");
    rig_good(&rig);
    rig_done(&rig);
}

static void test_plan_undo(void **state)
{
    struct rig rig;
    struct problem p;
    char *told;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,change", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    expect(&rig, PLANE_CALL_PLAN_UNDO, "change_all", "{\"vmid\":\"105\",\"password\":{\"secret\":true}}",
           "{\"tool\":\"change_all\",\"before\":[{\"a\":1}]}",
           "{\"facts\":[{\"name\":\"record\",\"value\":{\"tool\":\"change_all\",\"before\":[{\"a\":1}]}}],"
           "\"steps\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/nodes/pve1/lxc/105/status/start\"}],"
           "\"undo\":{\"kind\":3}}");
    assert_true(rig_draft(&rig, PLANE_CALL_PLAN_UNDO, "change_all", "{}", "{\"before\":[\"lost\"]}", 10000,
                          &told, &p) < 0);
    assert_string_equal(p.code, PX_NOT_FOUND);
    assert_non_null(strstr(p.cause, "what was before is lost"));
    /* Not asked of a row that has none. */
    assert_true(rig_draft(&rig, PLANE_CALL_PLAN_UNDO, "change_slow", "{}", "{}", 10000, &told, &p) < 0);
    assert_string_equal(p.code, PX_INTERNAL);
    rig_done(&rig);
}

/* design 2: "**operation classes**: title, risk floor ..." */
static void test_blast(void **state)
{
    const struct plane_info *plane = NULL;
    const struct class_row *class = NULL;
    struct rig rig;
    struct problem p;
    char *told;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,change", NULL);
    assert_false(planes_class_find(rig.planes, "change.stop", &plane, &class)); /* not loaded yet */
    assert_int_equal(rig_wait(&rig, &p), 0);
    expect(&rig, PLANE_CALL_BLAST, "change.stop", "{}", "{\"kind\":\"guest\",\"vmid\":105}",
           "{\"risks\":[{\"risk\":3,\"reason\":\"it is the only one\"}],"
           "\"affected\":[{\"resource\":\"guest/105\",\"name\":\"web\",\"effect\":\"stops\",\"risk\":3,"
           "\"facts\":{\"kind\":\"guest\",\"vmid\":105}},{\"resource\":\"guest/105\",\"effect\":\"stops\"}],"
           "\"incomplete\":[{\"what\":\"/nodes/pve2\",\"why\":\"it is offline\"}]}");
    assert_true(rig_draft(&rig, PLANE_CALL_BLAST, "change.rest", "{}", "{}", 10000, &told, &p) < 0);
    assert_non_null(strstr(p.cause, "has no blast function"));
    assert_false(planes_class_find(rig.planes, "change.nothing", &plane, &class));
    rig_done(&rig);
}

/* A plane that is off offers no tool, and its classes are there for the others.
 * design 2: "Class names are global; any plane may use another's class ..." */
static void test_off(void **state)
{
    const struct plane_info *plane = NULL;
    const struct class_row *class = NULL;
    struct plane_state s;
    struct rig rig;
    struct problem p;
    char yaml[2048];

    (void)state;
    (void)snprintf(yaml, sizeof(yaml),
                   "plane_dir: %s\nplanes:\n  good:\n    mode: read\n  change:\n    mode: \"off\"\n",
                   rig_folder());
    rig_new_yaml(&rig, yaml);
    assert_int_equal(rig_wait(&rig, &p), 0);
    rig_state(&rig, "change", &s);
    assert_true(s.loaded);
    assert_string_equal(s.mode, "off");
    assert_null(planes_tool_find(rig.planes, "change_all"));
    assert_true(planes_class_find(rig.planes, "change.stop", &plane, &class));
    assert_string_equal(plane->name, "change");
    assert_int_equal(class->risk_floor, PROXIMO_RISK_HIGH);
    expect(&rig, PLANE_CALL_BLAST, "change.stop", "{}", "{}",
           "{\"risks\":[{\"risk\":3,\"reason\":\"it is the only one\"}],"
           "\"affected\":[{\"resource\":\"guest/105\",\"name\":\"web\",\"effect\":\"stops\",\"risk\":3,"
           "\"facts\":{}},{\"resource\":\"guest/105\",\"effect\":\"stops\"}],"
           "\"incomplete\":[{\"what\":\"/nodes/pve2\",\"why\":\"it is offline\"}]}");
    rig_done(&rig);
}

static const struct {
    const char *which, *says;
    bool blast; /* told in a blast function as well */
} lies[] = {
    {"flag", "unknown flag bits", false},
    {"kind", "step of kind 9", false},
    {"get", "POST, PUT or DELETE", false},
    {"readpost", "only a request has a method", false},
    {"dotdot", "its path \"/nodes/../access/users\"", false},
    {"encoded", "its path \"/nodes/%2e%2e/access\"", false},
    {"query", "its path \"/nodes?force=1\"", false},
    {"placeholder", "names \"node\", which has no value", false},
    {"segment", "the value of \"x\" cannot stand in a path", false},
    {"handle", "42 is no handle of a secret", false},
    {"secretpath", "a secret has no place in a path", false},
    {"reference", "no step that runs before", false},
    {"before", "no reference that has a value here", false},
    {"size", "its struct_size is 7", false},
    {"fieldutf8", "not valid UTF-8", false},
    {"deadline", "\"deadline_ms\" of an entry of its steps", false},
    {"twice", "two steps are called \"one\"", false},
    {"waitonly", "has no place here", false},
    {"null", "NULL is nothing to tell of", false},
    {"ignore", "POST, PUT or DELETE", false},
    {"megabytes", "more than 4 MiB", false},
    {"long", "a summary is UTF-8 text", false},
    {"guards", "at most 1024 guards", false},
    {"guardflag", "a guard has unknown flag bits", false},
    {"risk", "the risk 7 is none of 1, 2, 3", true},
    {"riskless", "lacks \"reason\"", true},
    {"subject", "\"subject\" of an entry of its subjects is not of its type", false},
    {"class", "is no name of an operation class", false},
    {"fact", "value is not JSON", false},
    {"nofact", "lacks \"value\"", false},
    {"utf8", "a summary is UTF-8 text", false},
    {"undo", "has steps if it is a template", false},
    {"undokind", "undo kind 5", false},
    {"undofunction", "it has no plan_undo", false},
    {"undorows", "1000000 rows", false},
    {"positive", "returned 77", true},
    {"affectedrisk", "the risk 4", true},
    {"affectedflag", "struct_size or flags", true},
};

static void test_lies(void **state)
{
    struct plane_state s;
    struct rig rig;
    struct problem p;
    char *told, text[128];

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,liar", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
        for (int blast = 0; blast < 2; blast++) {
            (void)snprintf(text, sizeof(text), "{\"which\":\"%s\",\"password\":\"p\"}", lies[i].which);
            int r = blast ? rig_draft(&rig, PLANE_CALL_BLAST, "liar.do", "{}", text, 10000, &told, &p)
                          : rig_draft(&rig, PLANE_CALL_PLAN, "liar_do", text, NULL, 10000, &told, &p);
            if (r == 0)
                fail_msg("%s: told %s", lies[i].which, told);
            bool here = !blast || lies[i].blast;
            if (here && (strcmp(p.code, PX_PLANE) != 0 || !strstr(p.cause, lies[i].says)))
                fail_msg("%s: %s: %s", lies[i].which, p.code, p.cause);
        }
    }
    assert_true(rig_draft(&rig, PLANE_CALL_PLAN, "liar_do", "{\"which\":\"reply\"}", NULL, 10000, &told, &p) <
                0);
    assert_string_equal(p.code, PX_UNSUPPORTED);
    assert_non_null(strstr(p.cause, "reply is not available in a plan function"));
    assert_true(rig_draft(&rig, PLANE_CALL_BLAST, "liar.do", "{}", "{\"which\":\"fine\"}", 10000, &told, &p) <
                0);
    assert_non_null(strstr(p.cause, "step is not available in a blast function"));
    expect(&rig, PLANE_CALL_PLAN, "liar_do", "{\"which\":\"fine\"}", NULL,
           "{\"steps\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/nodes/pve1/lxc/105/status/stop\","
           "\"params\":[{\"name\":\"x\",\"value\":\"1\"}]}]}");
    /* After its reply, in a read. */
    assert_int_equal(rig_call(&rig, "liar_read", "{}", 10000, text, sizeof(text), &p), 0);
    rig_good(&rig);
    rig_state(&rig, "good", &s);
    assert_int_equal(s.restarts, 0);
    rig_done(&rig);
}

struct planner {
    struct rig *rig;
    int result;
    char *told;
    struct problem problem;
};

static void *plan_slowly(void *arg)
{
    struct planner *planner = arg;
    planner->result = rig_draft(planner->rig, PLANE_CALL_PLAN, "change_slow", "{}", NULL, 20000,
                                &planner->told, &planner->problem);
    return NULL;
}

/* A crash in one function; the plan that another plane of the host is making is made once more. */
static void crash(enum plane_call_kind kind, const char *name)
{
    const struct timespec moment = {.tv_nsec = 200000000};
    const char *which = "{\"which\":\"crash\"}";
    struct planner planner = {0};
    struct plane_state s;
    struct rig rig;
    struct problem p;
    pthread_t thread;
    char *told;

    rig_new(&rig, RIG_BUILTIN, "good,liar,change", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    planner.rig = &rig;
    assert_int_equal(pthread_create(&thread, NULL, plan_slowly, &planner), 0);
    (void)nanosleep(&moment, NULL);
    assert_true(rig_draft(&rig, kind, name, which, which, 10000, &told, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    assert_non_null(strstr(p.cause, name));
    assert_int_equal(pthread_join(thread, NULL), 0);
    if (planner.result < 0)
        fail_msg("%s: %s", planner.problem.code, planner.problem.cause);
    assert_string_equal(planner.told, "{\"summary\":\"slow\"}");
    free(planner.told);
    rig_state(&rig, "good", &s);
    assert_true(s.restarts >= 1);
    rig_good(&rig);
    rig_done(&rig);
}

static void test_crash(void **state)
{
    (void)state;
    crash(PLANE_CALL_PLAN, "liar_do");
    crash(PLANE_CALL_BLAST, "liar.do");
}

static void test_hang(void **state)
{
    const char *which = "{\"which\":\"hang\"}";
    struct rig rig;
    struct problem p;
    char *told;

    (void)state;
    rig_new(&rig, RIG_BUILTIN, "good,liar", NULL);
    assert_int_equal(rig_wait(&rig, &p), 0);
    int64_t begun = clock_ms();
    assert_true(rig_draft(&rig, PLANE_CALL_PLAN, "liar_do", which, NULL, 200, &told, &p) < 0);
    assert_non_null(strstr(p.cause, "hung"));
    assert_true(rig_draft(&rig, PLANE_CALL_BLAST, "liar.do", "{}", which, 200, &told, &p) < 0);
    assert_string_equal(p.code, PX_PLANE);
    assert_non_null(strstr(p.cause, "hung"));
    assert_true(clock_ms() - begun < 9000);
    rig_good(&rig);
    rig_done(&rig);
}

/* What no host of ours would send is refused, and the host that sent it is ended. */
static void test_forged(void **state)
{
    static const char *const drafts[] = {
        "nonsense", "[]",
        "{\\\"steps\\\":[{\\\"kind\\\":1,\\\"method\\\":\\\"POST\\\",\\\"path\\\":\\\"/a/../b\\\"}]}",
        "{\\\"guards\\\":[{\\\"path\\\":\\\"/a\\\",\\\"method\\\":\\\"POST\\\"}]}"};

    (void)state;
    for (size_t i = 0; i < sizeof(drafts) / sizeof(drafts[0]); i++) {
        struct plane_state s;
        struct rig rig;
        struct problem p;
        char arguments[512], *told;
        rig_new(&rig, RIG_FOREIGN, "good,forgedraft", NULL);
        assert_int_equal(rig_wait(&rig, &p), 0);
        (void)snprintf(arguments, sizeof(arguments), "{\"draft\":\"%s\"}", drafts[i]);
        assert_true(rig_draft(&rig, PLANE_CALL_PLAN, "forgedraft_do", arguments, NULL, 10000, &told, &p) < 0);
        assert_string_equal(p.code, PX_PLANE);
        assert_non_null(strstr(p.cause, "tool forgedraft_do: "));
        rig_good(&rig);
        for (int wait = 0; wait < 100; wait++) {
            const struct timespec moment = {.tv_nsec = 20000000};
            rig_state(&rig, "forgedraft", &s);
            if (s.restarts)
                break;
            (void)nanosleep(&moment, NULL);
        }
        assert_int_equal(s.restarts, 1);
        rig_done(&rig);
    }
}

static int tests(void)
{
    const struct CMUnitTest all[] = {
        cmocka_unit_test(test_plan), cmocka_unit_test(test_plan_undo), cmocka_unit_test(test_blast),
        cmocka_unit_test(test_off),  cmocka_unit_test(test_lies),      cmocka_unit_test(test_crash),
        cmocka_unit_test(test_hang), cmocka_unit_test(test_forged),
    };
    return cmocka_run_group_tests_name("abi-change", all, NULL, NULL);
}

int main(int argc, char **argv)
{
    return rig_main(argc, argv, tests);
}
