/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Firewalls of the simulator: positions, what is off by default, digests, names and their references, line
 * breaks in comments, who may change what.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <curl/curl.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "asks.h"

#define RULES    "/cluster/firewall/rules"
#define GUEST    "/nodes/pve1/lxc/106/firewall"
#define SETS     "/cluster/firewall/ipset"
#define ALIASES  "/cluster/firewall/aliases"
#define FIREWALL "/cluster/firewall/options"
#define CHANGED  "detected modified configuration - file changed by other user? Try again.\n"

static int demo(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--task-ms", "20", NULL};

    return begin(state, arguments);
}

static int old_release(void **state)
{
    static const char *const arguments[] = {"--seed", "demo", "--release", "8.4", NULL};

    return begin(state, arguments);
}

/* The comments of a list of rules, in order. */
static void order(struct fixture *fixture, const char *path, const char *expected)
{
    struct answer answer;
    struct json_object *list;
    char text[200] = "";

    assert_int_equal(send_it(fixture, "GET", path, "{}", &answer), 0);
    list = member(answer.root, "data");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        strncat(text, text_of(json_object_array_get_idx(list, i), "comment", "-"),
                sizeof text - strlen(text) - 1);
        strncat(text, " ", sizeof text - strlen(text) - 1);
    }
    answer_done(&answer);
    assert_string_equal(text, expected);
}

static void add(struct fixture *fixture, const char *path, const char *comment)
{
    char params[200];

    (void)snprintf(params, sizeof params,
                   "{\"type\": \"in\", \"action\": \"ACCEPT\", \"pos\": \"9\", \"comment\": \"%s\"}",
                   comment);
    done(fixture, "POST", path, params);
}

static void test_positions(void **state)
{
    struct fixture *fixture = *state;

    add(fixture, GUEST "/rules", "a");
    add(fixture, GUEST "/rules", "b");
    add(fixture, GUEST "/rules", "c");
    order(fixture, GUEST "/rules", "c b a ");
    is(fixture, GUEST "/rules", "data.0.enable", "0");
    /* To before the rule that stands there now; what comes beside is not looked at. */
    done(fixture, "PUT", GUEST "/rules/0", "{\"moveto\": \"2\", \"comment\": \"x\"}");
    order(fixture, GUEST "/rules", "b c a ");
    done(fixture, "PUT", GUEST "/rules/2", "{\"moveto\": \"0\"}");
    order(fixture, GUEST "/rules", "a b c ");
    done(fixture, "PUT", GUEST "/rules/0", "{\"moveto\": \"77\"}");
    order(fixture, GUEST "/rules", "b c a ");
    done(fixture, "PUT", GUEST "/rules/1", "{\"enable\": \"1\", \"delete\": \"comment\"}");
    order(fixture, GUEST "/rules", "b - a ");
    is(fixture, GUEST "/rules/1", "data.enable", "1");
    done(fixture, "DELETE", GUEST "/rules/0", "{}");
    order(fixture, GUEST "/rules", "- a ");
    refused(fixture, "DELETE", GUEST "/rules/2", "{}", "no rule at position 2\n");
    refused(fixture, "PUT", GUEST "/rules/2", "{\"moveto\": \"0\"}", "no rule at position 2\n");
}

static void test_digests(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *digest = value(fixture, "GET", RULES, "{}", "data.0.digest");
    char params[200];

    (void)snprintf(params, sizeof params, "{\"type\": \"in\", \"action\": \"DROP\", \"digest\": \"%s\"}",
                   digest);
    done(fixture, "POST", RULES, params);
    /* The one that was read before is not true any more, and a new rule does not care. */
    done(fixture, "POST", RULES, params);
    (void)snprintf(params, sizeof params, "{\"comment\": \"x\", \"digest\": \"%s\"}", digest);
    refused(fixture, "PUT", RULES "/0", params, CHANGED);
    (void)snprintf(params, sizeof params, "{\"digest\": \"%s\"}", digest);
    refused(fixture, "DELETE", RULES "/0", params, CHANGED);
    refused(fixture, "PUT", FIREWALL, params, CHANGED);
    refused(fixture, "DELETE", ALIASES "/lan", params, CHANGED);
    refused(fixture, "DELETE", SETS "/admins/10.10.10.5", params, CHANGED);
    free(digest);
    digest = value(fixture, "GET", RULES "/0", "{}", "data.digest");
    (void)snprintf(params, sizeof params, "{\"digest\": \"%s\"}", digest);
    done(fixture, "DELETE", RULES "/0", params);
}

