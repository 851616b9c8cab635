/* SPDX-License-Identifier: Apache-2.0 */
/* The change of an alias, an IP set or a security group: words, guards, subject, what must be seen. Its
 * requests are in object_steps.c. */
#include "objects.h"

static const struct asking *asks(const struct object_change *c)
{
    return &c->at.ask;
}

static size_t length_of(struct json_object *array)
{
    return json_object_is_type(array, json_type_array) ? json_object_array_length(array) : 0;
}

/* ---- words */

static const char *label(const struct object_change *c)
{
    const char *name = c->was ? c->was : c->name;
    return c->kind == &object_group ? ask_text(asks(c), "security group \"%s\"", name)
                                    : ask_text(asks(c), "%s \"%s\" of %s", c->kind->what, name, c->at.label);
}

static const char *filled_with(const struct object_change *c)
{
    const size_t count = length_of(c->restored);
    return count ? ask_text(asks(c), ", with %zu %s", count,
                            c->kind == &object_group ? (count == 1 ? "rule" : "rules")
                                                     : (count == 1 ? "entry" : "entries"))
                 : "";
}

static const char *summary_of_values(const struct object_change *c, const char *thing)
{
    const char *from = object_text(c->before, "cidr"), *to = object_text(c->value, "cidr");
    if (from && to && strcmp(from, to) != 0)
        return ask_text(asks(c), "%s is %s instead of %s", thing, to, from);
    return ask_text(asks(c), "%s has another comment", thing);
}

static int32_t tell_summary(const struct object_change *c)
{
    const char *thing = label(c), *text = NULL, *with = filled_with(c);
    if (!thing || !with)
        return PROXIMO_ENOMEM;
    if (!c->was)
        text = ask_text(asks(c), "%s %s%s", thing, c->undoing ? "comes back" : "is created", with);
    else if (!c->name)
        text = ask_text(asks(c), "%s is removed%s", thing,
                        length_of(c->content) ? ", and what it holds goes with it" : "");
    else if (strcmp(c->was, c->name) != 0)
        text = ask_text(asks(c), "%s is called \"%s\" from then on", thing, c->name);
    else
        text = summary_of_values(c, thing);
    return text ? asks(c)->host->change(asks(c)->call, text) : PROXIMO_ENOMEM;
}

static void put_row(struct json_object *list, const char *field, const char *from, const char *to)
{
    struct json_object *row = json_object_new_object();
    json_object_object_add(row, "field", json_object_new_string(field));
    json_object_object_add(row, "from", json_object_new_string(from ? from : "absent"));
    json_object_object_add(row, "to", json_object_new_string(to ? to : "absent"));
    json_object_array_add(list, row);
}

/* Rows without what GET computes. */
static struct json_object *plain(struct json_object *rows, const char *const *fields)
{
    struct json_object *list = json_object_new_array();
    for (size_t i = 0; list && i < length_of(rows); i++) {
        struct json_object *row = json_object_new_object(), *from = json_object_array_get_idx(rows, i);
        for (const char *const *field = fields; row && *field; field++) {
            if (member_of(from, *field))
                json_object_object_add(row, *field, json_object_get(member_of(from, *field)));
        }
        json_object_array_add(list, row);
    }
    return list;
}

static int32_t tell_values(const struct object_change *c)
{
    struct json_object *list = json_object_new_array();
    if (!list)
        return PROXIMO_ENOMEM;
    if (c->was && c->name && strcmp(c->was, c->name) != 0)
        put_row(list, c->kind->key, c->was, c->name);
    for (const char *const *field = c->kind->fields; *field; field++) {
        const char *from = object_text(c->before, *field), *to = object_text(c->value, *field);
        if (from && to ? strcmp(from, to) != 0 : from || to)
            put_row(list, *field, from, to);
    }
    int32_t r = tell_fact(asks(c), "changes", list);
    struct json_object *rows = c->was ? (c->name ? NULL : c->content) : c->restored;
    if (r == PROXIMO_OK && length_of(rows))
        r = tell_fact(asks(c), c->was ? "what_goes" : "what_comes", plain(rows, c->kind->content_fields));
    return r;
}

/* Of the name that it has, and of another that it gets. */
static int32_t tell_meanings(const struct object_change *c)
{
    int32_t r = c->was ? object_tell_meaning(&c->at, c->kind, c->was) : PROXIMO_OK;
    const bool known = c->was && object_has_meaning(&c->at, c->kind, c->was);
    return r == PROXIMO_OK && c->name && !known ? object_tell_meaning(&c->at, c->kind, c->name) : r;
}

/* ---- guards */

/* "[name=lan]/name,[name=lan]/cidr,[name=lan]/comment" */
static const char *selectors(const struct object_change *c, const char *name, const char *before)
{
    const char *key = c->kind->key;
    const char *text = ask_text(asks(c), "%s%s[%s=%s]/%s", before, *before ? "," : "", key, name, key);
    for (const char *const *field = c->kind->fields; text && *field; field++)
        text = ask_text(asks(c), "%s,[%s=%s]/%s", text, key, name, *field);
    return text;
}

static const char *at_stake(const struct object_change *c)
{
    const char *text = c->was ? selectors(c, c->was, "") : "";
    const bool other = c->name && (!c->was || strcmp(c->was, c->name) != 0);
    return text && other ? selectors(c, c->name, text) : text;
}

