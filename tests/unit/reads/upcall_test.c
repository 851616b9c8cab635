/* SPDX-License-Identifier: Apache-2.0 */
/* GETs of a plane from the bytes of its message to the bytes of the answer: what passes through unread, what
 * a filtered answer says, and what makes no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "config/config.h"
#include "fake_http.h"
#include "plane/upcall.h"

static struct config_site lab = {.name = (char *)"lab", .kind = CONFIG_PVE, .timeout_s = 5};
static struct config config = {.sites = &lab, .site_count = 1};
static struct sites *sites;
static char missing[1024];

static int setup(void **state)
{
    (void)state;
    fake_http_reset();
    *missing = '\0';
    return sites_new(&config, &sites);
}

static int teardown(void **state)
{
    (void)state;
    sites_free(sites);
    return 0;
}

static void on_missing(void *arg, const char *path, const char *privilege, bool known)
{
    size_t len = strlen(missing);
    (void)arg;
    (void)snprintf(missing + len, sizeof(missing) - len, "%s%s %s;", known ? "" : "?", privilege, path);
}

struct answer {
    uint32_t status;
    uint64_t flags;
    char data[512], message[512];
};

/* One GET with one field and one need; returns the code. */
static int32_t ask(const char *path, uint64_t flags, const char *need, const char *privilege,
                   struct answer *ret)
{
    const struct plane_call request = {
        .site = sites_at(sites, 0), .deadline_ms = clock_ms() + 5000, .missing = on_missing};
    struct planes planes = {.lock = PTHREAD_MUTEX_INITIALIZER};
    struct call call = {.request = &request, .state = CALL_RUNNING};
    struct problem p = PROBLEM_INIT;
    struct buf in = BUF_INIT(4096), out = BUF_INIT(65536);
    size_t len;

    body_put_u32(&in, 0);
    body_put_u32(&in, 1);
    body_put_u64(&in, flags);
    body_put_cstr(&in, path);
    body_put_cstr(&in, ""); /* of the call's own site */
    body_put_u32(&in, 1);
    body_put_cstr(&in, "node");
    body_put_cstr(&in, "pve1");
    body_put_u32(&in, need != NULL);
    if (need) {
        body_put_cstr(&in, need);
        body_put_cstr(&in, privilege);
    }
    struct body body = {in.data, in.len, false};
    int32_t code = upcall_get(&planes, &call, &body, &out, &p);
    if (code == 0) {
        struct body answer = {out.data, out.len, false};
        assert_int_equal(body_u32(&answer), 1);
        ret->status = body_u32(&answer);
        ret->flags = body_u64(&answer);
        const char *text = body_text(&answer, &len);
        (void)snprintf(ret->data, sizeof(ret->data), "%.*s", (int)len, text);
        text = body_text(&answer, &len);
        (void)snprintf(ret->message, sizeof(ret->message), "%.*s", (int)len, text);
        assert_true(body_end(&answer));
    } else {
        assert_true(*p.code && *p.cause);
    }
    buf_done(&in);
    buf_done(&out);
    return code;
}

static void data_passes_through(void **state)
{
    static const struct {
        const char *body, *data;
    } cases[] = {
        {"{\"data\":[1, 2.50 ,\"a\\/b\",{\"data\":3}],\"total\":9}", "[1, 2.50 ,\"a\\/b\",{\"data\":3}]"},
        {" { \"other\" : {\"data\":1} , \"data\" : 1.50 } ", "1.50"},
        {"{\"data\":\"x}\\\"]\"}", "\"x}\\\"]\""},
        {"{\"data\":null}", ""},
        {"{}", ""},
    };
    struct answer a = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        fake_http_answer("/nodes/pve1/x", 200, cases[i].body);
        assert_int_equal(ask("/nodes/{node}/x", 0, NULL, NULL, &a), 0);
        assert_int_equal(a.status, 200);
        assert_string_equal(a.data, cases[i].data);
        assert_string_equal(a.message, "");
    }
    fake_http_answer("/nodes/pve1/x", 200, "{\"data\":[1,]}");
    assert_int_equal(ask("/nodes/{node}/x", 0, NULL, NULL, &a), PROXIMO_EPROTO);
}