static void test_options(void **state)
{
    struct fixture *fixture = *state;
    FREE_WITH(free_text) char *enable = NULL;
    const int64_t now = (int64_t)time(NULL);
    struct json_object *number;

    bad_param(fixture, "PUT", FIREWALL, "{\"delete\": \"nosuch\"}", "delete", "no such option 'nosuch'");
    done(fixture, "PUT", FIREWALL, "{\"delete\": \"policy_in ebtables\"}");
    is(fixture, FIREWALL, "data.policy_in", "(none)");
    done(fixture, "PUT", FIREWALL, "{\"enable\": \"0\"}");
    is(fixture, FIREWALL, "data.enable", "0");
    /* More than one is a time: the firewall is on from then, for a minute. */
    done(fixture, "PUT", FIREWALL, "{\"enable\": \"2\"}");
    enable = value(fixture, "GET", FIREWALL, "{}", "data.enable");
    number = json_tokener_parse(enable);
    assert_in_range(json_object_get_int64(number), now, now + 60);
    json_object_put(number);
    done(fixture, "PUT", FIREWALL, "{\"log_ratelimit\": \"enable=1,rate=5/minute,burst=9\"}");
    bad_param(fixture, "PUT", GUEST "/options", "{\"policy_forward\": \"DROP\"}", "policy_forward",
              "property is not defined in schema and the schema does not allow additional properties");
    is(fixture, GUEST "/options", "data.enable", "(none)");
}

static void test_names(void **state)
{
    struct fixture *fixture = *state;

    bad_param(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"source\": \"+nosuch\"}",
              "source", "no such ipset 'nosuch'");
    bad_param(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"dest\": \"nosuch\"}",
              "dest", "no such alias 'nosuch'");
    bad_param(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"macro\": \"Nope\"}",
              "macro", "unknown macro 'Nope'");
    bad_param(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"dport\": \"22\"}",
              "proto", "missing property - 'dport' requires this property");
    bad_param(fixture, "POST", RULES,
              "{\"type\": \"in\", \"action\": \"ACCEPT\", \"source\": \"lan\", \"dest\": \"fd00::1\"}",
              "dest", "detected mixed ipv4/ipv6 addresses in rule");
    done(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"macro\": \"ssh\"}");
    is(fixture, RULES "/0", "data.macro", "SSH");
    bad_param(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"dport\": \"22\"}",
              "dport", "protocol '' does not support ports");
    bad_param(fixture, "POST", RULES,
              "{\"type\": \"in\", \"action\": \"ACCEPT\", \"macro\": \"DNS\", \"proto\": \"udp\"}", "proto",
              "parameter 'proto' already define in macro (value = 'tcp')");
    bad_param(fixture, "POST", RULES, "{\"type\": \"forward\", \"action\": \"REJECT\"}", "action",
              "cannot define REJECT rules on forward chain");
    bad_param(fixture, "POST", RULES,
              "{\"type\": \"in\", \"action\": \"ACCEPT\", \"proto\": \"icmp\", \"icmp-type\": "
              "\"packet-too-big\"}",
              "icmp-type", "invalid icmp-type 'packet-too-big' for proto 'icmp'");
    /* A group that is not there is found out later. */
    done(fixture, "POST", RULES, "{\"type\": \"group\", \"action\": \"nosuch\"}");
    bad_param(fixture, "POST", "/cluster/sdn/vnets/labnet/firewall/rules",
              "{\"type\": \"out\", \"action\": \"ACCEPT\"}", "type",
              "invalid rule type 'out' for rule_env 'vnet'");
    /* A guest's own names come first, the datacenter's after them. */
    done(fixture, "POST", "/nodes/pve2/qemu/101/firewall/rules",
         "{\"type\": \"in\", \"action\": \"ACCEPT\", \"source\": \"replica\"}");
    done(fixture, "POST", "/nodes/pve2/qemu/101/firewall/rules",
         "{\"type\": \"in\", \"action\": \"ACCEPT\", \"source\": \"guest/REPLICA\"}");
    bad_param(fixture, "POST", RULES, "{\"type\": \"in\", \"action\": \"ACCEPT\", \"source\": \"replica\"}",
              "source", "no such alias 'replica'");
}

