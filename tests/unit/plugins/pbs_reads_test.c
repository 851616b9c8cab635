/* SPDX-License-Identifier: Apache-2.0 */
/* Reads of a Backup Server whose answers are missing, empty or of another shape. */
#include "plan_rig.h"

static const struct proximo_plane *pbs;

static void init(struct plane_test *t)
{
    plane_test_init(t);
    t->site_kind = PROXIMO_SITE_PBS;
}

static const char *reply(const struct plane_test *t)
{
    assert_int_equal(t->reply_count, 1);
    return t->reply[0].data;
}

static void a_list_of_jobs_that_fails_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    init(&t);
    plane_test_answer(&t, "/admin/prune", 200,
                      "[{\"id\":\"a\",\"store\":\"main\"},{\"id\":\"b\",\"last-run-upid\":\"UPID\"},7,"
                      "{\"id\":\"c\",\"last-run-upid\":\"UPID\",\"last-run-state\":\"WARNINGS: 2\"}]");
    plane_test_answer(&t, "/admin/verify", 400, "null");
    plane_test_answer(&t, "/admin/sync?sync-direction=all", 200, "null"); /* null is not empty */
    assert_int_equal(plane_test_read(&t, pbs, "pbs_jobs_list"), 0);
    expect_words(&t, "incomplete", "the verify jobs");
    expect_words(&t, "incomplete", "the sync jobs");
    assert_int_equal(t.reply[0].flags & PROXIMO_CONTENT_INCOMPLETE, PROXIMO_CONTENT_INCOMPLETE);
    assert_non_null(
        strstr(reply(&t), "\"id\":\"a\",\"store\":\"main\",\"type\":\"prune\",\"outcome\":\"never\""));
    assert_non_null(strstr(reply(&t), "\"type\":\"prune\",\"outcome\":\"running\""));
    assert_non_null(strstr(reply(&t), "\"outcome\":\"warning\""));
    plane_test_done(&t);
}

static void a_jobs_last_run_that_is_not_known_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    init(&t);
    plane_test_argument(&t, "type", "verify", 1);
    plane_test_argument(&t, "id", "v1", 1);
    plane_test_answer(&t, "/config/verify/v1", 200, "{\"id\":\"v1\",\"store\":\"main\",\"comment\":\"x\"}");
    plane_test_answer(&t, "/admin/verify?store=main", 400, "null");
    assert_int_equal(plane_test_read(&t, pbs, "pbs_job_get"), 0);
    expect_words(&t, "incomplete", "how its last run ended");
    assert_string_equal(reply(&t),
                        "{\"id\":\"v1\",\"store\":\"main\",\"comment\":\"x\",\"untrusted\":[\"comment\"]}");
    plane_test_done(&t);
}

static void no_list_is_no_empty_list(void **state)
{
    static const struct {
        const char *tool, *path;
    } rows[] = {{"pbs_tasks_list", "/nodes/localhost/tasks?limit=51"},
                {"pbs_tokens_list", "/access/users?include_tokens=1"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plane_test t;
        init(&t);
        plane_test_answer(&t, rows[i].path, 200, "null");
        expect_failure(&t, plane_test_read(&t, pbs, rows[i].tool), PROXIMO_EREMOTE, "could not be read");
        plane_test_done(&t);
    }
}

static void a_task_without_an_end_did_not_succeed(void **state)
{
    static const struct {
        const char *answer, *outcome;
    } rows[] = {
        {"{\"status\":\"stopped\"}", "\"succeeded\":false,\"outcome\":\"unknown\""},
        {"{\"status\":\"running\",\"exitstatus\":\"OK\"}", "\"succeeded\":false,\"outcome\":\"running\""},
        {"{\"status\":\"stopped\",\"exitstatus\":\"OK\"}", "\"succeeded\":true,\"outcome\":\"ok\""},
        {"{\"status\":\"stopped\",\"exitstatus\":\"WARNINGS: 1\"}",
         "\"succeeded\":false,\"outcome\":\"warning\""},
        {"{\"status\":\"stopped\",\"exitstatus\":\"OKAY\"}", "\"succeeded\":false,\"outcome\":\"error\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct plane_test t;
        init(&t);
        plane_test_argument(&t, "upid", "U", 1);
        plane_test_answer(&t, "/nodes/localhost/tasks/U/status", 200, rows[i].answer);
        assert_int_equal(plane_test_read(&t, pbs, "pbs_task_status"), 0);
        assert_non_null(strstr(reply(&t), rows[i].outcome));
        plane_test_done(&t);
    }
}

static void a_part_of_tape_that_fails_is_told(void **state)
{
    struct plane_test t;
    (void)state;
    init(&t);
    plane_test_answer(&t, "/tape/drive", 200, "[{\"name\":\"lto9\"}]");
    plane_test_answer(&t, "/tape/changer", 200, "[]");
    plane_test_answer(&t, "/config/media-pool", 400, "null");
    plane_test_answer(&t, "/tape/media/list?update-status=0", 200, "[]"); /* never from the library */
    plane_test_answer(&t, "/tape/backup", 200, "[]");
    assert_int_equal(plane_test_read(&t, pbs, "pbs_tape_status"), 0);
    expect_words(&t, "incomplete", "the media pools");
    assert_string_equal(reply(&t),
                        "{\"drives\":[{\"name\":\"lto9\"}],\"changers\":[],\"media\":[],\"jobs\":[]}");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_list_of_jobs_that_fails_is_told),
        cmocka_unit_test(a_jobs_last_run_that_is_not_known_is_told),
        cmocka_unit_test(no_list_is_no_empty_list),
        cmocka_unit_test(a_task_without_an_end_did_not_succeed),
        cmocka_unit_test(a_part_of_tape_that_fails_is_told),
    };

    pbs = plane_load("pbs");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
