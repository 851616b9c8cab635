/* SPDX-License-Identifier: Apache-2.0 */
/* The road of a configuration change: look, take the values, check, lay out; and the road back. */
#include "config_inner.h"

const char *config_label(const struct config_change *c)
{
    return c->id ? ask_text(&c->ask, "%s \"%s\"", c->kind->what, c->id) : c->kind->what;
}

const char *config_fill(const struct config_change *c, const char *template)
{
    const char *text = "";
    while (text && *template) {
        const size_t plain = strcspn(template, "{");
        text = ask_text(&c->ask, "%s%.*s", text, (int)plain, template);
        template += plain;
        const size_t name = *template ? strcspn(template, "}") : 0;
        if (!name)
            break;
        const char *argument = ask_text(&c->ask, "%.*s", (int)name - 1, template + 1);
        const char *value = argument ? ask_argument(&c->ask, argument) : NULL;
        text = text ? ask_text(&c->ask, "%s%s", text, value ? value : "") : NULL;
        template += name + (template[name] == '}');
    }
    return text;
}

/* The {names} of a path, each with its argument. */
static int32_t take_path(struct config_change *c, const char *path)
{
    for (const char *open = strchr(path, '{'); open; open = strchr(open + 1, '{')) {
        const size_t len = strcspn(open, "}");
        const char *name = ask_text(&c->ask, "%.*s", (int)len - 1, open + 1);
        const bool own = c->kind->make_id && name && strcmp(name, c->kind->id) == 0;
        const char *value = own ? c->id : name ? ask_argument(&c->ask, name) : NULL;
        if (!name)
            return PROXIMO_ENOMEM;
        if (!value || !*value)
            return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "%s is missing", name);
        if (c->at_count == sizeof(c->at) / sizeof(c->at[0]))
            return c->ask.host->fail(c->ask.call, PROXIMO_EINTERNAL, "%s has too many parts", path);
        c->at[c->at_count++] = FIELD(name, value);
    }
    return PROXIMO_OK;
}

int32_t config_open(const struct proximo_host *host, struct proximo_call *call,
                    const struct config_kind *kind, uint32_t verb, struct config_change *ret)
{
    *ret = (struct config_change){.ask = {host, call}, .kind = kind, .verb = verb};
    ret->id = kind->make_id ? kind->make_id(&ret->ask) : kind->id ? ask_argument(&ret->ask, kind->id) : NULL;
    if (kind->id && (!ret->id || !*ret->id))
        return host->fail(call, PROXIMO_EINVAL, "%s is missing", kind->id);
    ret->release = ask_release(&ret->ask);
    int32_t r = take_path(ret, kind->one);
    return r == PROXIMO_OK && kind->place ? kind->place(ret) : r;
}

void config_done(struct config_change *c)
{
    json_object_put(c->now);
    json_object_put(c->subject_details);
}

int32_t config_look(struct config_change *c)
{
    const struct proximo_get get = {ROW(proximo_get), .path = c->kind->one, .fields = c->at,
                                    .field_count = c->at_count, .needs = c->kind->needs};
    struct looked looked;
    int32_t r = ask_look(&c->ask, &get, &looked);
    if (r < 0)
        return r;
    if (looked.data && !json_object_is_type(looked.data, json_type_object)) {
        /* A single value (the hosts file as text) stands under the name of the only key. */
        struct json_object *whole = json_object_new_object();
        if (whole)
            json_object_object_add(whole, c->kind->keys[0].name, looked.data);
        looked.data = whole;
    }
    c->now = looked.data;
    /* What there is always exactly one of is not absent: the answer was an error. */
    const bool absent = !c->now && !(c->kind->flags & CONFIG_SINGLE) &&
                        (looked.status == 400 || looked.status == 404 || looked.status == 500);
    if (!c->now && !absent)
        return c->ask.host->fail(c->ask.call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_EUNAVAIL,
                                 "%s could not be looked at: %.300s", config_label(c),
                                 looked.why ? looked.why : "no answer");
    if (c->now && c->verb == CONFIG_CREATE)
        return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "there is a %s already", config_label(c));
    if (!c->now && c->verb != CONFIG_CREATE)
        return c->ask.host->fail(c->ask.call, PROXIMO_ENOTFOUND, "there is no %s: %.300s", config_label(c),
                                 looked.why ? looked.why : "");
    return PROXIMO_OK;
}

