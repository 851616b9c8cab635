/* SPDX-License-Identifier: Apache-2.0 */
/* What waits in a node's network is applied or discarded. Sources: PUT and DELETE /nodes/{node}/network. */
#include "network_edit.h"

#define FACTS_MOST 200u /* a plan has 256 */

int32_t net_open(void *instance, struct proximo_call *call, struct net *ret)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    *ret = (struct net){.ask = a};
    return net_read(&a, ask_argument(&a, "node"), ret);
}

/* ---- what a plan says of all that waits */

/* A fact of its own for each: what is shown of one fact has a limit. */
static int32_t tell_iface(const struct net *net, const struct net_iface *iface, const char *fact)
{
    struct json_object *row = json_object_new_object();
    const char *name = ask_text(&net->ask, "%s %s", fact, iface->name);
    if (!row || !name) {
        json_object_put(row);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(row, "change", json_object_new_string(net_state_of(iface)));
    json_object_object_add(row, "lines", json_object_get(iface->lines));
    return tell_fact(&net->ask, name, row);
}

int32_t net_tell_diff(const struct net *net, const char *fact)
{
    uint32_t told = 0, left = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < net->count; i++) {
        if (!net->rows[i].lines)
            continue;
        if (told++ < FACTS_MOST)
            r = tell_iface(net, &net->rows[i], fact);
        else
            left++;
    }
    if (r == PROXIMO_OK && left)
        r = tell_fact(&net->ask, "more_interfaces", json_object_new_int64((int64_t)left));
    if (r == PROXIMO_OK && net->other)
        r = tell_fact(&net->ask, "other_lines", json_object_get(net->other));
    if (r == PROXIMO_OK && net->unclear)
        r = tell_fact(&net->ask, "unclear_lines", json_object_get(net->unclear));
    return r == PROXIMO_OK && net->unclear
               ? net->ask.host->incomplete(net->ask.call, "what waits to be applied", NET_UNCLEAR)
               : r;
}

int32_t net_guard_list(const struct net *net)
{
    const struct proximo_field at = FIELD("node", net->node);
    const struct proximo_guard guard = {ROW(proximo_guard), .path = NETWORK_PATH, .params = ROWS(&at, 1)};
    return net->ask.host->guard(net->ask.call, &guard);
}

int32_t net_subject(const struct net *net, const char *operation_class, const char *back)
{
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("node"));
    json_object_object_add(subject, "node", json_object_new_string(net->node));
    if (back)
        json_object_object_add(subject, "back", json_object_new_string(back));
    return net->ask.host->subject(net->ask.call, operation_class, json_text(subject));
}

static struct proximo_step request(const char *method, uint64_t flags, const struct proximo_field *at)
{
    return (struct proximo_step){
        ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .flags = flags,        .name = "change",
        .method = method,  .path = NETWORK_PATH,         .params = ROWS(at, 1), .deadline_ms = 0};
}

/* ---- postconditions */

#define APPLY_SECONDS 120u
#define SEEN_MOST     100u /* interfaces; a plan has 256 postconditions */

static struct proximo_step wait_step(const struct proximo_field *at, const char *select, uint32_t test,
                                     const char *value, uint64_t flags)
{
    return (struct proximo_step){ROW(proximo_step),     .kind = PROXIMO_STEP_WAIT,
                                 .flags = flags,        .path = NETWORK_PATH,
                                 .params = ROWS(at, 1), .select = select,
                                 .wait_test = test,     .wait_value = value,
                                 .interval_ms = 1000,   .deadline_ms = APPLY_SECONDS * 1000};
}

static int32_t see(const struct net *net, const char *select, uint32_t test, const char *value)
{
    const struct proximo_field at = FIELD("node", net->node);
    const struct proximo_step wait = wait_step(&at, select, test, value, 0);
    return select ? net->ask.host->postcondition(net->ask.call, &wait) : PROXIMO_ENOMEM;
}