static void errors_are_seen_when_tolerated(void **state)
{
    struct answer a = {0};

    (void)state;
    fake_http_answer("/nodes/pve1/x", 500, "{\"data\":null,\"message\":\"no such\\n\\u001b[31m thing\"}");
    assert_int_equal(ask("/nodes/{node}/x", 0, NULL, NULL, &a), PROXIMO_ENOTFOUND);
    assert_int_equal(ask("/nodes/{node}/x", PROXIMO_GET_TOLERATE, NULL, NULL, &a), 0);
    assert_int_equal(a.status, 500);
    assert_non_null(strstr(a.message, "no such"));
    assert_null(strchr(a.message, 0x1b));
    fake_http_answer("/nodes/pve1/x", 596, "not JSON");
    assert_int_equal(ask("/nodes/{node}/x", PROXIMO_GET_TOLERATE, NULL, NULL, &a), 0);
    assert_int_equal(a.status, 596);
    assert_string_equal(a.data, "");
}

static void a_filtered_answer_says_so(void **state)
{
    struct answer a = {0};

    (void)state;
    fake_http_answer("/nodes/pve1/x", 200, "{\"data\":[]}");
    fake_http_answer("/access/permissions?path=/vms", 200,
                     "{\"data\":{\"/vms\":{\"VM.Audit\":0,\"VM.Console\":1}}}");
    fake_http_answer("/access/permissions?path=/nodes/pve1", 200,
                     "{\"data\":{\"/nodes/pve1\":{\"Sys.Audit\":0}}}");
    /* Held on /vms and not handed down: what is below it is not seen. */
    assert_int_equal(ask("/nodes/{node}/x", 0, "/vms", "VM.Audit", &a), 0);
    assert_int_equal(a.flags, PROXIMO_ANSWER_INCOMPLETE);
    assert_string_equal(a.message, "not held: VM.Audit on /vms");
    assert_string_equal(missing, "VM.Audit /vms;");
    *missing = '\0';
    assert_int_equal(ask("/nodes/{node}/x", 0, "/vms", "VM.Console", &a), 0);
    assert_int_equal(ask("/nodes/{node}/x", 0, "/nodes/{node}", "Sys.Audit", &a), 0);
    assert_int_equal(a.flags, 0);
    assert_string_equal(missing, "");
    fake_http_answer("/access/permissions?path=/pool", 500, "");
    assert_int_equal(ask("/nodes/{node}/x", 0, "/pool", "Pool.Audit", &a), 0);
    assert_string_equal(a.message, "not known: Pool.Audit on /pool");
    assert_string_equal(missing, "?Pool.Audit /pool;");
}

static void nonsense_is_refused(void **state)
{
    struct answer a = {0};

    (void)state;
    assert_int_equal(ask("/nodes/{node}/\xff", 0, NULL, NULL, &a), PROXIMO_EINVAL);
    assert_int_equal(ask("/nodes/{node}/x", 0, "/vms\xff", "VM.Audit", &a), PROXIMO_EINVAL);
    assert_int_equal(ask("/nodes/{host}/x", 0, NULL, NULL, &a), PROXIMO_EINVAL);
    assert_int_equal(fake_http_count(), 0);
}

/* "/{x?}" at a need's end: with its value, or without the slash. */
static void a_need_may_end_early(void **state)
{
    struct answer a = {0};

    (void)state;
    fake_http_answer("/nodes/pve1/x", 200, "{\"data\":[]}");
    fake_http_answer("/access/permissions?path=/nodes/pve1", 200, "{\"data\":{\"/nodes/pve1\":{}}}");
    fake_http_answer("/access/permissions?path=/pool", 200, "{\"data\":{\"/pool\":{\"Pool.Audit\":1}}}");
    assert_int_equal(ask("/nodes/{node}/x", 0, "/nodes/{node?}", "Sys.Audit", &a), 0);
    assert_string_equal(missing, "Sys.Audit /nodes/pve1;");
    *missing = '\0';
    assert_int_equal(ask("/nodes/{node}/x", 0, "/pool/{poolid?}", "Pool.Audit", &a), 0);
    assert_string_equal(missing, "");
    assert_int_equal(a.flags & PROXIMO_ANSWER_INCOMPLETE, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(data_passes_through, setup, teardown),
        cmocka_unit_test_setup_teardown(errors_are_seen_when_tolerated, setup, teardown),
        cmocka_unit_test_setup_teardown(a_filtered_answer_says_so, setup, teardown),
        cmocka_unit_test_setup_teardown(a_need_may_end_early, setup, teardown),
        cmocka_unit_test_setup_teardown(nonsense_is_refused, setup, teardown),
    };
    return cmocka_run_group_tests_name("upcall", tests, NULL, NULL);
}
