/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users, groups, roles, realms and tokens: there and back, and again, and back once more; what each plan says
 * of whom it gives and takes; and the value of a token, which is said once and written nowhere.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "road.h"

#define PATHS 3

static const struct {
    const char *tool, *arguments, *subject;
    const char *paths[PATHS]; /* that show it */
    const char *says, *back;  /* of the change, of its undo: what happens to whom */
} changes[] = {
    {"pve_user_update",
     "{\"userid\":\"dana@pve\",\"groups\":[],\"comment\":\"away\"}",
     "user/dana@pve",
     {"/access/users/dana@pve", "/access/groups", NULL},
     "loses VM.Console",
     "gains VM.Console"},
    {"pve_user_delete",
     "{\"userid\":\"dana@pve\"}",
     "user/dana@pve",
     {"/access/users?full=1", "/access/groups", "/access/acl"},
     "loses VM.Console",
     "gains VM.Console"},
    {"pve_group_delete",
     "{\"groupid\":\"operators\"}",
     "group/operators",
     {"/access/groups", "/access/users?full=1", "/access/acl"},
     "loses VM.Console",
     "gains VM.Console"},
    {"pve_role_update",
     "{\"roleid\":\"GuestOperator\",\"privs\":[\"VM.Audit\",\"VM.Backup\"]}",
     "role/GuestOperator",
     {"/access/roles/GuestOperator", NULL, NULL},
     "gains VM.Backup",
     "loses VM.Backup"},
    {"pve_role_delete",
     "{\"roleid\":\"GuestOperator\"}",
     "role/GuestOperator",
     {"/access/roles", "/access/acl", NULL},
     "loses VM.Console",
     "gains VM.Console"},
    {"pve_role_create",
     "{\"roleid\":\"Watcher\",\"privs\":[\"VM.Audit\"]}",
     "role/Watcher",
     {"/access/roles", NULL, NULL},
     "Watcher",
     "Watcher"},
    {"pve_realm_update",
     "{\"realm\":\"pam\",\"options\":{\"default\":true}}",
     "realm/pam",
     {"/access/domains", NULL, NULL},
     "offers this realm first",
     "pam"},
    {"pve_token_update",
     "{\"userid\":\"audit@pve\",\"tokenid\":\"readonly\",\"privsep\":true}",
     "token/audit@pve!readonly",
     {"/access/users/audit@pve/token/readonly", NULL, NULL},
     "loses",
     "gains"},
};

/* The answers to these paths, as text; malloc'd. */
static char *state_of(struct road *road, const char *const *paths)
{
    struct json_object *all = json_object_new_array();
    for (size_t i = 0; i < PATHS && paths[i]; i++) {
        struct json_object *data = NULL;
        assert_int_equal(road_api(road, "GET", paths[i], NULL, &data), 200);
        json_object_array_add(all, data);
    }
    char *text = strdup(json_object_to_json_string_ext(all, JSON_C_TO_STRING_PLAIN));
    json_object_put(all);
    return text;
}

static void says(struct json_object *plan, const char *words)
{
    const char *text = json_object_to_json_string_ext(plan, JSON_C_TO_STRING_PLAIN);
    if (!strstr(text, words))
        fail_msg("the plan does not say '%s': %s", words, text);
}

/* Applies and frees the plan; its receipt. */
static void apply(struct server *server, struct json_object *plan, char *receipt, size_t size)
{
    bool failed = true;
    server->person = at(plan, "/subject");
    struct json_object *done = plan_apply(server, plan, &failed);
    if (failed || strcmp(at(done, "/outcome"), "ok") != 0)
        fail_msg("%s", json_object_to_json_string(done));
    (void)snprintf(receipt, size, "{\"receipt\":\"%s\"}", at(done, "/receipt"));
    server->person = NULL;
    json_object_put(done);
    json_object_put(plan);
}

static struct json_object *undo_plan(struct server *server, const char *receipt)
{
    bool failed = true;
    struct json_object *plan = server_tool(server, "proximo_undo", receipt, &failed);
    if (failed || !*at(plan, "/plan_id"))
        fail_msg("no way back: %s", json_object_to_json_string(plan));
    return plan;
}

