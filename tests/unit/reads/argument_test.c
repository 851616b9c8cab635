/* SPDX-License-Identifier: Apache-2.0 */
/* Formats by table, arguments, the schema's bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/argument_secret.h"
#include "plane/manifest.h"
#include "plane/read.h"

struct format_case {
    const char *format, *text;
    int good;
};

#define A40 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A64 A40 "aaaaaaaaaaaaaaaaaaaaaaaa"

static const struct format_case format_cases[] = {
    {"guest", "100", 1},
    {"guest", "999999999", 1},
    {"guest", "99", 0},
    {"guest", "1000000000", 0},
    {"guest", "0100", 0},
    {"guest", "web-cache.lan", 1},
    {"guest", "web cache", 0},
    {"guest", "web/../x", 0},
    {"guest", "..", 0},
    {"guest", ".", 0},
    {"guest", "", 0},
    {"guest", "105\n", 0},
    {"guest", "-1", 0},
    {"guest", "\xd9\xa1\xd9\xa0\xd9\xa5", 0}, /* Arabic digits */
    {"kind", "lxc", 1},
    {"kind", "qemu", 1},
    {"kind", "openvz", 0},
    {"kind", "LXC", 0},
    {"node", "pve1", 1},
    {"node", "p", 1},
    {"node", "pve-1", 1},
    {"node", "pve1-", 0},
    {"node", "-pve1", 0},
    {"node", "pve.1", 0},
    {"node", "..", 0},
    {"node", "pve1/qemu", 0},
    {"node", "pve1\n", 0},
    {"node", A64, 0},
    {"vmid", "100", 1},
    {"vmid", "99", 0},
    {"vmid", "1e3", 0},
    {"vmid", "+105", 0},
    {"vmid", " 105", 0},
    {"upid", "UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam:", 1},
    {"upid", "UPID:pve1:00001234:0000ABCD1:66000000:vzdump::root@pam!tok:", 1},
    {"upid", "UPID:pbs:00001234:0000ABCD:00000001:66000000:garbage_collection:store1:root@pam:", 1},
    {"upid", "UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam", 0},
    {"upid", "UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam:x", 0},
    {"upid", "UPID:pve1:1234:0000ABCD:66000000:vzdump:105:root@pam:", 0},
    {"upid", "UPID:pve1:0000123g:0000ABCD:66000000:vzdump:105:root@pam:", 0},
    {"upid", "UPID:pve1:00001234:0000ABCD:66000000:vz/dump:105:root@pam:", 0},
    {"upid", "UPID:..:00001234:0000ABCD:66000000:vzdump:105:root@pam:", 0},
    {"upid", "UPID:pve1:00001234:0000ABCD:66000000:vzdump:..:root@pam:", 0},
    {"upid", "UPID:pve-:00001234:0000ABCD:66000000:vzdump:105:root@pam:", 0},
    {"upid", "pve:remote!UPID:pve1:00001234:0000ABCD:66000000:vzdump:105:root@pam:", 0},
    {"upid", "notaupid", 0},
    {"storage", "local-lvm", 1},
    {"storage", "l", 0},
    {"storage", "1local", 0},
    {"storage", "local-", 0},
    {"storage", "..", 0},
    {"volid", "local:iso/debian.iso", 1},
    {"volid", "pbs:backup/vm/100/2026-01-01T00:00:00Z", 1},
    {"volid", "local:", 0},
    {"volid", "local:../etc/passwd", 0},
    {"volid", "local:a/../b", 0},
    {"volid", "local:a//b", 0},
    {"volid", "local", 0},
    {"volid", "local:a b", 0},
    {"snapname", "before_upgrade", 1},
    {"snapname", "current", 0},
    {"snapname", "currently", 1},
    {"snapname", "1st", 0},
    {"snapname", "a", 0},
    {"snapname", A40, 1},
    {"snapname", A40 "a", 0},
    {"iface", "vmbr0", 1},
    {"iface", "eno1.20", 1},
    {"iface", "eno1:1", 1},
    {"iface", "eno1.", 0},
    {"iface", ".", 0},
    {"iface", "0eth", 0},
    {"iface", "eno1/2", 0},
    {"safeid", "_a.b-c", 1},
    {"safeid", "9", 1},
    {"safeid", "-a", 0},
    {"safeid", "..", 0},
    {"safeid", "a/b", 0},
    {"namespace", "prod", 1},
    {"namespace", "prod/web/.x", 0},
    {"namespace", "a/b/c/d/e/f/g/h", 1},
    {"namespace", "a/b/c/d/e/f/g/h/i", 0},
    {"namespace", "a//b", 0},
    {"namespace", "a/..", 0},
    {"namespace", "/a", 0},
    {"namespace", "", 0},
    {"upid", "UPID:vault:00000A1B:01020304:00000001:6700ABCD:prune:main\\x3aprod\\x2fvm:root@pam!x:", 1},
    {"upid", "UPID:vault:00000A1B:01020304:0123456789ABCDEF:6700ABCD:prune:main:root@pam:", 1},
    {"upid", "UPID:vault:00000A1B:01020304:01234567:6700ABCD:prune:main:extra:root@pam:", 0},
    {"poolid", "prod", 1},
    {"poolid", "prod/web/a", 1},
    {"poolid", "a/b/c/d", 0},
    {"poolid", "a/../b", 0},
    {"poolid", "a//b", 0},
    {"poolid", "/a", 0},
    {"poolid", "a/", 0},
    {"poolid", ".", 0},
    {"userid", "root@pam", 1},
    {"userid", "a.b@c@pve", 1},
    {"userid", "root", 0},
    {"userid", "@pam", 0},
    {"userid", "ro ot@pam", 0},
    {"userid", "root@pam!token", 0},
    {"userid", "a/b@pam", 0},
    {"realm", "pve", 1},
    {"realm", "..", 0},
    {"realm", "p", 0},
    {"id", "nightly", 1},
    {"id", "-x", 0},
    {"id", "a.b", 0},
    {"text", "caf\xc3\xa9", 1},
    {"text", "", 1},
    {"text", "a\nb", 0},
    {"text", "a\x7f", 0},
    {"text", "a\xc2\x85z", 0},
    {"text", "a\xe2\x80\xa8z", 0},
    {"text", "\xff", 0},
    {"lines", "a\n\tb", 1},
    {"lines", "a\rb", 0},
    {"epoch", "1700000000", 1},
    {"epoch", "-1", 0},
    {"epoch", "999999999999", 0},
};

