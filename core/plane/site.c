/* SPDX-License-Identifier: Apache-2.0 */
/* Sites: the list of them, the HTTP client made at first use, one request, the version. */
#include "plane/site.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/json_check.h"
#include "base/text.h"
#include "config/config.h"
#include "plane/manifest.h"
#include "plane/scan.h"
#include "plane/site_inner.h"
#include "proximo/plane.h"

#define PLAIN_TEXT_MOST 2048u /* a longer body is a page, not words */

struct sites {
    struct site *items;
    size_t count;
};

static int site_init(struct site *site, const struct config_site *config)
{
    site->config = config;
    atomic_init(&site->used, false);
    if (pthread_mutex_init(&site->client_lock, NULL) != 0)
        return -ENOMEM;
    if (pthread_mutex_init(&site->permissions_lock, NULL) != 0)
        goto fail_client;
    if (pthread_mutex_init(&site->reached_lock, NULL) != 0)
        goto fail_permissions;
    site->peer_ips = calloc(config->endpoint_count ? config->endpoint_count : 1, sizeof(*site->peer_ips));
    if (!site->peer_ips || flight_init(&site->guests_flight) < 0)
        goto fail_reached;
    if (flight_init(&site->nodes_flight) < 0)
        goto fail_guests;
    if (flight_init(&site->version_flight) < 0)
        goto fail_nodes;
    return 0;
fail_nodes:
    flight_done(&site->nodes_flight);
fail_guests:
    flight_done(&site->guests_flight);
fail_reached:
    free(site->peer_ips);
    pthread_mutex_destroy(&site->reached_lock);
fail_permissions:
    pthread_mutex_destroy(&site->permissions_lock);
fail_client:
    pthread_mutex_destroy(&site->client_lock);
    return -ENOMEM;
}

static void site_done(struct site *site)
{
    if (site->client)
        site->module->client_free(site->client);
    while (site->permissions) {
        struct permission *entry = site->permissions;
        site->permissions = entry->next;
        if (entry->privileges)
            json_object_put(entry->privileges);
        flight_done(&entry->flight);
        free(entry->path);
        free(entry);
    }
    guest_table_done(&site->guests);
    free(site->nodes);
    flight_done(&site->version_flight);
    flight_done(&site->nodes_flight);
    flight_done(&site->guests_flight);
    free(site->peer_ips);
    pthread_mutex_destroy(&site->reached_lock);
    pthread_mutex_destroy(&site->permissions_lock);
    pthread_mutex_destroy(&site->client_lock);
}

int sites_new(const struct config *config, struct sites **ret)
{
    struct sites *sites = calloc(1, sizeof(*sites));
    if (!sites)
        return -ENOMEM;
    size_t room = config->site_count ? config->site_count : 1;
    sites->items = calloc(room, sizeof(*sites->items));
    if (!sites->items) {
        free(sites);
        return -ENOMEM;
    }
    for (size_t i = 0; i < config->site_count; i++) {
        if (site_init(&sites->items[i], &config->sites[i]) < 0) {
            sites_free(sites);
            return -ENOMEM;
        }
        sites->count++;
    }
    *ret = sites;
    return 0;
}

void sites_free(struct sites *sites)
{
    if (!sites)
        return;
    for (size_t i = 0; i < sites->count; i++)
        site_done(&sites->items[i]);
    free(sites->items);
    free(sites);
}

size_t sites_count(const struct sites *sites)
{
    return sites ? sites->count : 0;
}

struct site *sites_at(struct sites *sites, size_t index)
{
    return index < sites->count ? &sites->items[index] : NULL;
}

const struct config_site *site_config(const struct site *site)
{
    return site->config;
}

bool site_was_used(const struct site *site)
{
    return atomic_load(&site->used);
}

static void sites_names(const struct sites *sites, uint32_t kinds, struct buf *out)
{
    for (size_t i = 0; i < sites->count; i++) {
        if (!site_kinds_have(kinds, sites->items[i].config->kind))
            continue;
        if (out->len)
            buf_str(out, ", ");
        buf_str(out, sites->items[i].config->name);
    }
}

