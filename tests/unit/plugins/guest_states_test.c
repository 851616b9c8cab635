/* SPDX-License-Identifier: Apache-2.0 */
/* Plans that hold a guest still and let it go on; of notes, tags and the notes of snapshots. */
#include "plan_rig.h"

#define STATUS(rest) "{\"vmid\":105,\"name\":\"g\"," rest "}"
#define FREE         ",\"ha\":{\"managed\":0}"
#define RUNNING      STATUS("\"status\":\"running\",\"qmpstatus\":\"running\"" FREE)
#define PAUSED       STATUS("\"status\":\"running\",\"qmpstatus\":\"paused\"" FREE)
#define HIBERNATED   STATUS("\"status\":\"stopped\",\"qmpstatus\":\"stopped\",\"lock\":\"suspended\"" FREE)
#define STOPPED      STATUS("\"status\":\"stopped\",\"qmpstatus\":\"stopped\"" FREE)
#define CT_RUNNING   STATUS("\"status\":\"running\"" FREE)
#define CT_STOPPED   STATUS("\"status\":\"stopped\"" FREE)
#define MANAGED      STATUS("\"status\":\"running\",\"qmpstatus\":\"running\",\"ha\":{\"managed\":1}")
#define BACKED_UP    STATUS("\"status\":\"running\",\"qmpstatus\":\"running\",\"lock\":\"backup\"" FREE)

static const struct proximo_plane *guests;

static int32_t power(struct plane_test *t, const char *kind, const char *status, const char *action)
{
    guest_init(t, kind);
    plane_test_argument(t, "action", action, 1);
    guest_answer(t, kind, "/status/current", 200, status);
    guest_answer(t, kind, "/config", 200, "{\"digest\":\"d\",\"hostpci0\":\"mapping=gpu\"}");
    return plane_test_plan(t, guests, "pve_guest_power");
}

struct hold_case {
    const char *kind, *status, *action;
    const char *class, *path, *waits, *undo; /* class NULL: nothing to do */
};

