/* SPDX-License-Identifier: Apache-2.0 */
/* pve_diagnose: services, packages, the running kernel, certificates, interfaces. */
#include "diagnose.h"

#include <math.h>

#define DAY_S 86400

static bool one_of(const char *text, const char *const *list)
{
    for (; *list; list++) {
        if (strcmp(*list, text) == 0)
            return true;
    }
    return false;
}

/* Services without which the node does not do its work; corosync counts when it is meant to run. */
static const char *const core_services[] = {"pve-cluster",  "pvedaemon", "pveproxy", "pvestatd",
                                            "pvescheduler", "corosync",  NULL};
static const char *const clock_services[] = {"chrony", "systemd-timesyncd", "ntp",
                                             "ntpsec", "openntpd",          NULL};

void judge_node_services(struct diagnosis *d, struct json_object *list)
{
    bool clock = false;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "service"), *state = member_text(row, "state");
        const char *active = member_text(row, "active-state"), *unit = member_text(row, "unit-state");
        char what[100];
        if (!name || !active)
            continue;
        const bool runs = strcmp(active, "active") == 0 || strcmp(active, "reloading") == 0;
        const bool failed = strcmp(active, "failed") == 0;
        clock |= runs && one_of(name, clock_services);
        /* A node outside of a cluster has corosync enabled and idle: a condition of its unit keeps it so. */
        if (runs || (!failed && (!unit || strcmp(unit, "enabled") != 0 || strcmp(name, "corosync") == 0)))
            continue;
        (void)snprintf(what, sizeof(what), "service %.80s", name);
        findings_state(&d->found, one_of(name, core_services) ? SERVICE_CORE : SERVICE_FAILED, what, 0,
                       "%.20s (%.20s), unit %.20s", active, state ? state : "?", unit ? unit : "?");
        findings_argument(&d->found, "service", name);
    }
    if (!clock)
        findings_state(&d->found, TIME_SYNC_OFF, "the node", 0,
                       "none of chrony, systemd-timesyncd, ntp, ntpsec, openntpd is active");
}

/* ---- packages */

static bool mentions_security(const char *text)
{
    for (; text && *text; text++) {
        if (strncasecmp(text, "security", 8) == 0)
            return true;
    }
    return false;
}

void judge_node_updates(struct diagnosis *d, struct json_object *list)
{
    struct name_list all = {0}, security = {0};
    uint32_t untold = 0;
    char names[500];
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *package = member_text(row, "Package"), *origin = member_text(row, "Origin");
        if (!package)
            continue;
        names_add(&all, "%.60s", package);
        if (mentions_security(origin) || mentions_security(member_text(row, "Section")))
            names_add(&security, "%.60s", package);
        else
            untold += !origin || strcmp(origin, "Proxmox") != 0;
    }
    names_text(&all, names, sizeof(names));
    findings_measure(&d->found, UPDATES_PENDING, "updates of packages", all.count,
                     "as of the last refresh of the list: %s", names);
    names_text(&security, names, sizeof(names));
    findings_read(&d->found, FROM_NODE_SECURITY);
    findings_measure(&d->found, UPDATES_SECURITY, "security updates", security.count, "%s", names);
    if (untold)
        findings_unread(&d->found, FROM_NODE_SECURITY, NULL,
                        "for some of the packages the list does not tell whether they are security updates");
}

/* "6.14.11-4" of "6.14.11-4-pve" or "proxmox-kernel-6.14.11-4-pve-signed", as one number to compare; 0: none.
 */
static uint64_t kernel_of(const char *text)
{
    uint64_t version = 0;
    const char *at = text + strcspn(text, "0123456789");
    for (uint32_t part = 0; part < 4; part++) {
        if (*at < '0' || *at > '9')
            return 0;
        version = version << 16 | digits_of(at, 65535);
        at += strspn(at, "0123456789");
        if (part < 3 && *at != (part < 2 ? '.' : '-'))
            return 0;
        at += part < 3;
    }
    return strncmp(at, "-pve", 4) == 0 ? version : 0;
}

void judge_node_versions(struct diagnosis *d, struct json_object *list)
{
    const char *running = NULL, *newest = NULL;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *package = member_text(row, "Package");
        if (member_text(row, "RunningKernel"))
            running = member_text(row, "RunningKernel");
        if (!package || !member_is(row, "CurrentState", "Installed") ||
            (strncmp(package, "proxmox-kernel-", 15) != 0 && strncmp(package, "pve-kernel-", 11) != 0))
            continue;
        if (kernel_of(package) && (!newest || kernel_of(package) > kernel_of(newest)))
            newest = package;
    }
    if (!running || !kernel_of(running) || !newest) {
        findings_unread(&d->found, FROM_NODE_VERSIONS, NULL,
                        running ? "the list has no kernel package to compare the running kernel with"
                                : "the running kernel is not told");
        return;
    }
    if (kernel_of(newest) > kernel_of(running))
        findings_state(&d->found, KERNEL_OLD, "the running kernel", 0, "%.60s runs, %.80s is installed",
                       running, newest);
}

/* ---- certificates */

void judge_node_certificates(struct diagnosis *d, struct json_object *list)
{
    if (json_object_array_length(list) == 0)
        findings_unread(&d->found, FROM_NODE_CERTIFICATES, NULL, "the list is empty, which no node's is");
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *file = member_text(row, "filename"), *subject = member_text(row, "subject");
        const double end = number_of(row, "notafter"), days = whole_below((end - (double)d->now) / DAY_S);
        char what[100];
        (void)snprintf(what, sizeof(what), "certificate %.80s", file ? file : "?");
        if (isnan(end))
            findings_unread(&d->found, FROM_NODE_CERTIFICATES, what, "its end is not told");
        findings_measure(&d->found, CERT_EXPIRY, what, days, "%s%.0f days%s; %.150s",
                         days < 0 ? "it ended " : "it ends in ", fabs(days), days < 0 ? " ago" : "",
                         subject ? subject : "");
    }
}

/* ---- interfaces */

void judge_node_network(struct diagnosis *d, struct json_object *list)
{
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *iface = member_text(row, "iface"), *type = member_text(row, "type");
        char what[100];
        if (!iface || !member_true(row, "autostart") || member_true(row, "active"))
            continue;
        (void)snprintf(what, sizeof(what), "interface %.60s", iface);
        findings_state(&d->found, NET_INACTIVE, what, 0, "type %.30s, autostart is on, it is not active",
                       type ? type : "?");
    }
}
