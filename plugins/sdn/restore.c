/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back of an apply and of a rollback: the guards of the record have every list before and after, so
 * what differs between the two is what was done, and each object is edited back to what it was. An object is
 * known by its own members; lists come back sorted, so their order says nothing.
 */
#include "apply.h"

#define FIELDS_MOST 64u

/* ---- from the record */

/* A row's sort by what names it; SDN_SORTS: none that can be brought back. */
static enum sdn_sort sort_of(struct json_object *row)
{
    return member_of(row, "subnet")       ? SDN_SUBNET
           : member_of(row, "vnet")       ? SDN_VNET
           : member_of(row, "zone")       ? SDN_ZONE
           : member_of(row, "controller") ? SDN_CONTROLLER
                                          : SDN_SORTS;
}

static struct sdn_target *target_of(const struct asking *a, struct sdn_targets *all, enum sdn_sort sort,
                                    const char *id, struct json_object *row)
{
    for (uint32_t i = 0; i < all->count; i++) {
        if (all->rows[i].sort == sort && strcmp(all->rows[i].id, id) == 0)
            return &all->rows[i];
    }
    if (all->count == all->room) {
        const uint32_t room = all->room ? all->room * 2 : 64;
        struct sdn_target *rows = a->host->alloc(a->call, room * sizeof(*rows));
        if (!rows)
            return NULL;
        if (all->count)
            memcpy(rows, all->rows, all->count * sizeof(*rows));
        all->rows = rows;
        all->room = room;
    }
    const char *vnet = sort == SDN_SUBNET ? member_text(row, "vnet") : NULL;
    all->rows[all->count] = (struct sdn_target){
        .sort = sort, .id = ask_text(a, "%s", id), .vnet = vnet ? ask_text(a, "%s", vnet) : NULL};
    return all->rows[all->count].id ? &all->rows[all->count++] : NULL;
}

/* The configuration in a row: of a list with what is pending, the part that runs. */
static struct json_object *configuration(struct json_object *row)
{
    struct json_object *copy = json_object_new_object();
    json_object_object_foreach(row, name, value)
    {
        if (value && strcmp(name, "state") != 0 && strcmp(name, "pending") != 0 &&
            strcmp(name, "digest") != 0)
            json_object_object_add(copy, name, json_object_get(value));
    }
    return copy;
}

static int32_t take_list(const struct asking *a, struct sdn_targets *all, struct json_object *guard,
                         bool before)
{
    struct json_object *rows = member_of(guard, "");
    const size_t count = json_object_is_type(rows, json_type_array) ? json_object_array_length(rows) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(rows, i);
        const enum sdn_sort sort = sort_of(row);
        const char *id = sort < SDN_EDITABLE ? member_text(row, sdn_sorts[sort].id[0]) : NULL;
        if (!id || member_is(row, "state", "new"))
            continue;
        struct sdn_target *target = target_of(a, all, sort, id, row);
        if (!target)
            return PROXIMO_ENOMEM;
        struct json_object **side = before ? &target->to : &target->from;
        json_object_put(*side);
        *side = configuration(row);
    }
    return PROXIMO_OK;
}

/* The guards of one moment: the first half has what is pending, the second what is edited. */
static int32_t take_moment(const struct asking *a, struct json_object *record, const char *when, bool edited,
                           struct sdn_targets *ret)
{
    struct json_object *guards = member_of(record, when);
    const size_t count = json_object_is_type(guards, json_type_array) ? json_object_array_length(guards) : 0;
    const size_t first = edited ? count / 2 : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = first; r == PROXIMO_OK && i < count; i++)
        r = take_list(a, ret, json_object_array_get_idx(guards, i), strcmp(when, "before") == 0);
    if (r == PROXIMO_OK && !count) {
        (void)a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
        r = a->host->fail(a->call, PROXIMO_ENOTFOUND, "the record does not say what was there %s", when);
    }
    return r;
}

int32_t sdn_targets_read(const struct asking *a, struct proximo_text record_json, bool edited,
                         struct sdn_targets *ret)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    struct sdn_targets all = {0};
    *ret = all;
    int32_t r = take_moment(a, record, "before", edited, ret);
    if (r == PROXIMO_OK)
        r = take_moment(a, record, "after", edited, ret);
    for (uint32_t i = 0; i < ret->count; i++) {
        struct sdn_target *t = &ret->rows[i];
        if (t->from && t->to && json_object_equal(t->from, t->to)) {
            json_object_put(t->from);
            json_object_put(t->to);
            continue;
        }
        ret->rows[all.count++] = *t;
    }
    ret->count = all.count;
    return r;
}

