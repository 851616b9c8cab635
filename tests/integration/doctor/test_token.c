/* SPDX-License-Identifier: Apache-2.0 */
/* What doctor says of tokens with few and many rights, of separation, expiry, clocks and versions. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/integration/doctor/run.h"
#include "tests/integration/http/sim.h"

#define SITE  "site lab (Proxmox VE)"
#define TOKEN "site lab: token"
#define NODES "site lab: nodes"
#define TOOLS "site lab: tools"

static struct json_object *examine(struct sim *sim, const char *token, const char *mode, int *ret_status)
{
    char text[1024];
    char *token_file = sim_text(sim, "tokens", token);

    snprintf(text, sizeof(text),
             "mode: %s\nsites:\n  lab:\n    url: %s\n    token_file: %s\n    fingerprint: %s\n", mode,
             sim->url, token_file, sim->fingerprint);
    free(token_file);
    return run_doctor(run_file("proximo.yaml", text), ret_status);
}

static int64_t count_of(struct json_object *check, const char *kind, const char *word)
{
    struct json_object *counts = NULL;
    int64_t n = -1;

    assert_int_equal(json_get(check, kind, json_type_object, &counts), 0);
    assert_int_equal(json_get_int(counts, word, &n), 0);
    return n;
}

static void few_rights(void **state)
{
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", NULL);
    struct json_object *report = examine(&sim, "narrow-guest105", "read", &status);
    struct json_object *reads = report_check(report, TOOLS, "reads, with this token"), *tools = NULL;
    struct json_object *vms;

    assert_int_equal(status, 0); /* notes are no fault */
    assert_true(count_of(reads, "reads", "not at all") > 10);
    assert_true(count_of(reads, "reads", "in part") > 5);
    assert_true(count_of(reads, "reads", "fully") > 5);
    assert_int_equal(json_get(reads, "tools", json_type_array, &tools), 0);
    assert_int_equal(json_object_array_length(tools), count_of(reads, "reads", "not at all") +
                                                          count_of(reads, "reads", "in part") +
                                                          count_of(reads, "reads", "fully"));
    report_expect(report, TOOLS, "note", "VM.Audit is not held on /vms and all below it");
    report_expect(report, TOOLS, "ok", "none: the mode allows no change");
    vms = report_check(report, TOOLS, "to see more on /vms: ");
    assert_non_null(strstr(check_lines(vms), "pveum acl modify /vms --tokens 'narrow@pve!guest105' --roles "
                                             "Proximo-read-vms\n"));
    /* Whether it is separated is not known, so the user's line is there too, behind a look. */
    assert_non_null(strstr(check_lines(vms), "pveum user permissions 'narrow@pve' --path /vms"));
    report_expect(report, TOKEN, "note", "not known, the token may not read that");
    report_expect(report, NODES, "note", "clocks not compared: pve1, pve2, pve3 (PX-PRIVILEGE");
    report_expect(report, "record", "ok", "none in doubt");
    report_expect(report, "exec", "ok", "commands inside guests: off");
    report_expect(report, "program", "ok", "proximo 0.");
    report_expect(report, "program", "ok", "libcurl/");
    json_object_put(report);
    sim_stop(&sim);
}

/* A role for a path holds what is held there already: the entry would take it away otherwise. */
static void grants_keep_what_is_held(void **state)
{
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", NULL);
    struct json_object *report = examine(&sim, "audit-readonly", "read", &status);
    struct json_object *more = report_check(report, TOOLS, "to see more on /nodes: Sys.Syslog");

    assert_int_equal(status, 0);
    assert_non_null(strstr(check_lines(more), "Sys.Audit,Sys.Syslog"));
    /* Not separated: an entry for the token would be ignored. */
    assert_null(strstr(check_lines(more), "--tokens"));
    assert_non_null(strstr(check_lines(more), "--users 'audit@pve'"));
    report_expect(report, TOKEN, "note", "is not privilege-separated");
    report_expect(report, TOKEN, "ok", "never expires");
    report_expect(report, TOOLS, "note", "shows only to those who may change it (leave it out");
    json_object_put(report);
    sim_stop(&sim);
}

static void separated_and_soon_over(void **state)
{
    char token[128];
    const char *const extra[] = {
        "--set", token, "--set",
        /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
        "/access/acl/3={\"path\":\"/\",\"propagate\":1,\"roleid\":\"Small\",\"type\":\"token\",\"ugid\":"
        "\"audit@pve!sep\"}",
        "--set", "/access/roles/Small=[\"Sys.Audit\"]", NULL};
    struct sim sim;
    int status = 0;

    (void)state;
    snprintf(token, sizeof(token), "/access/users/audit@pve/tokens/sep={\"privsep\":1,\"expire\":%lld}",
             (long long)time(NULL) + 3 * 86400);
    sim_start(&sim, "demo", extra);
    struct json_object *report = examine(&sim, "audit-sep", "read", &status);
    struct json_object *check = report_check(report, TOKEN, "is privilege-separated"), *more = NULL;

    assert_int_equal(status, 0);
    assert_string_equal(check_text(check, "separated"), "yes");
    assert_int_equal(json_get(check, "user_holds_more", json_type_object, &more), 0);
    assert_true(json_object_object_get_ex(more, "/vms", NULL));
    report_expect(report, TOKEN, "note", "the token expires");
    /* The user holds it already: the token alone is to be granted. */
    check = report_check(report, TOOLS, "to see more on /vms: ");
    assert_non_null(strstr(check_lines(check), "--tokens 'audit@pve!sep'"));
    assert_null(strstr(check_lines(check), "--users"));
    json_object_put(report);
    sim_stop(&sim);
}

