/* SPDX-License-Identifier: Apache-2.0 */
/* What can be done only when every source has spoken: short forms unfolded, URLs made canonical, computed
 * defaults. */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/text.h"
#include "config/build.h"
#include "config/url.h"

static int no_memory(struct build *b)
{
    return problem_set(b->p, -ENOMEM, PX_INTERNAL, "no memory");
}

/* The origin of sites.NAME.KEY holds for sites.NAME.endpoints[N].KEY as well. */
static int copy_origin(struct build *b, const char *site, size_t endpoint, const char *key)
{
    char from[CONFIG_PATH_SIZE], to[CONFIG_PATH_SIZE];

    (void)snprintf(from, sizeof from, "sites.%s.%s", site, key);
    (void)snprintf(to, sizeof to, "sites.%s.endpoints[%zu].%s", site, endpoint, key);
    const char *origin = build_said(b, from);
    return origin ? build_say(b, to, origin) : 0;
}

static int inherit(struct build *b, const char *site, size_t endpoint, const char *key, const char *from,
                   char **to)
{
    if (!from)
        return 0;
    *to = strdup(from);
    return *to ? copy_origin(b, site, endpoint, key) : no_memory(b);
}

/* Gives the endpoints of a site what is written at the site itself. */
static int unfold_endpoints(struct build *b, size_t index)
{
    struct config_site *site = &b->config->sites[index];
    struct build_site *beside = &b->sites[index];
    int r = 0;

    if (beside->endpoint.url && site->endpoint_count)
        return problem_set(b->p, -EINVAL, PX_CONFIG,
                           "%s: sites.%s has both url and endpoints; keep one of them", beside->place,
                           site->name);
    if (!beside->endpoint.url && !site->endpoint_count) {
        (void)problem_set(b->p, -EINVAL, PX_CONFIG, "%s: sites.%s.url is missing", beside->place, site->name);
        problem_next(b->p, "add url: https://HOST:%u", site->kind == CONFIG_PVE ? 8006u : 8007u);
        return -EINVAL;
    }
    if (beside->endpoint.url) {
        struct config_endpoint *only;
        r = build_endpoint(b, site, beside->place, &only);
        if (r == 0)
            r = inherit(b, site->name, 0, "url", beside->endpoint.url, &only->url);
    }
    for (size_t i = 0; r == 0 && i < site->endpoint_count; i++) {
        struct config_endpoint *endpoint = &site->endpoints[i];
        if (endpoint->fingerprint || endpoint->ca_file)
            continue;
        r = inherit(b, site->name, i, "fingerprint", beside->endpoint.fingerprint, &endpoint->fingerprint);
        if (r == 0)
            r = inherit(b, site->name, i, "ca_file", beside->endpoint.ca_file, &endpoint->ca_file);
    }
    return r;
}

static int canonical_urls(struct build *b, size_t index)
{
    struct config_site *site = &b->config->sites[index];

    for (size_t i = 0; i < site->endpoint_count; i++) {
        char *canonical = NULL;
        const char *why = "";
        if (url_normalise(site->endpoints[i].url, site->kind == CONFIG_PVE ? 8006 : 8007, &canonical, &why) <
            0)
            return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: sites.%s: %s", b->sites[index].place,
                               site->name, why);
        free(site->endpoints[i].url);
        site->endpoints[i].url = canonical;
        for (size_t j = 0; j < i; j++) {
            if (strcmp(site->endpoints[j].url, canonical) == 0)
                return problem_set(b->p, -EINVAL, PX_CONFIG, "%s: sites.%s names the endpoint %s twice",
                                   b->sites[index].place, site->name, canonical);
        }
    }
    return 0;
}

/* Somebody wrote the token itself, USER@REALM!TOKENID=SECRET, where its file belongs. */
static bool is_token(const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *mark = strchr(slash ? slash : path, '@');

    mark = mark ? strchr(mark, '!') : NULL;
    mark = mark ? strpbrk(mark, "=:") : NULL;
    return mark && mark[1];
}

static int finish_site(struct build *b, size_t index)
{
    struct config_site *site = &b->config->sites[index];

    int r = unfold_endpoints(b, index);
    if (r == 0)
        r = canonical_urls(b, index);
    if (r < 0)
        return r;
    if (site->token_file && is_token(site->token_file)) { /* which is not repeated here */
        (void)problem_set(b->p, -EINVAL, PX_CONFIG,
                          "%s: sites.%s.token_file holds a token instead of the path of a file",
                          b->sites[index].place, site->name);
        problem_next(b->p, "move the token into a file with mode 600, name that file here, and replace the "
                           "token if others could read this configuration");
        return -EINVAL;
    }
    if (site->token_file)
        return 0;
    (void)problem_set(b->p, -EINVAL, PX_CONFIG, "%s: sites.%s.token_file is missing", b->sites[index].place,
                      site->name);
    problem_next(
        b->p, "write the API token into a file with mode 600 as USER@REALM!TOKENID%cSECRET and name it here",
        site->kind == CONFIG_PVE ? '=' : ':');
    return -EINVAL;
}

