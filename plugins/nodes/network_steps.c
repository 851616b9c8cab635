/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The requests that bring the waiting state of a node's interfaces from one to another: how what was
 * discarded is staged again, and how what was in force before is written again. Interfaces go before others
 * are changed, and those that give up a port or a gateway before those that take one, because Proxmox refuses
 * a port or a gateway that another one still has.
 */
#include "network_edit.h"

/* ---- what cannot be written */

const char *net_dynamic(struct json_object *iface)
{
    static const char *const names[] = {"method", "method6"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const char *method = member_text(iface, names[i]);
        if (method && (strcmp(method, "dhcp") == 0))
            return "DHCP";
        if (method && (strcmp(method, "auto") == 0))
            return "autoconfiguration";
        if (method && strcmp(method, "static") != 0 && strcmp(method, "manual") != 0)
            return "a method of its own";
    }
    return NULL;
}

/* The method is what Proxmox makes of the addresses: static with one, manual without. */
static bool method_follows(struct json_object *iface, const char *method, const char *cidr)
{
    const bool is_static = member_is(iface, method, "static"), addressed = member_text(iface, cidr) != NULL;
    return is_static == addressed;
}

static bool differs(const struct asking *a, struct json_object *one, struct json_object *other,
                    const char *field, const char *usual)
{
    const char *left = net_value(a, one, field), *right = net_value(a, other, field);
    left = left ? left : usual;
    right = right ? right : usual;
    return strcmp(left, right) != 0;
}

const char *net_unwritable(const struct asking *a, struct json_object *iface,
                           struct json_object *changed_from)
{
    static const struct {
        const char *field, *usual, *words;
    } kept[] = {
        {"options", "", "its stanza has lines that Proxmox only keeps"},
        {"options6", "", "its IPv6 stanza has lines that Proxmox only keeps"},
        {"bridge_stp", "off", "its bridge_stp is not the usual one"},
        {"bridge_fd", "0", "its bridge_fd is not the usual one"},
        {"bond_miimon", "100", "its bond_miimon is not the usual one"},
    };
    if (!net_type_is_writable(member_text(iface, "type")))
        return "it is of a type that Proxmox's API does not write";
    if (net_dynamic(iface))
        return ask_text(a, "it gets its address by %s", net_dynamic(iface));
    if (!method_follows(iface, "method", "cidr") || !method_follows(iface, "method6", "cidr6"))
        return "its method does not follow from its addresses";
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (differs(a, iface, changed_from, kept[i].field, kept[i].usual))
            return kept[i].words;
    }
    return NULL;
}

/* ---- steps */

#define FIELDS_MOST 40u

/* What is to be done with an interface, in the order in which it is done. */
enum rank { RANK_GO, RANK_GIVE, RANK_TAKE, RANK_COME, RANKS };

struct laying {
    const struct net *net;
    bool to_running;
    struct proximo_step *steps;
    uint32_t count;
    const char *why;
};

static struct json_object *from_of(const struct laying *l, const struct net_iface *iface)
{
    return l->to_running ? iface->pending : iface->running;
}

static struct json_object *to_of(const struct laying *l, const struct net_iface *iface)
{
    return l->to_running ? iface->running : iface->pending;
}

/* Does the interface lose something that another one may get? */
static bool gives(const struct asking *a, struct json_object *from, struct json_object *to)
{
    static const char *const exclusive[] = {"bridge_ports", "slaves",  "ovs_ports",
                                            "ovs_bonds",    "gateway", "gateway6"};
    for (size_t i = 0; i < sizeof(exclusive) / sizeof(exclusive[0]); i++) {
        const char *was = net_value(a, from, exclusive[i]), *is = net_value(a, to, exclusive[i]);
        if (was && (!is || strlen(is) < strlen(was)))
            return true;
    }
    return false;
}

static enum rank rank_of(const struct laying *l, const struct net_iface *iface)
{
    struct json_object *from = from_of(l, iface), *to = to_of(l, iface);
    if (!to)
        return RANK_GO;
    if (!from)
        return RANK_COME;
    return gives(&l->net->ask, from, to) ? RANK_GIVE : RANK_TAKE;
}

/* Values as they are to be, and the names of those that are not to be any more. */
static int32_t put_values(const struct laying *l, struct json_object *from, struct json_object *to,
                          struct proximo_field *fields, uint32_t *count)
{
    const struct asking *a = &l->net->ask;
    const char *removed = NULL;
    for (size_t i = 0; net_key(i); i++) {
        const char *key = net_key(i), *value = net_value(a, to, key);
        if (value)
            fields[(*count)++] = FIELD(key, value);
        else if (from && net_value(a, from, key))
            removed = removed ? ask_text(a, "%s,%s", removed, key) : key;
    }
    if (removed)
        fields[(*count)++] = FIELD("delete", removed);
    return PROXIMO_OK;
}

static int32_t lay_step(struct laying *l, const struct net_iface *iface, enum rank rank)
{
    static const char *const methods[RANKS] = {"DELETE", "PUT", "PUT", "POST"};
    const struct asking *a = &l->net->ask;
    struct json_object *from = from_of(l, iface), *to = to_of(l, iface);
    struct proximo_field *fields = a->host->alloc(a->call, FIELDS_MOST * sizeof(*fields));
    uint32_t count = 2;
    if (!fields)
        return PROXIMO_ENOMEM;
    fields[0] = FIELD("node", l->net->node);
    fields[1] = FIELD("iface", iface->name);
    if (to) {
        const char *why = net_unwritable(a, to, rank == RANK_COME ? NULL : from);
        if (why && !l->why)
            l->why = ask_text(a, "interface \"%s\": %s", iface->name, why);
        int32_t r = put_values(l, from, to, fields, &count);
        if (r < 0)
            return r;
    }
    l->steps[l->count] = (struct proximo_step){ROW(proximo_step),
                                               .kind = PROXIMO_STEP_REQUEST,
                                               .method = methods[rank],
                                               .name = ask_text(a, "stage-%u", l->count + 1),
                                               .params = ROWS(fields, count),
                                               .path = rank == RANK_COME ? NETWORK_PATH : NETWORK_IFACE};
    return l->steps[l->count++].name ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t net_steps(const struct net *net, bool to_running, struct proximo_step **ret, uint32_t *ret_count,
                  const char **ret_why)
{
    struct laying l = {.net = net, .to_running = to_running};
    int32_t r = PROXIMO_OK;
    l.steps = net->ask.host->alloc(net->ask.call, (net->count + 1) * sizeof(*l.steps));
    if (!l.steps)
        return PROXIMO_ENOMEM;
    if (net->unclear)
        l.why = "of some changed lines it cannot be told which interface they belong to";
    for (uint32_t rank = RANK_GO; rank < RANKS; rank++) {
        for (uint32_t i = 0; r == PROXIMO_OK && i < net->count; i++) {
            if (net->rows[i].changed && (uint32_t)rank_of(&l, &net->rows[i]) == rank)
                r = lay_step(&l, &net->rows[i], (enum rank)rank);
        }
    }
    *ret = l.steps;
    *ret_count = l.count;
    *ret_why = l.why;
    return r;
}
