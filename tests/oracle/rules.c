/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator's own rules: parameter checks and their texts, routes, permissions, calendar events,
 * decoding.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "sim/body.h"
#include "sim/schedule.h"

static const struct sim_param table[] = {
    {.name = "vmid", .type = SIM_INTEGER, .format = "pve-vmid"},
    {.name = "full", .type = SIM_BOOLEAN, .optional = true},
    {.name = "limit",
     .type = SIM_INTEGER,
     .optional = true,
     .has_min = true,
     .min = 0,
     .has_max = true,
     .max = 500},
    {.name = "type", .optional = true, .values = "vm, storage"},
    {.name = "ids", .optional = true, .format = "pve-configid-list"},
    {.name = "name", .optional = true, .max_length = 5, .min_length = 2, .pattern = "[a-z]+"},
    {.name = NULL},
};

/* A query string and the error of one parameter; NULL: no error at all. */
static const struct {
    const char *query, *name, *error;
} params[] = {
    {"vmid=100", NULL, NULL},
    {"", "vmid", "property is missing and it is not optional"},
    {"vmid=abc", "vmid", "type check ('integer') failed - got 'abc'"},
    {"vmid=99", "vmid", "invalid format - value does not look like a valid VM ID\n"},
    {"vmid=100&x=1", "x",
     "property is not defined in schema and the schema does not allow additional properties"},
    {"vmid=100&full=1", NULL, NULL},
    {"vmid=100&full=yes", "full", "type check ('boolean') failed - got 'yes'"},
    {"vmid=100&full=", "full", "type check ('boolean') failed - got ''"},
    {"vmid=100&limit=%2B5", NULL, NULL},
    {"vmid=100&limit=007", NULL, NULL},
    {"vmid=100&limit=1.0", "limit", "type check ('integer') failed - got '1.0'"},
    {"vmid=100&limit=+5", "limit", "type check ('integer') failed - got ' 5'"},
    {"vmid=100&limit=-1", "limit", "value must have a minimum value of 0"},
    {"vmid=100&limit=501", "limit", "value must have a maximum value of 500"},
    {"vmid=100&type=node", "type", "value 'node' does not have a value in the enumeration 'vm, storage'"},
    {"vmid=100&type=", "type", "value '' does not have a value in the enumeration 'vm, storage'"},
    {"vmid=100&type=vm&type=vm", "type", "type check ('string') failed - got ARRAY"},
    {"vmid=100&ids=aa&ids=bb", NULL, NULL},
    {"vmid=100&ids=aa,1b", "ids", "invalid format - invalid configuration ID '1b'\n"},
    {"vmid=100&name=abcdef", "name", "value may only be 5 characters long"},
    {"vmid=100&name=a", "name", "value must be at least 2 characters long"},
    {"vmid=100&name=A1", "name", "value does not match the regex pattern"},
};

static void test_params(void **unused)
{
    (void)unused;
    for (size_t i = 0; i < sizeof params / sizeof *params; i++) {
        struct json_object *given = json_object_new_object(), *errors = json_object_new_object();
        int r;

        sim_parse_form(params[i].query, strlen(params[i].query), given);
        r = sim_params_check(&sim_pve_words, table, given, errors);
        if (!params[i].name) {
            assert_int_equal(r, 0);
        } else {
            assert_true(r < 0);
            assert_string_equal(sim_str(errors, params[i].name, "(none)"), params[i].error);
            assert_int_equal(json_object_object_length(errors), 1);
        }
        json_object_put(given);
        json_object_put(errors);
    }
}

static void test_all_errors_at_once(void **unused)
{
    struct json_object *given = json_tokener_parse("{\"vmid\":{},\"full\":2,\"y\":null,\"z\":true}");
    struct json_object *errors = json_object_new_object();

    (void)unused;
    assert_true(sim_params_check(&sim_pve_words, table, given, errors) < 0);
    assert_string_equal(sim_str(errors, "vmid", ""), "type check ('integer') failed - got HASH");
    assert_string_equal(sim_str(errors, "full", ""), "type check ('boolean') failed - got '2'");
    assert_int_equal(json_object_object_length(errors), 4);
    json_object_put(given);
    json_object_put(errors);
}

