/* SPDX-License-Identifier: Apache-2.0 */
/* Reading the cluster into the model. What is not read is said, never taken as empty. */
#include "world.h"

#include <stdlib.h>

#define BIT(i) (UINT64_C(1) << (i))

static const struct proximo_need audit[] = {NEED("/", "Sys.Audit")};

int32_t ha_look_list(const struct asking *a, const char *path, const char *what, json_type type,
                     struct json_object **ret)
{
    const struct proximo_get get = {ROW(proximo_get), .path = path, .needs = PROXIMO_TABLE(audit)};
    struct looked looked;
    int32_t r = ask_look(a, &get, &looked);
    *ret = NULL;
    if (r < 0)
        return r;
    if (json_object_is_type(looked.data, type)) {
        *ret = looked.data;
        return PROXIMO_OK;
    }
    json_object_put(looked.data);
    return a->host->incomplete(a->call, what, looked.why ? looked.why : "the answer is of another kind");
}

struct json_object *ha_status_row(struct json_object *status, const char *key, const char *value)
{
    const size_t count = json_object_is_type(status, json_type_array) ? json_object_array_length(status) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(status, i);
        if (member_is(row, key, value))
            return row;
    }
    return NULL;
}

/* ---- nodes */

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct place_node *)left)->name, ((const struct place_node *)right)->name);
}

static uint64_t number(struct json_object *row, const char *key)
{
    const char *digits = member_text(row, key);
    return digits ? digits_of(digits, INT64_MAX / 16) : 0;
}

static int32_t take_nodes(struct ha_world *w, struct json_object *list)
{
    const struct asking *a = &w->ask;
    const size_t count = list ? json_object_array_length(list) : 0;
    struct place_node *nodes = a->host->alloc(a->call, (PLACE_NODES_MOST + 1) * sizeof(*nodes));
    int32_t r = PROXIMO_OK;
    if (!nodes)
        return PROXIMO_ENOMEM;
    w->place.nodes = nodes;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "node");
        if (!name)
            continue;
        if (w->place.node_count == PLACE_NODES_MOST) {
            r = a->host->incomplete(a->call, "nodes", "the cluster has more nodes than this looks at");
            break;
        }
        struct place_node *node = &nodes[w->place.node_count++];
        node->name = ask_text(a, "%s", name);
        node->state = member_is(row, "status", "online") ? PLACE_ONLINE : PLACE_OFFLINE;
        node->memory = number(row, "maxmem");
        node->cpus =
            (uint32_t)digits_of(member_text(row, "maxcpu") ? member_text(row, "maxcpu") : "0", 1u << 20);
        if (!node->name)
            return PROXIMO_ENOMEM;
    }
    qsort(nodes, w->place.node_count, sizeof(*nodes), by_name);
    return r;
}

