/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a rule may do nothing: it is disabled, the firewall of its place or of the datacenter is off, the
 * guest's network devices do not take part. What cannot be read is said so; what a packet really meets works
 * the blast function out. Sources: GET .../firewall/options, GET .../config of a guest.
 */
#include "objects.h"

static int32_t say(const struct rule_change *c, const char *name, const char *text)
{
    return text ? tell_text(&c->at.ask, name, text) : PROXIMO_ENOMEM;
}

/* Members of the configuration that are network devices without firewall=1: "net0, net2". */
static const char *unfiltered(const struct asking *a, struct json_object *config)
{
    const char *names = "";
    json_object_object_foreach(config, name, value)
    {
        const char *text = json_object_get_string(value);
        if (strncmp(name, "net", 3) != 0 || !name[3] || name[3 + strspn(name + 3, "0123456789")] || !text)
            continue;
        const char *flag = strstr(text, ",firewall=");
        if (!flag || flag[10] != '1')
            names = ask_text(a, "%s%s%s", names, *names ? ", " : "", name);
        if (!names)
            return NULL;
    }
    return names;
}

static int32_t tell_devices(const struct rule_change *c)
{
    struct looked looked;
    int32_t r = place_look(&c->at, "/nodes/{node}/{kind}/{vmid}/config", NULL, &looked);
    const char *names = r == PROXIMO_OK && looked.data ? unfiltered(&c->at.ask, looked.data) : "";
    if (r == PROXIMO_OK && !looked.data)
        r = say(c, "devices_not_known", looked.why);
    if (r == PROXIMO_OK && (!names || *names))
        r = say(c, "no_effect_on",
                names ? ask_text(&c->at.ask,
                                 "%s: without firewall=1 a network device is not filtered, whatever the rules "
                                 "say (pve_guest_config_set)",
                                 names)
                      : NULL);
    json_object_put(looked.data);
    return r;
}

/* Is the option `enable` of these options set? Says what cannot be read. *ret_off stays, unless it is known
 * to be off. */
static int32_t is_off(const struct rule_change *c, const char *path, bool by_default, bool *ret_off)
{
    static const struct proximo_need root[] = {NEED("/", "Sys.Audit")};
    const bool cluster = strncmp(path, "/cluster/firewall", 17) == 0;
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = PROXIMO_TABLE(root)};
    struct looked looked;
    int32_t r = cluster ? ask_look(&c->at.ask, &get, &looked) : place_look(&c->at, path, NULL, &looked);
    if (r < 0)
        return r;
    const char *enable = member_text(looked.data, "enable");
    if (looked.data)
        *ret_off = enable ? strcmp(enable, "0") == 0 : by_default;
    else
        r = say(c, cluster ? "datacenter_not_known" : "place_not_known",
                ask_text(&c->at.ask, "whether the firewall of %s is on could not be read: %.200s",
                         cluster ? "the datacenter" : c->at.label, looked.why ? looked.why : "no answer"));
    json_object_put(looked.data);
    return r;
}

static int32_t tell_off(const struct rule_change *c)
{
    const struct scope *scope = c->at.scope;
    const bool node = strcmp(scope->name, "node") == 0;
    bool cluster_off = false, own_off = false;
    int32_t r = is_off(c, "/cluster/firewall/options", true, &cluster_off);
    if (r == PROXIMO_OK && scope->options && strcmp(scope->name, "cluster") != 0)
        r = is_off(c, scope->options, !node, &own_off);
    if (r == PROXIMO_OK && cluster_off)
        r = say(c, "no_effect_now",
                "the firewall of the datacenter is off (its option enable): nothing is filtered anywhere");
    else if (r == PROXIMO_OK && own_off)
        r = say(c, "no_effect_now",
                ask_text(&c->at.ask, "the firewall of %s is off (its option enable): its rules do nothing",
                         c->at.label));
    return r;
}

int32_t rule_change_tell(const struct rule_change *c)
{
    struct json_object *rule = c->value ? c->value : c->now.rows[c->pos];
    const bool forward = member_is(rule, "type", "forward");
    int32_t r = PROXIMO_OK;
    if (member_is(rule, "enable", "0"))
        r = say(c, "disabled",
                c->op == RULE_REMOVE ? "the rule is disabled: it did nothing"
                                     : "the rule is disabled: it does nothing until it is enabled");
    if (r == PROXIMO_OK && (forward || strcmp(c->at.scope->name, "vnet") == 0))
        r = say(c, "engine",
                "forwarded traffic is filtered on nodes whose firewall is the nftables one alone (their option "
                "nftables)");
    if (r == PROXIMO_OK)
        r = tell_off(c);
    if (r == PROXIMO_OK && strcmp(c->at.scope->name, "guest") == 0)
        r = tell_devices(c);
    if (r == PROXIMO_OK && strcmp(c->at.scope->name, "group") == 0)
        r = object_tell_callers(&c->at, c->at.id);
    return r;
}
