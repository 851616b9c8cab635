/* SPDX-License-Identifier: Apache-2.0 */
/* Proxmox's errors as problems, and the form of token files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/http.h"
#include "http/pve_error.h"
#include "http/role.h"
#include "http/token.h"

static struct problem told(int status, const char *reason, const char *body, int expected)
{
    struct problem p = PROBLEM_INIT;
    struct http_answer answer = {.status = status};
    snprintf(answer.reason, sizeof(answer.reason), "%s", reason);
    if (body != NULL) {
        answer.body = strdup(body);
        answer.body_len = strlen(body);
    }
    assert_int_equal(http_answer_problem(&answer, "GET", "/nodes/pve1/qemu/999/config", &p), expected);
    http_answer_done(&answer);
    return p;
}

static void test_statuses(void **state)
{
    (void)state;
    struct problem p = told(200, "OK", "{\"data\":1}", 0);
    assert_string_equal(p.code, "");

    p = told(401, "Authentication failed!", "", -EACCES);
    assert_string_equal(p.code, PX_AUTH);
    assert_non_null(strstr(p.cause, "Authentication failed!"));
    assert_non_null(strstr(p.next, "USER@REALM!TOKENID=SECRET"));

    p = told(501, "Method 'GET /nope' not implemented",
             "{\"data\":null,\"message\":\"Method 'GET /nope' not implemented\"}", -ENOSYS);
    assert_string_equal(p.code, PX_UNSUPPORTED);

    p = told(596, "Errors during TLS negotiation, request sending and header processing: Broken pipe", NULL,
             -EIO);
    assert_string_equal(p.code, PX_REMOTE);
    assert_non_null(strstr(p.next, "node"));

    p = told(301, "Moved", NULL, -EBADMSG);
    assert_string_equal(p.code, PX_BAD_ANSWER);

    p = told(404, "No such tfa entry 'totp1'", "{\"data\":null,\"message\":\"No such tfa entry 'totp1'\"}",
             -ENOENT);
    assert_string_equal(p.code, PX_NOT_FOUND);

    p = told(400, "bad request - something", "<html><h1>bad</h1></html>", -EINVAL);
    assert_string_equal(p.code, PX_PARAM);
    assert_non_null(strstr(p.cause, "bad request - something"));
}

static void test_privileges(void **state)
{
    (void)state;
    struct problem p =
        told(403, "Permission check failed (/vms/105, VM.Audit)",
             "{\"data\":null,\"message\":\"Permission check failed (/vms/105, VM.Audit)\"}", -EPERM);
    assert_string_equal(p.code, PX_PRIVILEGE);
    assert_non_null(strstr(p.cause, "VM.Audit on /vms/105"));
    assert_non_null(strstr(p.next, "pveum acl modify /vms/105 --tokens '<your token>' --roles PVEAuditor"));
    assert_non_null(strstr(p.next, "intersection"));
    assert_non_null(strstr(p.next, "--users USER@REALM"));

    p = told(403, "Permission check failed (/storage/local, Datastore.AllocateSpace|Datastore.Audit)", "",
             -EPERM);
    assert_non_null(strstr(p.next, "--roles PVEAuditor"));

    p = told(403, "Permission check failed (, Pool.Allocate)", "", -EPERM);
    assert_non_null(strstr(p.next, "pveum acl modify / --tokens '<your token>' --roles PVEPoolAdmin"));

    p = told(403, "Permission check failed (/, Sys.Modify)", "", -EPERM);
    assert_non_null(strstr(p.next, "pveum role add Proximo-Sys.Modify --privs Sys.Modify"));

    p = told(403, "Permission check failed (user != root@pam)", "", -EPERM);
    assert_non_null(strstr(p.next, "root@pam"));

    p = told(
        403,
        "Permission check failed (URI '/access/password' not available with API token, need proper ticket.",
        "", -EPERM);
    assert_non_null(strstr(p.next, "API tokens"));

    /* Nothing of the server's choosing gets into a line for a shell. */
    p = told(403, "Permission check failed (/vms/1; rm -rf /, VM.Audit)", "", -EPERM);
    assert_null(strstr(p.next, "pveum"));
    p = told(403, "Permission check failed (/vms/$(id), VM.Audit)", "", -EPERM);
    assert_null(strstr(p.next, "pveum"));
    p = told(403, "Permission check failed", "", -EPERM);
    assert_non_null(strstr(p.next, "doctor"));
    p = told(403, "permission check failed.", "permission check failed.", -EPERM); /* Backup Server */
    assert_string_equal(p.code, PX_PRIVILEGE);
}

