/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a change of a firewall hurts: the configuration before and after it is evaluated for the nodes and
 * guests that it concerns, and what is judged otherwise is told. README.md says how ("What a packet meets").
 */
#include "blast.h"

#include <errno.h>

#include "firewall.h"

/* ---- what the change is about */

static int32_t open_subject(struct blast *b, struct proximo_text subject_json)
{
    b->subject = json_of(subject_json);
    const char *edit = member_text(b->subject, "edit");
    const char *vmid = member_text(b->subject, "vmid");
    b->scope = member_text(b->subject, "scope");
    b->node = member_text(b->subject, "node");
    b->place.scope = fw_edit_scope(b->scope);
    b->edits = edit ? json_of(text_of(edit)) : NULL;
    b->vmid = vmid ? (int64_t)digits_of(vmid, 999999999) : 0;
    if (b->place.scope == EDIT_GUEST)
        b->place.name = vmid;
    else if (b->place.scope == EDIT_VNET || b->place.scope == EDIT_GROUP)
        b->place.name = member_text(b->subject, b->scope);
    const bool named =
        b->place.scope == EDIT_CLUSTER || (b->place.scope == EDIT_NODE ? b->node : b->place.name);
    if (b->place.scope == EDIT_SCOPES || !named || !json_object_is_type(b->edits, json_type_array))
        return b->ask.host->fail(b->ask.call, PROXIMO_EINVAL,
                                 "the subject of a firewall change has a scope with its name, and edits");
    return PROXIMO_OK;
}

static struct json_object *edit_at(const struct blast *b, size_t i)
{
    return json_object_array_get_idx(b->edits, i);
}

bool blast_touches_option(const struct blast *b, const char *option)
{
    for (size_t i = 0; i < json_object_array_length(b->edits); i++) {
        struct json_object *edit = edit_at(b, i), *gone = member_of(edit, "delete"), *value = NULL;
        if (!member_is(edit, "part", "options"))
            continue;
        if (json_object_object_get_ex(member_of(edit, "value"), option, &value))
            return true;
        for (size_t k = 0; json_object_is_type(gone, json_type_array) && k < json_object_array_length(gone);
             k++) {
            const char *word = json_object_get_string(json_object_array_get_idx(gone, k));
            if (word && strcmp(word, option) == 0)
                return true;
        }
    }
    return false;
}

bool blast_touches_guests(const struct blast *b)
{
    if (b->place.scope == EDIT_GUEST || b->place.scope == EDIT_GROUP)
        return true;
    if (b->place.scope != EDIT_CLUSTER)
        return false;
    for (size_t i = 0; i < json_object_array_length(b->edits); i++) {
        const char *part = member_text(edit_at(b, i), "part");
        if (part && strcmp(part, "rules") != 0 && strcmp(part, "options") != 0)
            return true;
    }
    return blast_touches_option(b, "enable");
}

bool blast_touches_forward(const struct blast *b)
{
    if (b->place.scope == EDIT_VNET || blast_touches_option(b, "policy_forward"))
        return true;
    for (size_t i = 0; i < json_object_array_length(b->edits); i++) {
        if (member_is(member_of(edit_at(b, i), "value"), "type", "forward") ||
            member_is(edit_at(b, i), "type", "forward")) /* of a rule that goes, moves or becomes another */
            return true;
    }
    return false;
}

/* ---- before and after */

void looked_done(struct looked_node *looked)
{
    fw_model_free(looked->before);
    fw_model_free(looked->after);
    json_object_put(looked->before_input);
    json_object_put(looked->after_input);
    *looked = (struct looked_node){0};
}

