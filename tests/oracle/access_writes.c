/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of users, groups, roles, tokens and realms on the simulator: what the recordings leave open, what
 * goes with a thing that is deleted, who is refused, and that a right given and taken again leaves nothing.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>

#include "asks.h"

#define USERS   "/access/users"
#define DANA    USERS "/dana@pve"
#define TOKEN   DANA "/token/ci"
#define GROUPS  "/access/groups"
#define ROLES   "/access/roles"
#define REALMS  "/access/domains"
#define LDAP    "{\"realm\": \"dir\", \"type\": \"ldap\", \"server1\": \"10.10.10.50\", \"base_dn\": \"dc=x\", "
#define CHANGED "detected modified configuration - file changed by other user? Try again.\n"
#define ZEROES  "0000000000000000000000000000000000000000"

static int demo(void **state)
{
    static const char *const arguments[] = {"--seed",          "demo", "--task-ms", "20",
                                            "--auth-delay-ms", "0",    NULL};

    return begin(state, arguments);
}

/* A request with other credentials than the root token's: an account of the seed, or headers. */
static int ask_as(struct fixture *fixture, const char *as, const char *headers, const char *method,
                  const char *path, const char *params, struct answer *answer)
{
    struct json_object *exchange = json_object_new_object();
    int r;

    json_object_object_add(exchange, "as", json_object_new_string(as));
    json_object_object_add(exchange, "method", json_object_new_string(method));
    json_object_object_add(exchange, "path", json_object_new_string(path));
    json_object_object_add(exchange, "params", json_tokener_parse(params));
    if (headers)
        json_object_object_add(exchange, "request_headers", json_tokener_parse(headers));
    *answer = (struct answer){0};
    r = client_send(fixture->client, exchange, NULL, answer);
    json_object_put(exchange);
    return r;
}

/* With a token's secret: the status of a read. */
static int status_with(struct fixture *fixture, const char *token, const char *secret)
{
    struct answer answer;
    char header[300];
    int status;

    (void)snprintf(header, sizeof header, "{\"Authorization\": \"PVEAPIToken=%s=%s\"}", token, secret);
    assert_int_equal(ask_as(fixture, "none", header, "GET", "/version", "{}", &answer), 0);
    status = answer.status;
    answer_done(&answer);
    return status;
}

static void test_users(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *locked = NULL;

    done(fixture, "POST", GROUPS, "{\"groupid\": \"lab\", \"comment\": \" Lab \"}");
    done(fixture, "POST", USERS,
         "{\"userid\": \"eve@pve\", \"groups\": \"lab\", \"enable\": \"0\", \"expire\": \"1999999999\", "
         "\"firstname\": \" Eve\"}");
    is(fixture, USERS "/eve@pve", "data.firstname", "Eve");
    is(fixture, USERS "/eve@pve", "data.enable", "0");
    is(fixture, USERS "/eve@pve", "data.groups", "[ \"lab\" ]");
    is(fixture, USERS "/eve@pve", "data.tokens", "(none)");
    is(fixture, GROUPS "/lab", "data.comment", "Lab");
    is(fixture, USERS "?enabled=0", "data.?userid=eve@pve.expire", "1999999999");
    is(fixture, USERS "?enabled=1", "data.?userid=eve@pve.expire", "(none)");
    is(fixture, USERS "?full=1", "data.?userid=eve@pve.groups", "lab");
    refused(fixture, "POST", USERS, "{\"userid\": \"eve@pve\"}",
            "create user failed: user 'eve@pve' already exists\n");
    /* The whole request or nothing. */
    refused(fixture, "PUT", USERS "/eve@pve", "{\"enable\": \"1\", \"groups\": \"operators,nosuch\"}",
            "update user failed: no such group 'nosuch'\n");
    is(fixture, USERS "/eve@pve", "data.enable", "0");
    done(fixture, "PUT", USERS "/eve@pve", "{\"groups\": \"operators\", \"append\": \"1\"}");
    is(fixture, USERS "?full=1", "data.?userid=eve@pve.groups", "operators,lab");
    done(fixture, "PUT", USERS "/eve@pve", "{\"groups\": \"operators\", \"firstname\": \"\"}");
    is(fixture, USERS "/eve@pve", "data.groups", "[ \"operators\" ]");
    is(fixture, USERS "/eve@pve", "data.firstname", "(none)");
    bad_param(fixture, "PUT", USERS "/eve@pve", "{\"append\": \"1\"}", "groups",
              "missing property - 'append' requires this property");
    refused(fixture, "POST", USERS, "{\"userid\": \"x@nosuch\", \"password\": \"long-enough\"}",
            "create user failed: auth domain 'nosuch' does not exist\n");
    locked = value(fixture, "PUT", USERS "/eve@pve/unlock-tfa", "{}", "data");
    assert_string_equal(locked, "0");
}