/* Every format that a route names is one that the checker knows. */
static void test_formats_known(void **unused)
{
    char text[512];

    (void)unused;
    for (size_t t = 0; t < sim_route_table_count; t++) {
        for (size_t i = 0; i < sim_route_tables[t]->count; i++) {
            const struct sim_route *route = &sim_route_tables[t]->rows[i];

            assert_non_null(route->run);
            assert_true(route->rule.kind != SIM_RULE_END);
            for (const struct sim_param *param = route->params; param->name; param++) {
                if (param->format && sim_format_check(param->format, "x", text, sizeof text) < 0)
                    assert_null(strstr(text, "undefined format"));
            }
        }
    }
}

static void test_routes(void **unused)
{
    struct json_object *names = json_object_new_object();
    const struct sim_route *route;

    (void)unused;
    route = sim_route_find(&sim_pve, "GET", "/nodes/pve1/qemu/100/status/current", names);
    assert_non_null(route);
    assert_string_equal(sim_str(names, "vmid", ""), "100");
    route = sim_route_find(&sim_pve, "GET", "/nodes/pve1/storage/local/content/local:iso/a.iso", names);
    assert_non_null(route);
    assert_string_equal(sim_str(names, "volume", ""), "local:iso/a.iso");
    assert_null(sim_route_find(&sim_pve, "GET", "/nope", names));
    assert_null(sim_route_find(&sim_pve, "GET", "/nodes/pve1/qemu/100/status/current/more", names));
    assert_null(sim_route_find(&sim_pve, "POST", "/nodes", names));
    json_object_put(names);
}

/* A small cluster of permissions: a group on /vms, a user on one guest, a pool, NoAccess, a token with
 * separation. */
static const char acl_state[] =
    "{\"access\":{\"users\":{\"ann@pve\":{\"tokens\":{\"t1\":{\"privsep\":1},\"u1\":{\"privsep\":0}}},\"ben@"
    "pve\":{}},"
    "\"groups\":{\"ops\":{\"users\":[\"ann@pve\"]}},\"roles\":{\"Start\":[\"VM.Audit\",\"VM.PowerMgmt\"]},"
    "\"acl\":["
    "{\"path\":\"/vms\",\"propagate\":1,\"roleid\":\"Start\",\"type\":\"group\",\"ugid\":\"ops\"},"
    "{\"path\":\"/vms/101\",\"propagate\":0,\"roleid\":\"NoAccess\",\"type\":\"user\",\"ugid\":\"ann@pve\"},"
    "{\"path\":\"/vms/"
    "102\",\"propagate\":1,\"roleid\":\"PVEVMAdmin\",\"type\":\"token\",\"ugid\":\"ann@pve!t1\"},"
    "{\"path\":\"/pool/"
    "web\",\"propagate\":1,\"roleid\":\"PVEVMUser\",\"type\":\"user\",\"ugid\":\"ben@pve\"}]},"
    "\"pools\":{\"web\":{}},\"guests\":{\"100\":{\"pool\":\"web\"},\"101\":{},\"102\":{}}}";

static const struct {
    const char *who, *path, *priv;
    bool held;
} rights[] = {
    {"ann@pve", "/vms/100", "VM.PowerMgmt", true},
    {"ann@pve", "/vms/101", "VM.Audit", false},
    {"ann@pve", "/vms", "VM.Audit", true},
    {"ann@pve", "/", "VM.Audit", false},
    {"ann@pve!t1", "/vms/102", "VM.PowerMgmt", true},
    {"ann@pve!t1", "/vms/102", "VM.Backup", false},
    {"ann@pve!t1", "/vms/100", "VM.Audit", false},
    {"ann@pve!u1", "/vms/100", "VM.Audit", true},
    {"ben@pve", "/vms/100", "VM.Backup", true},
    {"ben@pve", "/vms/102", "VM.Audit", false},
    {"root@pam", "/anything", "Permissions.Modify", true},
    {"ann@pve!gone", "/vms", "VM.Audit", false},
};

static void test_acl(void **unused)
{
    struct json_object *state = json_tokener_parse(acl_state);

    (void)unused;
    assert_non_null(state);
    for (size_t i = 0; i < sizeof rights / sizeof *rights; i++)
        assert_int_equal(sim_acl_has(state, rights[i].who, rights[i].path, rights[i].priv), rights[i].held);
    json_object_put(state);
}

