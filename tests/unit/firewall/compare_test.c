/* SPDX-License-Identifier: Apache-2.0 */
/* Changed rule sets, rules as they were understood, and the text of the API's own shapes. */
#include "rig.h"

struct seen {
    struct fw_change changes[8];
    size_t count, most;
};

static int keep(const struct fw_change *change, void *data)
{
    struct seen *seen = data;

    if (seen->count == seen->most)
        return -ENOSPC;
    seen->changes[seen->count++] = *change;
    return 0;
}

#define WITH(rules)                                                                                          \
    RIG_HEAD "'cluster': {'options': {'enable': 1}, 'rules': [" rules                                        \
             "], 'aliases': [], 'ipset': {}, 'groups': {}}," RIG_HOST "}"
#define DROP_SOME                                                                                            \
    "{'pos': 0, 'type': 'in', 'action': 'DROP', 'enable': 1, 'proto': 'tcp', 'dport': '5910:5919,5950'}"

static void test_compare(void **state)
{
    struct fw_model *before = rig_model(WITH("{'type': 'in', 'action': 'ACCEPT', 'enable': 1}"));
    struct fw_model *after = rig_model(WITH(DROP_SOME ", {'type': 'in', 'action': 'ACCEPT', 'enable': 1}"));
    struct json_object *input = rig_json(RIG_TO_HOST("tcp", ", 'sport': 40000"));
    struct fw_packet packet;
    struct seen seen = {.most = 8};
    const char *words;

    (void)state;
    assert_int_equal(fw_packet_read(input, &packet, &words), 0);
    assert_int_equal(fw_compare(before, after, &packet, 1, 5900, 5999, keep, &seen), 0);
    assert_int_equal(seen.count, 2);
    assert_int_equal(seen.changes[0].first, 5910);
    assert_int_equal(seen.changes[0].last, 5919);
    assert_int_equal(seen.changes[0].before, FW_ACCEPT);
    assert_int_equal(seen.changes[0].after, FW_DROP);
    assert_int_equal(seen.changes[0].by.pos, 0);
    assert_int_equal(seen.changes[1].first, 5950);
    assert_int_equal(seen.changes[1].last, 5950);
    seen = (struct seen){.most = 8};
    assert_int_equal(fw_compare(before, after, &packet, 1, 0, 65535, keep, &seen), 0);
    assert_int_equal(seen.count, 2);
    seen = (struct seen){.most = 0};
    assert_int_equal(fw_compare(before, after, &packet, 1, 5900, 5999, keep, &seen), -ENOSPC);
    packet.dport = 5950;
    seen = (struct seen){.most = 8};
    assert_int_equal(fw_compare(before, after, &packet, 1, 1, 0, keep, &seen), 0);
    assert_int_equal(seen.count, 1);
    assert_int_equal(fw_compare(after, after, &packet, 1, 0, 65535, keep, &seen), 0);
    assert_int_equal(seen.count, 1);
    json_object_put(input);
    fw_model_free(before);
    fw_model_free(after);
}

static void test_services(void **state)
{
    (void)state;
    for (size_t i = 0; i < fw_services_count; i++)
        assert_true(fw_services[i].first && fw_services[i].first <= fw_services[i].last &&
                    fw_services[i].name);
}

/* Answers of the API: numbers as text, digests, positions; an empty description of what was set. */
static void test_api_shape(void **state)
{
    static const char text[] =
        "{'node': 'pve1', 'local_network': '10.10.10.0/24', 'altnames': {}, 'corosync': {}, 'sdn_ipsets': "
        "{}, 'vnets': {},"
        "'nics': [{'vmid': 100, 'type': 'qemu', 'node': 'pve1', 'nets': {'net0': {'mac': "
        "'BC:24:11:00:00:01', 'bridge': "
        "'vmbr0', 'firewall': '1'}}}],"
        "'cluster': {'options': {'enable': '1', 'digest': 'da39a3'}, 'rules': [{'pos': 0, 'type': 'in', "
        "'action': 'ACCEPT', "
        "'enable': 1, 'macro': 'SSH', 'source': '+dc/admins', 'digest': '00'}], 'aliases': [{'name': 'Mgmt', "
        "'cidr': "
        "'10.10.10.0/24', 'ipversion': 4, 'digest': '00'}], 'ipset': {'admins': [{'cidr': '10.10.10.5', "
        "'digest': '00'}, "
        "{'cidr': 'mgmt', 'nomatch': 1}]}, 'groups': {'webserver': [{'pos': 0, 'type': 'in', 'action': "
        "'ACCEPT', 'enable': 1, "
        "'proto': 'tcp', 'dport': '80,443'}]}}, 'host': {'options': {'digest': '00'}, 'rules': []},"
        "'guests': {'100': {'options': {'enable': 1}, 'rules': [{'pos': 0, 'type': 'group', 'action': "
        "'webserver', 'enable': "
        "1}], 'aliases': [], 'ipset': {}}}}";
    struct fw_model *model = rig_model(text);
    struct fw_rule_view view;

    (void)state;
    assert_int_equal(
        rig_evaluate(model,
                     "{'from': 'outside', 'to': 'host', 'source': '10.10.10.5', 'dest': '10.10.10.11', "
                     "'proto': 'tcp', 'dport': '22', 'sport': 4000}")
            .by.kind,
        FW_BY_RULE);
    assert_int_equal(
        rig_evaluate(model,
                     "{'from': 'outside', 'to': 'vm100', 'source': '192.0.2.1', 'dest': '10.10.10.50', "
                     "'proto': 'tcp', 'dport': 443, 'sport': 4000}")
            .verdict,
        FW_ACCEPT);
    assert_true(fw_model_rule(model, 0, &view));
    assert_string_equal(view.file, "cluster.fw");
    assert_int_equal(view.state, FW_RULE_GOOD);
    assert_true(fw_model_rule(model, 1, &view));
    assert_string_equal(view.group, "webserver");
    assert_true(fw_model_rule(model, 2, &view));
    assert_string_equal(view.file, "100.fw");
    assert_false(fw_model_rule(model, 3, &view));
    fw_model_free(model);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_compare), cmocka_unit_test(test_services),
                                       cmocka_unit_test(test_api_shape)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
