/* SPDX-License-Identifier: Apache-2.0 */
/* The server's side of an approval: what a refusal tells people to do, what is recorded, how the file goes
 * with its plan. */
#include <errno.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "rig.h"
#include "trust/approver.h"

static struct config config; /* the rig's, with an approver's key */
static char key_path[128];
static unsigned char seed[32];

static int setup(void **state)
{
    unsigned char public[32];

    if (rig_setup(state) < 0 || rig.trust.crypto->ed25519_new(seed, public) < 0)
        return -1;
    (void)snprintf(key_path, sizeof(key_path), "%s/approver.pub", rig.folder);
    char *pem = rig.trust.crypto->ed25519_public_to_pem(public);
    const int r = pem ? file_write_atomic(key_path, pem, strlen(pem), 0644) : -1;
    free(pem);
    config = *rig.trust.config;
    config.trust.approver_key = key_path;
    rig.trust.config = &config;
    return r;
}

static struct plan *planned(void)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;

    /* the digest is not shown in this answer: not everything could be read, the risk is high */
    rig.class_gone = true;
    if (rig_plan(&set_tool, "{\"vmid\":\"100\",\"description\":\"new\"}", NULL, &plan, NULL, &p) < 0)
        fail_msg("%s: %s", p.code, p.cause);
    assert_string_equal(plan->consent, "approver");
    return plan;
}

static void sign(const struct plan *plan, struct buf *out)
{
    assert_int_equal(approval_sign(rig.trust.crypto, seed, plan, clock_wall_us() / 1000000, out, NULL), 0);
}

/* The way to an approval is told as it is where the server runs. */
static void told(void **state)
{
    struct plan *plan = planned();
    char *const file = (char *)(uintptr_t) "/home/x/proximo.yaml";
    static const struct {
        enum config_isolation isolation;
        bool file;
        const char *words;
    } rows[] = {{CONFIG_SAME_USER, false, "`proximo approve "},
                {CONFIG_SAME_USER, true, "`proximo approve --config /home/x/proximo.yaml "},
                {CONFIG_ISOLATED, false, "`proximo approve --via 'sudo -u "}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct problem p = PROBLEM_INIT;
        config.isolation = rows[i].isolation;
        config.file = rows[i].file ? file : NULL;
        assert_true(approver_consent(&rig.trust, plan, &p) < 0);
        assert_string_equal(p.code, PX_CONSENT);
        if (!strstr(p.next, rows[i].words) || !strstr(p.next, plan->id))
            fail_msg("%s", p.next);
    }
    plan_free(plan);
}

/* One is added, recorded at apply with all that is needed to verify it, and stays the only one. */
static void added(void **state)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT), other CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT);
    struct buf words CLEANUP_BUF = BUF_INIT(4096), body CLEANUP_BUF = BUF_INIT(65536);
    struct json_object *record CLEANUP_JSON = NULL;
    struct plan *plan = planned();
    struct problem p = PROBLEM_INIT;
    const char *approval = NULL, *signature = NULL;

    (void)state;
    sign(plan, &text);
    sign(plan, &other);
    const unsigned before = rig.records;
    assert_int_equal(trust_consent_add(&rig.trust, plan->id, text.data, text.len, &words, &p), 0);
    assert_int_equal(rig.records, before); /* the server records consent when it takes it */
    assert_int_equal(trust_consent_add(&rig.trust, plan->id, text.data, text.len, &words, &p), 0);
    assert_non_null(strstr(words.data, "was there already"));
    assert_true(trust_consent_add(&rig.trust, plan->id, other.data, other.len, &words, &p) < 0);
    assert_string_equal(rig.kind, "refused");
    assert_int_equal(approver_consent(&rig.trust, plan, &p), 1);
    assert_string_equal(rig.kind, "consent");
    buf_printf(&body, "{%s}", rig.record.data);
    assert_int_equal(json_parse(body.data, body.len, &record, NULL), 0);
    assert_int_equal(json_get_string(record, "approval", &approval, NULL), 0);
    assert_int_equal(json_get_string(record, "signature", &signature, NULL), 0);
    buf_reset(&body);
    buf_printf(&body, "%ssignature: %s\n", approval, signature);
    assert_string_equal(body.data, text.data);
    /* without the record nothing is consented */
    rig.ledger_dead = true;
    assert_true(approver_consent(&rig.trust, plan, &p) < 0);
    plan_free(plan);
}

/* A bad one gives way, and that is said. */
static void replaced(void **state)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT), words CLEANUP_BUF = BUF_INIT(4096);
    struct plan *plan = planned();
    struct problem p = PROBLEM_INIT;
    char *path = store_path(&rig.trust, plan->id, PLAN_WAITING, "approval");

    (void)state;
    assert_int_equal(file_write_atomic(path, "nonsense", 8, 0600), 0);
    sign(plan, &text);
    assert_int_equal(trust_consent_add(&rig.trust, plan->id, text.data, text.len, &words, &p), 0);
    assert_non_null(strstr(words.data, "is replaced: this is not an approval"));
    assert_int_equal(approver_consent(&rig.trust, plan, &p), 1);
    free(path);
    plan_free(plan);
}

