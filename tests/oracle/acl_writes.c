/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Changes of the access list on the simulator, where no recording says how they behave: paths, what may be
 * handed on without Permissions.Modify, what goes with a pool or a storage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <string.h>

#include "asks.h"

#define ACL    "/access/acl"
#define REFUSE "ACL update failed: 400 Parameter verification failed.\nrole: Cannot "

static int demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", NULL};
    return begin(state, arguments);
}

/* A request by the account that has PVEVMAdmin on /vms/105 and PVEPoolAdmin on /pool/infra, nothing else. */
static int narrow(struct fixture *fixture, const char *method, const char *path, const char *params,
                  struct answer *answer)
{
    struct json_object *exchange = json_object_new_object();
    int r;

    json_object_object_add(exchange, "as", json_object_new_string("narrow-guest105"));
    json_object_object_add(exchange, "method", json_object_new_string(method));
    json_object_object_add(exchange, "path", json_object_new_string(path));
    json_object_object_add(exchange, "params", json_tokener_parse(params));
    *answer = (struct answer){0};
    r = client_send(fixture->client, exchange, NULL, answer);
    json_object_put(exchange);
    return r;
}

/* PUT by that account: the status, and the message of a refusal. */
static void narrow_puts(struct fixture *fixture, const char *params, int status, const char *message)
{
    struct answer answer;

    assert_int_equal(narrow(fixture, "PUT", ACL, params, &answer), 0);
    assert_string_equal(text_of(answer.root, "message", ""), message);
    assert_int_equal(answer.status, status);
    answer_done(&answer);
}

/* The entries of a path. */
static void entries(struct fixture *fixture, const char *path, size_t expected)
{
    struct json_object *data;
    struct answer answer;
    size_t found = 0;

    assert_int_equal(send_it(fixture, "GET", ACL, "{}", &answer), 0);
    data = member(answer.root, "data");
    for (size_t i = 0; i < json_object_array_length(data); i++)
        found += strcmp(text_of(json_object_array_get_idx(data, i), "path", ""), path) == 0;
    assert_int_equal(found, expected);
    answer_done(&answer);
}

static void test_entries(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "PUT", ACL,
         "{\"path\": \"//storage//local/\", \"roles\": \"PVEDatastoreUser\", \"users\": \"dana@pve\", "
         "\"propagate\": \"0\"}");
    is(fixture, ACL, "data.?path=/storage/local.propagate", "0");
    done(fixture, "PUT", ACL,
         "{\"path\": \"/storage/local\", \"roles\": \"PVEDatastoreUser\", \"users\": \"dana@pve\"}");
    is(fixture, ACL, "data.?path=/storage/local.propagate", "1");
    entries(fixture, "/storage/local", 1);
    /* Every role for each of all three kinds. */
    done(fixture, "PUT", ACL,
         "{\"path\": \"/nodes\", \"roles\": \"PVEAuditor;PVESysAdmin\", \"users\": \"dana@pve narrow@pve\", "
         "\"groups\": \"operators\", \"tokens\": \"audit@pve!readonly\"}");
    entries(fixture, "/nodes", 8);
    is(fixture, ACL, "data.1.ugid", "dana@pve");
    is(fixture, ACL, "data.5.type", "group");
    is(fixture, ACL, "data.7.type", "token");
    /* The whole request or nothing. */
    refused(fixture, "PUT", ACL,
            "{\"path\": \"/vms\", \"roles\": \"PVEVMUser,Nope\", \"users\": \"dana@pve\"}",
            "ACL update failed: role 'Nope' does not exist\n");
    refused(fixture, "PUT", ACL,
            "{\"path\": \"/vms\", \"roles\": \"PVEVMUser\", \"users\": \"dana@pve\", \"tokens\": "
            "\"nobody@pve!x1\"}",
            "ACL update failed: no such user ('nobody@pve')\n");
    entries(fixture, "/vms", 0);
    bad_param(fixture, "PUT", ACL, "{\"path\": \"/vms\", \"roles\": \"PVEVMUser\", \"tokens\": \"dana@pve\"}",
              "tokens", "invalid format - value 'dana@pve' does not look like a valid token ID\n");
}

static void test_paths(void **state)
{
    static const char *const good[] = {
        "/",           "/access/groups/x", "/access/realm/pve",   "/mapping/pci/gpu", "/nodes/pve1",
        "/pool/a/b/c", "/sdn/fabrics/f1",  "/sdn/zones/z1/v1/42", "/storage/no",      "/sdn/controllers/c"};
    static const char *const bad[] = {"/vms/99",           "/vms/100/x",    "/storage/a/b",
                                      "/pool/a/b/c/d",     "/access/users", "/sdn/zones/z/v/0",
                                      "/mapping/pci/gpu/x"};
    struct fixture *fixture = *state;
    char params[200], text[200];

    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        (void)snprintf(params, sizeof params,
                       "{\"path\": \"%s\", \"roles\": \"PVEAuditor\", \"users\": \"dana@pve\"}", good[i]);
        done(fixture, "PUT", ACL, params);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        (void)snprintf(params, sizeof params,
                       "{\"path\": \"%s\", \"roles\": \"PVEAuditor\", \"users\": \"dana@pve\"}", bad[i]);
        (void)snprintf(text, sizeof text, "invalid ACL path '%s'", bad[i]);
        bad_param(fixture, "PUT", ACL, params, "path", text);
    }
    narrow_puts(fixture, "{\"path\": \"/vms/1 0\", \"roles\": \"PVEAuditor\", \"users\": \"dana@pve\"}", 403,
                "Permission check failed\n");
    /* What an older release let stand somewhere can be taken away. */
    done(fixture, "PUT", ACL,
         "{\"path\": \"/vms/99\", \"roles\": \"PVEAuditor\", \"users\": \"dana@pve\", \"delete\": \"1\"}");
}

