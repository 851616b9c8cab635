/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a rule may say: types by the place it stands in, names that must exist, ports that need a protocol,
 * one address family for all.
 */
#include "change.h"
#include "firewall.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Which types of rules each kind of file takes. */
static const struct {
    const char *env, *types;
} envs[] = {
    {"cluster", "in out forward group"},
    {"host", "in out forward group"},
    {"group", "in out forward"},
    {"vm", "in out group"},
    {"ct", "in out group"},
    {"vnet", "forward group"},
};

struct check {
    struct json_object *state, *file, *rule;
    struct json_object *errors;
    const char *env;
    int version; /* of IP; 0: any so far */
};

static void SIM_PRINTF(3, 4) bad(struct check *check, const char *name, const char *format, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, format);
    (void)vsnprintf(text, sizeof text, format, ap);
    va_end(ap);
    sim_set_str(check->errors, name, text);
}

static void set_version(struct check *check, const char *name, int version)
{
    if (version && check->version && check->version != version)
        bad(check, name, "detected mixed ipv4/ipv6 addresses in rule");
    if (version)
        check->version = version;
}

static void check_type(struct check *check)
{
    const char *type = sim_str(check->rule, "type", ""), *action = sim_str(check->rule, "action", "");

    for (size_t i = 0; i < sizeof envs / sizeof *envs; i++) {
        if (strcmp(envs[i].env, check->env) == 0 && !sim_word_in(envs[i].types, " ", type, strlen(type)))
            bad(check, "type", "invalid rule type '%s' for rule_env '%s'", type, check->env);
    }
    if (!sim_word_in("in out forward", " ", type, strlen(type)))
        return;
    if (!sim_word_in("ACCEPT DROP REJECT", " ", action, strlen(action)))
        bad(check, "action", "unknown action '%s'", action);
    else if (strcmp(type, "forward") == 0 && strcmp(action, "REJECT") == 0)
        bad(check, "action", "cannot define REJECT rules on forward chain");
}

static void check_iface(struct check *check)
{
    const char *iface = sim_str(check->rule, "iface", NULL);
    bool guest = strcmp(check->env, "vm") == 0 || strcmp(check->env, "ct") == 0;

    if (!iface)
        return;
    if (strcmp(check->env, "group") == 0 || strcmp(check->env, "vnet") == 0)
        bad(check, "type", "parameter -i not allowed for this rule type");
    else if (guest &&
             (strncmp(iface, "net", 3) != 0 || !iface[3] || iface[3 + strspn(iface + 3, "0123456789")]))
        bad(check, "iface", "value does not match the regex pattern 'net\\d+'");
}

static void check_macro(struct check *check)
{
    static const char *const names[] = {"proto", "dport", "sport"};
    const char *macro = sim_str(check->rule, "macro", NULL);
    char name[64], value[64];

    if (!macro)
        return;
    if (!sim_fw_macro(macro, name, sizeof name)) {
        bad(check, "macro", "unknown macro '%s'", macro);
        return;
    }
    sim_set_str(check->rule, "macro", name);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const char *own = sim_str(check->rule, names[i], NULL);

        if (own && sim_fw_macro_contradicts(name, names[i], own, value, sizeof value))
            bad(check, names[i], "parameter '%s' already define in macro (value = '%s')", names[i], value);
    }
}

/* `proto` is that of ICMP, or NULL. */
static void check_icmp_type(struct check *check, const char *proto)
{
    static const char only_six[] =
        "packet-too-big router-advertisement router-solicitation neighbour-solicitation "
        "neighbour-advertisement neighbor-solicitation neighbor-advertisement no-route "
        "beyond-scope address-unreachable failed-policy reject-route";
    static const char only_four[] = "fragmentation-needed source-quench timestamp-request timestamp-reply "
                                    "address-mask-request address-mask-reply host-redirect network-redirect";
    const char *type = sim_str(check->rule, "icmp-type", NULL);
    bool four = proto && strcmp(proto, "icmp") == 0;

    if (!type)
        return;
    if (!proto)
        bad(check, "proto", "missing property - 'icmp-type' requires this property");
    else if (sim_word_in(four ? only_six : only_four, " ", type, strlen(type)))
        bad(check, "icmp-type", "invalid icmp-type '%s' for proto '%s'", type, proto);
    if (sim_get(check->rule, "dport"))
        bad(check, "icmp-type", "'icmp-type' cannot be specified together with 'dport'");
}

