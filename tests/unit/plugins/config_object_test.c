/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of configuration changes, with a made-up kind of object: plugins/common/config_object.h. */
#include "plugins/common/config_object.h"

#include "plan_rig.h"

static const struct config_key keys[] = {
    {.name = "type", .flags = CONFIG_CREATE_ONLY},
    {.name = "nodes", .flags = CONFIG_LIST},
    {.name = "disable", .absent = "0"},
    {.name = "max-size", .argument = NULL},
    {.name = "comment"},
    {.name = "password", .flags = CONFIG_WRITE_ONLY},
    {.name = "map", .flags = CONFIG_REPEAT},
    {.name = "otel", .flags = CONFIG_SINCE_9},
    {.name = "maxfiles", .flags = CONFIG_UNTIL_8},
};
static const char *const shown[] = {"usage", NULL};
static int32_t check(struct config_change *change)
{
    const char *disable = config_after(change, "disable");
    if (disable && strcmp(disable, "1") == 0)
        change->operation_class = "thing.disable";
    if (change->verb == CONFIG_UPDATE && config_edited(change, "nodes")) {
        change->subject_details = json_object_new_object();
        const char *nodes = config_after(change, "nodes");
        json_object_object_add(change->subject_details, "nodes", json_object_new_string(nodes ? nodes : ""));
    }
    return PROXIMO_OK;
}
static const struct config_kind kind = {
    .what = "thing",
    .subject = "thing",
    .subject_member = "id",
    .id = "id",
    .list = "/things",
    .one = "/things/{id}",
    .flags = CONFIG_DIGEST,
    .keys = keys,
    .key_count = sizeof(keys) / sizeof(keys[0]),
    .shown = shown,
    .classes = {"thing.create", "thing.update", "thing.delete"},
    .check = check,
};
static const struct config_key options_keys[] = {{.name = "search"}, {.name = "dns1"}, {.name = "dns2"}};
static const struct config_kind options = {
    .what = "name servers of node",
    .subject = "node",
    .subject_member = "node",
    .id = "node",
    .one = "/nodes/{node}/dns",
    .flags = CONFIG_SINGLE | CONFIG_WHOLE,
    .keys = options_keys,
    .key_count = 3,
    .classes = {NULL, "node.dns", NULL},
};
CONFIG_FUNCTIONS(make, &kind, CONFIG_CREATE)
CONFIG_FUNCTIONS(set, &kind, CONFIG_UPDATE)
CONFIG_FUNCTIONS(drop, &kind, CONFIG_DELETE)
CONFIG_FUNCTIONS(dns, &options, CONFIG_UPDATE)

#define CHANGE(tool, function)                                                                               \
    {                                                                                                        \
        ROW(proximo_change), .name = (tool), .plan = function##_plan, .plan_undo = function##_undo,          \
                             .undo_kind = PROXIMO_UNDO_FUNCTION                                              \
    }
static const struct proximo_change changes[] = {CHANGE("thing_create", make), CHANGE("thing_update", set),
                                                CHANGE("thing_delete", drop), CHANGE("dns_set", dns)};
static const struct proximo_plane plane = {PROXIMO_PLANE_HEAD, .name = "things", .open = plane_open,
                                           .close = plane_close, .changes = PROXIMO_TABLE(changes)};

#define DIGEST "\"digest\":\"0123456789012345678901234567890123456789\""
#define NOW                                                                                                  \
    "{\"id\":\"a\",\"type\":\"dir\",\"nodes\":\"pve1,pve2\",\"max-size\":5,\"comment\":\"old\",\"usage\":"   \
    "7," DIGEST "}"

static void begin(struct plane_test *t, const char *now)
{
    plane_test_init(t);
    plane_test_argument(t, "id", "a", 1);
    plane_test_answer(t, "/things/a", now ? 200 : 500, now ? now : "");
}

