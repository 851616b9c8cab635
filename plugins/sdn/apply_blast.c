/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom an apply hurts: what hangs on the objects that change, the nodes that reload (each with its own
 * waiting interface changes, which go along), and whoever reaches the cluster by what changes. Source: GET
 * /nodes/{node}/network, whose "changes" stands beside its data.
 */
#include <arpa/inet.h>

#include "apply.h"
#include "effects.h"
#include "nodes.h"

#define DIFF_MOST 280u /* bytes of a node's waiting changes that are shown */

struct applying {
    const struct sdn_view *view;
    const struct asking *a;
    struct json_object *how; /* how the site is reached */
};

/* ---- addresses */

static bool address_bytes(const char *text, size_t len, unsigned char bytes[16], int *ret_family)
{
    char copy[64];
    if (!len || len >= sizeof(copy))
        return false;
    memcpy(copy, text, len);
    copy[len] = '\0';
    *ret_family = strchr(copy, ':') ? AF_INET6 : AF_INET;
    return inet_pton(*ret_family, copy, bytes) == 1;
}

/* Do two "10.20.0.0/24" or addresses overlap? */
static bool overlaps(const char *left, const char *right)
{
    unsigned char a[16] = {0}, b[16] = {0};
    int family = 0, other = 0;
    const size_t left_len = strcspn(left, "/"), right_len = strcspn(right, "/");
    if (!address_bytes(left, left_len, a, &family) || !address_bytes(right, right_len, b, &other) ||
        family != other)
        return false;
    const uint64_t whole = family == AF_INET ? 32 : 128;
    uint64_t bits = left[left_len] ? digits_of(left + left_len + 1, whole) : whole;
    const uint64_t more = right[right_len] ? digits_of(right + right_len + 1, whole) : whole;
    bits = more < bits ? more : bits;
    for (uint64_t i = 0; i < bits; i++) {
        if ((a[i / 8] ^ b[i / 8]) & 0x80u >> i % 8)
            return false;
    }
    return true;
}

/* The addresses by which the cluster is reached: calls visit with each and what it is. */
static int32_t each_end(const struct applying *g,
                        int32_t (*visit)(const struct applying *g, const char *address, const char *what,
                                         const void *context),
                        const void *context)
{
    struct json_object *endpoints = member_of(g->how, "endpoints"),
                       *operators = member_of(g->how, "operator_addresses");
    const size_t ends =
        json_object_is_type(endpoints, json_type_array) ? json_object_array_length(endpoints) : 0;
    const size_t people =
        json_object_is_type(operators, json_type_array) ? json_object_array_length(operators) : 0;
    const char *local = member_text(g->how, "local");
    int32_t r = local ? visit(g, local, "this program's own address", context) : PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < ends; i++) {
        struct json_object *end = json_object_array_get_idx(endpoints, i);
        const char *address =
            member_text(end, "address") ? member_text(end, "address") : member_text(end, "host");
        if (address)
            r = visit(g, address, "the address at which this program reaches the cluster", context);
    }
    for (size_t i = 0; r == PROXIMO_OK && i < people; i++) {
        const char *address = json_object_get_string(json_object_array_get_idx(operators, i));
        if (address)
            r = visit(g, address, "an operator's address", context);
    }
    return r;
}

/* ---- a subnet that changes under an address */

static int32_t tell_in_subnet(const struct applying *g, const char *address, const char *what,
                              const void *context)
{
    const struct sdn_object *subnet = context;
    const char *cidr = sdn_value(
        g->a, subnet->side[SDN_BEFORE] ? subnet->side[SDN_BEFORE] : subnet->side[SDN_AFTER], "cidr");
    if (!cidr || !overlaps(address, cidr))
        return PROXIMO_OK;
    return tell_affected(g->a, PROXIMO_RISK_HIGH, ask_text(g->a, "subnet/%s", subnet->id), NULL,
                         ask_text(g->a,
                                  "%s, %s, lies in it: the connection to the cluster may be lost, and what "
                                  "came of the change is then unknown here",
                                  what, address),
                         NULL);
}

static int32_t tell_subnets(const struct applying *g)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < g->view->count; i++) {
        const struct sdn_object *o = &g->view->rows[i];
        if (o->sort == SDN_SUBNET && !sdn_is_same(o))
            r = each_end(g, tell_in_subnet, o);
    }
    return r;
}

/* ---- the nodes */

struct waiting {
    const char *node, *diff;
    struct json_object *rows; /* its interfaces as edited */
};

/* The interface that has the address, as it is edited; NULL: none. */
static const char *holder(const struct asking *a, struct json_object *rows, const char *address)
{
    for (size_t i = 0; json_object_is_type(rows, json_type_array) && i < json_object_array_length(rows);
         i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        if (member_is(row, "address", address) || member_is(row, "address6", address))
            return ask_text(a, "%s", member_text(row, "iface") ? member_text(row, "iface") : "");
    }
    return NULL;
}

