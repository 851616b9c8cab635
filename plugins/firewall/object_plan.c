/* SPDX-License-Identifier: Apache-2.0 */
/* Plans of aliases, IP sets and security groups: from the arguments, and from the record of a change. */
#include "cidr.h"
#include "objects.h"

/* ---- from the arguments */

/* Names of sets and groups are kept in small letters, and are found in no other. */
static const char *stored_name(const struct object_change *c, const char *text)
{
    char *name = c->at.ask.host->alloc(c->at.ask.call, strlen(text) + 1);
    for (size_t i = 0; name && text[i]; i++)
        name[i] = text[i] >= 'A' && text[i] <= 'Z' && c->kind != &object_alias ? (char)(text[i] - 'A' + 'a')
                                                                               : text[i];
    return name;
}

static int32_t check_name(const struct object_change *c, const char *name)
{
    const struct asking *a = &c->at.ask;
    const size_t most = c->kind == &object_group ? 18 : 64, len = name ? strlen(name) : 0;
    if (len < 2 || len > most)
        return a->host->fail(a->call, PROXIMO_EINVAL, "the name of the %s must have 2 to %zu characters",
                             c->kind->what, most);
    return PROXIMO_OK;
}

static int32_t begin(void *instance, struct proximo_call *call, const struct object_kind *kind,
                     struct object_change *ret, const char **ret_name)
{
    *ret = (struct object_change){.kind = kind};
    int32_t r = place_open(instance, call, &ret->at);
    if (r < 0)
        return r;
    if (kind == &object_group)
        ret->at.at_count = 0; /* the paths name it by what it is called, which may change */
    else
        r = place_has(&ret->at, object_path(&ret->at, kind),
                      kind == &object_alias ? "aliases of its own" : "IP sets of its own");
    if (r == PROXIMO_OK)
        r = place_may_change(&ret->at);
    const char *name = r == PROXIMO_OK ? ask_argument(&ret->at.ask, kind->argument) : NULL;
    if (r == PROXIMO_OK && !name)
        return ret->at.ask.host->fail(call, PROXIMO_EINVAL, "%s is missing", kind->argument);
    *ret_name = name ? stored_name(ret, name) : NULL;
    ret->value = json_object_new_object();
    return r < 0 ? r : *ret_name && ret->value ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* What is given, on top of what is there. */
static int32_t take(struct object_change *c)
{
    const struct asking *a = &c->at.ask;
    for (const char *const *field = c->kind->fields; *field; field++) {
        const char *text = ask_argument(a, *field);
        if (text && strcmp(*field, "cidr") == 0) {
            const char *normal = cidr_normal(a, text, false);
            if (!normal)
                return PROXIMO_ENOMEM;
            if (!*normal)
                return a->host->fail(a->call, PROXIMO_EINVAL,
                                     "cidr: \"%.60s\" is no address or network, such as 10.1.0.0/16", text);
            text = normal;
        }
        if (!text)
            text = object_text(c->before, *field);
        if (text)
            text += strspn(text, " ");
        if (text && *text)
            json_object_object_add(c->value, *field, json_object_new_string(text));
    }
    return PROXIMO_OK;
}

int32_t objects_plan_create(void *instance, struct proximo_call *call, const struct object_kind *kind)
{
    struct object_change c;
    const char *name = NULL;
    int32_t r = begin(instance, call, kind, &c, &name);
    if (r == PROXIMO_OK)
        r = check_name(&c, name);
    if (r == PROXIMO_OK)
        r = object_read(&c);
    if (r == PROXIMO_OK && object_row(&c, name))
        r = c.at.ask.host->fail(call, PROXIMO_EINVAL, "the %s \"%s\" is there already", kind->what, name);
    c.name = name;
    if (r == PROXIMO_OK)
        r = take(&c);
    if (r == PROXIMO_OK)
        r = object_change_lay_out(&c);
    object_change_done(&c);
    return r;
}

static int32_t plan_update(struct object_change *c)
{
    const struct asking *a = &c->at.ask;
    const char *rename = ask_argument(a, "rename");
    c->name = rename ? stored_name(c, rename) : c->was;
    int32_t r = c->name ? check_name(c, c->name) : PROXIMO_ENOMEM;
    struct json_object *there = r == PROXIMO_OK ? object_row(c, c->name) : NULL;
    if (r == PROXIMO_OK && there && there != c->before)
        r = a->host->fail(a->call, PROXIMO_EINVAL, "the %s \"%s\" is there already", c->kind->what, c->name);
    if (r == PROXIMO_OK)
        r = take(c);
    if (r < 0)
        return r;
    if (strcmp(c->was, c->name) != 0 || !object_equal(c->before, c->value, c->kind->fields))
        return object_change_lay_out(c);
    const char *text = ask_text(a, "nothing to do: %s \"%s\" is so already", c->kind->what, c->was);
    return text ? a->host->change(a->call, text) : PROXIMO_ENOMEM;
}

/* The same for one that is there. */
static int32_t begin_existing(void *instance, struct proximo_call *call, const struct object_kind *kind,
                              struct object_change *ret)
{
    const char *name = NULL;
    int32_t r = begin(instance, call, kind, ret, &name);
    ret->was = name;
    if (r == PROXIMO_OK)
        r = object_read(ret);
    return r == PROXIMO_OK ? place_check_digest(&ret->at.ask, ret->before) : r;
}

int32_t objects_plan_update(void *instance, struct proximo_call *call, const struct object_kind *kind)
{
    struct object_change c;
    int32_t r = begin_existing(instance, call, kind, &c);
    if (r == PROXIMO_OK)
        r = plan_update(&c);
    object_change_done(&c);
    return r;
}

int32_t objects_plan_delete(void *instance, struct proximo_call *call, const struct object_kind *kind)
{
    struct object_change c;
    int32_t r = begin_existing(instance, call, kind, &c);
    if (r == PROXIMO_OK && kind->content && json_object_array_length(c.content) &&
        !ask_flag(&c.at.ask, "force"))
        r = c.at.ask.host->fail(call, PROXIMO_ESTATE,
                                "%s \"%s\" is not empty (%zu); force=true removes it with what it holds",
                                kind->what, c.was, json_object_array_length(c.content));
    if (r == PROXIMO_OK)
        r = object_change_lay_out(&c);
    object_change_done(&c);
    return r;
}

/* ---- from the record of a change */

static struct json_object *state_of(struct json_object *record, const char *when, size_t guard)
{
    struct json_object *states = member_of(record, when);
    return json_object_is_type(states, json_type_array) && guard < json_object_array_length(states)
               ? json_object_array_get_idx(states, guard)
               : NULL;
}

static bool is_there(struct json_object *value)
{
    return value && !json_object_is_type(value, json_type_object) &&
           !json_object_is_type(value, json_type_null);
}

/* The name that was there: of "[name=lan]/name" with a value. In the arena; NULL: none. */
static const char *name_in(const struct object_change *c, struct json_object *state)
{
    const char *end = ask_text(&c->at.ask, "]/%s", c->kind->key);
    if (!json_object_is_type(state, json_type_object) || !end)
        return NULL;
    json_object_object_foreach(state, selector, value)
    {
        const size_t len = strlen(selector), tail = strlen(end);
        if (len > tail && strcmp(selector + len - tail, end) == 0 && is_there(value))
            return ask_text(&c->at.ask, "%s", json_object_get_string(value));
    }
    return NULL;
}

/* The values that it had. */
static int32_t take_recorded(struct object_change *c, struct json_object *state)
{
    for (const char *const *field = c->kind->fields; c->name && *field; field++) {
        const char *selector = ask_text(&c->at.ask, "[%s=%s]/%s", c->kind->key, c->name, *field);
        struct json_object *value = selector ? member_of(state, selector) : NULL;
        if (!selector)
            return PROXIMO_ENOMEM;
        if (is_there(value))
            json_object_object_add(c->value, *field, json_object_get(value));
    }
    return PROXIMO_OK;
}

static int32_t none(const struct object_change *c, const char *why)
{
    const struct asking *a = &c->at.ask;
    (void)a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
    return a->host->fail(a->call, PROXIMO_ESTATE, "%s \"%s\": %s", c->kind->what, c->was ? c->was : "?", why);
}

/* Is what it holds what the change left in it? */
static bool as_left(const struct object_change *c, struct json_object *record)
{
    struct json_object *left DROP_JSON = content_recorded(state_of(record, "after", 1));
    const size_t count = json_object_array_length(c->content);
    if (!left || json_object_array_length(left) != count)
        return count == 0;
    for (size_t i = 0; i < count; i++) {
        if (!object_equal(json_object_array_get_idx(left, i), json_object_array_get_idx(c->content, i),
                          c->kind->content_fields))
            return false;
    }
    return true;
}

static int32_t undo(struct object_change *c, struct json_object *record)
{
    struct json_object *before = state_of(record, "before", 0);
    c->was = name_in(c, state_of(record, "after", 0));
    c->name = name_in(c, before);
    if (!c->was && !c->name)
        return none(c, "the record does not say what there was");
    int32_t r = object_read(c);
    if (r == PROXIMO_OK)
        r = take_recorded(c, before);
    if (r == PROXIMO_OK && !c->was && object_row(c, c->name))
        r = none(c, "there is one of this name again");
    if (r == PROXIMO_OK && !c->was && c->kind->content)
        c->restored = content_recorded(state_of(record, "before", 1));
    const char *tool = member_text(record, "tool");
    if (r == PROXIMO_OK && c->was && c->name && tool && strstr(tool, "_delete"))
        r = none(c,
                 "it was removed in part only; what went stands in the plan (what_goes) and in the record, "
                 "and is to be added again");
    if (r == PROXIMO_OK && !c->name && c->kind->content && !as_left(c, record))
        r = none(c, "it holds something else by now; it is not removed with that");
    return r == PROXIMO_OK ? object_change_lay_out(c) : r;
}

int32_t objects_plan_undo(void *instance, struct proximo_call *call, const struct object_kind *kind,
                          struct proximo_text record_json)
{
    struct json_object *record DROP_JSON = json_of(record_json);
    struct object_change c;
    const char *name = NULL;
    int32_t r = begin(instance, call, kind, &c, &name);
    c.undoing = true;
    if (r == PROXIMO_OK)
        r = undo(&c, record);
    object_change_done(&c);
    return r;
}