/* What is said when there is none, or which one is meant cannot be told. */
static int sites_fail(const struct sites *sites, const char *name, uint32_t kinds, size_t fitting,
                      struct problem *p)
{
    const char *what = !kinds || kinds == (PROXIMO_FOR_PVE | PROXIMO_FOR_PBS) ? ""
                       : kinds == PROXIMO_FOR_PBS                             ? " of kind pbs (Backup Server)"
                                                                              : " of kind pve";
    if (fitting == 0) {
        problem_set(p, -ENOENT, PX_SITE, "no site%s is configured", what);
        problem_next(p, "run `proximo init`, or name one under `sites:` in the configuration file");
        return -ENOENT;
    }
    if (name)
        problem_set(p, -ENOENT, PX_SITE, "there is no site '%.64s'%s", name, what);
    else
        problem_set(p, -EINVAL, PX_SITE, "there are %zu sites%s and none was named", fitting, what);
    problem_next(p, "name one in the argument `site`");
    CLEANUP_BUF struct buf names = BUF_INIT(1000);
    sites_names(sites, kinds, &names);
    problem_valid(p, "%s", names.data ? names.data : "");
    return name ? -ENOENT : -EINVAL;
}

int sites_find_for(struct sites *sites, const char *name, uint32_t kinds, struct site **ret,
                   struct problem *p)
{
    struct site *found = NULL;
    size_t fitting = 0, matching = 0;

    for (size_t i = 0; i < sites->count; i++) {
        struct site *site = &sites->items[i];
        if (!site_kinds_have(kinds, site->config->kind))
            continue;
        fitting++;
        if (name && !text_equal(site->config->name, name))
            continue;
        matching++;
        found = site;
    }
    if (matching != 1)
        return sites_fail(sites, name, kinds, fitting, p);
    *ret = found;
    return 0;
}

int sites_find(struct sites *sites, const char *name, struct site **ret, struct problem *p)
{
    return sites_find_for(sites, name, 0, ret, p);
}

void site_answer_done(struct site_answer *answer)
{
    if (answer->body)
        json_object_put(answer->body);
    free(answer->raw);
    memset(answer, 0, sizeof(*answer));
}

int site_client(struct site *site, struct problem *p)
{
    pthread_mutex_lock(&site->client_lock);
    int r = 0;
    if (!site->client) {
        const struct http_module *module = http_module_get(p);
        r = module ? module->client_new(site->config, &site->client, p) : -ENOENT;
        if (r == 0)
            site->module = module;
    }
    pthread_mutex_unlock(&site->client_lock);
    return r;
}

/* The body as an object, or only checked to be one. 0 with *ret NULL for an empty body. */
static int body_read(const struct http_answer *http, bool parse, struct json_object **ret, struct problem *p)
{
    if (parse)
        return json_parse(http->body, http->body_len, ret, p);
    struct json_check check = {.max_depth = JSON_CHECK_MAX_DEPTH};
    int r = json_check(&check, http->body, http->body_len);
    if (r < 0)
        return problem_set(p, r, PX_BAD_ANSWER, "%s at byte %zu", json_fault_name(check.fault), check.offset);
    return 0;
}

bool site_answer_is_words(const struct site_answer *answer)
{
    return answer->status >= 400 && answer->raw && answer->raw_len > 0 && answer->raw_len < PLAIN_TEXT_MOST &&
           !strchr("{< \t\r\n", answer->raw[0]);
}

int site_parse(const char *method, const char *path, bool parse, struct http_answer *http,
               struct site_answer *ret, struct problem *p)
{
    struct json_object *body = NULL;
    struct problem why = PROBLEM_INIT;
    struct scan scan;
    int r = http->body_len ? body_read(http, parse, &body, &why) : -ENODATA;
    bool good = r == 0 && (parse ? json_object_is_type(body, json_type_object)
                                 : scan_object((struct json_span){http->body, http->body_len}, &scan) == 0);
    if (!good && body) {
        json_object_put(body);
        body = NULL;
    }
    if (!good && http->status < 300) {
        problem_set(p, -EBADMSG, PX_BAD_ANSWER,
                    "%s %s answered %d with something that is not a JSON object%s%s", method, path,
                    http->status, why.cause[0] ? ": " : "", why.cause);
        problem_next(p,
                     "check that the endpoint of this site is a Proxmox API and not a proxy in front of it");
        return r == -ENOMEM ? r : -EBADMSG;
    }
    ret->status = http->status;
    ret->body = body;
    ret->raw = http->body;
    ret->raw_len = http->body_len;
    if (!good && !parse && !site_answer_is_words(ret)) {
        ret->raw = NULL;
        ret->raw_len = 0;
        return 0;
    }
    http->body = NULL;
    http->body_len = 0;
    return 0;
}

int64_t site_deadline(const struct site *site, const struct site_call *call)
{
    uint32_t timeout_s = site->config->timeout_s ? site->config->timeout_s : 30;
    int64_t most = clock_ms() + (int64_t)timeout_s * 1000;
    return call->deadline_ms > 0 && call->deadline_ms < most ? call->deadline_ms : most;
}