static void walk(struct road *road, struct server *server, size_t i)
{
    char receipt[120];
    char *before = state_of(road, changes[i].paths);
    struct json_object *plan = plan_make(server, changes[i].tool, changes[i].arguments);
    says(plan, changes[i].says);
    expect(plan, "/subject", changes[i].subject);
    apply(server, plan, receipt, sizeof(receipt));
    char *changed = state_of(road, changes[i].paths);
    assert_string_not_equal(before, changed);
    for (int again = 0; again < 3; again++) {
        plan = undo_plan(server, receipt);
        says(plan, again == 1 ? changes[i].says : changes[i].back);
        apply(server, plan, receipt, sizeof(receipt));
        char *now = state_of(road, changes[i].paths);
        assert_string_equal(now, again == 1 ? changed : before);
        free(now);
    }
    free(before);
    free(changed);
}

static void test_there_and_back(void **context)
{
    struct road road;
    struct server server;

    (void)context;
    for (size_t i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
        print_message("%s\n", changes[i].tool);
        road_start(&road, NULL, "");
        assert_int_equal(road_api(&road, "PUT", "/access/domains/pve", "default=1", NULL), 200);
        server_start(&road, &server, NULL);
        walk(&road, &server, i);
        assert_int_equal(server_stop(&server), 0);
        road_stop(&road);
    }
}

/* What came to a thing since is not taken away by the way back of its creation. */
static void test_given_since(void **context)
{
    static const struct {
        const char *tool, *arguments, *method, *path, *form;
    } rows[] = {
        {"pve_group_create", "{\"groupid\":\"night\"}", "PUT", "/access/users/dana@pve",
         "groups=night&append=1"},
        {"pve_group_create", "{\"groupid\":\"night\"}", "PUT", "/access/acl",
         "path=/vms&roles=PVEVMUser&groups=night"},
        {"pve_role_create", "{\"roleid\":\"Watcher\",\"privs\":[\"VM.Audit\"]}", "PUT", "/access/acl",
         "path=/vms&roles=Watcher&groups=operators"},
        {"pve_user_create", "{\"userid\":\"lee@pve\"}", "POST", "/access/users/lee@pve/token/own", ""},
        {"pve_token_create", "{\"userid\":\"dana@pve\",\"tokenid\":\"own\"}", "PUT", "/access/acl",
         "path=/vms&roles=PVEVMUser&tokens=dana@pve!own"},
    };
    struct road road;
    struct server server;
    char receipt[120];
    bool failed = false;

    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        road_start(&road, NULL, "");
        server_start(&road, &server, NULL);
        apply(&server, plan_make(&server, rows[i].tool, rows[i].arguments), receipt, sizeof(receipt));
        assert_int_equal(road_api(&road, rows[i].method, rows[i].path, rows[i].form, NULL), 200);
        expect_code(server_tool(&server, "proximo_undo", receipt, &failed), &failed, "PX-DRIFT");
        assert_int_equal(server_stop(&server), 0);
        road_stop(&road);
    }
}

/* design 2: "Parameters and results can be flagged" */
static void test_token_value(void **context)
{
    struct road road;
    struct server server;
    bool failed = true;
    char value[80], key[120];

    (void)context;
    road_start(&road, NULL, "");
    server_start(&road, &server, NULL);
    struct json_object *plan =
        plan_make(&server, "pve_token_create", "{\"userid\":\"dana@pve\",\"tokenid\":\"backup\"}");
    server.person = at(plan, "/subject");
    struct json_object *done = plan_apply(&server, plan, &failed);
    assert_false(failed);
    expect(done, "/outcome", "ok");
    (void)snprintf(value, sizeof(value), "%s", at(done, "/returned_once/change~1value"));
    assert_int_equal(strlen(value), 36);
    server.canary = value;
    (void)snprintf(key, sizeof(key), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    json_object_put(server_tool(&server, "proximo_status", key, &failed));
    json_object_put(done);
    json_object_put(plan);
    assert_int_equal(server_stop(&server), 0);
    assert_false(server.canary_seen);
    assert_false(folder_has(road.state, value));
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_there_and_back),
        cmocka_unit_test(test_given_since),
        cmocka_unit_test(test_token_value),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
