/* SPDX-License-Identifier: Apache-2.0 */
/* Privileges by release, alternatives, paths on which they matter, sets; and hosts compared. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "doctor/exec.h"
#include "doctor/grant.h"

static void alternatives(void **state)
{
    static const struct {
        const char *words;
        int release;
        const char *chosen; /* NULL: none */
    } rows[] = {
        {"VM.GuestAgent.Audit|VM.Monitor", 9, "VM.GuestAgent.Audit"},
        {"VM.GuestAgent.Audit|VM.Monitor", 8, "VM.Monitor"},
        {"VM.GuestAgent.Audit|VM.Monitor", 0, "VM.GuestAgent.Audit"}, /* not known: the newest */
        {"VM.Monitor", 9, NULL},
        {"VM.Replicate", 8, NULL},
        {"Sys.Modify|Sys.Audit", 9, "Sys.Audit"}, /* the least */
        {"Datastore.Audit|Datastore.AllocateSpace", 9, "Datastore.Audit"},
        {"Future.Thing|Other.Thing", 9, "Future.Thing"}, /* no table knows it */
    };
    struct json_object *held CLEANUP_JSON = json_object_new_object();
    char chosen[48];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(chosen, 0, sizeof(chosen));
        assert_int_equal(grant_choose(rows[i].words, rows[i].release, NULL, chosen), rows[i].chosen != NULL);
        if (rows[i].chosen)
            assert_string_equal(chosen, rows[i].chosen);
    }
    /* What is granted anyway serves. */
    (void)json_object_object_add(held, "Sys.Modify", json_object_new_boolean(true));
    assert_true(grant_choose("Sys.Audit|Sys.Modify", 9, held, chosen));
    assert_string_equal(chosen, "Sys.Modify");
}

static void what_matters_where(void **state)
{
    static const struct {
        const char *privilege, *path;
        bool matters;
    } rows[] = {
        {"VM.Audit", "/vms", true},
        {"VM.Audit", "/vms/105", true},
        {"Sys.Audit", "/vms", false},
        {"VM.Audit", "/storage", false},
        {"Sys.Modify", "/nodes", true},
        {"VM.Audit", "/pool/web", true},
        {"Datastore.Audit", "/pool", true},
        {"Sys.Audit", "/access/groups", true},
        {"SDN.Audit", "/sdn/zones", true},
        {"Permissions.Modify", "/vms", true},
        {"VM.Audit", "/", true},
        {"VM.Audit", "/vmsx", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (grant_matters(rows[i].privilege, rows[i].path) != rows[i].matters)
            fail_msg("%s on %s", rows[i].privilege, rows[i].path);
    assert_false(grant_changes("VM.Audit"));
    assert_false(grant_changes("VM.GuestAgent.FileRead"));
    assert_false(grant_changes("Sys.Syslog"));
    assert_true(grant_changes("Sys.Modify"));
    assert_true(grant_changes("VM.Monitor"));
    assert_true(grant_changes("VM.GuestAgent.Unrestricted"));
}

static void sets(void **state)
{
    struct json_object *a CLEANUP_JSON = json_object_new_object(), *b CLEANUP_JSON = json_object_new_object();
    CLEANUP_BUF struct buf text = BUF_INIT(256);
    struct json_object *tools = NULL, *at = NULL;

    (void)state;
    grant_add(a, "/vms", "VM.Audit", "one");
    grant_add(a, "/vms", "VM.Audit", "one"); /* said twice by one tool: once */
    grant_add(a, "/vms", "VM.Audit", "two");
    assert_int_equal(json_get(a, "/vms", json_type_object, &at), 0);
    assert_int_equal(json_get(at, "VM.Audit", json_type_array, &tools), 0);
    assert_int_equal(json_object_array_length(tools), 2);
    (void)json_object_object_add(b, "VM.Audit", NULL);
    (void)json_object_object_add(b, "A.B", NULL);
    grant_join(at, b, &text);
    assert_string_equal(text.data, "A.B,VM.Audit");
    buf_reset(&text);
    grant_join(NULL, b, &text);
    assert_string_equal(text.data, "A.B,VM.Audit");
    buf_reset(&text);
    grant_word("/access/groups", &text);
    assert_string_equal(text.data, "access-groups");
    assert_true(grant_is_plain("proximo@pve!reader"));
    assert_false(grant_is_plain("x'; rm"));
    assert_false(grant_is_plain(""));
}

static void hosts(void **state)
{
    char host[EXEC_HOST_SIZE];
    uint16_t port = 1;

    (void)state;
    assert_true(exec_url_host("tcp://10.0.0.11:22", host, &port));
    assert_string_equal(host, "10.0.0.11");
    assert_int_equal(port, 22);
    assert_true(exec_url_host("https://[fd00::1]:8006", host, &port));
    assert_string_equal(host, "fd00::1");
    assert_int_equal(port, 8006);
    assert_true(exec_url_host("https://pve1", host, &port));
    assert_int_equal(port, 0);
    assert_false(exec_url_host("pve1:22", host, &port));
    assert_false(exec_url_host("tcp://:22", host, &port));
    assert_false(exec_url_host("tcp://[::1", host, &port));
    assert_false(exec_url_host("tcp://a:99999", host, &port));
    assert_int_equal(exec_same_host("pve1", "pve1", false), EXEC_SAME);
    assert_int_equal(exec_same_host("10.0.0.1", "10.0.0.2", false), EXEC_DIFFERENT);
    assert_int_equal(exec_same_host("fd00::1", "fd00:0:0:0:0:0:0:1", false), EXEC_SAME);
    assert_int_equal(exec_same_host("pve1", "10.0.0.1", false),
                     EXEC_NOT_KNOWN); /* no look-up without leave */
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(alternatives), cmocka_unit_test(what_matters_where),
                                       cmocka_unit_test(sets), cmocka_unit_test(hosts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
