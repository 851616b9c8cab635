/* SPDX-License-Identifier: Apache-2.0 */
/* `config show`: every value with its origin; and the canonical text that the configuration's hash is taken
 * over. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/json.h"
#include "base/text.h"
#include "config/build.h"

#define SHOW_LIMIT ((size_t)8 << 20)

struct describe {
    struct build *b;
    struct buf canonical;
    int r;
};

static void add_origin(struct describe *d, const char *path, const char *value, const char *origin)
{
    struct config *config = d->b->config;

    if (d->r < 0)
        return;
    struct config_origin *origins = reallocarray(config->origins, config->origin_count + 1, sizeof *origins);
    if (!origins) {
        d->r = -ENOMEM;
        return;
    }
    config->origins = origins;
    origins += config->origin_count;
    *origins = (struct config_origin){.path = strdup(path), .value = strdup(value), .origin = strdup(origin)};
    config->origin_count++; /* config_free copes with a member that is NULL */
    if (!origins->path || !origins->value || !origins->origin)
        d->r = -ENOMEM;
}

/* One row of the table for one owner. */
static void describe_key(struct describe *d, const struct schema_key *key, const void *owner,
                         const char *path)
{
    CLEANUP_BUF struct buf shown = BUF_INIT(SHOW_LIMIT);
    CLEANUP_BUF struct buf whole = BUF_INIT(SHOW_LIMIT);
    const char *origin = build_said(d->b, path);

    value_show(key, owner, &shown);
    value_canonical(key, owner, &whole);
    if (!buf_ok(&shown) || !buf_ok(&whole)) {
        d->r = -ENOMEM;
        return;
    }
    buf_str(&d->canonical, path);
    buf_char(&d->canonical, '=');
    json_put_string(&d->canonical, whole.data ? whole.data : "", whole.len);
    buf_char(&d->canonical, '\n');
    add_origin(d, path, shown.len ? shown.data : "-", origin ? origin : "default");
}

/* The last part of a row's path. */
static const char *leaf(const struct schema_key *key)
{
    return strrchr(key->path, '.') + 1;
}

static void describe_sites(struct describe *d)
{
    const struct config *config = d->b->config;
    char path[CONFIG_PATH_SIZE];

    if (!config->site_count)
        add_origin(d, "sites", "none", "default");
    for (size_t i = 0; i < config->site_count; i++) {
        const struct config_site *site = &config->sites[i];
        for (size_t k = 0; k < schema_count; k++) {
            if (schema[k].owner != OF_SITE)
                continue;
            (void)snprintf(path, sizeof path, "sites.%s.%s", site->name, leaf(&schema[k]));
            describe_key(d, &schema[k], site, path);
        }
        for (size_t e = 0; e < site->endpoint_count; e++) {
            for (size_t k = 0; k < schema_count; k++) {
                if (schema[k].owner != OF_ENDPOINT)
                    continue;
                (void)snprintf(path, sizeof path, "sites.%s.endpoints[%zu].%s", site->name, e,
                               leaf(&schema[k]));
                describe_key(d, &schema[k], &site->endpoints[e], path);
            }
        }
    }
}

static void describe_planes(struct describe *d)
{
    const struct config *config = d->b->config;
    const char *origin = build_said(d->b, "planes");
    char path[CONFIG_PATH_SIZE];

    if (!config->planes_named || !config->plane_count)
        add_origin(d, "planes", config->planes_named ? "none" : "every one of the plane folder but exec",
                   origin ? origin : "default");
    for (size_t i = 0; i < config->plane_count; i++) {
        for (size_t k = 0; k < schema_count; k++) {
            if (schema[k].owner != OF_PLANE)
                continue;
            (void)snprintf(path, sizeof path, "planes.%s.%s", config->planes[i].name, leaf(&schema[k]));
            describe_key(d, &schema[k], &config->planes[i], path);
        }
    }
    buf_printf(&d->canonical, "planes_named=%d\n", config->planes_named);
}

static void describe_rules(struct describe *d)
{
    const struct config_trust *trust = &d->b->config->trust;
    const struct schema_key *key = schema_at("trust.consent.*");
    char path[CONFIG_PATH_SIZE];

    if (!trust->rule_count)
        add_origin(d, "trust.consent", "none", "default");
    for (size_t i = 0; i < trust->rule_count; i++) {
        (void)snprintf(path, sizeof path, "trust.consent.%s", trust->rules[i].classes);
        describe_key(d, key, &trust->rules[i], path);
    }
}

int build_describe(struct build *b)
{
    struct describe d = {.b = b, .canonical = BUF_INIT(SHOW_LIMIT)};
    struct config *config = b->config;

    add_origin(&d, "isolation", config_isolation_name(config),
               config->isolation == CONFIG_ISOLATED ? b->ruler
               : b->ruler                           ? "`proximo doctor` says what others could change"
                                                    : "no " SYSTEM_FILE " that this user cannot change");
    for (size_t i = 0; i < schema_count; i++) {
        const enum value_type type = schema[i].type;
        if (type == VALUE_SITES)
            describe_sites(&d);
        else if (type == VALUE_PLANES)
            describe_planes(&d);
        else if (type == VALUE_RULES)
            describe_rules(&d);
        else if (schema[i].owner == OF_CONFIG && type != VALUE_GROUP && type != VALUE_ENDPOINTS)
            describe_key(&d, &schema[i], config, schema[i].path);
    }
    for (size_t i = 0; i < b->said_count; i++) { /* variables that are known but have no effect */
        if (strncmp(b->said[i].path, "PROXIMO_", 8) == 0)
            add_origin(&d, b->said[i].path, "set", b->said[i].origin);
    }
    config->hash_text = d.r == 0 ? buf_take(&d.canonical, NULL) : NULL;
    buf_done(&d.canonical);
    if (config->hash_text)
        return 0;
    return problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory");
}

void config_show(const struct config *config, struct buf *out)
{
    size_t path = 0, value = 0;

    for (size_t i = 0; i < config->origin_count; i++) {
        size_t p = strlen(config->origins[i].path), v = strlen(config->origins[i].value);
        path = p > path ? p : path;
        value = v > value && v <= 48 ? v : value; /* a long value pushes its own line only */
    }
    for (size_t i = 0; i < config->origin_count; i++) {
        const struct config_origin *o = &config->origins[i];
        buf_printf(out, "%-*s  %-*s  %s\n", (int)path, o->path, (int)value, o->value, o->origin);
    }
}

void config_show_json(const struct config *config, struct buf *out)
{
    buf_char(out, '{');
    json_put_key_string(out, "file", config->file);
    json_put_key_string(out, "isolation", config->isolation == CONFIG_ISOLATED ? "isolated" : "same-user");
    json_put_key(out, "values");
    buf_char(out, '[');
    for (size_t i = 0; i < config->origin_count; i++) {
        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "path", config->origins[i].path);
        json_put_key_string(out, "value", config->origins[i].value);
        json_put_key_string(out, "origin", config->origins[i].origin);
        buf_char(out, '}');
    }
    buf_str(out, "]}");
}
