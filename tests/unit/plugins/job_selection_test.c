/* SPDX-License-Identifier: Apache-2.0 */
/* Which guests a backup job takes: a table of jobs as Proxmox shows them, and of guests. */
#include "../../../plugins/common/job_selection.h"

#include "plan_rig.h" /* after it: cmocka's fail() hides the host's */

static const int64_t prod[] = {100, 105};
static const struct job_pool pools[] = {
    {.poolid = "prod", .vmids = prod, .count = 2, .read = true},
    {.poolid = "hidden", .read = false},
    {.poolid = "empty", .vmids = prod, .count = 0, .read = true},
};

static const struct wanted {
    const char *job;
    int64_t vmid;
    const char *node; /* where the guest is */
    uint32_t picked;
} table[] = {
    /* by number */
    {"{\"vmid\":\"100,105\"}", 105, "pve1", JOB_YES},
    {"{\"vmid\":\"100,105\"}", 106, "pve1", JOB_NO},
    {"{\"vmid\":\"100, 105;106\"}", 106, "pve1", JOB_YES},
    {"{\"vmid\":\"106 105 100\"}", 100, "pve1", JOB_YES},
    {"{\"vmid\":\"1050\"}", 105, "pve1", JOB_NO},
    {"{\"vmid\":\"105,105,999\"}", 105, "pve1", JOB_YES},
    {"{\"vmid\":105}", 105, "pve1", JOB_YES},
    {"{\"vmid\":\"abc,105x\"}", 105, "pve1", JOB_NO},
    /* placeholders are nothing */
    {"{\"all\":0,\"vmid\":\"105\",\"exclude\":\"\",\"pool\":\"\",\"node\":\"\"}", 105, "pve1", JOB_YES},
    {"{\"all\":\"0\",\"vmid\":\"\"}", 105, "pve1", JOB_NO},
    {"{\"vmid\":\" \"}", 105, "pve1", JOB_NO},
    {"{}", 105, "pve1", JOB_NO},
    /* all, and all but some */
    {"{\"all\":1}", 105, "pve1", JOB_YES},
    {"{\"all\":\"1\"}", 105, "pve2", JOB_YES},
    {"{\"all\":true}", 105, "pve2", JOB_YES},
    {"{\"all\":1,\"exclude\":\"105\"}", 105, "pve1", JOB_NO},
    {"{\"all\":1,\"exclude\":\"105\"}", 106, "pve1", JOB_YES},
    {"{\"exclude\":\"106\"}", 105, "pve1", JOB_YES},
    {"{\"exclude\":\"106\"}", 106, "pve1", JOB_NO},
    {"{\"all\":1,\"vmid\":\"\",\"pool\":\"\"}", 105, "pve1", JOB_YES},
    /* by pool */
    {"{\"pool\":\"prod\"}", 105, "pve1", JOB_YES},
    {"{\"pool\":\"prod\"}", 106, "pve1", JOB_NO},
    {"{\"pool\":\"prod\",\"exclude\":\"105\"}", 105, "pve1", JOB_NO},
    {"{\"pool\":\"prod\",\"exclude\":\"105\"}", 100, "pve1", JOB_YES},
    {"{\"pool\":\"empty\"}", 105, "pve1", JOB_NO},
    {"{\"pool\":\"hidden\"}", 105, "pve1", JOB_UNKNOWN},
    {"{\"pool\":\"hidden\",\"exclude\":\"105\"}", 105, "pve1", JOB_NO},
    {"{\"pool\":\"nosuch\"}", 105, "pve1", JOB_UNKNOWN},
    {"{\"pool\":\"hidden\",\"enabled\":0}", 105, "pve1", JOB_NO},
    /* bound to a node */
    {"{\"all\":1,\"node\":\"pve1\"}", 105, "pve1", JOB_YES},
    {"{\"all\":1,\"node\":\"pve1\"}", 105, "pve2", JOB_NO},
    {"{\"all\":1,\"node\":\"pve1\"}", 105, NULL, JOB_UNKNOWN},
    {"{\"vmid\":\"105\",\"node\":\"pve1\"}", 105, "pve2", JOB_NO},
    {"{\"vmid\":\"105\",\"node\":\"pve1\"}", 106, NULL, JOB_NO},
    {"{\"pool\":\"hidden\",\"node\":\"pve1\"}", 105, "pve2", JOB_NO},
    /* switched off */
    {"{\"all\":1,\"enabled\":1}", 105, "pve1", JOB_YES},
    {"{\"all\":1,\"enabled\":\"0\"}", 105, "pve1", JOB_NO},
    {"{\"all\":1,\"enabled\":0}", 105, "pve1", JOB_NO},
    {"{\"all\":1,\"enabled\":false}", 105, "pve1", JOB_NO},
    {"{\"vmid\":\"105\",\"enabled\":null}", 105, "pve1", JOB_YES},
};

