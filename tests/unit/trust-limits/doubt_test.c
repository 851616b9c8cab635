/* SPDX-License-Identifier: Apache-2.0 */
/* Executions in doubt: all of them are looked at, however many; listed with evidence; closed by a verdict,
 * and only when nobody runs them. */
#include "rig.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "trust/apply.h"
#include "trust/build.h"
#include "trust/trust.h"

#define MANY 300 /* more than are looked at in one go */

/* A plan in `executing`, as a server that died has left it. */
static void leave(struct rig *rig, unsigned number, char ret_id[PLAN_ID_SIZE], const char *journal)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(8192);
    struct problem p = PROBLEM_INIT;
    char sha256[65], path[200];

    buf_printf(
        &bytes,
        "{\"format\":\"proximo-plan-1\",\"nonce\":\"%032u\",\"created\":1800000000,\"expires\":1800000600,"
        "\"site\":\"gone\",\"principal\":\"uid:0 a\",\"config\":\"c\",\"tool\":\"pve_guest_power\","
        "\"action\":\"guest.stop\",\"subject\":\"guest/105\",\"subjects\":[],\"risk\":{\"level\":1},"
        "\"consent\":\"plan\",\"steps\":[{\"name\":\"stop\",\"kind\":\"request\",\"method\":\"POST\","
        "\"path\":\"/nodes/pve1/lxc/105/status/stop\"},{\"name\":\"then\",\"kind\":\"wait\"}]}",
        number);
    assert_int_equal(trust_ready(rig->trust, &p), 0);
    assert_int_equal(canonical_id(rig->trust, bytes.data, bytes.len, ret_id, sha256), 0);
    (void)snprintf(path, sizeof(path), "%s/plans/executing", rig->state);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof(path), "%s/plans/executing/%s.json", rig->state, ret_id);
    assert_int_equal(file_write_atomic(path, bytes.data, bytes.len, 0600), 0);
    (void)snprintf(path, sizeof(path), "%s/plans/executing/%s.journal", rig->state, ret_id);
    if (journal)
        assert_int_equal(file_write_atomic(path, journal, strlen(journal), 0600), 0);
}

static void test_all(void **context)
{
    struct rig rig;
    char id[PLAN_ID_SIZE];

    (void)context;
    rig_start(&rig, "");
    for (unsigned i = 0; i < MANY; i++)
        leave(&rig, i, id, NULL);
    doubt_resolve_all(rig.trust, NULL);
    assert_int_equal(rig_records(&rig, "in-doubt", NULL), MANY);
    doubt_resolve_all(rig.trust, NULL); /* and is not said a second time */
    assert_int_equal(rig_records(&rig, "in-doubt", NULL), MANY);
    rig_stop(&rig);
}

static void close_fails(struct rig *rig, const char *id, const char *verdict, const char *reason,
                        const char *code, int error)
{
    struct problem p = PROBLEM_INIT;

    const int r = trust_doubt_close(rig->trust, id, verdict, reason, &p);
    if (strcmp(p.code, code) != 0)
        print_error("%s: %s\n", p.code, p.cause);
    assert_int_equal(r, error);
    assert_string_equal(p.code, code);
    assert_true(p.next[0]);
}