static void only_what_changes_is_sent(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NOW);
    plane_test_argument(&t, "nodes", "[\"pve2\",\"pve1\"]", 0); /* the same, in another order */
    plane_test_argument(&t, "disable", "false", 0);             /* which is what absent means */
    plane_test_argument(&t, "max_size", "9", 0);
    plane_test_argument(&t, "delete", "[\"comment\"]", 0);
    assert_int_equal(plane_test_plan(&t, &plane, "thing_update"), 0);
    expect_told(&t, "guards", 0,
                "{\"path\":\"/things/{id}\",\"fields\":\"/max-size,/comment\",\"params\":[{\"name\":\"id\","
                "\"value\":\"a\"}]}");
    expect_told(&t, "steps", 0,
                "{\"kind\":2,\"name\":\"state\",\"path\":\"/things/{id}\",\"params\":[{\"name\":\"id\","
                "\"value\":\"a\"}],\"select\":\"/max-size,/comment\",\"keep\":\"/digest\"}");
    expect_told(&t, "steps", 1,
                "{\"kind\":1,\"flags\":8,\"name\":\"change\",\"method\":\"PUT\",\"path\":\"/things/{id}\","
                "\"params\":[{\"name\":\"id\",\"value\":\"a\"},{\"name\":\"max-size\",\"value\":\"9\"},"
                "{\"name\":\"delete\",\"value\":\"comment\"},{\"name\":\"digest\",\"value\":\"state:/"
                "digest\",\"flags\":2}]}");
    expect_words(&t, "postcondition",
                 "\"select\":\"/max-size\",\"wait_test\":2,\"interval_ms\":500,"
                 "\"deadline_ms\":15000,\"wait_value\":\"\\\"9\\\"\"");
    expect_words(&t, "postcondition", "\"select\":\"/comment\",\"wait_test\":4");
    expect_words(&t, "facts", "{\"option\":\"max-size\",\"from\":\"5\",\"to\":\"9\"}");
    expect_words(&t, "facts", "{\"option\":\"comment\",\"from\":\"old\",\"to\":\"absent\"}");
    expect_words(&t, "undo", "\"kind\":3");
    expect_told(&t, "subjects", 0,
                "{\"class\":\"thing.update\",\"subject\":{\"kind\":\"thing\",\"id\":\"a\"}}");
    plane_test_done(&t);

    begin(&t, NOW);
    plane_test_argument(&t, "comment", "old", 1);
    assert_int_equal(plane_test_plan(&t, &plane, "thing_update"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    expect_words(&t, "summary", "is so already");
    plane_test_done(&t);
}

/* An empty value lifts what was set; the check decides class and details. */
static void an_empty_value_removes(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NOW);
    plane_test_argument(&t, "nodes", "", 1);
    plane_test_argument(&t, "disable", "true", 0);
    assert_int_equal(plane_test_plan(&t, &plane, "thing_update"), 0);
    expect_words(&t, "steps",
                 "{\"name\":\"disable\",\"value\":\"1\"},{\"name\":\"delete\",\"value\":\"nodes\"}");
    expect_words(&t, "subjects", "\"class\":\"thing.disable\"");
    expect_words(&t, "subjects", "\"nodes\":\"\"");
    plane_test_done(&t);
}