static int32_t guard(const struct object_change *c)
{
    const struct asking *a = asks(c);
    const char *list = object_path(&c->at, c->kind), *fields = at_stake(c);
    int32_t r = fields ? place_guard(&c->at, list, NULL, fields, 0) : PROXIMO_ENOMEM;
    if (r < 0 || !c->kind->content || (c->was && c->name))
        return r;
    const char *path = ask_text(a, "%s/{%s}", list, c->kind->key);
    const struct proximo_field more[] = {FIELD(c->kind->key, c->was ? c->was : c->name), {0}};
    return path ? place_guard(&c->at, path, more, NULL, c->was ? 0 : PROXIMO_GUARD_TOLERATE) : PROXIMO_ENOMEM;
}

/* ---- for the blast function */

static struct json_object *edit(const struct object_change *c, const char *op, struct json_object *value)
{
    struct json_object *edit = json_object_new_object();
    json_object_object_add(edit, "part", json_object_new_string(c->kind->part));
    json_object_object_add(edit, "op", json_object_new_string(op));
    json_object_object_add(edit, "name", json_object_new_string(c->was ? c->was : c->name));
    if (c->was && c->name && strcmp(c->was, c->name) != 0)
        json_object_object_add(edit, "to", json_object_new_string(c->name));
    if (value)
        json_object_object_add(edit, "value", value);
    return edit;
}

static struct json_object *address(const struct object_change *c)
{
    struct json_object *value = json_object_new_object();
    const char *cidr = object_text(c->value, "cidr");
    if (value && cidr)
        json_object_object_add(value, "cidr", json_object_new_string(cidr));
    return value;
}

static struct json_object *entry_value(struct json_object *entry)
{
    struct json_object *value = json_object_new_object();
    json_object_object_add(value, "cidr", json_object_new_string(object_text(entry, "cidr")));
    json_object_object_add(value, "nomatch", json_object_new_int(object_text(entry, "nomatch") != NULL));
    return value;
}

static void put_new(const struct object_change *c, struct json_object *edits)
{
    struct json_object *rules = NULL;
    if (c->kind == &object_group && length_of(c->restored)) {
        rules = json_object_new_object();
        json_object_object_add(rules, "rules", plain(c->restored, rule_fields));
    }
    json_object_array_add(edits, edit(c, "create", rules));
    for (size_t i = 0; c->kind == &object_ipset && i < length_of(c->restored); i++) {
        struct json_object *entry = json_object_array_get_idx(c->restored, i);
        json_object_array_add(edits, edit(c, "entry", entry_value(entry)));
    }
}

static int32_t subject(const struct object_change *c)
{
    struct json_object *edits DROP_JSON = json_object_new_array();
    const bool renamed = c->was && c->name && strcmp(c->was, c->name) != 0;
    if (!edits)
        return PROXIMO_ENOMEM;
    if (c->was && !c->name)
        json_object_array_add(edits, edit(c, "remove", NULL));
    else if (renamed)
        json_object_array_add(edits, edit(c, "rename", c->kind == &object_alias ? address(c) : NULL));
    else if (c->kind == &object_alias)
        json_object_array_add(edits, edit(c, "put", address(c)));
    else if (!c->was)
        put_new(c, edits); /* a comment alone is no edit */
    return place_subject(&c->at, object_class(c), c->kind == &object_group ? "cluster" : NULL, edits);
}

/* ---- what must be seen afterwards */

static int32_t see(const struct object_change *c)
{
    const char *list = object_path(&c->at, c->kind), *key = c->kind->key;
    int32_t r = PROXIMO_OK;
    if (c->was && (!c->name || strcmp(c->was, c->name) != 0))
        r = place_see(&c->at, list, NULL, ask_text(asks(c), "[%s=%s]", key, c->was), NULL);
    if (r < 0 || !c->name)
        return r;
    r = place_see(&c->at, list, NULL, ask_text(asks(c), "[%s=%s]/%s", key, c->name, key), c->name);
    for (const char *const *field = c->kind->fields; r == PROXIMO_OK && *field; field++)
        r = place_see(&c->at, list, NULL, ask_text(asks(c), "[%s=%s]/%s", key, c->name, *field),
                      object_text(c->value, *field));
    if (r == PROXIMO_OK && length_of(c->restored)) {
        const struct proximo_field more[] = {FIELD(key, c->name), {0}};
        r = place_wait(&c->at, NULL, ask_text(asks(c), "%s/{%s}", list, key), more, "", PROXIMO_WAIT_COUNT,
                       ask_text(asks(c), "%zu", length_of(c->restored)), NULL);
    }
    return r;
}

static int32_t way_back(const struct object_change *c)
{
    const char *words = !c->was    ? "removes it again, as long as nothing was put into it"
                        : !c->name ? "makes it again with all that it held"
                                   : "writes the values back that stand under from";
    int32_t r = tell_text(asks(c), "way_back", words);
    return r == PROXIMO_OK ? asks(c)->host->undo(asks(c)->call, PROXIMO_UNDO_FUNCTION, NULL, 0) : r;
}

int32_t object_change_lay_out(struct object_change *c)
{
    int32_t r = tell_summary(c);
    if (r < 0 || (r = tell_values(c)) < 0 || (r = tell_meanings(c)) < 0 || (r = object_tell_uses(c)) < 0 ||
        (r = guard(c)) < 0 || (r = subject(c)) < 0 || (r = object_change_steps(c)) < 0 || (r = see(c)) < 0)
        return r;
    return way_back(c);
}