/* Memberships, tokens and entries of the access list go with what they stand on. */
static void test_what_goes(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", TOKEN, "{}");
    done(fixture, "POST", GROUPS, "{\"groupid\": \"lab\"}");
    done(fixture, "POST", ROLES, "{\"roleid\": \"Lab\", \"privs\": \"VM.Audit\"}");
    done(fixture, "PUT", "/access/acl",
         "{\"path\": \"/vms\", \"roles\": \"PVEAuditor,Lab\", \"users\": \"dana@pve\", \"groups\": \"lab\", "
         "\"tokens\": \"dana@pve!ci\"}");
    done(fixture, "DELETE", ROLES "/Lab", "{}");
    is(fixture, "/access/acl", "data.?roleid=Lab.path", "(none)");
    is(fixture, "/access/acl", "data.?ugid=lab.roleid", "PVEAuditor");
    done(fixture, "DELETE", GROUPS "/lab", "{}");
    is(fixture, "/access/acl", "data.?ugid=lab.roleid", "(none)");
    is(fixture, "/access/acl", "data.?ugid=dana@pve!ci.roleid", "PVEAuditor");
    done(fixture, "DELETE", TOKEN, "{}");
    is(fixture, "/access/acl", "data.?ugid=dana@pve!ci.roleid", "(none)");
    is(fixture, DANA, "data.tokens", "(none)");
    done(fixture, "POST", TOKEN, "{}");
    done(fixture, "PUT", "/access/acl",
         "{\"path\": \"/vms\", \"roles\": \"PVEAuditor\", \"tokens\": \"dana@pve!ci\"}");
    done(fixture, "DELETE", DANA, "{}");
    is(fixture, "/access/acl", "data.?ugid=dana@pve.roleid", "(none)");
    is(fixture, "/access/acl", "data.?ugid=dana@pve!ci.roleid", "(none)");
    is(fixture, GROUPS "/operators", "data.members", "[ ]");
    refused(fixture, "GET", DANA, "{}", "no such user ('dana@pve')\n");
}

static void test_roles(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", ROLES, "{\"roleid\": \"Lab\", \"privs\": \"VM.PowerMgmt VM.Audit;VM.Audit\"}");
    is(fixture, ROLES, "data.?roleid=Lab.privs", "VM.Audit,VM.PowerMgmt");
    done(fixture, "PUT", ROLES "/Lab", "{\"privs\": \"VM.Console\", \"append\": \"1\"}");
    is(fixture, ROLES, "data.?roleid=Lab.privs", "VM.Audit,VM.Console,VM.PowerMgmt");
    done(fixture, "PUT", ROLES "/Lab", "{\"privs\": \"VM.Console\"}");
    is(fixture, ROLES, "data.?roleid=Lab.privs", "VM.Console");
    refused(fixture, "POST", ROLES, "{\"roleid\": \"Lab\"}",
            "create role failed: role 'Lab' already exists\n");
    refused(fixture, "POST", ROLES, "{\"roleid\": \"Administrator\"}",
            "create role failed: role 'Administrator' already exists\n");
    refused(fixture, "PUT", ROLES "/PVEAdmin", "{\"privs\": \"VM.Audit\", \"append\": \"1\"}",
            "auto-generated role 'PVEAdmin' cannot be modified\n");
    bad_param(fixture, "POST", ROLES, "{\"roleid\": \"pveLab\"}", "roleid",
              "cannot use role ID starting with the (case-insensitive) 'PVE' namespace");
}

