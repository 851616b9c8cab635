/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Three views of SDN objects: as edited, as applied (running=1), and what differs (pending=1). The last two
 * are shown by the general handlers from a state whose "sdn" is that view; digests are null there.
 */
#include "handlers.h"
#include "sdn.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* What an object is made with; it shows beside what is pending, never in it. */
static const char fixed[] = "type subnet id cidr network mask";

static bool is_fixed(struct json_object *entry, const char *name)
{
    bool subnet = sim_get(entry, "subnet") != NULL;

    return sim_word_in(fixed, " ", name, strlen(name)) ||
           (subnet && (strcmp(name, "vnet") == 0 || strcmp(name, "zone") == 0));
}

/* A list of ranges as they are written. */
static struct json_object *as_written(struct json_object *value)
{
    struct json_object *list;

    if (!json_object_is_type(value, json_type_array))
        return sim_copy(value);
    list = json_object_new_array();
    for (size_t i = 0; i < json_object_array_length(value); i++) {
        struct json_object *one = json_object_array_get_idx(value, i);
        char text[200];

        (void)snprintf(text, sizeof text, "start-address=%s,end-address=%s",
                       sim_str(one, "start-address", ""), sim_str(one, "end-address", ""));
        json_object_array_add(list, json_object_is_type(one, json_type_object) ? json_object_new_string(text)
                                                                               : sim_copy(one));
    }
    return list;
}

static bool empty_list(struct json_object *value)
{
    return json_object_is_type(value, json_type_array) && json_object_array_length(value) == 0;
}

/* One object: `running` or `edited` may be NULL. Owned. */
static struct json_object *differ(struct json_object *running, struct json_object *edited)
{
    struct json_object *item = json_object_new_object(), *pending;

    if (!edited || (running && json_object_equal(running, edited))) {
        sim_merge(item, running);
        if (!edited)
            sim_set_str(item, "state", "deleted");
        return item;
    }
    pending = json_object_new_object();
    sim_merge(item, running);
    json_object_object_foreach(edited, name, value)
    {
        struct json_object *was = sim_get(running, name);

        if (is_fixed(edited, name))
            sim_set(item, name, sim_copy(value));
        else if (!was ? !empty_list(value) : !json_object_equal(was, value))
            sim_set(pending, name, as_written(value));
    }
    if (running) {
        json_object_object_foreach(running, old, unused)
        {
            (void)unused;
            if (!sim_get(edited, old))
                sim_set_str(pending, old, "deleted");
        }
    }
    if (!running && sim_get(edited, "dhcp-range"))
        sim_set(item, "dhcp-range", json_object_new_array());
    sim_set(item, "pending", pending);
    sim_set_str(item, "state", running ? "changed" : "new");
    /* Rights go by the zone: show() takes it away again. */
    if (!running && sim_get(edited, "zone"))
        sim_set(item, "zone", sim_copy(sim_get(edited, "zone")));
    return item;
}

/* Every object of both maps; `deep`: maps of maps. Owned. */
static struct json_object *differ_map(struct json_object *running, struct json_object *edited, bool deep)
{
    struct json_object *out = json_object_new_object(), *const maps[] = {running, edited};

    for (size_t i = 0; i < 2; i++) {
        if (!maps[i])
            continue;
        json_object_object_foreach(maps[i], name, unused)
        {
            struct json_object *was = sim_get(running, name), *now = sim_get(edited, name);

            (void)unused;
            if (!sim_get(out, name))
                sim_set(out, name, deep ? differ_map(was, now, false) : differ(was, now));
        }
    }
    return out;
}

static struct json_object *pending_view(struct json_object *state)
{
    static const char *const places[] = {"zones", "vnets", "subnets", "controllers"};
    struct json_object *view = json_object_new_object();

    for (size_t i = 0; i < sizeof places / sizeof *places; i++)
        sim_set(view, places[i],
                differ_map(sim_get(sim_sdn_running(state), places[i]), sim_sdn_map(state, places[i]),
                           strcmp(places[i], "subnets") == 0));
    return view;
}

static void tidy(struct json_object *item)
{
    sim_set(item, "digest", NULL);
    if (sim_get(sim_get(item, "pending"), "zone") && strcmp(sim_str(item, "state", ""), "new") == 0)
        json_object_object_del(item, "zone");
}

/* The right that a route's listing takes, for one object. */
static int check_visible(struct sim_call *call)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *names = NULL;
    char why[512] = "";

    if (!call->route->visible)
        return 0;
    names = sim_copy(call->params);
    sim_merge(names, call->data);
    if (sim_rule_check(call->state, call->route->visible, call->who, names, why, sizeof why) == 0)
        return 0;
    return sim_fail_perm(call, why);
}

static int show(struct sim_call *call, sim_handler *handler)
{
    struct json_object *state = call->state, *view, *shown;
    bool pending = sim_arg_int(call, "pending", 0) != 0;
    int r;

    if (!pending && !sim_arg_int(call, "running", 0))
        return handler(call);
    view = pending ? pending_view(state) : json_object_get(sim_sdn_running(state));
    shown = json_object_new_object();
    json_object_object_foreach(state, name, value)
    {
        sim_set(shown, name, json_object_get(value));
    }
    sim_set(shown, "sdn", view);
    call->state = shown;
    r = handler(call);
    if (json_object_is_type(call->data, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(call->data); i++)
            tidy(json_object_array_get_idx(call->data, i));
    }
    if (r == 0 && json_object_is_type(call->data, json_type_object))
        r = check_visible(call);
    if (r == 0 && json_object_is_type(call->data, json_type_object))
        tidy(call->data);
    call->state = state;
    json_object_put(shown);
    return r;
}

int sim_sdn_list(struct sim_call *call)
{
    return show(call, sim_listing);
}

int sim_sdn_show(struct sim_call *call)
{
    if (show(call, sim_show) < 0)
        return -EINVAL;
    return sim_get(call->data, "pending") ? 0 : check_visible(call);
}
