/* SPDX-License-Identifier: Apache-2.0 */
/* Edits of a firewall: where a rule lands, what is shared and what is not, and what is refused. */
#include "rig.h"

#include "plugins/firewall/edit.h"

#define INPUT                                                                                                \
    "{'cluster': {'options': {'enable': 1, 'policy_in': 'DROP'}, 'rules': [{'comment': 'a'}, {'comment': "   \
    "'b', 'errors': {'source': 'no such alias'}}, {'comment': 'c', 'errors': {'dport': 'x'}}], 'aliases': "  \
    "[{'name': 'Lan', 'cidr': '10.0.0.0/8'}], 'ipset': {'admins': [{'cidr': '10.0.0.5'}], 'unread': null}, " \
    "'groups': {'web': [{'comment': 'g'}], 'other': null}}, 'host': {'rules': [{'comment': 'h'}]}, "         \
    "'guests': {'105': {'options': {}, 'rules': []}}}"

static const struct fw_edit_place cluster = {.scope = EDIT_CLUSTER};

static int apply(const struct fw_edit_place *place, const char *edits, struct json_object **ret,
                 const char **ret_words)
{
    struct json_object *input = rig_json(INPUT), *pristine = rig_json(INPUT), *json = rig_json(edits);
    const int r = fw_edit_apply(input, place, json, ret, ret_words);

    assert_true(json_object_equal(input, pristine)); /* what was read stays as it is */
    json_object_put(input);
    json_object_put(pristine);
    json_object_put(json);
    return r;
}

static void expect(const struct fw_edit_place *place, const char *edits, const char *pointer,
                   const char *wanted)
{
    struct json_object *after = NULL, *found = NULL, *json = rig_json(wanted);
    const char *words = NULL;

    assert_int_equal(apply(place, edits, &after, &words), 0);
    assert_null(words);
    assert_int_equal(json_pointer_get(after, pointer, &found), 0);
    if (!json_object_equal(found, json))
        print_error("%s instead of %s\n", json_object_to_json_string(found), wanted);
    assert_true(json_object_equal(found, json));
    json_object_put(json);
    json_object_put(after);
}

static void expect_wrong(const struct fw_edit_place *place, const char *edits, const char *words)
{
    struct json_object *after = NULL;
    const char *said = NULL;

    assert_int_equal(apply(place, edits, &after, &said), -EINVAL);
    assert_non_null(said);
    assert_non_null(strstr(said, words));
    assert_null(after);
}

static void expect_unread(const struct fw_edit_place *place, const char *edits)
{
    struct json_object *after = NULL;
    const char *said = NULL;

    assert_int_equal(apply(place, edits, &after, &said), -ENODATA);
    assert_null(after);
}

#define RULES "/cluster/rules"
#define A     "{'comment': 'a'}"
#define B     "{'comment': 'b', 'errors': {'source': 'no such alias'}}"
#define C     "{'comment': 'c', 'errors': {'dport': 'x'}}"

static void test_rules(void **state)
{
    (void)state;
    expect(&cluster, "[{'part': 'rules', 'op': 'insert', 'value': {'n': 1}}]", RULES,
           "[{'n': 1}," A "," B "," C "]");
    expect(&cluster, "[{'part': 'rules', 'op': 'replace', 'pos': 1, 'value': {'n': 1}}]", RULES,
           "[" A ",{'n': 1}," C "]");
    expect(&cluster, "[{'part': 'rules', 'op': 'remove', 'pos': 2}]", RULES, "[" A "," B "]");
    /* to before that position: one further down lands one earlier than its number */
    expect(&cluster, "[{'part': 'rules', 'op': 'move', 'pos': 0, 'to': 2}]", RULES, "[" B "," A "," C "]");
    expect(&cluster, "[{'part': 'rules', 'op': 'move', 'pos': 0, 'to': 3}]", RULES, "[" B "," C "," A "]");
    expect(&cluster, "[{'part': 'rules', 'op': 'move', 'pos': 2, 'to': 0}]", RULES, "[" C "," A "," B "]");
    expect(&cluster, "[{'part': 'rules', 'op': 'move', 'pos': 1, 'to': 1}]", RULES, "[" A "," B "," C "]");
    expect(&cluster,
           "[{'part': 'rules', 'op': 'remove', 'pos': 0}, {'part': 'rules', 'op': 'remove', 'pos': 0}]",
           RULES, "[" C "]");
    expect(&(struct fw_edit_place){EDIT_NODE, NULL}, "[{'part': 'rules', 'op': 'remove', 'pos': 0}]",
           "/host/rules", "[]");
    expect(&(struct fw_edit_place){EDIT_GUEST, "105"}, "[{'part': 'rules', 'op': 'insert', 'value': {}}]",
           "/guests/105/rules", "[{}]");
    expect(&(struct fw_edit_place){EDIT_GROUP, "web"}, "[{'part': 'rules', 'op': 'insert', 'value': {}}]",
           "/cluster/groups/web", "[{}, {'comment': 'g'}]");
}

