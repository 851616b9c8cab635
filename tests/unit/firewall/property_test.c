/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What must hold of every rule set: an unrelated rule changes nothing, a change and its inverse leave
 * everything as it was, rules that no packet meets both may change places, and comparing all ports by their
 * edges finds what comparing each by itself finds. Random rule sets, fixed seeds.
 */
#include "rig.h"

#include "plugins/firewall/edit.h"

#define ROUNDS  150
#define PACKETS 8

static uint64_t seed;

static uint32_t pick(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 33) % below;
}
#define ONE_OF(list) (list)[pick((uint32_t)(sizeof(list) / sizeof((list)[0])))]

static const struct fw_edit_place places[] = {
    {EDIT_CLUSTER, NULL}, {EDIT_NODE, NULL}, {EDIT_GUEST, "7"}, {EDIT_GROUP, "web"}};

static const char *source_of(void)
{
    static const char *const sources[] = {"",
                                          ", 'source': '192.0.2.0/24'",
                                          ", 'source': '192.0.2.9'",
                                          ", 'source': 'lan'",
                                          ", 'source': '+dc/admins'",
                                          ", 'source': '10.9.0.1-10.9.0.9'",
                                          ", 'source': '2001:db8::/32'"};
    return ONE_OF(sources);
}

static const char *match_of(void)
{
    static const char *const matches[] = {"",
                                          ", 'proto': 'tcp'",
                                          ", 'proto': 'tcp', 'dport': '22'",
                                          ", 'proto': 'tcp', 'dport': '20:25,80,443'",
                                          ", 'proto': 'udp', 'dport': '1:65535'",
                                          ", 'proto': 'udp', 'dport': '53,5404:5405'",
                                          ", 'proto': 'tcp', 'dport': '8006', 'sport': '1024:65535'",
                                          ", 'proto': 'tcp', 'dport': 'nosuchservice'",
                                          ", 'macro': 'SSH'",
                                          ", 'macro': 'Web'",
                                          ", 'macro': 'NoSuchMacro'",
                                          ", 'proto': 'icmp'"};
    return ONE_OF(matches);
}

/* A rule in quotes that rig_json understands. */
static void write_rule(char *out, size_t size, bool groups)
{
    static const char *const types[] = {"in", "in", "out"}, *const actions[] = {"ACCEPT", "DROP", "REJECT"};
    if (groups && pick(6) == 0) {
        (void)snprintf(out, size, "{'type': 'group', 'action': '%s', 'enable': %u}",
                       pick(4) ? "web" : "nosuch", pick(5) ? 1U : 0U);
        return;
    }
    (void)snprintf(out, size, "{'type': '%s', 'action': '%s', 'enable': %u%s%s}", ONE_OF(types),
                   ONE_OF(actions), pick(6) ? 1U : 0U, match_of(), source_of());
}

static void write_rules(char *out, size_t size, bool groups)
{
    size_t len = 0;
    const uint32_t count = pick(7);

    for (uint32_t i = 0; i < count; i++) {
        char rule[256];

        write_rule(rule, sizeof(rule), groups);
        len += (size_t)snprintf(out + len, size - len, "%s%s", i ? "," : "", rule);
    }
    out[len] = '\0';
}

static struct json_object *random_input(void)
{
    static const char *const policies[] = {"ACCEPT", "DROP", "REJECT"};
    char cluster[2000], host[2000], guest[2000], group[2000], text[10000];

    write_rules(cluster, sizeof(cluster), true);
    write_rules(host, sizeof(host), true);
    write_rules(guest, sizeof(guest), true);
    write_rules(group, sizeof(group), false);
    (void)snprintf(
        text, sizeof(text),
        RIG_HEAD
        "'cluster': {'options': {'enable': 1, 'policy_in': '%s', 'policy_out': '%s'}, 'rules': [%s], "
        "'aliases': [{'name': 'lan', 'cidr': '10.9.0.0/16'}], 'ipset': {'admins': [{'cidr': "
        "'192.0.2.0/24'}, {'cidr': '192.0.2.8/31', 'nomatch': 1}]}, 'groups': {'web': [%s]}}, 'host': "
        "{'options': {'nftables': %u}, 'rules': [%s]}, 'guests': {'7': {'options': {'enable': 1, "
        "'policy_in': '%s'}, 'rules': [%s], 'aliases': [], 'ipset': {}}}}",
        ONE_OF(policies), ONE_OF(policies), cluster, group, pick(8) ? 0U : 1U, host, ONE_OF(policies), guest);
    return rig_json(text);
}

