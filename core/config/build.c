/* SPDX-License-Identifier: Apache-2.0 */
/* The builder's own work: values and their origins, adding sites, planes and endpoints. */
#include "config/build.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"

static int no_memory(struct build *b)
{
    return problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory");
}

void *build_owner(struct build *b, const struct schema_key *key, const struct owners *owners)
{
    switch (key->owner) {
    case OF_CONFIG: return b->config;
    case OF_SITE: return owners->site;
    case OF_SHORT_ENDPOINT: return owners->short_endpoint;
    case OF_ENDPOINT: return owners->endpoint;
    case OF_PLANE: return owners->plane;
    case OF_RULE: return owners->rule;
    }
    return NULL;
}

/* The table's defaults for everything in one struct. */
static int set_defaults(struct build *b, enum value_owner kind, void *owner)
{
    static const struct value_source table = {.path = "default", .place = "schema"};

    for (size_t i = 0; i < schema_count; i++) {
        struct value value = {0};
        if (schema[i].owner != kind || !schema[i].fallback)
            continue;
        int r = value_read(&schema[i], schema[i].fallback, &table, &value, b->p);
        if (r == 0)
            r = value_store(&schema[i], owner, &value);
        if (r < 0)
            return r;
    }
    return 0;
}

int build_init(struct build *b, struct problem *p)
{
    *b = (struct build){.p = p, .config = calloc(1, sizeof *b->config)};
    if (!b->config)
        return no_memory(b);
    return set_defaults(b, OF_CONFIG, b->config);
}

void config_endpoint_done(struct config_endpoint *endpoint)
{
    free(endpoint->url);
    free(endpoint->fingerprint);
    free(endpoint->ca_file);
}

void build_done(struct build *b)
{
    for (size_t i = 0; b->sites && i < b->config->site_count; i++) {
        config_endpoint_done(&b->sites[i].endpoint);
        free(b->sites[i].place);
    }
    free(b->sites);
    for (size_t i = 0; i < b->said_count; i++) {
        free(b->said[i].path);
        free(b->said[i].origin);
    }
    free(b->said);
}

const char *build_said(const struct build *b, const char *path)
{
    for (size_t i = 0; i < b->said_count; i++) {
        if (strcmp(b->said[i].path, path) == 0)
            return b->said[i].origin;
    }
    return NULL;
}

int build_say(struct build *b, const char *path, const char *origin)
{
    if (build_said(b, path))
        return 0;
    struct config_origin *said = reallocarray(b->said, b->said_count + 1, sizeof *said);
    if (!said)
        return no_memory(b);
    b->said = said;
    said += b->said_count;
    *said = (struct config_origin){.path = strdup(path), .origin = strdup(origin)};
    if (!said->path || !said->origin) {
        free(said->path);
        free(said->origin);
        return no_memory(b);
    }
    b->said_count++;
    return 0;
}

/* The refusal of a change that a later source may not make. */
static int refuse(struct build *b, const struct schema_key *key, const void *owner, const char *path,
                  const struct value *value, const char *place, const char *earlier)
{
    CLEANUP_BUF struct buf now = BUF_INIT(4096);

    value_show(key, owner, &now);
    const char *standing = buf_ok(&now) && now.len ? now.data : "not set";
    (void)value;
    if (earlier)
        (void)problem_set(b->p, -EPERM, PX_CONFIG, "%s: %s: this would %s what %s says (%s)", place, path,
                          key->later == LATER_SAME ? "change" : "loosen", earlier, standing);
    else
        (void)problem_set(b->p, -EPERM, PX_CONFIG,
                          "%s: %s: this would loosen the default (%s) that %s leaves in force", place, path,
                          standing, b->ruler);
    problem_next(b->p, "remove it here, or change %s", earlier ? "it there" : b->ruler);
    return -EPERM;
}

int build_set(struct build *b, const struct schema_key *key, void *owner, const char *path,
              struct value *value, const char *place, const char *origin)
{
    const char *earlier = build_said(b, path);
    const bool ruled = b->ruler && key->trust; /* then even the silence of the system file counts */
    int r = 0;

    if ((earlier || ruled) && !value_may_replace(key, owner, value))
        r = refuse(b, key, owner, path, value, place, earlier);
    if (r == 0 && earlier && value_same(key, owner, value)) {
        value_done(value);
        return 0;
    }
    if (r == 0 && earlier && key->later != LATER_ADDS) {
        for (size_t i = 0; i < b->said_count; i++) {
            char *again = strcmp(b->said[i].path, path) == 0 ? strdup(origin) : NULL;
            if (!again)
                continue;
            free(b->said[i].origin);
            b->said[i].origin = again;
        }
    }
    if (r == 0)
        r = build_say(b, path, origin);
    if (r == 0 && value_store(key, owner, value) < 0)
        r = no_memory(b);
    value_done(value);
    return r;
}

int build_set_text(struct build *b, const struct schema_key *key, void *owner, const char *path,
                   const char *text, const char *place, const char *origin)
{
    const struct value_source source = {.path = path, .place = place, .folder = b->folder};
    struct value value = {0};

    int r = value_read(key, text, &source, &value, b->p);
    if (r < 0) {
        value_done(&value);
        return r;
    }
    return build_set(b, key, owner, path, &value, place, origin);
}

