/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_cluster_diagnose: what the cluster's API tells of its health; the guests are judged together, so that
 * an answer stays short however many there are. Sources: the paths in the table below, diagnose_access.c and
 * diagnose_guests.c.
 */
#include "diagnose.h"

#include <time.h>

#define NODES_MOST 128u

/* ---- nodes */

static int32_t look_at_nodes(struct diagnosis *d)
{
    static const struct proximo_get get = {ROW(proximo_get), .path = "/nodes"};
    struct cluster_view *view = d->own;
    struct looked looked;
    int32_t r = ask_look(&d->ask, &get, &looked);
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    view->nodes = d->ask.host->alloc(d->ask.call, (NODES_MOST + 1) * sizeof(*view->nodes));
    if (r == PROXIMO_OK && !view->nodes)
        r = PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < count && view->node_count < NODES_MOST; i++) {
        struct json_object *row = json_object_array_get_idx(looked.data, i);
        const char *name = member_text(row, "node"), *copy = name ? ask_text(&d->ask, "%s", name) : NULL;
        char what[100];
        if (!copy)
            continue;
        if (member_is(row, "status", "online")) {
            view->nodes[view->node_count++] = (struct spot){.node = copy, .name = copy};
            continue;
        }
        view->offline_count++;
        (void)snprintf(what, sizeof(what), "node %.80s", copy);
        findings_state(&d->found, NODE_OFFLINE, what, 0,
                       "its state is %.20s; its guests, storages and disks are not seen",
                       member_text(row, "status") ? member_text(row, "status") : "not known");
    }
    if (r == PROXIMO_OK && count)
        findings_read(&d->found, FROM_NODES);
    else if (r == PROXIMO_OK)
        findings_unread(&d->found, FROM_NODES, NULL, looked.data ? "the list is empty" : looked.why);
    json_object_put(looked.data);
    return r;
}

static void judge_status(struct diagnosis *d, struct json_object *list)
{
    struct cluster_view *view = d->own;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (!member_is(row, "type", "cluster"))
            continue;
        view->clustered = true;
        if (!member_true(row, "quorate"))
            findings_state(&d->found, QUORUM_LOST, "the cluster", 0, "%.60s, %s nodes in its configuration",
                           member_text(row, "name") ? member_text(row, "name") : "?",
                           member_text(row, "nodes") ? member_text(row, "nodes") : "?");
    }
}

static bool is_online(const struct cluster_view *view, const char *node)
{
    for (uint32_t i = 0; i < view->node_count; i++) {
        if (node && strcmp(view->nodes[i].node, node) == 0)
            return true;
    }
    return false;
}

/* How many of the online nodes can fail, those with the most votes first, before the quorum is lost. */
static void judge_votes(struct diagnosis *d, struct json_object *list)
{
    const struct cluster_view *view = d->own;
    const size_t count = json_object_array_length(list);
    int64_t votes[NODES_MOST], total = 0, left = 0;
    uint32_t n = 0, spare = 0;
    for (size_t i = 0; i < count && n < NODES_MOST; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const int64_t own = member_of(row, "quorum_votes") ? integer_of(row, "quorum_votes") : 1;
        const char *node = member_text(row, "node") ? member_text(row, "node") : member_text(row, "name");
        total += own;
        if (!is_online(view, node))
            continue;
        uint32_t at = n++;
        for (; at > 0 && votes[at - 1] < own; at--)
            votes[at] = votes[at - 1];
        votes[at] = own;
        left += own;
    }
    if (count < 2) /* no cluster: there is no quorum to lose */
        return;
    const int64_t needed = total / 2 + 1, now = left;
    if (now < needed && !view->qdevice) /* it is lost already: QUORUM-LOST says so */
        return;
    for (uint32_t i = 0; i < n && left - votes[i] >= needed; i++, spare++)
        left -= votes[i];
    findings_measure(&d->found, QUORUM_THIN, "the cluster", spare,
                     "%lld of %lld votes are there, %lld are needed%s", (long long)now, (long long)total,
                     (long long)needed, view->qdevice ? "; the votes of the quorum device come on top" : "");
}

/* An answer with something in it means that there is a quorum device; how many votes it has is not told. */
static int32_t look_at_qdevice(struct diagnosis *d)
{
    static const struct proximo_need need[] = {NEED("/", "Sys.Audit")};
    static const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/config/qdevice",
                                           .needs = PROXIMO_TABLE(need)};
    struct cluster_view *view = d->own;
    struct looked looked;
    int32_t r = ask_look(&d->ask, &get, &looked);
    if (r == PROXIMO_OK && json_object_is_type(looked.data, json_type_object) &&
        json_object_object_length(looked.data) > 0) {
        view->qdevice = true;
        findings_unread(&d->found, FROM_CLUSTER_VOTES, "quorum device", "the votes it gives are not told");
    }
    json_object_put(looked.data);
    return r;
}

/* ---- versions */

static void judge_version(struct diagnosis *d, const struct spot *spot, struct json_object *data,
                          const char *why)
{
    struct cluster_view *view = d->own;
    const char *version = member_text(data, "version");
    if (!version) {
        findings_unread(&d->found, FROM_NODE_VERSION, spot->name, why ? why : "it tells no version");
        return;
    }
    if (!view->version[0])
        (void)snprintf(view->version, sizeof(view->version), "%.30s", version);
    view->mixed |= strcmp(view->version, version) != 0;
    names_add(&view->versions, "%.60s %.30s", spot->name, version);
}

