/* SPDX-License-Identifier: Apache-2.0 */
/* The core's reading of a draft: each rule once, whatever the host says, and a few thousand broken ones that
 * must only be refused. */
#include "rig.h"

#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "plane/draft.h"

static struct param_row params[] = {
    {.type = PROXIMO_TYPE_STRING, .name = (char *)"vmid", .format = (char *)"guest"},
    {.type = PROXIMO_TYPE_STRING, .name = (char *)"password", .flags = PROXIMO_PARAM_SECRET}};
static const struct tool tool = {.kind = TOOL_CHANGE,
                                 .name = (char *)"p_stop",
                                 .params = params,
                                 .param_count = 2,
                                 .rest_json = (char *)"{\"guards\":[{\"path\":\"/version\"}]}",
                                 .has_plan = true};
static const struct class_row class = {.name = (char *)"p.stop", .has_blast = true};

static const char good[] =
    "{\"summary\":\"S\",\"facts\":[{\"name\":\"f\",\"value\":[1,\"x\"]}],\"risks\":[{\"risk\":3,\"reason\":"
    "\"R\"}],"
    "\"guards\":[{\"path\":\"/nodes/{n}/status\",\"fields\":\"/lock\",\"flags\":1,"
    "\"params\":[{\"name\":\"n\",\"value\":\"pve1\"}]}],"
    "\"steps\":[{\"kind\":1,\"flags\":1,\"method\":\"POST\",\"path\":\"/a/"
    "b\",\"params\":[{\"name\":\"pw\",\"flags\":1,"
    "\"secret\":\"password\"}]},{\"kind\":3,\"name\":\"w\",\"path\":\"/a\",\"wait_test\":1,\"select\":\"/"
    "x\"},"
    "{\"kind\":1,\"method\":\"PUT\",\"path\":\"/"
    "c\",\"params\":[{\"name\":\"u\",\"flags\":2,\"value\":\"change:/upid\"}]}],"
    "\"postcondition\":[{\"kind\":3,\"path\":\"/a\",\"wait_test\":2,\"wait_value\":\"1\",\"select\":\"/x\"}],"
    "\"subjects\":[{\"class\":\"p.stop\",\"subject\":{\"kind\":\"guest\",\"vmid\":1}}],"
    "\"undo\":{\"kind\":2,\"steps\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/a/"
    "{vmid}\",\"params\":[{\"name\":\"m\","
    "\"flags\":2,\"value\":\"after.1:/m\"}]}]},\"incomplete\":[{\"what\":\"W\",\"why\":\"Y\"}]}";