static int32_t look_nodes(struct ha_world *w)
{
    static const struct proximo_need need[] = {NEED("/nodes", "Sys.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes", .needs = PROXIMO_TABLE(need)};
    struct looked looked;
    int32_t r = ask_look(&w->ask, &get, &looked);
    if (r < 0)
        return r;
    struct json_object *list = json_object_is_type(looked.data, json_type_array) ? looked.data : NULL;
    if (!list)
        r = w->ask.host->incomplete(w->ask.call, "nodes", looked.why ? looked.why : "the answer is no list");
    if (r == PROXIMO_OK)
        r = take_nodes(w, list);
    json_object_put(looked.data);
    return r;
}

/* What running guests may take of each node. */
static void count_given(struct ha_world *w)
{
    for (uint32_t i = 0; i < w->guests.count; i++) {
        const struct known_guest *guest = &w->guests.rows[i];
        const int64_t at = place_node_find(&w->place, guest->node);
        if (at < 0 || !guest->running)
            continue;
        w->place.nodes[at].given += guest->maxmem;
        w->place.nodes[at].cpus_given += guest->maxcpu;
    }
}

/* ---- the manager */

static void take_manager(struct ha_world *w, struct json_object *answer)
{
    struct json_object *status = member_of(answer, "manager_status");
    struct json_object *states = member_of(status, "node_status"), *asked = member_of(status, "node_request");
    const char *master = member_text(status, "master_node");
    w->master = master ? ask_text(&w->ask, "%s", master) : NULL;
    for (uint32_t i = 0; i < w->place.node_count; i++) {
        struct place_node *node = &w->place.nodes[i];
        const char *state = member_text(states, node->name);
        if (node->state != PLACE_ONLINE)
            continue;
        if (member_is(states, node->name, "maintenance") ||
            member_true(member_of(asked, node->name), "maintenance"))
            node->state = PLACE_MAINTENANCE;
        else if (state && strcmp(state, "online") != 0)
            node->state = PLACE_OFFLINE; /* being fenced, or not heard of */
    }
}

static int32_t look_manager(struct ha_world *w)
{
    struct json_object *answer DROP_JSON = NULL;
    int32_t r = ha_look_list(&w->ask, "/cluster/ha/status/manager_status", "the HA manager's status",
                             json_type_object, &answer);
    if (r == PROXIMO_OK && answer)
        take_manager(w, answer);
    return r;
}

/* How the manager chooses: only for the words. */
static int32_t look_scheduler(struct ha_world *w)
{
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/options"};
    struct looked looked;
    int32_t r = ask_look(&w->ask, &get, &looked);
    struct json_object *crs = r == PROXIMO_OK ? member_of(looked.data, "crs") : NULL;
    const char *mode = member_text(crs, "ha"), *text = member_text(looked.data, "crs");
    const char *word = text ? strstr(text, "ha=") : NULL;
    if (mode)
        w->scheduler = ask_text(&w->ask, "%s", mode);
    else if (word)
        w->scheduler = ask_text(&w->ask, "%.*s", (int)strcspn(word + 3, ", "), word + 3);
    else
        w->scheduler = r == PROXIMO_OK && json_object_is_type(looked.data, json_type_object) ? "basic" : NULL;
    if (r == PROXIMO_OK)
        json_object_put(looked.data);
    return r;
}

/* ---- resources */

static uint64_t place_of(const struct ha_world *w, struct json_object *service,
                         const struct known_guest *guest)
{
    const char *node = member_text(service, "node");
    const int64_t at = node || guest ? place_node_find(&w->place, node ? node : guest->node) : -1;
    return at < 0 ? 0 : BIT(at);
}

static enum place_asked asked_of(const char *state)
{
    static const struct {
        const char *word;
        enum place_asked asked;
    } words[] = {{"stopped", PLACE_STOPPED}, {"disabled", PLACE_DISABLED}, {"ignored", PLACE_IGNORED}};
    for (size_t i = 0; state && i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(state, words[i].word) == 0)
            return words[i].asked;
    }
    return PLACE_STARTED; /* also "enabled", and what is not said */
}

const struct known_guest *ha_world_guest(const struct ha_world *world, const char *sid)
{
    const char *vmid = strchr(sid, ':');
    return vmid ? guests_find(&world->guests, (int64_t)digits_of(vmid + 1, 999999999)) : NULL;
}

static void new_resource(struct ha_world *w, const char *sid, struct json_object *service,
                         struct place_resource *ret)
{
    const struct known_guest *guest = ha_world_guest(w, sid);
    *ret = (struct place_resource){.sid = sid,
                                   .at = place_of(w, service, guest),
                                   .home = place_of(w, service, guest),
                                   .failback = true,
                                   .lxc = strncmp(sid, "ct:", 3) == 0,
                                   .error = member_is(service, "state", "error"),
                                   .can = UINT64_MAX,
                                   .memory = guest ? guest->maxmem : 0,
                                   .cpus = guest ? guest->maxcpu : 0};
}

static int32_t take_resources(struct ha_world *w, struct json_object *list, struct json_object *status)
{
    const struct asking *a = &w->ask;
    const size_t count = list ? json_object_array_length(list) : 0;
    w->place.resources = a->host->alloc(a->call, (count + 1) * sizeof(*w->place.resources));
    w->place.marks = a->host->alloc(a->call, count + 2);
    if (!w->place.resources || !w->place.marks)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *text = member_text(row, "sid"), *sid = text ? ask_text(a, "%s", text) : NULL;
        if (!sid)
            continue;
        struct place_resource *res = &w->place.resources[w->place.resource_count++];
        new_resource(w, sid, ha_status_row(status, "sid", sid), res);
        res->asked = asked_of(member_text(row, "state"));
        res->failback = !member_is(row, "failback", "0");
    }
    return PROXIMO_OK;
}