static void expired(void **state)
{
    static const char *const extra[] = {
        "--set", "/access/users/audit@pve/tokens/old={\"privsep\":0,\"expire\":86400}", NULL};
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", extra);
    struct json_object *report = examine(&sim, "audit-old", "read", &status);

    assert_int_equal(status, 1);
    assert_string_equal(check_text(report_check(report, SITE, "PX-AUTH"), "status"), "problem");
    json_object_put(report);
    sim_stop(&sim);
}

static void far_reaching(void **state)
{
    static const char *const extra[] = {
        "--set",
        "/access/acl/3={\"path\":\"/"
        "\",\"propagate\":1,\"roleid\":\"Administrator\",\"type\":\"user\",\"ugid\":"
        "\"audit@pve\"}",
        NULL};
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", extra);
    struct json_object *report = examine(&sim, "audit-readonly", "guarded", &status);

    assert_int_equal(status, 0);
    report_expect(report, TOKEN, "note", "its user has the role Administrator on /, handed down");
    report_expect(report, TOKEN, "note", "it could grant itself everything");
    struct json_object *reads = report_check(report, TOOLS, "reads, with this token");
    struct json_object *changes = report_check(report, TOOLS, "changes, with this token");
    assert_int_equal(count_of(reads, "reads", "not at all") + count_of(reads, "reads", "in part"), 0);
    assert_int_equal(count_of(changes, "changes", "not at all"), 0);
    json_object_put(report);
    report = examine(&sim, "root", "guarded", &status);
    report_expect(report, TOKEN, "note", "the token is root@pam's");
    report_expect(report, TOKEN, "note", "is not privilege-separated");
    json_object_put(report);
    report = examine(&sim, "audit-readonly", "read", &status);
    report_expect(report, SITE, "note", "the mode is read, yet the token could change things");
    json_object_put(report);
    sim_stop(&sim);
}

static void clocks_and_versions(void **state)
{
    static const char *const near[] = {"--set", "/nodes/pve2/clock=60", "--set",
                                       "/nodes/pve3/version={\"version\":\"8.3.5\",\"release\":\"8.3\"}",
                                       NULL};
    static const char *const far[] = {"--set", "/nodes/pve2/clock=-400", "--offline", "pve3", NULL};
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", near);
    struct json_object *report = examine(&sim, "audit-readonly", "read", &status);
    assert_int_equal(status, 0);
    report_expect(report, NODES, "ok", "clock of pve1: within 30 s");
    report_expect(report, NODES, "note", "s ahead of this machine's");
    assert_string_equal(check_text(report_check(report, NODES, "ahead of"), "node"), "pve2");
    report_expect(report, NODES, "note", "mixed versions: ");
    report_expect(report, NODES, "note", "pve3 runs Proxmox VE 8.3.5");
    json_object_put(report);
    sim_stop(&sim);

    sim_start(&sim, "demo", far);
    report = examine(&sim, "audit-readonly", "read", &status);
    assert_int_equal(status, 1);
    report_expect(report, NODES, "problem", "s behind this machine's");
    report_expect(report, NODES, "note", "pve3 is offline");
    json_object_put(report);
    sim_stop(&sim);
}

/* The operator's switches, and a ledger that was tampered with. */
static void what_is_recorded(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536);
    struct sim sim;
    char text[1024], file[256], ledger[256];
    int status = 0;

    (void)state;
    sim_start(&sim, "demo", NULL);
    char *token_file = sim_text(&sim, "tokens", "audit-readonly");
    snprintf(text, sizeof(text),
             "mode: guarded\nstate_dir: %s/state\ntrust:\n  lease: required\nsites:\n  lab:\n    url: %s\n"
             "    token_file: %s\n    fingerprint: %s\n",
             run_folder(), sim.url, token_file, sim.fingerprint);
    free(token_file);
    snprintf(file, sizeof(file), "%s", run_file("recorded.yaml", text));
    struct json_object *report = run_doctor(file, &status);
    assert_int_equal(status, 0);
    report_expect(report, "record", "note", "changes need a lease, and there is none that is good (none)");
    json_object_put(report);

    const char *const grant[] = {"lease", "grant", "--for", "1h", "--config", file, NULL};
    const char *const freeze[] = {"freeze", "--reason", "maintenance", "--config", file, NULL};
    assert_int_equal(run_program(&out, grant), 0);
    assert_int_equal(run_program(&out, freeze), 0);
    report = run_doctor(file, &status);
    assert_int_equal(status, 0);
    report_expect(report, "record", "ok", "a lease for changes is good for ");
    report_expect(report, "record", "note", "frozen");
    report_expect(report, "record", "ok", "MiB left for the state folder");
    report_expect(report, "record", "ok", "none in doubt");
    report_expect(report, "record", "ok", "newest checkpoint: 0 min old");
    json_object_put(report);

    snprintf(ledger, sizeof(ledger), "%s/state/audit.log", run_folder());
    FILE *f = fopen(ledger, "r+");
    assert_non_null(f);
    assert_int_equal(fseek(f, 40, SEEK_SET), 0);
    assert_int_equal(fputc('~', f), '~');
    assert_int_equal(fclose(f), 0);
    report = run_doctor(file, &status);
    assert_int_equal(status, 1);
    report_expect(report, "record", "problem", "does not verify");
    json_object_put(report);
    sim_stop(&sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(few_rights),
        cmocka_unit_test(grants_keep_what_is_held),
        cmocka_unit_test(separated_and_soon_over),
        cmocka_unit_test(expired),
        cmocka_unit_test(far_reaching),
        cmocka_unit_test(clocks_and_versions),
        cmocka_unit_test(what_is_recorded),
    };

    return cmocka_run_group_tests(tests, run_open, run_close);
}
