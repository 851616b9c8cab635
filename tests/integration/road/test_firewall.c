/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firewall lists that others change as well: between a change and its way back somebody adds a rule, and the
 * rule in question is found again by its content; what cannot be told apart is refused. And the redo.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "road.h"

#define RULES "/cluster/firewall/rules"

static const struct row {
    const char *tool, *arguments, *subject, *rules;
    const char *form;    /* of a rule that somebody adds before the way back; NULL: nobody does */
    const char *refused; /* what the way back is refused with; NULL: it is not */
    bool redo;
} rows[] = {
    {"pve_firewall_rule_add",
     "{\"scope\":\"cluster\",\"action\":\"ACCEPT\",\"proto\":\"tcp\",\"dport\":\"443\"}", "firewall/cluster",
     RULES, "type=in&action=DROP&comment=other", NULL, false},
    {"pve_firewall_rule_add",
     "{\"scope\":\"cluster\",\"action\":\"ACCEPT\",\"proto\":\"tcp\",\"dport\":\"443\"}", "firewall/cluster",
     RULES, "type=in&action=ACCEPT&proto=tcp&dport=443&enable=1", "2 times", false},
    {"pve_firewall_rule_add",
     "{\"scope\":\"cluster\",\"action\":\"ACCEPT\",\"proto\":\"tcp\",\"dport\":\"443\"}", "firewall/cluster",
     RULES, NULL, NULL, true},
    {"pve_firewall_rule_remove", "{\"scope\":\"cluster\",\"pos\":1}", "firewall/cluster", RULES,
     "type=in&action=DROP&comment=other", NULL, false},
    {"pve_firewall_rule_remove", "{\"scope\":\"cluster\",\"pos\":2}", "firewall/cluster", RULES, NULL, NULL,
     true},
    {"pve_firewall_rule_remove", "{\"vmid\":\"101\",\"pos\":1}", "guest/101",
     "/nodes/pve2/qemu/101/firewall/rules", "type=in&action=DROP", NULL, false},
    {"pve_firewall_rule_update",
     "{\"scope\":\"cluster\",\"pos\":1,\"enable\":false,\"delete\":[\"comment\"]}", "firewall/cluster", RULES,
     "type=in&action=DROP", NULL, false},
    {"pve_firewall_rule_update", "{\"node\":\"pve1\",\"pos\":0,\"enable\":false}", "node/pve1",
     "/nodes/pve1/firewall/rules", NULL, NULL, true},
    {"pve_firewall_rule_move", "{\"scope\":\"cluster\",\"pos\":1,\"to\":2}", "firewall/cluster", RULES,
     "type=in&action=DROP", NULL, false},
    {"pve_firewall_rule_move", "{\"group\":\"database\",\"pos\":1,\"to\":0}", "firewall-group/database",
     "/cluster/firewall/groups/database", NULL, NULL, true},
};

/* The rules without what differs by itself, from the `skip`th on. The caller's. */
static struct json_object *rules_of(struct road *road, const char *path, size_t skip)
{
    struct json_object *data = NULL, *rest = json_object_new_array();
    assert_int_equal(road_api(road, "GET", path, NULL, &data), 200);
    for (size_t i = skip; i < json_object_array_length(data); i++) {
        struct json_object *rule = json_object_array_get_idx(data, i);
        json_object_object_del(rule, "digest");
        json_object_object_del(rule, "pos");
        json_object_array_add(rest, json_object_get(rule));
    }
    json_object_put(data);
    return rest;
}

static void expect_rules(struct road *road, const char *path, size_t skip, struct json_object *wanted)
{
    struct json_object *now = rules_of(road, path, skip);
    if (!json_object_equal(now, wanted))
        fail_msg("%s is %s\n    instead of %s", path, json_object_to_json_string(now),
                 json_object_to_json_string(wanted));
    json_object_put(now);
}

static void applied(struct server *server, struct json_object *plan, const char *subject)
{
    bool failed = true;
    server->person = subject;
    struct json_object *answer = plan_apply(server, plan, &failed);
    if (failed)
        print_error("%s\n", json_object_to_json_string(answer));
    expect(answer, "/outcome", "ok");
    json_object_put(answer);
}

static struct json_object *way_back(struct server *server, struct json_object *plan, bool *ret_failed)
{
    char arguments[120];
    (void)snprintf(arguments, sizeof(arguments), "{\"plan_id\":\"%s\"}", at(plan, "/plan_id"));
    return server_tool(server, "proximo_undo", arguments, ret_failed);
}

static void one_row(struct road *road, struct server *server, const struct row *row)
{
    struct json_object *before = rules_of(road, row->rules, 0);
    struct json_object *plan = plan_make(server, row->tool, row->arguments);
    bool failed = false;
    applied(server, plan, row->subject);
    struct json_object *after = rules_of(road, row->rules, 0);
    if (row->form)
        assert_int_equal(road_api(road, "POST", row->rules, row->form, NULL), 200);
    struct json_object *back = way_back(server, plan, &failed);
    if (row->refused) {
        if (!failed || !strstr(json_object_to_json_string(back), row->refused))
            fail_msg("%s", json_object_to_json_string(back));
    } else {
        if (failed)
            fail_msg("%s: %s", row->tool, json_object_to_json_string(back));
        applied(server, back, row->subject);
        expect_rules(road, row->rules, row->form ? 1 : 0, before);
    }
    if (row->redo) {
        struct json_object *again = way_back(server, back, &failed);
        if (failed)
            fail_msg("%s: %s", row->tool, json_object_to_json_string(again));
        applied(server, again, row->subject);
        expect_rules(road, row->rules, 0, after);
        json_object_put(again);
    }
    json_object_put(back);
    json_object_put(after);
    json_object_put(plan);
    json_object_put(before);
}

static void test_lists(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct road road;
        struct server server;
        road_start(&road, NULL, "");
        server_start(&road, &server, NULL);
        one_row(&road, &server, &rows[i]);
        (void)server_stop(&server);
        road_stop(&road);
    }
}

/* A position is only good for a list: the diff says which rule was meant, and which stands there now. */
static void test_position(void **state)
{
    (void)state;
    struct road road;
    struct server server;
    bool failed = false;
    road_start(&road, NULL, "");
    server_start(&road, &server, NULL);
    struct json_object *before = rules_of(&road, RULES, 0);
    struct json_object *plan =
        plan_make(&server, "pve_firewall_rule_remove", "{\"scope\":\"cluster\",\"pos\":1}");
    assert_int_equal(road_api(&road, "POST", RULES, "type=in&action=DROP&comment=other", NULL), 200);
    server.person = "firewall/cluster";
    struct json_object *answer = plan_apply(&server, plan, &failed);
    const char *text =
        json_object_to_json_string_ext(answer, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    if (!strstr(text, "{\"guard\":\"" RULES
                      "/1\",\"field\":\"/comment\",\"planned\":\"web interface\",\"now\":\"ssh\"}"))
        fail_msg("%s", text);
    expect_code(answer, &failed, "PX-DRIFT");
    expect_rules(&road, RULES, 1, before);
    json_object_put(before);
    json_object_put(plan);
    (void)server_stop(&server);
    road_stop(&road);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_lists), cmocka_unit_test(test_position)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
