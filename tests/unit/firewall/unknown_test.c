/* SPDX-License-Identifier: Apache-2.0 */
/* What was not read makes an answer unknown where it can matter, and only there. */
#include "rig.h"

#define WITH_RULES(rules)                                                                                    \
    "'cluster': {'options': {'enable': 1}, 'rules': [" rules "], 'aliases': [], 'ipset': {}, 'groups': {}}"
#define TCP80 ", 'dport': 80, 'sport': 40000"

static void test_all_read(void **state)
{
    (void)state;
    assert_int_equal(
        rig_verdict(RIG_HEAD RIG_CLUSTER "," RIG_HOST "," RIG_GUEST "}", RIG_TO_HOST("tcp", TCP80)), FW_DROP);
    assert_int_equal(
        rig_verdict(RIG_HEAD RIG_CLUSTER "," RIG_HOST "," RIG_GUEST "}", RIG_TO_GUEST("tcp", TCP80)),
        FW_DROP);
}

static void test_rules_not_read(void **state)
{
    const char *accepts =
        RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'enable': 1}") ", 'host': {'options': {}}}";
    const char *earlier = RIG_HEAD "'cluster': {'options': {'enable': 1}, 'aliases': [], 'ipset': {}, "
                                   "'groups': {}}, 'host': {'options': {}, "
                                   "'rules': [{'type': 'in', 'action': 'DROP', 'enable': 1}]}}";

    (void)state;
    assert_int_equal(rig_verdict(accepts, RIG_TO_HOST("tcp", TCP80)), FW_UNKNOWN);
    /* A rule before what was not read decides all the same. */
    assert_int_equal(rig_verdict(earlier, RIG_TO_HOST("tcp", TCP80)), FW_DROP);
}

static void test_reasons(void **state)
{
    struct fw_model *model = rig_model(RIG_HEAD RIG_CLUSTER ", 'host': {'options': {}}}");
    struct fw_result result = rig_evaluate(model, RIG_TO_HOST("tcp", TCP80));

    (void)state;
    assert_int_equal(result.verdict, FW_UNKNOWN);
    assert_int_equal(result.possible, FW_ANY);
    assert_int_equal(result.reason_count, 1);
    assert_string_equal(result.reasons[0], "the rules of host.fw were not read");
    struct json_object *json = fw_result_json(&result);
    assert_non_null(json);
    assert_string_equal(json_object_get_string(json_object_object_get(json, "verdict")), "UNKNOWN");
    assert_int_equal(json_object_array_length(json_object_object_get(json, "possible")), 3);
    json_object_put(json);
    fw_model_free(model);
}

static void test_options_not_read(void **state)
{
    const char *host = RIG_HEAD RIG_CLUSTER ", 'host': {'rules': []}}";
    const char *accept =
        RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'enable': 1}") ", 'host': {'rules': []}}";
    const char *cluster =
        RIG_HEAD "'cluster': {'rules': [], 'aliases': [], 'ipset': {}, 'groups': {}}," RIG_HOST "}";
    const char *guest =
        RIG_HEAD RIG_CLUSTER "," RIG_HOST ", 'guests': {'7': {'rules': [{'type': 'in', 'action': 'ACCEPT', "
                             "'enable': 1}], 'aliases': [], 'ipset': {}}}}";

    (void)state;
    assert_int_equal(rig_verdict(host, RIG_TO_HOST("tcp", TCP80)), FW_UNKNOWN);
    assert_int_equal(rig_verdict(cluster, RIG_TO_HOST("tcp", TCP80)), FW_UNKNOWN);
    /* On or off, nftables or not: it is accepted. A guest may hand what it accepts to an IPS. */
    assert_int_equal(rig_verdict(accept, RIG_TO_HOST("tcp", TCP80)), FW_ACCEPT);
    assert_int_equal(rig_verdict(guest, RIG_TO_GUEST("tcp", TCP80)), FW_UNKNOWN);
    assert_int_equal(
        rig_verdict(guest, "{'from': 'vm7', 'to': 'outside', 'source': '10.9.0.7', 'dest': '192.0.2.9', "
                           "'proto': 'tcp', 'dport': 80, 'sport': 40000}"),
        FW_UNKNOWN);
}

