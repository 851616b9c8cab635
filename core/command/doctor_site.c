/* SPDX-License-Identifier: Apache-2.0 */
/* The part of doctor that asks the servers: identity, token, version, what the token sees and what it lacks.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "command/doctor.h"
#include "config/config.h"
#include "http/http.h"
#include "http/pve_error.h"
#include "plane/site.h"

/* What a full view needs, and what stays hidden without it. */
static const struct need {
    enum config_site_kind kind;
    const char *path, *privilege, *hidden;
    const char *role; /* Backup Server: the role of `acl update`; Proxmox VE: NULL, by table */
} needs[] = {
    {CONFIG_PVE, "/", "Sys.Audit", "state, load and tasks of nodes and the cluster", NULL},
    {CONFIG_PVE, "/vms", "VM.Audit", "guests (all, or those without a right of their own)", NULL},
    {CONFIG_PVE, "/storage", "Datastore.Audit", "storages and what is on them", NULL},
    {CONFIG_PVE, "/pool", "Pool.Audit", "pools", NULL},
    {CONFIG_PVE, "/sdn", "SDN.Audit", "zones, vnets and bridges", NULL},
    {CONFIG_PBS, "/system", "Sys.Audit", "state and tasks of the server", "Audit"},
    {CONFIG_PBS, "/datastore", "Datastore.Audit", "datastores and backups", "DatastoreAudit"},
};

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

static struct site_call call_now(const struct config_site *site)
{
    return (struct site_call){.deadline_ms =
                                  clock_ms() + (int64_t)(site->timeout_s > 0 ? site->timeout_s : 30) * 1000};
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
    const struct http_request request = {.method = "GET", .path = "/version"};

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

static void count_things(struct doctor *d, struct site *site)
{
    const struct config_site *config = site_config(site);
    CLEANUP_BUF struct buf text = BUF_INIT(1024);
    CLEANUP_JSON struct json_object *seen = json_object_new_object();
    for (size_t i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
        const struct site_call call = call_now(config);
        struct http_field field = {.name = "type", .value = counts[i].type};
        struct site_answer answer = {0};
        struct json_object *data = NULL;
        struct problem p = PROBLEM_INIT;
        if (counts[i].kind != config->kind)
            continue;
        field.value_len = counts[i].type != NULL ? strlen(counts[i].type) : 0;
        if (site_get(site, &call, counts[i].path, &field, counts[i].type != NULL ? 1 : 0, false, &answer,
                     &p) != 0) {
            doctor_add_problem(d, counts[i].name, &p);
            continue;
        }
        if (json_get(answer.body, "data", json_type_array, &data) == 0) {
            const size_t n = json_object_array_length(data);
            buf_printf(&text, "%s%zu %s", text.len > 0 ? ", " : "", n, counts[i].name);
            (void)json_object_object_add(seen, counts[i].name, json_object_new_int64((int64_t)n));
        }
        site_answer_done(&answer);
    }
    if (text.len == 0)
        return;
    struct json_object *check = doctor_add(d, DOCTOR_OK, NULL, "the token sees %s", text.data);
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
                ? "proxmox-backup-manager user generate-token USER@REALM proximo, then acl update / Audit "
                  "--auth-id 'USER@REALM!proximo'"
                : "pveum user token add USER@REALM proximo --privsep 1 && pveum acl modify / --tokens "
                  "'USER@REALM!proximo' --roles PVEAuditor",
            "the mode is read, yet the token could change things (%s); one that can only look is safer",
            heavy[i]);
        return;
    }
}

/* The privileges that the token holds at the root. False when they cannot be read. */
static bool list_privileges(struct doctor *d, struct site *site, bool reads_only)
{
    const struct site_call call = call_now(site_config(site));
    const struct http_field field = {.name = "path", .value = "/", .value_len = 1};
    struct site_answer answer = {0};
    struct json_object *data = NULL, *root = NULL;
    struct problem p = PROBLEM_INIT;
    CLEANUP_BUF struct buf text = BUF_INIT(8192);
    struct json_object *list;

    if (site_get(site, &call, "/access/permissions", &field, 1, false, &answer, &p) != 0) {
        doctor_add_problem(d, "permissions", &p);
        return false;
    }
    list = json_object_new_array();
    if (json_get(answer.body, "data", json_type_object, &data) == 0 &&
        json_get(data, "/", json_type_object, &root) == 0) {
        json_object_object_foreach(root, name, flag)
        {
            (void)flag;
            buf_printf(&text, "%s%s", text.len > 0 ? ", " : "", name);
            (void)json_object_array_add(list, json_object_new_string(name));
        }
    }
    struct json_object *check =
        doctor_add(d, DOCTOR_OK, NULL, "privileges at /: %s", text.len > 0 ? text.data : "none");
    (void)json_object_object_add(check, "privileges", list);
    if (reads_only && root != NULL)
        check_excess(d, site_config(site), root);
    site_answer_done(&answer);
    return true;
}

static void check_needs(struct doctor *d, struct site *site)
{
    const struct config_site *config = site_config(site);
    for (size_t i = 0; i < sizeof(needs) / sizeof(needs[0]); i++) {
        const struct need *need = &needs[i];
        const struct site_call call = call_now(config);
        struct problem p = PROBLEM_INIT;
        char line[300] = "";
        if (need->kind != config->kind)
            continue;
        const int held = site_permission(site, &call, need->path, need->privilege, &p);
        if (held < 0) {
            doctor_add_problem(d, need->privilege, &p);
            return;
        }
        if (held > 0)
            continue;
        if (need->role != NULL)
            (void)snprintf(line, sizeof(line),
                           "proxmox-backup-manager acl update %s %s --auth-id '<your token>'", need->path,
                           need->role);
        else
            (void)pve_grant_line(need->path, need->privilege, line, sizeof(line));
        struct json_object *check =
            doctor_add(d, DOCTOR_NOTE, line, "the token lacks %s on %s: %s may be missing from answers",
                       need->privilege, need->path, need->hidden);
        doctor_fact(check, "privilege", need->privilege);
        doctor_fact(check, "path", need->path);
    }
}

static void check_site(struct doctor *d, const struct http_module *http, struct site *site, bool reads_only)
{
    const struct config_site *config = site_config(site);
    char name[160];
    bool usable = false;
    (void)snprintf(name, sizeof(name), "site %s (%s)", config->name, kind_name(config->kind));
    doctor_section(d, name);
    if (config->endpoint_count == 0)
        doctor_add(d, DOCTOR_PROBLEM, "Add `endpoints:` with a url to the site.",
                   "The site has no endpoint.");
    for (size_t i = 0; i < config->endpoint_count; i++) {
        if (check_identity(d, http, config, i))
            usable = check_token(d, http, config, i) || usable;
    }
    if (!usable)
        return;
    count_things(d, site);
    if (list_privileges(d, site, reads_only))
        check_needs(d, site);
}

void doctor_sites(struct doctor *d, const struct config *config, struct sites *sites)
{
    struct problem p = PROBLEM_INIT;
    const struct http_module *http;
    if (config->site_count == 0) {
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
    for (size_t i = 0; i < sites_count(sites); i++)
        check_site(d, http, sites_at(sites, i), config->mode == CONFIG_READ);
}
