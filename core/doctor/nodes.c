/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Doctor on the nodes of a site: which release each runs, and how far its clock is from ours. Tokens expire
 * by the server's clock and records carry ours, so both have to be right. Source: GET /nodes/{node}/version
 * and /nodes/{node}/time (whole seconds).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/problem.h"
#include "base/text.h"
#include "config/config.h"
#include "doctor/doctor.h"
#include "doctor/site.h"
#include "doctor/tools.h"

#define NODES_MOST    32u /* asked one after the other */
#define CLOCK_NOTE    30  /* seconds apart */
#define CLOCK_PROBLEM 300
#define OLDEST_MAJOR  8u
#define OLDEST_MINOR  4u

/* Nodes that did not say, told together: most often all for one reason. */
struct unread {
    struct json_object *versions, *clocks; /* arrays of names */
    struct problem why;                    /* the last one */
};

static int node_get(const struct doctor_site *s, const char *node, const char *what, struct json_object **ret,
                    struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(512);

    buf_str(&path, "/nodes/");
    buf_percent(&path, node, strlen(node));
    buf_printf(&path, "/%s", what);
    return doctor_get(s, path.data, NULL, 0, json_type_object, ret, p);
}

/* "9.2.1" -> 902; 0: not of that shape. */
static unsigned release_number(const char *version)
{
    char part[2][8] = {"", ""};
    uint64_t number[2] = {0, 0};

    for (size_t i = 0; i < 2; i++) {
        const size_t len = strspn(version, "0123456789");
        if (len == 0 || len >= sizeof(part[i]))
            return 0;
        memcpy(part[i], version, len);
        if (text_to_u64(part[i], 99, &number[i]) < 0)
            return 0;
        version += len;
        version += *version == '.';
    }
    return (unsigned)(number[0] * 100 + number[1]);
}

/* A clock that is read while an answer is under way is uncertain by half of that way, and by the second that
 * the server rounds to. Returns what is certain of the difference; 0: none. */
static int64_t clock_off(int64_t before_us, int64_t after_us, int64_t server_s)
{
    const int64_t doubt = (after_us - before_us) / 2 + 500000;
    const int64_t off = server_s * 1000000 + 500000 - (before_us + after_us) / 2;

    if (llabs(off) <= doubt)
        return 0;
    return (off > 0 ? off - doubt : off + doubt) / 1000000;
}

static void check_clock(const struct doctor_site *s, const char *node, struct unread *unread)
{
    CLEANUP_JSON struct json_object *data = NULL;
    struct problem p = PROBLEM_INIT;
    struct json_object *check;
    int64_t server = 0;
    const int64_t before = clock_wall_us();

    if (node_get(s, node, "time", &data, &p) < 0 || json_get_int(data, "time", &server) < 0) {
        (void)json_object_array_add(unread->clocks, json_object_new_string(node));
        unread->why = p;
        return;
    }
    const int64_t off = clock_off(before, clock_wall_us(), server);
    const char *way = off > 0 ? "ahead of" : "behind";
    if (llabs(off) > CLOCK_PROBLEM)
        check = doctor_add(s->d, DOCTOR_PROBLEM,
                           "Set both clocks by NTP (`timedatectl`, chrony): tokens and plans expire by them, "
                           "and the ledger's times are this machine's.",
                           "clock of %s: %lld s %s this machine's", node, (long long)llabs(off), way);
    else if (llabs(off) > CLOCK_NOTE)
        check = doctor_add(s->d, DOCTOR_NOTE, "Set both clocks by NTP (`timedatectl`, chrony).",
                           "clock of %s: %lld s %s this machine's", node, (long long)llabs(off), way);
    else
        check =
            doctor_add(s->d, DOCTOR_OK, NULL, "clock of %s: within %d s of this machine's", node, CLOCK_NOTE);
    doctor_fact(check, "node", node);
    doctor_fact_int(check, "off_s", off);
}

/* Members of `releases` are versions, each with the names of its nodes. */
static void check_version(const struct doctor_site *s, const char *node, struct json_object *releases,
                          struct unread *unread)
{
    CLEANUP_JSON struct json_object *data = NULL;
    struct json_object *names = NULL;
    struct problem p = PROBLEM_INIT;
    const char *version = NULL;