/* Larger than any approval; for a plan that needs none; without a key to verify it. */
static void not_taken(void **state)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT), words CLEANUP_BUF = BUF_INIT(4096);
    struct plan *plan = planned(), *low = NULL;
    struct problem p = PROBLEM_INIT;

    (void)state;
    sign(plan, &text);
    assert_int_equal(trust_consent_add(&rig.trust, plan->id, "", APPROVAL_LIMIT + 1, &words, &p), -EFBIG);
    assert_string_equal(rig.kind, "refused");
    config.trust.approver_key = NULL;
    assert_true(trust_consent_add(&rig.trust, plan->id, text.data, text.len, &words, &p) < 0);
    assert_string_equal(p.code, PX_CONFIG);
    config.trust.approver_key = key_path;
    rig.class_gone = false;
    assert_int_equal(
        rig_plan(&set_tool, "{\"vmid\":\"100\",\"description\":\"other\"}", NULL, &low, NULL, &p), 0);
    assert_string_equal(low->consent, "plan");
    buf_reset(&text);
    sign(low, &text);
    assert_true(trust_consent_add(&rig.trust, low->id, text.data, text.len, &words, &p) < 0);
    assert_non_null(strstr(p.cause, "needs no approver's signature"));
    assert_int_equal(words.len, 0);
    plan_free(low);
    plan_free(plan);
}

static bool is_there(const struct plan *plan, enum plan_state state)
{
    char *path = store_path(&rig.trust, plan->id, state, "approval");
    const bool there = access(path, F_OK) == 0;

    free(path);
    return there;
}

/* It moves with its plan, there and back, and is pruned with it. */
static void moves(void **state)
{
    struct buf text CLEANUP_BUF = BUF_INIT(APPROVAL_LIMIT), bytes CLEANUP_BUF = BUF_INIT(PLAN_LIMIT);
    struct buf words CLEANUP_BUF = BUF_INIT(4096);
    struct plan *plan = planned(), *old = NULL;
    struct problem p = PROBLEM_INIT;
    char id[PLAN_ID_SIZE], sha256[65];

    (void)state;
    sign(plan, &text);
    assert_int_equal(trust_consent_add(&rig.trust, plan->id, text.data, text.len, &words, &p), 0);
    assert_int_equal(store_move(&rig.trust, plan->id, PLAN_WAITING, PLAN_EXECUTING, &p), 0);
    assert_true(is_there(plan, PLAN_EXECUTING) && !is_there(plan, PLAN_WAITING));
    assert_true(trust_consent_add(&rig.trust, plan->id, text.data, text.len, &words, &p) < 0);
    assert_string_equal(p.code, PX_PLAN);
    assert_int_equal(store_move(&rig.trust, plan->id, PLAN_EXECUTING, PLAN_WAITING, &p), 0);
    assert_int_equal(approver_consent(&rig.trust, plan, &p), 1);
    /* the same plan with an end that is past */
    json_object_object_add(plan->root, "expires", json_object_new_int64(1000));
    canonical_put(&bytes, plan->root);
    assert_int_equal(canonical_id(&rig.trust, bytes.data, bytes.len, id, sha256), 0);
    assert_int_equal(plan_parse(&rig.trust, id, bytes.data, bytes.len, &old, &p), 0);
    assert_int_equal(store_save(&rig.trust, old, &p), 0);
    char *path = store_path(&rig.trust, old->id, PLAN_WAITING, "approval");
    assert_int_equal(file_write_atomic(path, text.data, text.len, 0600), 0);
    free(path);
    store_prune(&rig.trust);
    assert_string_equal(rig.kind, "pruned");
    assert_false(is_there(old, PLAN_WAITING));
    assert_true(is_there(plan, PLAN_WAITING));
    plan_free(old);
    plan_free(plan);
}

/* Bytes from the far side are read without the server's key, and checked for what they are. */
static void read_unkeyed(void **state)
{
    struct plan *plan = planned(), *again = NULL;
    struct problem p = PROBLEM_INIT;

    (void)state;
    assert_int_equal(plan_read(rig.trust.crypto, plan->id, plan->bytes, plan->len, &again, &p), 0);
    assert_string_equal(again->sha256, plan->sha256);
    assert_string_equal(again->subject, plan->subject);
    plan_free(again);
    plan->bytes[plan->len / 2] ^= 1;
    if (plan_read(rig.trust.crypto, plan->id, plan->bytes, plan->len, &again, &p) == 0) {
        assert_string_not_equal(again->sha256, plan->sha256);
        plan_free(again);
    }
    assert_true(plan_read(rig.trust.crypto, "../x", plan->bytes, plan->len, &again, &p) < 0);
    assert_true(plan_read(rig.trust.crypto, plan->id, "", 0, &again, &p) < 0);
    assert_true(plan_read(rig.trust.crypto, plan->id, "{}", 2, &again, &p) < 0);
    assert_true(plan_read(rig.trust.crypto, plan->id, "[]", 2, &again, &p) < 0);
    plan_free(plan);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, rig_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(told),      TEST(added), TEST(replaced),
                                       TEST(not_taken), TEST(moves), TEST(read_unkeyed)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
