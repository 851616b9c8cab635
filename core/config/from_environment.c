/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The environment, by a table of the names that people already use. It fills in what no file says or tightens
 * it; a name that is not in the table is an error, because a misspelt setting that is silently ignored is
 * worse than none.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/text.h"
#include "config/build.h"
#include "config/url.h"

#define PREFIX "PROXIMO_"

enum variable_kind {
    ENV_VALUE,  /* the key `path` */
    ENV_REDACT, /* a switch that only a clear "off" turns off */
    ENV_PVE,    /* the key `path` of the Proxmox VE site */
    ENV_PBS,    /* of the Backup Server site */
    ENV_MUST,   /* may not be off: `note` names what to do instead */
    ENV_ELSEWHERE /* read by other code; nothing to do here */,
    ENV_UNUSED, /* known, without effect here: `note` says why */
};

static const struct variable {
    const char *name;
    enum variable_kind kind;
    const char *path;
    const char *note;
} variables[] = {
    {"PROXIMO_CONFIG", ENV_ELSEWHERE, NULL, NULL},
    {"PROXIMO_MODE", ENV_VALUE, "mode", NULL},
    {"PROXIMO_SURFACE", ENV_VALUE, "surface", NULL},
    {"PROXIMO_AUDIT_LOG", ENV_VALUE, "ledger.file", NULL},
    {"PROXIMO_AUDIT_KEY_PATH", ENV_VALUE, "ledger.key_file", NULL},
    {"PROXIMO_AUDIT_EXPECTED_HEAD", ENV_VALUE, "ledger.expected_head", NULL},
    {"PROXIMO_LEDGER_REDACT", ENV_REDACT, "ledger.redact", NULL},
    {"PROXIMO_API_BASE_URL", ENV_PVE, "sites.*.url", NULL},
    {"PROXIMO_NODE", ENV_PVE, "sites.*.node", NULL},
    {"PROXIMO_TOKEN_PATH", ENV_PVE, "sites.*.token_file", NULL},
    {"PROXIMO_CA_BUNDLE", ENV_PVE, "sites.*.ca_file", NULL},
    {"PROXIMO_FINGERPRINT", ENV_PVE, "sites.*.fingerprint", NULL},
    {"PROXIMO_PBS_BASE_URL", ENV_PBS, "sites.*.url", NULL},
    {"PROXIMO_PBS_TOKEN_PATH", ENV_PBS, "sites.*.token_file", NULL},
    {"PROXIMO_PBS_CA_BUNDLE", ENV_PBS, "sites.*.ca_file", NULL},
    {"PROXIMO_PBS_FINGERPRINT", ENV_PBS, "sites.*.fingerprint", NULL},
    {"PROXIMO_VERIFY_TLS", ENV_MUST, NULL,
     "unset it, and set PROXIMO_FINGERPRINT to the SHA-256 of the server's certificate (`proximo doctor` "
     "prints it)"},
    {"PROXIMO_PBS_VERIFY_TLS", ENV_MUST, NULL,
     "unset it, and set PROXIMO_PBS_FINGERPRINT to the SHA-256 of the server's certificate"},
    {"PROXIMO_AUDIT_KEYED", ENV_MUST, NULL, "unset it; the ledger is always sealed with a key"},
    {"PROXIMO_ENABLE_EXEC", ENV_UNUSED, NULL,
     "commands are switched on in a configuration file: planes.exec"},
    {"PROXIMO_CT_ALLOWLIST", ENV_UNUSED, NULL,
     "commands are switched on in a configuration file: planes.exec"},
    {"PROXIMO_SSH_TARGET", ENV_UNUSED, NULL, "commands are switched on in a configuration file: planes.exec"},
    {"PROXIMO_A2A_HOST", ENV_UNUSED, NULL, "proximo-a2a takes its keys from a configuration file: a2a"},
    {"PROXIMO_A2A_PORT", ENV_UNUSED, NULL, "proximo-a2a takes its keys from a configuration file: a2a"},
    {"PROXIMO_A2A_TOKEN_FILE", ENV_UNUSED, NULL, "proximo-a2a takes its keys from a configuration file: a2a"},
    {"PROXIMO_A2A_ALLOWED_HOSTS", ENV_UNUSED, NULL,
     "proximo-a2a takes its keys from a configuration file: a2a"},
    {"PROXIMO_A2A_SIGNING_KEY_FILE", ENV_UNUSED, NULL,
     "proximo-a2a takes its keys from a configuration file: a2a"},
    {"PROXIMO_SHARED", ENV_ELSEWHERE, NULL, NULL}, /* the tests' */
};
static const size_t variable_count = sizeof variables / sizeof variables[0];

