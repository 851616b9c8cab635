/* SPDX-License-Identifier: Apache-2.0 */
/* Every gate by itself: its refusal has a code, a cause and what a person can do, and stands in the ledger.
 */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "plane/manifest.h"
#include "trust/apply.h"
#include "trust/trust.h"

#define SITES "sites: {lab: {url: 'https://127.0.0.1:1', token_file: /none}}\n"

static struct plane_info plane = {.name = (char *)(uintptr_t) "guests"};
static const struct tool tool = {.plane = &plane,
                                 .kind = TOOL_CHANGE,
                                 .name = (char *)(uintptr_t) "pve_guest_power",
                                 .operation_class = (char *)(uintptr_t) "guest.stop"};

struct scene {
    struct rig rig;
    struct plan *plan;
    struct problem p;
};

static int ask(struct scene *s, const char *needed, const struct trust_consent *consent)
{
    struct trust_ask question = {0};

    const int r = consent_check(s->rig.trust, s->plan, needed, consent, &question, &s->p);
    trust_ask_done(&question);
    return r;
}

static int by_mode(struct scene *s)
{
    return policy_tool(s->rig.trust, &tool, &s->p);
}
static int by_freeze(struct scene *s)
{
    assert_int_equal(trust_freeze_file(s->rig.state, "x", &s->p), 0);
    return policy_tool(s->rig.trust, &tool, &s->p);
}
static int by_freeze_in_doubt(struct scene *s)
{
    char path[120];

    (void)snprintf(path, sizeof(path), "%s/frozen", s->rig.state);
    assert_int_equal(mkdir(path, 0700), 0);
    return policy_tool(s->rig.trust, &tool, &s->p);
}
static bool never(void *arg, const struct tool *t, const char *operation_class)
{
    (void)arg, (void)t, (void)operation_class;
    return false;
}
static int by_lists(struct scene *s)
{
    s->rig.trust->options.allowed = never;
    return policy_tool(s->rig.trust, &tool, &s->p);
}
static int by_target(struct scene *s)
{
    return limits_targets_plan(s->rig.trust, s->plan, &s->p);
}
static int by_lease(struct scene *s)
{
    char lease[LEASE_ID_SIZE];

    return limits_room(s->rig.trust, s->plan, lease, &s->p);
}
static int by_rate(struct scene *s)
{
    assert_int_equal(rig_execute(&s->rig, s->plan, &s->p), 0);
    return rig_execute(&s->rig, s->plan, &s->p);
}
static int by_rate_of_none(struct scene *s)
{
    return rig_execute(&s->rig, s->plan, &s->p);
}
static int by_expiry(struct scene *s)
{
    struct site *site = NULL;

    return policy_binding(s->rig.trust, s->plan, 1, &site, &s->p);
}
static int by_site(struct scene *s)
{
    struct site *site = NULL;

    s->plan->expires_s = 10;
    s->plan->site = "elsewhere";
    return policy_binding(s->rig.trust, s->plan, 1, &site, &s->p);
}
static int by_token(struct scene *s)
{
    struct site *site = NULL;

    s->plan->expires_s = 10;
    return policy_binding(s->rig.trust, s->plan, 1, &site, &s->p);
}
static int by_echo(struct scene *s)
{
    return policy_echo(s->plan, "guest.stop", "guest/106", &s->p);
}
static int by_no_form(struct scene *s)
{
    return ask(s, "human", &(const struct trust_consent){.can_ask = false});
}
static int by_taint(struct scene *s)
{
    trust_taint(s->rig.trust, "pve_task_log", "lines");
    return ask(s, limits_consent(s->rig.trust, "plan"), &(const struct trust_consent){.can_ask = false});
}
static int by_forged_state(struct scene *s)
{
    return ask(
        s, "human",
        &(const struct trust_consent){
            .can_ask = true, .reply = TRUST_ACCEPTED, .typed = "guest/105", .sealed_state = "1.2.3.4"});
}
static int by_approver(struct scene *s)
{
    return ask(s, "approver", NULL);
}
static int by_stopping(struct scene *s)
{
    s->rig.trust->stopping = true;
    const int r = applies_room(s->rig.trust, &s->p);
    s->rig.trust->stopping = false;
    return r;
}
static int by_lock(struct scene *s)
{
    int first = -1, second = -1;
    char path[120];

    (void)snprintf(path, sizeof(path), "%s/plans/executing", s->rig.state);
    (void)mkdir(path, 0700);
    assert_int_equal(doubt_lock(s->rig.trust, s->plan->id, &first, &s->p), 0);
    const int r = doubt_lock(s->rig.trust, s->plan->id, &second, &s->p);
    doubt_unlock(s->rig.trust, s->plan->id, &first);
    return r;
}
static int by_no_plan(struct scene *s)
{
    struct plan *plan = NULL;
    enum plan_state state;

    return store_load(s->rig.trust, s->plan->id, &plan, &state, &s->p);
}