static const struct {
    const char *from, *to, *says;
} faults[] = {
    {"\"summary\":\"S\"", "\"summary\":5", "told of \"summary\""},
    {"\"summary\":\"S\"", "\"summary\":\"\"", "a summary is"},
    {"\"summary\":\"S\"", "\"summary\":\"a\\u0000b\"", "a summary is"},
    {"\"summary\":\"S\"", "\"sumary\":\"S\"", "told of \"sumary\""},
    {"\"facts\":[", "\"findings\":[", "told of \"findings\""},
    {"\"facts\":[{\"name\":\"f\",\"value\":[1,\"x\"]}]", "\"facts\":{}", "told of \"facts\""},
    {"{\"name\":\"f\",\"value\":[1,\"x\"]}", "7", "is not an object"},
    {"{\"name\":\"f\",\"value\":[1,\"x\"]}", "null", "is not an object"},
    {"\"name\":\"f\",\"value\"", "\"name\":\"\",\"value\"", "\"name\" of an entry of its facts"},
    {"\"name\":\"f\",\"value\"", "\"name\":\"f\",\"valeu\"", "no member \"valeu\""},
    {"\"risk\":3", "\"risk\":0", "the risk 0"},
    {"\"risk\":3", "\"risk\":4", "the risk 4"},
    {"\"risk\":3", "\"risk\":\"3\"", "not of its type"},
    {"\"reason\":\"R\"", "\"reason\":\"\"", "UTF-8 text of 1 to"},
    {"\"flags\":1,\"params\":[{\"name\":\"n\"", "\"flags\":2,\"params\":[{\"name\":\"n\"",
     "a guard has unknown flag"},
    {"\"fields\":\"/lock\"", "\"fields\":\"lock\"", "is no selector"},
    {"\"fields\":\"/lock\"", "\"method\":\"POST\"", "no member \"method\""},
    {"/nodes/{n}/status", "/nodes/{n}/../status", "its path"},
    {"/nodes/{n}/status", "/nodes/{vmid}/status", "names \"vmid\", which has no value"},
    {"\"value\":\"pve1\"", "\"value\":\"a/../..\",\"flags\":1", "flags that it cannot have"},
    {"\"value\":\"pve1\"", "\"value\":\"..\"", "cannot stand in a path"},
    {"\"kind\":1,\"flags\":1,", "\"kind\":1,\"flags\":4096,", "unknown flag bits"},
    {"\"kind\":1,\"flags\":1,", "\"kind\":1,\"flags\":-1,", "is negative"},
    {"\"kind\":1,\"flags\":1,", "\"kind\":1,\"flags\":17,", "only a wait looks at the whole answer"},
    {"\"kind\":1,\"flags\":1,", "\"flags\":1,", "lacks \"kind\""},
    {"\"method\":\"POST\",\"path\":\"/a/b\"", "\"method\":\"GET\",\"path\":\"/a/b\"", "POST, PUT or DELETE"},
    {"\"method\":\"POST\",\"path\":\"/a/b\"", "\"method\":7,\"path\":\"/a/b\"", "not of its type"},
    {"\"path\":\"/a/b\"", "\"path\":\"/a/b?x=1\"", "its path"},
    {"\"path\":\"/a/b\"", "\"path\":\"a\"", "its path"},
    {"\"secret\":\"password\"", "\"secret\":\"vmid\"", "\"vmid\" is no secret"},
    {"\"secret\":\"password\"", "\"secret\":\"nobody\"", "\"nobody\" is no secret"},
    {"\"secret\":\"password\"", "\"secret\":\"password\",\"value\":\"x\"", "either a value, or FIELD_SECRET"},
    {"\"flags\":1,\"secret\":\"password\"", "\"secret\":\"password\"", "either a value, or FIELD_SECRET"},
    {"\"name\":\"pw\"", "\"name\":\"p&w\"", "no name of a field"},
    {"\"name\":\"w\"", "\"name\":\"change\"", "two steps are called \"change\""},
    {"\"name\":\"w\"", "\"name\":\"argument\"", "no step is called"},
    {"\"value\":\"change:/upid\"", "\"value\":\"step-3:/upid\"", "no step that runs before"},
    {"\"value\":\"change:/upid\"", "\"value\":\"before.0:/upid\"", "no reference"},
    {"\"value\":\"change:/upid\"", "\"value\":\"argument:vmid\"", "names no argument"},
    {"\"wait_value\":\"1\"", "\"wait_value\":\"one\"", "wait_value"},
    {"\"postcondition\":[{\"kind\":3", "\"postcondition\":[{\"kind\":2", "has no place here"},
    {"\"class\":\"p.stop\"", "\"class\":\"p..stop\"", "no name of an operation class"},
    {"\"subject\":{\"kind\":\"guest\",\"vmid\":1}", "\"subject\":[]", "not of its type"},
    {"after.1:/m", "after.2:/m", "no reference that has a value"},
    {"after.1:/m", "argument:nobody", "names no argument"},
    {"/a/{vmid}", "/a/{whom}", "names \"whom\""},
    {"\"undo\":{\"kind\":2", "\"undo\":{\"kind\":3", "has steps if it is a template"},
    {"\"undo\":{\"kind\":2", "\"undo\":{\"kind\":9", "undo kind 9"},
    {"\"incomplete\":[{\"what\":\"W\"", "\"incomplete\":[{\"what\":5", "not of its type"},
    {"]}", "]", "not JSON"},
};

static char *replaced(const char *from, const char *to)
{
    struct buf text = BUF_INIT(65536);
    const char *at = strstr(good, from);

    if (!at)
        fail_msg("the good draft has no %s", from);
    buf_add(&text, good, (size_t)(at - good));
    buf_str(&text, to);
    buf_str(&text, at + strlen(from));
    return buf_take(&text, NULL);
}

static void test_rules(void **state)
{
    struct json_object *draft = NULL;
    struct problem p = PROBLEM_INIT;

    (void)state;
    if (draft_read(PLANE_CALL_PLAN, &tool, NULL, good, strlen(good), &draft, &p) < 0)
        fail_msg("%s", p.cause);
    json_object_put(draft);
    for (size_t i = 0; i < sizeof(faults) / sizeof(faults[0]); i++) {
        char *bad = replaced(faults[i].from, faults[i].to);
        p = PROBLEM_INIT;
        draft = NULL;
        if (draft_read(PLANE_CALL_PLAN, &tool, NULL, bad, strlen(bad), &draft, &p) == 0)
            fail_msg("accepted: %s", bad);
        assert_null(draft);
        assert_string_equal(p.code, PX_PLANE);
        if (!strstr(p.cause, faults[i].says) || strncmp(p.cause, "tool p_stop: ", 13) != 0)
            fail_msg("\"%s\" does not say \"%s\"", p.cause, faults[i].says);
        free(bad);
    }
}