void sdn_targets_done(struct sdn_targets *targets)
{
    for (uint32_t i = 0; i < targets->count; i++) {
        json_object_put(targets->rows[i].from);
        json_object_put(targets->rows[i].to);
    }
    targets->count = 0;
}

/* ---- steps */

struct stepping {
    const struct sdn_view *view;
    const struct config_kind *kind;
    const struct sdn_target *target;
    struct json_object *now; /* as it is edited */
    struct proximo_field fields[FIELDS_MOST];
    uint32_t count;
    const char *removed;
};

static int32_t put(struct stepping *s, struct proximo_field field)
{
    if (s->count == FIELDS_MOST)
        return s->view->ask.host->fail(s->view->ask.call, PROXIMO_EINVAL,
                                       "%s: more values than one request takes", s->target->id);
    s->fields[s->count++] = field;
    return field.value ? PROXIMO_OK : PROXIMO_ENOMEM;
}

static const struct config_key *key_of(const struct config_kind *kind, const char *name)
{
    for (uint32_t i = 0; i < kind->key_count; i++) {
        if (strcmp(kind->keys[i].name, name) == 0)
            return &kind->keys[i];
    }
    return NULL;
}

static bool is_shown(const struct config_kind *kind, const char *name)
{
    for (const char *const *one = kind->shown; *one; one++) {
        if (strcmp(*one, name) == 0)
            return true;
    }
    return false;
}

static int32_t no_way(const struct stepping *s, const char *name, const char *why)
{
    (void)s->view->ask.host->undo(s->view->ask.call, PROXIMO_UNDO_NONE, NULL, 0);
    return s->view->ask.host->fail(s->view->ask.call, PROXIMO_ESTATE, "no way back: \"%s\" of %s \"%s\" %s",
                                   name, s->kind->what, s->target->id, why);
}

static int32_t put_value(struct stepping *s, const struct config_key *key, struct json_object *value)
{
    const struct asking *a = &s->view->ask;
    struct json_object *holder DROP_JSON = NULL;
    int32_t r = PROXIMO_OK;
    if (!(key->flags & CONFIG_REPEAT) || !json_object_is_type(value, json_type_array))
        return put(s, FIELD(key->name, sdn_value(a, s->target->to, key->name)));
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(value); i++) {
        json_object_put(holder);
        holder = json_object_new_object();
        json_object_object_add(holder, "one", json_object_get(json_object_array_get_idx(value, i)));
        r = put(s, FIELD(key->name, sdn_value(a, holder, "one")));
    }
    return r;
}

/* Every value that differs from what is edited now; all of them where nothing is. */
static int32_t put_values(struct stepping *s)
{
    int32_t r = PROXIMO_OK;
    json_object_object_foreach(s->target->to, name, value)
    {
        const struct config_key *key = key_of(s->kind, name);
        struct json_object *now = member_of(s->now, name);
        const bool empty = json_object_is_type(value, json_type_array) && !json_object_array_length(value);
        if (r < 0 || empty || is_shown(s->kind, name) || (now && json_object_equal(now, value)))
            continue;
        r = !key                                          ? no_way(s, name, "is not known to this plane")
            : s->now && (key->flags & CONFIG_CREATE_ONLY) ? no_way(s, name, "is given at creation")
                                                          : put_value(s, key, value);
    }
    return r;
}

static int32_t put_removals(struct stepping *s)
{
    int32_t r = PROXIMO_OK;
    json_object_object_foreach(s->now, name, value)
    {
        struct json_object *to = member_of(s->target->to, name);
        const bool gone = !to || (json_object_is_type(to, json_type_array) && !json_object_array_length(to));
        const bool none = json_object_is_type(value, json_type_array) && !json_object_array_length(value);
        if (r < 0 || !gone || none || is_shown(s->kind, name))
            continue;
        if (!key_of(s->kind, name))
            r = no_way(s, name, "is not known to this plane");
        s->removed = s->removed ? ask_text(&s->view->ask, "%s,%s", s->removed, name) : name;
    }
    return r == PROXIMO_OK && s->removed ? put(s, FIELD("delete", s->removed)) : r;
}

