/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why the firewall of a place may do nothing: it is off, that of the datacenter is off, the guest's network
 * devices do not take part. What cannot be read is said so. Sources: GET .../firewall/options, GET .../config
 * of a guest.
 */
#include "place.h"

static int32_t say(const struct place *place, const char *name, const char *text)
{
    return text ? tell_text(&place->ask, name, text) : PROXIMO_ENOMEM;
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

int32_t place_tell_devices(const struct place *place)
{
    struct looked looked;
    int32_t r = place_look(place, "/nodes/{node}/{kind}/{vmid}/config", NULL, &looked);
    const char *names = r == PROXIMO_OK && looked.data ? unfiltered(&place->ask, looked.data) : "";
    if (r == PROXIMO_OK && !looked.data)
        r = say(place, "devices_not_known", looked.why);
    if (r == PROXIMO_OK && (!names || *names))
        r = say(place, "no_effect_on",
                names
                    ? ask_text(&place->ask,
                               "%s: without firewall=1 a network device is not filtered, whatever the rules "
                               "say (pve_guest_config_set)",
                               names)
                    : NULL);
    json_object_put(looked.data);
    return r;
}

/* *ret_off stays, unless it is known whether the option `enable` is set. */
static int32_t is_off(const struct place *place, const char *path, bool by_default, bool *ret_off)
{
    static const struct proximo_need root[] = {NEED("/", "Sys.Audit")};
    const bool cluster = strncmp(path, "/cluster/firewall", 17) == 0;
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = PROXIMO_TABLE(root)};
    struct looked looked;
    int32_t r = cluster ? ask_look(&place->ask, &get, &looked) : place_look(place, path, NULL, &looked);
    if (r < 0)
        return r;
    const char *enable = member_text(looked.data, "enable");
    if (looked.data)
        *ret_off = enable ? strcmp(enable, "0") == 0 : by_default;
    else
        r = say(place, cluster ? "datacenter_not_known" : "place_not_known",
                ask_text(&place->ask, "whether the firewall of %s is on could not be read: %.200s",
                         cluster ? "the datacenter" : place->label, looked.why ? looked.why : "no answer"));
    json_object_put(looked.data);
    return r;
}

int32_t place_tell_off(const struct place *place, bool own)
{
    const struct scope *scope = place->scope;
    const bool node = strcmp(scope->name, "node") == 0;
    bool cluster_off = false, own_off = false;
    int32_t r = is_off(place, "/cluster/firewall/options", true, &cluster_off);
    if (r == PROXIMO_OK && own && scope->options && strcmp(scope->name, "cluster") != 0)
        r = is_off(place, scope->options, !node, &own_off);
    if (r == PROXIMO_OK && cluster_off)
        r = say(place, "no_effect_now",
                "the firewall of the datacenter is off (its option enable): nothing is filtered anywhere");
    else if (r == PROXIMO_OK && own_off)
        r = say(place, "no_effect_now",
                ask_text(&place->ask, "the firewall of %s is off (its option enable): its rules do nothing",
                         place->label));
    return r;
}
