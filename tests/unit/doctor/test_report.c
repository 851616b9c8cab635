/* SPDX-License-Identifier: Apache-2.0 */
/* The report as JSON within a size: what is wrong stays, what is good goes first. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/problem.h"
#include "doctor/doctor.h"

static void fill(struct doctor *d)
{
    struct problem p = PROBLEM_INIT;
    char long_text[3000];

    memset(long_text, 'x', sizeof(long_text));
    long_text[sizeof(long_text) - 1] = '\0';
    *d = (struct doctor){.sections = json_object_new_array()};
    doctor_section(d, "first");
    for (int i = 0; i < 20; i++)
        doctor_add(d, DOCTOR_OK, NULL, "good %d", i);
    doctor_fact(doctor_add(d, DOCTOR_NOTE, "do this", "noted\x1b[31m"), "fact", long_text);
    doctor_section(d, "second");
    (void)problem_set(&p, -1, PX_CONNECT, "nobody answers");
    doctor_add_problem(d, "there", &p);
}

static struct json_object *json_of(struct doctor *d, size_t most, struct buf *out)
{
    struct json_object *report = NULL;

    buf_reset(out);
    doctor_json(d, most, out);
    assert_int_equal(json_parse(out->data, out->len, &report, NULL), 0);
    return report;
}

static void cut_to_size(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(1 << 20);
    struct doctor d;
    int64_t left = 0;

    (void)state;
    fill(&d);
    assert_int_equal(d.problems, 1);
    struct json_object *report = json_of(&d, 1 << 20, &out);
    assert_non_null(strstr(out.data, "good 19"));
    assert_int_equal(json_get_int(report, "ok_left_out", &left), -ENOENT);
    json_object_put(report);

    report = json_of(&d, 3500, &out);
    assert_true(out.len <= 3500);
    assert_int_equal(json_get_int(report, "ok_left_out", &left), 0);
    assert_int_equal(left, 20);
    assert_null(strstr(out.data, "good 19"));
    assert_non_null(strstr(out.data, "\"fact\""));
    json_object_put(report);

    report = json_of(&d, 600, &out);
    assert_true(out.len <= 600);
    assert_null(strstr(out.data, "\"fact\""));
    assert_non_null(strstr(out.data, "do this"));
    assert_non_null(strstr(out.data, "nobody answers"));
    json_object_put(report);
    doctor_done(&d);
}

static void told_in_text(void **state)
{
    CLEANUP_BUF struct buf out = BUF_INIT(65536);
    struct doctor d;

    (void)state;
    fill(&d);
    doctor_text(&d, &out);
    assert_non_null(strstr(out.data, "  note     noted"));
    assert_null(strchr(out.data, '\x1b')); /* nothing drives the terminal */
    assert_non_null(strstr(out.data, "           -> do this\n"));
    assert_non_null(strstr(out.data, "\n1 problem.\n"));
    doctor_done(&d);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(cut_to_size), cmocka_unit_test(told_in_text)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
