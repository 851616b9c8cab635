/* SPDX-License-Identifier: Apache-2.0 */
/* Changes per hour and leases: counted from the ledger, under its lock, whoever asks and whatever the clock
 * says. */
#include "rig.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/json.h"
#include "trust/trust.h"

#define NOW   (INT64_C(1800000000) * SECOND)
#define STOP  "{'subjects':[{'class':'guest.stop','label':'guest/105'}]}"
#define START "{'action':'guest.start','subjects':[{'class':'guest.start','label':'guest/105'}]}"
#define SEVERAL                                                                                              \
    "{'action':'guest.start','subjects':[{'class':'guest.start','label':'guest/1'},"                         \
    "{'class':'guest.stop','label':'guest/2'}]}"
#define BACKUP "{'site':'backup','subjects':[{'class':'guest.stop','label':'guest/105'}]}"

#define SITES                                                                                                \
    "sites: {lab: {url: 'https://127.0.0.1:1', token_file: /none}, "                                         \
    "backup: {url: 'https://127.0.0.1:2', token_file: /none}}\n"

static int execute(struct rig *rig, const char *json, struct problem *p)
{
    struct plan *plan = rig_plan(json);

    *p = PROBLEM_INIT;
    const int r = rig_execute(rig, plan, p);
    rig_plan_done(plan);
    return r;
}

