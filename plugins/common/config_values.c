/* SPDX-License-Identifier: Apache-2.0 */
/* From the arguments and the object as it is to the values that really change. */
#include "config_inner.h"

#define WORD_SEPARATORS ",; "

const struct config_key *config_key_find(const struct config_kind *kind, const char *name)
{
    for (uint32_t i = 0; i < kind->key_count; i++) {
        if (strcmp(kind->keys[i].name, name) == 0)
            return &kind->keys[i];
    }
    return NULL;
}

/* "k=v,l=w" of what Proxmox shows split. */
static const char *object_text(const struct asking *a, struct json_object *value)
{
    const char *text = NULL;
    json_object_object_foreach(value, key, part)
    {
        const char *one = config_text(a, part);
        text = !one ? text : text ? ask_text(a, "%s,%s=%s", text, key, one) : ask_text(a, "%s=%s", key, one);
    }
    return text ? text : "";
}

const char *config_text(const struct asking *a, struct json_object *value)
{
    const char *text = NULL;
    switch (json_object_get_type(value)) {
    case json_type_null: return NULL;
    case json_type_boolean: return json_object_get_boolean(value) ? "1" : "0";
    case json_type_object: return object_text(a, value);
    case json_type_array:
        for (size_t i = 0; i < json_object_array_length(value); i++) {
            const char *one = config_text(a, json_object_array_get_idx(value, i));
            text = !one ? text : text ? ask_text(a, "%s,%s", text, one) : one;
        }
        return text ? text : "";
    default: return ask_text(a, "%s", json_object_get_string(value));
    }
}

bool config_list_has(const char *list, const char *name)
{
    const size_t len = strlen(name);
    while (list && *list) {
        list += strspn(list, WORD_SEPARATORS);
        const size_t word = strcspn(list, WORD_SEPARATORS);
        if (word == len && len && memcmp(list, name, len) == 0)
            return true;
        list += word;
    }
    return false;
}

/* Is every word of `list` in `other`? */
static bool list_within(const struct asking *a, const char *list, const char *other)
{
    while (*list) {
        list += strspn(list, WORD_SEPARATORS);
        const size_t word = strcspn(list, WORD_SEPARATORS);
        const char *name = word ? ask_text(a, "%.*s", (int)word, list) : NULL;
        if (name && !config_list_has(other, name))
            return false;
        list += word;
    }
    return true;
}

static bool is_so(const struct config_change *c, const struct config_key *key, const char *was,
                  const char *to)
{
    if (!was && !c->undoing) /* the way back writes a default that was written out */
        was = key->absent;
    if (!to && !c->undoing)
        to = key->absent;
    if (!was || !to)
        return !was && !to;
    return strcmp(was, to) == 0 ||
           ((key->flags & CONFIG_LIST) && list_within(&c->ask, was, to) && list_within(&c->ask, to, was));
}

static int32_t refuse(const struct config_change *c, const char *key, const char *why)
{
    return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "%s: \"%.64s\" %s", config_label(c), key, why);
}

static int32_t check_key(const struct config_change *c, const struct config_key *key, bool set)
{
    if (config_edited(c, key->name))
        return refuse(c, key->name, "is both set and removed, or named twice");
    if (c->verb == CONFIG_UPDATE && (key->flags & CONFIG_CREATE_ONLY))
        return refuse(c, key->name,
                      "is given at creation and cannot be changed; to have it otherwise, create another one");
    if (set && c->release == 8 && (key->flags & CONFIG_SINCE_9))
        return refuse(c, key->name, "is not known to Proxmox VE 8, which this site runs");
    if (set && c->release >= 9 && (key->flags & CONFIG_UNTIL_8))
        return refuse(c, key->name, "is not known any more to Proxmox VE 9, which this site runs");
    if (c->count == CONFIG_EDITS_MOST)
        return refuse(c, key->name, "is one value too many for one plan");
    return PROXIMO_OK;
}