/* folder + "/" + name, where *path is not set. */
static int default_path(struct build *b, char **path, const char *folder, const char *name)
{
    if (!*path && asprintf(path, "%s/%s", folder, name) < 0) {
        *path = NULL;
        return no_memory(b);
    }
    return 0;
}

static int default_state_dir(struct build *b)
{
    const char *base = getenv("XDG_STATE_HOME");

    if (b->config->state_dir)
        return 0;
    if (base && base[0] == '/')
        return default_path(b, &b->config->state_dir, base, "proximo");
    b->config->state_dir = file_expand_home("~/.local/state/proximo");
    return b->config->state_dir ? 0 : no_memory(b);
}

/* The ledger's keys are beside it. */
static int default_key_files(struct build *b)
{
    struct config_ledger *ledger = &b->config->ledger;
    const char *slash = strrchr(ledger->file, '/');
    CLEANUP_FREE char *folder = strndup(ledger->file, slash ? (size_t)(slash - ledger->file) : 0);

    int r = folder ? default_path(b, &ledger->key_file, folder, "audit.key") : no_memory(b);
    return r < 0 ? r : default_path(b, &ledger->signing_key_file, folder, "audit.signing.pem");
}

/* ---- consent: what a rule says must be possible, and not less than what is built in where that is known */

static int lacks_approver(struct build *b, const char *path)
{
    const char *origin = build_said(b, path);

    (void)problem_set(b->p, -EINVAL, PX_CONFIG,
                      "%s: %s: approver, but there is no approver's key: nobody could ever consent",
                      origin ? origin : "configuration", path);
    problem_next(b->p, "add trust: {approver_key: /etc/proximo/approver.pub}; `proximo keys approver` makes "
                       "the key in the approver's own home");
    return -EINVAL;
}

/* Of a plane's classes nothing is known before it is loaded; exec's are built in by their name. */
static int check_rule(struct build *b, const struct config_rule *rule)
{
    const bool has_key = b->config->trust.approver_key != NULL;
    const enum config_consent least = has_key ? CONFIG_CONSENT_APPROVER : CONFIG_CONSENT_HUMAN;
    char path[CONFIG_PATH_SIZE];

    (void)snprintf(path, sizeof path, "trust.consent.%s", rule->classes);
    if (rule->consent == CONFIG_CONSENT_APPROVER && !has_key)
        return lacks_approver(b, path);
    if (strncmp(rule->classes, "exec.", 5) != 0 || rule->consent >= least)
        return 0;
    const char *origin = build_said(b, path);
    (void)problem_set(b->p, -EINVAL, PX_CONFIG, "%s: %s: %s is less than exec's classes need anyway: %s",
                      origin ? origin : "configuration", path, config_consent_name(rule->consent),
                      config_consent_name(least));
    problem_next(b->p, "remove the rule: rules only raise what is built in");
    return -EINVAL;
}

static int check_consent(struct build *b)
{
    const struct config *config = b->config;
    char path[CONFIG_PATH_SIZE];
    int r = 0;

    for (size_t i = 0; r == 0 && i < config->trust.rule_count; i++)
        r = check_rule(b, &config->trust.rules[i]);
    for (size_t i = 0; r == 0 && i < config->site_count; i++) {
        (void)snprintf(path, sizeof path, "sites.%s.consent", config->sites[i].name);
        if (config->sites[i].consent == CONFIG_CONSENT_APPROVER && !config->trust.approver_key)
            r = lacks_approver(b, path);
    }
    return r;
}

int build_finish(struct build *b)
{
    struct config *config = b->config;
    int r = 0;

    for (size_t i = 0; r == 0 && i < config->site_count; i++)
        r = finish_site(b, i);
    for (size_t i = 0; r == 0 && i < config->plane_count; i++) {
        if (!config->planes[i].section_json && !(config->planes[i].section_json = strdup("{}")))
            r = no_memory(b);
    }
    if (r == 0)
        r = check_consent(b);
    if (r == 0)
        r = default_state_dir(b);
    if (r == 0)
        r = default_path(b, &config->ledger.file, config->state_dir, "audit.log");
    if (r == 0)
        r = default_key_files(b);
    return r < 0 ? r : build_finish_anchors(b);
}