static void test_tokens(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *first = NULL;
    FREE_WITH(free_text) char *second = NULL;

    first = value(fixture, "POST", TOKEN, "{\"comment\": \"c\"}", "data.value");
    is(fixture, TOKEN, "data.privsep", "1");
    is(fixture, TOKEN, "data.value", "(none)");
    assert_int_equal(status_with(fixture, "dana@pve!ci", first), 200);
    second = value(fixture, "PUT", TOKEN, "{\"regenerate\": \"1\"}", "data.value");
    assert_string_not_equal(first, second);
    assert_int_equal(status_with(fixture, "dana@pve!ci", first), 401);
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 200);
    is(fixture, TOKEN, "data.comment", "c");
    /* Expired or disabled, the token or its user. */
    done(fixture, "PUT", TOKEN, "{\"expire\": \"1000000000\"}");
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 401);
    done(fixture, "PUT", TOKEN, "{\"delete\": \"expire,comment\"}");
    is(fixture, TOKEN, "data.comment", "(none)");
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 200);
    done(fixture, "PUT", DANA, "{\"enable\": \"0\"}");
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 401);
    done(fixture, "PUT", DANA, "{\"enable\": \"1\", \"expire\": \"1000000000\"}");
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 401);
    done(fixture, "PUT", DANA, "{\"expire\": \"0\"}");
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 200);
    done(fixture, "DELETE", TOKEN, "{}");
    assert_int_equal(status_with(fixture, "dana@pve!ci", second), 401);
    assert_int_equal(status_with(fixture, "dana@pve!ci", ""), 401);
}

static void test_realms(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", REALMS, LDAP "\"user_attr\": \"uid\", \"password\": \"s\", \"default\": \"1\"}");
    is(fixture, REALMS "/dir", "data.password", "(none)");
    done(fixture, "POST", REALMS,
         "{\"realm\": \"sso\", \"type\": \"openid\", \"issuer-url\": \"https://id\", \"client-id\": \"c\", "
         "\"default\": \"1\"}");
    is(fixture, REALMS, "data.?realm=dir.default", "(none)");
    refused(fixture, "POST", REALMS, "{\"realm\": \"ad1\", \"type\": \"ad\", \"server1\": \"a\"}",
            "add auth server failed: missing value for required option 'domain'\n");
    refused(fixture, "POST", REALMS, "{\"realm\": \"p2\", \"type\": \"pve\"}",
            "add auth server failed: unable to create builtin type 'pve'\n");
    refused(fixture, "PUT", REALMS "/sso", "{\"server1\": \"a\"}",
            "update auth server failed: unexpected property 'server1'\n");
    refused(fixture, "PUT", REALMS "/dir", "{\"delete\": \"base_dn\"}",
            "update auth server failed: unable to delete required option 'base_dn'\n");
    refused(fixture, "PUT", REALMS "/dir", "{\"comment\": \"x\", \"digest\": \"" ZEROES "\"}",
            "update auth server failed: " CHANGED);
    refused(fixture, "PUT", REALMS "/dir", "{\"server1\": \"10.0.0.9\", \"check-connection\": \"1\"}",
            "update auth server failed: unable to connect to LDAP server '10.0.0.9'\n");
    done(fixture, "PUT", REALMS "/dir", "{\"check-connection\": \"1\", \"comment\": \"c\"}");
    done(fixture, "PUT", REALMS "/pam", "{\"comment\": \"mine\"}");
    done(fixture, "DELETE", REALMS "/pam", "{}");
    is(fixture, REALMS "/pam", "data.comment", "Linux PAM standard authentication");
    done(fixture, "DELETE", REALMS "/sso", "{}");
    is(fixture, REALMS, "data.?realm=sso.type", "(none)");
}

static void test_sync(void **state)
{
    struct fixture *fixture = *state;
    char task[600];

    done(fixture, "POST", REALMS, LDAP "\"user_attr\": \"uid\"}");
    bad_param(fixture, "POST", REALMS "/dir/sync", "{}", "scope",
              "Not passed as parameter and not defined in realm default sync options.");
    start(fixture, "POST", REALMS "/dir/sync", "{\"scope\": \"both\", \"dry-run\": \"1\"}", task,
          sizeof task);
    ends(fixture, task, "OK");
    assert_non_null(strstr(task, ":auth-realm-sync-test:dir:"));
    logged(fixture, task, "adding user 'erika@dir'");
    logged(fixture, task, "NOTE: Dry test run, changes were NOT written to the configuration.");
    refused(fixture, "GET", USERS "/erika@dir", "{}", "no such user ('erika@dir')\n");
    done(fixture, "PUT", REALMS "/dir", "{\"sync-defaults-options\": \"scope=both,enable-new=0\"}");
    done(fixture, "POST", USERS, "{\"userid\": \"gone@dir\"}");
    start(fixture, "POST", REALMS "/dir/sync", "{\"remove-vanished\": \"entry\"}", task, sizeof task);
    ends(fixture, task, "OK");
    logged(fixture, task, "removing user 'gone@dir'");
    is(fixture, USERS "/erika@dir", "data.email", "erika@example.com");
    is(fixture, USERS "/erika@dir", "data.enable", "0");
    is(fixture, GROUPS "/staff-dir", "data.members", "[ \"erika@dir\", \"sam@dir\" ]");
    refused(fixture, "GET", USERS "/gone@dir", "{}", "no such user ('gone@dir')\n");
    done(fixture, "PUT", REALMS "/dir", "{\"server1\": \"10.0.0.9\"}");
    start(fixture, "POST", REALMS "/dir/sync", "{}", task, sizeof task);
    ends(fixture, task, "unable to connect to LDAP server '10.0.0.9'");
}