static void test_parameters(void **state)
{
    (void)state;
    struct problem p =
        told(400, "Parameter verification failed.",
             "{\"data\":null,\"message\":\"Parameter verification failed.\\n\",\"errors\":{\"vmid\":\"type "
             "check ('integer') failed - got 'abc'\",\"nope\":\"property is not defined in schema\"}}",
             -EINVAL);
    assert_string_equal(p.code, PX_PARAM);
    assert_non_null(strstr(p.cause, "vmid: type check ('integer') failed - got 'abc'"));
    assert_non_null(strstr(p.cause, "nope: property is not defined"));

    p = told(400, "Parameter verification failed.", "{\"errors\":{\"storage\":\"No such storage.\"}}",
             -ENOENT);
    assert_string_equal(p.code, PX_NOT_FOUND);
}

static void test_words(void **state)
{
    (void)state;
    struct problem p =
        told(500, "Configuration file 'nodes/pve1/qemu-server/999.conf' does not exist",
             "{\"data\":null,\"message\":\"Configuration file 'nodes/pve1/qemu-server/999.conf' does not "
             "exist\\n\"}",
             -ENOENT);
    assert_string_equal(p.code, PX_NOT_FOUND);
    p = told(500, "no such user ('x@pve')", "{\"message\":\"no such user ('x@pve')\\n\",\"data\":null}",
             -ENOENT);
    assert_string_equal(p.code, PX_NOT_FOUND);
    p = told(500, "hostname lookup 'nosuch' failed - failed to get address info", NULL, -ENOENT);
    assert_non_null(strstr(p.next, "node"));
    p = told(500, "VM 100 is not running", NULL, -EIO);
    assert_string_equal(p.code, PX_REMOTE);
    assert_non_null(strstr(p.next, "running"));
    p = told(500, "detected modified configuration - file changed by other user? Try again.", NULL, -ESTALE);
    p = told(500, "unknown rule type 'zeilen' at /usr/share/perl5/PVE/Firewall.pm line 3731.", NULL, -EIO);
    assert_non_null(strstr(p.cause, "'zeilen'\""));
    assert_null(strstr(p.cause, "perl5"));

    /* What comes from the server is cleaned and cut. */
    p = told(500, "", "{\"message\":\"a\\u001b[31mred\\u202eevil\\nsecond line\"}", -EIO);
    assert_null(strchr(p.cause, '\033'));
    assert_null(strstr(p.cause, "\xe2\x80\xae"));
    char big[4000];
    memset(big, 'x', sizeof(big) - 1);
    big[sizeof(big) - 1] = '\0';
    char body[4100];
    snprintf(body, sizeof(body), "{\"message\":\"%s\"}", big);
    p = told(500, "short", body, -EIO);
    assert_true(strlen(p.cause) <= PVE_TEXT_LIMIT + 100);
    p = told(500, "the reason", "{\"message\":", -EIO); /* broken JSON */
    assert_non_null(strstr(p.cause, "the reason"));
}

static void test_roles(void **state)
{
    (void)state;
    char privilege[48], line[300];
    assert_string_equal(role_for(CONFIG_PVE, "VM.PowerMgmt", privilege), "PVEVMUser");
    assert_string_equal(role_for(CONFIG_PVE, "VM.Snapshot|VM.Audit", privilege), "PVEAuditor");
    assert_string_equal(privilege, "VM.Audit");
    assert_null(role_for(CONFIG_PVE, "VM.Nope", NULL));
    assert_false(role_grant_line(CONFIG_PVE, "/vms/1 2", "VM.Audit", line, sizeof(line)));
    assert_string_equal(line, "");
    assert_false(role_grant_line(CONFIG_PVE, "vms", "VM.Audit", line, sizeof(line)));
}

