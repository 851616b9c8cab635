/* SPDX-License-Identifier: Apache-2.0 */
/* Doctor and mint on a Backup Server: its tools alone, its own lines, and that the lines suffice. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"
#include "tests/integration/doctor/run.h"
#include "tests/integration/http/sim.h"

#define SITE  "site vault (Proxmox Backup Server)"
#define TOKEN "site vault: token"
#define TOOLS "site vault: tools"

static const char *config_of(struct sim *sim, const char *token)
{
    char text[1024];
    char *token_file = sim_text(sim, "tokens", token);

    snprintf(
        text, sizeof(text),
        "mode: read\nsites:\n  vault:\n    kind: pbs\n    url: %s\n    token_file: %s\n    fingerprint: %s\n",
        sim->url, token_file, sim->fingerprint);
    free(token_file);
    return run_file("vault.yaml", text);
}

static int64_t reads(struct json_object *report, const char *word)
{
    struct json_object *counts = NULL;
    int64_t n = -1;

    assert_int_equal(
        json_get(report_check(report, TOOLS, "reads, with this token"), "reads", json_type_object, &counts),
        0);
    assert_int_equal(json_get_int(counts, word, &n), 0);
    return n;
}

static void a_token_that_looks(void **state)
{
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "vault", NULL);
    struct json_object *report = run_doctor(config_of(&sim, "audit-readonly"), &status);
    struct json_object *remote = report_check(report, TOOLS, "to see more on /remote: Remote.Audit");

    assert_int_equal(status, 0);
    report_expect(report, SITE, "ok", "Proxmox Backup Server 4.");
    report_expect(report, TOKEN, "ok", "audit@pbs!readonly is privilege-separated");
    report_expect(report, TOKEN, "ok", "the token never expires");
    assert_true(reads(report, "fully") > 15);
    assert_string_equal(check_lines(remote),
                        "proxmox-backup-manager acl update /remote RemoteAudit --auth-id 'audit@pbs'\n"
                        "proxmox-backup-manager acl update /remote RemoteAudit --auth-id "
                        "'audit@pbs!readonly'\n");
    report_expect_not(report, TOOLS, "pveum");
    report_expect_not(report, TOOLS, "VM.Audit"); /* tools of clusters are not looked at here */
    json_object_put(report);
    sim_stop(&sim);
}

static void a_token_of_one_namespace(void **state)
{
    struct sim sim;
    int status = 0;

    (void)state;
    sim_start(&sim, "vault", NULL);
    struct json_object *report = run_doctor(config_of(&sim, "backup-narrow"), &status);
    struct json_object *store = report_check(report, TOOLS, "to see more on /datastore: Datastore.Audit");

    assert_int_equal(status, 0);
    assert_true(reads(report, "not at all") > 5);
    assert_non_null(strstr(check_lines(store), "acl update /datastore DatastoreAudit --auth-id "
                                               "'backup@pbs!narrow'\n"));
    report_expect(report, TOKEN, "note", "when the token expires is not known");
    json_object_put(report);
    sim_stop(&sim);
}

/* Beside a cluster: each site is asked about its own tools. */
static void beside_a_cluster(void **state)
{
    struct sim sim;
    char text[1400];
    int status = 0;

    (void)state;
    sim_start(&sim, "vault", NULL);
    char *token_file = sim_text(&sim, "tokens", "audit-readonly");
    snprintf(
        text, sizeof(text),
        "mode: read\nsites:\n  lab:\n    url: https://127.0.0.1:9\n    token_file: %s\n    fingerprint: %s\n"
        "  vault:\n    kind: pbs\n    url: %s\n    token_file: %s\n    fingerprint: %s\n",
        token_file, sim.fingerprint, sim.url, token_file, sim.fingerprint);
    free(token_file);
    struct json_object *report = run_doctor(run_file("both.yaml", text), &status);
    assert_int_equal(status, 1); /* nothing answers for the cluster */
    report_expect(report, TOOLS, "note", "Remote.Audit is not held on /remote");
    report_expect_not(report, TOOLS, "VM.Audit");
    report_expect_not(report, TOOLS, "pveum");
    assert_true(reads(report, "fully") < 40);
    json_object_put(report);
    sim_stop(&sim);
}

static void mint_for_a_backup_server(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536), json = BUF_INIT(65536);
    struct sim sim;

    (void)state;
    sim_start(&sim, "vault", NULL);
    const char *config = config_of(&sim, "root");
    const char *const words[] = {"mint", "--config", config, NULL};
    const char *const as_json[] = {"mint", "--config", config, "--json", NULL};

    assert_int_equal(run_program(&out, words), 0);
    assert_non_null(strstr(out.data, "proxmox-backup-manager user generate-token 'proximo@pbs' 'proximo'"));
    assert_non_null(strstr(out.data, "acl update / Audit --auth-id 'proximo@pbs!proximo'"));
    assert_non_null(strstr(out.data, "acl update /tape TapeAudit --auth-id 'proximo@pbs'"));
    assert_non_null(strstr(out.data, "proximo@pbs!proximo:SECRET"));
    assert_null(strstr(out.data, "pveum"));
    assert_int_equal(run_program(&json, as_json), 0);
    assert_non_null(strstr(json.data, "\"kind\":\"pbs\""));
    sim_stop(&sim);
}

/* Without a site the planes say it: one of Backup Servers beside those of clusters. */
static void mint_by_plane(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536);
    const char *config = run_file("mint.yaml", "mode: read\n");
    const char *const pbs[] = {"mint", "--config", config, "--plane", "pbs", NULL};
    const char *const all[] = {"mint", "--config", config, NULL};

    (void)state;
    assert_int_equal(run_program(&out, pbs), 0);
    assert_non_null(strstr(out.data, "(Backup Server)"));
    buf_reset(&out);
    assert_int_equal(run_program(&out, all), 0);
    assert_non_null(strstr(out.data, "pveum role add"));
    assert_null(strstr(out.data, "/datastore"));
    assert_non_null(strstr(out.data, "proximo mint --plane pbs"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_that_looks), cmocka_unit_test(a_token_of_one_namespace),
        cmocka_unit_test(beside_a_cluster), cmocka_unit_test(mint_for_a_backup_server),
        cmocka_unit_test(mint_by_plane)};

    return cmocka_run_group_tests(tests, run_open, run_close);
}