int32_t blast_look(struct blast *b, struct world_node *node, struct looked_node *ret)
{
    const struct proximo_host *host = b->ask.host;
    const char *words = NULL, *what = ask_text(&b->ask, "what the change does on %s", node->name);
    *ret = (struct looked_node){.node = node, .before_input = world_input(&b->world, node)};
    if (!ret->before_input || !what)
        return PROXIMO_ENOMEM;
    int r = fw_edit_apply(ret->before_input, &b->place, b->edits, &ret->after_input, &words);
    if (r == -EINVAL)
        return host->fail(b->ask.call, PROXIMO_EINVAL, "the change does not fit what is there: %s",
                          words ? words : "it is not understood");
    if (r == -ENODATA) {
        const int32_t told = host->incomplete(b->ask.call, what, "the part that it changes was not read");
        return told < 0 ? told : 1;
    }
    r = r ? r : fw_model_build(ret->before_input, &ret->before);
    r = r ? r : fw_model_build(ret->after_input, &ret->after);
    if (r == 0)
        return PROXIMO_OK;
    if (r == -ENOMEM)
        return PROXIMO_ENOMEM;
    const int32_t told =
        host->incomplete(b->ask.call, what,
                         r == -E2BIG ? "there is more of it than this looks at"
                                     : "an answer of Proxmox has another form than it promises");
    return told < 0 ? told : 1;
}

/* ---- what the evaluator does not judge */

static int32_t tell_engine(struct blast *b, const struct world_node *node)
{
    const char *resource = ask_text(&b->ask, "node/%s", node->name);
    const enum fw_tri nftables = world_nftables(node);
    if (b->place.scope == EDIT_NODE && blast_touches_option(b, "nftables"))
        return tally_say(&b->ask, b->rows, PROXIMO_RISK_HIGH, resource, NULL,
                         "changes the firewall's engine (nftables): every rule of the node and its guests "
                         "is made anew by the other one, which differs where it is not worked out here",
                         NULL);
    if (!blast_touches_forward(b))
        return PROXIMO_OK;
    return tally_say(&b->ask, b->rows, nftables == FW_NO ? PROXIMO_RISK_LOW : PROXIMO_RISK_HIGH, resource,
                     NULL,
                     nftables == FW_NO ? "forward rules and VNet firewalls have no effect here: the node "
                                         "uses the iptables engine"
                                       : "forward rules and VNet firewalls take effect with the nftables "
                                         "engine: what they let through is not worked out here",
                     NULL);
}

/* ---- a node */

static int32_t blast_node(struct blast *b, struct world_node *node)
{
    struct looked_node looked = {0};
    const bool guests = blast_touches_guests(b), host = b->place.scope != EDIT_GUEST;
    int32_t r = tell_engine(b, node);
    if (r < 0 || b->place.scope == EDIT_VNET)
        return r;
    if (guests)
        r = world_read_guests(&b->world, node, b->vmid, b->vmid ? WORLD_ALL : WORLD_ENABLED);
    if (r == PROXIMO_OK && world_nftables(node) != FW_NO)
        r = world_read_vnets(&b->world);
    r = r == PROXIMO_OK ? blast_look(b, node, &looked) : r;
    if (r == PROXIMO_OK && host)
        r = blast_host(b, &looked);
    if (r == PROXIMO_OK && guests)
        r = blast_guests(b, &looked, b->vmid);
    looked_done(&looked);
    return r < 0 ? r : PROXIMO_OK;
}

/* Where a guest is: as the subject says, or as the cluster lists it. */
static int32_t find_guest(struct blast *b)
{
    int32_t r = b->node ? PROXIMO_OK : world_list_guests(&b->world);
    const struct known_guest *guest = b->node ? NULL : guests_find(&b->world.guests, b->vmid);
    if (r == PROXIMO_OK && !b->node && !guest)
        r = b->ask.host->incomplete(b->ask.call, ask_text(&b->ask, "guest %s", b->place.name),
                                    "it is not in the list of guests");
    b->node = b->node ? b->node : guest ? guest->node : NULL;
    return r;
}

/* Of a connection whose address is not known nothing can be said; one that never leaves the node that answers
 * meets no firewall there. */
