/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A service of a node and the cluster: how many votes remain without the node, whether that is enough, and
 * what HA does. Sources: GET /cluster/status, /cluster/config/nodes, /cluster/config/qdevice,
 * /cluster/ha/status/current.
 */
#include "node.h"

static const struct proximo_need root_audit[] = {NEED("/", "Sys.Audit")};

struct votes {
    int64_t total, online, own;
};

static struct json_object *row_of(struct json_object *list, const char *key, const char *name)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_is(row, key, name))
            return row;
    }
    return NULL;
}

/* A node has one vote unless corosync's configuration says otherwise. */
static int64_t votes_of(struct json_object *config, const char *node)
{
    struct json_object *row = row_of(config, "name", node);
    if (!row)
        row = row_of(config, "node", node);
    const char *votes = member_text(row, "quorum_votes");
    return votes ? (int64_t)digits_of(votes, 1000) : 1;
}

/* A device that is connected votes as well; Proxmox shows its state, not its votes: it is set up with one. */
static int32_t add_device(const struct service_blast *b, struct votes *votes)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/config/qdevice",
                                    .needs = ROWS(root_audit, 1)};
    struct looked device;
    int32_t r = ask_look(&b->ask, &get, &device);
    if (r < 0)
        return r;
    if (!json_object_is_type(device.data, json_type_object)) {
        r = b->ask.host->incomplete(b->ask.call, "whether a quorum device votes", device.why);
    } else if (json_object_object_length(device.data) > 0) {
        votes->total++;
        votes->online += member_is(device.data, "State", "Connected");
    }
    json_object_put(device.data);
    return r;
}

static int32_t tell_votes(const struct service_blast *b, const char *cluster, const struct votes *votes)
{
    const int64_t left = votes->online - votes->own, needed = votes->total / 2 + 1;
    const bool stays = left >= needed, moment = b->verb == SERVICE_RESTART;
    struct json_object *facts = json_object_new_object();
    const char *effect =
        ask_text(&b->ask, "without this node %lld of %lld votes remain%s and %lld are needed: %s",
                 (long long)left, (long long)votes->total, moment ? " for a moment" : "", (long long)needed,
                 stays ? "the other nodes stay quorate"
                       : "the whole cluster loses quorum: no guest is started or changed anywhere, and nodes "
                         "with guests "
                         "under HA are reset");
    if (facts) {
        json_object_object_add(facts, "votes_total", json_object_new_int64(votes->total));
        json_object_object_add(facts, "votes_left", json_object_new_int64(left));
        json_object_object_add(facts, "votes_needed", json_object_new_int64(needed));
        json_object_object_add(facts, "rest_stays_quorate", json_object_new_boolean(stays));
    }
    return tell_affected(&b->ask, stays ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_HIGH,
                         ask_text(&b->ask, "cluster/%s", cluster), NULL, effect, facts);
}

int32_t service_blast_quorum(const struct service_blast *b)
{
    struct json_object *cluster = row_of(b->status, "type", "cluster"), *config DROP_JSON = NULL;
    const char *name = member_text(cluster, "name");
    struct votes votes = {0};
    if (!b->status)
        return PROXIMO_OK; /* told already */
    if (!cluster)
        return tell_affected(&b->ask, PROXIMO_RISK_LOW, ask_text(&b->ask, "node/%s", b->node), NULL,
                             "is in no cluster: there are no votes to lose", NULL);
    int32_t r = node_list(&b->ask, "/cluster/config/nodes", root_audit, "the votes of the nodes", &config);
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(b->status); i++) {
        struct json_object *row = json_object_array_get_idx(b->status, i);
        const char *node = member_text(row, "name");
        if (!member_is(row, "type", "node") || !node)
            continue;
        const int64_t has = votes_of(config, node);
        votes.total += has;
        if (!member_true(row, "online"))
            continue;
        votes.online += has;
        if (strcmp(node, b->node) == 0)
            votes.own = has;
    }
    if (r == PROXIMO_OK)
        r = add_device(b, &votes);
    return r < 0 ? r : tell_votes(b, name ? name : "cluster", &votes);
}

/* ---- HA */

/* Does HA look after this row's guest, on the node? */
static bool cared_for(struct json_object *row, const char *node)
{
    static const char *const idle[] = {"stopped", "ignored", "disabled"};
    const char *state = member_text(row, "request_state");
    if (!state)
        state = member_text(row, "state");
    if (!member_is(row, "type", "service") || !member_is(row, "node", node))
        return false;
    for (size_t i = 0; state && i < sizeof(idle) / sizeof(idle[0]); i++) {
        if (strcmp(state, idle[i]) == 0)
            return false;
    }
    return true;
}

static int32_t tell_master(const struct service_blast *b, struct json_object *list)
{
    struct json_object *master = row_of(list, "type", "master");
    if (!member_is(master, "node", b->node))
        return PROXIMO_OK;
    return tell_affected(
        &b->ask, PROXIMO_RISK_MEDIUM, ask_text(&b->ask, "node/%s", b->node), NULL,
        "is the HA master: until another node takes over, no guest is recovered or moved by HA", NULL);
}

int32_t service_blast_ha(const struct service_blast *b)
{
    const bool local = strcmp(b->name, "pve-ha-lrm") == 0, manager = strcmp(b->name, "pve-ha-crm") == 0;
    const char *effect =
        local ? "HA does not look after it meanwhile: it is not restarted after a crash and not moved; when "
                "the stop is not clean, the watchdog resets the node and it is started on another one"
        : b->verb == SERVICE_STOP
            ? "the node cannot renew its HA lock: after about a minute the watchdog resets the node, and it "
              "is started on another one"
            : "if the service is not back within a minute, the watchdog resets the node, and it is started "
              "on another one";
    struct json_object *list DROP_JSON = NULL;
    int32_t r = node_list(&b->ask, "/cluster/ha/status/current", root_audit,
                          "what HA looks after on the node", &list);
    if (r == PROXIMO_OK)
        r = tell_master(b, list);
    for (size_t i = 0; r == PROXIMO_OK && list && !manager && i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *sid = member_text(row, "sid"), *colon = sid ? strchr(sid, ':') : NULL;
        if (!colon || !cared_for(row, b->node))
            continue;
        r = tell_affected(&b->ask, PROXIMO_RISK_HIGH, ask_text(&b->ask, "guest/%s", colon + 1), NULL, effect,
                          NULL);
    }
    return r;
}