static int32_t step(struct stepping *s, const char *verb, const char *method, const char *path)
{
    const struct asking *a = &s->view->ask;
    const char *name = ask_text(a, "%s-%s-%.40s", verb, sdn_sorts[s->target->sort].word, s->target->id);
    char *plain = name ? a->host->alloc(a->call, strlen(name) + 1) : NULL;
    for (size_t i = 0; plain && name[i]; i++) /* a step's name takes no dots and colons */
        plain[i] = strchr(".:", name[i]) ? '_' : name[i];
    const struct proximo_step one = {ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST,
                                     .name = plain,     .method = method,
                                     .path = path,      .params = ROWS(s->fields, s->count)};
    return plain ? a->host->step(a->call, &one) : PROXIMO_ENOMEM;
}

static int32_t put_place(struct stepping *s)
{
    return s->target->sort == SDN_SUBNET ? put(s, FIELD("vnet", s->target->vnet)) : PROXIMO_OK;
}

static int32_t create(struct stepping *s)
{
    const bool subnet = s->target->sort == SDN_SUBNET;
    int32_t r = put_place(s);
    if (r == PROXIMO_OK)
        r = put(s,
                FIELD(s->kind->id, subnet ? sdn_value(&s->view->ask, s->target->to, "cidr") : s->target->id));
    if (r == PROXIMO_OK && subnet)
        r = put(s, FIELD("type", "subnet"));
    if (r == PROXIMO_OK)
        r = put_values(s);
    return r == PROXIMO_OK ? step(s, "create", "POST", s->kind->list) : r;
}

static int32_t change(struct stepping *s)
{
    int32_t r = put_place(s);
    if (r == PROXIMO_OK)
        r = put(s, FIELD(s->kind->id, s->target->id));
    const uint32_t without = s->count;
    if (r == PROXIMO_OK)
        r = put_values(s);
    if (r == PROXIMO_OK)
        r = put_removals(s);
    if (r < 0 || s->count == without)
        return r; /* it is so already */
    return step(s, "change", "PUT", s->kind->one);
}

static int32_t remove_it(struct stepping *s)
{
    int32_t r = put_place(s);
    if (r == PROXIMO_OK)
        r = put(s, FIELD(s->kind->id, s->target->id));
    return r == PROXIMO_OK ? step(s, "delete", "DELETE", s->kind->one) : r;
}

/* In this order nothing is deleted that is still used, and nothing is made before what it needs. */
static const struct {
    enum sdn_sort sort;
    uint32_t verb;
} order[] = {
    {SDN_CONTROLLER, CONFIG_CREATE}, {SDN_CONTROLLER, CONFIG_UPDATE}, {SDN_ZONE, CONFIG_CREATE},
    {SDN_ZONE, CONFIG_UPDATE},       {SDN_SUBNET, CONFIG_DELETE},     {SDN_VNET, CONFIG_DELETE},
    {SDN_VNET, CONFIG_UPDATE},       {SDN_VNET, CONFIG_CREATE},       {SDN_SUBNET, CONFIG_CREATE},
    {SDN_SUBNET, CONFIG_UPDATE},     {SDN_ZONE, CONFIG_DELETE},       {SDN_CONTROLLER, CONFIG_DELETE},
};

int32_t sdn_steps_back(const struct sdn_view *view, const struct sdn_targets *targets, uint32_t *ret_count)
{
    int32_t r = PROXIMO_OK;
    *ret_count = 0;
    for (size_t n = 0; r == PROXIMO_OK && n < sizeof(order) / sizeof(order[0]); n++) {
        for (uint32_t i = 0; r == PROXIMO_OK && i < targets->count; i++) {
            const struct sdn_target *target = &targets->rows[i];
            const struct sdn_object *now = sdn_find(view, target->sort, target->id);
            struct stepping s = {.view = view,
                                 .kind = sdn_kind_of(target->sort),
                                 .target = target,
                                 .now = now ? now->side[SDN_AFTER] : NULL};
            const uint32_t verb = !target->to ? CONFIG_DELETE : s.now ? CONFIG_UPDATE : CONFIG_CREATE;
            if (target->sort != order[n].sort || verb != order[n].verb || (!target->to && !s.now))
                continue;
            r = verb == CONFIG_CREATE ? create(&s) : verb == CONFIG_UPDATE ? change(&s) : remove_it(&s);
            *ret_count += 1;
        }
    }
    return r;
}
