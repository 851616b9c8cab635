/* SPDX-License-Identifier: Apache-2.0 */
/* A configuration file: its tree is walked along the table of keys. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/json_number.h"
#include "config/build.h"
#include "config/yaml_tree.h"

struct walk {
    struct build *b;
    const char *name; /* of the file */
    struct owners owners;
};

static void place_of(const struct walk *w, unsigned line, unsigned column, char place[PLACE_SIZE])
{
    (void)snprintf(place, PLACE_SIZE, "%s:%u:%u", w->name, line, column);
}

static int fault(const struct walk *w, const struct yaml_node *node, const char *path, const char *cause)
{
    return problem_set(w->b->p, -EINVAL, PX_CONFIG, "%s:%u:%u: %s: %s", w->name, node->line, node->column,
                       path, cause);
}

static int unknown_key(const struct walk *w, const struct yaml_node *item, const char *prefix)
{
    CLEANUP_BUF struct buf names = BUF_INIT(2048);
    const char *nearest = schema_nearest(prefix, item->key);

    (void)problem_set(w->b->p, -EINVAL, PX_CONFIG, "%s:%u:%u: unknown key `%.64s`", w->name, item->key_line,
                      item->key_column, item->key);
    if (nearest)
        problem_next(w->b->p, "did you mean `%s`?", nearest);
    schema_names(prefix, &names);
    if (buf_ok(&names) && names.len)
        problem_valid(w->b->p, "%s", names.data);
    return -EINVAL;
}

/* ---------------------------------------------------------------- leaves */

static int set_scalar(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                      const char *path)
{
    char place[PLACE_SIZE], origin[PLACE_SIZE];

    if (node->kind != YAML_SCALAR)
        return fault(w, node, path, "a single value is needed here");
    if (yaml_is_empty(node))
        return fault(w, node, path, "a value is missing behind the colon");
    place_of(w, node->line, node->column, place);
    (void)snprintf(origin, sizeof origin, "%s:%u", w->name, node->line);
    return build_set_text(w->b, key, build_owner(w->b, key, &w->owners), path, node->text, place, origin);
}

/* The end of a value that was read item by item; r: how that went. */
static int set_value(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                     const char *path, struct value *value, int r)
{
    char place[PLACE_SIZE], origin[PLACE_SIZE];

    if (r < 0) {
        value_done(value);
        return r;
    }
    place_of(w, node->line, node->column, place);
    (void)snprintf(origin, sizeof origin, "%s:%u", w->name, node->line);
    return build_set(w->b, key, build_owner(w->b, key, &w->owners), path, value, place, origin);
}

/* One item of a list, and what it must be. */
static int add_item(struct walk *w, const struct schema_key *key, struct value *value, const char *text,
                    const struct value_source *source)
{
    switch (key->type) {
    case VALUE_PATHS: return value_folder_add(value, text, source, w->b->p);
    case VALUE_NETWORKS: return value_network_add(value, text, source, w->b->p);
    case VALUE_GUESTS: return value_guest_add(value, text, source, w->b->p);
    default: return value_list_add(value, text, source->place, w->b->p);
    }
}

static int set_list(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                    const char *path)
{
    char place[PLACE_SIZE];
    const struct value_source source = {.path = path, .place = place, .folder = w->b->folder};
    struct value value = {0};
    int r = 0;

    if (node->kind != YAML_SEQUENCE)
        return fault(w, node, path, "a list is needed here: [a, b] or lines that begin with -");
    for (size_t i = 0; r == 0 && i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        place_of(w, item->line, item->column, place);
        if (item->kind == YAML_SCALAR)
            r = add_item(w, key, &value, item->text, &source);
        else
            r = fault(w, item, path,
                      key->type == VALUE_PATHS    ? "a folder is needed here"
                      : key->type == VALUE_GUESTS ? "a guest is needed here"
                                                  : "a name is needed here");
    }
    return set_value(w, node, key, path, &value, r);
}