/* Nothing waits any more: what stands beside the data is gone. */
static struct proximo_step nothing_waits(const struct proximo_field *at)
{
    return wait_step(at, "/changes", PROXIMO_WAIT_COUNT, "0", PROXIMO_STEP_WHOLE);
}

static int32_t see_nothing_waits(const struct net *net)
{
    const struct proximo_field at = FIELD("node", net->node);
    const struct proximo_step wait = nothing_waits(&at);
    return net->ask.host->postcondition(net->ask.call, &wait);
}

/* A name that can stand in a selector; Proxmox gives no other. */
static bool is_plain(const char *name)
{
    for (const char *c = name; *c; c++) {
        if (!((*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
              strchr("_.:-", *c)))
            return false;
    }
    return true;
}

int32_t net_see_addresses(const struct net *net, bool pending)
{
    static const char *const fields[] = {"cidr", "cidr6"};
    int32_t r = PROXIMO_OK;
    uint32_t changed = 0;
    for (uint32_t i = 0; r == PROXIMO_OK && i < net->count && changed < SEEN_MOST; i++) {
        const struct net_iface *iface = &net->rows[i];
        if (!is_plain(iface->name))
            continue;
        changed += iface->changed;
        struct json_object *wanted = pending ? iface->pending : iface->running;
        if (iface->changed && !wanted)
            r = see(net, ask_text(&net->ask, "[iface=%s]", iface->name), PROXIMO_WAIT_COUNT, "0");
        for (size_t f = 0; r == PROXIMO_OK && iface->changed && wanted && f < 2; f++) {
            const char *value = net_value(&net->ask, wanted, fields[f]);
            const char *select = ask_text(&net->ask, "[iface=%s]/%s", iface->name, fields[f]);
            struct json_object *text DROP_JSON = value ? json_object_new_string(value) : NULL;
            if (value)
                r = see(net, select, PROXIMO_WAIT_EQUALS, json_text(text).ptr);
        }
    }
    return r;
}

/* ---- apply */

/* What waits and what runs at once before it is applied, kept: the way back goes by it. */
static int32_t step_waiting(const struct net *net)
{
    const struct proximo_field at = FIELD("node", net->node);
    struct proximo_step wait = wait_step(&at, "/changes", PROXIMO_WAIT_EXISTS, NULL, PROXIMO_STEP_WHOLE);
    wait.name = NET_WAITING;
    wait.keep = "/changes,/data";
    wait.deadline_ms = 10000;
    return net->ask.host->step(net->ask.call, &wait);
}

int32_t net_apply_steps(const struct net *net)
{
    const struct proximo_field at = FIELD("node", net->node);
    const struct proximo_step apply = request("PUT", PROXIMO_STEP_FOLLOW, &at);
    int32_t r = step_waiting(net);
    if (r == PROXIMO_OK)
        r = net->ask.host->step(net->ask.call, &apply);
    return r == PROXIMO_OK ? see_nothing_waits(net) : r;
}

int32_t net_no_way_back(const struct net *net, const char *why, const char *so)
{
    int32_t r = tell_text(&net->ask, "no_way_back", ask_text(&net->ask, "%s: %s", why, so));
    return r == PROXIMO_OK ? net->ask.host->undo(net->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

/* Whether the one state can be made of the other, and by which steps. */
static int32_t steps_back(const struct net *net, bool to_running, struct proximo_step **ret,
                          uint32_t *ret_count, const char **ret_why)
{
    int32_t r = net_steps(net, to_running, ret, ret_count, ret_why);
    if (r == PROXIMO_OK && !*ret_count && !*ret_why)
        *ret_why = "no interface changes its values";
    return r;
}

int32_t net_apply_way_back(const struct net *net, bool to_running, const char *words)
{
    struct proximo_step *steps = NULL;
    uint32_t count = 0;
    const char *why = NULL;
    int32_t r = steps_back(net, to_running, &steps, &count, &why);
    if (r < 0 || why)
        return r < 0 ? r : net_no_way_back(net, why, "what runs now cannot be written again exactly");
    r = tell_text(&net->ask, "way_back", words);
    return r == PROXIMO_OK ? net->ask.host->undo(net->ask.call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

static int32_t revert_way_back(const struct net *net)
{
    struct proximo_step *steps = NULL;
    uint32_t count = 0;
    const char *why = NULL;
    int32_t r = steps_back(net, false, &steps, &count, &why);
    if (r < 0 || why)
        return r < 0 ? r : net_no_way_back(net, why, "what is discarded cannot be staged again exactly");
    r = tell_text(&net->ask, "way_back", "stages what is discarded again, interface by interface");
    return r == PROXIMO_OK ? net->ask.host->undo(net->ask.call, PROXIMO_UNDO_TEMPLATE, steps, count) : r;
}

static int32_t apply_words(const struct net *net)
{
    const char *names = NULL;
    const uint32_t count = net_changed(net, &names);
    const char *summary =
        ask_text(&net->ask, "applies everything that waits in the network of node \"%s\": %s", net->node,
                 count ? names : "no interface changes its values");
    int32_t r = summary ? net->ask.host->change(net->ask.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = net_tell_diff(net, "waits");
    if (r == PROXIMO_OK)
        r = tell_text(&net->ask, "all_of_it",
                      "everything above is applied together, whoever staged it; a part of it cannot be "
                      "applied alone");
    if (r == PROXIMO_OK)
        r = tell_text(&net->ask, "lost_answer",
                      "when an address moves, the answer to the request can be lost on its way: then it is "
                      "looked for by its task, and where that cannot be reached the outcome is unknown");
    return r;
}

int32_t nodes_plan_network_apply(void *instance, struct proximo_call *call)
{
    struct net net;
    int32_t r = net_open(instance, call, &net);
    if (r == PROXIMO_OK && !net.changes) {
        const char *text =
            ask_text(&net.ask, "nothing to do: nothing waits in the network of node \"%s\"", net.node);
        r = text ? net.ask.host->change(call, text) : PROXIMO_ENOMEM;
    } else if (r == PROXIMO_OK) {
        r = apply_words(&net);
        if (r == PROXIMO_OK)
            r = net_guard_list(&net);
        if (r == PROXIMO_OK)
            r = net_subject(&net, "network.apply", NULL);
        if (r == PROXIMO_OK)
            r = net_apply_steps(&net);
        if (r == PROXIMO_OK)
            r = net_see_addresses(&net, true);
        if (r == PROXIMO_OK)
            r = net_apply_way_back(&net, true,
                                   "stages what runs now again, interface by interface, and applies that; it "
                                   "needs the node to be reachable still");
    }
    net_done(&net);
    return r;
}

/* ---- revert */

int32_t net_revert_step(const struct net *net)
{
    const struct proximo_field at = FIELD("node", net->node);
    const struct proximo_step step = request("DELETE", 0, &at);
    int32_t r = net_subject(net, "network.revert", NULL);
    if (r == PROXIMO_OK)
        r = net->ask.host->step(net->ask.call, &step);
    return r == PROXIMO_OK ? see_nothing_waits(net) : r;
}

int32_t nodes_plan_network_revert(void *instance, struct proximo_call *call)
{
    struct net net;
    const char *names = NULL, *summary = NULL;
    int32_t r = net_open(instance, call, &net);
    if (r == PROXIMO_OK)
        summary =
            !net.changes
                ? ask_text(&net.ask, "nothing to do: nothing waits in the network of node \"%s\"", net.node)
            : net_changed(&net, &names)
                ? ask_text(&net.ask, "discards everything that waits in the network of node \"%s\": %s",
                           net.node, names)
                : ask_text(&net.ask, "discards what waits in the network of node \"%s\"", net.node);
    if (r == PROXIMO_OK)
        r = summary ? net.ask.host->change(call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && net.changes) {
        r = net_tell_diff(&net, "discarded");
        if (r == PROXIMO_OK)
            r = net_guard_list(&net);
        if (r == PROXIMO_OK)
            r = net_revert_step(&net);
        if (r == PROXIMO_OK)
            r = revert_way_back(&net);
    }
    net_done(&net);
    return r;
}