/* design 3: "gates in a fixed order" */
static const struct row {
    const char *yaml;
    int (*gate)(struct scene *s);
    const char *code;
} rows[] = {
    {"planes: {guests: {mode: read}}\n", by_mode, "PX-READ-ONLY"},
    {"", by_freeze, "PX-FROZEN"},
    {"", by_freeze_in_doubt, "PX-FROZEN"},
    {"", by_lists, "PX-TOOL"},
    {"tools: {deny: [vmid:105]}\n", by_target, "PX-TARGET"},
    {"tools: {deny: [tag:x]}\n", by_target, "PX-TARGET"},
    {"tools: {allow: [pool:x]}\n", by_target, "PX-TARGET"},
    {"trust: {lease: required}\n", by_lease, "PX-LEASE"},
    {"limits: {changes_per_hour: 1}\n", by_rate, "PX-RATE"},
    {"limits: {class_per_hour: {guest.stop: 1}}\n", by_rate, "PX-RATE"},
    {"limits: {class_per_hour: {'guest.*': 0}}\n", by_rate_of_none, "PX-RATE"},
    {"", by_expiry, "PX-PLAN"},
    {"", by_site, "PX-SITE"},
    {"", by_token, "PX-SECRET-FILE"},
    {"", by_echo, "PX-ECHO"},
    {"", by_no_form, "PX-CONSENT"},
    {"trust: {taint: consent}\n", by_taint, "PX-CONSENT"},
    {"", by_forged_state, "PX-CONSENT"},
    {"", by_approver, "PX-CONSENT"},
    {"", by_stopping, "PX-CANCELLED"},
    {"", by_lock, "PX-PLAN"},
    {"", by_no_plan, "PX-PLAN"},
};

static void test_rows(void **context)
{
    (void)context;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct scene s = {.p = PROBLEM_INIT};
        char yaml[600], record[64];
        (void)snprintf(yaml, sizeof(yaml), SITES "%s", rows[i].yaml);
        rig_start(&s.rig, yaml);
        s.plan = rig_plan("{'subjects':[{'class':'guest.stop','label':'guest/105'}]}");
        assert_int_equal(trust_ready(s.rig.trust, &s.p), 0);
        const int r = rows[i].gate(&s);
        if (r >= 0)
            print_error("row %zu lets it through\n", i);
        assert_true(r < 0);
        assert_int_equal(outcome_refused(s.rig.trust, s.plan, "x", &s.p), 0);
        rig_teaches(&s.p, rows[i].code);
        (void)snprintf(record, sizeof(record), "\"code\":\"%s\"", rows[i].code);
        assert_int_equal(rig_records(&s.rig, "refused", record), 1);
        rig_plan_done(s.plan);
        rig_stop(&s.rig);
    }
}

/* A broken ledger takes no record of a refusal either: the refusal stands, and that is told. */
static void test_broken_ledger(void **context)
{
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    char path[120];

    (void)context;
    rig_start(&rig, "");
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    (void)snprintf(path, sizeof(path), "%s/audit.log", rig.state);
    assert_int_equal(file_write_atomic(path, "rubbish\n", 8, 0600), 0);
    problem_set(&p, -EPERM, PX_FROZEN, "frozen");
    assert_true(outcome_refused(rig.trust, NULL, "x", &p) < 0);
    assert_string_equal(p.code, "PX-FROZEN");
    struct plan *plan = rig_plan("{'subjects':[]}");
    char lease[LEASE_ID_SIZE];
    p = PROBLEM_INIT;
    rig_stop(&rig);
    rig_plan_done(plan);
    rig_start(&rig, "limits: {changes_per_hour: 1}\n"); /* and what cannot be counted is not let through */
    plan = rig_plan("{'subjects':[]}");
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    (void)snprintf(path, sizeof(path), "%s/audit.log", rig.state);
    assert_int_equal(file_write_atomic(path, "{\"v\":1,\"seq\":1}\n", 16, 0600), 0);
    assert_true(limits_room(rig.trust, plan, lease, &p) < 0);
    rig_teaches(&p, "PX-LEDGER");
    rig_plan_done(plan);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_broken_ledger)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