/* What needs a login, and a login that has it. */
static void test_tickets(void **state)
{
    static const struct {
        const char *method, *path, *params;
    } rows[] = {
        {"PUT", "/access/password", "{\"userid\": \"dana@pve\", \"password\": \"another-pass\"}"},
        {"PUT", "/access/tfa/dana@pve/t1", "{\"enable\": \"0\"}"},
        {"DELETE", "/access/tfa/dana@pve/t1", "{}"},
    };
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *ticket = NULL;
    FREE_WITH(free_text) char *headers = NULL;
    struct answer answer;
    char text[300];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(
            text, sizeof text,
            "Permission check failed (URI '%s' not available with API token, need proper ticket.\n)\n",
            rows[i].path);
        assert_int_equal(send_it(fixture, rows[i].method, rows[i].path, rows[i].params, &answer), 0);
        assert_int_equal(answer.status, 403);
        assert_string_equal(text_of(answer.root, "message", ""), text);
        answer_done(&answer);
    }
    assert_int_equal(ask_as(fixture, "none", NULL, "POST", "/access/ticket",
                            "{\"username\": \"dana@pve\", \"password\": \"dana-pass-1\"}", &answer),
                     0);
    ticket = strdup(json_object_get_string(pick(answer.root, "data.ticket")));
    assert_true(asprintf(&headers, "{\"Cookie\": \"PVEAuthCookie=%s\", \"CSRFPreventionToken\": \"%s\"}",
                         ticket, json_object_get_string(pick(answer.root, "data.CSRFPreventionToken"))) > 0);
    answer_done(&answer);
    assert_int_equal(ask_as(fixture, "none", headers, "PUT", "/access/password",
                            "{\"userid\": \"dana@pve\", \"password\": \"another-pass\", "
                            "\"confirmation-password\": \"not-mine\"}",
                            &answer),
                     0);
    assert_int_equal(answer.status, 401);
    answer_done(&answer);
    assert_int_equal(ask_as(fixture, "none", headers, "PUT", "/access/password",
                            "{\"userid\": \"dana@pve\", \"password\": \"another-pass\", "
                            "\"confirmation-password\": \"dana-pass-1\"}",
                            &answer),
                     0);
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
    for (int i = 0; i < 2; i++) {
        (void)snprintf(text, sizeof text, "{\"username\": \"dana@pve\", \"password\": \"%s\"}",
                       i ? "another-pass" : "dana-pass-1");
        assert_int_equal(ask_as(fixture, "none", NULL, "POST", "/access/ticket", text, &answer), 0);
        assert_int_equal(answer.status, i ? 200 : 401);
        answer_done(&answer);
    }
}