static void formats_by_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(format_cases) / sizeof(format_cases[0]); i++) {
        const struct format_case *c = &format_cases[i];
        const char *why = NULL;
        int r = argument_format_check(c->format, c->text, strlen(c->text), &why);
        if ((r == 0) != c->good)
            fail_msg("%s '%s' gave %d", c->format, c->text, r);
        assert_non_null(why);
    }
    assert_false(argument_format_known("nosuch"));
    assert_true(argument_format_known("guest"));
    assert_int_equal(argument_format_check("nosuch", "x", 1, NULL), -2);
    /* A NUL inside never passes, whatever stands before it. */
    assert_int_not_equal(argument_format_check("node", "pve1\0x", 6, NULL), 0);
}

#define S(text) ((char *)(uintptr_t)(text))

static struct param_row params[] = {
    {.type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_REQUIRED,
     .name = S("vmid"),
     .format = S("guest"),
     .description = S("Guest.")},
    {.type = PROXIMO_TYPE_STRING, .name = S("kind"), .format = S("kind")},
    {.type = PROXIMO_TYPE_INTEGER, .name = S("count"), .minimum = 1, .maximum = 10, .default_json = S("5")},
    {.type = PROXIMO_TYPE_BOOLEAN, .name = S("full"), .default_json = S("false")},
    {.type = PROXIMO_TYPE_STRING, .name = S("state"), .choices = S("on,off")},
    {.type = PROXIMO_TYPE_STRINGS, .name = S("items"), .format = S("id")},
    {.type = PROXIMO_TYPE_OBJECT, .name = S("options")},
    {.type = PROXIMO_TYPE_NUMBER, .name = S("ratio"), .minimum = 0, .maximum = 1},
    {.type = PROXIMO_TYPE_STRING, .name = S("note"), .maximum = 8},
};
static struct column_row columns[] = {{.name = S("a")}, {.name = S("b"), .flags = PROXIMO_COLUMN_EXTRA}};
static const struct tool tool = {.kind = TOOL_READ_ROW,
                                 .name = S("pve_test"),
                                 .params = params,
                                 .param_count = sizeof(params) / sizeof(params[0]),
                                 .path = S("/x"),
                                 .columns = columns,
                                 .column_count = 2};

