/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What depends on which service of a node. The names are those of /nodes/{node}/services (Proxmox VE 8.4 and
 * 9.2) and some that other versions and other tools know.
 */
#include "node.h"

const char *const service_verbs[SERVICE_VERBS] = {"start", "stop", "restart", "reload"};

enum service_verb service_verb(const char *word)
{
    uint32_t i = 0;
    while (i < SERVICE_VERBS && (!word || strcmp(service_verbs[i], word) != 0))
        i++;
    return (enum service_verb)i;
}

static const struct service services[] = {
    /* the API */
    {"pveproxy", SERVICE_LOCKOUT | SERVICE_API | SERVICE_NO_STOP, PROXIMO_RISK_HIGH,
     "the API and the web interface of the node do not answer, and other nodes cannot hand calls on to it"},
    {"pvedaemon", SERVICE_LOCKOUT | SERVICE_API | SERVICE_NO_STOP, PROXIMO_RISK_HIGH,
     "the API of the node refuses everything that needs root: guests, storage and services cannot be "
     "managed"},
    {"spiceproxy", 0, PROXIMO_RISK_MEDIUM, "SPICE consoles through the node break off"},
    /* the cluster */
    {"pve-cluster", SERVICE_LOCKOUT | SERVICE_API | SERVICE_QUORUM | SERVICE_HA | SERVICE_NO_STOP,
     PROXIMO_RISK_HIGH,
     "the node has no /etc/pve: no guest is configured or started, nobody logs in, its firewall rules are "
     "not renewed"},
    {"corosync", SERVICE_LOCKOUT | SERVICE_QUORUM | SERVICE_HA, PROXIMO_RISK_HIGH,
     "the node leaves the cluster: its /etc/pve is read-only, and no guest is started or changed there"},
    /* HA */
    {"pve-ha-lrm", SERVICE_HA, PROXIMO_RISK_HIGH,
     "HA does not look after the guests of the node; when the stop is not clean, the watchdog resets the "
     "node"},
    {"pve-ha-crm", SERVICE_HA, PROXIMO_RISK_HIGH,
     "the node cannot be the HA master; if it is, another one takes over after its lock has run out"},
    /* ways in */
    {"sshd", SERVICE_LOCKOUT, PROXIMO_RISK_HIGH,
     "no SSH to the node, and what Proxmox does by SSH fails: migration, replication and "
     "consoles of other nodes"},
    {"ssh", SERVICE_LOCKOUT, PROXIMO_RISK_HIGH,
     "no SSH to the node, and what Proxmox does by SSH fails: migration, replication and "
     "consoles of other nodes"},
    {"networking", SERVICE_LOCKOUT | SERVICE_API | SERVICE_QUORUM | SERVICE_HA, PROXIMO_RISK_HIGH,
     "the interfaces of the node are taken down: nothing reaches it, and its guests have no network"},
    {"ifupdown2", SERVICE_LOCKOUT | SERVICE_API | SERVICE_QUORUM | SERVICE_HA, PROXIMO_RISK_HIGH,
     "the interfaces of the node are taken down: nothing reaches it, and its guests have no network"},
    {"pve-firewall", SERVICE_LOCKOUT | SERVICE_FILTER, PROXIMO_RISK_HIGH,
     "the firewall rules are taken away: the node and its guests are open"},
    {"proxmox-firewall", SERVICE_LOCKOUT | SERVICE_FILTER, PROXIMO_RISK_HIGH,
     "the firewall rules of the nftables engine are taken away: a node that uses it, and its guests, are "
     "open"},
    {"pvefw-logger", 0, PROXIMO_RISK_MEDIUM, "what the firewall drops is not written to its log"},
    /* time */
    {"chrony", SERVICE_LOCKOUT, PROXIMO_RISK_HIGH,
     "the clock drifts: logins with one-time codes and certificates fail, corosync and Ceph lose step"},
    {"systemd-timesyncd", SERVICE_LOCKOUT, PROXIMO_RISK_HIGH,
     "the clock drifts: logins with one-time codes and certificates fail, corosync and Ceph lose step"},
    /* guests */
    {"lxcfs", SERVICE_CONTAINERS, PROXIMO_RISK_HIGH,
     "/proc files inside running containers break until these are started anew"},
    {"pve-lxc-syscalld", SERVICE_CONTAINERS, PROXIMO_RISK_MEDIUM,
     "containers that make device nodes or mounts by it get errors"},
    {"qmeventd", 0, PROXIMO_RISK_MEDIUM,
     "a machine that shuts down from inside is not cleaned up after; backups of stopped machines leave "
     "theirs running"},
    {"ksmtuned", 0, PROXIMO_RISK_LOW,
     "equal memory pages of machines are not shared any more as memory gets short"},
    /* work that is done by itself */
    {"pvescheduler", 0, PROXIMO_RISK_MEDIUM,
     "backup jobs, replication and other jobs of the node do not run"},
    {"pvestatd", 0, PROXIMO_RISK_MEDIUM,
     "states and figures of the node, its guests and storages stand still, shown as unknown; metric servers "
     "get nothing"},
    {"cron", 0, PROXIMO_RISK_MEDIUM, "what the node does by the clock outside of Proxmox is not done"},
    {"postfix", 0, PROXIMO_RISK_MEDIUM,
     "the node sends no mail: notifications of backups and failures among it"},
    {"syslog", 0, PROXIMO_RISK_MEDIUM, "nothing is written to the system log"},
    {"systemd-journald", 0, PROXIMO_RISK_HIGH,
     "nothing is logged, and services that write to it may hang or lose their output"},
};

const struct service *service_find(const char *name)
{
    for (size_t i = 0; name && i < sizeof(services) / sizeof(services[0]); i++) {
        if (strcmp(services[i].name, name) == 0)
            return &services[i];
    }
    return NULL;
}