static void test_aliases(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", ALIASES, "{\"name\": \"Six\", \"cidr\": \"fd00::/8\", \"comment\": \"c\"}");
    is(fixture, ALIASES "/six", "data.ipversion", "6");
    bad_param(fixture, "POST", ALIASES, "{\"name\": \"SIX\", \"cidr\": \"fd00::/8\"}", "name",
              "alias 'SIX' already exists");
    bad_param(fixture, "PUT", ALIASES "/Six", "{\"rename\": \"seven\"}", "cidr",
              "property is missing and it is not optional");
    done(fixture, "PUT", ALIASES "/Six", "{\"cidr\": \"10.7.0.0/16\", \"rename\": \"seven\"}");
    is(fixture, ALIASES "/seven", "data.comment", "(none)");
    is(fixture, ALIASES "/seven", "data.ipversion", "4");
    bad_param(fixture, "PUT", ALIASES "/seven", "{\"cidr\": \"10.7.0.0/16\", \"rename\": \"lan\"}", "name",
              "alias 'lan' already exists");
    bad_param(fixture, "GET", ALIASES "/Six", "{}", "name", "no such alias");
    done(fixture, "DELETE", ALIASES "/seven", "{}");
    done(fixture, "DELETE", ALIASES "/seven", "{}");
}

static void test_sets(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", SETS, "{\"name\": \"Web\", \"comment\": \"c\"}");
    is(fixture, SETS, "data.?name=web.comment", "c");
    done(fixture, "POST", SETS "/web", "{\"cidr\": \"10.1.2.3/16\", \"nomatch\": \"1\", \"comment\": \"n\"}");
    is(fixture, SETS "/web", "data.0.cidr", "10.1.0.0/16");
    done(fixture, "POST", SETS "/web", "{\"cidr\": \"10.1.2.3/32\"}");
    is(fixture, SETS "/web/10.1.2.3", "data.cidr", "10.1.2.3");
    bad_param(fixture, "POST", SETS "/web", "{\"cidr\": \"::/0\"}", "cidr",
              "a zero prefix is not allowed in ipset entries");
    refused(fixture, "POST", SETS "/web", "{\"cidr\": \"dc/nosuch\"}", "no such alias 'dc/nosuch'\n");
    done(fixture, "POST", SETS "/web", "{\"cidr\": \"dc/lan\"}");
    /* What is not said again is gone. */
    done(fixture, "PUT", SETS "/web/10.1.0.0/16", "{\"comment\": \"m\"}");
    is(fixture, SETS "/web/10.1.0.0/16", "data.nomatch", "(none)");
    bad_param(fixture, "POST", SETS, "{\"name\": \"web\", \"rename\": \"admins\"}", "name",
              "IPSet 'web' does already exist");
    refused(fixture, "DELETE", SETS "/web", "{}", "IPSet 'web' is not empty\n");
    done(fixture, "DELETE", SETS "/web/10.9.9.9", "{}");
    done(fixture, "DELETE", SETS "/web", "{\"force\": \"1\"}");
    refused(fixture, "GET", SETS "/web", "{}", "no such IPSet 'web'\n");
}

/* What rules refer to can be taken away under them; they say so then, and nothing else does. */
static void test_gone(void **state)
{
    struct fixture *fixture = *state;

    is(fixture, RULES "/1", "data.errors", "(none)");
    done(fixture, "DELETE", ALIASES "/lan", "{}");
    is(fixture, RULES "/1", "data.errors.source", "no such alias 'dc/lan'");
    is(fixture, "/nodes/pve1/lxc/105/firewall/rules", "data.0.errors.source", "no such alias 'dc/lan'");
    done(fixture, "PUT", RULES "/1", "{\"source\": \"10.10.10.0/24\"}");
    is(fixture, RULES "/1", "data.errors", "(none)");
    is(fixture, RULES "/1", "data.ipversion", "4");
}

