/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_ha_failover: what is lost with a node, by the model of placement.h. Guests without HA are named as
 * well: they are down as long as their node is. Sources: those of world.h and ties.c.
 */
#include "world.h"

#define BIT(i) (UINT64_C(1) << (i))

struct failover {
    struct asking a;
    struct ha_world world;
    enum place_event event;
    struct place_outcome *fates;
    struct json_object *rows, *nodes; /* guests; what each lost node means for the others */
};

static void put(struct json_object *o, const char *key, const char *text)
{
    if (text)
        json_object_object_add(o, key, json_object_new_string(text));
}

static void put_bytes(struct json_object *o, const char *key, uint64_t bytes)
{
    json_object_object_add(o, key, json_object_new_int64((int64_t)bytes));
}

/* ---- guests */

static const char *fate_word(const struct place_outcome *outcome)
{
    switch (outcome->fate) {
    case PLACE_RESTARTS: return outcome->works ? "restarts" : "fails to start";
    case PLACE_MOVES: return outcome->works ? "moves" : "fails to move";
    case PLACE_GOES_OFF: return "stays off";
    case PLACE_NOWHERE: return "nowhere to go";
    case PLACE_GIVEN_UP: return "in error";
    default: return "not started";
    }
}

static struct json_object *new_row(const struct failover *f, uint32_t node, const struct known_guest *guest)
{
    struct json_object *row = json_object_new_object();
    if (!row || json_object_array_add(f->rows, row) < 0) {
        json_object_put(row);
        return NULL;
    }
    put(row, "lost", f->world.place.nodes[node].name);
    json_object_object_add(row, "vmid", json_object_new_int64(guest->vmid));
    put(row, "name", guest->name);
    put(row, "kind", guest->lxc ? "lxc" : "qemu");
    if (guest->maxmem)
        put_bytes(row, "maxmem", guest->maxmem);
    return row;
}

static const char *asked_word(const struct place_resource *res)
{
    static const char *const words[] = {[PLACE_STARTED] = "started",
                                        [PLACE_STOPPED] = "stopped",
                                        [PLACE_DISABLED] = "disabled",
                                        [PLACE_IGNORED] = "ignored"};
    return res->error ? "error" : words[res->asked];
}

/* The node is emptied: what has nowhere to go stays, and goes down with the node. */
static const char *says(const struct failover *f, uint32_t who, const struct place_outcome *outcome)
{
    const char *text = ha_outcome_text(&f->world, who, outcome);
    return outcome->fate == PLACE_NOWHERE && f->event == PLACE_IS_EMPTIED
               ? ask_text(&f->a, "%s; it stays, and is off when the node is", text)
               : text;
}

static int32_t add_resource(const struct failover *f, uint32_t node, uint32_t who,
                            const struct known_guest *guest)
{
    const struct place_outcome *outcome = &f->fates[who];
    struct json_object *row = new_row(f, node, guest);
    if (!row)
        return PROXIMO_ENOMEM;
    const char *idle = f->event == PLACE_FAILS ? ha_idle_text(&f->world, node) : NULL;
    put(row, "ha", asked_word(&f->world.place.resources[who]));
    put(row, "fate", idle ? "not started" : fate_word(outcome));
    if (outcome->to.nodes && !idle)
        put(row, "to", ha_nodes_text(&f->world, outcome->to.nodes));
    put(row, "says", idle ? idle : says(f, who, outcome));
    return PROXIMO_OK;
}

static int32_t add_guest(const struct failover *f, uint32_t node, const struct known_guest *guest)
{
    const char *sid = ask_text(&f->a, "%s:%lld", guest->lxc ? "ct" : "vm", (long long)guest->vmid);
    const int64_t who = sid ? place_resource_find(&f->world.place, sid) : -1;
    if (!sid)
        return PROXIMO_ENOMEM;
    if (who >= 0)
        return f->fates[who].fate == PLACE_ELSEWHERE ? PROXIMO_OK
                                                     : add_resource(f, node, (uint32_t)who, guest);
    if (strcmp(guest->node, f->world.place.nodes[node].name) != 0 || guest->template || !guest->running)
        return PROXIMO_OK;
    struct json_object *row = new_row(f, node, guest);
    if (!row)
        return PROXIMO_ENOMEM;
    put(row, "ha", "none");
    put(row, "fate", "down");
    put(row, "says",
        f->event == PLACE_FAILS ? "is down until its node is back: HA does not look after it"
                                : "stays on its node, and is shut down with it: HA does not look after it");
    return PROXIMO_OK;
}

/* ---- the nodes that are left */

static struct json_object *survivors(const struct failover *f, uint32_t lost)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t n = 0; list && n < f->world.place.node_count; n++) {
        const struct place_node *node = &f->world.place.nodes[n];
        struct json_object *row = n == lost ? NULL : json_object_new_object();
        if (!row)
            continue;
        put(row, "node", node->name);
        put(row, "state",
            node->state == PLACE_ONLINE    ? "online"
            : node->state == PLACE_OFFLINE ? "offline"
                                           : "maintenance");
        if (node->memory) {
            put_bytes(row, "memory", node->memory);
            put_bytes(row, "memory_given_out", node->given);
        }
        if (node->cpus) {
            put_bytes(row, "cpus", node->cpus);
            put_bytes(row, "cpus_given_out", node->cpus_given);
        }
        json_object_array_add(list, row);
    }
    return list;
}