static void every_action_has_its_class_and_postcondition(void **state)
{
    static const struct hold_case cases[] = {
        {"qemu", RUNNING, "suspend", "guest.suspend", "/status/suspend",
         "\"select\":\"/qmpstatus\",\"wait_test\":2,", "{\"kind\":3}"},
        {"lxc", CT_RUNNING, "suspend", "guest.suspend", "/status/suspend",
         "\"wait_value\":\"\\\"stopped\\\"\"", "{\"kind\":3}"},
        {"qemu", RUNNING, "hibernate", "guest.hibernate", "{\"name\":\"todisk\",\"value\":\"1\"}",
         "\"select\":\"/lock\"", "{\"kind\":3}"},
        {"qemu", PAUSED, "resume", "guest.resume", "/status/resume", "\"select\":\"/qmpstatus\"",
         "{\"kind\":3}"},
        {"qemu", HIBERNATED, "resume", "guest.resume", "/status/resume", "\"select\":\"/qmpstatus\"",
         "{\"kind\":3}"},
        {"lxc", CT_STOPPED, "resume", "guest.resume", "/status/resume", "\"wait_value\":\"\\\"running\\\"\"",
         "{\"kind\":3}"},
        {"qemu", RUNNING, "reset", "guest.reset", "/status/reset", "\"select\":\"/status\"", "{\"kind\":1}"},
        {"qemu", PAUSED, "suspend", NULL, NULL, NULL, NULL},
        {"qemu", HIBERNATED, "hibernate", NULL, NULL, NULL, NULL},
        {"qemu", RUNNING, "resume", NULL, NULL, NULL, NULL},
        {"lxc", CT_RUNNING, "resume", NULL, NULL, NULL, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        assert_int_equal(power(&t, cases[i].kind, cases[i].status, cases[i].action), 0);
        if (cases[i].class) {
            expect_words(&t, "subjects", cases[i].class);
            expect_words(&t, "steps", cases[i].path);
            expect_words(&t, "postcondition", cases[i].waits);
            expect_words(&t, "undo", cases[i].undo);
            expect_words(&t, "guards", "/status,/qmpstatus,/lock,/ha/managed");
        } else {
            expect_told(&t, "steps", 0, NULL);
            expect_words(&t, "summary", "nothing to do");
        }
        plane_test_done(&t);
    }
}

static void what_cannot_be_is_refused(void **state)
{
    static const struct {
        const char *kind, *status, *action;
        int32_t code;
        const char *says;
    } cases[] = {
        {"lxc", CT_RUNNING, "hibernate", PROXIMO_EINVAL, "is for machines"},
        {"lxc", CT_RUNNING, "reset", PROXIMO_EINVAL, "is for machines"},
        {"qemu", STOPPED, "suspend", PROXIMO_ESTATE, "nothing to suspend"},
        {"qemu", STOPPED, "reset", PROXIMO_ESTATE, "nothing to reset"},
        {"qemu", STOPPED, "resume", PROXIMO_ESTATE, "nothing to resume"},
        {"qemu", MANAGED, "hibernate", PROXIMO_ESTATE, "under HA"},
        {"qemu", BACKED_UP, "suspend", PROXIMO_ESTATE, "locked (backup)"},
        {"qemu", PAUSED, "shutdown", PROXIMO_ESTATE, "resume it first"},
        {"qemu", PAUSED, "reboot", PROXIMO_ESTATE, "resume it first"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        expect_failure(&t, power(&t, cases[i].kind, cases[i].status, cases[i].action), cases[i].code,
                       cases[i].says);
        plane_test_done(&t);
    }
}

static void parameters_of_other_actions_are_a_mistake(void **state)
{
    static const char *const given[][4] = {
        {"suspend", "timeout", "5", "do not belong"},
        {"reset", "force_stop", "true", "do not belong"},
        {"suspend", "statestorage", "\"x\"", "hibernate"},
        {"start", "statestorage", "\"x\"", "hibernate"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
        struct plane_test t;
        guest_init(&t, "qemu");
        plane_test_argument(&t, "action", given[i][0], 1);
        plane_test_argument(&t, given[i][1], given[i][2], 0);
        guest_answer(&t, "qemu", "/status/current", 200, RUNNING);
        expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_power"), PROXIMO_EINVAL, given[i][3]);
        plane_test_done(&t);
    }
}

static void what_is_risky_about_it_is_said(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(power(&t, "qemu", RUNNING, "hibernate"), 0);
    expect_words(&t, "risks", "hostpci0");
    plane_test_done(&t);
    guest_init(&t, "qemu");
    plane_test_argument(&t, "action", "hibernate", 1);
    guest_answer(&t, "qemu", "/status/current", 200, RUNNING);
    guest_answer(&t, "qemu", "/config", 200, "{\"digest\":\"d\",\"hostpci1\":\"0000:01:00\"}");
    expect_failure(&t, plane_test_plan(&t, guests, "pve_guest_power"), PROXIMO_ESTATE, "hostpci1");
    plane_test_done(&t);
    assert_int_equal(power(&t, "lxc", CT_RUNNING, "suspend"), 0);
    expect_words(&t, "facts", "experimental");
    plane_test_done(&t);
    assert_int_equal(power(&t, "lxc", STATUS("\"status\":\"running\",\"ha\":{\"managed\":1}"), "suspend"), 0);
    expect_words(&t, "risks", "starts it again");
    plane_test_done(&t);
}

static void the_state_before_is_brought_back(void **state)
{
    static const struct {
        const char *kind, *action, *before, *now, *class;
    } cases[] = {
        {"qemu", "suspend", "{\"/status\":\"running\",\"/qmpstatus\":\"running\"}", PAUSED, "guest.resume"},
        {"qemu", "hibernate", "{\"/status\":\"running\",\"/qmpstatus\":\"running\"}", HIBERNATED,
         "guest.resume"},
        {"qemu", "resume", "{\"/status\":\"running\",\"/qmpstatus\":\"paused\"}", RUNNING, "guest.suspend"},
        {"qemu", "resume", "{\"/status\":\"stopped\",\"/lock\":\"suspended\"}", RUNNING, "guest.hibernate"},
        {"lxc", "suspend", "{\"/status\":\"running\"}", CT_STOPPED, "guest.resume"},
        {"lxc", "resume", "{\"/status\":\"stopped\"}", CT_RUNNING, "guest.suspend"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        char record[300];
        guest_init(&t, cases[i].kind);
        plane_test_argument(&t, "action", cases[i].action, 1);
        guest_answer(&t, cases[i].kind, "/status/current", 200, cases[i].now);
        guest_answer(&t, cases[i].kind, "/config", 200, "{\"digest\":\"d\"}");
        (void)snprintf(record, sizeof(record), "{\"before\":[%s],\"undo_of\":null}", cases[i].before);
        assert_int_equal(plane_test_plan_undo(&t, guests, "pve_guest_power", record), 0);
        expect_words(&t, "subjects", cases[i].class);
        plane_test_done(&t);
    }
}

static void the_blast_names_what_stands_still(void **state)
{
    static const char *const cases[][4] = {
        {"qemu", RUNNING, "guest.suspend", "stands still at once"},
        {"lxc", CT_RUNNING, "guest.suspend", "has its processes saved"},
        {"qemu", RUNNING, "guest.hibernate", "saved to a volume"},
        {"qemu", PAUSED, "guest.resume", "goes on from where"},
        {"qemu", RUNNING, "guest.reset", "reset button"},
        {"qemu", RUNNING, "snapshot.update", "only the note"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        guest_init(&t, cases[i][0]);
        guest_answer(&t, cases[i][0], "/status/current", 200, cases[i][1]);
        guest_answer(&t, cases[i][0], "/config", 200, "{\"digest\":\"d\"}");
        plane_test_answer(&t, "/cluster/replication", 200, "[]");
        assert_int_equal(plane_test_blast(&t, guests, cases[i][2], "{\"kind\":\"guest\",\"vmid\":105}"), 0);
        expect_words(&t, "affected", cases[i][3]);
        expect_told(&t, "incomplete", 0, NULL);
        plane_test_done(&t);
    }
}

/* ---- notes */

static int32_t notes(struct plane_test *t, const char *kind, const char *config, const char *description)
{
    guest_init(t, kind);
    plane_test_argument(t, "description", description, 1);
    guest_answer(t, kind, "/status/current", 200, strcmp(kind, "lxc") == 0 ? CT_RUNNING : RUNNING);
    guest_answer(t, kind, "/config", 200, config);
    return plane_test_plan(t, guests, "pve_guest_notes_set");
}

static void notes_are_compared_without_the_newline_at_their_end(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(notes(&t, "lxc", "{\"digest\":\"d\",\"description\":\"old\\n\"}", "old"), 0);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
    assert_int_equal(notes(&t, "lxc", "{\"digest\":\"d\",\"description\":\"old\\n\"}", "new"), 0);
    expect_words(&t, "steps", "{\"name\":\"description\",\"value\":\"new\"}");
    expect_words(&t, "undo", "before.0:/description");
    expect_words(&t, "facts", "newline");
    expect_words(&t, "postcondition", "[\\\"new\\\",\\\"new\\\\n\\\"]");
    plane_test_done(&t);
    assert_int_equal(notes(&t, "lxc", "{\"digest\":\"d\"}", "spaces \nat an end"), 0);
    expect_words(&t, "postcondition", "\"wait_test\":1"); /* only that it is there */
    plane_test_done(&t);
    assert_int_equal(notes(&t, "qemu", "{\"digest\":\"d\",\"description\":\"old\"}", ""), 0);
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"description\"}");
    plane_test_done(&t);
    assert_int_equal(notes(&t, "qemu", "{\"digest\":\"d\"}", "first"), 0);
    expect_words(&t, "undo", "{\"name\":\"delete\",\"value\":\"description\"}");
    plane_test_done(&t);
}

/* ---- tags */

struct tags_case {
    const char *options; /* of the datacenter */
    int denied;
    const char *add, *remove, *replace;
    const char *wants; /* NULL: nothing to do; else the value, "-": removed, "!words": refused */
};

static void tags(struct plane_test *t, const struct tags_case *c)
{
    guest_init(t, "qemu");
    if (c->add)
        plane_test_argument(t, "add", c->add, 0);
    if (c->remove)
        plane_test_argument(t, "remove", c->remove, 0);
    if (c->replace)
        plane_test_argument(t, "replace", c->replace, 0);
    t->denied = c->denied;
    guest_answer(t, "qemu", "/status/current", 200, RUNNING);
    guest_answer(t, "qemu", "/config", 200, "{\"digest\":\"d\",\"tags\":\"prod;web\"}");
    plane_test_answer(t, "/cluster/options", 200, c->options);
    const int32_t r = plane_test_plan(t, guests, "pve_guest_tags_set");
    if (c->wants && c->wants[0] == '!') {
        if (r == 0 || !strstr(t->fail_text, c->wants + 1))
            fail_msg("%d \"%s\" instead of \"%s\"", (int)r, t->fail_text, c->wants + 1);
        return;
    }
    if (r)
        fail_msg("%s", t->fail_text);
    char field[200];
    if (!c->wants) {
        expect_words(t, "summary", "nothing to do");
        return;
    }
    (void)snprintf(field, sizeof(field), "{\"name\":\"%s\",\"value\":\"%s\"}",
                   c->wants[0] == '-' ? "delete" : "tags", c->wants[0] == '-' ? "tags" : c->wants);
    expect_words(t, "steps", field);
    expect_words(t, "undo", "before.0:/tags");
    (void)snprintf(field, sizeof(field),
                   "\"wait_test\":3,\"interval_ms\":1000,\"deadline_ms\":15000,"
                   "\"wait_value\":\"[\\\"%s\\\"]\"",
                   c->wants);
    if (c->wants[0] != '-' && !strstr(c->options, "case-sensitive")) /* how those are sorted is not known */
        expect_words(t, "postcondition", field);
}

static void tags_are_sorted_and_in_lower_case(void **state)
{
    static const struct tags_case cases[] = {
        {"{}", 0, "[\"Zoo\",\"alpha\"]", NULL, NULL, "alpha;prod;web;zoo"},
        {"{}", 0, NULL, "[\"prod\"]", NULL, "web"},
        {"{}", 0, "[\"x\"]", "[\"web\",\"absent\"]", NULL, "prod;x"},
        {"{}", 0, NULL, NULL, "[\"b\",\"a\",\"B\"]", "a;b"},
        {"{}", 0, NULL, NULL, "[]", "-"},
        {"{}", 0, "[\"WEB\"]", NULL, NULL, NULL},
        {"{}", 0, NULL, NULL, "[\"web\",\"prod\"]", NULL},
        {"{\"tag-style\":{\"case-sensitive\":1}}", 0, "[\"Web\"]", NULL, NULL, "Web;prod;web"},
        {"{}", 0, NULL, NULL, NULL, "!replace alone"},
        {"{}", 0, "[\"a\"]", NULL, "[\"b\"]", "!replace alone"},
        {"{}", 0, "[\"a\"]", "[\"A\"]", NULL, "!in add and in remove"},
        {"{}", 0, "[\"-a\"]", NULL, NULL, "!is no tag"},
        {"{}", 0, "[\"a;b\"]", NULL, NULL, "!is no tag"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        tags(&t, &cases[i]);
        plane_test_done(&t);
    }
}

/* The fake token holds no privilege, so what is not refused for the tag is refused for the guest. */
static void tags_that_the_datacenter_keeps_are_refused(void **state)
{
#define MAY "!VM.Config.Options"
    static const struct tags_case cases[] = {
        {"{\"registered-tags\":[\"prod\"]}", 0, NULL, "[\"prod\"]", NULL, "web"},
        {"{\"registered-tags\":[\"prod\"]}", 1, NULL, "[\"prod\"]", NULL, "!taken off: it is one of the"},
        {"{\"registered-tags\":[\"prod\"]}", 1, "[\"x\"]", NULL, NULL, MAY},
        {"{\"registered-tags\":[\"x\"]}", 1, "[\"x\"]", NULL, NULL, "!put on: it is one of the"},
        {"{\"user-tag-access\":{\"user-allow\":\"none\"}}", 1, "[\"x\"]", NULL, NULL, "!no tags"},
        {"{\"user-tag-access\":{\"user-allow\":\"list\",\"user-allow-list\":[\"y\"]}}", 1, "[\"x\"]", NULL,
         NULL, "!not in the datacenter's list"},
        {"{\"user-tag-access\":{\"user-allow\":\"list\",\"user-allow-list\":[\"x\"]}}", 1, "[\"x\"]", NULL,
         NULL, MAY},
        {"{\"user-tag-access\":{\"user-allow\":\"list\",\"user-allow-list\":\"w;x\"}}", 1, "[\"x\"]", NULL,
         NULL, MAY},
        {"{\"user-tag-access\":{\"user-allow\":\"existing\"},\"allowed-tags\":[\"x\"]}", 1, "[\"x\"]", NULL,
         NULL, MAY},
        {"{\"user-tag-access\":{\"user-allow\":\"existing\"},\"allowed-tags\":[\"y\"]}", 1, "[\"x\"]", NULL,
         NULL, "!existing tags only"},
        {"{\"user-tag-access\":{\"user-allow\":\"free\"}}", 1, "[\"x\"]", NULL, NULL, MAY},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct plane_test t;
        tags(&t, &cases[i]);
        plane_test_done(&t);
    }
}

/* ---- the note of a snapshot */

#define LIST                                                                                                 \
    "[{\"name\":\"s1\",\"snaptime\":100,\"description\":\"old\\n\"},{\"name\":\"bare\",\"snaptime\":200},"   \
    "{\"name\":\"proximo-x\",\"snaptime\":300},{\"name\":\"current\",\"parent\":\"s1\",\"digest\":\"d\"}]"

static int32_t note(struct plane_test *t, const char *snapname, const char *description)
{
    guest_init(t, "lxc");
    plane_test_argument(t, "snapname", snapname, 1);
    plane_test_argument(t, "description", description, 1);
    guest_answer(t, "lxc", "/status/current", 200, CT_RUNNING);
    guest_answer(t, "lxc", "/snapshot", 200, LIST);
    return plane_test_plan(t, guests, "pve_snapshot_update");
}

static void the_note_of_a_snapshot_goes_back(void **state)
{
    struct plane_test t;
    (void)state;
    assert_int_equal(note(&t, "s1", "new"), 0);
    expect_words(&t, "steps", "{\"name\":\"description\",\"value\":\"new\"}");
    expect_words(&t, "guards", "[name=s1]/description");
    expect_words(&t, "postcondition", "[\\\"new\\\",\\\"new\\\\n\\\"]");
    expect_words(&t, "undo", "before.0:[name=s1]/description");
    plane_test_done(&t);
    assert_int_equal(note(&t, "bare", "new"), 0);
    expect_words(&t, "undo", "{\"name\":\"description\",\"value\":\"\"}");
    plane_test_done(&t);
    assert_int_equal(note(&t, "s1", "old"), 0);
    expect_words(&t, "summary", "nothing to do");
    plane_test_done(&t);
    assert_int_equal(note(&t, "proximo-x", "new"), 0);
    expect_words(&t, "facts", "undo_point");
    plane_test_done(&t);
    expect_failure(&t, note(&t, "none", "new"), PROXIMO_ENOTFOUND, "no snapshot");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_action_has_its_class_and_postcondition),
        cmocka_unit_test(what_cannot_be_is_refused),
        cmocka_unit_test(parameters_of_other_actions_are_a_mistake),
        cmocka_unit_test(what_is_risky_about_it_is_said),
        cmocka_unit_test(the_state_before_is_brought_back),
        cmocka_unit_test(the_blast_names_what_stands_still),
        cmocka_unit_test(notes_are_compared_without_the_newline_at_their_end),
        cmocka_unit_test(tags_are_sorted_and_in_lower_case),
        cmocka_unit_test(tags_that_the_datacenter_keeps_are_refused),
        cmocka_unit_test(the_note_of_a_snapshot_goes_back),
    };
    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