/* {guest.stop: 5, guest.*: 20} */
static int set_counts(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                      const char *path)
{
    char place[PLACE_SIZE];
    const struct value_source source = {.path = path, .place = place};
    struct value value = {0};
    int r = 0;

    if (yaml_is_empty(node))
        return 0;
    if (node->kind != YAML_MAPPING)
        return fault(w, node, path, "a mapping of classes to numbers is needed here");
    for (size_t i = 0; r == 0 && i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        place_of(w, item->line, item->column, place);
        r = item->kind == YAML_SCALAR && !yaml_is_empty(item)
                ? value_count_add(key, &value, item->key, item->text, &source, w->b->p)
                : fault(w, item, path, "a number is needed here");
    }
    return set_value(w, node, key, path, &value, r);
}

/* {pve1: 'tcp://10.0.0.11:22', lab/pve2: 'unix:/run/x'} */
static int set_named(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                     const char *path)
{
    char place[PLACE_SIZE];
    const struct value_source source = {.path = path, .place = place, .folder = w->b->folder};
    struct value value = {0};
    int r = 0;

    if (yaml_is_empty(node))
        return 0;
    if (node->kind != YAML_MAPPING)
        return fault(w, node, path, "a mapping of names is needed here");
    for (size_t i = 0; r == 0 && i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        place_of(w, item->line, item->column, place);
        r = item->kind == YAML_SCALAR && !yaml_is_empty(item)
                ? value_named_add(key, &value, item->key, item->text, &source, w->b->p)
                : fault(w, item, path, "what the name stands for is needed here");
    }
    return set_value(w, node, key, path, &value, r);
}

/* Is unquoted text one of JSON's words or numbers? */
static bool is_json_word(const char *text, size_t len)
{
    static const char *const words[] = {"true", "false", "null"};
    size_t number;

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return json_number_check(text, len, &number) == JSON_FAULT_NONE && number == len;
}

/*
 * A free mapping as JSON. Quoted text is a string; unquoted true, false, null and JSON's numbers are what
 * they are; all else ("no", "on", "012") is a string. The plane's own schema has the last word.
 */
static void write_json(const struct yaml_node *node, struct buf *out)
{
    const char *text = node->text;
    size_t len;

    switch (node->kind) {
    case YAML_MAPPING:
        buf_char(out, '{');
        for (size_t i = 0; i < node->count; i++) {
            json_put_key(out, node->items[i].key);
            write_json(&node->items[i], out);
        }
        buf_char(out, '}');
        break;
    case YAML_SEQUENCE:
        buf_char(out, '[');
        for (size_t i = 0; i < node->count; i++) {
            if (i)
                buf_char(out, ',');
            write_json(&node->items[i], out);
        }
        buf_char(out, ']');
        break;
    case YAML_SCALAR:
        len = strlen(text);
        if (yaml_is_empty(node))
            buf_str(out, "null");
        else if (node->plain && is_json_word(text, len))
            buf_str(out, text);
        else
            json_put_string(out, text, len);
        break;
    }
}

static int set_free(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                    const char *path)
{
    CLEANUP_BUF struct buf json = BUF_INIT(8 * YAML_TEXT_LIMIT);
    struct value value = {0};

    if (yaml_is_empty(node))
        return 0;
    if (node->kind != YAML_MAPPING)
        return fault(w, node, path, "a mapping is needed here");
    write_json(node, &json);
    value.text = buf_take(&json, NULL);
    if (!value.text)
        return problem_set(w->b->p, -ENOMEM, PX_INTERNAL, "no memory");
    return set_value(w, node, key, path, &value, 0);
}

/* ---------------------------------------------------------------- mappings */

static int walk_mapping(struct walk *w, const struct yaml_node *node, const char *prefix, const char *path);

