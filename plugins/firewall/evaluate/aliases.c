/* SPDX-License-Identifier: Apache-2.0 */
/* Names in rules and sets, and where they are looked for: a guest's own first, then the datacenter's. */
#include <errno.h>
#include <string.h>

#include "internal.h"

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* A letter, then at least one letter, digit, dash or underscore. */
static bool is_name(const char *text)
{
    if (!is_letter(text[0]) || !text[1])
        return false;
    for (const char *at = text; *at; at++) {
        if (!is_letter(*at) && !(*at >= '0' && *at <= '9') && *at != '-' && *at != '_')
            return false;
    }
    return true;
}

bool fw_name_split(const char *text, bool sdn, const char **ret_prefix, const char **ret_name)
{
    static const char *const prefixes[] = {"dc/", "guest/", "sdn/"};
    const char *prefix = "", *name = text;

    for (size_t i = 0; i < (sdn ? 3 : 2); i++) {
        if (strncmp(text, prefixes[i], strlen(prefixes[i])) == 0) {
            prefix = prefixes[i];
            name = text + strlen(prefix);
        }
    }
    if (!is_name(name))
        return false;
    *ret_prefix = prefix;
    *ret_name = name;
    return true;
}

const struct fw_scope *fw_names_of(const struct fw_scope *scope)
{
    return scope && scope->place == FW_GUEST ? scope : NULL;
}

static bool lower(const char *name, char *out, size_t size)
{
    size_t len = strlen(name);

    if (len >= size)
        return false;
    for (size_t i = 0; i <= len; i++)
        out[i] = name[i] >= 'A' && name[i] <= 'Z' ? (char)(name[i] - 'A' + 'a') : name[i];
    return true;
}

const char *fw_alias(const struct fw_model *model, const struct fw_scope *scope, const char *prefix,
                     const char *name, bool *ret_maybe)
{
    const struct fw_scope *own = fw_names_of(scope);
    const char *cidr = NULL;
    char key[128];

    if (!lower(name, key, sizeof(key)))
        return NULL;
    if (own && strcmp(prefix, "dc/") != 0) {
        cidr = fw_text(own->aliases, key);
        *ret_maybe = *ret_maybe || !own->aliases_read;
    }
    if (!cidr && strcmp(prefix, "guest/") != 0) {
        cidr = fw_text(model->cluster.aliases, key);
        *ret_maybe = *ret_maybe || !model->cluster.aliases_read;
    }
    return cidr;
}

/* The API gives a list of {name, cidr}; {name: cidr} does too. */
static int read_aliases(struct fw_scope *scope, struct json_object *input)
{
    bool list = json_object_is_type(input, json_type_array);
    char key[128];

    if (!input)
        return 0;
    if (!list && !json_object_is_type(input, json_type_object))
        return -EINVAL;
    if (list && json_object_array_length(input) > FW_ENTRIES_MOST)
        return -E2BIG;
    scope->aliases_read = true;
    for (size_t i = 0; list && i < json_object_array_length(input); i++) {
        struct json_object *entry = json_object_array_get_idx(input, i);
        const char *name = fw_text(entry, "name"), *cidr = fw_text(entry, "cidr");

        if (!name || !cidr)
            scope->aliases_read =
                false; /* something that is not understood: a missing name may be this one */
        if (name && cidr && lower(name, key, sizeof(key)) &&
            json_object_object_add(scope->aliases, key, json_object_new_string(cidr)) < 0)
            return -ENOMEM;
    }
    if (!list) {
        json_object_object_foreach(input, name, cidr)
        {
            if (lower(name, key, sizeof(key)) &&
                json_object_object_add(scope->aliases, key, json_object_get(cidr)) < 0)
                return -ENOMEM;
        }
    }
    return 0;
}

int fw_scope_read(struct fw_model *model, struct fw_scope *scope, struct json_object *input)
{
    struct json_object *rules = fw_get(input, "rules");
    int r;

    if (input && !json_object_is_type(input, json_type_object))
        return -EINVAL;
    fw_options_read(scope, fw_get(input, "options"), model->now);
    scope->aliases = json_object_new_object();
    if (!scope->aliases)
        return -ENOMEM;
    r = read_aliases(scope, fw_get(input, "aliases"));
    if (r == 0)
        r = fw_sets_read(model, scope, fw_get(input, "ipset"));
    if (r == 0 && rules)
        r = fw_rules_read(model, rules, &scope->rules);
    return r;
}