static void test_names_not_read(void **state)
{
    const char *alias = RIG_HEAD
        "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'in', 'action': 'ACCEPT', 'proto': "
        "'tcp', 'source': 'office'}], 'ipset': {}, 'groups': {}}," RIG_HOST "}";
    const char *set = RIG_HEAD
        "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'in', 'action': 'ACCEPT', 'source': "
        "'+office'}], 'aliases': [], 'ipset': {'office': null}, 'groups': {}}," RIG_HOST "}";
    const char *group =
        RIG_HEAD "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'group', 'action': 'office'}], "
                 "'aliases': [], 'ipset': {}, 'groups': {'office': null}}," RIG_HOST "}";

    (void)state;
    assert_int_equal(rig_verdict(alias, RIG_TO_HOST("tcp", TCP80)), FW_UNKNOWN);
    assert_int_equal(rig_verdict(alias, RIG_TO_HOST("udp", TCP80)), FW_DROP);
    assert_int_equal(rig_verdict(set, RIG_TO_HOST("udp", TCP80)), FW_UNKNOWN);
    assert_int_equal(rig_verdict(group, RIG_TO_HOST("udp", TCP80)), FW_UNKNOWN);
}

static void test_unknown_words(void **state)
{
    const char *macro = RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'macro': 'Novel', 'source': "
                                            "'192.0.2.0/24'}") "," RIG_HOST "}";
    const char *service = RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'proto': 'tcp', 'dport': "
                                              "'my-service'}") "," RIG_HOST "}";
    const char *given =
        RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'macro': 'Novel', 'errors': {'macro': "
                            "'unknown'}}") "," RIG_HOST "}";
    const char *refused = RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'proto': 'tcp', 'dport': "
                                              "'tftp'}") "," RIG_HOST "}";

    (void)state;
    assert_int_equal(rig_verdict(macro, RIG_TO_HOST("tcp", TCP80)), FW_UNKNOWN);
    assert_int_equal(
        rig_verdict(macro, "{'from': 'outside', 'to': 'host', 'source': '198.51.100.9', 'dest': '10.9.9.1', "
                           "'proto': 'tcp', 'dport': 80, 'sport': 40000}"),
        FW_DROP);
    assert_int_equal(rig_verdict(service, RIG_TO_HOST("tcp", TCP80)), FW_UNKNOWN);
    assert_int_equal(rig_verdict(service, RIG_TO_HOST("udp", TCP80)), FW_DROP);
    assert_int_equal(rig_verdict(given, RIG_TO_HOST("tcp", TCP80)), FW_DROP);
    /* iptables takes none of the rules then, so nothing is known. */
    assert_int_equal(rig_verdict(refused, RIG_TO_HOST("udp", TCP80)), FW_UNKNOWN);
}

static void test_packet_not_known(void **state)
{
    const char *source =
        RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'proto': 'tcp', 'sport': '7'}") "," RIG_HOST
                                                                                                "}";
    const char *drop =
        RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'DROP', 'proto': 'tcp', 'sport': '7'}") "," RIG_HOST
                                                                                              "}";

    (void)state;
    assert_int_equal(rig_verdict(source, RIG_TO_HOST("tcp", ", 'dport': 80")), FW_UNKNOWN);
    /* Whatever the source port, it is dropped. */
    assert_int_equal(rig_verdict(drop, RIG_TO_HOST("tcp", ", 'dport': 80")), FW_DROP);
}

static void test_local_network(void **state)
{
    const char *text =
        "{'node': 'n', 'altnames': {}, 'corosync': {}, 'sdn_ipsets': {}, 'vnets': {}," RIG_NIC RIG_CLUSTER
        "," RIG_HOST "}";

    (void)state;
    assert_int_equal(rig_verdict(text, RIG_TO_HOST("tcp", ", 'dport': 22, 'sport': 40000")), FW_UNKNOWN);
    assert_int_equal(rig_verdict(text, RIG_TO_HOST("tcp", ", 'dport': 23, 'sport': 40000")), FW_DROP);
}