static int check(const struct tool *t, const char *json, char *ret_text, size_t size, struct problem *p)
{
    CLEANUP_JSON struct json_object *in = NULL;
    CLEANUP_JSON struct json_object *out = NULL;
    assert_int_equal(json_parse(json, strlen(json), &in, NULL), 0);
    *p = PROBLEM_INIT;
    int r = arguments_check(t, in, &out, p);
    if (r == 0)
        snprintf(
            ret_text, size, "%s",
            json_object_to_json_string_ext(out, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
    return r;
}

static void good_arguments(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"{\"vmid\":\"105\"}", "{\"vmid\":\"105\",\"count\":5,\"full\":false}"},
        {"{\"vmid\":105}", "{\"vmid\":\"105\",\"count\":5,\"full\":false}"},
        {"{\"vmid\":\"web\",\"kind\":null,\"count\":10,\"full\":true}",
         "{\"vmid\":\"web\",\"count\":10,\"full\":true}"},
        {"{\"vmid\":\"web\",\"fields\":\"a, b\"}",
         "{\"vmid\":\"web\",\"fields\":[\"a\",\"b\"],\"count\":5,\"full\":false}"},
        {"{\"vmid\":\"web\",\"limit\":7,\"offset\":3,\"ratio\":0.5}",
         "{\"vmid\":\"web\",\"limit\":7,\"offset\":3,\"ratio\":0.5,\"count\":5,\"full\":false}"},
        {"{\"vmid\":\"web\",\"options\":{\"a-b\":1,\"c\":\"x\\ny\",\"d\":true}}",
         "{\"vmid\":\"web\",\"options\":{\"a-b\":1,\"c\":\"x\\ny\",\"d\":true},\"count\":5,\"full\":false}"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct problem p;
        if (check(&tool, cases[i][0], text, sizeof(text), &p) != 0)
            fail_msg("%s: %s", cases[i][0], p.cause);
        assert_string_equal(text, cases[i][1]);
    }
}

static void bad_arguments(void **state)
{
    (void)state;
    /* arguments, then what the cause must say */
    static const char *const cases[][2] = {
        {"{}", "vmid is missing"},
        {"{\"vmid\":true}", "vmid must be a string, not boolean"},
        {"{\"vmid\":\"99\"}", "vmid must be a vmid (100 to 999999999) or a guest's name"},
        {"{\"vmid\":99}", "vmid must be a vmid"},
        {"{\"vmid\":1.5}", "vmid must be a string, not double"},
        {"{\"vmid\":\"105\",\"vmidd\":1}", "there is no argument 'vmidd' (did you mean 'vmid'?)"},
        {"{\"vmid\":\"105\",\"zebra\":1}", "there is no argument 'zebra'"},
        {"{\"vmid\":\"105\",\"confirm\":true}", "there is no argument 'confirm'"},
        {"{\"vmid\":\"105\",\"kind\":\"vm\"}", "kind must be lxc or qemu"},
        {"{\"vmid\":\"105\",\"count\":0}", "count must lie between 1 and 10"},
        {"{\"vmid\":\"105\",\"count\":\"5\"}", "count must be an integer, not string"},
        {"{\"vmid\":\"105\",\"count\":5.5}", "count must be an integer, not double"},
        {"{\"vmid\":\"105\",\"full\":1}", "full must be true or false, not int"},
        {"{\"vmid\":\"105\",\"full\":\"true\"}", "full must be true or false, not string"},
        {"{\"vmid\":\"105\",\"state\":\"maybe\"}", "state must be one of on,off"},
        {"{\"vmid\":\"105\",\"state\":\"on,off\"}", "state must be one of on,off"},
        {"{\"vmid\":\"105\",\"items\":\"ab\"}", "items must be an array of strings, not string"},
        {"{\"vmid\":\"105\",\"items\":[\"a,b\"]}", "items of items must not be empty or hold a comma"},
        {"{\"vmid\":\"105\",\"items\":[1]}", "items must be an array of strings"},
        {"{\"vmid\":\"105\",\"options\":{\"a\":[]}}", "options: 'a' must be a plain name"},
        {"{\"vmid\":\"105\",\"options\":{\"a/b\":1}}", "options: 'a/b' must be a plain name"},
        {"{\"vmid\":\"105\",\"ratio\":2}", "ratio must lie between 0 and 1"},
        {"{\"vmid\":\"105\",\"note\":\"123456789\"}", "note must have 0 to 8 bytes"},
        {"{\"vmid\":\"105\",\"note\":\"a\\nb\"}", "note must be one line of text"},
        {"{\"vmid\":\"105\",\"fields\":[\"nosuch\"]}", "fields: there is no column 'nosuch', only a, b"},
        {"{\"vmid\":\"105\",\"limit\":0}", "limit must lie between 1 and 10000"},
        /* all at once */
        {"{\"kind\":\"vm\",\"count\":99,\"x\":1}", "kind must be lxc or qemu; count must lie between 1 and "
                                                   "10; there is no argument 'x'; vmid is missing"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];
        struct problem p;
        if (check(&tool, cases[i][0], text, sizeof(text), &p) == 0)
            fail_msg("%s was accepted", cases[i][0]);
        assert_string_equal(p.code, PX_ARG);
        if (!strstr(p.cause, cases[i][1]))
            fail_msg("%s: %s", cases[i][0], p.cause);
        assert_non_null(strstr(p.valid, "vmid, kind"));
        assert_non_null(strstr(p.valid, "offset"));
    }
}

/* What never becomes a comma list may hold property strings. */
static void items_that_are_never_sent_may_hold_commas(void **state)
{
    static struct param_row map = {.type = PROXIMO_TYPE_STRINGS, .name = S("map")};
    struct tool one = {.kind = TOOL_CHANGE, .name = S("pve_test"), .params = &map, .param_count = 1};
    char text[512];
    struct problem p;
    (void)state;
    assert_int_not_equal(check(&one, "{\"map\":[\"node=a,path=/b\"]}", text, sizeof(text), &p), 0);
    map.flags = PROXIMO_PARAM_NOT_SENT;
    assert_int_equal(check(&one, "{\"map\":[\"node=a,path=/b\"]}", text, sizeof(text), &p), 0);
    assert_int_not_equal(check(&one, "{\"map\":[\"\"]}", text, sizeof(text), &p), 0);
    assert_non_null(strstr(p.cause, "items of map must not be empty"));
}

static void confirm_is_for_changes(void **state)
{
    (void)state;
    struct tool change = tool;
    change.kind = TOOL_CHANGE;
    char text[512];
    struct problem p;
    assert_int_equal(check(&change, "{\"vmid\":\"105\",\"confirm\":true}", text, sizeof(text), &p), 0);
    assert_int_not_equal(check(&change, "{\"vmid\":\"105\",\"limit\":1}", text, sizeof(text), &p), 0);
    assert_int_not_equal(check(&change, "{\"vmid\":\"105\",\"confirm\":1}", text, sizeof(text), &p), 0);
}

static void schema_is_plain_and_stable(void **state)
{
    (void)state;
    static const char golden[] =
        "{\"type\":\"object\",\"properties\":{"
        "\"vmid\":{\"type\":\"string\",\"description\":\"Guest.\"},"
        "\"kind\":{\"type\":\"string\",\"enum\":[\"lxc\",\"qemu\"]},"
        "\"count\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":10,\"default\":5},"
        "\"full\":{\"type\":\"boolean\",\"default\":false},"
        "\"state\":{\"type\":\"string\",\"enum\":[\"on\",\"off\"]},"
        "\"items\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
        "\"options\":{\"type\":\"object\"},"
        "\"ratio\":{\"type\":\"number\",\"minimum\":0,\"maximum\":1},"
        "\"note\":{\"type\":\"string\",\"maxLength\":8},"
        "\"fields\":{\"type\":\"array\",\"description\":\"Columns to return instead of the usual ones.\","
        "\"items\":{\"type\":\"string\",\"enum\":[\"a\",\"b\"]}},"
        "\"limit\":{\"type\":\"integer\",\"description\":\"Most rows to "
        "return.\",\"minimum\":1,\"maximum\":10000,"
        "\"default\":100},"
        "\"offset\":{\"type\":\"integer\",\"description\":\"Rows to "
        "skip.\",\"minimum\":0,\"maximum\":10000000},"
        "\"site\":{\"type\":\"string\",\"description\":\"Which configured site is "
        "meant.\",\"enum\":[\"one\",\"two\"]}},"
        "\"required\":[\"vmid\",\"site\"],\"additionalProperties\":false}";
    static const struct tool_site sites[] = {{"one", 1}, {"two", 1}, {"vault", 2}};
    for (int i = 0; i < 2; i++) {
        CLEANUP_BUF struct buf out = BUF_INIT(65536);
        tool_schema_write(&tool, sites, 2, &out);
        assert_string_equal(out.data, golden);
    }
    /* Of a plane for clusters the Backup Server is no site to choose; of one for these it is the only one. */
    struct plane_info plane = {.site_kinds = PROXIMO_FOR_PVE};
    struct tool of_plane = tool;
    of_plane.plane = &plane;
    CLEANUP_BUF struct buf pve = BUF_INIT(65536), pbs = BUF_INIT(65536);
    tool_schema_write(&of_plane, sites, 3, &pve);
    assert_string_equal(pve.data, golden);
    plane.site_kinds = PROXIMO_FOR_PBS;
    tool_schema_write(&of_plane, sites, 3, &pbs);
    assert_null(strstr(pbs.data, "\"site\""));
    CLEANUP_BUF struct buf one = BUF_INIT(65536);
    tool_schema_write(&tool, sites, 1, &one);
    assert_null(strstr(one.data, "site"));
    struct tool log = {.kind = TOOL_READ_ROW, .flags = PROXIMO_READ_LINES, .name = S("log"), .path = S("/x")};
    CLEANUP_BUF struct buf lines = BUF_INIT(65536);
    tool_schema_write(&log, NULL, 0, &lines);
    assert_string_equal(lines.data, "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}");
}

/* ---- secrets by file or generated */

static struct param_row secret_params[] = {
    {.name = S("password"),
     .type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_SECRET | PROXIMO_PARAM_REQUIRED,
     .minimum = 5,
     .maximum = 64},
    {.name = S("pin"),
     .type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_SECRET,
     .minimum = 1,
     .maximum = 8},
    {.name = S("key"), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_SECRET},
    {.name = S("key_file"), .type = PROXIMO_TYPE_STRING},
    {.name = S("options"), .type = PROXIMO_TYPE_OBJECT}};
static const struct tool secret_tool = {
    .kind = TOOL_CHANGE, .name = S("pve_set"), .params = secret_params, .param_count = 5};

static void secrets_in_other_ways(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{\"password\":\"abcdef\"}", "{\"password_file\":\"/x\"}", "{\"password_generate\":true}",
        "{\"password_generate\":true,\"pin_file\":\"/x\",\"key_generate\":false}",
        "{\"options\":{\"password_file\":\"/x\"}}"};
    static const char *const bad[][2] = {
        {"{}", "password is missing"},
        {"{\"password\":\"abc\"}", "password must have 5 to 64 bytes"},
        {"{\"password_generate\":24}", "password_generate must be true or false, not int"},
        {"{\"password_file\":\"\"}", "password_file must have 1 to 4095 bytes"},
        {"{\"password_file\":{}}", "password_file must be a string"},
        {"{\"password_generate\":true,\"pin_generate\":true}", "no argument 'pin_generate'"},
        {"{\"password_generate\":true,\"options_file\":\"/x\"}", "no argument 'options_file'"},
    };
    char text[512];
    struct problem p;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        if (check(&secret_tool, good[i], text, sizeof(text), &p) != 0)
            fail_msg("%s: %s", good[i], p.cause);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        assert_true(check(&secret_tool, bad[i][0], text, sizeof(text), &p) < 0);
        if (!strstr(p.cause, bad[i][1]))
            fail_msg("%s: %s", bad[i][0], p.cause);
    }
    /* a read has no such ways: its secrets would go nowhere */
    struct tool read = secret_tool;
    read.kind = TOOL_READ_ROW;
    assert_true(check(&read, "{\"password_file\":\"/x\"}", text, sizeof(text), &p) < 0);
}

