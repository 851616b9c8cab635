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

/* ---- what was applied is taken back: what ran is staged again, and applied */

/* {"vmbr0": values, "vmbr9": null}: what ran, of the interfaces that changed. */
static struct json_object *back_values(const struct net *then)
{
    struct json_object *back = json_object_new_object();
    for (uint32_t i = 0; back && i < then->count; i++) {
        if (then->rows[i].changed)
            json_object_object_add(back, then->rows[i].name, json_object_get(then->rows[i].running));
    }
    return back;
}

static int32_t plan_back(const struct net *then)
{
    struct json_object *back DROP_JSON = back_values(then);
    struct proximo_step *steps = NULL;
    const char *why = NULL, *names = NULL;
    uint32_t count = 0;
    int32_t r = back ? net_steps(then, true, &steps, &count, &why) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && (why || !net_changed(then, &names))) {
        (void)then->ask.host->undo(then->ask.call, PROXIMO_UNDO_NONE, NULL, 0);
        return then->ask.host->fail(then->ask.call, PROXIMO_ESTATE,
                                    "what ran before cannot be written again: %s",
                                    why ? why : "no interface was changed");
    }
    const char *summary = r == PROXIMO_OK ? ask_text(&then->ask,
                                                     "stages and applies what ran before in the network "
                                                     "of node \"%s\": %s",
                                                     then->node, names)
                                          : NULL;
    if (r == PROXIMO_OK)
        r = summary ? then->ask.host->change(then->ask.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = net_guard_list(then);
    if (r == PROXIMO_OK)
        r = net_subject(then, "network.apply", json_text(back).ptr);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = then->ask.host->step(then->ask.call, &steps[i]);
    if (r == PROXIMO_OK)
        r = net_apply_steps(then);
    if (r == PROXIMO_OK)
        r = net_see_addresses(then, false);
    return r == PROXIMO_OK
               ? net_apply_way_back(then, false, "stages what is taken back here again, and applies it")
               : r;
}

/* The whole answer that the step kept; the caller's. NULL: it is not there. */
static struct json_object *kept_answer(struct json_object *record)
{
    struct json_object *kept = member_of(member_of(record, "results"), NET_WAITING);
    struct json_object *data = member_of(kept, "/data"), *changes = member_of(kept, "/changes");
    struct json_object *answer = data && changes ? json_object_new_object() : NULL;
    if (answer) {
        json_object_object_add(answer, "data", json_object_get(data));
        json_object_object_add(answer, "changes", json_object_get(changes));
    }
    return answer;
}

int32_t nodes_undo_network_apply(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *record DROP_JSON = json_of(record_json), *answer = kept_answer(record);
    const char *node = ask_argument(&a, "node");
    struct net then = {.ask = a};
    if (!answer || !node) {
        json_object_put(answer);
        (void)a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return a.host->fail(call, PROXIMO_ENOTFOUND,
                            "the record does not say what ran before it was applied");
    }
    int32_t r = net_take(&a, node, answer, &then);
    if (r == PROXIMO_OK)
        r = plan_back(&then);
    net_done(&then);
    return r;
}
