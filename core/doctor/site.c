/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that asks the servers: identity, token, version, what the token sees and what it lacks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/site.h"
#include "http/http.h"
#include "plane/site.h"

/* What is counted. */
static const struct count {
    enum config_site_kind kind;
    const char *name, *path, *type;
} counts[] = {
    {CONFIG_PVE, "nodes", "/nodes", NULL},
    {CONFIG_PVE, "guests", "/cluster/resources", "vm"},
    {CONFIG_PVE, "storages", "/storage", NULL},
    {CONFIG_PBS, "datastores", "/admin/datastore", NULL},
};

static const char *kind_name(enum config_site_kind kind)
{
    return kind == CONFIG_PBS ? "Proxmox Backup Server" : "Proxmox VE";
}

struct site_call doctor_call(const struct doctor *d, const struct config_site *site)
{
    const int64_t own = clock_ms() + (int64_t)(site->timeout_s > 0 ? site->timeout_s : 30) * 1000;
    const int64_t all = d->subject->deadline_ms;

    return (struct site_call){.deadline_ms = own < all ? own : all, .cancel = d->subject->cancel};
}

int doctor_get(const struct doctor_site *s, const char *path, const struct http_field *fields, size_t count,
               json_type type, struct json_object **ret, struct problem *p)
{
    const struct site_call call = doctor_call(s->d, s->config);
    struct site_answer answer = {0};
    struct json_object *data = NULL;
    int r = site_get(s->site, &call, path, fields, count, false, &answer, p);

    if (r < 0)
        return r;
    if (json_get(answer.body, "data", type, &data) == 0)
        *ret = json_object_get(data);
    else
        r = problem_set(p, -EBADMSG, PX_BAD_ANSWER, "GET %s answered something else than was asked for",
                        path);
    site_answer_done(&answer);
    return r;
}

const char *doctor_whose_field(const struct doctor_site *s)
{
    return s->config->kind == CONFIG_PBS ? "auth-id" : "userid";
}

/* The identity of one endpoint. True when the token may be sent. */
static bool check_identity(struct doctor *d, const struct http_module *http, const struct config_site *site,
                           size_t i)
{
    struct http_tls_report report;
    struct problem p = PROBLEM_INIT;
    struct json_object *check;
    char next[900];
    const char *url = site->endpoints[i].url;

    if (http->tls_report(site, i, &report, &p) != 0) {
        doctor_add_problem(d, url, &p);
        return false;
    }
    if (report.verified)
        check = doctor_add(d, DOCTOR_OK, NULL, "%s: identity %s; certificate %s, valid until %s", url,
                           report.verdict, report.names[0] != '\0' ? report.names : report.subject,
                           report.not_after);
    else if (!report.connected)
        check = doctor_add(d, DOCTOR_PROBLEM,
                           "Check address and port, that the server is up and that no firewall is between.",
                           "%s: no TLS connection (%s).", url, report.verdict);
    else {
        (void)snprintf(
            next, sizeof(next),
            "Compare with the server itself (`%s`); only if it is the same, set `fingerprint: %s` for this "
            "endpoint.",
            site->kind == CONFIG_PBS ? "proxmox-backup-manager cert info" : "pvenode cert info",
            report.fingerprint);
        check = doctor_add(d, DOCTOR_PROBLEM, next, "%s: identity not verified by the %s: %s. It shows %s.",
                           url, report.rule, report.verdict, report.fingerprint);
    }
    doctor_fact(check, "endpoint", url);
    doctor_fact(check, "rule", report.rule);
    doctor_fact(check, "fingerprint", report.fingerprint);
    doctor_fact(check, "subject", report.subject);
    doctor_fact(check, "names", report.names);
    doctor_fact(check, "not_after", report.not_after);
    return report.verified;
}