static int bad_name(struct build *b, const char *name, const char *place, const char *what)
{
    (void)problem_set(b->p, -EINVAL, PX_CONFIG, "%s: \"%.64s\" cannot be the name of a %s", place, name,
                      what);
    problem_next(b->p, "use " NAME_RULE);
    return -EINVAL;
}

int build_site(struct build *b, const char *name, const char *place, size_t *ret_index)
{
    struct config *config = b->config;

    if (!name_valid(name))
        return bad_name(b, name, place, "site");
    for (size_t i = 0; i < config->site_count; i++) {
        if (strcmp(config->sites[i].name, name) == 0) {
            *ret_index = i;
            return 0;
        }
    }
    if (config->site_count == SITES_MAX)
        return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: more than %u sites", place, SITES_MAX);
    struct config_site *sites = reallocarray(config->sites, config->site_count + 1, sizeof *sites);
    if (!sites)
        return no_memory(b);
    config->sites = sites;
    struct build_site *beside = reallocarray(b->sites, config->site_count + 1, sizeof *beside);
    if (!beside)
        return no_memory(b);
    b->sites = beside;
    const size_t index = config->site_count;
    sites[index] = (struct config_site){.name = strdup(name)};
    beside[index] = (struct build_site){.place = strdup(place), .by_system = b->reading_ruler};
    config->site_count++;
    if (!sites[index].name || !beside[index].place)
        return no_memory(b);
    *ret_index = index;
    return set_defaults(b, OF_SITE, &sites[index]);
}

/* May a file beside the ruling one name this plane? */
static int check_ruled_plane(struct build *b, const char *name, const char *place)
{
    const bool exec = strcmp(name, "exec") == 0;

    if (!b->ruler || (!b->ruler_named_planes && !exec))
        return 0;
    (void)problem_set(b->p, -EPERM, PX_CONFIG, "%s: the plane %s is not among those that %s lets run", place,
                      name, b->ruler);
    problem_next(b->p, "remove it here, or have the administrator add it there");
    return -EPERM;
}

int build_plane(struct build *b, const char *name, const char *place, struct config_plane **ret)
{
    struct config *config = b->config;

    if (!name_valid(name))
        return bad_name(b, name, place, "plane");
    for (size_t i = 0; i < config->plane_count; i++) {
        if (strcmp(config->planes[i].name, name) == 0) {
            *ret = &config->planes[i];
            return 0;
        }
    }
    int r = check_ruled_plane(b, name, place);
    if (r < 0)
        return r;
    if (config->plane_count == PLANES_MAX)
        return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: more than %u planes", place, PLANES_MAX);
    struct config_plane *planes = reallocarray(config->planes, config->plane_count + 1, sizeof *planes);
    if (!planes)
        return no_memory(b);
    config->planes = planes;
    struct config_plane *plane = &planes[config->plane_count];
    *plane = (struct config_plane){.name = strdup(name)};
    config->plane_count++;
    if (!plane->name)
        return no_memory(b);
    *ret = plane;
    return set_defaults(b, OF_PLANE, plane);
}

int build_endpoint(struct build *b, struct config_site *site, const char *place, struct config_endpoint **ret)
{
    if (site->endpoint_count == ENDPOINTS_MAX)
        return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: more than %u endpoints", place, ENDPOINTS_MAX);
    struct config_endpoint *endpoints =
        reallocarray(site->endpoints, site->endpoint_count + 1, sizeof *endpoints);
    if (!endpoints)
        return no_memory(b);
    site->endpoints = endpoints;
    endpoints[site->endpoint_count] = (struct config_endpoint){0};
    *ret = &endpoints[site->endpoint_count++];
    return 0;
}

/* A class ("guest.destroy"), or a prefix of whole words and `.*` ("guest.*"). */
static bool classes_valid(const char *classes)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789_-.";
    size_t len = strnlen(classes, 65);

    if (len > 2 && len <= 64 && strcmp(classes + len - 2, ".*") == 0)
        len -= 2;
    return len > 0 && len <= 64 && strspn(classes, allowed) >= len && classes[0] != '.' &&
           classes[len - 1] != '.' && !strstr(classes, "..") && (classes[len] || strchr(classes, '.'));
}

int build_rule(struct build *b, const char *classes, const char *place, struct config_rule **ret)
{
    struct config_trust *trust = &b->config->trust;

    if (!classes_valid(classes)) {
        (void)problem_set(b->p, -EINVAL, PX_CONFIG,
                          "%s: \"%.64s\" is neither a class nor a prefix of classes", place, classes);
        problem_next(b->p, "write a class as the plans name it (guest.destroy), or a prefix (guest.*)");
        return -EINVAL;
    }
    for (size_t i = 0; i < trust->rule_count; i++) {
        if (strcmp(trust->rules[i].classes, classes) == 0) {
            *ret = &trust->rules[i];
            return 0;
        }
    }
    if (trust->rule_count == RULES_MAX)
        return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: more than %u rules", place, RULES_MAX);
    struct config_rule *rules = reallocarray(trust->rules, trust->rule_count + 1, sizeof *rules);
    if (!rules)
        return no_memory(b);
    trust->rules = rules;
    struct config_rule *rule = &rules[trust->rule_count];
    *rule = (struct config_rule){.classes = strdup(classes)};
    if (!rule->classes)
        return no_memory(b);
    trust->rule_count++;
    *ret = rule;
    return set_defaults(b, OF_RULE, rule);
}