static void test_backup_server_rights(void **state)
{
    (void)state;
    struct problem p = told(
        403, "Forbidden",
        "permission check failed - missing Datastore.Audit|Datastore.Backup on /datastore/main/prod", -EPERM);
    assert_string_equal(p.code, PX_PRIVILEGE);
    assert_non_null(strstr(p.cause, "Datastore.Audit|Datastore.Backup on /datastore/main/prod"));
    assert_non_null(strstr(p.next, "proxmox-backup-manager acl update /datastore/main/prod DatastoreAudit "
                                   "--auth-id 'USER@REALM!TOKENID'"));
    assert_non_null(strstr(p.next, "intersection"));
    assert_null(strstr(p.next, "pveum"));

    /* Checks inside of a method answer 400. */
    p = told(400, "Bad Request", "missing permissions 'Datastore.Modify' on '/datastore/main'", -EPERM);
    assert_string_equal(p.code, PX_PRIVILEGE);
    assert_non_null(strstr(p.next, "acl update /datastore/main DatastoreAdmin"));
    p = told(400, "Bad Request", "missing permissions 'Sys.Modify' on '/'", -EPERM);
    assert_non_null(strstr(p.next, "acl update / Admin --auth-id"));

    p = told(403, "Forbidden", "permission check failed - missing Datastore.Audit on /datastore/a;reboot",
             -EPERM);
    assert_null(strstr(p.next, "manager"));
    p = told(403, "Forbidden", "permission check failed - missing $(id) on /datastore/a", -EPERM);
    assert_null(strstr(p.next, "manager"));
}