static void test_options_and_names(void **state)
{
    (void)state;
    expect(
        &cluster,
        "[{'part': 'options', 'op': 'set', 'value': {'enable': 0, 'ebtables': 1}, 'delete': ['policy_in']}]",
        "/cluster/options", "{'enable': 0, 'ebtables': 1}");
    expect(&cluster, "[{'part': 'aliases', 'op': 'put', 'name': 'lan', 'value': {'cidr': '10.1.0.0/16'}}]",
           "/cluster/aliases", "[{'name': 'Lan', 'cidr': '10.1.0.0/16'}]");
    expect(&cluster, "[{'part': 'aliases', 'op': 'put', 'name': 'new', 'value': {'cidr': '::1'}}]",
           "/cluster/aliases/1", "{'name': 'new', 'cidr': '::1'}");
    expect(&cluster, "[{'part': 'aliases', 'op': 'rename', 'name': 'LAN', 'to': 'net'}]", "/cluster/aliases",
           "[{'name': 'net', 'cidr': '10.0.0.0/8'}]");
    expect(&cluster, "[{'part': 'aliases', 'op': 'remove', 'name': 'lan'}]", "/cluster/aliases", "[]");
    expect(&cluster, "[{'part': 'ipset', 'op': 'create', 'name': 'New'}]", "/cluster/ipset/new", "[]");
    expect(&cluster, "[{'part': 'ipset', 'op': 'rename', 'name': 'admins', 'to': 'ops'}]", "/cluster/ipset",
           "{'ops': [{'cidr': '10.0.0.5'}], 'unread': null}");
    expect(
        &cluster,
        "[{'part': 'ipset', 'op': 'entry', 'name': 'admins', 'value': {'cidr': '10.0.0.5', 'nomatch': 1}}]",
        "/cluster/ipset/admins", "[{'cidr': '10.0.0.5', 'nomatch': 1}]");
    expect(&cluster,
           "[{'part': 'ipset', 'op': 'entry-remove', 'name': 'admins', 'value': {'cidr': '10.0.0.5'}}]",
           "/cluster/ipset/admins", "[]");
    expect(&cluster, "[{'part': 'groups', 'op': 'remove', 'name': 'web'}]", "/cluster/groups",
           "{'other': null}");
    /* Where names change, Proxmox's word about missing ones is of the past; its word about ports is not. */
    expect(&cluster, "[{'part': 'aliases', 'op': 'remove', 'name': 'lan'}]", RULES,
           "[" A ",{'comment': 'b'}," C "]");
}