static int32_t tell_connection(struct blast *b)
{
    const struct world_node *answers = NULL;
    for (uint32_t i = 0; i < b->world.node_count; i++)
        answers = b->world.nodes[i].local ? &b->world.nodes[i] : answers;
    if (b->place.scope == EDIT_GUEST || b->place.scope == EDIT_VNET || (b->reached.known && !b->reached.here))
        return PROXIMO_OK;
    if (!b->reached.known)
        return b->ask.host->incomplete(b->ask.call, "whether this connection stays possible",
                                       "the address that it comes from is not known");
    if (!answers)
        return b->ask.host->incomplete(b->ask.call, "whether this connection stays possible",
                                       "GET /cluster/status does not say which node answers");
    return b->place.scope == EDIT_NODE && strcmp(b->node, answers->name) != 0
               ? PROXIMO_OK
               : tally_say(
                     &b->ask, b->rows, PROXIMO_RISK_LOW, ask_text(&b->ask, "node/%s", answers->name), NULL,
                     ask_text(&b->ask,
                              "this connection comes from %s, the very host that it reaches: no firewall "
                              "looks at it",
                              b->reached.local_text),
                     NULL);
}

static int32_t tell_same(struct blast *b)
{
    if (b->same_count == 0)
        return PROXIMO_OK;
    return tally_say(
        &b->ask, b->rows, PROXIMO_RISK_LOW,
        b->same_count == 1 ? ask_text(&b->ask, "node/%s", b->same) : "firewall/cluster", NULL,
        ask_text(&b->ask, "no packet to or from %s that was looked at is judged otherwise", b->same), NULL);
}

/* A comment, or nothing: packets meet what they met. */
static int32_t tell_nothing(struct blast *b)
{
    const struct asking *a = &b->ask;
    const char *resource = b->place.scope == EDIT_NODE    ? ask_text(a, "node/%s", b->node)
                           : b->place.scope == EDIT_GUEST ? ask_text(a, "guest/%s", b->place.name)
                           : b->place.scope == EDIT_VNET  ? ask_text(a, "vnet/%s", b->place.name)
                                                          : "firewall/cluster";
    return tally_say(a, b->rows, PROXIMO_RISK_LOW, resource, NULL, "what packets meet stays as it is", NULL);
}

static int32_t blast_nodes(struct blast *b)
{
    const bool one = b->place.scope == EDIT_NODE || b->place.scope == EDIT_GUEST;
    int32_t r = b->place.scope == EDIT_GUEST ? find_guest(b) : PROXIMO_OK;
    if (r < 0 || (one && !b->node))
        return r;
    r = tell_connection(b);
    r = r == PROXIMO_OK ? world_read_nodes(&b->world, one ? b->node : NULL) : r;
    for (uint32_t i = 0; r == PROXIMO_OK && i < b->world.node_count; i++) {
        struct world_node *node = &b->world.nodes[i];
        if (one && strcmp(node->name, b->node) != 0)
            continue;
        if (node->read)
            r = blast_node(b, node);
        else if (!node->online)
            r = b->ask.host->incomplete(b->ask.call, ask_text(&b->ask, "node %s", node->name),
                                        "it is offline: what the change does there was not worked out");
    }
    return r == PROXIMO_OK ? tell_same(b) : r;
}

int32_t blast_run(struct blast *b)
{
    if (json_object_array_length(b->edits) == 0)
        return tell_nothing(b);
    int32_t r = world_open(&b->world, &b->ask);
    r = r == PROXIMO_OK ? reached_read(&b->ask, &b->reached) : r; /* known once something was read */
    r = r == PROXIMO_OK && b->node ? world_add_node(&b->world, b->node) : r;
    r = r == PROXIMO_OK ? blast_nodes(b) : r;
    r = r == PROXIMO_OK ? blast_options(b) : r;
    world_done(&b->world);
    return r;
}

int32_t firewall_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct blast b = {.ask = {((struct plane_instance *)instance)->host, call}};
    int32_t r = open_subject(&b, subject_json);
    r = r == PROXIMO_OK ? blast_run(&b) : r;
    json_object_put(b.subject);
    json_object_put(b.edits);
    return r;
}