static void test_nftables(void **state)
{
#define NFT ", 'host': {'options': {'nftables': 1}, 'rules': []},"
    const char *text =
        RIG_HEAD WITH_RULES("{'type': 'in', 'action': 'ACCEPT', 'proto': 'tcp', 'dport': '80'}") NFT RIG_GUEST
        "}";
    const char *forward = RIG_HEAD WITH_RULES("{'type': 'forward', 'action': 'DROP'}") NFT RIG_GUEST "}";
    struct fw_model *model = rig_model(text);
    struct fw_result result = rig_evaluate(model, RIG_TO_HOST("tcp", TCP80));

    (void)state;
    assert_int_equal(result.verdict, FW_ACCEPT);
    assert_int_equal(result.nftables, FW_YES);
    assert_int_equal(rig_evaluate(model, RIG_TO_GUEST("tcp", TCP80)).verdict, FW_DROP);
    assert_int_equal(rig_evaluate(model, RIG_TO_HOST("icmp", ", 'itype': 8, 'icode': 0")).verdict,
                     FW_UNKNOWN);
    fw_model_free(model);
    assert_int_equal(rig_verdict(forward, RIG_TO_GUEST("tcp", TCP80)), FW_UNKNOWN);
}

/* Two places, of which the first is unknown and the second drops: it does not arrive. */
static void test_later_place(void **state)
{
    const char *text = RIG_HEAD
        "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'out', 'action': 'DROP', 'source': "
        "'+odd'}], 'aliases': [], 'ipset': {'odd': null}, 'groups': {}}," RIG_HOST "," RIG_GUEST "}";
    struct fw_model *model = rig_model(text);
    struct fw_result result =
        rig_evaluate(model, "{'from': 'host', 'to': 'vm7', 'source': '10.9.9.1', 'dest': '10.9.0.7', "
                            "'proto': 'tcp', 'dport': 80, 'sport': 40000}");

    (void)state;
    assert_int_equal(result.verdict, FW_DROP);
    assert_int_equal(result.hop_count, 2);
    assert_int_equal(result.hops[0].verdict, FW_UNKNOWN);
    assert_int_equal(result.hops[1].verdict, FW_DROP);
    fw_model_free(model);
}

/* The first may drop, and what it lets through arrives. */
static void test_earlier_place(void **state)
{
    const char *text = RIG_HEAD
        "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'out', 'action': 'DROP', 'source': "
        "'+odd'}], 'aliases': [], 'ipset': {'odd': null}, 'groups': {}}," RIG_HOST
        ",'guests': {'7': {'options': {'enable': 1, 'policy_in': 'ACCEPT'}, 'rules': [], 'aliases': [], "
        "'ipset': {}}}}";
    struct fw_model *model = rig_model(text);
    struct fw_result result =
        rig_evaluate(model, "{'from': 'host', 'to': 'vm7', 'source': '10.9.9.1', 'dest': '10.9.0.7', "
                            "'proto': 'tcp', 'dport': 80, 'sport': 40000}");

    (void)state;
    assert_int_equal(result.verdict, FW_UNKNOWN);
    assert_int_equal(result.possible, FW_ACCEPT | FW_DROP);
    assert_int_equal(result.hops[1].verdict, FW_ACCEPT);
    fw_model_free(model);
}

/* A guest whose firewall may be off sends packets that may carry no mark. */
static void test_mark_not_known(void **state)
{
    const char *text = RIG_HEAD
        "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'group', 'action': 'web', 'iface': "
        "'vmbr9'}], 'aliases': [], 'ipset': {}, 'groups': {'web': []}}," RIG_HOST
        ",'guests': {'7': {'rules': [{'type': 'out', 'action': 'ACCEPT'}], 'aliases': [], 'ipset': "
        "{'ipfilter-net0': [{'cidr': '10.9.0.7'}]}}}}";

    (void)state;
    assert_int_equal(
        rig_verdict(text,
                    "{'from': 'vm7', 'to': 'host', 'source': '10.9.0.7', 'dest': '10.9.9.1', 'proto': 'tcp', "
                    "'dport': 80, 'sport': 40000}"),
        FW_UNKNOWN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_all_read),         cmocka_unit_test(test_rules_not_read),
        cmocka_unit_test(test_reasons),          cmocka_unit_test(test_options_not_read),
        cmocka_unit_test(test_names_not_read),   cmocka_unit_test(test_unknown_words),
        cmocka_unit_test(test_packet_not_known), cmocka_unit_test(test_local_network),
        cmocka_unit_test(test_nftables),         cmocka_unit_test(test_later_place),
        cmocka_unit_test(test_earlier_place),    cmocka_unit_test(test_mark_not_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
