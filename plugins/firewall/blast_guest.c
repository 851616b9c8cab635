/* SPDX-License-Identifier: Apache-2.0 */
/* Guests before and after a change: which ports open and close, from where and to where. */
#include "blast.h"

#define SOURCE_PORT 50123

struct guest_look {
    struct blast *b;
    const struct looked_node *looked;
    const struct views *views;
    struct tally tally;
    const char *vmid;
    uint32_t id, net;
    struct json_object *nic, *scope;
    bool guessed; /* its address is not known */
};

/* ---- the guest's own address */

static bool parse(const char *text, uint8_t family, struct fw_address *ret)
{
    char one[64];
    const size_t len = text ? strcspn(text, "/,") : 0;
    if (len == 0 || len >= sizeof(one))
        return false;
    memcpy(one, text, len);
    one[len] = '\0';
    return fw_address_parse(one, ret) == 0 && ret->family == family;
}

static bool from_filter(const struct guest_look *g, uint8_t family, struct fw_address *ret)
{
    char name[32];
    (void)snprintf(name, sizeof(name), "ipfilter-net%u", g->net);
    struct json_object *list = member_of(member_of(g->scope, "ipset"), name);
    for (size_t i = 0; json_object_is_type(list, json_type_array) && i < json_object_array_length(list);
         i++) {
        struct json_object *entry = json_object_array_get_idx(list, i);
        if (!member_true(entry, "nomatch") && parse(member_text(entry, "cidr"), family, ret))
            return true;
    }
    return false;
}

/* As its configuration, cloud-init or its IP filter says; else an address that stands for none. */
static struct fw_address own_address(struct guest_look *g, uint8_t family)
{
    struct fw_address one = {0};
    const bool six = family == 6;
    if (parse(member_text(g->nic, six ? "ip6" : "ip"), family, &one) ||
        parse(member_text(g->nic, six ? "addr6" : "addr"), family, &one) || from_filter(g, family, &one))
        return one;
    g->guessed = true;
    (void)fw_address_parse(six ? "2001:db8::1" : "192.0.2.1", &one);
    return one;
}

/* ---- one NIC */

static struct fw_packet packet_of(struct guest_look *g, const struct view *view, bool out)
{
    const struct fw_address own = own_address(g, view->address.family);
    struct fw_packet packet = {.source = out ? own : view->address,
                               .dest = out ? view->address : own,
                               .sport = SOURCE_PORT,
                               .dport = -1,
                               .icmp_type = -1,
                               .icmp_code = -1};
    const char *bridge = member_text(g->nic, "bridge");
    struct fw_end guest = {.kind = FW_END_GUEST, .vmid = g->id, .net = g->net},
                  outside = {.kind = FW_END_OUTSIDE};
    if (bridge && strlen(bridge) < sizeof(outside.bridge))
        memcpy(outside.bridge, bridge, strlen(bridge) + 1);
    packet.from = out ? guest : outside;
    packet.to = out ? outside : guest;
    return packet;
}

static int32_t compare_nic(struct guest_look *g)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < g->views->count; i++) {
        for (int out = 0; r == PROXIMO_OK && out < 2; out++) {
            const struct tally_look look = {.before = g->looked->before,
                                            .after = g->looked->after,
                                            .input = g->looked->after_input,
                                            .view = &g->views->list[i],
                                            .out = out == 1};
            const struct fw_packet packet = packet_of(g, &g->views->list[i], out == 1);
            r = tally_compare(&g->tally, &look, &packet);
        }
    }
    return r;
}

/* ---- one guest */

static bool has_dest(struct json_object *rules)
{
    for (size_t i = 0; json_object_is_type(rules, json_type_array) && i < json_object_array_length(rules);
         i++) {
        if (member_text(json_object_array_get_idx(rules, i), "dest"))
            return true;
    }
    return false;
}