    if (node_get(s, node, "version", &data, &p) < 0 || json_get_string(data, "version", &version, NULL) < 0) {
        (void)json_object_array_add(unread->versions, json_object_new_string(node));
        unread->why = p;
        return;
    }
    const unsigned release = release_number(version);
    if (release > 0 && release < OLDEST_MAJOR * 100 + OLDEST_MINOR)
        doctor_add(s->d, DOCTOR_NOTE, "Upgrade the node.",
                   "%s runs Proxmox VE %s; Proximo is made for %u.%u and newer", node, version, OLDEST_MAJOR,
                   OLDEST_MINOR);
    if (!json_object_object_get_ex(releases, version, &names)) {
        names = json_object_new_array();
        (void)json_object_object_add(releases, version, names);
    }
    (void)json_object_array_add(names, json_object_new_string(node));
}

static void say_versions(const struct doctor_site *s, struct json_object *releases)
{
    CLEANUP_BUF struct buf text = BUF_INIT(8192);
    const int kinds = json_object_object_length(releases);
    struct json_object *check;

    json_object_object_foreach(releases, version, names)
    {
        buf_printf(&text, "%sProxmox VE %s on ", text.len ? "; " : "", version);
        for (size_t i = 0; i < json_object_array_length(names); i++)
            buf_printf(&text, "%s%s", i ? ", " : "",
                       json_object_get_string(json_object_array_get_idx(names, i)));
    }
    if (kinds == 0)
        return;
    check = kinds == 1
                ? doctor_add(s->d, DOCTOR_OK, NULL, "%s", text.data ? text.data : "")
                : doctor_add(s->d, DOCTOR_NOTE,
                             "Bring the nodes to one version: guests may not migrate back to an older one.",
                             "mixed versions: %s", text.data ? text.data : "");
    (void)json_object_object_add(check, "versions", json_object_get(releases));
}

static void say_unread(const struct doctor_site *s, const char *what, struct json_object *nodes,
                       const struct problem *why)
{
    CLEANUP_BUF struct buf names = BUF_INIT(4096);

    if (json_object_array_length(nodes) == 0)
        return;
    doctor_put_names(nodes, &names);
    struct json_object *check = doctor_add(s->d, DOCTOR_NOTE, NULL, "%s: %s (%s %s)", what,
                                           names.data ? names.data : "", why->code, why->cause);
    (void)json_object_object_add(check, "nodes", json_object_get(nodes));
}

static void check_node(const struct doctor_site *s, struct json_object *row, struct json_object *releases,
                       struct unread *unread)
{
    const char *node = NULL, *status = "";

    (void)json_get_string(row, "status", &status, NULL);
    if (json_get_string(row, "node", &node, NULL) < 0)
        return;
    if (strcmp(status, "offline") == 0) {
        doctor_add(s->d, DOCTOR_NOTE, NULL, "%s is offline: neither version nor clock was read", node);
        return;
    }
    check_version(s, node, releases, unread);
    check_clock(s, node, unread);
}

void doctor_site_nodes(struct doctor_site *s)
{
    CLEANUP_JSON struct json_object *nodes = NULL, *releases = json_object_new_object();
    const struct site_call call = doctor_call(s->d, s->config);
    struct problem p = PROBLEM_INIT;
    struct unread unread = {json_object_new_array(), json_object_new_array(), PROBLEM_INIT};
    char version[32] = "", name[160];

    (void)snprintf(name, sizeof(name), "site %s: nodes", s->config->name);
    doctor_section(s->d, name);
    if (site_version(s->site, &call, version, &p) == 0)
        s->release = (int)(release_number(version) / 100);
    if (doctor_get(s, "/nodes", NULL, 0, json_type_array, &nodes, &p) < 0) {
        doctor_add_problem(s->d, "nodes", &p);
        json_object_put(unread.versions);
        json_object_put(unread.clocks);
        return;
    }
    const size_t count = json_object_array_length(nodes);
    for (size_t i = 0; i < count && i < NODES_MOST; i++) {
        if (clock_ms() < s->d->subject->deadline_ms)
            check_node(s, json_object_array_get_idx(nodes, i), releases, &unread);
    }
    if (count > NODES_MOST)
        doctor_add(s->d, DOCTOR_NOTE, NULL, "only the first %u of %zu nodes were asked", NODES_MOST, count);
    say_versions(s, releases);
    say_unread(s, "versions not read", unread.versions, &unread.why);
    say_unread(s, "clocks not compared", unread.clocks, &unread.why);
    json_object_put(unread.versions);
    json_object_put(unread.clocks);
}
