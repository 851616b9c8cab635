/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A staged edit is taken back: where it is all that waits, by discarding what waits, which brings back every
 * line; otherwise by writing the values of before. Sources: DELETE /nodes/{node}/network, and those of
 * network_edit.c.
 */
#include "network_edit.h"

/* The record's first guard, {"/cidr": value, ...}: the interface before. NULL: it was not there. */
static struct json_object *recorded(struct json_object *record)
{
    struct json_object *list = member_of(record, "before");
    struct json_object *first = json_object_is_type(list, json_type_array) && json_object_array_length(list)
                                    ? json_object_array_get_idx(list, 0)
                                    : NULL;
    return json_object_is_type(first, json_type_object) && json_object_object_length(first) ? first : NULL;
}

static bool is_absent(struct json_object *value)
{
    return !value || (json_object_is_type(value, json_type_object) && member_true(value, "absent"));
}

/* {"/cidr": value, ...} as {"cidr": value, ...}, without what was absent; the caller's. NULL: no memory. */
static struct json_object *plain_values(struct json_object *before)
{
    struct json_object *plain = json_object_new_object();
    if (!plain || !before)
        return plain;
    json_object_object_foreach(before, selector, value)
    {
        if (*selector == '/' && !is_absent(value))
            json_object_object_add(plain, selector + 1, json_object_get(value));
    }
    return plain;
}

/* Does the interface run as the record has it from before? */
static bool runs_as_recorded(const struct net *net, const struct net_iface *iface, struct json_object *before)
{
    struct json_object *plain DROP_JSON = plain_values(before);
    if (!before || !iface->running || !plain)
        return !before && !iface->running;
    for (size_t i = 0; net_key(i); i++) {
        if (!net_same_value(&net->ask, plain, iface->running, net_key(i)))
            return false;
    }
    return true;
}

/* Is this edit all that waits, and would discarding bring back what was there? */
static bool alone(const struct net *net, const char *name, struct json_object *before)
{
    for (uint32_t i = 0; i < net->count; i++) {
        const struct net_iface *iface = &net->rows[i];
        if (iface->changed && (strcmp(iface->name, name) != 0 || !runs_as_recorded(net, iface, before)))
            return false;
    }
    const struct net_iface *own = net_find(net, name);
    return net->changes && own && own->changed && !net->unclear;
}

/* The same guard as that of an edit, first: the way forward again goes by it. */
static int32_t guard_one(const struct net *net, const char *name)
{
    const struct proximo_field at[] = {FIELD("node", net->node), FIELD("iface", name)};
    const char *fields = NULL;
    for (size_t i = 0; net_key(i); i++)
        fields = fields ? ask_text(&net->ask, "%s,/%s", fields, net_key(i))
                        : ask_text(&net->ask, "/%s", net_key(i));
    const struct proximo_guard guard = {ROW(proximo_guard), .flags = PROXIMO_GUARD_TOLERATE,
                                        .path = NETWORK_IFACE, .fields = fields, .params = ROWS(at, 2)};
    return fields ? net->ask.host->guard(net->ask.call, &guard) : PROXIMO_ENOMEM;
}

static int32_t discard_edit(const struct net *net, const char *name)
{
    const char *summary = ask_text(
        &net->ask, "discards what waits in the network of node \"%s\": only \"%s\" waits", net->node, name);
    int32_t r = summary ? net->ask.host->change(net->ask.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = net_tell_diff(net, "discarded");
    if (r == PROXIMO_OK)
        r = guard_one(net, name);
    if (r == PROXIMO_OK)
        r = net_guard_list(net);
    if (r == PROXIMO_OK)
        r = net_revert_step(net);
    if (r == PROXIMO_OK)
        r = tell_text(&net->ask, "way_back", "stages it again");
    return r == PROXIMO_OK ? net->ask.host->undo(net->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

/* What was there cannot be written, and discarding would not bring it back either (any more). */
static int32_t refuse_back(const struct net *net, const char *name, const char *why)
{
    (void)net->ask.host->undo(net->ask.call, PROXIMO_UNDO_NONE, NULL, 0);
    return net->ask.host->fail(
        net->ask.call, PROXIMO_ESTATE,
        "interface \"%s\" cannot be brought back as it was: %s, and Proxmox's API cannot "
        "write that. It could be discarded only while nothing else waited",
        name, why);
}

/* As far as the record shows it: how it got its address, and of a removal all that the table of values does
 * not know. */
static const char *recorded_unwritable(const struct asking *a, struct json_object *before)
{
    struct json_object *plain DROP_JSON = plain_values(before);
    return member_of(plain, "method") ? net_unwritable(a, plain, NULL) : NULL;
}

int32_t nodes_undo_network_edit(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    struct net net;
    int32_t r = net_open(instance, call, &net);
    const char *name = r == PROXIMO_OK ? ask_argument(&net.ask, "iface") : NULL;
    if (r == PROXIMO_OK && !name)
        r = PROXIMO_EINVAL;
    if (r == PROXIMO_OK && alone(&net, name, recorded(record))) {
        r = discard_edit(&net, name);
    } else if (r == PROXIMO_OK) {
        const char *why = recorded_unwritable(&net.ask, recorded(record));
        r = why ? refuse_back(&net, name, why) : net_edit_back(&net.ask, record_json);
    }
    net_done(&net);
    return r;
}