/* Rules about where a packet goes were judged for an address that may not be the guest's. */
static int32_t tell_guess(struct guest_look *g)
{
    struct json_object *groups = member_of(member_of(g->looked->after_input, "cluster"), "groups");
    struct json_object *after = member_of(member_of(g->looked->after_input, "guests"), g->vmid);
    bool any = has_dest(member_of(g->scope, "rules")) || has_dest(member_of(after, "rules"));
    if (!g->guessed)
        return PROXIMO_OK;
    if (groups) {
        json_object_object_foreach(groups, name, rules)
        {
            (void)name;
            any |= has_dest(rules);
        }
    }
    return any ? g->b->ask.host->incomplete(g->b->ask.call, ask_text(&g->b->ask, "guest %s", g->vmid),
                                            "its own address is not known, and there are rules with a "
                                            "destination")
               : PROXIMO_OK;
}

static int32_t blast_guest(struct guest_look *g, struct json_object *row)
{
    struct blast *b = g->b;
    struct json_object *nets = member_of(row, "nets");
    const struct known_guest *known = guests_find(&b->world.guests, g->id);
    int32_t r = tally_open(&g->tally, &b->ask, ask_text(&b->ask, "guest/%s", g->vmid),
                           known ? known->name : NULL, true);
    g->tally.rows = b->rows;
    json_object_object_foreach(nets, key, nic)
    {
        g->nic = nic;
        g->net = (uint32_t)digits_of(key + 3, 999);
        if (r == PROXIMO_OK && member_true(nic, "firewall"))
            r = compare_nic(g);
    }
    r = r == PROXIMO_OK ? tally_tell(&g->tally) : r;
    r = r == PROXIMO_OK && (g->tally.count || b->vmid) ? tell_guess(g) : r;
    if (r == PROXIMO_OK && b->vmid && g->tally.count == 0)
        r = tally_say(&b->ask, b->rows, PROXIMO_RISK_LOW, g->tally.resource, g->tally.name,
                      world_is_flagged(row)
                          ? "no packet to or from the guest that was looked at is judged otherwise"
                          : "none of its network cards has firewall=1: its rules have no effect",
                      NULL);
    return r;
}

/* ---- all of them */

/* A guest whose own firewall is off meets the blacklist alone. */
static bool is_judged(const struct blast *b, struct json_object *scope)
{
    struct json_object *options = member_of(scope, "options");
    if (b->vmid || !options || member_true(options, "enable"))
        return true;
    for (size_t i = 0; i < json_object_array_length(b->edits); i++) {
        struct json_object *edit = json_object_array_get_idx(b->edits, i);
        if (member_is(edit, "name", "blacklist") || member_is(edit, "to", "blacklist") ||
            member_is(edit, "part", "aliases"))
            return true;
    }
    return false;
}

int32_t blast_guests(struct blast *b, const struct looked_node *looked, int64_t vmid)
{
    struct named named = {.count = 0};
    struct views views;
    named_read(&b->ask, looked->before_input, b->edits, b->scope, b->place.name, &named);
    int32_t r = views_of_guests(&b->world, looked->node, &named, &views);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(looked->node->nics); i++) {
        struct json_object *row = json_object_array_get_idx(looked->node->nics, i);
        struct guest_look g = {.b = b, .looked = looked, .views = &views, .vmid = member_text(row, "vmid")};
        if (!g.vmid)
            continue;
        g.id = (uint32_t)digits_of(g.vmid, 999999999);
        g.scope = member_of(looked->node->guests, g.vmid);
        if (!vmid && b->ask.host->deadline_ms(b->ask.call) < GUESTS_RESERVE_MS / 2)
            return b->ask.host->incomplete(
                b->ask.call, ask_text(&b->ask, "guests of %s from %s on", looked->node->name, g.vmid),
                GUESTS_NO_TIME);
        if ((vmid && g.id != vmid) || (!g.scope && !vmid) || !is_judged(b, g.scope))
            continue;
        r = blast_guest(&g, row);
    }
    if (r == PROXIMO_OK && views.cut)
        r = b->ask.host->incomplete(b->ask.call,
                                    ask_text(&b->ask, "who reaches guests of %s", looked->node->name),
                                    "more addresses than this looks at");
    return r;
}