static int site_request(struct site *site, const struct site_call *call, struct http_request *request,
                        bool tolerate, bool parse, struct site_answer *ret, struct problem *p)
{
    int r = site_client(site, p);
    if (r < 0)
        return r;
    atomic_store(&site->used, true);
    request->deadline_ms = site_deadline(site, call);
    request->cancel = call->cancel;
    struct http_answer http = {0};
    r = site->module->request(site->client, request, &http, NULL, p);
    if (r < 0)
        return r;
    site_reached_keep(site, &http);
    /* A redirect is never followed and never tolerated: what answers there is not the API. */
    if (http.status >= 300 && (http.status < 400 || !tolerate)) {
        r = http_answer_problem(&http, request->method, request->path, p);
        http_answer_done(&http);
        return r < 0 ? r : -EIO;
    }
    struct site_answer answer = {0};
    r = site_parse(request->method, request->path, parse, &http, &answer, p);
    http_answer_done(&http);
    if (r == 0)
        *ret = answer;
    return r;
}

int site_get(struct site *site, const struct site_call *call, const char *path,
             const struct http_field *fields, size_t field_count, bool tolerate, struct site_answer *ret,
             struct problem *p)
{
    struct http_request request = {
        .method = "GET", .path = path, .fields = fields, .field_count = field_count};
    return site_request(site, call, &request, tolerate, true, ret, p);
}

int site_get_agent_output(struct site *site, const struct site_call *call, const char *path,
                          const struct http_field *fields, size_t field_count, struct site_answer *ret,
                          struct problem *p)
{
    struct http_request request = {
        .method = "GET", .path = path, .fields = fields, .field_count = field_count, .agent_output = true};
    return site_request(site, call, &request, true, true, ret, p);
}

int site_get_text(struct site *site, const struct site_call *call, const char *path,
                  const struct http_field *fields, size_t field_count, bool tolerate, struct site_answer *ret,
                  struct problem *p)
{
    struct http_request request = {
        .method = "GET", .path = path, .fields = fields, .field_count = field_count};
    return site_request(site, call, &request, tolerate, false, ret, p);
}

int site_probe(struct site *site, const struct site_call *call, const char *method, const char *path,
               const struct http_field *fields, size_t field_count, struct site_answer *ret,
               struct problem *p)
{
    struct http_request request = {
        .method = method, .path = path, .fields = fields, .field_count = field_count, .probe = true};
    return site_request(site, call, &request, false, false, ret, p);
}

int site_answer_list(const struct site_answer *answer, const char *path, struct json_object **ret,
                     struct problem *p)
{
    struct json_object *data = NULL;
    if (answer->body && json_get(answer->body, "data", json_type_array, &data) == 0) {
        *ret = data;
        return 0;
    }
    return problem_set(p, -EBADMSG, PX_BAD_ANSWER, "GET %s answered without a list", path);
}

static int site_version_fetch(struct site *site, const struct site_call *call, char ret[32],
                              struct problem *p)
{
    struct site_answer answer = {0};
    int r = site_get(site, call, "/version", NULL, 0, false, &answer, p);
    if (r < 0)
        return r;
    struct json_object *data = NULL;
    const char *version = NULL;
    size_t len = 0;
    if (json_get(answer.body, "data", json_type_object, &data) < 0 ||
        json_get_string(data, "version", &version, &len) < 0 || len == 0 || len > 31)
        r = problem_set(p, -EBADMSG, PX_BAD_ANSWER, "GET /version answered without a version");
    else
        memcpy(ret, version, len + 1);
    site_answer_done(&answer);
    return r;
}

int site_version(struct site *site, const struct site_call *call, char ret_version[32], struct problem *p)
{
    struct flight *f = &site->version_flight;
    struct problem local = PROBLEM_INIT;
    if (!p)
        p = &local;
    bool leader = false;
    int r = flight_enter(f, call, clock_ms() - SITE_VERSION_AGE_MS, &leader, p);
    if (r < 0)
        return r;
    if (leader) {
        char version[32] = "";
        r = site_version_fetch(site, call, version, p);
        pthread_mutex_lock(&f->lock);
        if (r == 0)
            memcpy(site->version, version, sizeof(version));
        flight_end(f, r, p);
    }
    if (r == 0)
        memcpy(ret_version, site->version, sizeof(site->version));
    pthread_mutex_unlock(&f->lock);
    return r;
}
