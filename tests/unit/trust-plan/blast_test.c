/* SPDX-License-Identifier: Apache-2.0 */
/* Subjects and their words; what a blast function says, and what it means when it says nothing. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/json.h"
#include "blast/blast.h"
#include "plane/manifest.h"
#include "plane/planes.h"

#define S(text) ((char *)(uintptr_t)(text))

static struct plane_info plane = {.name = S("guests")};
static struct class_row row = {
    .name = S("guest.stop"), .title = S("Stop"), .risk_floor = 2, .has_blast = true};
static bool class_there;
static int call_result;

bool __wrap_planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                              const struct class_row **ret_class);
bool __wrap_planes_class_find(struct planes *planes, const char *name, const struct plane_info **ret_plane,
                              const struct class_row **ret_class)
{
    (void)planes, (void)name;
    *ret_plane = &plane;
    *ret_class = &row;
    return class_there;
}

int __wrap_planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                       struct problem *p);
int __wrap_planes_call(struct planes *planes, const struct plane_call *call, struct plane_reply *ret,
                       struct problem *p)
{
    static const char draft[] =
        "{\"affected\":[{\"resource\":\"guest/105\",\"effect\":\"stops\",\"risk\":3}]}";
    (void)planes, (void)ret;
    assert_string_equal(call->input_json, "{\"kind\":\"guest\",\"vmid\":105}");
    if (call_result < 0)
        return problem_set(p, call_result, PX_PLANE, "it crashed");
    return json_parse(draft, sizeof(draft) - 1, call->ret_draft, p);
}

/* design 3: "subject is the core's canonical string per kind" */
static void labels(void **state)
{
    (void)state;
    static const char *const good[] = {"guest/105",        "storage/local",
                                       "pool/prod",        "node/pve1",
                                       "user/a@pve",       "task/UPID:pve1:0:0:0:vzstop:105:root@pam:",
                                       "firewall/cluster", "firewall-group/webserver",
                                       "vnet/labnet"};
    static const char *const bad[] = {"guest", "guest/", "guest/x", "Guest/1", "pool/a b", "/x"};
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        CLEANUP_BUF struct buf out = BUF_INIT(400);
        CLEANUP_JSON struct json_object *subject = NULL;
        assert_int_equal(subject_parse(good[i], &subject, NULL), 0);
        assert_int_equal(subject_label(subject, &out, NULL), 0);
        assert_string_equal(out.data, good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct json_object *subject = NULL;
        assert_true(subject_parse(bad[i], &subject, NULL) < 0);
    }
    /* What else the blast function is told is no part of what a person types. */
    static const char detailed[] = "{\"kind\":\"firewall-group\",\"group\":\"web\",\"scope\":\"group\","
                                   "\"edit\":\"[{\\\"op\\\":\\\"remove\\\"}]\"}";
    CLEANUP_BUF struct buf typed = BUF_INIT(400);
    CLEANUP_JSON struct json_object *group = NULL;
    assert_int_equal(json_parse(detailed, sizeof(detailed) - 1, &group, NULL), 0);
    assert_int_equal(subject_label(group, &typed, NULL), 0);
    assert_string_equal(typed.data, "firewall-group/web");
    CLEANUP_BUF struct buf out = BUF_INIT(400);
    static const char several[] = "[{\"subject\":{\"kind\":\"guest\",\"vmid\":1}},"
                                  "{\"subject\":{\"kind\":\"guest\",\"vmid\":2}}]";
    CLEANUP_JSON struct json_object *subjects = NULL;
    assert_int_equal(json_parse(several, sizeof(several) - 1, &subjects, NULL), 0);
    assert_int_equal(subjects_label(subjects, "lab", &out, NULL), 0);
    assert_string_equal(out.data, "2 guests on lab");
}

static void run(struct blast_report *report)
{
    const struct blast_call call = {.deadline_ms = clock_ms() + 5000};
    CLEANUP_JSON struct json_object *subject = NULL;
    struct problem p = PROBLEM_INIT;
    assert_int_equal(subject_parse("guest/105", &subject, NULL), 0);
    assert_int_equal(blast_run(&call, "guest.stop", subject, report, &p), 0);
}

static void reports(void **state)
{
    (void)state;
    struct blast_report report;
    class_there = true;
    call_result = 0;
    run(&report);
    assert_int_equal(report.class_floor, 2);
    assert_int_equal(json_object_array_length(report.affected), 1);
    assert_int_equal(json_object_array_length(report.incomplete), 0);
    blast_report_done(&report);
    call_result = -EPIPE;
    run(&report);
    assert_int_equal(report.class_floor, 3);
    assert_int_equal(json_object_array_length(report.incomplete), 1);
    blast_report_done(&report);
    class_there = false;
    run(&report);
    assert_int_equal(report.class_floor, 3);
    assert_int_equal(report.class_flags, 7);
    assert_int_equal(json_object_array_length(report.incomplete), 1);
    blast_report_done(&report);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(labels), cmocka_unit_test(reports)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