/* Is a word in the text, with no letter, digit or dot beside it? */
static bool names_word(const char *text, const char *word)
{
    static const char inside[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:-";
    const size_t len = strlen(word);
    for (const char *at = len ? strstr(text, word) : NULL; at; at = strstr(at + 1, word)) {
        if ((at == text || !strchr(inside, at[-1])) && (!at[len] || !strchr(inside, at[len])))
            return true;
    }
    return false;
}

static int32_t tell_end(const struct applying *g, const char *address, const char *what, const void *context)
{
    const struct waiting *w = context;
    const char *iface = holder(g->a, w->rows, address);
    const bool gone = names_word(w->diff, address), touched = iface && names_word(w->diff, iface);
    if (!gone && !touched)
        return PROXIMO_OK;
    return tell_affected(
        g->a, PROXIMO_RISK_HIGH, ask_text(g->a, "node/%s", w->node), NULL,
        ask_text(g->a,
                 "%s, %s, is on its interface %s, and its waiting changes touch it: the "
                 "connection to the cluster may be lost, and what came of the change is then "
                 "unknown here",
                 what, address, iface ? iface : "that loses it"),
        NULL);
}

static int32_t tell_waiting(const struct applying *g, const struct sdn_node *node, const char **ret_diff)
{
    struct json_object *rows DROP_JSON = NULL;
    int32_t r = sdn_node_waiting(g->a, node->name, ret_diff, &rows);
    const struct waiting w = {node->name, *ret_diff, rows};
    return r == PROXIMO_OK && *ret_diff ? each_end(g, tell_end, &w) : r;
}

/* Zones that are not available there now. */
static const char *not_available(const struct applying *g, const struct sdn_node *node)
{
    const char *text = NULL;
    for (size_t i = 0; node->zones && i < json_object_array_length(node->zones); i++) {
        struct json_object *row = json_object_array_get_idx(node->zones, i);
        const char *zone = member_text(row, "zone"), *status = member_text(row, "status");
        if (!zone || !status || strcmp(status, "available") == 0)
            continue;
        const char *one = ask_text(g->a, "%s: %s", zone, status);
        text = text ? ask_text(g->a, "%s, %s", text, one) : one;
    }
    return text;
}

static int32_t tell_node(void *context, const struct sdn_node *node)
{
    const struct applying *g = context;
    const char *resource = ask_text(g->a, "node/%s", node->name), *diff = NULL;
    if (!node->online)
        return tell_affected(g->a, PROXIMO_RISK_MEDIUM, resource, NULL,
                             "is off: it takes over what is applied when it is on again", NULL);
    int32_t r = tell_waiting(g, node, &diff);
    const char *bad = not_available(g, node);
    struct json_object *facts = diff || bad ? json_object_new_object() : NULL;
    if (diff)
        json_object_object_add(facts, "waiting_changes",
                               json_object_new_string(sdn_diff_lines(g->a, diff, DIFF_MOST)));
    if (bad)
        json_object_object_add(facts, "zones_not_available_now", json_object_new_string(bad));
    if (r < 0) {
        json_object_put(facts);
        return r;
    }
    return tell_affected(
        g->a, diff ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM, resource, NULL,
        diff ? "reloads its network; its own interface changes that wait are applied as well"
             : "writes the configuration and reloads its network; none of its own interface changes "
               "wait",
        facts);
}

int32_t sdn_blast_apply(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct proximo_site site = {ROW(proximo_site)};
    struct sdn_view view;
    struct applying g = {&view, &a, NULL};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *back = member_text(subject, "back");
    int32_t r = sdn_view_read(&a, &view);
    if (r == PROXIMO_OK && back)
        r = sdn_view_take_back(&view, back);
    if (a.host->site(call, &site) == PROXIMO_OK)
        g.how = json_of(site.reached_json);
    if (r == PROXIMO_OK)
        r = sdn_tell_effects(&view, true);
    if (r == PROXIMO_OK)
        r = tell_subnets(&g);
    if (r == PROXIMO_OK)
        r = sdn_nodes_visit(&a, NULL, tell_node, &g);
    json_object_put(g.how);
    sdn_view_done(&view);
    return r;
}

int32_t sdn_blast_rollback(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *back = member_text(subject, "back");
    struct sdn_view view;
    int32_t r = sdn_view_read(&a, &view);
    if (r == PROXIMO_OK && back)
        r = sdn_view_take_back(&view, back);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view.count; i++) {
        const struct sdn_object *o = &view.rows[i];
        if (back ? sdn_is_same(o) : !o->state)
            continue;
        const char *effect =
            back ? ask_text(&a, "is edited again (%s); it is pending then, and what runs stays as it is",
                            sdn_difference_words(&a, o))
                 : ask_text(&a, "its edit (%s) is dropped; what runs stays as it is", o->state);
        r = tell_affected(&a, PROXIMO_RISK_LOW, ask_text(&a, "%s/%s", sdn_sorts[o->sort].word, o->id), NULL,
                          effect, NULL);
    }
    sdn_view_done(&view);
    return r;
}
