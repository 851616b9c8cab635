/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `proximo mint` prints, given on the simulator: doctor then finds every tool usable, and the rights to
 * change can be taken away alone.
 */
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

#define TOOLS "site lab: tools"
#define USER  "proximo@pve"
#define ID    USER "!proximo"

static const char *const kinds[] = {"read", "read_wide", "change"};

/* `proximo mint --json` with the mode and release; the caller's. */
static struct json_object *mint(const char *mode, const char *release, const char *planes)
{
    CLEANUP_BUF struct buf out = BUF_INIT((size_t)1 << 20);
    const char *config = run_file("mint.yaml", "mode: read\n");
    const char *const words[] = {"mint",      "--config", config,    "--json", "--mode", mode,
                                 "--release", release,    "--plane", planes,   NULL};
    struct json_object *minted = NULL;

    assert_int_equal(run_program(&out, words), 0);
    assert_int_equal(json_parse(out.data, out.len, &minted, NULL), 0);
    return minted;
}

static struct json_object *part(struct json_object *minted, const char *kind, const char *name)
{
    struct json_object *of = NULL, *ret = NULL;

    assert_int_equal(json_get(minted, kind, json_type_object, &of), 0);
    assert_int_equal(json_get(of, name, json_type_object, &ret), 0);
    return ret;
}

/* Its roles as the simulator's seed has them: {"NAME":["A","B"],...}. */
static void put_roles(struct json_object *minted, struct buf *out)
{
    bool first = true;

    buf_str(out, "/access/roles={");
    for (size_t i = 0; i < 3; i++) {
        json_object_object_foreach(part(minted, kinds[i], "roles"), name, privileges)
        {
            buf_printf(out, "%s\"%s\":[\"", first ? "" : ",", name);
            for (const char *at = json_object_get_string(privileges); *at; at++)
                buf_str(out, *at == ',' ? "\",\"" : (char[2]){*at, '\0'});
            buf_str(out, "\"]");
            first = false;
        }
    }
    buf_char(out, '}');
}

/* What `pveum acl modify` or `delete` does, for all grants of a kind. */
static void grant(struct sim *sim, struct json_object *minted, const char *kind, const char *delete)
{
    json_object_object_foreach(part(minted, kind, "acl"), path, role)
    {
        const char *name = json_object_get_string(role);
        const struct http_field fields[] = {{"path", path, strlen(path)},
                                            {"roles", name, strlen(name)},
                                            {"users", USER, strlen(USER)},
                                            {"tokens", ID, strlen(ID)},
                                            {"delete", delete, 1}};
        const struct http_request request = {.method = "PUT",
                                             .path = "/access/acl",
                                             .fields = fields,
                                             .field_count = sizeof(fields) / sizeof(fields[0]),
                                             .allow_change = true};
        struct http_answer answer = {0};
        struct problem p = PROBLEM_INIT;

        assert_int_equal(sim->http->request(sim->client, &request, &answer, NULL, &p), 0);
        if (answer.status != 200)
            fail_msg("%s on %s: %d %s", name, path, answer.status, answer.reason);
        http_answer_done(&answer);
    }
}

static int64_t count_of(struct json_object *report, const char *kind, const char *word)
{
    char piece[64];
    struct json_object *counts = NULL;
    int64_t n = -1;

    snprintf(piece, sizeof(piece), "%s, with this token", kind);
    assert_int_equal(json_get(report_check(report, TOOLS, piece), kind, json_type_object, &counts), 0);
    assert_int_equal(json_get_int(counts, word, &n), 0);
    return n;
}

static struct json_object *examine(struct sim *sim)
{
    char text[1024];
    char *token_file = sim_text(sim, "tokens", "proximo-proximo");
    int status = 0;

    snprintf(text, sizeof(text),
             "mode: guarded\nsites:\n  lab:\n    url: %s\n    token_file: %s\n    fingerprint: %s\n",
             sim->url, token_file, sim->fingerprint);
    free(token_file);
    struct json_object *report = run_doctor(run_file("proximo.yaml", text), &status);
    assert_int_equal(status, 0);
    return report;
}

static void expect(struct sim *sim, const char *kind, bool all)
{
    struct json_object *report = examine(sim);
    const int64_t lacking = count_of(report, kind, "in part") + count_of(report, kind, "not at all");

    assert_true(count_of(report, kind, "fully") > 0 || !all);
    if (all != (lacking == 0))
        fail_msg("%s: %d lack something: %s", kind, (int)lacking, json_object_to_json_string(report));
    json_object_put(report);
}

