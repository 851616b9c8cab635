/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SDN objects are created, changed and deleted in the edited configuration, all kinds in the same way.
 */
#include "change.h"
#include "handlers.h"
#include "sdn.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

struct json_object *sim_sdn_map(struct json_object *state, const char *place)
{
    struct json_object *sdn = sim_get(state, "sdn");

    if (!sim_get(sdn, place))
        sim_set(sdn, place, json_object_new_object());
    return sim_get(sdn, place);
}

void sim_sdn_prefix(struct sim_call *call, const char *kind, char *text, size_t size)
{
    const char *method = call->route->method;
    const char *verb = strcmp(method, "POST") == 0  ? "create"
                       : strcmp(method, "PUT") == 0 ? "update"
                                                    : "delete";

    (void)snprintf(text, size, "%s sdn %s object failed: ", verb, kind);
}

static int SIM_PRINTF(4, 0)
    fail(struct sim_call *call, const char *kind, const char *before, const char *format, va_list ap)
{
    char prefix[80], text[1024];

    sim_sdn_prefix(call, kind, prefix, sizeof prefix);
    (void)vsnprintf(text, sizeof text, format, ap);
    return sim_fail(call, 500, "%s%s%s", prefix, before, text);
}

int sim_sdn_fail(struct sim_call *call, const char *kind, const char *format, ...)
{
    va_list ap;
    int r;

    va_start(ap, format);
    r = fail(call, kind, "", format, ap);
    va_end(ap);
    return r;
}

int sim_sdn_fail_param(struct sim_call *call, const char *kind, const char *format, ...)
{
    va_list ap;
    int r;

    va_start(ap, format);
    r = fail(call, kind, "400 Parameter verification failed.\n", format, ap);
    va_end(ap);
    return r;
}

/* ---- what a type has ---- */

static const struct sim_sdn_type *type_of(const struct sim_sdn_kind *kind, const char *name)
{
    for (const struct sim_sdn_type *type = kind->types; type->name && name; type++) {
        if (strcmp(type->name, name) == 0)
            return type;
    }
    return kind->types;
}

static bool has_option(const struct sim_sdn_type *type, const char *name)
{
    return sim_word_in(type->required, " ", name, strlen(name)) ||
           sim_word_in(type->allowed, " ", name, strlen(name));
}

/* An option that this type does not have, of those given; NULL: none. */
static const char *unexpected(struct sim_call *call, const struct sim_sdn_kind *kind,
                              const struct sim_sdn_type *type)
{
    json_object_object_foreach(call->params, name, value)
    {
        (void)value;
        if (strcmp(name, kind->name) != 0 &&
            !sim_word_in("type delete digest lock-token", " ", name, strlen(name)) && !has_option(type, name))
            return name;
    }
    return NULL;
}

static int check_options(struct sim_call *call, const struct sim_sdn_kind *kind,
                         const struct sim_sdn_type *type)
{
    const char *name = unexpected(call, kind, type), *at = type->required;
    char word[64];

    if (name)
        return sim_fail(call, 500, "unexpected property '%s'\n", name);
    while (sim_next_word(&at, word, sizeof word)) {
        if (!sim_get(call->params, word))
            return sim_fail(call, 500, "missing value for required option '%s'\n", word);
    }
    return 0;
}

/* ---- a vnet takes a right on it, which depends on its zone ---- */

static int check_zone_right(struct sim_call *call, const char *zone, const char *vnet)
{
    char where[128], why[200];

    (void)snprintf(where, sizeof where, "/sdn/zones/%s%s%s", zone, vnet ? "/" : "", vnet ? vnet : "");
    if (sim_can(call, where, "SDN.Allocate"))
        return 0;
    (void)snprintf(why, sizeof why, " (%s, SDN.Allocate)", where);
    return sim_fail_perm(call, why);
}

static int check_vnet_right(struct sim_call *call, const struct sim_sdn_kind *kind)
{
    const char *id = sim_arg(call, kind->name), *to = sim_arg(call, "zone");
    struct json_object *vnet = sim_get(sim_sdn_map(call->state, kind->place), id);

    if (strcmp(kind->name, "vnet") != 0)
        return 0;
    if (!vnet)
        return sim_fail(call, 500, "sdn vnet '%s' does not exist\n", id);
    if (check_zone_right(call, sim_str(vnet, "zone", ""), id) < 0)
        return -EINVAL;
    return to ? check_zone_right(call, to, NULL) : 0;
}