static int32_t look_at_versions(struct diagnosis *d)
{
    struct cluster_view *view = d->own;
    char names[500];
    int32_t r = diagnosis_each(d, "/nodes/{node}/version", view->nodes, view->node_count, json_type_object,
                               judge_version);
    if (view->offline_count)
        findings_unread(&d->found, FROM_NODE_VERSION, NULL, "nodes that are offline tell nothing");
    if (view->versions.count)
        findings_read(&d->found, FROM_NODE_VERSION);
    else
        findings_unread(&d->found, FROM_NODE_VERSION, NULL, "no node was seen");
    names_text(&view->versions, names, sizeof(names));
    if (view->mixed)
        findings_state(&d->found, VERSION_MIXED, "the cluster", 0, "%s", names);
    return r;
}

/* ---- HA */

static void judge_service(struct diagnosis *d, struct json_object *row)
{
    const char *sid = member_text(row, "sid"), *state = member_text(row, "state");
    const char *node = member_text(row, "node");
    char what[100];
    if (!sid || !state)
        return;
    (void)snprintf(what, sizeof(what), "HA resource %.60s", sid);
    if (strcmp(state, "error") == 0 || strcmp(state, "fence") == 0 || strcmp(state, "recovery") == 0)
        findings_state(&d->found, HA_ERROR, what, 0, "state %s on node %.60s", state, node ? node : "?");
    else if (strcmp(state, "queued") == 0 || strcmp(state, "ignored") == 0)
        findings_state(&d->found, HA_WAITING, what, 0, "state %s on node %.60s", state, node ? node : "?");
}

static void judge_ha(struct diagnosis *d, struct json_object *list)
{
    bool master = false;
    uint32_t services = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *status = member_text(row, "status"), *armed = member_text(row, "armed-state");
        char what[100];
        master |= member_is(row, "type", "master");
        if (member_is(row, "type", "service")) {
            services++;
            judge_service(d, row);
        }
        (void)snprintf(what, sizeof(what), "HA %.20s of node %.60s",
                       member_text(row, "type") ? member_text(row, "type") : "",
                       member_text(row, "node") ? member_text(row, "node") : "?");
        if ((member_is(row, "type", "lrm") || member_is(row, "type", "master")) && status &&
            strstr(status, "dead"))
            findings_state(&d->found, HA_MANAGER, what, 0, "%.200s", status);
        if (armed && strncmp(armed, "disarm", 6) == 0)
            findings_state(&d->found, HA_MANAGER, what, 0, "fencing is %.20s", armed);
    }
    if (services && !master)
        findings_state(&d->found, HA_MANAGER, "the HA manager", 0, "%u resources, and no node is the master",
                       services);
}

/* ---- storages that all nodes share */

static void judge_storages(struct diagnosis *d, struct json_object *list)
{
    const struct cluster_view *view = d->own;
    if (view->offline_count)
        findings_unread(&d->found, FROM_STORAGES, NULL, "nodes that are offline tell nothing");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *storage = member_text(row, "storage"), *node = member_text(row, "node");
        const char *status = member_text(row, "status");
        char what[100];
        if (!storage || !node || !member_true(row, "shared") || !is_online(view, node) ||
            member_is(row, "status", "available"))
            continue;
        (void)snprintf(what, sizeof(what), "shared storage %.60s", storage);
        findings_state(&d->found, STORAGE_NODES, what, 0, "on node %.60s it is %.30s", node,
                       status ? status : "in no known state");
        findings_argument(&d->found, "node", node);
    }
}

/* ---- the tool */

static int32_t look(struct diagnosis *d)
{
    static const struct evidence evidence[] = {
        {FROM_CLUSTER_STATUS, json_type_array, "/cluster/status", {{0}}, judge_status, 0},
        {FROM_CLUSTER_VOTES, json_type_array, "/cluster/config/nodes", {{0}}, judge_votes, 0},
        {FROM_HA_STATUS, json_type_array, "/cluster/ha/status/current", {{0}}, judge_ha, 0},
        {FROM_STORAGES,
         json_type_array,
         "/cluster/resources",
         {{ROW(proximo_field), .name = "type", .value = "storage"}},
         judge_storages,
         0},
    };
    int32_t r = look_at_nodes(d);
    if (r == PROXIMO_OK)
        r = look_at_qdevice(d);
    if (r == PROXIMO_OK)
        r = diagnosis_gather(d, evidence, sizeof(evidence) / sizeof(evidence[0]));
    if (r == PROXIMO_OK)
        r = look_at_versions(d);
    if (r == PROXIMO_OK)
        r = diagnose_access(d);
    if (r == PROXIMO_OK)
        r = diagnose_replication(d);
    return r == PROXIMO_OK ? diagnose_guests(d) : r;
}

int32_t nodes_read_cluster_diagnose(void *instance, struct proximo_call *call)
{
    struct cluster_view view = {0};
    struct diagnosis d = {
        .ask = {((struct plane_instance *)instance)->host, call}, .now = (int64_t)time(NULL), .own = &view};
    int32_t r = look(&d);
    if (r == PROXIMO_OK)
        r = findings_reply(
            &d.ask, &d.found,
            "pve_diagnose looks into one node, vm_diagnose into one machine; findings are signs, "
            "not causes");
    findings_done(&d.found);
    return r;
}
