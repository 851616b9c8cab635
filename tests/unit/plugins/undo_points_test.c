/* SPDX-License-Identifier: Apache-2.0 */
/* pve_undo_points and pve_undo_points_prune: which snapshots are ours, and what is planned for them. */
#include "plan_rig.h"

#include <json-c/json.h>
#include <stdbool.h>
#include <time.h>

#define NONCE "0123456789abcdef0123456789abcdef"
#define OURS  "\"description\":\"Proximo undo point of plan " NONCE ": guest.config on guest/105\""
#define GUESTS                                                                                               \
    "[{\"type\":\"lxc\",\"vmid\":105,\"name\":\"ct105\",\"node\":\"pve1\"},"                                 \
    "{\"type\":\"qemu\",\"vmid\":100,\"name\":\"web\",\"node\":\"pve1\"}]"
#define STATUS "{\"vmid\":105,\"status\":\"running\",\"ha\":{\"managed\":0}}"

static const struct proximo_plane *guests;

/* The lists of two guests: `list` is that of 105 without its end, `other` the status of that of 100. */
static void cluster_of(struct plane_test *t, const char *list, const char *status, int32_t other)
{
    static char whole[61000];

    plane_test_init(t);
    (void)snprintf(whole, sizeof(whole), "[%s{\"name\":\"current\"}]", list);
    plane_test_answer(t, "/cluster/resources?type=vm", 200, GUESTS);
    plane_test_answer(t, "/nodes/pve1/lxc/105/snapshot", 200, whole);
    plane_test_answer(t, "/nodes/pve1/qemu/100/snapshot", other, "[{\"name\":\"current\"}]");
    plane_test_answer(t, "/nodes/pve1/lxc/105/status/current", 200, status);
}

static void cluster(struct plane_test *t, const char *list)
{
    cluster_of(t, list, STATUS, 200);
}

static const struct {
    const char *entry;
    const char *says; /* in the row; NULL: not listed */
    bool pruned;
} entries[] = {
    {"{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100," OURS "}", "\"ours\": true", true},
    {"{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100,\"snapstate\":\"delete\"," OURS "}",
     "\"complete\": false", true},
    /* the name of another plan than the description's */
    {"{\"name\":\"proximo-20260101T000000-11234567\",\"snaptime\":100," OURS "}", "\"ours\": false", false},
    {"{\"name\":\"proximo-01234567\",\"snaptime\":100," OURS "}", "\"ours\": false", false},
    {"{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100,\"description\":\"mine\"}",
     "\"ours\": false", false},
    {"{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100}", "\"ours\": false", false},
    {"{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100,\"description\":\"x " NONCE "\"}",
     "\"ours\": false", false},
    {"{\"name\":\"before-upgrade\",\"snaptime\":100," OURS "}", NULL, false},
};

static void which_are_ours(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(entries) / sizeof(entries[0]); i++) {
        struct plane_test t;
        char list[600];
        (void)snprintf(list, sizeof(list), "%s,", entries[i].entry);
        cluster(&t, list);
        assert_int_equal(plane_test_read(&t, guests, "pve_undo_points"), 0);
        const char *rows = t.reply[0].data;
        if (entries[i].says ? !strstr(rows, entries[i].says) : strcmp(rows, "[]") != 0) {
            struct json_object *spaced = json_tokener_parse(rows);
            const char *text = json_object_to_json_string(spaced);
            if (!entries[i].says || !strstr(text, entries[i].says))
                fail_msg("case %zu: %s", i, text);
            json_object_put(spaced);
        }
        assert_int_equal(t.reply[0].flags, 0);
        plane_test_done(&t);

        cluster(&t, list);
        plane_test_argument(&t, "older_than_days", "1", 0);
        assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
        assert_int_equal(plane_test_told_count(&t, "steps"), entries[i].pruned ? 1 : 0);
        if (!entries[i].pruned)
            expect_words(&t, "summary", "nothing to do");
        plane_test_done(&t);
    }
}

