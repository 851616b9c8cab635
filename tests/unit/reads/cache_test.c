/* SPDX-License-Identifier: Apache-2.0 */
/* The reads of one plan: asked once, however many want them, and an error is an answer as well. */
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "config/config.h"
#include "fake_http.h"
#include "plane/read_cache.h"
#include "plane/upcall.h"

static struct config_site lab = {.name = (char *)"lab", .kind = CONFIG_PVE, .timeout_s = 5};
static struct config config = {.sites = &lab, .site_count = 1};
static struct sites *sites;
static struct read_cache *cache;
static struct site_call call;

static int setup(void **state)
{
    (void)state;
    fake_http_reset();
    call = (struct site_call){.deadline_ms = clock_ms() + 10000};
    return sites_new(&config, &sites) < 0 ? -1 : read_cache_new(sites_at(sites, 0), &cache);
}

static int teardown(void **state)
{
    (void)state;
    read_cache_free(cache);
    sites_free(sites);
    return 0;
}

static void the_very_bytes(void **state)
{
    const struct http_field full = {"full", "1", 1}, other = {"full", "2", 1};
    struct cached_answer a, b;
    struct problem p = PROBLEM_INIT;

    (void)state;
    fake_http_answer("/x", 200, "{ \"data\" : { \"b\":1.50,\"a\" : 2 } ,\"total\":1}");
    assert_int_equal(read_cache_get(cache, &call, "/x", NULL, 0, &a, &p), 0);
    assert_int_equal(a.status, 200);
    assert_int_equal(a.data_len, strlen("{ \"b\":1.50,\"a\" : 2 }"));
    assert_memory_equal(a.data, "{ \"b\":1.50,\"a\" : 2 }", a.data_len);
    assert_null(a.problem);
    fake_http_answer("/x", 200, "{\"data\":{\"b\":9}}"); /* it has changed: this plan does not see it */
    assert_int_equal(read_cache_get(cache, &call, "/x", NULL, 0, &b, &p), 0);
    assert_ptr_equal(a.data, b.data);
    assert_int_equal(fake_http_count(), 1);
    /* Another query is another request. */
    assert_int_equal(read_cache_get(cache, &call, "/x", &full, 1, &b, &p), 0);
    assert_int_equal(read_cache_get(cache, &call, "/x", &other, 1, &b, &p), 0);
    assert_int_equal(read_cache_get(cache, &call, "/x", &full, 1, &b, &p), 0);
    assert_int_equal(fake_http_count(), 3);
    read_cache_clear(cache);
    assert_int_equal(read_cache_get(cache, &call, "/x", NULL, 0, &b, &p), 0);
    assert_memory_equal(b.data, "{\"b\":9}", 7);
    assert_int_equal(fake_http_count(), 4);
}

static void errors_are_answers(void **state)
{
    struct cached_answer a, b;
    struct problem p = PROBLEM_INIT;

    (void)state;
    fake_http_answer("/gone", 500, "{\"data\":null,\"message\":\"CT 105 does not exist\"}");
    assert_int_equal(read_cache_get(cache, &call, "/gone", NULL, 0, &a, &p), 0);
    assert_int_equal(a.status, 500);
    assert_non_null(a.problem);
    assert_non_null(strstr(a.problem->cause, "CT 105 does not exist"));
    fake_http_answer("/gone", 200, "{\"data\":{}}");
    assert_int_equal(read_cache_get(cache, &call, "/gone", NULL, 0, &b, &p), 0);
    assert_int_equal(b.status, 500);
    assert_ptr_equal(a.problem, b.problem);
    assert_int_equal(fake_http_count(), 1);
    /* What is no JSON is no answer, and that is kept too. */
    fake_http_answer("/odd", 200, "<html>");
    assert_int_equal(read_cache_get(cache, &call, "/odd", NULL, 0, &a, &p), 0);
    assert_int_equal(a.status, 0);
    assert_string_equal(a.problem->code, PX_BAD_ANSWER);
    assert_int_equal(read_cache_get(cache, &call, "/odd", NULL, 0, &a, &p), 0);
    assert_int_equal(fake_http_count(), 2);
}

struct asker {
    pthread_t thread;
    struct cached_answer answer;
    int result;
};

static void *ask_main(void *arg)
{
    struct asker *asker = arg;
    struct problem p = PROBLEM_INIT;

    asker->result = read_cache_get(cache, &call, "/slow", NULL, 0, &asker->answer, &p);
    return NULL;
}

static void two_share_one_request(void **state)
{
    struct asker askers[8];

    (void)state;
    fake_http_answer("/slow", 200, "{\"data\":[1,2]}");
    fake_http_delay_ms(150);
    for (size_t i = 0; i < 8; i++)
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask_main, &askers[i]), 0);
    for (size_t i = 0; i < 8; i++) {
        assert_int_equal(pthread_join(askers[i].thread, NULL), 0);
        assert_int_equal(askers[i].result, 0);
        assert_ptr_equal(askers[i].answer.data, askers[0].answer.data);
    }
    assert_int_equal(fake_http_count_of("/slow"), 1);
}

