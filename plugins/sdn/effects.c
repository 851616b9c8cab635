/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest loses a network when its VNet is no longer on its node, gets another one when what the VNet, its
 * zone or its subnets say changes. What is only edited hurts nobody before it is applied, so it is told one
 * degree lower.
 */
#include "effects.h"

#include "nics.h"

#define LATER "from the next apply on: "

struct telling {
    const struct sdn_view *view;
    const struct asking *a;
    bool now;
};

static uint32_t degree(const struct telling *t, uint32_t risk)
{
    return t->now || risk == PROXIMO_RISK_LOW ? risk : risk - 1;
}

/* ---- where things are */

static struct json_object *zone_of(const struct sdn_view *view, const char *vnet, enum sdn_side side)
{
    const struct sdn_object *own = sdn_find(view, SDN_VNET, vnet);
    const struct sdn_object *zone =
        own && own->side[side] ? sdn_find(view, SDN_ZONE, member_text(own->side[side], "zone")) : NULL;
    return zone ? zone->side[side] : NULL;
}

bool sdn_vnet_on_node(const struct sdn_view *view, const char *vnet, enum sdn_side side, const char *node)
{
    struct json_object *zone = zone_of(view, vnet, side);
    const char *nodes = zone ? sdn_value(&view->ask, zone, "nodes") : NULL;
    return zone && (!nodes || config_list_has(nodes, node));
}

/* Does a name (alias) alone differ? */
static bool only_named(const struct sdn_object *object)
{
    struct json_object *list DROP_JSON = sdn_differences(object);
    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        if (!member_is(json_object_array_get_idx(list, i), "option", "alias"))
            return false;
    }
    return object->side[SDN_BEFORE] && object->side[SDN_AFTER];
}

/* Do two sides name this object in a member of theirs, and does it differ? */
static bool names_changed(const struct sdn_view *view, struct json_object *side, const char *member,
                          enum sdn_sort sort)
{
    const struct sdn_object *object = sdn_find(view, sort, member_text(side, member));
    return object && !sdn_is_same(object);
}

static bool zone_differs(const struct sdn_view *view, const char *vnet)
{
    for (uint32_t side = SDN_BEFORE; side <= SDN_AFTER; side++) {
        const struct sdn_object *own = sdn_find(view, SDN_VNET, vnet);
        struct json_object *zone = zone_of(view, vnet, (enum sdn_side)side);
        if (names_changed(view, own->side[side], "zone", SDN_ZONE) ||
            names_changed(view, zone, "controller", SDN_CONTROLLER) ||
            names_changed(view, zone, "fabric", SDN_FABRIC))
            return true;
    }
    return false;
}

static bool is_touched(const struct sdn_view *view, const struct sdn_object *vnet)
{
    if ((!sdn_is_same(vnet) && !only_named(vnet)) || zone_differs(view, vnet->id))
        return true;
    for (uint32_t i = 0; i < view->count; i++) {
        const struct sdn_object *other = &view->rows[i];
        if (other->sort == SDN_SUBNET && strcmp(other->vnet, vnet->id) == 0 && !sdn_is_same(other))
            return true;
    }
    return false;
}

/* ---- guests */

/* "its zone lab: mtu 1500 -> 1400; subnet ...": all that differs around a VNet. */
static const char *around(const struct telling *t, const char *vnet)
{
    struct json_object *const zones[] = {zone_of(t->view, vnet, SDN_BEFORE),
                                         zone_of(t->view, vnet, SDN_AFTER)};
    const char *text = NULL;
    for (uint32_t i = 0; i < t->view->count; i++) {
        const struct sdn_object *o = &t->view->rows[i];
        bool near = (o->sort == SDN_VNET && strcmp(o->id, vnet) == 0) ||
                    (o->sort == SDN_SUBNET && strcmp(o->vnet, vnet) == 0);
        for (uint32_t side = SDN_BEFORE; side <= SDN_AFTER; side++)
            near |= (o->sort == SDN_ZONE && member_is(zones[side], "zone", o->id)) ||
                    (o->sort == SDN_CONTROLLER && member_is(zones[side], "controller", o->id)) ||
                    (o->sort == SDN_FABRIC && member_is(zones[side], "fabric", o->id));
        if (!near || sdn_is_same(o))
            continue;
        const char *what = !o->side[SDN_BEFORE]  ? "is new"
                           : !o->side[SDN_AFTER] ? "goes"
                                                 : sdn_difference_words(t->a, o);
        const char *one = ask_text(t->a, "%s %s: %s", sdn_sorts[o->sort].word, o->id, what);
        text = text ? ask_text(t->a, "%s; %s", text, one) : one;
    }
    return text ? text : "";
}

