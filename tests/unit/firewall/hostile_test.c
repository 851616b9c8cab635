/* SPDX-License-Identifier: Apache-2.0 */
/* Input that nobody means well with: wrong types, endless lists, odd text. None of it may crash or take long.
 */
#include <time.h>

#include "rig.h"

static void test_wrong_types(void **state)
{
    static const char *const texts[] = {
        "[]",
        "7",
        "'x'",
        "{'nics': 7}",
        "{'nics': [7]}",
        "{'nics': [{'vmid': -1}]}",
        "{'nics': [{'vmid': 7, 'nets': []}]}",
        "{'cluster': []}",
        "{'cluster': {'rules': {}}}",
        "{'cluster': {'aliases': 7}}",
        "{'cluster': {'ipset': []}}",
        "{'cluster': {'groups': []}}",
        "{'cluster': {'groups': {'a': 7}}}",
        "{'vnets': []}",
        "{'sdn_ipsets': 7}",
        "{'local_network': 'here'}",
        "{'corosync': 7}",
        "{'corosync': {'nodes': [7]}}",
        "{'nics': [], 'guests': 7, 'host': 7}",
    };
    struct fw_model *model = NULL;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        assert_int_equal(rig_try(texts[i], &model), -EINVAL);
        assert_null(model);
    }
}

#define ACCEPT_WITH(rest) "{'type': 'in', 'action': 'ACCEPT', " rest "}"

/* Odd members inside of the right lists are rules and entries that take no effect, or are unknown. */
static void test_odd_members(void **state)
{
    static const char *const members[] = {
        "7",
        "null",
        "[]",
        "'x'",
        "{}",
        "{'type': 7}",
        "{'type': 'in', 'action': []}",
        ACCEPT_WITH("'source': ',,,'"),
        ACCEPT_WITH("'source': '+'"),
        ACCEPT_WITH("'dport': ',', 'proto': 'tcp'"),
        ACCEPT_WITH("'iface': ''"),
        "{'type': 'group', 'action': '/'}",
        ACCEPT_WITH("'macro': '(', 'proto': 'x'"),
        ACCEPT_WITH("'source': '-'"),
        ACCEPT_WITH("'dest': '10.0.0.1/'"),
        ACCEPT_WITH("'source': {}"),
        ACCEPT_WITH("'enable': 'x', 'proto': 'tcp', 'dport': '99999999999999999999999'"),
        ACCEPT_WITH("'proto': 'icmp', 'icmp-type': '0', 'dport': '999'"),
    };
    char text[4096];

    (void)state;
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        (void)snprintf(text, sizeof(text),
                       "%s'cluster': {'options': {'enable': 1}, 'rules': [%s], 'aliases': [%s], 'ipset': "
                       "{'a': [%s], '': null}, 'groups': {'g': [%s], '': []}}," RIG_HOST ",'guests': {'7': "
                       "{'options': {'enable': 1}, 'rules': [%s], 'ipset': {'ipfilter-net0': [%s]}}}}",
                       RIG_HEAD, members[i], members[i], members[i], members[i], members[i], members[i]);
        struct fw_model *model = rig_model(text);

        (void)rig_evaluate(model, RIG_TO_HOST("tcp", ", 'dport': 80, 'sport': 4000"));
        (void)rig_evaluate(model, RIG_TO_GUEST("udp", ""));
        (void)rig_evaluate(model,
                           "{'from': 'vm7', 'to': 'host', 'source': '::1', 'dest': '::2', 'proto': 58}");
        fw_model_free(model);
    }
}

static struct json_object *many_rules(size_t count, const char *text)
{
    struct json_object *list = json_object_new_array(), *rule = rig_json(text);

    for (size_t i = 0; i < count; i++)
        assert_int_equal(json_object_array_add(list, json_object_get(rule)), 0);
    json_object_put(rule);
    return list;
}