const char *environment_value(char *const *environment, const char *name)
{
    const size_t len = strlen(name);

    for (; environment && *environment; environment++) {
        if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
            return (*environment)[len + 1] ? *environment + len + 1 : NULL;
    }
    return NULL;
}

/* Every PROXIMO_ name must be in the table. Names that begin with PROXIMO_TEST_ belong to the tests. */
static int check_names(struct build *b, char *const *environment)
{
    for (; environment && *environment; environment++) {
        char name[80];
        const char *nearest = NULL;
        unsigned least = 5;
        size_t len = strcspn(*environment, "=");
        if (strncmp(*environment, PREFIX, sizeof PREFIX - 1) != 0 ||
            strncmp(*environment, "PROXIMO_TEST_", 13) == 0)
            continue;
        (void)snprintf(name, sizeof name, "%.*s", (int)(len < 79 ? len : 79), *environment);
        for (size_t i = 0; i < variable_count; i++) {
            unsigned distance = text_distance(variables[i].name, name);
            if (distance < least) {
                least = distance;
                nearest = variables[i].name;
            }
        }
        if (least == 0)
            continue;
        (void)problem_set(b->p, -EINVAL, PX_CONFIG, "environment: %s is not a name that proximo knows", name);
        if (nearest)
            problem_next(b->p, "did you mean %s? Otherwise unset it", nearest);
        else
            problem_next(b->p, "unset it; docs/configuration.md lists the names");
        return -EINVAL;
    }
    return 0;
}

static void place_of(const struct variable *v, char place[PLACE_SIZE])
{
    (void)snprintf(place, PLACE_SIZE, "environment %s", v->name);
}

static int set_key(struct build *b, const struct variable *v, const char *text)
{
    char place[PLACE_SIZE];
    bool on = true;

    place_of(v, place);
    if (v->kind == ENV_REDACT) /* a typo keeps redaction on */
        text = text_to_bool(text, &on) == 0 && !on ? "false" : "true";
    return build_set_text(b, schema_at(v->path), b->config, v->path, text, place, place);
}

static int check_must(struct build *b, const struct variable *v, const char *text)
{
    char place[PLACE_SIZE];
    bool on = true;

    place_of(v, place);
    if (text_to_bool(text, &on) < 0 || on)
        return build_say(b, v->name, "environment: without effect, this is always so");
    (void)problem_set(b->p, -EPERM, PX_CONFIG, "%s: \"%.20s\" is not possible any more", place, text);
    problem_next(b->p, "%s", v->note);
    return -EPERM;
}

/* ---------------------------------------------------------------- sites */

static const struct site_class {
    enum variable_kind variables;
    enum config_site_kind kind;
    const char *url;   /* the variable without which there is no site */
    const char *own;   /* what a site of the environment's own is called */
    const char *title; /* in messages */
} site_classes[] = {
    {ENV_PVE, CONFIG_PVE, "PROXIMO_API_BASE_URL", "default", "Proxmox VE"},
    {ENV_PBS, CONFIG_PBS, "PROXIMO_PBS_BASE_URL", "pbs", "Backup Server"},
};

/* The site that the variables mean: the only one of its kind, or one of their own. */
static int find_site(struct build *b, char *const *environment, const struct site_class *class,
                     size_t *ret_index, bool *ret_new)
{
    const struct config *config = b->config;
    char place[PLACE_SIZE];
    size_t found = 0;

    for (size_t i = 0; i < config->site_count; i++) {
        if (config->sites[i].kind == class->kind) {
            *ret_index = i;
            found++;
        }
    }
    *ret_new = false;
    if (found == 1)
        return 0;
    if (!environment_value(environment, class->url)) {
        (void)problem_set(b->p, -EINVAL, PX_CONFIG, "environment: variables of a %s site are set, but %s",
                          class->title, found ? "the configuration has several" : "there is no such site");
        problem_next(b->p, "set %s as well, or write the values into the configuration file", class->url);
        return -EINVAL;
    }
    *ret_new = true;
    (void)snprintf(place, sizeof place, "environment %s", class->url);
    const size_t before = config->site_count;
    int r = build_site(b, class->own, place, ret_index);
    if (r == 0 && config->site_count == before) {
        (void)problem_set(b->p, -EINVAL, PX_CONFIG, "%s: the configuration has a site called %s already",
                          place, class->own);
        problem_next(b->p, "unset the variable, or rename that site");
        return -EINVAL;
    }
    if (r == 0)
        b->config->sites[*ret_index].kind = class->kind;
    return r;
}

