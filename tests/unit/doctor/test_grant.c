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
#include "config/config.h"
#include "doctor/exec.h"
#include "doctor/grant.h"

static void alternatives(void **state)
{
    static const struct {
        const char *words;
        int release;
        const char *chosen; /* NULL: none */
        unsigned kind;
    } rows[] = {
        {"VM.GuestAgent.Audit|VM.Monitor", 9, "VM.GuestAgent.Audit", CONFIG_PVE},
        {"VM.GuestAgent.Audit|VM.Monitor", 8, "VM.Monitor", CONFIG_PVE},
        {"VM.GuestAgent.Audit|VM.Monitor", 0, "VM.GuestAgent.Audit", CONFIG_PVE}, /* not known: the newest */
        {"VM.Monitor", 9, NULL, CONFIG_PVE},
        {"VM.Replicate", 8, NULL, CONFIG_PVE},
        {"Sys.Modify|Sys.Audit", 9, "Sys.Audit", CONFIG_PVE}, /* the least */
        {"Datastore.Audit|Datastore.AllocateSpace", 9, "Datastore.Audit", CONFIG_PVE},
        {"Future.Thing|Other.Thing", 9, "Future.Thing", CONFIG_PVE}, /* no table knows it */
        {"Datastore.Backup|Datastore.Audit", 0, "Datastore.Audit", CONFIG_PBS},
        {"Datastore.Modify|Datastore.Prune", 0, "Datastore.Prune", CONFIG_PBS},
        {"Sys.Modify|Sys.Audit", 0, "Sys.Audit", CONFIG_PBS},
    };
    struct json_object *held CLEANUP_JSON = json_object_new_object();
    char chosen[48];

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        memset(chosen, 0, sizeof(chosen));
        const struct grant_of of = {rows[i].kind, rows[i].release};
        assert_int_equal(grant_choose(rows[i].words, of, NULL, chosen), rows[i].chosen != NULL);
        if (rows[i].chosen)
            assert_string_equal(chosen, rows[i].chosen);
    }
    /* What is granted anyway serves. */
    (void)json_object_object_add(held, "Sys.Modify", json_object_new_boolean(true));
    assert_true(grant_choose("Sys.Audit|Sys.Modify", (struct grant_of){CONFIG_PVE, 9}, held, chosen));
    assert_string_equal(chosen, "Sys.Modify");
}

static void what_matters_where(void **state)
{
    static const struct {
        const char *privilege, *path;
        bool matters;
        unsigned kind;
    } rows[] = {
        {"VM.Audit", "/vms", true, CONFIG_PVE},
        {"VM.Audit", "/vms/105", true, CONFIG_PVE},
        {"Sys.Audit", "/vms", false, CONFIG_PVE},
        {"VM.Audit", "/storage", false, CONFIG_PVE},
        {"Sys.Modify", "/nodes", true, CONFIG_PVE},
        {"VM.Audit", "/pool/web", true, CONFIG_PVE},
        {"Datastore.Audit", "/pool", true, CONFIG_PVE},
        {"Sys.Audit", "/access/groups", true, CONFIG_PVE},
        {"SDN.Audit", "/sdn/zones", true, CONFIG_PVE},
        {"Permissions.Modify", "/vms", true, CONFIG_PVE},
        {"VM.Audit", "/", true, CONFIG_PVE},
        {"VM.Audit", "/vmsx", true, CONFIG_PVE},
        {"Datastore.Audit", "/datastore/main", true, CONFIG_PBS},
        {"Sys.Audit", "/datastore", false, CONFIG_PBS},
        {"Tape.Read", "/remote", false, CONFIG_PBS},
        {"Sys.Audit", "/access/users", true, CONFIG_PBS},
        {"Datastore.Audit", "/system", false, CONFIG_PBS},
        {"VM.Audit", "/datastore", true, CONFIG_PVE}, /* no path of Proxmox VE */
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (grant_matters(rows[i].kind, rows[i].privilege, rows[i].path) != rows[i].matters)
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

static void roles_of_a_backup_server(void **state)
{
    static const struct {
        const char *names[4], *roles;
    } rows[] = {
        {{"Datastore.Audit"}, "DatastoreAudit"},
        {{"Datastore.Audit", "Datastore.Backup"}, "DatastoreAudit,DatastoreBackup"},
        {{"Datastore.Audit", "Datastore.Modify", "Datastore.Prune"}, "DatastoreAdmin"},
        {{"Datastore.Backup", "Datastore.Prune"}, "DatastorePowerUser"},
        {{"Sys.Audit", "Datastore.Audit"}, "Audit"},
        {{"Tape.Audit", "Remote.Read", "Remote.Audit"}, "RemoteSyncOperator,TapeAudit"},
        {{"Sys.Modify", "Datastore.Audit", "Tape.Write"}, "Admin"},
        {{"Nothing.Known"}, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct json_object *a CLEANUP_JSON = json_object_new_object();
        struct json_object *b CLEANUP_JSON = json_object_new_object();
        CLEANUP_BUF struct buf text = BUF_INIT(256);

        for (size_t k = 0; k < 4 && rows[i].names[k]; k++)
            (void)json_object_object_add(k % 2 ? b : a, rows[i].names[k], NULL);
        grant_roles(a, b, &text);
        assert_string_equal(text.data ? text.data : "", rows[i].roles);
    }
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
                                       cmocka_unit_test(sets), cmocka_unit_test(roles_of_a_backup_server),
                                       cmocka_unit_test(hosts)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
