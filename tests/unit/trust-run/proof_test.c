/* SPDX-License-Identifier: Apache-2.0 */
/* The receipt in the facts of an outcome, and that nothing is lost where it cannot be made. */
#include "bench.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "ledger/receipt.h"
#include "plans.h"
#include "trust/apply.h"

static size_t receipt_bytes; /* how large a receipt is made; 0: none can be */

int __wrap_receipt_make(struct ledger *ledger, uint64_t seq, struct buf *out, struct problem *p);
int __wrap_receipt_make(struct ledger *ledger, uint64_t seq, struct buf *out, struct problem *p)
{
    (void)ledger;
    if (receipt_bytes == 0)
        return problem_set(p, -ENOSPC, PX_LEDGER, "a checkpoint could not be signed");
    buf_printf(out, "{\"format\":\"" RECEIPT_FORMAT "\",\"record\":\"%llu", (unsigned long long)seq);
    for (size_t i = 0; i < receipt_bytes; i++)
        buf_char(out, 'x');
    buf_str(out, "\",\"proof\":\"\"}");
    return 0;
}

static int setup(void **state)
{
    receipt_bytes = 100;
    return bench_setup(state);
}

static void stop_well(void)
{
    char text[2000];

    snprintf(text, sizeof(text), "%s,'steps':[%s],%s", bench_config, STOP_STEP, STOPPED);
    bench_plan(text);
    fake_http_script(STOP, SAY(.body = "{\"data\":\"" UPID "\"}"));
    fake_http_script("GET " TASK "/status", SAY(.body = ENDED("OK")));
    fake_http_script("GET " STATUS_NOW, SAY(.body = IS("stopped")));
    assert_string_equal(bench_run(), "ok");
}

/* A stop that went well, its outcome recorded; the facts. */
static struct json_object *record(void)
{
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER), kept = BUF_INIT(APPLY_ANSWER);
    struct json_object *object = NULL;
    struct problem p = PROBLEM_INIT;

    stop_well();
    assert_int_equal(outcome_record(&bench.trust, &bench.plan, &bench.result, false, &facts, &p), 0);
    assert_int_equal(json_parse(facts.data, facts.len, &object, &p), 0);
    /* the same is kept for proximo_status */
    assert_int_equal(outcome_load(&bench.trust, bench.plan.id, &kept), 0);
    assert_string_equal(kept.data, facts.data);
    return object;
}

static const char *text_of(struct json_object *object, const char *name)
{
    const char *text = "";

    (void)json_get_string(object, name, &text, NULL);
    return text;
}

static void in_the_facts(void **state)
{
    struct json_object *proof = NULL, *facts = record();

    (void)state;
    assert_string_equal(text_of(facts, "outcome"), "ok");
    assert_int_equal(json_get(facts, "proof", json_type_object, &proof), 0);
    assert_string_equal(text_of(proof, "format"), RECEIPT_FORMAT);
    assert_int_equal(strncmp(text_of(proof, "record"), "7xx", 3), 0);
    assert_string_equal(text_of(facts, "proof_missing"), "");
    assert_int_equal(strncmp(text_of(facts, "receipt"), "r7-", 3), 0);
    json_object_put(facts);
}

static void cannot_be_made(void **state)
{
    (void)state;
    receipt_bytes = 0;
    struct json_object *facts = record();
    assert_string_equal(text_of(facts, "outcome"), "ok");
    assert_int_equal(strncmp(text_of(facts, "receipt"), "r7-", 3), 0);
    assert_string_equal(text_of(facts, "proof_missing"), "a checkpoint could not be signed");
    assert_false(json_object_object_get_ex(facts, "proof", NULL));
    json_object_put(facts);
}

static void too_large(void **state)
{
    (void)state;
    receipt_bytes = 20000;
    struct json_object *facts = record();
    assert_string_equal(text_of(facts, "outcome"), "ok");
    assert_non_null(strstr(text_of(facts, "proof_missing"), "proximo audit prove 7"));
    assert_false(json_object_object_get_ex(facts, "proof", NULL));
    json_object_put(facts);
}

/* Without a record there is nothing to prove. */
static void not_recorded(void **state)
{
    CLEANUP_BUF struct buf facts = BUF_INIT(APPLY_ANSWER);
    struct problem p = PROBLEM_INIT;

    (void)state;
    stop_well();
    ledger_error = -ENOSPC;
    assert_int_equal(outcome_record(&bench.trust, &bench.plan, &bench.result, false, &facts, &p), -ENOSPC);
    assert_non_null(strstr(facts.data, "\"not_recorded\":"));
    assert_null(strstr(facts.data, "\"proof"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(in_the_facts, setup, bench_teardown),
        cmocka_unit_test_setup_teardown(cannot_be_made, setup, bench_teardown),
        cmocka_unit_test_setup_teardown(too_large, setup, bench_teardown),
        cmocka_unit_test_setup_teardown(not_recorded, setup, bench_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
