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
    assert_string_equal(pve_role_for("VM.PowerMgmt", privilege), "PVEVMUser");
    assert_string_equal(pve_role_for("VM.Snapshot|VM.Audit", privilege), "PVEAuditor");
    assert_string_equal(privilege, "VM.Audit");
    assert_null(pve_role_for("VM.Nope", NULL));
    assert_false(pve_grant_line("/vms/1 2", "VM.Audit", line, sizeof(line)));
    assert_string_equal(line, "");
    assert_false(pve_grant_line("vms", "VM.Audit", line, sizeof(line)));
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
        cmocka_unit_test(test_statuses), cmocka_unit_test(test_privileges), cmocka_unit_test(test_parameters),
        cmocka_unit_test(test_words),    cmocka_unit_test(test_roles),      cmocka_unit_test(test_token),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