/* From where a rule of `random_input` may speak of, and from elsewhere; to the node, to and from the guest.
 */
static void random_packet(struct fw_packet *ret)
{
    static const char *const sources[] = {"192.0.2.9", "192.0.2.77", "10.9.0.5", "10.9.9.7", "8.8.8.8"};
    static const char *const ways[] = {"'from': 'outside', 'to': 'host'", "'from': 'outside', 'to': 'vm7'",
                                       "'from': 'vm7', 'to': 'outside'", "'from': 'host', 'to': 'outside'"};
    const char *words = NULL;
    char text[400];

    (void)snprintf(text, sizeof(text),
                   "{%s, 'source': '%s', 'dest': '10.9.9.1', 'proto': '%s', 'dport': %u%s}", ONE_OF(ways),
                   ONE_OF(sources), pick(2) ? "tcp" : "udp", pick(9000), pick(3) ? ", 'sport': 40000" : "");
    struct json_object *json = rig_json(text);
    assert_int_equal(fw_packet_read(json, ret, &words), 0);
    json_object_put(json);
}

struct difference {
    size_t count;
    struct fw_change first;
};

static int count_change(const struct fw_change *change, void *data)
{
    struct difference *d = data;

    if (change->before == FW_UNKNOWN && change->after == FW_UNKNOWN)
        return 0; /* as unknown as it was */
    if (d->count++ == 0)
        d->first = *change;
    return 0;
}

/* No port of any of these packets is judged otherwise. */
static void expect_same(struct json_object *before, struct json_object *after, uint64_t round)
{
    struct fw_model *old = NULL, *new = NULL;
    struct fw_packet packets[PACKETS];
    struct difference d = {0};

    assert_int_equal(fw_model_build(before, &old), 0);
    assert_int_equal(fw_model_build(after, &new), 0);
    for (size_t i = 0; i < PACKETS; i++)
        random_packet(&packets[i]);
    assert_int_equal(fw_compare(old, new, packets, PACKETS, 0, 65535, count_change, &d), 0);
    if (d.count)
        print_error("round %llu: %zu changes, first at port %u: %s, then %s\n%s\n%s\n",
                    (unsigned long long)round, d.count, d.first.first, fw_verdict_word(d.first.before),
                    fw_verdict_word(d.first.after), json_object_to_json_string(before),
                    json_object_to_json_string(after));
    assert_int_equal(d.count, 0);
    for (size_t i = 0; i < PACKETS * 10; i++) {
        struct fw_result was, is;

        random_packet(&packets[0]);
        assert_int_equal(fw_evaluate(old, &packets[0], &was), 0);
        assert_int_equal(fw_evaluate(new, &packets[0], &is), 0);
        assert_int_equal(was.possible, is.possible);
    }
    fw_model_free(old);
    fw_model_free(new);
}

static struct json_object *edited(struct json_object *input, const struct fw_edit_place *place,
                                  const char *edits)
{
    struct json_object *json = rig_json(edits), *after = NULL;
    const char *words = NULL;
    const int r = fw_edit_apply(input, place, json, &after, &words);

    if (r)
        print_error("%d %s: %s\n", r, words ? words : "", edits);
    assert_int_equal(r, 0);
    json_object_put(json);
    return after;
}

static size_t rule_count(struct json_object *input, const struct fw_edit_place *place)
{
    static const char *const pointers[] = {"/cluster/rules", "/host/rules", "/guests/7/rules", "",
                                           "/cluster/groups/web"};
    struct json_object *list = NULL;

    assert_int_equal(json_pointer_get(input, pointers[place->scope], &list), 0);
    return json_object_array_length(list);
}

/* ---- the properties */

static void an_unrelated_rule_changes_nothing(void **state)
{
    (void)state;
    seed = 20261127;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        static const char *const others[] = {
            "'source': '198.18.0.0/15'", "'source': '203.0.113.1-203.0.113.9'",
            "'proto': 'sctp', 'dport': '22'", "'enable': 0", "'source': '2001:db8:9::/48'"};
        const struct fw_edit_place *place = &ONE_OF(places);
        struct json_object *before = random_input(), *after;
        char edits[512];
        const size_t count = rule_count(before, place);

        (void)snprintf(
            edits, sizeof(edits),
            "[{'part': 'rules', 'op': 'insert', 'value': {'type': 'in', 'action': 'DROP', 'enable': 1, %s}},"
            "{'part': 'rules', 'op': 'move', 'pos': 0, 'to': %u}]",
            ONE_OF(others), pick((uint32_t)count + 2));
        after = edited(before, place, edits);
        expect_same(before, after, round);
        json_object_put(before);
        json_object_put(after);
    }
}