static void test_refusal_texts(void **unused)
{
    static const struct sim_rule perm = {
        .kind = SIM_RULE_PERM, .path = "/vms/{vmid}", .privs = "VM.Audit|VM.Backup"};
    static const struct sim_rule any = {
        .kind = SIM_RULE_ANY, .path = "/vms/{vmid}", .privs = "VM.Backup|VM.Clone"};
    static const struct sim_rule either[] = {
        {.kind = SIM_RULE_PERM, .path = "/vms/{vmid}", .privs = "VM.Audit|VM.Backup"},
        {.kind = SIM_RULE_ANY, .path = "/vms/{vmid}", .privs = "VM.Backup|VM.Clone"},
        {.kind = SIM_RULE_END},
    };
    static const struct sim_rule choice = {.kind = SIM_RULE_OR, .sub = either},
                                 root = {.kind = SIM_RULE_ROOT};
    struct json_object *state = json_tokener_parse(acl_state),
                       *names = json_tokener_parse("{\"vmid\":\"100\"}");
    char why[256];

    (void)unused;
    assert_true(sim_rule_check(state, &perm, "ann@pve", names, why, sizeof why) < 0);
    assert_string_equal(why, " (/vms/100, VM.Backup)");
    assert_true(sim_rule_check(state, &any, "ann@pve", names, why, sizeof why) < 0);
    assert_string_equal(why, " (/vms/100, VM.Backup|VM.Clone)");
    assert_true(sim_rule_check(state, &choice, "ann@pve", names, why, sizeof why) < 0);
    assert_string_equal(why, "");
    assert_true(sim_rule_check(state, &root, "root@pam!x", names, why, sizeof why) < 0);
    assert_string_equal(why, " (user != root@pam)");
    assert_int_equal(sim_rule_check(state, &any, "ben@pve", names, why, sizeof why), 0);
    assert_int_equal(sim_rule_check(state, &root, "root@pam", names, why, sizeof why), 0);
    json_object_put(state);
    json_object_put(names);
}

static void test_schedule(void **unused)
{
    static const struct {
        const char *event;
        int64_t after, next;
    } events[] = {
        {"daily", 0, 86400}, {"hourly", 0, 3600}, {"02:30", 0, 9000},
        {"*:0/15", 60, 900}, {"sun", 0, 259200},  {"mon..fri 12:00", 129600, 388800 - 86400 * 2 + 86400},
    };
    int64_t next;

    (void)unused;
    for (size_t i = 0; i + 1 < sizeof events / sizeof *events; i++) {
        assert_int_equal(sim_schedule_next(events[i].event, events[i].after, &next), 0);
        assert_int_equal(next, events[i].next);
    }
    assert_true(sim_schedule_next("every now and then", 0, &next) < 0);
    assert_true(sim_schedule_next("25:00", 0, &next) < 0);
}

static void test_decode(void **unused)
{
    static const struct {
        const char *in, *out;
    } cases[] = {{"a%20b+c", "a b c"},
                 {"%E4", "\xef\xbf\xbd"},
                 {"%c3%a4", "\xc3\xa4"},
                 {"%zz%4", "%zz%4"},
                 {"%00", "\xef\xbf\xbd"}};

    (void)unused;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char *out = sim_decode(cases[i].in, strlen(cases[i].in), true);

        assert_string_equal(out, cases[i].out);
        free(out);
    }
}

static void test_faults(void **unused)
{
    static const char *const bad[] = {"",        "x",         "/a",     "/a:what",
                                      "/a:slow", "/a:drop:x", "a:drop", "/a:slow:9999999999"};
    struct sim_fault fault;

    (void)unused;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
        assert_true(sim_fault_parse(bad[i], &fault) < 0);
    assert_int_equal(sim_fault_parse("/cluster/resources:slow:20:3", &fault), 0);
    assert_string_equal(fault.prefix, "/cluster/resources");
    assert_int_equal(fault.ms, 20);
    assert_int_equal(fault.left, 3);
    free(fault.prefix);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_params),        cmocka_unit_test(test_all_errors_at_once),
        cmocka_unit_test(test_formats_known), cmocka_unit_test(test_routes),
        cmocka_unit_test(test_acl),           cmocka_unit_test(test_refusal_texts),
        cmocka_unit_test(test_schedule),      cmocka_unit_test(test_decode),
        cmocka_unit_test(test_faults),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
