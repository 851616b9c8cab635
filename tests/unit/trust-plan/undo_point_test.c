/* SPDX-License-Identifier: Apache-2.0 */
/*
 * snapshot_first: the core's own steps and guards of a plan, for a row and for a plan function; and all that
 * refuses it while planning.
 */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "proximo/plane.h"
#include "rig.h"
#include "trust/undo_point.h"

#define CONFIG                                                                                               \
    "{\"data\":{\"digest\":\"d1\",\"description\":\"old\",\"parent\":\"base\",\"tags\":\"a\","               \
    "\"rootfs\":\"tank:105/a.raw,size=4G\",\"mp0\":\"slow:105/b.raw,mp=/b\"}}"
#define SNAPS                                                                                                \
    "{\"data\":[{\"name\":\"base\",\"snaptime\":5},{\"name\":\"current\",\"digest\":\"d1\",\"parent\":"      \
    "\"base\"}]}"
#define FIRST  "{\"vmid\":\"105\",\"description\":\"new\",\"snapshot_first\":true}"
#define SIMPLE "{\"vmid\":\"105\",\"snapshot_first\":true}"

static struct tool row, function;

static int setup(void **state)
{
    const int r = rig_setup(state);

    rig.class_flags = PROXIMO_CLASS_SNAPSHOT_FIRST;
    row = set_tool;
    function = power_tool;
    row.snapshot_first = function.snapshot_first = true;
    fake_http_answer(LXC "/config", 200, CONFIG);
    fake_http_answer(LXC "/snapshot", 200, SNAPS);
    fake_http_answer(LXC "/feature?feature=snapshot", 200, "{\"data\":{\"hasFeature\":1}}");
    fake_http_answer("/access/permissions?path=/vms/105", 200,
                     "{\"data\":{\"/vms/105\":{\"VM.PowerMgmt\":1,\"VM.Audit\":1,\"VM.Snapshot\":1}}}");
    fake_http_answer(
        "/nodes/pve1/storage", 200,
        "{\"data\":[{\"storage\":\"tank\",\"type\":\"zfspool\"},{\"storage\":\"slow\",\"type\":\"dir\"}]}");
    return r;
}

static void refused(const struct tool *tool, const char *arguments, const char *code, const char *words)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;

    assert_true(rig_plan(tool, arguments, NULL, &plan, NULL, &p) < 0);
    if (strcmp(p.code, code) != 0 || !strstr(p.cause, words))
        fail_msg("%s: %s; wanted %s: %s", p.code, p.cause, code, words);
    assert_null(plan);
    assert_int_equal(rig_files(NULL), 0);
    assert_int_equal(rig.records, 0);
}

/* Member `name` of step or guard i, as JSON; "" when it is not there. Static until the next call. */
static const char *part(const struct plan *plan, const char *list, size_t i, const char *name)
{
    static char text[2000];
    struct json_object *rows = json_object_object_get(plan->root, list), *value = NULL;

    text[0] = '\0';
    if (i < json_object_array_length(rows) &&
        json_object_object_get_ex(json_object_array_get_idx(rows, i), name, &value))
        (void)snprintf(
            text, sizeof(text), "%s",
            json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    return text;
}

static size_t length(const struct plan *plan, const char *list)
{
    return json_object_array_length(json_object_object_get(plan->root, list));
}

static const char *snapshot_name(const struct plan *plan)
{
    const char *name = "";

    (void)json_get_string(json_object_object_get(plan->root, "undo_point"), "name", &name, NULL);
    return name;
}

/* The snapshot, then the look for it, then the row; the name is Proxmox's kind, the description ours. */
static void steps_of_a_row(void **state)
{
    char wanted[300];

    (void)state;
    struct plan *plan = rig_planned(&row, FIRST);
    const char *name = snapshot_name(plan);
    assert_int_equal(strncmp(name, UNDO_POINT_NAME "20", 10), 0);
    assert_int_equal(strlen(name), 32);
    assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), 32);
    assert_int_equal(length(plan, "steps"), 3);
    assert_string_equal(part(plan, "steps", 0, "name"), "\"" UNDO_POINT_STEP "\"");
    assert_string_equal(part(plan, "steps", 0, "path"), "\"" LXC "/snapshot\"");
    assert_string_equal(part(plan, "steps", 0, "follow"), "true");
    assert_string_equal(part(plan, "steps", 0, "on_failure"), ""); /* stop */
    assert_string_equal(part(plan, "steps", 0, "risk"), "1");
    (void)snprintf(wanted, sizeof(wanted), "[{\"name\":\"snapname\",\"value\":\"%s\"}", name);
    assert_int_equal(strncmp(part(plan, "steps", 0, "params"), wanted, strlen(wanted) - 1), 0);
    assert_non_null(strstr(part(plan, "steps", 0, "params"), UNDO_POINT_WORDS));
    assert_string_equal(part(plan, "steps", 1, "name"), "\"" UNDO_POINT_SEEN "\"");
    assert_string_equal(part(plan, "steps", 1, "kind"), "\"wait\"");
    assert_string_equal(part(plan, "steps", 2, "name"), "\"change\"");
    assert_string_equal(part(plan, "steps", 2, "method"), "\"PUT\"");
    /* what is said of the arguments is not said of the core's own */
    assert_null(strstr(rig_member(plan, "arguments"), "snapshot_first"));
    assert_non_null(strstr(rig_member(plan, "undo_point"), "\"disk\":\"mp0\",\"storage\":\"slow\""));
    assert_string_equal(part(plan, "steps", 2, "atomic"), "false");
    plan_free(plan);
}