static int32_t finish(struct config_change *c)
{
    static const char *const nothing[] = {"", "is so already", ""};
    if (c->kind->check) {
        int32_t r = c->kind->check(c);
        if (r < 0)
            return r;
    }
    if (c->verb != CONFIG_UPDATE || c->count)
        return config_lay_out(c);
    const char *text = ask_text(&c->ask, "nothing to do: %s %s", config_label(c), nothing[c->verb]);
    return text ? c->ask.host->change(c->ask.call, text) : PROXIMO_ENOMEM;
}

int32_t config_plan(const struct proximo_host *host, struct proximo_call *call,
                    const struct config_kind *kind, uint32_t verb)
{
    struct config_change c;
    int32_t r = config_open(host, call, kind, verb, &c);
    c.operation_class = kind->classes[verb];
    if (r == PROXIMO_OK)
        r = config_look(&c);
    if (r == PROXIMO_OK && verb != CONFIG_DELETE)
        r = config_take_arguments(&c);
    if (r == PROXIMO_OK)
        r = finish(&c);
    config_done(&c);
    return r;
}

/* ---- the way back */

static bool is_absent(struct json_object *value)
{
    return !value || (json_object_is_type(value, json_type_object) && member_true(value, "absent"));
}

/* The first guard's value in the record, {"/key": value}; NULL when there was no object: then Proxmox
 * answered with an error. An object of which every value at stake was absent was there all the same. */
static struct json_object *recorded(struct json_object *record, const char *when)
{
    struct json_object *list = member_of(record, when);
    struct json_object *first = json_object_is_type(list, json_type_array) && json_object_array_length(list)
                                    ? json_object_array_get_idx(list, 0)
                                    : NULL;
    return json_object_is_type(first, json_type_object) && json_object_object_length(first) ? first : NULL;
}

/* The values as the record has them from before. */
static int32_t take_recorded(struct config_change *c, struct json_object *before)
{
    json_object_object_foreach(before, selector, value)
    {
        const struct config_key *key =
            *selector == '/' ? config_key_find(c->kind, selector + 1) : config_key_find(c->kind, selector);
        if (!key || (key->flags & CONFIG_WRITE_ONLY) ||
            (c->verb == CONFIG_UPDATE && (key->flags & CONFIG_CREATE_ONLY)))
            continue;
        int32_t r = config_edit(c, key, is_absent(value) ? NULL : value);
        if (r < 0)
            return r;
    }
    return PROXIMO_OK;
}

int32_t config_plan_undo(const struct proximo_host *host, struct proximo_call *call,
                         const struct config_kind *kind, struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    struct json_object *before = recorded(record, "before"), *after = recorded(record, "after");
    const uint32_t verb = before && after ? CONFIG_UPDATE : before ? CONFIG_CREATE : CONFIG_DELETE;
    struct config_change c;
    int32_t r = config_open(host, call, kind, verb, &c);
    c.operation_class = kind->classes[verb];
    c.undoing = true;
    if (r == PROXIMO_OK && !before && !after) {
        (void)host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = host->fail(call, PROXIMO_ENOTFOUND, "the record does not say what %s was", config_label(&c));
    }
    if (r == PROXIMO_OK)
        r = config_look(&c);
    if (r == PROXIMO_OK && before)
        r = take_recorded(&c, before);
    if (r == PROXIMO_OK)
        r = finish(&c);
    config_done(&c);
    return r;
}