static void test_refused(void **state)
{
    (void)state;
    expect_wrong(&cluster, "[]", "1 to 256");
    expect_wrong(&cluster, "{}", "1 to 256");
    expect_wrong(&cluster, "[7]", "needs \"part\"");
    expect_wrong(&cluster, "[{'part': 'rules'}]", "needs \"part\"");
    expect_wrong(&cluster, "[{'part': 'rules', 'op': 'remove', 'pos': 3}]", "no rule stands");
    expect_wrong(&cluster, "[{'part': 'rules', 'op': 'remove', 'pos': -1}]", "no rule stands");
    expect_wrong(&cluster, "[{'part': 'rules', 'op': 'remove', 'pos': '1'}]", "no rule stands");
    expect_wrong(&cluster, "[{'part': 'rules', 'op': 'move', 'pos': 0, 'to': 4}]", "no position");
    expect_wrong(&cluster, "[{'part': 'rules', 'op': 'insert'}]", "a whole rule");
    expect_wrong(&cluster, "[{'part': 'rules', 'op': 'swap', 'pos': 0}]", "insert, replace");
    expect_wrong(&cluster, "[{'part': 'options', 'op': 'set', 'value': []}]", "options are edited");
    expect_wrong(&cluster, "[{'part': 'aliases', 'op': 'put', 'name': 'x'}]", "needs a \"value\"");
    expect_wrong(&cluster, "[{'part': 'aliases', 'op': 'rename', 'name': 'x', 'to': 'y'}]", "no alias");
    expect_wrong(&cluster, "[{'part': 'ipset', 'op': 'create', 'name': 'ADMINS'}]", "already");
    expect_wrong(&cluster, "[{'part': 'ipset', 'op': 'entry', 'name': 'none', 'value': {'cidr': '::1'}}]",
                 "none of this name");
    expect_wrong(&cluster, "[{'part': 'groups', 'op': 'entry', 'name': 'web'}]", "groups are edited");
    expect_wrong(&(struct fw_edit_place){EDIT_GROUP, "web"}, "[{'part': 'options', 'op': 'set'}]",
                 "has rules only");
    expect_wrong(&(struct fw_edit_place){EDIT_NODE, NULL},
                 "[{'part': 'groups', 'op': 'remove', 'name': 'web'}]", "datacenter's");
}

static void test_unread(void **state)
{
    (void)state;
    expect_unread(&(struct fw_edit_place){EDIT_NODE, NULL}, "[{'part': 'options', 'op': 'set'}]");
    expect_unread(&(struct fw_edit_place){EDIT_GUEST, "106"},
                  "[{'part': 'rules', 'op': 'remove', 'pos': 0}]");
    expect_unread(&(struct fw_edit_place){EDIT_GROUP, "other"},
                  "[{'part': 'rules', 'op': 'remove', 'pos': 0}]");
    expect_unread(&(struct fw_edit_place){EDIT_VNET, "net"}, "[{'part': 'rules', 'op': 'remove', 'pos': 0}]");
    expect_unread(&cluster, "[{'part': 'ipset', 'op': 'entry', 'name': 'unread', 'value': {'cidr': '::1'}}]");
}

/* Every part with every operation and values of every type: refused, unread or applied, and nothing breaks.
 */
static void test_odd_values(void **state)
{
    static const char *const parts[] = {"rules", "options", "aliases", "ipset", "groups", "nosuch"};
    static const char *const ops[] = {"insert", "replace", "remove", "move",   "set",         "put",
                                      "rename", "create",  "entry",  "nosuch", "entry-remove"};
    static const char *const values[] = {"null", "7",           "'x'",          "[]",
                                         "{}",   "{'cidr': 7}", "{'cidr': {}}", "[null]"};
    static const char *const names[] = {"null",  "7",       "'admins'", "'unread'",
                                        "'web'", "'other'", "'lan'",    "{}"};

    (void)state;
    for (size_t n = 0; n < 6 * 11 * 8 * 8; n++) {
        struct json_object *after = NULL;
        const char *words = NULL;
        char edits[400];

        (void)snprintf(
            edits, sizeof(edits),
            "[{'part': '%s', 'op': '%s', 'value': %s, 'name': %s, 'to': %s, 'pos': %s, 'delete': %s}]",
            parts[n % 6], ops[n / 6 % 11], values[n / 66 % 8], names[n / 528], names[n / 528],
            n % 3 ? "0" : values[n / 66 % 8], values[n / 66 % 8]);
        const int r = apply(&cluster, edits, &after, &words);
        assert_true(r == 0 || r == -EINVAL || r == -ENODATA);
        if (r == 0) {
            struct fw_model *model = NULL;

            assert_non_null(after);
            if (fw_model_build(after, &model) == 0)
                fw_model_free(model);
        }
        json_object_put(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rules),      cmocka_unit_test(test_options_and_names),
        cmocka_unit_test(test_refused),    cmocka_unit_test(test_unread),
        cmocka_unit_test(test_odd_values),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