/* Everything before the snapshot, all but what it changes after it; also where the digest goes along. */
static void guards_of_a_row(void **state)
{
    char recheck[200];

    (void)state;
    struct tool digest = row;
    digest.flags |= PROXIMO_CHANGE_DIGEST;
    struct plan *plan = rig_planned(&digest, FIRST);
    /* 0: the whole configuration, 1: tags, 2: the guest's state, 3: the name is free, 4: copy of 0 */
    assert_int_equal(length(plan, "guards"), 5);
    assert_string_equal(part(plan, "guards", 0, "fields"), "");
    assert_string_equal(part(plan, "guards", 4, "path"), "\"" LXC "/config\"");
    assert_string_equal(part(plan, "guards", 4, "except"), "[\"/digest\",\"/parent\"]");
    assert_string_equal(part(plan, "guards", 4, "after_undo_point"), "true");
    assert_null(strstr(part(plan, "guards", 4, "value"), "d1"));
    assert_non_null(strstr(part(plan, "guards", 0, "value"), "d1"));
    assert_string_equal(part(plan, "steps", 0, "recheck"), "[0,1,2,3]");
    assert_string_equal(part(plan, "steps", 2, "name"), "\"state\"");
    assert_string_equal(part(plan, "steps", 2, "select"), "[]"); /* the digest is new, not asserted */
    assert_string_equal(part(plan, "steps", 2, "keep"), "[\"/digest\"]");
    assert_string_equal(part(plan, "steps", 3, "atomic"), "true");
    (void)snprintf(recheck, sizeof(recheck), "%s", part(plan, "steps", 3, "recheck"));
    assert_string_equal(recheck, "[1,2,4]");
    plan_free(plan);
    /* without it nothing of all that */
    plan = rig_planned(&digest, "{\"vmid\":\"105\",\"description\":\"new\",\"snapshot_first\":false}");
    assert_int_equal(length(plan, "guards"), 3);
    assert_int_equal(length(plan, "steps"), 2);
    assert_string_equal(part(plan, "steps", 0, "select"), "[\"/digest\"]");
    assert_string_equal(rig_member(plan, "undo_point"), "");
    assert_null(strstr(rig_member(plan, "arguments"), "snapshot_first"));
    plan_free(plan);
}