/* GET /version at exactly this endpoint: does it take the token? */
static bool check_token(struct doctor *d, const struct http_module *http, const struct config_site *site,
                        size_t i)
{
    struct config_site one = *site;
    struct http_client *client = NULL;
    struct http_answer answer = {0};
    struct problem p = PROBLEM_INIT;
    CLEANUP_JSON struct json_object *body = NULL;
    struct json_object *data = NULL;
    const char *version = "?";
    const char *url = site->endpoints[i].url;
    const struct http_request request = {.method = "GET",
                                         .path = "/version",
                                         .deadline_ms = doctor_call(d, site).deadline_ms,
                                         .cancel = d->subject->cancel};

    one.endpoints = &site->endpoints[i];
    one.endpoint_count = 1;
    int rc = http->client_new(&one, &client, &p);
    if (rc == 0)
        rc = http->request(client, &request, &answer, NULL, &p);
    if (rc == 0)
        rc = http_answer_problem(&answer, "GET", "/version", &p);
    if (rc == 0)
        rc = json_parse(answer.body != NULL ? answer.body : "", answer.body_len, &body, &p);
    if (rc == 0 && (json_get(body, "data", json_type_object, &data) != 0 ||
                    json_get_string(data, "version", &version, NULL) != 0))
        rc = problem_set(&p, -EBADMSG, PX_BAD_ANSWER,
                         "the answer holds no version: this is not the API of %s", kind_name(site->kind));
    if (rc != 0) {
        doctor_add_problem(d, url, &p);
    } else {
        struct json_object *check =
            doctor_add(d, DOCTOR_OK, NULL, "%s: token accepted, %s %s, answers in %.1f ms", url,
                       kind_name(site->kind), version, (double)answer.time_us / 1000.0);
        doctor_fact(check, "version", version);
        doctor_fact_int(check, "time_us", answer.time_us);
    }
    http_answer_done(&answer);
    http->client_free(client);
    return rc == 0;
}

static void count_things(const struct doctor_site *s)
{
    CLEANUP_BUF struct buf text = BUF_INIT(1024);
    CLEANUP_JSON struct json_object *seen = json_object_new_object();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        struct http_field field = {.name = "type", .value = counts[i].type};
        CLEANUP_JSON struct json_object *data = NULL;
        struct problem p = PROBLEM_INIT;
        if (counts[i].kind != s->config->kind)
            continue;
        field.value_len = counts[i].type != NULL ? strlen(counts[i].type) : 0;
        if (doctor_get(s, counts[i].path, &field, counts[i].type != NULL ? 1 : 0, json_type_array, &data,
                       &p) != 0) {
            doctor_add_problem(s->d, counts[i].name, &p);
            continue;
        }
        const size_t n = json_object_array_length(data);
        buf_printf(&text, "%s%zu %s", text.len > 0 ? ", " : "", n, counts[i].name);
        (void)json_object_object_add(seen, counts[i].name, json_object_new_int64((int64_t)n));
    }
    if (text.len == 0)
        return;
    struct json_object *check = doctor_add(s->d, DOCTOR_OK, NULL, "the token sees %s", text.data);
    (void)json_object_object_add(check, "sees", json_object_get(seen));
}

/* A token that could change everything beside a mode that changes nothing: the smaller one is the safer one.
 */
static void check_excess(struct doctor *d, const struct config_site *site, struct json_object *root)
{
    static const char *const heavy[] = {"Permissions.Modify", "Sys.Modify", "VM.Allocate",
                                        "Datastore.Modify"};
    for (size_t i = 0; i < sizeof(heavy) / sizeof(heavy[0]); i++) {
        if (!json_object_object_get_ex(root, heavy[i], NULL))
            continue;
        doctor_add(
            d, DOCTOR_NOTE,
            site->kind == CONFIG_PBS
                ? "proxmox-backup-manager user generate-token USER@REALM proximo && proxmox-backup-manager "
                  "acl "
                  "update / Audit --auth-id 'USER@REALM!proximo'"
                : "pveum user token add USER@REALM proximo --privsep 1 && pveum acl modify / --tokens "
                  "'USER@REALM!proximo' --roles PVEAuditor",
            "the mode is read, yet the token could change things (%s); one that can only look is safer",
            heavy[i]);
        return;
    }
}