static int walk_sites(struct walk *w, const struct yaml_node *node, const char *path)
{
    struct build *b = w->b;
    char place[PLACE_SIZE], below[CONFIG_PATH_SIZE];

    if (yaml_is_empty(node))
        return 0;
    if (node->kind != YAML_MAPPING)
        return fault(w, node, path, "a mapping of site names is needed here");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        size_t index;
        place_of(w, item->key_line, item->key_column, place);
        int r = build_site(b, item->key, place, &index);
        if (r < 0)
            return r;
        if (b->sites[index].by_system && b->ruler)
            return problem_set(b->p, -EPERM, PX_CONFIG,
                               "%s: the site %s is given by %s and cannot be changed here", place, item->key,
                               b->ruler);
        (void)snprintf(below, sizeof below, "sites.%s", item->key);
        w->owners.site = &b->config->sites[index];
        w->owners.short_endpoint = &b->sites[index].endpoint;
        r = item->kind == YAML_MAPPING
                ? walk_mapping(w, item, "sites.*", below)
                : fault(w, item, below, "a mapping is needed here: url, token_file ...");
        if (r < 0)
            return r;
    }
    return 0;
}

static int walk_endpoints(struct walk *w, const struct yaml_node *node, const char *path)
{
    struct config_site *site = w->owners.site;
    char place[PLACE_SIZE], below[CONFIG_PATH_SIZE];

    if (node->kind != YAML_SEQUENCE || node->count == 0)
        return fault(w, node, path, "a list of at least one endpoint is needed here");
    if (!site)
        return fault(w, node, path, "endpoints belong to a site");
    if (site->endpoint_count)
        return fault(w, node, path, "an earlier file has given the endpoints of this site");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        place_of(w, item->line, item->column, place);
        int r = build_endpoint(w->b, site, place, &w->owners.endpoint);
        if (r < 0)
            return r;
        (void)snprintf(below, sizeof below, "%.200s[%zu]", path, i);
        if (item->kind == YAML_SCALAR) {
            char url_path[CONFIG_PATH_SIZE];
            (void)snprintf(url_path, sizeof url_path, "%.240s.url", below);
            r = set_scalar(w, item, schema_at("sites.*.endpoints.*.url"), url_path);
        } else if (item->kind == YAML_MAPPING) {
            r = walk_mapping(w, item, "sites.*.endpoints.*", below);
            if (r == 0 && !w->owners.endpoint->url)
                r = fault(w, item, below, "url is missing");
        } else {
            r = fault(w, item, below, "a URL or a mapping with url is needed here");
        }
        if (r < 0)
            return r;
    }
    return 0;
}

static int walk_plane(struct walk *w, const char *name, const struct yaml_node *item, unsigned line,
                      unsigned column)
{
    char place[PLACE_SIZE], below[CONFIG_PATH_SIZE];

    place_of(w, line, column, place);
    int r = build_plane(w->b, name, place, &w->owners.plane);
    if (r < 0)
        return r;
    (void)snprintf(below, sizeof below, "planes.%s", name);
    if (item->kind == YAML_MAPPING)
        return walk_mapping(w, item, "planes.*", below);
    return 0;
}

static int walk_planes(struct walk *w, const struct yaml_node *node, const char *path)
{
    char origin[PLACE_SIZE];

    if (node->kind == YAML_SCALAR)
        return fault(w, node, path, "a mapping or a list of plane names is needed here");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        int r;
        if (node->kind == YAML_SEQUENCE) {
            if (item->kind != YAML_SCALAR)
                return fault(w, item, path, "the name of a plane is needed here");
            for (size_t j = 0; j < i; j++) {
                if (strcmp(node->items[j].text, item->text) == 0)
                    return fault(w, item, path, "this plane stands in the list a second time");
            }
            r = walk_plane(w, item->text, item, item->line, item->column);
        } else if (item->kind == YAML_MAPPING || yaml_is_empty(item)) {
            r = walk_plane(w, item->key, item, item->key_line, item->key_column);
        } else {
            r = fault(w, item, item->key, "a mapping is needed here, for example {mode: read}");
        }
        if (r < 0)
            return r;
    }
    w->b->config->planes_named = true;
    if (w->b->reading_ruler)
        w->b->ruler_named_planes = true;
    (void)snprintf(origin, sizeof origin, "%s:%u", w->name, node->line);
    return build_say(w->b, "planes", origin);
}

