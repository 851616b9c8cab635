/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The general read handlers, driven by a route's own data: a fixed list of sub-paths, one place of the state,
 * or a listing of a place filtered by what the caller may see.
 */
#include "sim.h"

#include <stdlib.h>
#include <string.h>

/* source = "KEY:word,word,...": [{KEY: word}, ...] */
int sim_index(struct sim_call *call)
{
    const char *at = strchr(call->route->source, ':');
    char key[32];

    (void)snprintf(key, sizeof key, "%.*s", (int)(at - call->route->source), call->route->source);
    call->data = json_object_new_array();
    for (at++; *at;) {
        size_t n = strcspn(at, ",");
        struct json_object *item = json_object_new_object();

        sim_set(item, key, json_object_new_string_len(at, (int)n));
        json_object_array_add(call->data, item);
        at += n + (at[n] == ',');
    }
    return 0;
}

/* The value of the last {name} in the source: what an error text is about. */
static const char *subject(struct sim_call *call)
{
    const char *open = strrchr(call->route->source, '{');
    char name[64];

    if (!open)
        return "";
    (void)snprintf(name, sizeof name, "%.*s", (int)strcspn(open + 1, "}"), open + 1);
    return sim_str(call->params, name, "");
}

/* Fails with the route's own text: "STATUS text" or "400 parameter: text". */
static int missing(struct sim_call *call)
{
    const char *spec = call->route->missing, *about = subject(call);
    const char *text = spec + 4, *hole = strstr(text, "%s"), *colon;
    int status = (spec[0] - '0') * 100 + (spec[1] - '0') * 10 + (spec[2] - '0');
    char full[1024], name[64];

    if (hole)
        (void)snprintf(full, sizeof full, "%.*s%s%s", (int)(hole - text), text, about, hole + 2);
    else
        (void)snprintf(full, sizeof full, "%s", text);
    colon = strstr(full, ": ");
    if (status != 400 || !colon)
        return sim_fail(call, status, "%s", full);
    (void)snprintf(name, sizeof name, "%.*s", (int)(colon - full), full);
    return sim_fail_param(call, name, "%s", colon + 2);
}

static void add_digest(struct sim_call *call, struct json_object *item)
{
    SIM_FREE_WITH(sim_freep) char *place = NULL;
    char digest[41];

    if (!call->route->digest)
        return;
    place = sim_fill(call->route->digest, call->params, "~1");
    sim_digest(place ? sim_at(call->state, place) : NULL, digest);
    sim_set_str(item, "digest", digest);
}

int sim_show(struct sim_call *call)
{
    SIM_FREE_WITH(sim_freep) char *place = sim_fill(call->route->source, call->params, "~1");
    struct json_object *found = place ? sim_at(call->state, place) : NULL;

    if (!found && call->route->missing)
        return missing(call);
    call->data = sim_copy(found);
    if (call->data && json_object_is_type(call->data, json_type_object)) {
        add_digest(call, call->data);
        if (call->route->key)
            sim_set_str(call->data, call->route->key, subject(call));
    }
    return 0;
}

/* May the caller see this item? Its own members and the request's parameters fill the rule's path. */
static bool visible(struct sim_call *call, struct json_object *item)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *names = NULL;
    char why[512];

    if (!call->route->visible)
        return true;
    names = sim_copy(call->params);
    sim_merge(names, item);
    return sim_rule_check(call->state, call->route->visible, call->who, names, why, sizeof why) == 0;
}

/* A parameter "type" of a listing keeps the items of that type. */
static bool wanted(struct sim_call *call, struct json_object *item)
{
    const char *type = sim_arg(call, "type");

    return !type || strcmp(sim_str(item, "type", ""), type) == 0;
}

static void list_item(struct sim_call *call, struct json_object *found, const char *name)
{
    struct json_object *item = sim_copy(found);

    if (!item)
        return;
    if (name && call->route->key)
        sim_set_str(item, call->route->key, name);
    if (!wanted(call, item) || !visible(call, item)) {
        json_object_put(item);
        return;
    }
    add_digest(call, item);
    json_object_array_add(call->data, item);
}

int sim_listing(struct sim_call *call)
{
    SIM_FREE_WITH(sim_freep) char *place = sim_fill(call->route->source, call->params, "~1");
    struct json_object *found = place ? sim_at(call->state, place) : NULL;

    if (!found && call->route->missing)
        return missing(call);
    call->data = json_object_new_array();
    if (!found)
        return 0;
    if (json_object_is_type(found, json_type_array)) {
        for (size_t i = 0; i < json_object_array_length(found); i++)
            list_item(call, json_object_array_get_idx(found, i), NULL);
        return 0;
    }
    json_object_object_foreach(found, name, value)
    {
        list_item(call, value, name);
    }
    return 0;
}