/* One step each that goes on after a failure, on the condition that this very snapshot is as it was. */
static void one_step_each(void **state)
{
    struct plane_test t;

    (void)state;
    cluster(&t, "{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100," OURS "},"
                "{\"name\":\"proximo-20260102T000000-01234567\",\"snaptime\":200," OURS "},");
    plane_test_argument(&t, "older_than_days", "1", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    expect_told(
        &t, "guards", 0,
        "{\"path\":\"/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}/config\",\"fields\":"
        "\"/description,/snaptime\",\"params\":[" AT("lxc") ",{\"name\":\"snapname\",\"value\":"
                                                            "\"proximo-20260101T000000-01234567\"}]}");
    expect_told(&t, "steps", 1,
                "{\"kind\":1,\"flags\":3,\"name\":\"delete-2\",\"method\":\"DELETE\",\"path\":"
                "\"/nodes/{node}/{kind}/{vmid}/snapshot/{snapname}\",\"params\":[" AT(
                    "lxc") ",{\"name\":\"snapname\",\"value\":\"proximo-20260102T000000-01234567\"}]}");
    expect_told(&t, "steps", 2, NULL);
    expect_told(&t, "subjects", 0,
                "{\"class\":\"snapshot.delete\",\"subject\":{\"kind\":\"guest\",\"vmid\":105}}");
    expect_told(&t, "undo", 0, "{\"kind\":1}");
    plane_test_done(&t);
}

static void what_is_left_alone(void **state)
{
    static const char entry[] = "{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100," OURS "},";
    struct plane_test t;
    char young[400];

    (void)state;
    /* too young, and of unknown age */
    (void)snprintf(young, sizeof(young),
                   "{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":%lld," OURS "},",
                   (long long)time(NULL) - 3600);
    cluster(&t, young);
    plane_test_argument(&t, "older_than_days", "1", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    plane_test_done(&t);
    cluster(&t, "{\"name\":\"proximo-20260101T000000-01234567\"," OURS "},");
    plane_test_argument(&t, "older_than_days", "0", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    plane_test_done(&t);
    /* locked */
    cluster_of(&t, entry, "{\"vmid\":105,\"status\":\"running\",\"lock\":\"backup\"}", 200);
    plane_test_argument(&t, "older_than_days", "1", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 0);
    expect_words(&t, "facts", "locked (backup)");
    plane_test_done(&t);
    /* another name was given, one that there is not, none at all */
    cluster(&t, entry);
    plane_test_argument(&t, "names", "[\"proximo-20260101T000000-01234567\"]", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 1);
    plane_test_done(&t);
    cluster(&t, entry);
    plane_test_argument(&t, "names", "[\"proximo-none\"]", 0);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_undo_points_prune"), PROXIMO_ENOTFOUND,
                   "proximo-none");
    plane_test_done(&t);
    cluster(&t, entry);
    expect_failure(&t, plane_test_plan(&t, guests, "pve_undo_points_prune"), PROXIMO_EINVAL, "say which");
    plane_test_done(&t);
}

/* A guest whose list could not be read is said, by the read as by the plan. */
static void what_could_not_be_read(void **state)
{
    static const char entry[] = "{\"name\":\"proximo-20260101T000000-01234567\",\"snaptime\":100," OURS "},";
    struct plane_test t;

    (void)state;
    cluster_of(&t, entry, STATUS, 595);
    assert_int_equal(plane_test_read(&t, guests, "pve_undo_points"), 0);
    assert_true(t.reply[0].flags & PROXIMO_CONTENT_INCOMPLETE);
    assert_non_null(strstr(t.reply[0].note, "1 guests could not be read"));
    plane_test_done(&t);
    cluster_of(&t, entry, STATUS, 595);
    plane_test_argument(&t, "older_than_days", "1", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 1);
    expect_words(&t, "incomplete", "the snapshots of some guests");
    plane_test_done(&t);
}

/* One plan has its bounds, and says what it left out. */
static void many(void **state)
{
    static char list[60000];
    struct plane_test t;
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 60; i++)
        len += (size_t)snprintf(
            list + len, sizeof(list) - len,
            "{\"name\":\"proximo-20260101T0000%02d-01234567\",\"snaptime\":100," OURS "},", i);
    cluster(&t, list);
    plane_test_argument(&t, "older_than_days", "1", 0);
    assert_int_equal(plane_test_plan(&t, guests, "pve_undo_points_prune"), 0);
    assert_int_equal(plane_test_told_count(&t, "steps"), 50);
    expect_words(&t, "facts", "plan again for the others");
    plane_test_done(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(which_are_ours),
        cmocka_unit_test(one_step_each),
        cmocka_unit_test(what_is_left_alone),
        cmocka_unit_test(what_could_not_be_read),
        cmocka_unit_test(many),
    };

    guests = plane_load("guests");
    return cmocka_run_group_tests(tests, NULL, NULL);
}
