/* SPDX-License-Identifier: Apache-2.0 */
/* What a description must say, because an agent that is not told gets the answer wrong. */
#include "plan_rig.h"

/* Lesson 23 of the reference: timeframes roll, "day" is no calendar day. */
static void a_trend_says_that_its_windows_roll(void **state)
{
    const struct proximo_plane *plane = plane_load("nodes");
    const struct proximo_read *found = NULL;
    (void)state;
    for (uint32_t i = 0; i < plane->reads.count; i++) {
        const struct proximo_read *read = (const struct proximo_read *)plane->reads.rows + i;
        if (strcmp(read->name, "pve_node_rrddata") == 0)
            found = read;
    }
    assert_non_null(found);
    assert_non_null(strstr(found->description, "windows roll"));
    assert_non_null(strstr(found->description, "not a calendar day"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(a_trend_says_that_its_windows_roll)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
