/* SPDX-License-Identifier: Apache-2.0 */
/* The word index: whole words, beginnings, synonyms, ranking, and never a piece inside a word. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config/config.h"
#include "mcp/catalog.h"
#include "mcp/search.h"

static const char *const documents[][2] = {
    {"pve_guest_status", "Current state of one virtual machine or container."},
    {"pve_snapshot_list", "Snapshots of a guest."},
    {"pve_disk_wipe_check", "Says whether a disk holds data."},
    {"pve_node_status", "Health and load of a node."},
    {"pve_task_log", "What a task wrote."},
    {"pve_list_guests", "All virtual machines and containers."},
};
#define DOCUMENTS (sizeof(documents) / sizeof(documents[0]))

static struct search *index_of_documents(void)
{
    struct search *search = search_new(DOCUMENTS);

    assert_non_null(search);
    for (size_t i = 0; i < DOCUMENTS; i++) {
        assert_int_equal(search_add(search, i, 8, documents[i][0]), 0);
        assert_int_equal(search_add(search, i, 3, documents[i][1]), 0);
    }
    return search;
}

/* The best document for a query, or "" */
static const char *best(const struct search *search, const char *query, size_t *ret_count)
{
    size_t order[DOCUMENTS];

    *ret_count = search_query(search, query, order);
    return *ret_count ? documents[order[0]][0] : "";
}

static void test_queries(void **state)
{
    static const struct {
        const char *query, *first;
    } cases[] = {
        {"guest status", "pve_guest_status"},
        {"list guests", "pve_list_guests"},
        {"guest list", "pve_list_guests"},
        {"how is my container doing", "pve_guest_status"},
        {"vm state", "pve_guest_status"},
        {"SNAPSHOTS", "pve_snapshot_list"},
        {"snap", "pve_snapshot_list"},
        {"hypervisor health", "pve_node_status"},
        {"logs", "pve_task_log"},
        {"journal of a job", "pve_task_log"},
        {"wipe", "pve_disk_wipe_check"},
        {"recipe", ""},
        {"ipe", ""},
        {"isk", ""},
        {"xyzzy", ""},
        {"!!!", ""},
    };
    struct search *search = index_of_documents();
    size_t count;

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        print_message("%s\n", cases[i].query);
        assert_string_equal(best(search, cases[i].query, &count), cases[i].first);
    }
    search_free(search);
}

/* A change comes up by what it does, or by all of its thing, never by a word of a question. */
static void test_guarded(void **state)
{
    static const char *const named[] = {"pve_job_list", "pve_updates_list", "pve_job_delete",
                                        "pve_job_update"};
    static const struct {
        const char *query, *found; /* by their places above */
    } cases[] = {
        {"job", "023"},           {"delete", "2"},         {"delete job", "2"},
        {"remove the job", "20"}, {"big job", "0"},        {"which job", "0"},
        {"delete thing", "2"},    {"delete updates", "1"}, {"is it safe to delete anything", ""},
        {"updates", "1"},         {"update", "31"},        {"job's", "023"},
    };
    struct search *search = search_new(4);
    size_t order[4];

    (void)state;
    assert_non_null(search);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(search_add(search, i, 8, named[i]), 0);
        if (i >= 2)
            search_guard(search, i);
    }
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char found[5] = "";
        size_t count = search_query(search, cases[i].query, order);

        for (size_t k = 0; k < count; k++)
            found[k] = (char)('0' + order[k]);
        print_message("%s\n", cases[i].query);
        assert_string_equal(found, cases[i].found);
    }
    search_free(search);
}

static void test_nearest(void **state)
{
    struct search *search = index_of_documents();
    char near[128];

    (void)state;
    assert_true(search_nearest(search, "snapshto", near, sizeof(near)));
    assert_string_equal(near, "snapshot");
    assert_false(search_nearest(search, "zzzzzzzz", near, sizeof(near)));
    assert_false(search_nearest(search, "guest", near, sizeof(near)));
    search_free(search);
}

static void test_empty(void **state)
{
    struct search *search = search_new(0);
    size_t order[1];

    (void)state;
    assert_int_equal(search_query(search, "guest", order), 0);
    search_free(search);
}

static void test_allow_and_deny(void **state)
{
    char guests[] = "guests", power[] = "guest.power", status[] = "pve_guest_status";
    char *one[] = {guests}, *class[] = {power}, *tool[] = {status};
    struct config config = {.mode = CONFIG_READ};

    (void)state;
    assert_true(catalog_allows(&config, "guests", "pve_guest_status", NULL));
    config.allow = (struct config_strings){one, 1};
    assert_true(catalog_allows(&config, "guests", "pve_guest_status", NULL));
    assert_false(catalog_allows(&config, "nodes", "pve_node_status", NULL));
    config.deny = (struct config_strings){tool, 1};
    assert_false(catalog_allows(&config, "guests", "pve_guest_status", NULL));
    assert_true(catalog_allows(&config, "guests", "pve_list_guests", NULL));
    config.deny = (struct config_strings){class, 1};
    assert_false(catalog_allows(&config, "guests", "pve_guest_power", "guest.power"));
    config.allow = (struct config_strings){tool, 1};
    config.deny = (struct config_strings){one, 1};
    assert_false(catalog_allows(&config, "guests", "pve_guest_status", NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_queries), cmocka_unit_test(test_guarded),        cmocka_unit_test(test_nearest),
        cmocka_unit_test(test_empty),   cmocka_unit_test(test_allow_and_deny),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