/* The account with one container and one pool. */
static void test_refused(void **state)
{
    static const struct {
        const char *method, *path, *params, *why;
    } rows[] = {
        {"POST", USERS, "{\"userid\": \"eve@pve\"}", " (/access/realm/pve, Realm.AllocateUser)"},
        {"PUT", DANA, "{\"comment\": \"x\"}", " (/access/groups, User.Modify)"},
        {"PUT", DANA, "{\"groups\": \"operators\"}", " (/access/groups/operators, User.Modify)"},
        {"DELETE", DANA, "{}", " (/access/realm/pve, Realm.AllocateUser)"},
        {"POST", TOKEN, "{}", ""},
        {"POST", GROUPS, "{\"groupid\": \"g\"}", " (/access/groups, Group.Allocate)"},
        {"DELETE", GROUPS "/operators", "{}", " (/access/groups, Group.Allocate)"},
        {"POST", ROLES, "{\"roleid\": \"R\"}", " (/access, Sys.Modify)"},
        {"DELETE", ROLES "/GuestOperator", "{}", " (/access, Sys.Modify)"},
        {"POST", REALMS, "{\"realm\": \"r1\", \"type\": \"pve\"}", " (/access/realm, Realm.Allocate)"},
        {"DELETE", REALMS "/pve", "{}", " (/access/realm, Realm.Allocate)"},
        {"POST", REALMS "/pve/sync", "{}", " (/access/realm/pve, Realm.AllocateUser)"},
        {"PUT", DANA "/unlock-tfa", "{}", ""},
    };
    struct fixture *fixture = *state;
    struct answer answer;
    char text[200];

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)snprintf(text, sizeof text, "Permission check failed%s\n", rows[i].why);
        assert_int_equal(
            ask_as(fixture, "narrow-guest105", NULL, rows[i].method, rows[i].path, rows[i].params, &answer),
            0);
        assert_string_equal(text_of(answer.root, "message", ""), text);
        assert_int_equal(answer.status, 403);
        answer_done(&answer);
    }
    /* Who may modify the members of one group only. */
    done(fixture, "PUT", "/access/acl",
         "{\"path\": \"/access/groups/operators\", \"roles\": \"PVEUserAdmin\", \"users\": \"narrow@pve\"}");
    done(fixture, "PUT", "/access/acl",
         "{\"path\": \"/access/realm/pve\", \"roles\": \"PVEUserAdmin\", \"users\": \"narrow@pve\"}");
    assert_int_equal(ask_as(fixture, "narrow-guest105", NULL, "POST", USERS,
                            "{\"userid\": \"eve@pve\", \"groups\": \"operators\"}", &answer),
                     0);
    assert_int_equal(answer.status, 200);
    answer_done(&answer);
    assert_int_equal(
        ask_as(fixture, "narrow-guest105", NULL, "POST", USERS, "{\"userid\": \"eva@pve\"}", &answer), 0);
    assert_string_equal(text_of(answer.root, "message", ""),
                        "Permission check failed (/access/groups, User.Modify)\n");
    answer_done(&answer);
}

/* Whatever is given at whatever path: when it is taken again all is as it was. */
static void test_given_and_taken(void **state)
{
    static const char *const paths[] = {
        "/",           "/vms",           "/vms/105",   "/pool/web", "/storage/local",
        "/nodes/pve2", "/access/groups", "/sdn/zones", "/vms/99999"};
    static const char *const roles[] = {"NoAccess", "PVEAuditor", "Administrator", "PVEVMUser"};
    static const char *const whom[] = {"\"users\": \"dana@pve\"", "\"groups\": \"operators\"",
                                       "\"tokens\": \"dana@pve!ci\""};
    static const char *const who[] = {"dana@pve", "dana@pve!ci", "narrow@pve", "audit@pve!readonly"};
    struct fixture *fixture = *state;
    char *before[4];
    char params[300], path[100];

    done(fixture, "POST", TOKEN, "{}");
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "/access/permissions?userid=%s", who[i]);
        before[i] = value(fixture, "GET", path, "{}", "data");
    }
    for (size_t n = 0; n < sizeof paths / sizeof *paths * 4 * 3 * 2; n++) {
        for (int taken = 0; taken < 2; taken++) {
            (void)snprintf(
                params, sizeof params,
                "{\"path\": \"%s\", \"roles\": \"%s\", %s, \"propagate\": \"%zu\", \"delete\": \"%d\"}",
                paths[n / 24], roles[n / 6 % 4], whom[n / 2 % 3], n % 2, taken);
            done(fixture, "PUT", "/access/acl", params);
        }
    }
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(path, sizeof path, "/access/permissions?userid=%s", who[i]);
        is(fixture, path, "data", before[i]);
        free(before[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_users, demo, end),
        cmocka_unit_test_setup_teardown(test_what_goes, demo, end),
        cmocka_unit_test_setup_teardown(test_roles, demo, end),
        cmocka_unit_test_setup_teardown(test_tokens, demo, end),
        cmocka_unit_test_setup_teardown(test_realms, demo, end),
        cmocka_unit_test_setup_teardown(test_sync, demo, end),
        cmocka_unit_test_setup_teardown(test_tickets, demo, end),
        cmocka_unit_test_setup_teardown(test_refused, demo, end),
        cmocka_unit_test_setup_teardown(test_given_and_taken, demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests_name("sim-access-writes", tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