/* Ports need a protocol that has them; of ICMP "dport" is the type. */
static void check_ports(struct check *check)
{
    static const char with_ports[] = "tcp udp sctp dccp udplite 6 17 33 132 136";
    static const char icmp[] = "icmp icmpv6 ipv6-icmp";
    static const char *const names[] = {"dport", "sport"};
    const char *proto = sim_str(check->rule, "proto", NULL);
    bool macro = sim_get(check->rule, "macro") != NULL;
    bool is_icmp = proto && sim_word_in(icmp, " ", proto, strlen(proto));

    if (is_icmp)
        set_version(check, "proto", strcmp(proto, "icmp") == 0 ? 4 : 6);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (!sim_get(check->rule, names[i]))
            continue;
        if (!proto && !macro)
            bad(check, "proto", "missing property - '%s' requires this property", names[i]);
        if ((proto || !macro) &&
            !sim_word_in(with_ports, " ", proto ? proto : "", strlen(proto ? proto : "")) &&
            !(is_icmp && i == 0))
            bad(check, names[i], "protocol '%s' does not support ports", proto ? proto : "");
    }
    check_icmp_type(check, is_icmp ? proto : NULL);
}

static struct json_object *set_in(struct json_object *file, const char *name)
{
    return sim_get(sim_get(file, "ipset"), name);
}

/* "+dc/admins": a set of the datacenter or of the guest itself; those of SDN are made by it. */
static void check_ipset(struct check *check, const char *field, const char *name)
{
    struct json_object *cluster = sim_at(check->state, "/firewall/cluster");
    struct json_object *own = strcmp(check->env, "group") == 0 ? cluster : check->file;
    const char *slash = strchr(name, '/'), *plain = slash ? slash + 1 : name;
    bool found;

    if (!isalpha((unsigned char)*plain))
        bad(check, field, "invalid ipset name '+%s'", name);
    else if (strncmp(name, "sdn/", 4) == 0)
        return;
    else {
        found = (!slash || strncmp(name, "dc/", 3) == 0) && set_in(cluster, plain);
        found = found || ((!slash || strncmp(name, "guest/", 6) == 0) && set_in(own, plain));
        if (!found)
            bad(check, field, "no such ipset '%s'", plain);
    }
}

/* An address list was checked as a parameter; here it is about families and names. */
static void check_address(struct check *check, const char *field)
{
    const char *value = sim_str(check->rule, field, NULL), *at = value;
    char word[256];
    int version;

    if (!value)
        return;
    if (*value == '+') {
        check_ipset(check, field, value + 1);
        return;
    }
    if (isalpha((unsigned char)*value) && !strpbrk(value, ":,.")) {
        version = sim_fw_alias_version(check->state, check->file, value);
        if (version)
            set_version(check, field, version);
        else
            bad(check, field, "no such alias '%s'", value);
        return;
    }
    for (int all = 0; sim_next_word(&at, word, sizeof word); all |= version) {
        version = strchr(word, ':') ? 6 : 4;
        if (all && all != version) {
            bad(check, field, "detected mixed ipv4/ipv6 addresses in address list '%s'", value);
            return;
        }
        set_version(check, field, version);
    }
}

struct json_object *sim_fw_rule_errors(struct json_object *state, const char *env, struct json_object *file,
                                       struct json_object *rule)
{
    struct check check = {.state = state, .file = file, .rule = rule, .env = env};

    check.errors = json_object_new_object();
    check_type(&check);
    check_iface(&check);
    check_macro(&check);
    check_ports(&check);
    check_address(&check, "source");
    check_address(&check, "dest");
    json_object_object_del(rule, "ipversion");
    if (check.version)
        sim_set_int(rule, "ipversion", check.version);
    return check.errors;
}

int sim_fw_check_rule(struct sim_call *call, struct json_object *file, struct json_object *rule)
{
    SIM_FREE_WITH(sim_json_freep)
    struct json_object *errors = sim_fw_rule_errors(call->state, sim_fw_env(call), file, rule);

    json_object_object_foreach(errors, name, text)
    {
        (void)sim_fail_param(call, name, "%s", json_object_get_string(text));
    }
    return json_object_object_length(errors) > 0 ? -EINVAL : 0;
}