/* ---- the three requests ---- */

int sim_sdn_create(struct sim_call *call)
{
    const struct sim_sdn_kind *kind = sim_sdn_kind_of(call);
    const struct sim_sdn_type *type = type_of(kind, sim_arg(call, "type"));
    SIM_FREE_WITH(sim_json_freep) struct json_object *entry = json_object_new_object();
    const char *id = sim_arg(call, kind->name);
    struct json_object *map = sim_sdn_map(call->state, kind->place);
    char except[64];

    if (check_options(call, kind, type) < 0 || sim_sdn_check_lock(call, kind->name) < 0)
        return -EINVAL;
    if (sim_get(map, id))
        return sim_sdn_fail(call, kind->name, "sdn %s object ID '%s' already defined\n", kind->name, id);
    (void)snprintf(except, sizeof except, "%s lock-token", kind->name);
    sim_set_str(entry, "type", type->name);
    sim_put_given(call, entry, except);
    if (kind->check && kind->check(call, kind, id, entry) < 0)
        return -EINVAL;
    sim_sdn_stage(call);
    sim_set(map, id, json_object_get(entry));
    sim_touch(call->sim);
    return 0;
}

static int drop_options(struct sim_call *call, const struct sim_sdn_kind *kind,
                        const struct sim_sdn_type *type, struct json_object *entry)
{
    const char *at = sim_arg(call, "delete");
    char word[64];

    while (at && sim_next_word(&at, word, sizeof word)) {
        if (!has_option(type, word))
            return sim_sdn_fail(call, kind->name, "no such option '%s'\n", word);
        if (sim_word_in(type->required, " ", word, strlen(word)))
            return sim_sdn_fail(call, kind->name, "unable to delete required option '%s'\n", word);
        json_object_object_del(entry, word);
    }
    return 0;
}

int sim_sdn_update(struct sim_call *call)
{
    const struct sim_sdn_kind *kind = sim_sdn_kind_of(call);
    const char *id = sim_arg(call, kind->name), *odd;
    struct json_object *map = sim_sdn_map(call->state, kind->place);
    SIM_FREE_WITH(sim_json_freep) struct json_object *entry = sim_copy(sim_get(map, id));
    const struct sim_sdn_type *type = type_of(kind, sim_str(entry, "type", NULL));
    char prefix[80], except[64];

    sim_sdn_prefix(call, kind->name, prefix, sizeof prefix);
    if (check_vnet_right(call, kind) < 0 || sim_sdn_check_lock(call, kind->name) < 0 ||
        sim_check_digest(call, map, prefix) < 0)
        return -EINVAL;
    if (!entry)
        return sim_sdn_fail(call, kind->name, "sdn '%s' does not exist\n", id);
    odd = unexpected(call, kind, type);
    if (odd)
        return sim_sdn_fail(call, kind->name, "unexpected property '%s'\n", odd);
    if (drop_options(call, kind, type, entry) < 0)
        return -EINVAL;
    (void)snprintf(except, sizeof except, "%s delete digest lock-token", kind->name);
    sim_put_given(call, entry, except);
    if (kind->check && kind->check(call, kind, id, entry) < 0)
        return -EINVAL;
    sim_sdn_stage(call);
    sim_set(map, id, json_object_get(entry));
    sim_touch(call->sim);
    return 0;
}

int sim_sdn_delete(struct sim_call *call)
{
    const struct sim_sdn_kind *kind = sim_sdn_kind_of(call);
    const char *id = sim_arg(call, kind->name), *called = kind->gone ? kind->gone : kind->name;
    struct json_object *map = sim_sdn_map(call->state, kind->place);

    if (check_vnet_right(call, kind) < 0 || sim_sdn_check_lock(call, called) < 0)
        return -EINVAL;
    if (!sim_get(map, id))
        return sim_sdn_fail(call, called, "sdn '%s' does not exist\n", id);
    if (kind->unused && kind->unused(call, kind, id) < 0)
        return -EINVAL;
    /* The IPAM that is part of the system is there again when the file is read. */
    if (strcmp(kind->name, "ipam") == 0 && strcmp(id, "pve") == 0)
        return 0;
    sim_sdn_stage(call);
    json_object_object_del(map, id);
    sim_touch(call->sim);
    return 0;
}