static void secrets_in_the_schema(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf out = BUF_INIT(65536);
    tool_schema_write(&secret_tool, NULL, 0, &out);
    assert_non_null(strstr(out.data, "\"password_file\":{\"type\":\"string\",\"description\":\"Instead:"));
    assert_non_null(
        strstr(out.data, "\"password_generate\":{\"type\":\"boolean\",\"description\":\"Instead:"));
    assert_non_null(strstr(out.data, "\"pin_file\""));
    assert_null(strstr(out.data, "pin_generate"));
    assert_non_null(strstr(out.data, "\"key_file\":{\"type\":\"string\"}"));
    assert_null(strstr(out.data, "required"));
    assert_null(strstr(out.data, "options_"));
}

/* A value from elsewhere obeys the parameter, and no words of its refusal hold it. */
static void secrets_from_elsewhere(void **state)
{
    (void)state;
    static const struct {
        const char *value;
        int good;
    } rows[] = {{"abcdef", 1}, {"ab", 0}, {"canary\nline", 0}, {"canary\x01x", 0}, {"canary\xff\xfe", 0}};
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem p = PROBLEM_INIT;
        int r =
            argument_secret_check(&secret_tool, &secret_params[0], rows[i].value, strlen(rows[i].value), &p);
        assert_int_equal(r == 0, rows[i].good);
        assert_null(strstr(p.cause, "canary"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(formats_by_table),       cmocka_unit_test(good_arguments),
        cmocka_unit_test(bad_arguments),          cmocka_unit_test(items_that_are_never_sent_may_hold_commas),
        cmocka_unit_test(confirm_is_for_changes), cmocka_unit_test(schema_is_plain_and_stable),
        cmocka_unit_test(secrets_in_other_ways),  cmocka_unit_test(secrets_in_the_schema),
        cmocka_unit_test(secrets_from_elsewhere),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