static void what_it_prints_suffices(void **state)
{
    CLEANUP_BUF struct buf roles = BUF_INIT(65536);
    CLEANUP_JSON struct json_object *minted =
        mint("guarded", "9", "nodes,guests,storage,firewall,sdn,acl,ha");
    struct sim sim;

    (void)state;
    put_roles(minted, &roles);
    const char *const extra[] = {
        "--set", roles.data, "--set",
        /* NOLINTNEXTLINE(bugprone-suspicious-missing-comma) */
        "/access/users/"
        "proximo@pve={\"enable\":1,\"expire\":0,\"tokens\":{\"proximo\":{\"privsep\":1,\"expire\":0}}}",
        NULL};
    sim_start(&sim, "demo", extra);
    sim_client(&sim, "root");

    grant(&sim, minted, "read", "0");
    struct json_object *report = examine(&sim), *wide = NULL;
    int64_t reads = 0;
    assert_int_equal(json_get(minted, "read_wide", json_type_object, &wide), 0);
    assert_int_equal(json_get_int(wide, "tools", &reads), 0);
    assert_true(reads > 0);
    /* Only the reads that mint named go without. */
    assert_int_equal(count_of(report, "reads", "in part") + count_of(report, "reads", "not at all"), reads);
    json_object_put(report);
    grant(&sim, minted, "read_wide", "0");
    expect(&sim, "reads", true);
    expect(&sim, "changes", false);
    grant(&sim, minted, "change", "0");
    expect(&sim, "changes", true);
    expect(&sim, "reads", true);
    grant(&sim, minted, "change", "1");
    expect(&sim, "changes", false);
    expect(&sim, "reads", true);
    sim_stop(&sim);
}

/* What / hands down goes along to a deeper path that gets an entry, where it is asked for at all. */
static void a_deeper_path_keeps_what_is_above(void **state)
{
    CLEANUP_JSON struct json_object *minted = mint("read", "9", "nodes");
    const char *role = NULL, *text = NULL;

    (void)state;
    assert_int_equal(json_get_string(part(minted, "read_wide", "acl"), "/nodes", &role, NULL), 0);
    assert_int_equal(json_get_string(part(minted, "read_wide", "roles"), role, &text, NULL), 0);
    assert_non_null(strstr(text, "Sys.Modify"));
    assert_int_equal(json_get_string(part(minted, "read", "acl"), "/nodes", &role, NULL), 0);
    assert_int_equal(json_get_string(part(minted, "read", "roles"), role, &text, NULL), 0);
    assert_string_equal(text, "Sys.Audit,Sys.Syslog");
    assert_int_equal(json_object_object_length(part(minted, "change", "acl")), 0);
}

static void releases_have_their_own_names(void **state)
{
    CLEANUP_JSON struct json_object *old = mint("guarded", "8", "guests");
    CLEANUP_JSON struct json_object *new = mint("guarded", "9", "guests");
    const char *at_8 = json_object_to_json_string(old);

    (void)state;
    assert_non_null(strstr(at_8, "VM.Monitor"));
    assert_null(strstr(at_8, "VM.GuestAgent."));
    assert_null(strstr(json_object_to_json_string(new), "VM.Monitor"));
    assert_non_null(strstr(json_object_to_json_string(new), "VM.GuestAgent.Audit"));
}

static void what_is_wrong_is_said(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536);
    const char *config = run_file("mint.yaml", "mode: read\n");
    const char *const planes[] = {"mint", "--config", config, "--plane", "gests", NULL};
    const char *const user[] = {"mint", "--config", config, "--user", "root'; rm", NULL};
    const char *const token[] = {"mint", "--config", config, "--token", "9x", NULL};
    const char *const good[] = {"mint", "--config", config, "--user", "ops@pam", "--token", "mcp", NULL};

    (void)state;
    assert_int_equal(run_program(&out, planes), 2);
    assert_int_equal(run_program(&out, user), 2);
    assert_int_equal(run_program(&out, token), 2);
    assert_int_equal(run_program(&out, good), 0);
    assert_non_null(strstr(out.data, "pveum user token add 'ops@pam' 'mcp' --privsep 1"));
    assert_non_null(strstr(out.data, "pveum acl modify /vms --users 'ops@pam' --tokens 'ops@pam!mcp' --roles "
                                     "Proximo-read-vms"));
    assert_null(strstr(out.data, "Proximo-change"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_it_prints_suffices), cmocka_unit_test(a_deeper_path_keeps_what_is_above),
        cmocka_unit_test(releases_have_their_own_names), cmocka_unit_test(what_is_wrong_is_said)};

    return cmocka_run_group_tests(tests, run_open, run_close);
}