struct refused {
    const char *tool, *name, *text;
    int quoted;
    int32_t code;
    const char *words;
};
static void what_proxmox_would_refuse_is_refused(void **state)
{
    static const struct refused refused[] = {
        {"thing_update", "type", "nfs", 1, PROXIMO_EINVAL, "is given at creation"},
        {"thing_update", "options", "{\"colour\":\"red\"}", 0, PROXIMO_EINVAL,
         "has no \"colour\"; it has: nodes, disable"},
        {"thing_update", "options", "{\"password\":\"x\"}", 0, PROXIMO_EINVAL, "parameter of its own"},
        {"thing_update", "delete", "[\"colour\"]", 0, PROXIMO_EINVAL, "has no \"colour\""},
        {"thing_update", "maxfiles", "3", 0, PROXIMO_EINVAL, "not known any more to Proxmox VE 9"},
        {"thing_create", "comment", "x", 1, PROXIMO_EINVAL, "there is a thing \"a\" already"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        struct plane_test t;
        begin(&t, NOW);
        plane_test_argument(&t, refused[i].name, refused[i].text, refused[i].quoted);
        expect_failure(&t, plane_test_plan(&t, &plane, refused[i].tool), refused[i].code, refused[i].words);
        plane_test_done(&t);
    }
    struct plane_test t;
    begin(&t, NOW);
    plane_test_argument(&t, "comment", "x", 1);
    plane_test_argument(&t, "delete", "[\"comment\"]", 0);
    expect_failure(&t, plane_test_plan(&t, &plane, "thing_update"), PROXIMO_EINVAL, "both set and removed");
    plane_test_done(&t);
    begin(&t, NULL);
    expect_failure(&t, plane_test_plan(&t, &plane, "thing_delete"), PROXIMO_ENOTFOUND,
                   "there is no thing \"a\"");
    plane_test_done(&t);
    plane_test_init(&t);
    plane_test_argument(&t, "id", "a", 1);
    plane_test_answer(&t, "/things/a", 403, "");
    expect_failure(&t, plane_test_plan(&t, &plane, "thing_create"), PROXIMO_EDENIED,
                   "could not be looked at");
    plane_test_done(&t);
}

static void a_thing_is_made(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NULL);
    plane_test_argument(&t, "type", "dir", 1);
    plane_test_argument(&t, "map", "[\"node=pve1,path=/a\",\"node=pve2,path=/b\"]", 0);
    plane_test_secret(&t, "password");
    assert_int_equal(plane_test_plan(&t, &plane, "thing_create"), 0);
    expect_words(&t, "steps",
                 "\"method\":\"POST\",\"path\":\"/things\",\"params\":[{\"name\":\"id\",\"value\":\"a\"},"
                 "{\"name\":\"type\",\"value\":\"dir\"},{\"name\":\"password\",\"flags\":1");
    expect_words(&t, "steps",
                 "{\"name\":\"map\",\"value\":\"node=pve1,path=/a\"},{\"name\":\"map\",\"value\":\"node=pve2,"
                 "path=/b\"}");
    expect_words(&t, "guards", "\"flags\":1");
    expect_words(&t, "postcondition", "\"path\":\"/things\",\"select\":\"[id=a]/id\",\"wait_test\":1");
    expect_words(&t, "facts", "{\"option\":\"password\",\"to\":\"(hidden)\"}");
    expect_words(&t, "undo", "\"kind\":3");
    plane_test_done(&t);
}

static void a_thing_goes_and_says_what_goes(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NOW);
    assert_int_equal(plane_test_plan(&t, &plane, "thing_delete"), 0);
    expect_words(&t, "steps", "\"method\":\"DELETE\",\"path\":\"/things/{id}\"");
    expect_words(&t, "facts", "\"what_goes\"");
    expect_words(&t, "facts", "\"comment\":\"old\"");
    expect_words(&t, "postcondition", "\"path\":\"/things\",\"select\":\"[id=a]\",\"wait_test\":4");
    plane_test_done(&t);
}

/* What GET never shows cannot be brought back, and that is said before. */
static void a_password_has_no_way_back(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NOW);
    plane_test_secret(&t, "password");
    assert_int_equal(plane_test_plan(&t, &plane, "thing_update"), 0);
    expect_words(&t, "undo", "\"kind\":1");
    expect_words(&t, "facts", "never shows the present password");
    plane_test_done(&t);
}

#define RECORD(before, after) "{\"before\":[" before "],\"after\":[" after "]}"