static struct json_object *parsed(const char *text)
{
    struct json_object *job = json_of(text_of(text));
    assert_non_null(job);
    return job;
}

static void each_job_takes_whom_it_names(void **state)
{
    struct plane_test t;
    (void)state;
    for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
        struct job_pick pick;
        plane_test_init(&t);
        const struct asking a = {plane_test_host(), &t.call};
        struct json_object *job = parsed(table[i].job);
        assert_int_equal(job_pick(&a, job, pools, 3, &pick), PROXIMO_OK);
        const uint32_t picked = job_picks(&pick, table[i].vmid, table[i].node);
        if (picked != table[i].picked)
            fail_msg("%s: guest %lld on %s: %u instead of %u", table[i].job, (long long)table[i].vmid,
                     table[i].node ? table[i].node : "?", (unsigned)picked, (unsigned)table[i].picked);
        json_object_put(job);
        plane_test_done(&t);
    }
}

/* Who is named counts for a run by hand, and for what a change takes away. */
static void a_disabled_job_still_names_its_guests(void **state)
{
    struct plane_test t;
    struct job_pick pick;
    (void)state;
    plane_test_init(&t);
    const struct asking a = {plane_test_host(), &t.call};
    struct json_object *job = parsed("{\"id\":\"x\",\"vmid\":\"105\",\"enabled\":0}");
    assert_int_equal(job_pick(&a, job, NULL, 0, &pick), PROXIMO_OK);
    assert_int_equal(job_names(&pick, 105, "pve1"), JOB_YES);
    assert_int_equal(job_picks(&pick, 105, "pve1"), JOB_NO);
    assert_string_equal(pick.id, "x");
    json_object_put(job);
    plane_test_done(&t);
}

static void words_say_whom(void **state)
{
    static const struct {
        const char *job, *words;
    } said[] = {
        {"{\"all\":1}", "all guests"},
        {"{\"all\":1,\"exclude\":\"1000,1001\",\"node\":\"pve1\"}",
         "all guests but 2 named ones, only those on pve1"},
        {"{\"vmid\":\"105,100\"}", "guests 100, 105"},
        {"{\"pool\":\"prod\"}", "the guests of pool prod"},
        {"{}", "no guest"},
        {"{\"vmid\":\"abc\"}", "no guest"},
    };
    struct plane_test t;
    struct job_pick pick;
    (void)state;
    plane_test_init(&t);
    const struct asking a = {plane_test_host(), &t.call};
    for (size_t i = 0; i < sizeof(said) / sizeof(said[0]); i++) {
        struct json_object *job = parsed(said[i].job);
        assert_int_equal(job_pick(&a, job, pools, 3, &pick), PROXIMO_OK);
        assert_string_equal(job_words(&a, &pick), said[i].words);
        json_object_put(job);
    }
    plane_test_done(&t);
}

static void numbers_are_sorted_and_nothing_else_is_taken(void **state)
{
    struct plane_test t;
    const int64_t *list = NULL;
    uint32_t count = 0;
    (void)state;
    plane_test_init(&t);
    const struct asking a = {plane_test_host(), &t.call};
    assert_int_equal(job_numbers(&a, "300;100, 200 x1 -5 0 ,,", &list, &count), PROXIMO_OK);
    assert_int_equal(count, 3);
    assert_int_equal(list[0], 100);
    assert_int_equal(list[2], 300);
    assert_int_equal(job_numbers(&a, NULL, &list, &count), PROXIMO_OK);
    assert_int_equal(count, 0);
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_job_takes_whom_it_names),
        cmocka_unit_test(a_disabled_job_still_names_its_guests),
        cmocka_unit_test(words_say_whom),
        cmocka_unit_test(numbers_are_sorted_and_nothing_else_is_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