static void test_handing_on(void **state)
{
    struct fixture *fixture = *state;
    struct answer answer;

    narrow_puts(fixture, "{\"path\": \"/storage/local\", \"roles\": \"PVEAuditor\", \"users\": \"dana@pve\"}",
                403, "Permission check failed (/storage/local, Permissions.Modify|Datastore.Allocate)\n");
    narrow_puts(fixture, "{\"roles\": \"PVEAuditor\", \"users\": \"dana@pve\"}", 403,
                "Permission check failed (/, Permissions.Modify)\n");
    narrow_puts(fixture, "{\"path\": \"/vms\", \"roles\": \"PVEVMUser\", \"users\": \"dana@pve\"}", 403,
                "Permission check failed (/vms, Permissions.Modify)\n");
    narrow_puts(fixture, "{\"path\": \"/vms/105\", \"roles\": \"PVEVMUser\", \"users\": \"dana@pve\"}", 200,
                "");
    narrow_puts(fixture, "{\"path\": \"/pool/infra\", \"roles\": \"PVEPoolUser\", \"users\": \"dana@pve\"}",
                200, "");
    narrow_puts(fixture, "{\"path\": \"/vms/105\", \"roles\": \"PVEAdmin\", \"users\": \"dana@pve\"}", 500,
                REFUSE "add role 'PVEAdmin' - requires 'Permissions.Modify' or superset of privileges.\n");
    narrow_puts(fixture, "{\"path\": \"/vms/105\", \"roles\": \"NoAccess\", \"users\": \"dana@pve\"}", 500,
                REFUSE "add role 'NoAccess' - requires 'Permissions.Modify'\n");
    assert_int_equal(narrow(fixture, "GET", ACL, "{}", &answer), 0);
    assert_int_equal(json_object_array_length(member(answer.root, "data")), 4);
    answer_done(&answer);
    /* Rights that do not propagate can be given without propagation, and taken. */
    done(fixture, "PUT", ACL,
         "{\"path\": \"/vms/105\", \"roles\": \"PVEVMAdmin\", \"users\": \"narrow@pve\", \"propagate\": "
         "\"0\"}");
    narrow_puts(fixture, "{\"path\": \"/vms/105\", \"roles\": \"PVETemplateUser\", \"users\": \"dana@pve\"}",
                500,
                REFUSE "add role 'PVETemplateUser' with propagation - requires 'Permissions.Modify' or "
                       "propagated superset of privileges.\n");
    narrow_puts(fixture,
                "{\"path\": \"/vms/105\", \"roles\": \"PVETemplateUser\", \"users\": \"dana@pve\", "
                "\"propagate\": \"0\"}",
                200, "");
    narrow_puts(fixture,
                "{\"path\": \"/vms/105\", \"roles\": \"PVETemplateUser\", \"users\": \"dana@pve\", "
                "\"delete\": \"1\"}",
                200, "");
    entries(fixture, "/vms/105", 2);
}

static void give(struct fixture *fixture, const char *path)
{
    char params[200];

    (void)snprintf(params, sizeof params,
                   "{\"path\": \"%s\", \"roles\": \"PVEAuditor\", \"users\": \"dana@pve\"}", path);
    done(fixture, "PUT", ACL, params);
}

/* The entries at exactly the path of what is deleted go, and a storage leaves its pools. */
static void test_what_goes(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", "/pools", "{\"poolid\": \"lab\"}");
    done(fixture, "POST", "/storage",
         "{\"storage\": \"lab\", \"type\": \"nfs\", \"server\": \"10.10.10.5\", \"export\": \"/srv\", "
         "\"content\": \"iso\"}");
    done(fixture, "PUT", "/pools", "{\"poolid\": \"lab\", \"storage\": \"lab\"}");
    give(fixture, "/storage/lab");
    give(fixture, "/storage/lab-2");
    give(fixture, "/storage");
    give(fixture, "/pool/lab");
    give(fixture, "/pool/lab-2");
    is(fixture, "/pools?poolid=lab", "data.0.members.?storage=lab.type", "storage");
    done(fixture, "DELETE", "/storage/lab", "{}");
    is(fixture, "/pools?poolid=lab", "data.0.members", "[ ]");
    entries(fixture, "/storage/lab", 0);
    entries(fixture, "/storage/lab-2", 1);
    entries(fixture, "/storage", 1);
    done(fixture, "DELETE", "/pools", "{\"poolid\": \"lab\"}");
    entries(fixture, "/pool/lab", 0);
    entries(fixture, "/pool/lab-2", 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_entries, demo, end),
        cmocka_unit_test_setup_teardown(test_paths, demo, end),
        cmocka_unit_test_setup_teardown(test_handing_on, demo, end),
        cmocka_unit_test_setup_teardown(test_what_goes, demo, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests_name("sim-acl-writes", tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