static int32_t tell_nic(const struct telling *t, const struct sdn_nic *nic)
{
    const bool before = sdn_vnet_on_node(t->view, nic->vnet, SDN_BEFORE, nic->node);
    const bool after = sdn_vnet_on_node(t->view, nic->vnet, SDN_AFTER, nic->node);
    const char *later = t->now ? "" : LATER, *effect = NULL;
    uint32_t risk = PROXIMO_RISK_MEDIUM;
    if (before && !after && nic->running) {
        effect = ask_text(t->a,
                          "%sloses this network (%s): VNet %s goes from its node; once stopped it does "
                          "not start any more",
                          later, nic->slot, nic->vnet);
        risk = PROXIMO_RISK_HIGH;
    } else if (before && !after) {
        effect = ask_text(t->a, "%sdoes not start any more: VNet %s of its %s goes from its node", later,
                          nic->vnet, nic->slot);
        risk = PROXIMO_RISK_HIGH;
    } else if (!before && after) {
        effect = ask_text(t->a, "%sits NIC %s gets a network: VNet %s comes to its node", later, nic->slot,
                          nic->vnet);
        risk = PROXIMO_RISK_LOW;
    } else if (before && after) {
        effect =
            ask_text(t->a, "%s%s hangs on VNet %s, which changes under it (%s): it may lose its connection",
                     later, nic->slot, nic->vnet, around(t, nic->vnet));
        risk = nic->running ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW;
    } else {
        return PROXIMO_OK;
    }
    struct json_object *facts = json_object_new_object();
    if (facts) {
        json_object_object_add(facts, "vnet", json_object_new_string(nic->vnet));
        json_object_object_add(facts, "nic", json_object_new_string(nic->slot));
        json_object_object_add(facts, "node", json_object_new_string(nic->node));
        json_object_object_add(facts, "running", json_object_new_boolean(nic->running));
        if (nic->firewall)
            json_object_object_add(facts, "firewall", json_object_new_boolean(1));
    }
    return tell_affected(t->a, degree(t, risk), ask_text(t->a, "guest/%lld", (long long)nic->vmid), nic->name,
                         effect, facts);
}

static int32_t tell_guests(const struct telling *t)
{
    const struct sdn_view *view = t->view;
    const char **vnets = t->a->host->alloc(t->a->call, (view->count + UINT64_C(1)) * sizeof(*vnets));
    struct sdn_nic *nics = NULL;
    uint32_t count = 0, nic_count = 0;
    if (!vnets)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < view->count; i++) {
        if (view->rows[i].sort == SDN_VNET && is_touched(view, &view->rows[i]))
            vnets[count++] = view->rows[i].id;
    }
    int32_t r = sdn_nics_read(t->a, vnets, count, &nics, &nic_count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < nic_count; i++)
        r = tell_nic(t, &nics[i]);
    return r;
}

/* ---- the objects themselves */

/* A VNet's own firewall guards nothing once the VNet is gone. Source: GET
 * /cluster/sdn/vnets/{vnet}/firewall/rules. */
static int32_t tell_firewall(const struct telling *t, const struct sdn_object *object)
{
    const struct proximo_field vnet = FIELD("vnet", object->id);
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/sdn/vnets/{vnet}/firewall/rules",
                                    .fields = &vnet, .field_count = 1};
    struct looked looked;
    if (object->sort != SDN_VNET || object->side[SDN_AFTER])
        return PROXIMO_OK;
    int32_t r = ask_look(t->a, &get, &looked);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(looked.data, json_type_array) ? json_object_array_length(looked.data) : 0;
    if (!looked.data)
        r = t->a->host->incomplete(t->a->call, ask_text(t->a, "the firewall of VNet %s", object->id),
                                   looked.why);
    else if (count)
        r = tell_affected(t->a, degree(t, PROXIMO_RISK_MEDIUM), ask_text(t->a, "vnet/%s", object->id), NULL,
                          ask_text(t->a, "%sits %u firewall rules guard nothing any more",
                                   t->now ? "" : LATER, (unsigned)count),
                          NULL);
    json_object_put(looked.data);
    return r;
}