/* An edit, and the one that takes it back. */
static bool random_edits(struct json_object *input, const struct fw_edit_place *place, char *there,
                         char *back, size_t size)
{
    const uint32_t count = (uint32_t)rule_count(input, place);
    const uint32_t pos = count ? pick(count) : 0, to = pick(count + 1), now = to > pos ? to - 1 : to;
    struct json_object *list = NULL;
    char rule[256];

    static const char *const pointers[] = {"/cluster/rules", "/host/rules", "/guests/7/rules", "",
                                           "/cluster/groups/web"};
    write_rule(rule, sizeof(rule), place->scope != EDIT_GROUP);
    (void)json_pointer_get(input, pointers[place->scope], &list);
    const char *old = count ? json_object_to_json_string(json_object_array_get_idx(list, pos)) : "";
    switch (pick(count ? 6 : 2)) {
    case 0:
        (void)snprintf(there, size, "[{'part': 'rules', 'op': 'insert', 'value': %s}]", rule);
        (void)snprintf(back, size, "[{'part': 'rules', 'op': 'remove', 'pos': 0}]");
        return true;
    case 1:
        if (place->scope != EDIT_CLUSTER)
            return false;
        (void)snprintf(
            there, size,
            "[{'part': 'options', 'op': 'set', 'value': {'enable': %u, 'ndp': 0}},"
            "{'part': 'aliases', 'op': 'put', 'name': 'LAN', 'value': {'cidr': '192.0.2.0/25'}},"
            "{'part': 'ipset', 'op': 'entry-remove', 'name': 'admins', 'value': {'cidr': '192.0.2.8/31'}},"
            "{'part': 'ipset', 'op': 'create', 'name': 'blacklist'},"
            "{'part': 'ipset', 'op': 'entry', 'name': 'blacklist', 'value': {'cidr': '8.8.8.8'}},"
            "{'part': 'groups', 'op': 'rename', 'name': 'web', 'to': 'nosuch'}]",
            pick(2));
        (void)snprintf(back, size,
                       "[{'part': 'groups', 'op': 'rename', 'name': 'nosuch', 'to': 'web'},"
                       "{'part': 'ipset', 'op': 'remove', 'name': 'blacklist'},"
                       "{'part': 'ipset', 'op': 'entry', 'name': 'admins', 'value': {'cidr': '192.0.2.8/31', "
                       "'nomatch': 1}},"
                       "{'part': 'aliases', 'op': 'put', 'name': 'lan', 'value': {'cidr': '10.9.0.0/16'}},"
                       "{'part': 'options', 'op': 'set', 'value': {'enable': 1}, 'delete': ['ndp']}]");
        return true;
    case 2:
        (void)snprintf(there, size, "[{'part': 'rules', 'op': 'replace', 'pos': %u, 'value': %s}]", pos,
                       rule);
        (void)snprintf(back, size, "[{'part': 'rules', 'op': 'replace', 'pos': %u, 'value': %s}]", pos, old);
        return true;
    case 3:
        (void)snprintf(there, size, "[{'part': 'rules', 'op': 'remove', 'pos': %u}]", pos);
        (void)snprintf(
            back, size,
            "[{'part': 'rules', 'op': 'insert', 'value': %s}, {'part': 'rules', 'op': 'move', 'pos': 0, "
            "'to': %u}]",
            old, pos + 1);
        return true;
    default:
        (void)snprintf(there, size, "[{'part': 'rules', 'op': 'move', 'pos': %u, 'to': %u}]", pos, to);
        (void)snprintf(back, size, "[{'part': 'rules', 'op': 'move', 'pos': %u, 'to': %u}]", now,
                       pos < now   ? pos
                       : pos > now ? pos + 1
                                   : pos);
        return true;
    }
}

