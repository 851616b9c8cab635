/* SPDX-License-Identifier: Apache-2.0 */
/* Aliases, IP sets and security groups where rows of tests do not reach: addresses in every spelling, ways
 * back of what has changed since, answers that make no sense. */
#include "plan_rig.h"

#define SETS    "/cluster/firewall/ipset"
#define GROUPS  "/cluster/firewall/groups"
#define ALIASES "/cluster/firewall/aliases"

static void init(struct plane_test *t, const char *name)
{
    plane_test_init(t);
    plane_test_argument(t, "scope", "cluster", 1);
    plane_test_argument(t, "name", name, 1);
}

/* ---- addresses, as Proxmox keeps them */

static const struct {
    const char *given, *entry, *alias; /* NULL: refused */
} addresses[] = {
    {"10.1.2.3", "10.1.2.3", "10.1.2.3"},
    {"10.1.2.3/32", "10.1.2.3", "10.1.2.3"},
    {"10.1.2.3/16", "10.1.0.0/16", "10.1.2.3/16"},
    {"10.1.2.3/1", "0.0.0.0/1", "10.1.2.3/1"},
    {"10.1.2.3/0", NULL, "10.1.2.3/0"},
    {"10.1.2.3/33", NULL, NULL},
    {"10.1.2.3/", NULL, NULL},
    {"10.1.2.3/08", NULL, NULL},
    {"10.1.2.3/8x", NULL, NULL},
    {"10.1.2.256", NULL, NULL},
    {"10.1.2", NULL, NULL},
    {"10.1.2.3,10.1.2.4", NULL, NULL},
    {"10.1.2.3-10.1.2.9", NULL, NULL},
    {"FD00::1/64", "fd00::/64", "FD00::1/64"},
    {"fd00::1/128", "fd00::1", "fd00::1"},
    {"fd00::1/129", NULL, NULL},
    {"::/0", NULL, "::/0"},
    {"::ffff:10.1.2.3/120", "::ffff:10.1.2.0/120", "::ffff:10.1.2.3/120"},
    {"fd00:::1", NULL, NULL},
    {"", NULL, NULL},
    {" 10.1.2.3", NULL, NULL},
    {"dc/lan", "dc/lan", NULL},
    {"lan", "lan", NULL},
    {"sdn/lan", NULL, NULL},
    {"+lan", NULL, NULL},
    {"10.1.2.3/16/8", NULL, NULL},
};

static void check_address(const char *tool, const char *given, const char *wanted)
{
    struct plane_test t;
    char words[100];
    init(&t, "some");
    plane_test_argument(&t, "cidr", given, 1);
    plane_test_answer(&t, ALIASES, 200, "[]");
    plane_test_answer(&t, SETS "/some", 200, "[]");
    plane_test_answer(&t, "/cluster/firewall/refs?type=alias", 200,
                      "[{\"type\":\"alias\",\"name\":\"lan\",\"ref\":\"dc/lan\",\"scope\":\"dc\"}]");
    const int32_t r = plane_test_plan(&t, plane_load("firewall"), tool);
    (void)snprintf(words, sizeof(words), "{\"name\":\"cidr\",\"value\":\"%s\"}", wanted ? wanted : "");
    if (wanted ? r != PROXIMO_OK || !words_told(&t, "steps", words) : r != PROXIMO_EINVAL)
        fail_msg("%s \"%s\": %d \"%s\", %s", tool, given, (int)r, t.fail_text,
                 plane_test_told(&t, "steps", 0) ? plane_test_told(&t, "steps", 0) : "no step");
    plane_test_done(&t);
}

static void test_addresses(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        check_address("pve_firewall_ipset_entry_add", addresses[i].given, addresses[i].entry);
        check_address("pve_firewall_alias_create", addresses[i].given, addresses[i].alias);
    }
}

/* ---- ways back */

#define ABSENT "{\"absent\":true}"

/* A set that was made is removed again only as it was made. */
static void test_filled_since(void **state)
{
    static const struct {
        const char *entries, *refused;
    } rows[] = {{"[]", NULL}, {"[{\"cidr\":\"10.1.1.1\",\"digest\":\"d\"}]", "holds something else"}};
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct plane_test t;
        init(&t, "some");
        plane_test_answer(&t, SETS, 200, "[{\"name\":\"some\",\"comment\":\"x\",\"digest\":\"d\"}]");
        plane_test_answer(&t, SETS "/some", 200, rows[i].entries);
        const int32_t r = plane_test_plan_undo(
            &t, plane_load("firewall"), "pve_firewall_ipset_create",
            "{\"tool\":\"pve_firewall_ipset_create\",\"before\":[{\"[name=some]/name\":" ABSENT
            ",\"[name=some]/comment\":" ABSENT "},{}],\"after\":[{\"[name=some]/name\":"
            "\"some\",\"[name=some]/comment\":\"x\"},{\"\":[]}]}");
        if (rows[i].refused) {
            expect_failure(&t, r, PROXIMO_ESTATE, rows[i].refused);
        } else {
            assert_int_equal(r, PROXIMO_OK);
            assert_int_equal(plane_test_told_count(&t, "steps"), 1);
            expect_words(&t, "steps", "\"DELETE\"");
        }
        plane_test_done(&t);
    }
}

