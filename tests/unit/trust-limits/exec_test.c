/* SPDX-License-Identifier: Apache-2.0 */
/* The limits hold for plans that run commands as for all others; and one whose end nobody saw. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../trust-run/fake_exec.h"
#include "base/file.h"
#include "base/json.h"
#include "trust/apply.h"
#include "trust/build.h"
#include "trust/trust.h"

#define NOW (INT64_C(1800000000) * SECOND)
#define RUN                                                                                                  \
    "{'action':'exec.node','subjects':[{'class':'exec.node','label':'node/pve1'}],'steps':[{'name':'x',"     \
    "'kind':'executor','executor':'exec','plane':'exec','target':{'node':'pve1'},'argv':[{'value':'ls'}]}]}"
#define STOP "{'subjects':[{'class':'guest.stop','label':'guest/105'}]}"

static int execute(struct rig *rig, const char *json, struct problem *p)
{
    struct plan *plan = rig_plan(json);

    *p = PROBLEM_INIT;
    const int r = rig_execute(rig, plan, p);
    rig_plan_done(plan);
    return r;
}

static void rate(void **context)
{
    struct problem p;
    struct rig rig;

    (void)context;
    rig_start(&rig, "limits: {changes_per_hour: 10, class_per_hour: {\"exec.*\": 1}}\n");
    rig_wall_us = NOW;
    assert_int_equal(execute(&rig, RUN, &p), 0);
    assert_true(execute(&rig, RUN, &p) < 0);
    rig_teaches(&p, PX_RATE);
    assert_int_equal(execute(&rig, STOP, &p), 0);
    rig_stop(&rig);
}

static void never(void **context)
{
    struct problem p;
    struct rig rig;

    (void)context;
    rig_start(&rig, "limits: {class_per_hour: {\"exec.*\": 0}}\n");
    rig_wall_us = NOW;
    assert_true(execute(&rig, RUN, &p) < 0);
    assert_string_equal(p.code, PX_RATE);
    rig_stop(&rig);
}

static void lease(void **context)
{
    CLEANUP_BUF struct buf out = BUF_INIT(4096);
    struct problem p;
    struct rig rig;

    (void)context;
    rig_start(&rig, "trust: {lease: required}\n");
    rig_wall_us = NOW;
    assert_true(execute(&rig, RUN, &p) < 0);
    rig_teaches(&p, PX_LEASE);
    const struct trust_lease stops = {.for_s = 600, .operation_class = "guest.stop"};
    assert_int_equal(trust_lease_grant(rig.trust, &stops, &out, &p), 0);
    assert_true(execute(&rig, RUN, &p) < 0);
    assert_string_equal(p.code, PX_LEASE);
    const struct trust_lease execs = {.for_s = 600, .operation_class = "exec.*"};
    assert_int_equal(trust_lease_grant(rig.trust, &execs, &out, &p), 0);
    assert_int_equal(execute(&rig, RUN, &p), 0);
    rig_stop(&rig);
}

/* By what it is aimed at, and by the target of the command itself. */
static void targets(void **context)
{
    static const struct {
        const char *yaml, *target;
        bool good;
    } rows[] = {
        {"tools: {deny: [\"node:pve1\"]}\n", "{'node':'pve2'}", false}, /* its subject */
        {"tools: {deny: [\"node:pve2\"]}\n", "{'node':'pve2'}", false},
        {"tools: {deny: [\"vmid:100-199\"]}\n", "{'node':'pve2','vmid':105}", false},
        {"tools: {deny: [\"vmid:100-199\"]}\n", "{'node':'pve2','ctid':'105'}", false},
        {"tools: {deny: [\"vmid:100-199\"]}\n", "{'node':'pve2','vmid':200}", true},
        {"tools: {allow: [\"node:pve2\"]}\n", "{'node':'pve2'}", false},
        {"tools: {allow: [\"node:pve1\"]}\n", "{'node':'pve1'}", true},
    };

    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem p = PROBLEM_INIT;
        struct rig rig;
        char json[500];
        rig_start(&rig, rows[i].yaml);
        (void)snprintf(
            json, sizeof(json),
            "{'site':'lab','action':'exec.node','subjects':[{'class':'exec.node','label':'node/pve1'}],"
            "'steps':[{'name':'x','kind':'executor','executor':'exec','target':%s}]}",
            rows[i].target);
        struct plan *plan = rig_plan(json);
        const int r = limits_targets_plan(rig.trust, plan, &p);
        if ((r == 0) != rows[i].good)
            fail_msg("row %zu: %d %s", i, r, p.cause);
        if (r < 0)
            rig_teaches(&p, PX_TARGET);
        rig_plan_done(plan);
        rig_stop(&rig);
    }
}

/* ---- in doubt: killed between the journal and the outcome */

static void in_doubt(void **context)
{
    static const char journal[] = "{\"step\":0,\"event\":\"sending\",\"time\":1800000001000000}\n";
    CLEANUP_BUF struct buf bytes = BUF_INIT(8192), list = BUF_INIT((size_t)1 << 20);
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    char id[PLAN_ID_SIZE], sha256[65], path[200];

    (void)context;
    fake_exec_reset();
    rig_start(&rig, "");
    buf_printf(&bytes,
               "{\"format\":\"proximo-plan-1\",\"nonce\":\"0\",\"created\":1800000000,\"expires\":1800000600,"
               "\"site\":\"gone\",\"principal\":\"uid:0 a\",\"config\":\"c\",\"tool\":\"exec_run\","
               "\"action\":\"exec.node\",\"subject\":\"node/pve1\",\"subjects\":[],\"risk\":{\"level\":3},"
               "\"consent\":\"human\",\"steps\":[{\"name\":\"x\",\"kind\":\"executor\",\"executor\":\"exec\","
               "\"plane\":\"exec\",\"target\":{\"node\":\"pve1\"},\"argv\":[{\"value\":\"ls\"}]}]}");
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    assert_int_equal(canonical_id(rig.trust, bytes.data, bytes.len, id, sha256), 0);
    (void)snprintf(path, sizeof(path), "%s/plans/executing", rig.state);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof(path), "%s/plans/executing/%s.json", rig.state, id);
    assert_int_equal(file_write_atomic(path, bytes.data, bytes.len, 0600), 0);
    (void)snprintf(path, sizeof(path), "%s/plans/executing/%s.journal", rig.state, id);
    assert_int_equal(file_write_atomic(path, journal, strlen(journal), 0600), 0);
    doubt_resolve_all(rig.trust, NULL);
    assert_int_equal(rig_records(&rig, "in-doubt", NULL), 1);
    assert_int_equal(trust_doubts(rig.trust, &list, &p), 0);
    assert_non_null(strstr(list.data, "\"state\":\"in doubt\""));
    assert_non_null(strstr(list.data, "\"executor\":\"exec\",\"event\":\"sending\""));
    assert_int_equal(fake_exec.runs, 0);
    assert_int_equal(trust_doubt_close(rig.trust, id, "not-applied", "looked at it", &p), 0);
    assert_int_equal(rig_records(&rig, "outcome", NULL), 0);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(rate), cmocka_unit_test(never),
                                       cmocka_unit_test(lease), cmocka_unit_test(targets),
                                       cmocka_unit_test(in_doubt)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