/* The copy still holds after the snapshot, the original does not; and another change breaks both. */
static void what_the_snapshot_moves(void **state)
{
    static const struct {
        const char *config;
        bool original, copy;
    } cases[] = {
        {CONFIG, true, true},
        {"{\"data\":{\"digest\":\"d2\",\"description\":\"old\",\"parent\":\"proximo-x\",\"tags\":\"a\","
         "\"rootfs\":\"tank:105/a.raw,size=4G\",\"mp0\":\"slow:105/b.raw,mp=/b\"}}",
         false, true},
        {"{\"data\":{\"digest\":\"d2\",\"description\":\"old\",\"parent\":\"proximo-x\",\"tags\":\"a\","
         "\"rootfs\":\"tank:105/a.raw,size=4G\",\"mp0\":\"slow:105/b.raw,mp=/b\",\"onboot\":1}}",
         false, false},
    };
    (void)state;
    struct plan *plan = rig_planned(&row, FIRST);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_http_answer(LXC "/config", 200, cases[i].config);
        for (size_t g = 0; g < 5; g += 4) {
            CLEANUP_BUF struct buf diff = BUF_INIT(10000);
            CLEANUP_JSON struct json_object *now = NULL;
            struct read_cache *cache = NULL;
            struct problem p = PROBLEM_INIT;
            const struct site_call call = {.deadline_ms = clock_ms() + 5000};
            bool same = false;
            assert_int_equal(read_cache_new(rig.site, &cache), 0);
            assert_int_equal(guard_read(plan, g, cache, &call, &now, &p), 0);
            assert_int_equal(guard_compare(plan, g, now, &diff, &same, &p), 0);
            assert_int_equal(same, g == 0 ? cases[i].original : cases[i].copy);
            read_cache_free(cache);
        }
    }
    plan_free(plan);
}

#define CONFIG_PATH "/nodes/{node}/{kind}/{vmid}/config"
static void steps_of_a_function(void **state)
{
    (void)state;
    rig.draft =
        "{\"summary\":\"s\",\"guards\":[{\"path\":\"" CONFIG_PATH "\",\"fields\":\"/digest,/tags\"},"
        "{\"path\":\"/nodes/{node}/{kind}/{vmid}/snapshot\",\"fields\":\"[name=current]/parent\"}],"
        "\"steps\":[{\"kind\":2,\"name\":\"state\",\"path\":\"" CONFIG_PATH "\",\"select\":\"/digest,/tags\","
        "\"keep\":\"/digest\"},{\"kind\":1,\"flags\":8,\"method\":\"PUT\",\"path\":\"" CONFIG_PATH
        "\",\"params\":[{\"name\":\"tags\",\"value\":\"z\"},{\"name\":\"digest\",\"value\":"
        "\"state:/digest\",\"flags\":2}]}]}";
    struct plan *plan = rig_planned(&function, SIMPLE);
    assert_int_equal(length(plan, "steps"), 4);
    assert_string_equal(part(plan, "steps", 2, "select"), "[\"/tags\"]");
    assert_string_equal(part(plan, "guards", 0, "fields"), "[\"/digest\",\"/tags\"]");
    /* 4 is the copy of 0; of 1 and of the free name nothing is left */
    assert_string_equal(part(plan, "guards", 4, "fields"), "[\"/tags\"]");
    assert_int_equal(length(plan, "guards"), 5);
    assert_string_equal(part(plan, "steps", 3, "recheck"), "[2,4]");
    plan_free(plan);
}

static void a_function_may_not(void **state)
{
    (void)state;
    rig.draft =
        "{\"summary\":\"s\",\"steps\":[{\"kind\":1,\"method\":\"PUT\",\"path\":\"" CONFIG_PATH
        "\",\"params\":[{\"name\":\"tags\",\"value\":\"z\"},{\"name\":\"digest\",\"value\":\"d1\"}]}]}";
    refused(&function, SIMPLE, PX_PLANE, "digest that it read while planning");
    rig.draft = "{\"summary\":\"s\",\"steps\":[{\"kind\":1,\"flags\":1,\"method\":\"DELETE\","
                "\"path\":\"/nodes/{node}/{kind}/{vmid}\"}]}";
    refused(&function, SIMPLE, PX_SNAPSHOT, "destroys");
    rig.draft = "{\"summary\":\"s\",\"steps\":[{\"kind\":1,\"flags\":1,\"method\":\"POST\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/snapshot/base/rollback\"}]}";
    refused(&function, SIMPLE, PX_SNAPSHOT, "destroys");
    rig.draft = "{\"summary\":\"s\",\"steps\":[{\"kind\":1,\"name\":\"undo-point\",\"method\":\"PUT\","
                "\"path\":\"" CONFIG_PATH "\"}]}";
    refused(&function, SIMPLE, PX_PLANE, "is taken");
    rig.draft = "{\"summary\":\"s\",\"subjects\":[{\"class\":\"guest.stop\",\"subject\":{\"kind\":\"guest\","
                "\"vmid\":105}},"
                "{\"class\":\"guest.stop\",\"subject\":{\"kind\":\"guest\",\"vmid\":100}}],"
                "\"steps\":[{\"kind\":1,\"method\":\"PUT\",\"path\":\"" CONFIG_PATH "\"}]}";
    refused(&function, SIMPLE, PX_SNAPSHOT, "not at one guest");
    rig.draft = "{\"summary\":\"s\",\"subjects\":[{\"class\":\"guest.stop\",\"subject\":{\"kind\":\"pool\","
                "\"poolid\":\"p\"}}],"
                "\"steps\":[{\"kind\":1,\"method\":\"PUT\",\"path\":\"" CONFIG_PATH "\"}]}";
    refused(&function, SIMPLE, PX_SNAPSHOT, "not at one guest");
}