/* The elements of an array, each a field of its own. */
static int32_t take_many(const struct config_change *c, struct json_object *value, struct config_edit *edit)
{
    if (!(edit->key->flags & CONFIG_REPEAT) || !json_object_is_type(value, json_type_array))
        return PROXIMO_OK;
    const size_t count = json_object_array_length(value);
    edit->many = c->ask.host->alloc(c->ask.call, (count + 1) * sizeof(*edit->many));
    for (size_t i = 0; edit->many && i < count; i++) {
        const char *one = config_text(&c->ask, json_object_array_get_idx(value, i));
        if (!one)
            return PROXIMO_ENOMEM;
        edit->many[edit->many_count++] = one;
    }
    return edit->many ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t config_edit(struct config_change *c, const struct config_key *key, struct json_object *value)
{
    const char *was = config_before(c, key->name), *to = config_text(&c->ask, value);
    struct config_edit edit = {.key = key, .was = was, .to = to && *to ? to : NULL};
    int32_t r = check_key(c, key, edit.to != NULL);
    if (r < 0)
        return r;
    if (is_so(c, key, was, edit.to) || (!was && !edit.to))
        return PROXIMO_OK;
    r = take_many(c, value, &edit);
    if (r == PROXIMO_OK)
        c->edits[c->count++] = edit;
    return r;
}

/* ---- from the arguments */

static bool is_secret(struct json_object *value)
{
    return json_object_is_type(value, json_type_object) && json_object_object_length(value) == 1 &&
           member_true(value, "secret");
}

static int32_t take_secret(struct config_change *c, const struct config_key *key, const char *argument)
{
    struct config_edit edit = {.key = key, .was = config_before(c, key->name)};
    int32_t r = check_key(c, key, true);
    if (r == PROXIMO_OK)
        r = c->ask.host->secret(c->ask.call, argument, &edit.secret_id);
    if (r == PROXIMO_OK)
        c->edits[c->count++] = edit;
    return r;
}

/* The argument of a key: by its own name, or with _ for -. */
static struct json_object *argument_of(const struct config_change *c, struct json_object *arguments,
                                       const struct config_key *key, const char **ret_name)
{
    char *name = NULL;
    *ret_name = key->argument ? key->argument : key->name;
    struct json_object *value = member_of(arguments, *ret_name);
    if (value || key->argument || !strchr(key->name, '-'))
        return value;
    const size_t size = strlen(key->name) + 1;
    name = c->ask.host->alloc(c->ask.call, size);
    for (size_t i = 0; name && i < size; i++)
        name[i] = key->name[i] == '-' ? '_' : key->name[i];
    *ret_name = name ? name : key->name;
    return member_of(arguments, *ret_name);
}

static const char *key_names(const struct config_change *c)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < c->kind->key_count; i++) {
        if (!(c->verb == CONFIG_UPDATE && (c->kind->keys[i].flags & CONFIG_CREATE_ONLY)))
            text = text ? ask_text(&c->ask, "%s, %s", text, c->kind->keys[i].name) : c->kind->keys[i].name;
    }
    return text ? text : "none";
}

static int32_t unknown(const struct config_change *c, const char *name)
{
    return c->ask.host->fail(c->ask.call, PROXIMO_EINVAL, "a %s has no \"%.64s\"; it has: %s", c->kind->what,
                             name, key_names(c));
}

/* In a configuration file a line break begins another line, which can say anything: Proxmox checks the form
 * of most values, not of all. */
static bool breaks_lines(struct json_object *value)
{
    const char *text = json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
    bool breaks = false;
    for (size_t i = 0; json_object_is_type(value, json_type_array) && i < json_object_array_length(value);
         i++)
        breaks |= breaks_lines(json_object_array_get_idx(value, i));
    for (; *text; text++)
        breaks |= (unsigned char)*text < ' ' || *text == 0x7f;
    return breaks;
}

static int32_t take_options(struct config_change *c, struct json_object *options)
{
    if (!json_object_is_type(options, json_type_object))
        return PROXIMO_OK;
    json_object_object_foreach(options, name, value)
    {
        const struct config_key *key = config_key_find(c->kind, name);
        if (!key)
            return unknown(c, name);
        if (key->flags & CONFIG_WRITE_ONLY)
            return refuse(c, name, "is a secret and has a parameter of its own");
        if (!(key->flags & CONFIG_REWRITTEN) && breaks_lines(value))
            return refuse(c, name, "must be one line of text without control characters");
        int32_t r = config_edit(c, key, value);
        if (r < 0)
            return r;
    }
    return PROXIMO_OK;
}

static int32_t take_removals(struct config_change *c, struct json_object *list)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(list, i));
        const struct config_key *key = name ? config_key_find(c->kind, name) : NULL;
        if (!key)
            r = unknown(c, name ? name : "");
        else if (config_edited(c, key->name))
            r = refuse(c, name, "is both set and removed");
        else
            r = config_edit(c, key, NULL);
    }
    return r;
}

int32_t config_take_arguments(struct config_change *c)
{
    struct json_object *arguments DROP_JSON = ask_arguments(&c->ask);
    int32_t r = arguments ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->kind->key_count; i++) {
        const struct config_key *key = &c->kind->keys[i];
        const char *name = NULL;
        struct json_object *value = argument_of(c, arguments, key, &name);
        if (value && is_secret(value))
            r = take_secret(c, key, name);
        else if (value)
            r = config_edit(c, key, value);
    }
    if (r == PROXIMO_OK)
        r = take_options(c, member_of(arguments, "options"));
    return r == PROXIMO_OK ? take_removals(c, member_of(arguments, "delete")) : r;
}

/* ---- for check functions */

const struct config_edit *config_edited(const struct config_change *c, const char *key)
{
    for (uint32_t i = 0; i < c->count; i++) {
        if (strcmp(c->edits[i].key->name, key) == 0)
            return &c->edits[i];
    }
    return NULL;
}

const char *config_before(const struct config_change *c, const char *key)
{
    struct json_object *value = member_of(c->now, key);
    const char *text = value ? config_text(&c->ask, value) : NULL;
    return text && *text ? text : NULL;
}

const char *config_after(const struct config_change *c, const char *key)
{
    const struct config_edit *edit = config_edited(c, key);
    return edit ? edit->to : config_before(c, key);
}