static void take_status(struct ha_world *w, struct json_object *status)
{
    struct json_object *quorum = ha_status_row(status, "type", "quorum");
    const char *armed = member_text(ha_status_row(status, "type", "fencing"), "armed-state");
    w->quorate = !quorum || member_true(quorum, "quorate");
    w->frozen = armed && strncmp(armed, "disarm", 6) == 0;
}

/* Groups of 8.x: rules whose members name them. */
static int32_t take_groups(struct ha_world *w, struct json_object *groups, struct json_object *resources)
{
    const size_t count = groups ? json_object_array_length(groups) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(groups, i);
        const struct ha_rule_edit edit = {.name = member_text(row, "group"),
                                          .type = "node-affinity",
                                          .nodes = member_text(row, "nodes"),
                                          .strict = member_true(row, "restricted"),
                                          .nofailback = member_true(row, "nofailback")};
        if (edit.name)
            r = ha_world_put_rule(w, &edit);
        for (size_t k = 0; edit.name && resources && k < json_object_array_length(resources); k++) {
            struct json_object *resource = json_object_array_get_idx(resources, k);
            const char *sid = member_text(resource, "sid");
            if (r != PROXIMO_OK || !sid || !member_is(resource, "group", edit.name))
                continue;
            const struct ha_resource_edit into = {.sid = sid, .group = edit.name};
            r = ha_world_put_resource(w, &into);
        }
    }
    return r;
}

static int32_t take_rules(struct ha_world *w, struct json_object *rules)
{
    const size_t count = rules ? json_object_array_length(rules) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(rules, i);
        const struct ha_rule_edit edit = {.name = member_text(row, "rule"),
                                          .type = member_text(row, "type"),
                                          .resources = member_text(row, "resources"),
                                          .nodes = member_text(row, "nodes"),
                                          .affinity = member_text(row, "affinity"),
                                          .strict = member_true(row, "strict"),
                                          .off = member_true(row, "disable")};
        if (edit.name)
            r = ha_world_put_rule(w, &edit);
    }
    return r;
}

static int32_t look_ha(struct ha_world *w)
{
    struct json_object *status DROP_JSON = NULL, *resources DROP_JSON = NULL, *rules DROP_JSON = NULL;
    const struct asking *a = &w->ask;
    int32_t r = ha_look_list(a, "/cluster/ha/status/current", "the status of HA", json_type_array, &status);
    if (r == PROXIMO_OK)
        r = ha_look_list(a, "/cluster/ha/resources", "HA resources", json_type_array, &resources);
    if (r == PROXIMO_OK)
        r = w->groups ? ha_look_list(a, "/cluster/ha/groups", "HA groups", json_type_array, &rules)
                      : ha_look_list(a, "/cluster/ha/rules", "HA rules", json_type_array, &rules);
    if (r < 0)
        return r;
    w->resources_known = resources != NULL;
    w->rules_known = rules != NULL;
    take_status(w, status);
    r = take_resources(w, resources, status);
    if (r == PROXIMO_OK)
        r = w->groups ? take_groups(w, rules, resources) : take_rules(w, rules);
    return r;
}

int32_t ha_world_read(const struct asking *a, struct ha_world *ret)
{
    *ret = (struct ha_world){.ask = *a, .groups = ask_release(a) == 8, .quorate = true};
    int32_t r = look_nodes(ret);
    if (r == PROXIMO_OK)
        r = guests_list(a, &ret->guests);
    if (r == PROXIMO_OK) {
        count_given(ret);
        r = look_manager(ret);
    }
    if (r == PROXIMO_OK)
        r = look_ha(ret);
    return r == PROXIMO_OK ? look_scheduler(ret) : r;
}

void ha_world_done(struct ha_world *world)
{
    guests_done(&world->guests);
}
