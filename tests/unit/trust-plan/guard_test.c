/* SPDX-License-Identifier: Apache-2.0 */
/* Guards: values, absent and masked ones, and the difference field by field. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "rig.h"

static struct json_object *taken(const char *text)
{
    CLEANUP_JSON struct json_object *guard = NULL;
    struct json_object *value = NULL;
    struct read_cache *cache = NULL;
    struct problem p = PROBLEM_INIT;
    const struct site_call call = {.deadline_ms = clock_ms() + 5000};
    assert_int_equal(json_parse(text, strlen(text), &guard, &p), 0);
    assert_int_equal(read_cache_new(rig.site, &cache), 0);
    if (guard_take(guard, cache, &call, &value, &p) < 0)
        value = NULL;
    read_cache_free(cache);
    return value;
}

static void takes(const char *guard, const char *expected)
{
    CLEANUP_JSON struct json_object *value = taken(guard);
    assert_non_null(value);
    assert_string_equal(
        json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE),
        expected);
}

/* design 2: "Guards and drift. A guard is the very bytes" */
static void values(void **state)
{
    (void)state;
    fake_http_answer("/a", 200,
                     "{\"data\":{\"z\":1,\"list\":[3,1,2],\"f\":0.10,\"uptime\":5,\"password\":\"open\","
                     "\"cipassword\":\"****\"}}");
    takes("{\"path\":\"/a\",\"fields\":[\"/z\",\"/list\",\"/f\",\"/none\",\"/password\",\"/cipassword\"]}",
          "{\"status\":200,\"value\":{\"/z\":1,\"/list\":[1,2,3],\"/f\":\"0.10\",\"/none\":{\"absent\":true},"
          "\"/password\":{\"secret\":true},\"/cipassword\":\"****\"}}");
    takes("{\"path\":\"/a\"}", "{\"status\":200,\"value\":{\"\":{\"cipassword\":\"****\",\"f\":\"0.10\","
                               "\"list\":[1,2,3],\"password\":{\"secret\":true},\"z\":1}}}");
    fake_http_answer("/gone", 500, "{\"message\":\"no such thing\",\"data\":null}");
    takes("{\"path\":\"/gone\",\"tolerate\":true}", "{\"status\":500,\"value\":{}}");
    fake_http_answer("/secret", 403, "{\"data\":null}");
    assert_null(taken("{\"path\":\"/secret\"}"));
}

/* design 2: "Apply re-reads every guard and refuses" */
static void drift(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf diff = BUF_INIT(10000);
    struct plan *plan = NULL;
    struct json_object *now = NULL;
    struct read_cache *cache = NULL;
    struct problem p = PROBLEM_INIT;
    const struct site_call call = {.deadline_ms = clock_ms() + 5000};
    bool same = false;
    assert_int_equal(rig_plan(&set_tool, "{\"vmid\":\"100\",\"description\":\"new\"}", NULL, &plan, NULL, &p),
                     0);
    assert_int_equal(read_cache_new(rig.site, &cache), 0);
    assert_int_equal(guard_read(plan, 1, cache, &call, &now, &p), 0);
    assert_int_equal(guard_compare(plan, 1, now, &diff, &same, &p), 0);
    assert_true(same);
    assert_int_equal(diff.len, 0);
    json_object_put(now);
    read_cache_clear(cache);
    fake_http_answer(QEMU "/config", 200, "{\"data\":{\"digest\":\"abd\",\"tags\":\"b;a\"}}");
    assert_int_equal(guard_read(plan, 1, cache, &call, &now, &p), 0);
    assert_int_equal(guard_compare(plan, 1, now, &diff, &same, &p), 0);
    assert_false(same);
    assert_string_equal(diff.data,
                        "{\"guard\":\"" QEMU "/config\",\"field\":\"/description\",\"planned\":\"old\","
                        "\"now\":{\"absent\":true}}");
    json_object_put(now);
    read_cache_free(cache);
    plan_free(plan);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, rig_setup, rig_teardown)
int main(void)
{
    const struct CMUnitTest tests[] = {TEST(values), TEST(drift)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