/* What a caller itself ended is not the site's answer: the others get theirs. */
static void the_callers_end_is_not_kept(void **state)
{
    const struct timespec moment = {.tv_nsec = 50000000};
    struct site_call mine = {.deadline_ms = clock_ms() + 10000, .cancel = cancel_new()};
    struct cached_answer a;
    struct asker leader;
    struct problem p = PROBLEM_INIT;

    (void)state;
    fake_http_answer("/slow", 200, "{\"data\":1}");
    fake_http_delay_ms(300);
    assert_int_equal(pthread_create(&leader.thread, NULL, ask_main, &leader), 0);
    (void)nanosleep(&moment, NULL);
    cancel_set(mine.cancel);
    assert_true(read_cache_get(cache, &mine, "/slow", NULL, 0, &a, &p) < 0);
    assert_string_equal(p.code, PX_CANCELLED);
    cancel_unref(mine.cancel);
    mine = (struct site_call){.deadline_ms = clock_ms() + 20};
    assert_true(read_cache_get(cache, &mine, "/slow", NULL, 0, &a, &p) < 0);
    assert_string_equal(p.code, PX_TIMEOUT);
    assert_int_equal(pthread_join(leader.thread, NULL), 0);
    assert_int_equal(leader.result, 0);
    assert_int_equal(read_cache_get(cache, &call, "/slow", NULL, 0, &a, &p), 0);
    assert_int_equal(a.status, 200);
    assert_int_equal(fake_http_count(), 1);
}

/* A plane's GET in a plan: through the cache, its code and words as without. */
static int32_t plane_get_of(const char *site, const char *path, uint64_t flags, uint32_t *ret_status,
                            char data[64], char words[64])
{
    const struct plane_call request = {.kind = PLANE_CALL_PLAN,
                                       .site = sites_at(sites, 0),
                                       .cache = cache,
                                       .deadline_ms = clock_ms() + 5000};
    struct planes planes = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct call plane_call = {.request = &request, .state = CALL_RUNNING};
    struct problem p = PROBLEM_INIT;
    struct buf in = BUF_INIT(4096), out = BUF_INIT(65536);
    size_t len;

    body_put_u32(&in, 0);
    body_put_u32(&in, 1);
    body_put_u64(&in, flags);
    body_put_cstr(&in, path);
    body_put_cstr(&in, site);
    body_put_u32(&in, 0);
    body_put_u32(&in, 0);
    struct body body = {in.data, in.len, false};
    int32_t code = upcall_get(&planes, &plane_call, &body, &out, &p);
    if (code == 0) {
        struct body answer = {out.data, out.len, false};
        assert_int_equal(body_u32(&answer), 1);
        *ret_status = body_u32(&answer);
        (void)body_u64(&answer);
        const char *text = body_text(&answer, &len);
        (void)snprintf(data, 64, "%.*s", (int)len, text);
        text = body_text(&answer, &len);
        (void)snprintf(words, 64, "%.*s", (int)len, text);
    } else {
        (void)snprintf(words, 64, "%s", p.code);
    }
    buf_done(&in);
    buf_done(&out);
    return code;
}

static int32_t plane_get(const char *path, uint64_t flags, uint32_t *ret_status, char data[64],
                         char words[64])
{
    return plane_get_of("", path, flags, ret_status, data, words);
}

static void planes_read_through_it(void **state)
{
    struct cached_answer a;
    struct problem p = PROBLEM_INIT;
    char data[64], words[64];
    uint32_t status = 0;

    (void)state;
    fake_http_answer("/nodes", 200, "{\"data\":[ 1 ]}");
    fake_http_answer("/gone", 500, "{\"data\":null,\"message\":\"CT 105 does not exist\"}");
    fake_http_answer("/odd", 200, "<html>");
    assert_int_equal(read_cache_get(cache, &call, "/nodes", NULL, 0, &a, &p), 0);
    assert_int_equal(plane_get("/nodes", 0, &status, data, words), 0);
    assert_int_equal(status, 200);
    assert_string_equal(data, "[ 1 ]");
    assert_int_equal(fake_http_count_of("/nodes"), 1);
    assert_int_equal(plane_get("/gone", 0, &status, data, words), PROXIMO_ENOTFOUND);
    assert_int_equal(plane_get("/gone", PROXIMO_GET_TOLERATE, &status, data, words), 0);
    assert_int_equal(status, 500);
    assert_string_equal(data, "");
    assert_non_null(strstr(words, "does not exist"));
    assert_int_equal(fake_http_count_of("/gone"), 1);
    assert_int_equal(plane_get("/odd", PROXIMO_GET_TOLERATE, &status, data, words), PROXIMO_EPROTO);
    assert_string_equal(words, PX_BAD_ANSWER);
    assert_int_equal(fake_http_count_of("/odd"), 1);
    /* A plan is of one site. */
    assert_int_equal(plane_get_of("other", "/nodes", 0, &status, data, words), PROXIMO_EINVAL);
    assert_string_equal(words, PX_PLANE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_very_bytes, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_answers, setup, teardown),
        cmocka_unit_test_setup_teardown(the_callers_end_is_not_kept, setup, teardown),
        cmocka_unit_test_setup_teardown(two_share_one_request, setup, teardown),
        cmocka_unit_test_setup_teardown(planes_read_through_it, setup, teardown),
    };
    return cmocka_run_group_tests_name("read-cache", tests, NULL, NULL);
}