static int32_t add_node(const struct failover *f, uint32_t lost)
{
    struct json_object *row = json_object_new_object();
    struct place_room room;
    if (!row || json_object_array_add(f->nodes, row) < 0) {
        json_object_put(row);
        return PROXIMO_ENOMEM;
    }
    place_room_after(&f->world.place, f->fates, &room);
    put(row, "lost", f->world.place.nodes[lost].name);
    const char *gone = ha_idle_text(&f->world, lost);
    put(row, "quorum", gone ? gone : "kept");
    json_object_object_add(row, "to_place", json_object_new_int64(room.count));
    put_bytes(row, "memory_needed", room.needed);
    put_bytes(row, "memory_not_given_out", room.room);
    put(row, "fits",
        !room.count    ? "nothing is to be placed"
        : room.unknown ? "not known: the size of a guest or a node could not be read"
        : !room.left_over
            ? "yes, beside what the running guests there may take"
            : ask_text(&f->a, "no: %s have no room beside what the running guests there may take",
                       ha_gib(&f->a, room.left_over)));
    json_object_object_add(row, "cpus_needed", json_object_new_int64(room.cpus_needed));
    json_object_object_add(row, "nodes_left", survivors(f, lost));
    return PROXIMO_OK;
}

static int32_t lose(const struct failover *f, uint32_t node)
{
    int32_t r = PROXIMO_OK;
    place_fates(&f->world.place, node, f->event, f->fates);
    for (uint32_t i = 0; r == PROXIMO_OK && i < f->world.guests.count; i++)
        r = add_guest(f, node, &f->world.guests.rows[i]);
    return r == PROXIMO_OK ? add_node(f, node) : r;
}

/* ---- the answer */

static int32_t reply(const struct failover *f)
{
    struct json_object *about DROP_JSON = json_object_new_object();
    if (!about)
        return PROXIMO_ENOMEM;
    put(about, "event", f->event == PLACE_FAILS ? "fails" : "maintenance");
    put(about, "choice", ha_scheduler_text(&f->world));
    put(about, "manager",
        f->world.frozen   ? "HA is switched off (disarmed): nothing of this happens until it is on"
        : f->world.master ? ask_text(&f->a, "on %s", f->world.master)
                          : "none is elected: nothing of this happens until there is one");
    put(about, "quorum",
        f->world.quorate ? "there is quorum" : "there is none: HA does nothing at the moment");
    json_object_object_add(about, "nodes", json_object_get(f->nodes));
    const struct proximo_content blocks[] = {
        {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .data = json_text(about),
         .name = text_of("failover")},
        {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(f->rows),
         .flags = f->world.guests.complete && f->world.resources_known && f->world.rules_known
                      ? PROXIMO_CONTENT_COMPLETE
                      : PROXIMO_CONTENT_INCOMPLETE},
    };
    return f->a.host->reply(f->a.call, blocks, 2);
}

/* What ties those that are on the node; one < 0: on any. */
static int32_t look_closer(struct failover *f, int64_t one)
{
    const uint32_t count = f->world.place.resource_count;
    bool *wanted = f->a.host->alloc(f->a.call, count + UINT64_C(1));
    for (uint32_t i = 0; wanted && i < count; i++)
        wanted[i] = one < 0 || (f->world.place.resources[i].at & BIT(one));
    return wanted ? ha_world_ties(&f->world, wanted) : PROXIMO_ENOMEM;
}

static int32_t look(struct failover *f, const char *name)
{
    int32_t r = ha_world_read(&f->a, &f->world);
    const int64_t one = r == PROXIMO_OK && name ? place_node_find(&f->world.place, name) : -1;
    if (r == PROXIMO_OK && name && one < 0)
        return f->a.host->fail(f->a.call, PROXIMO_ENOTFOUND, "the cluster has no node \"%.64s\"", name);
    if (r == PROXIMO_OK)
        r = look_closer(f, one);
    f->fates = f->a.host->alloc(f->a.call, (f->world.place.resource_count + UINT64_C(1)) * sizeof(*f->fates));
    if (r == PROXIMO_OK && !f->fates)
        r = PROXIMO_ENOMEM;
    for (uint32_t n = 0; r == PROXIMO_OK && n < f->world.place.node_count; n++) {
        if (!name || n == (uint32_t)one)
            r = lose(f, n);
    }
    return r == PROXIMO_OK ? reply(f) : r;
}

int32_t ha_read_failover(void *instance, struct proximo_call *call)
{
    struct failover f = {.a = {((struct plane_instance *)instance)->host, call},
                         .rows = json_object_new_array(),
                         .nodes = json_object_new_array()};
    const char *event = ask_argument(&f.a, "event");
    f.event = event && strcmp(event, "maintenance") == 0 ? PLACE_IS_EMPTIED : PLACE_FAILS;
    int32_t r = f.rows && f.nodes ? look(&f, ask_argument(&f.a, "node")) : PROXIMO_ENOMEM;
    json_object_put(f.rows);
    json_object_put(f.nodes);
    ha_world_done(&f.world);
    return r;
}