static void not_certain_is_no(void **state)
{
    static const struct {
        const char *path;
        int status;
        const char *body, *code, *words;
    } cases[] = {
        {LXC "/feature?feature=snapshot", 500, "{\"data\":null}", PX_SNAPSHOT, "could not be read"},
        {LXC "/feature?feature=snapshot", 200, "{\"data\":{}}", PX_SNAPSHOT, "does not say"},
        {LXC "/feature?feature=snapshot", 200, "{\"data\":[]}", PX_SNAPSHOT, "not what the API promises"},
        {LXC "/feature?feature=snapshot", 200, "{\"data\":{\"hasFeature\":0}}", PX_SNAPSHOT,
         "mp0 on storage \"slow\" (dir) cannot"},
        {LXC "/snapshot", 200, "{\"data\":[]}", PX_SNAPSHOT, "not read completely"},
        {LXC "/snapshot", 403, "{\"data\":null}", PX_SNAPSHOT, "could not be read"},
        {LXC "/config", 200, "{\"data\":{\"digest\":\"d\",\"lock\":\"backup\"}}", PX_STATE,
         "locked (backup)"},
        {LXC "/config", 200, "{\"data\":{\"digest\":\"d\",\"template\":1}}", PX_SNAPSHOT, "is a template"},
        {"/access/permissions?path=/vms/105", 200, "{\"data\":{\"/vms/105\":{\"VM.PowerMgmt\":1}}}",
         PX_PRIVILEGE, "snapshot_first needs VM.Snapshot on /vms/105"},
    };

    rig_teardown(state); /* each case begins anew */
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(setup(state), 0);
        fake_http_answer(cases[i].path, cases[i].status, cases[i].body);
        refused(&row, FIRST, cases[i].code, cases[i].words);
        rig_teardown(state);
    }
    assert_int_equal(setup(state), 0);
    rig.class_flags = 0;
    refused(&row, FIRST, PX_SNAPSHOT, "no operation that a snapshot goes before");
    rig.class_gone = true;
    refused(&row, FIRST, PX_SNAPSHOT, "no operation that a snapshot goes before");
    row.snapshot_first = false;
    refused(&row, FIRST, PX_ARG, "no argument 'snapshot_first'");
}