/* The privileges that the token holds at the root. False when they cannot be read. */
static bool list_privileges(const struct doctor_site *s)
{
    const struct http_field field = {.name = "path", .value = "/", .value_len = 1};
    CLEANUP_JSON struct json_object *data = NULL;
    struct json_object *root = NULL;
    struct problem p = PROBLEM_INIT;
    CLEANUP_BUF struct buf text = BUF_INIT(8192);

    if (doctor_get(s, "/access/permissions", &field, 1, json_type_object, &data, &p) != 0) {
        doctor_add_problem(s->d, "permissions", &p);
        return false;
    }
    struct json_object *list = json_object_new_array();
    if (json_get(data, "/", json_type_object, &root) == 0) {
        json_object_object_foreach(root, name, flag)
        {
            (void)flag;
            buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", name);
            (void)json_object_array_add(list, json_object_new_string(name));
        }
    }
    struct json_object *check =
        doctor_add(s->d, DOCTOR_OK, NULL, "privileges at /: %s", text.len > 0 ? text.data : "none");
    (void)json_object_object_add(check, "privileges", list);
    if (s->d->subject->config->mode == CONFIG_READ && root != NULL)
        check_excess(s->d, s->config, root);
    return true;
}

/* Says so once the time is over; the caller leaves the rest out. */
static bool in_time(struct doctor *d, const struct config_site *config)
{
    if (clock_ms() < d->subject->deadline_ms && !cancel_is_set(d->subject->cancel))
        return true;
    doctor_add(d, DOCTOR_NOTE, "Run `proximo doctor`, which takes its time, or ask for one site.",
               "site %s was not looked at further: the time is over", config->name);
    return false;
}

static void check_site(struct doctor *d, const struct http_module *http, struct site *site)
{
    const struct config_site *config = site_config(site);
    struct doctor_site s = {.d = d, .site = site, .config = config, .separated = -1};
    struct problem p = PROBLEM_INIT;
    char name[160];
    bool usable = false;

    (void)snprintf(name, sizeof(name), "site %s (%s)", config->name, kind_name(config->kind));
    doctor_section(d, name);
    if (config->endpoint_count == 0)
        doctor_add(d, DOCTOR_PROBLEM, "Add `endpoints:` with a url to the site.",
                   "The site has no endpoint.");
    for (size_t i = 0; i < config->endpoint_count && in_time(d, config); i++) {
        if (check_identity(d, http, config, i))
            usable = check_token(d, http, config, i) || usable;
    }
    if (!usable || !in_time(d, config))
        return;
    count_things(&s);
    if (!list_privileges(&s))
        return;
    if (site_token_id(site, s.id, &p) < 0) {
        doctor_add_problem(d, "token", &p);
        return;
    }
    if (in_time(d, config))
        doctor_site_token(&s);
    if (config->kind == CONFIG_PVE && in_time(d, config))
        doctor_site_nodes(&s);
    if (in_time(d, config))
        doctor_site_tools(&s);
}

void doctor_sites(struct doctor *d)
{
    const struct doctor_subject *subject = d->subject;
    struct problem p = PROBLEM_INIT;
    const struct http_module *http;
    if (subject->config->site_count == 0) {
        doctor_section(d, "sites");
        doctor_add(d, DOCTOR_PROBLEM, "Run `proximo init`, or name a site in the configuration.",
                   "No site is configured.");
        return;
    }
    http = http_module_get(&p);
    if (http == NULL) {
        doctor_section(d, "sites");
        doctor_add_problem(d, "", &p);
        return;
    }
    for (size_t i = 0; i < sites_count(subject->sites); i++) {
        struct site *site = sites_at(subject->sites, i);
        if (!subject->site || strcmp(subject->site, site_config(site)->name) == 0)
            check_site(d, http, site);
    }
}