/* What belongs to one kind of call is refused in another. */
static void test_kinds(void **state)
{
    static const struct {
        enum plane_call_kind kind;
        const char *draft, *says;
    } cases[] = {
        {PLANE_CALL_BLAST, "{\"affected\":[{\"resource\":\"guest/1\",\"effect\":\"stops\"}]}", NULL},
        {PLANE_CALL_BLAST, "{}", NULL},
        {PLANE_CALL_BLAST, "{\"summary\":\"S\"}", "class p.stop: it told of \"summary\""},
        {PLANE_CALL_BLAST, "{\"undo\":{\"kind\":1}}", "it told of \"undo\""},
        {PLANE_CALL_BLAST, "{\"steps\":[]}", "it told of \"steps\""},
        {PLANE_CALL_BLAST, "{\"affected\":[{\"resource\":\"guest/1\",\"effect\":\"\"}]}", "\"effect\""},
        {PLANE_CALL_BLAST, "{\"affected\":[{\"resource\":\"guest/1\",\"effect\":\"e\",\"facts\":5}]}",
         "\"facts\""},
        {PLANE_CALL_PLAN_UNDO, "{\"undo\":{\"kind\":1},\"summary\":\"S\"}", NULL},
        {PLANE_CALL_PLAN_UNDO, "{\"undo\":{\"kind\":3}}", "it has no plan_undo"},
        {PLANE_CALL_PLAN_UNDO,
         "{\"steps\":[{\"kind\":1,\"method\":\"POST\",\"path\":\"/"
         "a\",\"params\":[{\"name\":\"x\",\"flags\":1,"
         "\"secret\":\"password\"}]}]}",
         "is no secret that can be placed here"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct json_object *draft = NULL;
        struct problem p = PROBLEM_INIT;
        bool blast = cases[i].kind == PLANE_CALL_BLAST;
        int r = draft_read(cases[i].kind, blast ? NULL : &tool, &class, cases[i].draft,
                           strlen(cases[i].draft), &draft, &p);
        if ((r == 0) != (cases[i].says == NULL) || (r < 0 && !strstr(p.cause, cases[i].says)))
            fail_msg("%s: %d %s", cases[i].draft, r, p.cause);
        if (draft)
            json_object_put(draft);
    }
}

static void test_too_much(void **state)
{
    struct buf text = BUF_INIT((size_t)16 << 20);
    struct json_object *draft = NULL;
    struct problem p = PROBLEM_INIT;

    (void)state;
    buf_str(&text, "{\"facts\":[");
    for (int i = 0; i < 257; i++)
        buf_printf(&text, "%s{\"name\":\"f\",\"value\":%d}", i ? "," : "", i);
    buf_str(&text, "]}");
    assert_true(draft_read(PLANE_CALL_PLAN, &tool, NULL, text.data, text.len, &draft, &p) < 0);
    assert_non_null(strstr(p.cause, "257 facts; at most 256"));
    buf_reset(&text);
    buf_str(&text, "{\"facts\":[{\"name\":\"f\",\"value\":\"");
    for (int i = 0; i < 70000; i++)
        buf_char(&text, 'x');
    buf_str(&text, "\"}]}");
    assert_true(draft_read(PLANE_CALL_PLAN, &tool, NULL, text.data, text.len, &draft, &p) < 0);
    assert_non_null(strstr(p.cause, "bytes of JSON"));
    for (int i = 0; i < 5 << 20; i++)
        buf_char(&text, ' ');
    assert_true(draft_read(PLANE_CALL_PLAN, &tool, NULL, text.data, text.len, &draft, &p) < 0);
    assert_non_null(strstr(p.cause, "not JSON of at most"));
    assert_null(draft);
    buf_done(&text);
}

/* Bytes turned into others: refused or read, never a crash. */
static void test_broken(void **state)
{
    size_t len = strlen(good);
    char *bad = malloc(len + 1);
    uint32_t seed = 12345;

    (void)state;
    assert_non_null(bad);
    for (int round = 0; round < 20000; round++) {
        struct json_object *draft = NULL;
        struct problem p = PROBLEM_INIT;
        memcpy(bad, good, len + 1);
        for (int change = 0; change < 1 + round % 3; change++) {
            seed = seed * 1103515245u + 12345u;
            size_t at = (seed >> 8) % len;
            seed = seed * 1103515245u + 12345u;
            bad[at] = round % 2 ? "0{}[]\",:/9"[(seed >> 8) % 10] : (char)(seed >> 16);
        }
        if (draft_read(PLANE_CALL_PLAN, &tool, NULL, bad, len, &draft, &p) == 0)
            json_object_put(draft);
        else
            assert_string_equal(p.code, PX_PLANE);
    }
    free(bad);
}

int main(void)
{
    const struct CMUnitTest all[] = {cmocka_unit_test(test_rules), cmocka_unit_test(test_kinds),
                                     cmocka_unit_test(test_too_much), cmocka_unit_test(test_broken)};

    return cmocka_run_group_tests_name("abi-draft", all, NULL, NULL);
}