/* The second line of a comment is a line of the file: it may be a rule of its own, and a broken one stands in
 * the way of every further change but its own deletion. */
static void test_line_breaks(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "POST", GUEST "/rules",
         "{\"type\": \"in\", \"action\": \"DROP\", \"comment\": \"one\\nIN SSH(ACCEPT) -source 10.9.9.9 # "
         "two\"}");
    order(fixture, GUEST "/rules", "one two ");
    is(fixture, GUEST "/rules/1", "data.macro", "SSH");
    is(fixture, GUEST "/rules/1", "data.enable", "1");
    is(fixture, GUEST "/rules/1", "data.source", "10.9.9.9");
    done(fixture, "PUT", GUEST "/rules/0", "{\"comment\": \"three\\n\\n|so it is\"}");
    order(fixture, GUEST "/rules", "three two ");
    done(fixture, "PUT", GUEST "/rules/0", "{\"comment\": \"three\\n|so it\"}");
    is(fixture, GUEST "/rules/1", "data.errors.type", "invalid rule type 'so' for rule_env 'ct'");
    is(fixture, GUEST "/rules/1", "data.enable", "0");
    refused(fixture, "PUT", GUEST "/options", "{\"enable\": \"1\"}",
            "unknown rule type 'so' at /usr/share/perl5/PVE/Firewall.pm line 3731.\n");
    order(fixture, GUEST "/rules", "three - two ");
    done(fixture, "DELETE", GUEST "/rules/1", "{}");
    done(fixture, "PUT", GUEST "/options", "{\"enable\": \"1\"}");
}

static void test_rights(void **state)
{
    struct fixture *fixture = *state;
    static const char rule[] = "{\"type\": \"in\", \"action\": \"ACCEPT\"}";

    tells_narrow(fixture, "POST", RULES, rule, 403, "Permission check failed (/, Sys.Modify)\n");
    tells_narrow(fixture, "POST", "/nodes/pve1/firewall/rules", rule, 403,
                 "Permission check failed (/nodes/pve1, Sys.Modify)\n");
    tells_narrow(fixture, "POST", GUEST "/rules", rule, 403,
                 "Permission check failed (/vms/106, VM.Config.Network)\n");
    tells_narrow(fixture, "POST", GUEST "/ipset", "{\"name\": \"web\"}", 403,
                 "Permission check failed (/vms/106, VM.Config.Network)\n");
    tells_narrow(fixture, "POST", "/cluster/sdn/vnets/labnet/firewall/rules", rule, 403,
                 "Permission check failed (/sdn/zones/lab/labnet, SDN.Allocate)\n");
    tells_narrow(fixture, "GET", "/nodes/pve1/lxc/105/firewall/ipset", "{}", 200, "[ ]");
    tells_narrow(fixture, "GET", RULES, "{}", 403, "Permission check failed (/, Sys.Audit)\n");
}

/* Both releases have firewalls of vnets. */
static void test_old_release(void **state)
{
    struct fixture *fixture = *state;

    done(fixture, "PUT", "/cluster/sdn/vnets/labnet/firewall/options", "{\"enable\": \"0\"}");
    add(fixture, GUEST "/rules", "a");
    order(fixture, GUEST "/rules", "a ");
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_positions, demo, end),
        cmocka_unit_test_setup_teardown(test_digests, demo, end),
        cmocka_unit_test_setup_teardown(test_options, demo, end),
        cmocka_unit_test_setup_teardown(test_names, demo, end),
        cmocka_unit_test_setup_teardown(test_aliases, demo, end),
        cmocka_unit_test_setup_teardown(test_sets, demo, end),
        cmocka_unit_test_setup_teardown(test_gone, demo, end),
        cmocka_unit_test_setup_teardown(test_line_breaks, demo, end),
        cmocka_unit_test_setup_teardown(test_rights, demo, end),
        cmocka_unit_test_setup_teardown(test_old_release, old_release, end),
    };
    int r;

    (void)curl_global_init(CURL_GLOBAL_DEFAULT);
    r = cmocka_run_group_tests_name("sim-firewalls", tests, NULL, NULL);
    curl_global_cleanup();
    return r;
}