static void test_backup_server_words(void **state)
{
    static const struct {
        int status;
        const char *body, *code;
        int error;
        const char *next; /* NULL: whatever */
    } rows[] = {
        {400, "no such datastore 'nosuch'", PX_NOT_FOUND, -ENOENT, "List what is there"},
        {400, "parameter verification errors\n\nparameter 'store': value must be at least 3 characters long",
         PX_PARAM, -EINVAL, "Correct"},
        {400, "parameter verification errors\n\nparameter 'x': no such datastore 'y'", PX_PARAM, -EINVAL,
         NULL},
        {400, "datastore 'offsite' is unavailable: read-only maintenance mode: moving", PX_REMOTE, -EBUSY,
         "maintenance"},
        {400, "snapshot vm/100/2026-11-20T02:00:00Z is locked by another operation", PX_REMOTE, -EBUSY,
         "running tasks"},
        {400, "unable to acquire lock \"/run/x\" - Interrupted system call", PX_REMOTE, -EBUSY, NULL},
        {400, "backup owner check failed (backup@pbs != root@pam)", PX_PRIVILEGE, -EPERM, "belongs"},
        {400, "task access not allowed", PX_PRIVILEGE, -EPERM, "/system/tasks"},
        {400, "cannot remove protected snapshot", PX_REMOTE, -EPERM, "protection"},
        {400, "ENOENT: No such file or directory", PX_NOT_FOUND, -ENOENT, NULL},
        {400, "unable to open snapshot directory \"/x\" - ENOENT: No such file (os error 2)", PX_NOT_FOUND,
         -ENOENT, NULL},
        {400, "detected modified configuration - file changed by other user? Try again.", PX_REMOTE, -ESTALE,
         "read it again"},
        {400, "something else failed", PX_REMOTE, -EIO, NULL},
        {404, "job 'nosuch' does not exist.", PX_NOT_FOUND, -ENOENT, "List"},
        {404, "Path '/api2/json/nosuch' not found.", PX_NOT_FOUND, -ENOENT, NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem p = told(rows[i].status, "Bad Request", rows[i].body, rows[i].error);
        assert_string_equal(p.code, rows[i].code);
        if (rows[i].next && !strstr(p.next, rows[i].next))
            fail_msg("%s: %s", rows[i].body, p.next);
    }
}

static void test_backup_server_roles(void **state)
{
    char line[300], privilege[48];
    (void)state;
    assert_string_equal(role_for(CONFIG_PBS, "Datastore.Backup|Datastore.Audit", privilege),
                        "DatastoreAudit");
    assert_string_equal(privilege, "Datastore.Audit");
    assert_string_equal(role_for(CONFIG_PBS, "Datastore.Prune", NULL), "DatastorePowerUser");
    assert_string_equal(role_for(CONFIG_PBS, "Datastore.Allocate", NULL), "Admin");
    assert_string_equal(role_for(CONFIG_PBS, "Remote.Read", NULL), "RemoteSyncOperator");
    assert_null(role_for(CONFIG_PBS, "VM.Audit", NULL));
    assert_null(role_for(CONFIG_PVE, "Datastore.Prune", NULL));
    assert_true(role_grant_line(CONFIG_PBS, "/datastore/main", "Datastore.Verify", line, sizeof(line)));
    assert_string_equal(line, "proxmox-backup-manager acl update /datastore/main DatastoreReader --auth-id "
                              "'USER@REALM!TOKENID'");
    assert_false(role_grant_line(CONFIG_PBS, "/datastore/a b", "Datastore.Verify", line, sizeof(line)));
    assert_non_null(strstr(role_grant_note(CONFIG_PBS), "intersection"));
    assert_true(role_of_pbs_has("Admin", "Sys.Console"));
    assert_false(role_of_pbs_has("Audit", "Remote.Audit"));
}

static void test_token(void **state)
{
    (void)state;
    char out[TOKEN_HEADER_SIZE];
    static const char good[] = "root@pam!mcp=0a1b2c3d-1111\n";
    assert_null(token_header_make(good, sizeof(good) - 1, CONFIG_PVE, out));
    assert_string_equal(out, "Authorization: PVEAPIToken=root@pam!mcp=0a1b2c3d-1111");
    static const char pbs[] = "root@pam!mcp:0a1b2c3d-1111";
    assert_null(token_header_make(pbs, sizeof(pbs) - 1, CONFIG_PBS, out));
    assert_string_equal(out, "Authorization: PBSAPIToken=root@pam!mcp:0a1b2c3d-1111");
    assert_non_null(token_header_make(pbs, sizeof(pbs) - 1, CONFIG_PVE, out));
    assert_non_null(token_header_make(good, sizeof(good) - 1, CONFIG_PBS, out));

    static const char *const bad[] = {
        "",
        "\n",
        "root@pam",
        "root@pam!mcp",
        "root@pam!mcp=",
        "root@pam!=x",
        "rootpam!mcp=x",
        "@pam!mcp=x",
        "root@!mcp=x",
        "root@pam!mcp=x\r\n",
        "root@pam!mcp=x\n\n",
        "root@pam!mcp=x y",
        "root@pam!mcp=\x01",
        "root@pam!mcp=\xc3\xa4",
        " root@pam!mcp=x",
    };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        if (token_header_make(bad[i], strlen(bad[i]), CONFIG_PVE, out) == NULL)
            fail_msg("accepted: %s", bad[i]);
    }
    assert_non_null(token_header_make("root@pam!a=b\0c", 14, CONFIG_PVE, out));
    char longest[TOKEN_FILE_LIMIT + 1];
    memset(longest, 'a', sizeof(longest));
    for (size_t i = 0; i < 11; i++)
        longest[i] = "root@pam!a="[i];
    assert_non_null(token_header_make(longest, sizeof(longest), CONFIG_PVE, out));
    assert_null(token_header_make(longest, TOKEN_FILE_LIMIT - 1, CONFIG_PVE, out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_statuses),
        cmocka_unit_test(test_privileges),
        cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_words),
        cmocka_unit_test(test_roles),
        cmocka_unit_test(test_backup_server_rights),
        cmocka_unit_test(test_backup_server_words),
        cmocka_unit_test(test_backup_server_roles),
        cmocka_unit_test(test_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