/* What a removed set held comes back with it, the last entry first, comments and exceptions too. */
static void test_whole_set(void **state)
{
    struct plane_test t;
    (void)state;
    init(&t, "some");
    plane_test_answer(&t, SETS, 200, "[]");
    const int32_t r = plane_test_plan_undo(
        &t, plane_load("firewall"), "pve_firewall_ipset_delete",
        "{\"tool\":\"pve_firewall_ipset_delete\",\"before\":[{\"[name=some]/name\":\"some\",\"[name=some]/"
        "comment\":"
        "\"x\"},{\"\":[{\"cidr\":\"10.1.0.0/16\",\"comment\":\"c\",\"digest\":\"d\"},{\"cidr\":\"10.1.1.1\","
        "\"nomatch\":1,\"digest\":\"d\"}]}],\"after\":[{\"[name=some]/name\":" ABSENT
        ",\"[name=some]/comment\":" ABSENT "},{}]}");
    assert_int_equal(r, PROXIMO_OK);
    expect_told(
        &t, "steps", 0,
        "{\"kind\":1,\"name\":\"change\",\"method\":\"POST\",\"path\":\"/cluster/firewall/ipset\",\"params\":"
        "[{\"name\":\"name\",\"value\":\"some\"},{\"name\":\"comment\",\"value\":\"x\"}]}");
    expect_told(
        &t, "steps", 1,
        "{\"kind\":1,\"name\":\"entry1\",\"method\":\"POST\",\"path\":\"/cluster/firewall/ipset/{name}\","
        "\"params\":[{\"name\":\"name\",\"value\":\"some\"},{\"name\":\"cidr\",\"value\":\"10.1.1.1\"},{"
        "\"name\":"
        "\"nomatch\",\"value\":\"1\"}]}");
    expect_told(
        &t, "steps", 2,
        "{\"kind\":1,\"name\":\"entry0\",\"method\":\"POST\",\"path\":\"/cluster/firewall/ipset/{name}\","
        "\"params\":[{\"name\":\"name\",\"value\":\"some\"},{\"name\":\"cidr\",\"value\":\"10.1.0.0/16\"},"
        "{\"name\":\"comment\",\"value\":\"c\"}]}");
    expect_told(&t, "steps", 3, NULL);
    plane_test_done(&t);
}

/* A group of which only some rules went is still there: nobody guesses what is to be put where. */
static void test_in_part(void **state)
{
    struct plane_test t;
    (void)state;
    plane_test_init(&t);
    plane_test_argument(&t, "group", "web", 1);
    plane_test_answer(&t, GROUPS, 200, "[{\"group\":\"web\",\"digest\":\"d\"}]");
    plane_test_answer(&t, GROUPS "/web", 200, "[]");
    expect_failure(
        &t,
        plane_test_plan_undo(&t, plane_load("firewall"), "pve_firewall_security_group_delete",
                             "{\"tool\":\"pve_firewall_security_group_delete\",\"before\":"
                             "[{\"[group=web]/group\":\"web\"},{\"\":[{\"type\":\"in\",\"pos\":0}]}],"
                             "\"after\":[{\"[group=web]/group\":\"web\"},{\"\":[]}]}"),
        PROXIMO_ESTATE, "in part only");
    plane_test_done(&t);
}

static void test_records(void **state)
{
    static const char *const bad[] = {"{}",
                                      "[]",
                                      "x",
                                      "{\"before\":[],\"after\":[]}",
                                      "{\"before\":[null],\"after\":[3]}",
                                      "{\"before\":[{\"[name=some]/name\":{}}],\"after\":[{}]}"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct plane_test t;
        init(&t, "some");
        plane_test_answer(&t, SETS, 200, "[]");
        expect_failure(&t,
                       plane_test_plan_undo(&t, plane_load("firewall"), "pve_firewall_ipset_update", bad[i]),
                       PROXIMO_ESTATE, "the record does not say");
        plane_test_done(&t);
    }
}

/* ---- answers */

static void test_answers(void **state)
{
    static const char *const bad[] = {"null", "{}", "3"};
    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct plane_test t;
        init(&t, "some");
        plane_test_answer(&t, SETS, 200, bad[i]);
        expect_failure(&t, plane_test_plan(&t, plane_load("firewall"), "pve_firewall_ipset_delete"),
                       PROXIMO_EPROTO, "");
        plane_test_done(&t);
        init(&t, "some"); /* what a set holds is no more empty than the list is */
        plane_test_answer(&t, SETS, 200, "[{\"name\":\"some\"}]");
        plane_test_answer(&t, SETS "/some", 200, bad[i]);
        expect_failure(&t, plane_test_plan(&t, plane_load("firewall"), "pve_firewall_ipset_delete"),
                       PROXIMO_EPROTO, "");
        plane_test_done(&t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_addresses), cmocka_unit_test(test_filled_since),
        cmocka_unit_test(test_whole_set), cmocka_unit_test(test_in_part),
        cmocka_unit_test(test_records),   cmocka_unit_test(test_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