static void test_close(void **context)
{
    static const char journal[] = "{\"step\":0,\"event\":\"sending\",\"time\":1800000001000000}\n"
                                  "{\"step\":0,\"event\":\"answered\",\"time\":1800000002000000,\"status\":"
                                  "200,\"upid\":\"UPID:pve1:1:\"}\n";
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    char id[PLAN_ID_SIZE], path[200];

    (void)context;
    rig_start(&rig, "");
    leave(&rig, 1, id, journal);
    doubt_resolve_all(rig.trust, NULL);
    CLEANUP_BUF struct buf list = BUF_INIT((size_t)1 << 20);
    assert_int_equal(trust_doubts(rig.trust, &list, &p), 0);
    static const char *const evidence[] = {
        "\"state\":\"in doubt\"",  "\"action\":\"guest.stop\"", "\"in_doubt_since\":", "\"why\":\"",
        "\"event\":\"answered\"",  "\"upid\":\"UPID:pve1:1:\"", "\"status\":200",      "\"time\":1800000002",
        "\"event\":\"not begun\"",
    };
    for (size_t i = 0; i < 8; i++) {
        if (!strstr(list.data, evidence[i]))
            fail_msg("%s is not in %s", evidence[i], list.data);
    }
    /* the status names it too */
    CLEANUP_BUF struct buf status = BUF_INIT((size_t)1 << 20);
    trust_put_status(rig.trust, &status);
    assert_non_null(strstr(status.data, "\"in_doubt\":[{"));
    assert_non_null(strstr(status.data, "UPID:pve1:1:"));

    close_fails(&rig, id, "maybe", "x", "PX-ARG", -EINVAL);
    close_fails(&rig, id, "applied", "", "PX-ARG", -EINVAL);
    close_fails(&rig, id, "applied", NULL, "PX-ARG", -EINVAL);
    close_fails(&rig, "0123456789abcdef0123456789abcdef", "applied", "x", "PX-PLAN", -ENOENT);
    close_fails(&rig, "../../x", "applied", "x", "PX-PLAN", -EINVAL);
    /* somebody runs it */
    (void)snprintf(path, sizeof(path), "%s/plans/executing/%s.lock", rig.state, id);
    int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    assert_int_equal(flock(fd, LOCK_EX), 0);
    close_fails(&rig, id, "applied", "x", "PX-PLAN", -EBUSY);
    buf_reset(&list);
    assert_int_equal(trust_doubts(rig.trust, &list, &p), 0);
    assert_non_null(strstr(list.data, "\"state\":\"running\""));
    close(fd);
    assert_int_equal(rig_records(&rig, "verdict", NULL), 0);

    assert_int_equal(trust_doubt_close(rig.trust, id, "not-applied", "looked\nat it", &p), 0);
    assert_int_equal(rig_records(&rig, "verdict", "\"verdict\":\"not-applied\",\"reason\":\"looked at it\""),
                     1);
    (void)snprintf(path, sizeof(path), "%s/plans/done/%s.json", rig.state, id);
    assert_int_equal(access(path, F_OK), 0);
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    assert_int_equal(outcome_load(rig.trust, id, &facts), 0);
    assert_non_null(strstr(facts.data, "\"verdict\":\"not-applied\""));
    close_fails(&rig, id, "applied", "again", "PX-PLAN", -EALREADY);
    buf_reset(&list);
    assert_int_equal(trust_doubts(rig.trust, &list, &p), 0);
    assert_string_equal(list.data, "[]");
    doubt_resolve_all(rig.trust, NULL);
    assert_int_equal(rig_records(&rig, "outcome", NULL), 0);
    rig_stop(&rig);
}

/* Killed between the verdict's record and the plan's move: the record is the truth. */
static void test_killed(void **context)
{
    struct problem p = PROBLEM_INIT;
    struct rig rig;
    char id[PLAN_ID_SIZE], body[200];

    (void)context;
    rig_start(&rig, "");
    leave(&rig, 1, id, NULL);
    const int len =
        snprintf(body, sizeof(body), "\"plan_id\":\"%s\",\"verdict\":\"applied\",\"reason\":\"x\"", id);
    assert_int_equal(ledger_append(rig.trust->ledger, LEDGER_VERDICT, body, (size_t)len, NULL, &p), 0);
    close_fails(&rig, id, "partial", "y", "PX-PLAN", -EALREADY);
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    assert_int_equal(outcome_load(rig.trust, id, &facts), 0);
    assert_non_null(strstr(facts.data, "\"verdict\":\"applied\""));
    assert_int_equal(rig_records(&rig, "verdict", NULL), 1);
    rig_stop(&rig);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all), cmocka_unit_test(test_close),
                                       cmocka_unit_test(test_killed)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