static int walk_rules(struct walk *w, const struct yaml_node *node, const char *path)
{
    char place[PLACE_SIZE], below[CONFIG_PATH_SIZE];

    if (yaml_is_empty(node))
        return 0;
    if (node->kind != YAML_MAPPING)
        return fault(w, node, path, "a mapping is needed here: guest.destroy: approver");
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        place_of(w, item->key_line, item->key_column, place);
        int r = build_rule(w->b, item->key, place, &w->owners.rule);
        if (r < 0)
            return r;
        (void)snprintf(below, sizeof below, "%.128s.%.64s", path, item->key);
        r = set_scalar(w, item, schema_at("trust.consent.*"), below);
        if (r < 0)
            return r;
    }
    return 0;
}

/* A choice that may also be a mapping: {list: CHOICE} and the keys below it. */
static int walk_choice(struct walk *w, const struct yaml_node *node, const struct schema_key *key,
                       const char *path)
{
    char below[CONFIG_PATH_SIZE];
    int r = 0;

    for (size_t i = 0; r == 0 && i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        const struct schema_key *inner = schema_find(key->path, item->key);

        (void)snprintf(below, sizeof below, "%.128s.%.64s", path, item->key);
        if (strcmp(item->key, "list") == 0)
            r = set_scalar(w, item, key, path);
        else if (inner)
            r = set_scalar(w, item, inner, below);
        else if ((r = unknown_key(w, item, key->path)) < 0)
            problem_valid(w->b->p, "list, %.900s", w->b->p->valid);
    }
    return r;
}

static bool has_keys_below(const struct schema_key *key)
{
    CLEANUP_BUF struct buf names = BUF_INIT(4096);

    schema_names(key->path, &names);
    return names.len > 0;
}

static int walk_mapping(struct walk *w, const struct yaml_node *node, const char *prefix, const char *path)
{
    char below[CONFIG_PATH_SIZE];

    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *item = &node->items[i];
        const struct schema_key *key = schema_find(prefix, item->key);
        int r;
        if (!key)
            return unknown_key(w, item, prefix);
        (void)snprintf(below, sizeof below, "%s%s%s", path, *path ? "." : "", item->key);
        switch (key->type) {
        case VALUE_GROUP:
            if (yaml_is_empty(item))
                r = 0;
            else if (item->kind != YAML_MAPPING)
                r = fault(w, item, below, "a mapping is needed here");
            else
                r = walk_mapping(w, item, key->path, below);
            break;
        case VALUE_SITES: r = walk_sites(w, item, below); break;
        case VALUE_ENDPOINTS: r = walk_endpoints(w, item, below); break;
        case VALUE_PLANES: r = walk_planes(w, item, below); break;
        case VALUE_RULES: r = walk_rules(w, item, below); break;
        case VALUE_NAMES: r = set_named(w, item, key, below); break;
        case VALUE_COUNTS: r = set_counts(w, item, key, below); break;
        case VALUE_LIST:
        case VALUE_GUESTS:
        case VALUE_NETWORKS:
        case VALUE_PATHS: r = set_list(w, item, key, below); break;
        case VALUE_FREE: r = set_free(w, item, key, below); break;
        default:
            r = item->kind == YAML_MAPPING && has_keys_below(key) ? walk_choice(w, item, key, below)
                                                                  : set_scalar(w, item, key, below);
            break;
        }
        if (r < 0)
            return r;
    }
    return 0;
}

int build_from_yaml(struct build *b, const char *name, const char *folder, const char *text, size_t len)
{
    struct walk w = {.b = b, .name = name};
    struct yaml_node *root = NULL;

    int r = yaml_tree_read(name, text, len, &root, b->p);
    if (r < 0)
        return r;
    b->folder = folder;
    if (root->kind == YAML_MAPPING)
        r = walk_mapping(&w, root, "", "");
    else if (!yaml_is_empty(root))
        r = fault(&w, root, "configuration", "a mapping is needed: sites, mode, planes ...");
    b->folder = NULL;
    yaml_tree_free(root);
    return r;
}