/* What more there is to say of an object that goes or changes. */
static const char *consequence(const struct telling *t, const struct sdn_object *o)
{
    const char *gateway = o->sort == SDN_SUBNET ? sdn_value(t->a, o->side[SDN_BEFORE], "gateway") : NULL;
    const char *still = o->sort == SDN_SUBNET ? sdn_value(t->a, o->side[SDN_AFTER], "gateway") : NULL;
    const char *text = "";
    if (gateway && (!still || strcmp(gateway, still) != 0))
        text = ask_text(t->a, "; guests that use %s as their gateway have no way out any more", gateway);
    if (o->sort == SDN_SUBNET && member_true(o->side[SDN_BEFORE], "snat") &&
        !member_true(o->side[SDN_AFTER], "snat"))
        text = ask_text(t->a, "%s; what is in it is no longer seen outside as its node", text);
    return text;
}

static int32_t tell_object(const struct telling *t, const struct sdn_object *o)
{
    const char *later = t->now ? "" : LATER, *effect = NULL;
    uint32_t risk = PROXIMO_RISK_LOW;
    if (!o->side[SDN_BEFORE]) {
        effect = ask_text(t->a, "%s: %s", t->now ? "is added" : "is added by the next apply",
                          sdn_difference_words(t->a, o));
    } else if (!o->side[SDN_AFTER]) {
        effect = ask_text(t->a, "%s%s", t->now ? "goes" : "goes with the next apply", consequence(t, o));
        risk = PROXIMO_RISK_HIGH;
    } else {
        effect = ask_text(t->a, "%s%s%s", later, sdn_difference_words(t->a, o), consequence(t, o));
        risk = o->sort == SDN_VNET && only_named(o) ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM;
    }
    int32_t r = tell_affected(t->a, degree(t, risk), ask_text(t->a, "%s/%s", sdn_sorts[o->sort].word, o->id),
                              NULL, effect, NULL);
    return r == PROXIMO_OK ? tell_firewall(t, o) : r;
}

int32_t sdn_tell_effects(const struct sdn_view *view, bool now)
{
    const struct telling t = {view, &view->ask, now};
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < view->count; i++) {
        if (!sdn_is_same(&view->rows[i]))
            r = tell_object(&t, &view->rows[i]);
    }
    return r == PROXIMO_OK ? tell_guests(&t) : r;
}

/* ---- an edit as two sides */

static int32_t add_object(struct sdn_view *view, enum sdn_sort sort, const char *id, const char *vnet)
{
    struct sdn_object *rows =
        view->ask.host->alloc(view->ask.call, (view->count + UINT64_C(1)) * sizeof(*rows));
    if (!rows)
        return PROXIMO_ENOMEM;
    if (view->count)
        memcpy(rows, view->rows, view->count * sizeof(*rows));
    rows[view->count++] = (struct sdn_object){.sort = sort, .id = id, .vnet = vnet ? vnet : ""};
    view->rows = rows;
    view->room = view->count;
    return PROXIMO_OK;
}

int32_t sdn_view_set_after(struct sdn_view *view, enum sdn_sort sort, const char *id, const char *vnet,
                           struct json_object *after)
{
    if (!id || (!sdn_find(view, sort, id) && add_object(view, sort, id, vnet) < 0)) {
        json_object_put(after);
        return PROXIMO_ENOMEM;
    }
    struct sdn_object *o = sdn_find(view, sort, id);
    json_object_put(o->side[SDN_AFTER]);
    o->side[SDN_AFTER] = after;
    return PROXIMO_OK;
}

static void take_values(struct json_object *after, struct json_object *edit)
{
    json_object_object_foreach(edit, name, value)
    {
        if (value)
            json_object_object_add(after, name, json_object_get(value));
        else
            json_object_object_del(after, name);
    }
}

int32_t sdn_view_take_edit(struct sdn_view *view, enum sdn_sort sort, const char *id, const char *vnet,
                           uint32_t verb, struct json_object *edit)
{
    for (uint32_t i = 0; i < view->count; i++) {
        struct sdn_object *o = &view->rows[i];
        json_object_put(o->side[SDN_BEFORE]);
        o->side[SDN_BEFORE] = json_object_get(o->side[SDN_AFTER]);
        o->state = NULL;
    }
    const struct sdn_object *o = sdn_find(view, sort, id);
    struct json_object *before = o ? o->side[SDN_BEFORE] : NULL, *after = NULL;
    if (verb != CONFIG_DELETE && before && json_object_deep_copy(before, &after, NULL) < 0)
        return PROXIMO_ENOMEM;
    if (verb != CONFIG_DELETE && !after)
        after = json_object_new_object();
    if (after && json_object_is_type(edit, json_type_object))
        take_values(after, edit);
    if (after && verb == CONFIG_UPDATE && !edit) /* used without saying what changes: anything may */
        json_object_object_add(after, "?", json_object_new_string("not said"));
    return sdn_view_set_after(view, sort, id, vnet, after);
}