static double seconds(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int build_with(size_t rules, size_t lines, struct fw_model **ret_model)
{
    struct json_object *input = rig_json(RIG_HEAD RIG_CLUSTER "," RIG_HOST "," RIG_GUEST "}");
    struct json_object *cluster = json_object_object_get(input, "cluster");

    (void)json_object_object_add(cluster, "rules", many_rules(lines, "{'type': 'group', 'action': 'big'}"));
    (void)json_object_object_add(json_object_object_get(cluster, "groups"), "big",
                                 many_rules(rules,
                                            "{'type': 'in', 'action': 'ACCEPT', 'proto': 'tcp', 'dport': "
                                            "'1,2,3,4,5:6', 'source': '10.0.0.0/8,172.16.0.0/12'}"));
    int r = fw_model_build(input, ret_model);
    json_object_put(input);
    return r;
}

static void test_many(void **state)
{
    struct fw_model *model = NULL;
    double start = seconds();

    (void)state;
    assert_int_equal(build_with(FW_RULES_MOST + 1, 1, &model), -E2BIG);
    assert_int_equal(build_with(10000, 100, &model), 0);
    assert_int_equal(rig_evaluate(model, RIG_TO_HOST("tcp", ", 'dport': 80, 'sport': 4000")).verdict,
                     FW_DROP);
    fw_model_free(model);
    assert_true(seconds() - start < 20.0);
}

static void test_long_text(void **state)
{
    char *text = malloc(200000);
    size_t used;

    (void)state;
    assert_non_null(text);
    used =
        (size_t)snprintf(text, 200000,
                         "%s'cluster': {'options': {'enable': 1}, 'aliases': [], 'ipset': {}, 'groups': {}, "
                         "'rules': [{'type': 'in', 'action': 'ACCEPT', 'proto': 'tcp', 'dport': '",
                         RIG_HEAD);
    for (size_t i = 0; i < 1000; i++)
        used += (size_t)snprintf(text + used, 200000 - used, "http,");
    (void)snprintf(text + used, 200000 - used, "http'}]}," RIG_HOST "}");
    /* Longer than what a file's line may be: the rule is not taken for one without ports. */
    assert_int_equal(rig_verdict(text, RIG_TO_HOST("tcp", ", 'dport': 81, 'sport': 4000")), FW_UNKNOWN);
    assert_int_equal(rig_verdict(text, RIG_TO_HOST("udp", ", 'dport': 81, 'sport': 4000")), FW_DROP);
    free(text);
}

static void test_bad_packets(void **state)
{
    static const char *const texts[] = {
        "{}",
        "[]",
        "{'from': 'host'}",
        RIG_TO_HOST("nosuch", ""),
        RIG_TO_HOST("tcp", ", 'dport': 65536"),
        RIG_TO_HOST("icmp", ", 'icmp_type': 'nosuch'"),
        RIG_TO_HOST("icmp", ", 'itype': 256"),
        RIG_TO_HOST("tcp", ", 'mac': 'x'"),
        RIG_TO_HOST("tcp", ", 'dsttype': 'x'"),
        "{'from': '', 'to': 'host', 'source': '1.1.1.1', 'dest': '1.1.1.2', 'proto': 'tcp'}",
        "{'from': 'vm7i', 'to': 'host', 'source': '1.1.1.1', 'dest': '1.1.1.2', 'proto': 'tcp'}",
        "{'from': 'host', 'to': 'host', 'source': '1.1.1.1', 'dest': '::1', 'proto': 'tcp'}",
        "{'from': 'abcdefghijklmnopqrstuvwxyzabcdefghijklmnop', 'to': 'host', 'source': '1.1.1.1', 'dest': "
        "'1.1.1.2', 'proto': "
        "'tcp'}",
    };
    struct fw_model *model = rig_model(RIG_HEAD RIG_CLUSTER "," RIG_HOST "}");
    struct fw_packet packet;
    struct fw_result result;
    const char *words;

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        struct json_object *input = rig_json(texts[i]);

        words = NULL;
        assert_int_equal(fw_packet_read(input, &packet, &words), -EINVAL);
        assert_non_null(words);
        json_object_put(input);
    }
    struct json_object *input =
        rig_json("{'from': 'vm8', 'to': 'host', 'source': '1.1.1.1', 'dest': '1.1.1.2', 'proto': 6}");
    assert_int_equal(fw_packet_read(input, &packet, &words), 0);
    assert_int_equal(fw_evaluate(model, &packet, &result), -EINVAL);
    json_object_put(input);
    fw_model_free(model);
}

/* Random bytes put into a good configuration: whatever comes out, it comes out. */
static void test_random(void **state)
{
    static const char good[] = RIG_HEAD
        "'cluster': {'options': {'enable': 1}, 'rules': [{'type': 'in', 'action': 'ACCEPT', 'source': "
        "'10.0.0.1-10.0.0.9', 'proto': 'tcp', 'dport': '22,80:90'}, {'type': 'group', 'action': 'web'}], "
        "'aliases': "
        "[{'name': 'aa', 'cidr': '10.0.0.0/8'}], 'ipset': {'ss': [{'cidr': 'aa'}, {'cidr': '!1.1.1.1'}]}, "
        "'groups': "
        "{'web': [{'type': 'in', 'action': 'DROP', 'source': '+ss', 'macro': 'Ping'}]}}," RIG_HOST
        "," RIG_GUEST "}";
    static const char bytes[] = "0123456789,:/-+.abz'{}[] ";
    char text[sizeof(good)];

    (void)state;
    srandom(4711);
    for (size_t round = 0; round < 20000; round++) {
        struct fw_model *model = NULL;

        memcpy(text, good, sizeof(good));
        for (size_t i = 0; i < 3; i++)
            text[(size_t)random() % (sizeof(good) - 1)] = bytes[(size_t)random() % (sizeof(bytes) - 1)];
        for (char *at = text; *at; at++)
            *at = *at == '\'' ? '"' : *at;
        struct json_object *input = json_tokener_parse(text);
        if (input && fw_model_build(input, &model) == 0) {
            struct json_object *packet_text = rig_json(RIG_TO_HOST("tcp", ", 'dport': 80"));
            struct fw_packet packet;
            struct fw_result result;
            const char *words;

            assert_int_equal(fw_packet_read(packet_text, &packet, &words), 0);
            assert_int_equal(fw_evaluate(model, &packet, &result), 0);
            json_object_put(packet_text);
            fw_model_free(model);
        }
        json_object_put(input);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_wrong_types), cmocka_unit_test(test_odd_members), cmocka_unit_test(test_many),
        cmocka_unit_test(test_long_text),   cmocka_unit_test(test_bad_packets), cmocka_unit_test(test_random),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
