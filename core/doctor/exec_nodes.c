/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nodes of the sites against the endpoints of the exec plane: each node needs one, under its own name,
 * with a host key that is known. The address must be the node's: what the API says of a guest and what a
 * command does in it would otherwise be of two machines. Source: GET /cluster/status.
 */
#include <stdio.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/exec.h"
#include "doctor/site.h"

#define BANNER_MS 3000

static void check_host_key(const struct exec_view *v, const char *node)
{
    char next[300];

    if (strcmp(v->backend, "libssh2") != 0 || exec_knows_host(v, node))
        return;
    (void)snprintf(
        next, sizeof(next),
        "Add a line that begins with %s to the known_hosts of the plane, or hostkeys.%s: SHA256:... "
        "(on the node: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub)",
        node, node);
    doctor_add(v->d, DOCTOR_NOTE, next, "no host key of %s is known: it will be refused", node);
}

/* The host of an endpoint against the address that the cluster has for the node. */
static void check_address(const struct exec_view *v, const char *node, const char *host, const char *ip)
{
    struct json_object *check;

    switch (exec_same_host(host, ip, v->d->subject->resolve)) {
    case EXEC_SAME: return;
    case EXEC_NOT_KNOWN:
        doctor_add(v->d, DOCTOR_NOTE, "`proximo doctor` looks names up.",
                   "%s: whether %s is its address (%s) was not looked up", node, host, ip);
        return;
    case EXEC_DIFFERENT: break;
    }
    check =
        doctor_add(v->d, DOCTOR_NOTE,
                   "Right if it is another address of the same node (a management network); else correct "
                   "planes.exec.endpoints.",
                   "%s: commands go to %s, the cluster has the node at %s: they may run on another machine "
                   "than the API talks of",
                   node, host, ip);
    doctor_fact(check, "node", node);
    doctor_fact(check, "ssh_host", host);
    doctor_fact(check, "cluster_ip", ip);
}

/* The node that answers the API is reached by the site's endpoints as well. */
static void check_api(const struct doctor_site *s, const struct exec_view *v, const char *node,
                      const char *host)
{
    char api[EXEC_HOST_SIZE] = "";
    struct json_object *check;
    uint16_t port;

    for (size_t i = 0; i < s->config->endpoint_count; i++) {
        if (!exec_url_host(s->config->endpoints[i].url, api, &port) ||
            exec_same_host(host, api, v->d->subject->resolve) != EXEC_DIFFERENT)
            return;
    }
    check =
        doctor_add(v->d, DOCTOR_NOTE, "Right if both are addresses of that node.",
                   "%s answers the API at %s, and commands for it go to %s: API and ssh may be two machines",
                   node, api, host);
    doctor_fact(check, "node", node);
    doctor_fact(check, "ssh_host", host);
    doctor_fact(check, "api_host", api);
}

static void probe(const struct exec_view *v, const char *node, const char *host, uint16_t port)
{
    const int64_t latest = clock_ms() + BANNER_MS, all = v->d->subject->deadline_ms;
    char banner[128] = "";
    const char *why;

    if (!v->d->subject->probe)
        return;
    why = exec_banner(host, port ? port : (uint16_t)22, latest < all ? latest : all, banner);
    if (why)
        doctor_add(v->d, DOCTOR_PROBLEM, "Check address, port and firewall, and that sshd runs there.",
                   "%s: ssh at %s port %u: %s", node, host, port ? (unsigned)port : 22u, why);
    else
        doctor_add(v->d, DOCTOR_OK, NULL, "%s: ssh at %s answers as %s (no key was exchanged)", node, host,
                   banner);
}

static void check_node(const struct doctor_site *s, const struct exec_view *v, struct json_object *row)
{
    const char *node = NULL, *ip = NULL, *type = "", *url;
    char host[EXEC_HOST_SIZE], next[300];
    bool local = false;
    uint16_t port = 0;

    (void)json_get_string(row, "type", &type, NULL);
    (void)json_get_string(row, "ip", &ip, NULL);
    (void)json_get_bool(row, "local", &local);
    if (strcmp(type, "node") != 0 || json_get_string(row, "name", &node, NULL) < 0)
        return;
    url = config_named(&v->plane->endpoints, node);
    if (!url && strcmp(v->backend, "libssh2") != 0)
        return;
    if (!url) {
        (void)snprintf(next, sizeof(next), "Add planes.exec.endpoints.%s: tcp://ADDRESS:22", node);
        doctor_add(v->d, DOCTOR_NOTE, next, "%s has no endpoint: nothing can be run in its containers", node);
        return;
    }
    check_host_key(v, node);
    if (!exec_url_host(url, host, &port))
        return;
    if (ip && *ip)
        check_address(v, node, host, ip);
    if (local)
        check_api(s, v, node, host);
    probe(v, node, host, port);
}

/* Endpoints that no node has the name of: a misspelt one, or a node that is gone. */
static void check_strays(const struct exec_view *v, struct json_object *seen)
{
    for (size_t i = 0; i < v->plane->endpoints.count; i++) {
        const char *item = v->plane->endpoints.items[i];
        char name[128];

        (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(item, "="), item);
        if (strcmp(name, "agent") != 0 && !json_object_object_get_ex(seen, name, NULL))
            doctor_add(v->d, DOCTOR_NOTE, "The names are those of the nodes in the cluster.",
                       "endpoint %s: no node of a site has that name", name);
    }
}

void exec_check_nodes(const struct exec_view *v)
{
    CLEANUP_JSON struct json_object *seen = json_object_new_object();
    const struct doctor_subject *subject = v->d->subject;
    bool all = true;

    for (size_t i = 0; i < sites_count(subject->sites); i++) {
        struct doctor_site s = {.d = v->d, .site = sites_at(subject->sites, i)};
        CLEANUP_JSON struct json_object *rows = NULL;
        struct problem p = PROBLEM_INIT;

        s.config = site_config(s.site);
        if (s.config->kind != CONFIG_PVE)
            continue;
        if (subject->site && strcmp(subject->site, s.config->name) != 0) {
            all = false;
            continue;
        }
        if (doctor_get(&s, "/cluster/status", NULL, 0, json_type_array, &rows, &p) < 0) {
            doctor_add(v->d, DOCTOR_NOTE, p.next,
                       "site %s: its nodes and addresses were not read, so nothing was compared (%s %s)",
                       s.config->name, p.code, p.cause);
            all = false;
            continue;
        }
        for (size_t k = 0; k < json_object_array_length(rows); k++) {
            struct json_object *row = json_object_array_get_idx(rows, k);
            const char *name = NULL;

            if (json_get_string(row, "name", &name, NULL) == 0)
                (void)json_object_object_add(seen, name, json_object_new_boolean(true));
            check_node(&s, v, row);
        }
    }
    if (all)
        check_strays(v, seen);
}