static void disks_are_named(void **state)
{
    static const struct {
        const char *kind, *config, *storages, *words;
    } cases[] = {
        {"qemu", "{\"scsi0\":\"a:1/x.raw\",\"scsi1\":\"a:1/x.qcow2\",\"ide2\":\"a:iso/x.iso,media=cdrom\"}",
         "[{\"storage\":\"a\",\"type\":\"nfs\"}]", "scsi0 on storage \"a\" (nfs)"},
        {"qemu", "{\"virtio1\":\"/dev/sdb,size=1T\",\"sata0\":\"z:vm-1-disk-0\"}",
         "[{\"storage\":\"z\",\"type\":\"zfspool\"}]",
         "virtio1 (a folder or device of the node, on no storage)"},
        {"lxc", "{\"rootfs\":\"z:s\",\"mp3\":\"/srv,mp=/srv\",\"scsi0\":\"a:b\"}",
         "[{\"storage\":\"z\",\"type\":\"zfspool\"}]", "mp3 (a folder or device of the node, on no storage)"},
        {"qemu", "{\"scsi0\":\"x:1\",\"efidisk0\":\"y:1,efitype=4m\",\"ide2\":\"none,media=cdrom\"}", NULL,
         "scsi0 on storage \"x\", efidisk0 on storage \"y\" (one or several of them)"},
        {"lxc", "{\"rootfs\":\"volume=b:x.qcow2\"}", "[{\"storage\":\"b\",\"type\":\"dir\"}]",
         "rootfs on storage \"b\" (dir)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP_BUF struct buf words = BUF_INIT(500);
        CLEANUP_JSON struct json_object *config = json_tokener_parse(cases[i].config);
        CLEANUP_JSON struct json_object *storages =
            cases[i].storages ? json_tokener_parse(cases[i].storages) : NULL;
        CLEANUP_JSON struct json_object *disks = NULL;
        assert_int_equal(build_undo_disks(config, cases[i].kind, &disks), 0);
        build_undo_culprits(disks, cases[i].kind, storages, &words);
        assert_non_null(words.data);
        assert_string_equal(words.data, cases[i].words);
    }
}

static void what_moves(void **state)
{
    static const struct {
        const char *path, *selector;
        bool moves;
    } cases[] = {
        {LXC "/config", "/digest", true},
        {LXC "/config", "/parent", true},
        {LXC "/config", "/parents", false},
        {LXC "/config", "/tags", false},
        {QEMU "/pending", "[key=digest]/value", true},
        {QEMU "/pending", "[key=cores]/value", false},
        {QEMU "/snapshot", "[name=current]/parent", true},
        {QEMU "/snapshot", "[name=proximo-1]/name", true},
        {QEMU "/snapshot", "[name=base]/name", false},
        {QEMU "/status/current", "/digest", false},
        {"/nodes/pve1/config", "/digest", false},
        {"/cluster/config", "/digest", false},
        {"/nodes/pve1/qemu/100/firewall/config", "/digest", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        if (undo_point_moves(cases[i].path, cases[i].selector, "proximo-1") != cases[i].moves)
            fail_msg("%s %s", cases[i].path, cases[i].selector);
    }
    assert_false(undo_point_moves(QEMU "/snapshot", "[name=proximo-1]/name", NULL));
    CLEANUP_JSON struct json_object *list =
        json_tokener_parse("[{\"name\":\"a\"},{\"name\":\"proximo-1\"},{\"name\":\"current\"}]");
    int error = 0;
    CLEANUP_JSON struct json_object *except = undo_point_moved(QEMU "/snapshot", "proximo-1", &error);
    undo_point_drop(list, except);
    assert_string_equal(json_object_to_json_string_ext(list, JSON_C_TO_STRING_PLAIN), "[{\"name\":\"a\"}]");
}

#define RECORD(third, after)                                                                                 \
    "{\"undo_point\":{\"name\":\"proximo-1\"},\"outcome\":\"partial\",\"steps\":[{\"outcome\":\"ok\"},"      \
    "{\"outcome\":\"ok\"},{\"outcome\":\"" third "\"}],\"guards\":[{\"path\":\"" LXC "/config\"}],"          \
    "\"before\":[{\"/digest\":\"a\",\"/cores\":1}],\"after\":[" after "]}"
static void nothing_is_left(void **state)
{
    static const struct {
        const char *record;
        bool nothing;
    } cases[] = {
        {RECORD("failed", "{\"/digest\":\"b\",\"/cores\":1}"), true},
        {RECORD("skipped", "{\"/digest\":\"b\",\"/cores\":1}"), true},
        {RECORD("ok", "{\"/digest\":\"b\",\"/cores\":1}"), false},
        {RECORD("unknown", "{\"/digest\":\"b\",\"/cores\":1}"), false},
        {RECORD("failed", "{\"/digest\":\"b\",\"/cores\":2}"), false},
        {RECORD("failed", "{\"/digest\":\"b\"}"), false},
        {RECORD("failed", "null"), false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CLEANUP_JSON struct json_object *record = json_tokener_parse(cases[i].record);
        assert_non_null(record);
        if (undo_point_left_nothing(record) != cases[i].nothing)
            fail_msg("case %zu", i);
    }
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(steps_of_a_row),      TEST(guards_of_a_row),    TEST(what_the_snapshot_moves),
        TEST(steps_of_a_function), TEST(a_function_may_not), TEST(not_certain_is_no),
        TEST(disks_are_named),     TEST(what_moves),         TEST(nothing_is_left)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