/* A URL that the site has already is no news; any other would be another server. */
static int check_url(struct build *b, size_t index, const char *text, const char *place)
{
    const struct config_site *site = &b->config->sites[index];
    const struct config_endpoint *listed = site->endpoint_count ? site->endpoints : &b->sites[index].endpoint;
    const size_t count = site->endpoint_count ? site->endpoint_count : 1;
    const uint16_t port = site->kind == CONFIG_PVE ? 8006 : 8007;
    char *given = NULL;
    const char *why = "";
    bool same = false;

    if (url_normalise(text, port, &given, &why) < 0)
        return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: %s", place, why);
    for (size_t i = 0; i < count; i++) {
        char *known = NULL;
        if (url_normalise(listed[i].url, port, &known, &why) == 0)
            same = same || strcmp(known, given) == 0;
        free(known);
    }
    free(given);
    if (same)
        return 0;
    (void)problem_set(b->p, -EPERM, PX_CONFIG, "%s: this would change where the site %s of %s is", place,
                      site->name, b->sites[index].place);
    problem_next(b->p, "unset it, or add it to the endpoints of that site");
    return -EPERM;
}

static bool site_has_identity(const struct build *b, size_t index)
{
    const struct config_site *site = &b->config->sites[index];
    bool has = b->sites[index].endpoint.fingerprint || b->sites[index].endpoint.ca_file;

    for (size_t i = 0; i < site->endpoint_count; i++)
        has = has || site->endpoints[i].fingerprint || site->endpoints[i].ca_file;
    return has;
}

/* `fixed`: how the server proves itself was settled before the environment was read. */
static int set_site_key(struct build *b, const struct variable *v, size_t index, bool fixed, const char *text)
{
    const struct schema_key *key = schema_at(v->path);
    struct config_site *site = &b->config->sites[index];
    const struct owners owners = {.site = site, .short_endpoint = &b->sites[index].endpoint};
    const bool identity = key->type == VALUE_SHA256 || strcmp(v->path, "sites.*.ca_file") == 0;
    char place[PLACE_SIZE], path[CONFIG_PATH_SIZE];

    place_of(v, place);
    (void)snprintf(path, sizeof path, "sites.%s.%s", site->name, strrchr(v->path, '.') + 1);
    if (key->type == VALUE_URL && (site->endpoint_count || owners.short_endpoint->url))
        return check_url(b, index, text, place);
    if (identity && fixed && !build_said(b, path)) {
        (void)problem_set(b->p, -EPERM, PX_CONFIG,
                          "%s: this would change how the site %s of %s proves its identity", place,
                          site->name, b->sites[index].place);
        problem_next(b->p, "unset it, or write it into the file in place of what stands there");
        return -EPERM;
    }
    return build_set_text(b, key, build_owner(b, key, &owners), path, text, place, place);
}

static int set_site(struct build *b, char *const *environment, const struct site_class *class)
{
    size_t index = 0;
    bool any = false, is_new = false;
    int r = 0;

    for (size_t i = 0; i < variable_count; i++)
        any = any ||
              (variables[i].kind == class->variables && environment_value(environment, variables[i].name));
    if (any)
        r = find_site(b, environment, class, &index, &is_new);
    if (!any || r < 0)
        return r;
    const bool by_ruler = b->ruler && b->sites[index].by_system;
    const bool fixed = !is_new && (by_ruler || site_has_identity(b, index));
    for (size_t i = 0; r == 0 && i < variable_count; i++) {
        const bool ours = variables[i].kind == class->variables;
        const char *text = ours ? environment_value(environment, variables[i].name) : NULL;
        if (text)
            r = set_site_key(b, &variables[i], index, fixed, text);
    }
    if (r == 0 && is_new) {
        char path[CONFIG_PATH_SIZE];
        (void)snprintf(path, sizeof path, "sites.%s.kind", class->own);
        r = build_say(b, path, "environment");
    }
    return r;
}

int build_from_environment(struct build *b, char *const *environment)
{
    int r = check_names(b, environment);

    for (size_t i = 0; r == 0 && i < variable_count; i++) {
        const struct variable *v = &variables[i];
        const char *text = environment_value(environment, v->name);
        if (!text)
            continue;
        char note[PLACE_SIZE];
        switch (v->kind) {
        case ENV_VALUE:
        case ENV_REDACT: r = set_key(b, v, text); break;
        case ENV_MUST: r = check_must(b, v, text); break;
        case ENV_UNUSED:
            (void)snprintf(note, sizeof note, "environment: without effect, %s", v->note);
            r = build_say(b, v->name, note);
            break;
        default: break;
        }
    }
    for (size_t i = 0; r == 0 && i < sizeof site_classes / sizeof site_classes[0]; i++)
        r = set_site(b, environment, &site_classes[i]);
    return r;
}