static void a_change_and_its_inverse_change_nothing(void **state)
{
    (void)state;
    seed = 7;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        const struct fw_edit_place *place = &ONE_OF(places);
        struct json_object *before = random_input(), *between, *after;
        char there[2000], back[2000];

        if (!random_edits(before, place, there, back, sizeof(there))) {
            json_object_put(before);
            continue;
        }
        between = edited(before, place, there);
        after = edited(between, place, back);
        if (!json_object_equal(before, after) && !strstr(there, "entry"))
            print_error("round %llu: %s then %s\n", (unsigned long long)round, there, back);
        assert_true(strstr(there, "entry") || json_object_equal(before, after));
        expect_same(before, after, round);
        json_object_put(before);
        json_object_put(between);
        json_object_put(after);
    }
}

static void rules_that_no_packet_meets_both_may_change_places(void **state)
{
    static const struct {
        const char *first, *second;
    } pairs[] = {{"'source': '192.0.2.0/25'", "'source': '192.0.2.128/25'"},
                 {"'source': '10.9.0.0/24'", "'source': '192.0.2.9'"},
                 {"'proto': 'tcp', 'dport': '1:1000'", "'proto': 'tcp', 'dport': '1001:9000'"},
                 {"'proto': 'tcp'", "'proto': 'udp'"},
                 {"'source': '10.9.0.0/16'", "'source': '+dc/admins'"}};
    (void)state;
    seed = 99;
    for (uint64_t round = 0; round < ROUNDS; round++) {
        static const char *const actions[] = {"ACCEPT", "DROP", "REJECT"};
        const struct fw_edit_place *place = &ONE_OF(places);
        struct json_object *input = random_input(), *one, *other;
        const size_t pair = pick(sizeof(pairs) / sizeof(pairs[0]));
        char first[512], edits[2000];

        (void)snprintf(
            first, sizeof(first),
            "[{'part': 'rules', 'op': 'insert', 'value': {'type': 'in', 'action': '%s', 'enable': 1, %s}},"
            "{'part': 'rules', 'op': 'insert', 'value': {'type': 'in', 'action': '%s', 'enable': 1, %s}}",
            ONE_OF(actions), pairs[pair].first, ONE_OF(actions), pairs[pair].second);
        (void)snprintf(edits, sizeof(edits), "%s]", first);
        one = edited(input, place, edits);
        (void)snprintf(edits, sizeof(edits), "%s, {'part': 'rules', 'op': 'move', 'pos': 0, 'to': 2}]",
                       first);
        other = edited(input, place, edits);
        expect_same(one, other, round);
        json_object_put(input);
        json_object_put(one);
        json_object_put(other);
    }
}

/* ---- edges */

static int mark_change(const struct fw_change *change, void *data)
{
    uint8_t *changed = data;

    for (uint32_t port = change->first; port <= change->last; port++)
        changed[port] = 1;
    return 0;
}

static void all_ports_by_their_edges_are_as_each_by_itself(void **state)
{
    static uint8_t changed[65536];
    (void)state;
    seed = 4711;
    for (uint64_t round = 0; round < 40; round++) {
        struct json_object *before = random_input(), *after = random_input();
        struct fw_model *old = NULL, *new = NULL;
        struct fw_packet packet;

        random_packet(&packet);
        assert_int_equal(fw_model_build(before, &old), 0);
        assert_int_equal(fw_model_build(after, &new), 0);
        memset(changed, 0, sizeof(changed));
        assert_int_equal(fw_compare(old, new, &packet, 1, 0, 65535, mark_change, changed), 0);
        for (uint32_t port = 0; port < 65536; port += port < 9000 || port > 59900 ? 1 : 13) {
            struct fw_result was, is;

            packet.dport = (int)port;
            assert_int_equal(fw_evaluate(old, &packet, &was), 0);
            assert_int_equal(fw_evaluate(new, &packet, &is), 0);
            const bool told = was.possible != is.possible || was.verdict == FW_UNKNOWN;

            if (changed[port] != told)
                print_error("round %llu, port %u\n", (unsigned long long)round, port);
            assert_int_equal(changed[port], told);
        }
        fw_model_free(old);
        fw_model_free(new);
        json_object_put(before);
        json_object_put(after);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_unrelated_rule_changes_nothing),
        cmocka_unit_test(a_change_and_its_inverse_change_nothing),
        cmocka_unit_test(rules_that_no_packet_meets_both_may_change_places),
        cmocka_unit_test(all_ports_by_their_edges_are_as_each_by_itself),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