static void the_way_back_is_what_was(void **state)
{
    struct plane_test t;
    (void)state;
    begin(&t, NOW); /* as it is after a change of max-size from absent to 5 and of comment from new to old */
    assert_int_equal(plane_test_plan_undo(&t, &plane, "thing_update",
                                          RECORD("{\"/max-size\":{\"absent\":true},\"/comment\":\"new\"}",
                                                 "{\"/max-size\":5,\"/comment\":\"old\"}")),
                     0);
    expect_words(&t, "steps",
                 "{\"name\":\"comment\",\"value\":\"new\"},{\"name\":\"delete\",\"value\":\"max-size\"}");
    plane_test_done(&t);

    begin(&t, NOW); /* of a change that only added: the thing was there before, and stays */
    assert_int_equal(
        plane_test_plan_undo(&t, &plane, "thing_update",
                             RECORD("{\"/comment\":{\"absent\":true}}", "{\"/comment\":\"old\"}")),
        0);
    expect_words(&t, "steps", "\"method\":\"PUT\"");
    expect_words(&t, "steps", "{\"name\":\"delete\",\"value\":\"comment\"}");
    plane_test_done(&t);

    begin(&t, NOW); /* of a creation */
    assert_int_equal(plane_test_plan_undo(&t, &plane, "thing_create",
                                          RECORD("{}", "{\"/type\":\"dir\",\"/comment\":\"old\"}")),
                     0);
    expect_words(&t, "steps", "\"method\":\"DELETE\"");
    plane_test_done(&t);

    begin(&t, NULL); /* of a removal */
    assert_int_equal(
        plane_test_plan_undo(&t, &plane, "thing_delete",
                             RECORD("{\"/type\":\"dir\",\"/comment\":\"old\",\"/nodes\":{\"absent\":"
                                    "true},\"/map\":[\"x=1\",\"y=2\"]}",
                                    "{}")),
        0);
    expect_words(&t, "steps", "\"method\":\"POST\"");
    expect_words(&t, "steps", "{\"name\":\"map\",\"value\":\"x=1\"},{\"name\":\"map\",\"value\":\"y=2\"}");
    plane_test_done(&t);

    begin(&t, NOW);
    expect_failure(&t, plane_test_plan_undo(&t, &plane, "thing_update", RECORD("null", "null")),
                   PROXIMO_ENOTFOUND, "does not say");
    plane_test_done(&t);
}

/* PUT replaces all: what stays is sent as well. */
static void a_whole_is_sent_whole(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "node", "pve1", 1);
    plane_test_answer(&t, "/nodes/pve1/dns", 200,
                      "{\"search\":\"a.b\",\"dns1\":\"192.0.2.1\",\"dns2\":\"192.0.2.2\"}");
    plane_test_argument(&t, "dns1", "192.0.2.9", 1);
    plane_test_argument(&t, "dns2", "", 1);
    assert_int_equal(plane_test_plan(&t, &plane, "dns_set"), 0);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"PUT\",\"path\":\"/nodes/{node}/dns\",\"params\":["
        "{\"name\":\"node\",\"value\":\"pve1\"},{\"name\":\"search\",\"value\":\"a.b\"},{\"name\":"
        "\"dns1\",\"value\":\"192.0.2.9\"}]}");
    expect_words(&t, "guards", "\"fields\":\"/search,/dns1,/dns2\"");
    expect_words(&t, "subjects", "{\"kind\":\"node\",\"node\":\"pve1\"}");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_what_changes_is_sent),
        cmocka_unit_test(an_empty_value_removes),
        cmocka_unit_test(what_proxmox_would_refuse_is_refused),
        cmocka_unit_test(a_thing_is_made),
        cmocka_unit_test(a_thing_goes_and_says_what_goes),
        cmocka_unit_test(a_password_has_no_way_back),
        cmocka_unit_test(the_way_back_is_what_was),
        cmocka_unit_test(a_whole_is_sent_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