static void good(struct rig *rig, const char *json)
{
    struct problem p;

    if (execute(rig, json, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
}

static void refused(struct rig *rig, const char *json, const char *code, const char *words)
{
    struct problem p;

    assert_true(execute(rig, json, &p) < 0);
    rig_teaches(&p, code);
    if (!strstr(p.cause, words) && !strstr(p.next, words))
        fail_msg("'%s' is not said: %s Next: %s", words, p.cause, p.next);
}

/* ---- changes per hour */

static void test_rate(void **context)
{
    struct rig rig;

    (void)context;
    rig_start(&rig, "limits: {changes_per_hour: 3}\n");
    rig_wall_us = NOW;
    good(&rig, STOP);
    rig_wall_us = NOW + 10 * MINUTE;
    good(&rig, START);
    good(&rig, STOP);
    refused(&rig, STOP, "PX-RATE", "in 3000 s"); /* when the first one is an hour old */
    rig_wall_us = NOW + HOUR - SECOND;
    refused(&rig, START, "PX-RATE", "in 1 s");
    rig_wall_us = NOW + HOUR;
    good(&rig, STOP);
    refused(&rig, STOP, "PX-RATE", "limits.changes_per_hour lets 3");
    /* a new process has no other memory than the ledger */
    rig_again(&rig, "limits: {changes_per_hour: 3}\n");
    refused(&rig, STOP, "PX-RATE", "3 changes");
    /* what was refused did not count */
    rig_wall_us = NOW + 10 * MINUTE + HOUR;
    good(&rig, STOP);
    good(&rig, STOP);
    refused(&rig, STOP, "PX-RATE", "3 changes");
    rig_stop(&rig);
}

static void test_lowered(void **context)
{
    struct rig rig;

    (void)context;
    rig_start(&rig, "limits: {changes_per_hour: 10}\n");
    for (int i = 0; i < 5; i++) {
        rig_wall_us = NOW + i * MINUTE;
        good(&rig, STOP);
    }
    rig_again(&rig, "limits: {changes_per_hour: 2}\n");
    /* room when only one of the five is left in the hour: the fourth goes at 3 minutes + 1 hour */
    refused(&rig, STOP, "PX-RATE", "in 3540 s");
    rig_wall_us = NOW + 3 * MINUTE + HOUR;
    good(&rig, STOP);
    rig_stop(&rig);
}

static void test_classes(void **context)
{
    static const char yaml[] = "limits: {class_per_hour: {guest.stop: 1, 'guest.*': 3, pool.create: 0}}\n";
    struct rig rig;

    (void)context;
    rig_start(&rig, yaml);
    good(&rig, STOP);
    refused(&rig, STOP, "PX-RATE", "guest.stop changes");
    refused(&rig, SEVERAL, "PX-RATE", "guest.stop changes"); /* any of its classes */
    good(&rig, START);
    good(&rig, START);
    refused(&rig, START, "PX-RATE", "guest.* changes");
    refused(&rig, "{'action':'pool.create','subjects':[]}", "PX-RATE", "class_per_hour lets 0");
    good(&rig, "{'action':'guestbook.write','subjects':[]}");
    assert_true(limits_class_fits("guest.*", "guest.stop"));
    assert_false(limits_class_fits("guest.*", "guest"));
    assert_false(limits_class_fits("guest.*", "guestbook.write"));
    assert_false(limits_class_fits("guest.stop", "guest.stopped"));
    rig_stop(&rig);
}

static void test_clock_back(void **context)
{
    struct rig rig;

    (void)context;
    rig_start(&rig, "limits: {changes_per_hour: 2}\n");
    rig_wall_us = NOW;
    good(&rig, STOP);
    good(&rig, STOP);
    rig_wall_us = NOW - 10 * HOUR; /* they lie in the future now, and count as of this moment */
    refused(&rig, STOP, "PX-RATE", "in 3600 s");
    rig_wall_us = NOW - HOUR;
    refused(&rig, STOP, "PX-RATE", "2 changes");
    rig_wall_us = NOW + HOUR;
    good(&rig, STOP);
    rig_stop(&rig);
}

/* ---- leases */

static void grant(struct rig *rig, int64_t for_s, uint32_t changes, const char *class, const char *site)
{
    const struct trust_lease lease = {
        .for_s = for_s, .changes = changes, .operation_class = class, .site = site};
    CLEANUP_BUF struct buf out = BUF_INIT(4096);
    struct problem p = PROBLEM_INIT;

    if (trust_lease_grant(rig->trust, &lease, &out, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    assert_non_null(strstr(out.data, "\"state\":\"good\""));
}

static void lease_is(struct rig *rig, const char *words)
{
    CLEANUP_BUF struct buf out = BUF_INIT(4096);
    struct problem p = PROBLEM_INIT;

    assert_int_equal(trust_lease_show(rig->trust, &out, &p), 0);
    if (!strstr(out.data, words))
        fail_msg("%s is not in %s", words, out.data);
}

static void test_lease(void **context)
{
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    bool was = false;

    (void)context;
    rig_start(&rig, "trust: {lease: required}\n" SITES);
    rig_wall_us = NOW;
    refused(&rig, STOP, "PX-LEASE", "proximo lease grant");
    lease_is(&rig, "\"state\":\"none\"");
    grant(&rig, 600, 0, NULL, NULL);
    good(&rig, STOP);
    good(&rig, START);
    lease_is(&rig, "\"used\":2");
    rig_wall_us = NOW + 600 * SECOND - 1;
    good(&rig, STOP);
    rig_wall_us = NOW + 600 * SECOND;
    refused(&rig, STOP, "PX-LEASE", "is over");
    rig_wall_us = NOW; /* the clock set back: the last record says that it was later */
    good(&rig, STOP);
    rig_wall_us = NOW + 700 * SECOND;
    grant(&rig, 600, 2, "guest.*", "lab");
    refused(&rig, BACKUP, "PX-LEASE", "covers guest.* on lab only");
    refused(&rig, "{'action':'pool.create','subjects':[]}", "PX-LEASE", "not pool.create");
    good(&rig, STOP);
    good(&rig, START);
    refused(&rig, STOP, "PX-LEASE", "used up");
    assert_int_equal(rig_records(&rig, "executing", "\"lease\":\""), 6);
    grant(&rig, 600, 5, "guest.stop", NULL); /* takes its place, and begins anew */
    lease_is(&rig, "\"used\":0");
    refused(&rig, SEVERAL, "PX-LEASE", "covers guest.stop");
    good(&rig, BACKUP);
    assert_int_equal(trust_lease_end(rig.trust, &was, &p), 0);
    assert_true(was);
    refused(&rig, STOP, "PX-LEASE", "is ended");
    assert_int_equal(trust_lease_end(rig.trust, &was, &p), 0);
    assert_false(was);
    rig_stop(&rig);
}

/* A lease that is over does not become good by a clock that goes back. */
static void test_lease_clock(void **context)
{
    struct rig rig;

    (void)context;
    rig_start(&rig, "trust: {lease: required}\nlimits: {changes_per_hour: 1000}\n" SITES);
    rig_wall_us = NOW;
    grant(&rig, 60, 0, NULL, NULL);
    rig_wall_us = NOW + 61 * SECOND;
    struct problem p = PROBLEM_INIT;
    assert_int_equal(ledger_append(rig.trust->ledger, LEDGER_REFUSED, "\"what\":\"x\"", 10, NULL, &p), 0);
    rig_wall_us = NOW + 30 * SECOND;
    refused(&rig, STOP, "PX-LEASE", "is over");
    rig_stop(&rig);
}

static void test_lease_bad(void **context)
{
    static const struct trust_lease bad[] = {
        {.for_s = 0},
        {.for_s = -5},
        {.for_s = LEASE_LONGEST_S + 1},
        {.for_s = 60, .site = "elsewhere"},
        {.for_s = 60, .operation_class = "*"},
        {.for_s = 60, .operation_class = "Guest"},
        {.for_s = 60, .operation_class = ""},
    };
    struct rig rig;

    (void)context;
    rig_start(&rig, "trust: {lease: required}\n" SITES);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        CLEANUP_BUF struct buf out = BUF_INIT(4096);
        struct problem p = PROBLEM_INIT;
        assert_true(trust_lease_grant(rig.trust, &bad[i], &out, &p) < 0);
        assert_true(p.code[0] && p.cause[0] && p.next[0]);
    }
    struct problem p = PROBLEM_INIT;
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    assert_int_equal(rig_records(&rig, "lease", NULL), 0);
    grant(&rig, LEASE_LONGEST_S, 0, NULL, NULL);
    rig_stop(&rig);
}

/* ---- several processes */

#define TRIES 40

static int child(const struct rig *parent, const char *yaml, const int *go)
{
    struct rig rig = *parent;
    char byte;
    int won = 0;

    rig_again(&rig, yaml);
    if (read(go[0], &byte, 1) < 0)
        _exit(255);
    for (int i = 0; i < TRIES; i++) {
        struct problem p;
        won += execute(&rig, STOP, &p) == 0;
    }
    _exit(won);
}

static void race(const char *yaml, uint32_t changes, size_t most)
{
    struct rig rig;
    pid_t pids[3];
    int go[2], sum = 0;

    rig_start(&rig, yaml);
    struct problem p = PROBLEM_INIT;
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    if (changes)
        grant(&rig, 600, changes, NULL, NULL);
    rig_close(&rig);
    assert_int_equal(pipe(go), 0);
    for (size_t i = 0; i < 3; i++) {
        pids[i] = fork();
        assert_true(pids[i] >= 0);
        if (pids[i] == 0) {
            close(go[1]);
            child(&rig, yaml, go);
        }
    }
    close(go[0]), close(go[1]); /* all at once */
    for (size_t i = 0; i < 3; i++) {
        int status = 0;
        assert_int_equal(waitpid(pids[i], &status, 0), pids[i]);
        assert_true(WIFEXITED(status));
        sum += WEXITSTATUS(status);
    }
    assert_int_equal(sum, most);
    rig_again(&rig, yaml);
    assert_int_equal(trust_ready(rig.trust, &p), 0);
    assert_int_equal(rig_records(&rig, "executing", NULL), most);
    rig_stop(&rig);
}

/* The N+1st is refused, whoever asks. */
static void test_race(void **context)
{
    (void)context;
    for (int i = 0; i < 3; i++) {
        race("limits: {changes_per_hour: 13}\n", 0, 13);
        race("limits: {class_per_hour: {'guest.*': 5}}\n", 0, 5);
        race("trust: {lease: required}\n", 7, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rate),       cmocka_unit_test(test_lowered), cmocka_unit_test(test_classes),
        cmocka_unit_test(test_clock_back), cmocka_unit_test(test_lease),   cmocka_unit_test(test_lease_clock),
        cmocka_unit_test(test_lease_bad),  cmocka_unit_test(test_race),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
