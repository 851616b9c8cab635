/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The checks of all diagnoses, and where each looks. A threshold is where a severity begins (NONE: never);
 * they are those at which an operator still has time to act, not those of Proxmox.
 */
#include <math.h>

#include "findings.h"

/* clang-format off */
static const struct source sources[SOURCES] = {
    [FROM_NODE_STATUS] = {"GET /nodes/{node}/status", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_TREND] = {"GET /nodes/{node}/rrddata", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_SERVICES] = {"GET /nodes/{node}/services", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_STORAGE] = {"GET /nodes/{node}/storage", "/storage", "Datastore.Audit|Datastore.AllocateSpace"},
    [FROM_NODE_THIN] = {"GET /nodes/{node}/disks/lvmthin", "/", "Sys.Audit"},
    [FROM_NODE_ZFS] = {"GET /nodes/{node}/disks/zfs", "/", "Sys.Audit"},
    [FROM_NODE_ZFS_POOL] = {"GET /nodes/{node}/disks/zfs/{name}", "/", "Sys.Audit"},
    [FROM_NODE_DISKS] = {"GET /nodes/{node}/disks/list", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_TASKS] = {"GET /nodes/{node}/tasks", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_TIME] = {"GET /nodes/{node}/time", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_UPDATES] = {"GET /nodes/{node}/apt/update", "/nodes/{node}", "Sys.Modify"},
    [FROM_NODE_SECURITY] = {"Origin in GET /nodes/{node}/apt/update", "/nodes/{node}", "Sys.Modify"},
    [FROM_NODE_VERSIONS] = {"GET /nodes/{node}/apt/versions", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODE_CERTIFICATES] = {"GET /nodes/{node}/certificates/info", NULL, NULL},
    [FROM_NODE_NETWORK] = {"GET /nodes/{node}/network", "/nodes/{node}", "Sys.Audit"},
    [FROM_NODES] = {"GET /nodes", NULL, NULL},
    [FROM_CLUSTER_STATUS] = {"GET /cluster/status", "/", "Sys.Audit"},
    [FROM_CLUSTER_VOTES] = {"GET /cluster/config/nodes", "/", "Sys.Audit"},
    [FROM_NODE_VERSION] = {"GET /nodes/{node}/version", NULL, NULL},
    [FROM_HA_STATUS] = {"GET /cluster/ha/status/current", "/", "Sys.Audit"},
    [FROM_REPLICATION] = {"GET /nodes/{node}/replication", "/vms", "VM.Audit"},
    [FROM_BACKUP_JOBS] = {"GET /cluster/backup", "/", "Sys.Audit"},
    [FROM_BACKUPS] = {"GET /nodes/{node}/storage/{storage}/content", "/storage", "Datastore.Allocate"},
    [FROM_SNAPSHOTS] = {"GET /nodes/{node}/{kind}/{vmid}/snapshot", "/vms", "VM.Audit"},
    [FROM_GUEST_CONFIGS] = {"GET /nodes/{node}/{kind}/{vmid}/config", "/vms", "VM.Audit"},
    [FROM_GUESTS] = {"GET /cluster/resources?type=vm", "/vms", "VM.Audit"},
    [FROM_STORAGES] = {"GET /cluster/resources?type=storage", "/storage", "Datastore.Audit|Datastore.AllocateSpace"},
    [FROM_RUNNING_TASKS] = {"GET /cluster/tasks", "/", "Sys.Audit"},
    [FROM_ACL] = {"GET /access/acl", "/access", "Sys.Audit"},
    [FROM_TOKENS] = {"GET /access/users?full=1", "/access/groups", "User.Modify|Sys.Audit"},
    [FROM_ACCESS] = {"entries, roles, users, groups and pools together", "/access", "Sys.Audit"},
    [FROM_VM_STATUS] = {"GET /nodes/{node}/qemu/{vmid}/status/current", "/vms/{vmid}", "VM.Audit"},
    [FROM_VM_CONFIG] = {"GET /nodes/{node}/qemu/{vmid}/config", "/vms/{vmid}", "VM.Audit"},
    [FROM_VM_PENDING] = {"GET /nodes/{node}/qemu/{vmid}/pending", "/vms/{vmid}", "VM.Audit"},
    [FROM_VM_TREND] = {"GET /nodes/{node}/qemu/{vmid}/rrddata", "/vms/{vmid}", "VM.Audit"},
    [FROM_VM_SNAPSHOTS] = {"GET /nodes/{node}/qemu/{vmid}/snapshot", "/vms/{vmid}", "VM.Audit"},
    [FROM_VM_TASKS] = {"GET /nodes/{node}/tasks?vmid", "/nodes/{node}", "Sys.Audit"},
    [FROM_VM_BACKUPS] = {"GET /nodes/{node}/storage/{storage}/content", "/storage", "Datastore.Allocate"},
    [FROM_VM_AGENT] = {"GET /nodes/{node}/qemu/{vmid}/agent/get-fsinfo", "/vms/{vmid}", "VM.GuestAgent.Audit|VM.GuestAgent.Unrestricted|VM.Monitor"},
    [FROM_CT_STATUS] = {"GET /nodes/{node}/lxc/{vmid}/status/current", "/vms/{vmid}", "VM.Audit"},
    [FROM_CT_CONFIG] = {"GET /nodes/{node}/lxc/{vmid}/config", "/vms/{vmid}", "VM.Audit"},
    [FROM_PBS_STORES] = {"GET /admin/datastore", NULL, NULL},
    [FROM_PBS_SPACES] = {"GET /admin/datastore/{store}/namespace", NULL, NULL},
    [FROM_PBS_SNAPSHOTS] = {"GET /admin/datastore/{store}/snapshots", NULL, NULL},
    [FROM_PBS_RUNNING] = {"GET /nodes/localhost/tasks?running=1", "/system/tasks", "Sys.Audit"},
    [FROM_PBS_USAGE] = {"GET /status/datastore-usage", NULL, NULL},
    [FROM_PBS_GC] = {"GET /admin/gc", NULL, NULL},
    [FROM_PBS_CONFIG] = {"GET /config/datastore", NULL, NULL},
    [FROM_PBS_JOBS] = {"GET /admin/prune, /admin/verify, /admin/sync", NULL, NULL},
    [FROM_PBS_CARE] = {"jobs, datastores and namespaces together", NULL, NULL},
    [FROM_PBS_TASKS] = {"GET /nodes/localhost/tasks", "/system/tasks", "Sys.Audit"},
    [FROM_COVER] = {"guests of clusters and backups of all sites", NULL, NULL},
    [FROM_PSI_FILES] = {"/proc/pressure", NULL, NULL},
    [FROM_CGROUP] = {"cgroup memory", NULL, NULL},
    [FROM_MEMINFO] = {"/proc/meminfo", NULL, NULL},
    [FROM_DF] = {"df -P -k", NULL, NULL},
    [FROM_DF_INODES] = {"df -P -i", NULL, NULL},
    [FROM_FAILED_UNITS] = {"systemctl --failed", NULL, NULL},
    [FROM_JOURNAL] = {"journalctl -p err", NULL, NULL},
    [FROM_SOCKETS] = {"ss -tulnp", NULL, NULL},
    [FROM_PROCESSES] = {"ps", NULL, NULL},
    [FROM_LOADAVG] = {"/proc/loadavg", NULL, NULL},
    [FROM_PROCESS_IO] = {"/proc/PID/io", NULL, NULL},
    [FROM_VMSTAT] = {"/proc/vmstat", NULL, NULL},
};

#define NONE NAN
#define STATE(id, code, from, severity, title, tool)                                                         \
    [id] = {code, from, 0, NULL, {NAN, NAN, NAN}, severity, title, tool}
#define ABOVE(id, code, from, unit, low, medium, high, title, tool)                                          \
    [id] = {code, from, 0, unit, {low, medium, high}, 0, title, tool}
#define BELOW(id, code, from, unit, low, medium, high, title, tool)                                          \
    [id] = {code, from, CHECK_BELOW, unit, {low, medium, high}, 0, title, tool}

static const struct check checks[CHECKS] = {
    STATE(SERVICE_CORE, "SERVICE-CORE-DOWN", FROM_NODE_SERVICES, PROXIMO_RISK_HIGH, "does not run, and this node needs it", "pve_node_service_status"),
    STATE(SERVICE_FAILED, "SERVICE-FAILED", FROM_NODE_SERVICES, PROXIMO_RISK_MEDIUM, "has failed or does not run although it is enabled", "pve_node_service_status"),
    STATE(TIME_SYNC_OFF, "TIME-SYNC-OFF", FROM_NODE_SERVICES, PROXIMO_RISK_MEDIUM, "has no service that keeps its clock right", "pve_node_services_list"),
    STATE(STORAGE_INACTIVE, "STORAGE-INACTIVE", FROM_NODE_STORAGE, PROXIMO_RISK_HIGH, "is enabled but not active", "pve_storage_status"),
    ABOVE(STORAGE_FULL, "STORAGE-FULL", FROM_NODE_STORAGE, "%", NONE, 85, 95, "is filling up", "pve_storage_content"),
    ABOVE(THIN_DATA, "THIN-DATA-FULL", FROM_NODE_THIN, "%", NONE, 80, 90, "runs out of space for data: its guests stop when it is full", "pve_storage_list"),
    ABOVE(THIN_META, "THIN-META-FULL", FROM_NODE_THIN, "%", NONE, 75, 90, "runs out of space for metadata: its guests stop when it is full", "pve_storage_list"),
    ABOVE(ROOTFS_FULL, "ROOTFS-FULL", FROM_NODE_STATUS, "%", NONE, 85, 95, "is filling up", "pve_node_status"),
    ABOVE(MEM_HIGH, "MEM-HIGH", FROM_NODE_STATUS, "%", NONE, 90, 97, "is nearly used up", "pve_node_status"),
    ABOVE(SWAP_HIGH, "SWAP-HIGH", FROM_NODE_STATUS, "%", NONE, 30, 80, "is used a lot", "pve_node_status"),
    ABOVE(LOAD_HIGH, "LOAD-HIGH", FROM_NODE_STATUS, "per CPU", NONE, 1.0, 2.0, "is high for its CPUs", "pve_node_rrddata"),
    ABOVE(CPU_HIGH, "CPU-HIGH", FROM_NODE_STATUS, "%", NONE, 90, 98, "is busy", "pve_node_rrddata"),
    ABOVE(IOWAIT_HIGH, "IOWAIT-HIGH", FROM_NODE_STATUS, "%", NONE, 10, 30, "waits for disks", "pve_node_rrddata"),
    ABOVE(PSI_CPU, "PSI-CPU", FROM_NODE_TREND, "%", NONE, 25, 60, "is short of CPU time: work waits for it", "pve_node_rrddata"),
    ABOVE(PSI_IO, "PSI-IO", FROM_NODE_TREND, "%", NONE, 20, 50, "is short of disk throughput: work waits for it", "pve_node_rrddata"),
    ABOVE(PSI_MEMORY, "PSI-MEMORY", FROM_NODE_TREND, "%", NONE, 5, 20, "is short of memory: work waits for it", "pve_node_rrddata"),
    ABOVE(TASK_FAILED, "TASK-FAILED", FROM_NODE_TASKS, "tasks", NONE, 1, 10, "failed in the last 24 h", "pve_task_log"),
    ABOVE(TIME_OFFSET, "TIME-OFFSET", FROM_NODE_TIME, "s", NONE, 5, 60, "differs from the clock here", "pve_node_time"),
    ABOVE(UPDATES_PENDING, "UPDATES-PENDING", FROM_NODE_UPDATES, "packages", 1, 50, NONE, "wait", "pve_node_apt_updates"),
    ABOVE(UPDATES_SECURITY, "UPDATES-SECURITY", FROM_NODE_SECURITY, "packages", NONE, 1, NONE, "wait", "pve_node_apt_updates"),
    STATE(KERNEL_OLD, "KERNEL-REBOOT", FROM_NODE_VERSIONS, PROXIMO_RISK_MEDIUM, "is older than one that is installed: a reboot would use it", "pve_node_apt_versions"),
    BELOW(CERT_EXPIRY, "CERT-EXPIRY", FROM_NODE_CERTIFICATES, "days", NONE, 30, 7, "ends soon or has ended", "pve_node_certificates"),
    STATE(ZFS_HEALTH, "ZFS-HEALTH", FROM_NODE_ZFS, PROXIMO_RISK_HIGH, "is not healthy", "pve_node_disks_list"),
    ABOVE(ZFS_FULL, "ZFS-FULL", FROM_NODE_ZFS, "%", NONE, 80, 90, "is filling up, which makes ZFS slow", "pve_storage_list"),
    STATE(ZFS_ERRORS, "ZFS-ERRORS", FROM_NODE_ZFS_POOL, PROXIMO_RISK_HIGH, "has errors", "pve_node_disks_list"),
    STATE(DISK_HEALTH, "DISK-HEALTH", FROM_NODE_DISKS, PROXIMO_RISK_HIGH, "fails its own health test (SMART)", "pve_node_disk_smart"),
    BELOW(DISK_WEAROUT, "DISK-WEAROUT", FROM_NODE_DISKS, "% left", NONE, 20, 10, "is worn", "pve_node_disk_smart"),
    STATE(NET_INACTIVE, "NET-INACTIVE", FROM_NODE_NETWORK, PROXIMO_RISK_MEDIUM, "starts with the node but is not up", "pve_network_list"),
    STATE(QUORUM_LOST, "QUORUM-LOST", FROM_CLUSTER_STATUS, PROXIMO_RISK_HIGH, "has no quorum: nothing can be changed, nothing is started", "pve_cluster_status"),
    STATE(NODE_OFFLINE, "NODE-OFFLINE", FROM_NODES, PROXIMO_RISK_HIGH, "is offline", "pve_cluster_status"),
    BELOW(QUORUM_THIN, "QUORUM-THIN", FROM_CLUSTER_VOTES, "nodes that may still fail", NONE, 0, NONE, "loses its quorum with the next node", "pve_cluster_status"),
    STATE(VERSION_MIXED, "VERSION-MIXED", FROM_NODE_VERSION, PROXIMO_RISK_MEDIUM, "runs different versions of Proxmox VE", "pve_cluster_resources"),
    STATE(HA_ERROR, "HA-ERROR", FROM_HA_STATUS, PROXIMO_RISK_HIGH, "is in an HA state that needs a person", "pve_cluster_status"),
    STATE(HA_WAITING, "HA-WAITING", FROM_HA_STATUS, PROXIMO_RISK_MEDIUM, "waits in HA", "pve_cluster_status"),
    STATE(HA_MANAGER, "HA-MANAGER", FROM_HA_STATUS, PROXIMO_RISK_HIGH, "does not work: guests would not be recovered", "pve_cluster_status"),
    ABOVE(REPL_FAILED, "REPL-FAILED", FROM_REPLICATION, "runs in a row", NONE, 1, 3, "fails", "pve_replication_log"),
    ABOVE(REPL_LAG, "REPL-LAG", FROM_REPLICATION, "h", NONE, 24, 168, "is behind", "pve_replication_status"),
    ABOVE(BACKUP_NO_JOB, "BACKUP-NO-JOB", FROM_BACKUP_JOBS, "guests", NONE, 1, NONE, "are in no enabled backup job", "pve_backup_uncovered"),
    ABOVE(BACKUP_NONE, "BACKUP-NONE", FROM_BACKUPS, "guests", NONE, NONE, 1, "have no backup on any storage", "pve_backup_freshness"),
    ABOVE(BACKUP_OLD, "BACKUP-OLD", FROM_BACKUPS, "days", NONE, 7, 30, "have a newest backup that is old", "pve_backup_freshness"),
    ABOVE(BACKUP_VERIFY, "BACKUP-VERIFY-FAILED", FROM_BACKUPS, "guests", NONE, NONE, 1, "have a newest backup that failed its verification", "pve_backup_freshness"),
    ABOVE(SNAPSHOT_OLD, "SNAPSHOT-OLD", FROM_SNAPSHOTS, "days", NONE, 30, 180, "are old: they take space and slow disks down", "pve_snapshot_list"),
    ABOVE(UNDO_POINT_OLD, "UNDO-POINT-OLD", FROM_SNAPSHOTS, "days", 30, NONE, NONE, "are old: proximo took them before changes", "pve_undo_points"),
    ABOVE(GUEST_ONBOOT, "GUEST-NO-ONBOOT", FROM_GUEST_CONFIGS, "guests", 1, NONE, NONE, "run, but neither HA nor onboot would start them again after a reboot of their node", "pve_list_guests"),
    ABOVE(GUEST_STATE, "GUEST-STATE", FROM_GUESTS, "guests", NONE, NONE, 1, "stand still after an error", "vm_diagnose"),
    ABOVE(GUEST_PAUSED, "GUEST-PAUSED", FROM_GUESTS, "guests", NONE, 1, NONE, "are paused", "pve_list_guests"),
    ABOVE(GUEST_LOCKED, "GUEST-LOCKED", FROM_RUNNING_TASKS, "guests", NONE, 1, NONE, "are locked although no task is at work on them", "pve_guest_status"),
    STATE(STORAGE_NODES, "STORAGE-NODES", FROM_STORAGES, PROXIMO_RISK_MEDIUM, "is not there on every node that should have it", "pve_storage_list"),
    STATE(ACL_ADMIN, "ACL-ADMIN", FROM_ACL, PROXIMO_RISK_MEDIUM, "may do everything everywhere (Administrator on /)", NULL),
    STATE(TOKEN_FULL, "TOKEN-NO-PRIVSEP", FROM_TOKENS, PROXIMO_RISK_MEDIUM, "may do all that its user may (privilege separation is off)", NULL),
    STATE(ACL_ROOT, "ACL-ROOT", FROM_ACCESS, PROXIMO_RISK_MEDIUM, "may change things everywhere (a role at /, handed down)", NULL),
    ABOVE(ACL_ADMINS, "ACL-ADMINS", FROM_ACCESS, "users", 1, 5, NONE, "can all give rights at /", NULL),
    STATE(TOKEN_ADMIN, "TOKEN-ADMIN", FROM_ACCESS, PROXIMO_RISK_HIGH, "can give rights at / and is not separated from its user", "pve_permissions"),
    ABOVE(TOKEN_ROOT, "TOKEN-ROOT", FROM_ACCESS, "tokens", 1, 3, NONE, "belong to root@pam", "pve_permissions"),
    ABOVE(ACL_HOLE, "NOACCESS-HOLES", FROM_ACCESS, "paths", NONE, 1, NONE, "has NoAccess, and holds rights there or below it all the same", "pve_permissions"),
    ABOVE(ACL_NOBODY, "ACL-NOBODY", FROM_ACCESS, "entries", NONE, 1, NONE, "wait for a user or group that does not exist: whoever is made with that name gets them", "pve_acl_list"),
    ABOVE(ACL_IDLE, "ACL-IDLE", FROM_ACCESS, "entries", 1, NONE, NONE, "do nothing", "pve_acl_prune"),
    ABOVE(ACL_ASLEEP, "ACL-ASLEEP", FROM_ACCESS, "users and tokens", 1, NONE, NONE, "cannot authenticate and would have rights to change things if they could", "pve_users_list"),
    STATE(VM_STATE, "VM-STATE", FROM_VM_STATUS, PROXIMO_RISK_HIGH, "stands still after an error", "pve_guest_status"),
    STATE(VM_PAUSED, "VM-PAUSED", FROM_VM_STATUS, PROXIMO_RISK_MEDIUM, "is paused", "pve_guest_status"),
    STATE(VM_HA, "VM-HA-ERROR", FROM_VM_STATUS, PROXIMO_RISK_HIGH, "is in an HA state that needs a person", "pve_guest_status"),
    STATE(VM_LOCKED, "VM-LOCKED", FROM_VM_STATUS, PROXIMO_RISK_MEDIUM, "is locked", "pve_tasks_list"),
    ABOVE(VM_CPU, "VM-CPU-HIGH", FROM_VM_STATUS, "%", NONE, 90, 98, "uses nearly all CPUs it has", "pve_guest_status"),
    ABOVE(VM_MEM, "VM-MEM-HIGH", FROM_VM_STATUS, "%", NONE, 92, 98, "uses nearly all memory it has", "pve_guest_status"),
    BELOW(VM_BALLOON, "VM-BALLOON", FROM_VM_STATUS, "% of its memory", 75, 50, NONE, "gave memory back to its node (balloon)", "pve_guest_status"),
    ABOVE(VM_PSI_CPU, "VM-PSI-CPU", FROM_VM_STATUS, "%", NONE, 25, 60, "waits for CPU time", "pve_guest_status"),
    ABOVE(VM_PSI_IO, "VM-PSI-IO", FROM_VM_STATUS, "%", NONE, 20, 50, "waits for disks", "pve_guest_status"),
    ABOVE(VM_PSI_MEMORY, "VM-PSI-MEMORY", FROM_VM_STATUS, "%", NONE, 5, 20, "waits for memory", "pve_guest_status"),
    STATE(VM_STOPPED, "VM-STOPPED", FROM_VM_CONFIG, PROXIMO_RISK_MEDIUM, "is stopped although it starts with its node (onboot)", "pve_tasks_list"),
    STATE(VM_BOOT, "VM-BOOT-MISSING", FROM_VM_CONFIG, PROXIMO_RISK_HIGH, "boots from a device that it does not have", "pve_guest_config_get"),
    STATE(VM_CD, "VM-CD-ATTACHED", FROM_VM_CONFIG, PROXIMO_RISK_LOW, "has a CD in its drive, which can keep it from moving", "pve_guest_config_get"),
    STATE(VM_AGENT_OFF, "VM-AGENT-OFF", FROM_VM_CONFIG, PROXIMO_RISK_LOW, "has no guest agent switched on: backups are not consistent inside, its file systems cannot be seen", "pve_guest_config_get"),
    ABOVE(VM_PENDING, "VM-PENDING", FROM_VM_PENDING, "options", 1, NONE, NONE, "wait for its next start", "pve_guest_pending"),
    ABOVE(VM_MEM_GROWTH, "VM-MEM-GROWTH", FROM_VM_TREND, "% of its memory a day", NONE, 20, 40, "keeps growing", "pve_guest_status"),
    ABOVE(VM_CPU_TREND, "VM-CPU-DAY", FROM_VM_TREND, "%", NONE, 80, 95, "was busy all day", "pve_guest_status"),
    ABOVE(VM_SNAPSHOTS, "VM-SNAPSHOTS", FROM_VM_SNAPSHOTS, "snapshots", 5, 10, NONE, "has many snapshots", "pve_snapshot_list"),
    ABOVE(VM_SNAPSHOT_OLD, "VM-SNAPSHOT-OLD", FROM_VM_SNAPSHOTS, "days", NONE, 30, 180, "is old: it takes space and slows disks down", "pve_snapshot_list"),
    ABOVE(VM_TASK_FAILED, "VM-TASK-FAILED", FROM_VM_TASKS, "tasks", NONE, 1, 10, "failed in the last 24 h", "pve_task_log"),
    STATE(VM_BACKUP_NONE, "VM-BACKUP-NONE", FROM_VM_BACKUPS, PROXIMO_RISK_HIGH, "has no backup on any storage", "pve_backup_freshness"),
    ABOVE(VM_BACKUP_OLD, "VM-BACKUP-OLD", FROM_VM_BACKUPS, "days", NONE, 7, 30, "has a newest backup that is old", "pve_backup_freshness"),
    STATE(VM_BACKUP_VERIFY, "VM-BACKUP-VERIFY-FAILED", FROM_VM_BACKUPS, PROXIMO_RISK_HIGH, "has a newest backup that failed its verification", "pve_backup_freshness"),
    ABOVE(VM_FS_FULL, "VM-FS-FULL", FROM_VM_AGENT, "%", NONE, 85, 95, "is filling up", "pve_guest_agent_info"),
    STATE(CT_STOPPED, "CT-STOPPED", FROM_CT_STATUS, PROXIMO_RISK_MEDIUM, "does not run", "pve_guest_status"),
    STATE(CT_HA, "CT-HA-ERROR", FROM_CT_STATUS, PROXIMO_RISK_HIGH, "is in an HA state that needs a person", "pve_guest_status"),
    STATE(CT_LOCKED, "CT-LOCKED", FROM_CT_STATUS, PROXIMO_RISK_MEDIUM, "is locked", "pve_tasks_list"),
    ABOVE(CT_CPU, "CT-CPU-HIGH", FROM_CT_STATUS, "%", NONE, 90, 98, "uses nearly all CPUs it has", "pve_guest_status"),
    ABOVE(CT_MEM, "CT-MEM-HIGH", FROM_CT_STATUS, "%", NONE, 90, 97, "uses nearly all memory it has", "pve_guest_status"),
    ABOVE(CT_SWAP, "CT-SWAP-HIGH", FROM_CT_STATUS, "%", NONE, 30, 80, "uses a lot of its swap", "pve_guest_status"),
    ABOVE(CT_DISK, "CT-ROOTFS-FULL", FROM_CT_STATUS, "%", NONE, 85, 95, "has a root file system that is filling up", "pve_guest_status"),
    ABOVE(CT_PSI_CPU, "CT-PSI-CPU", FROM_CT_STATUS, "%", NONE, 25, 60, "waits for CPU time", "pve_guest_status"),
    ABOVE(CT_PSI_IO, "CT-PSI-IO", FROM_CT_STATUS, "%", NONE, 20, 50, "waits for disks", "pve_guest_status"),
    ABOVE(CT_PSI_MEMORY, "CT-PSI-MEMORY", FROM_CT_STATUS, "%", NONE, 5, 20, "waits for memory", "pve_guest_status"),
    STATE(CT_PRIVILEGED, "CT-PRIVILEGED", FROM_CT_CONFIG, PROXIMO_RISK_LOW, "is privileged: root in it is near to root on its node", "pve_guest_config_get"),
    ABOVE(IN_PSI_CPU, "IN-PSI-CPU", FROM_PSI_FILES, "%", NONE, 25, 60, "waits for CPU time", NULL),
    ABOVE(IN_PSI_IO, "IN-PSI-IO", FROM_PSI_FILES, "%", NONE, 20, 50, "waits for disks", NULL),
    ABOVE(IN_PSI_MEMORY, "IN-PSI-MEMORY", FROM_PSI_FILES, "%", NONE, 5, 20, "waits for memory", NULL),
    ABOVE(CGROUP_OOM, "CGROUP-OOM", FROM_CGROUP, "processes", NONE, NONE, 1, "were killed because memory ran out", NULL),
    ABOVE(CGROUP_MEM, "CGROUP-MEM", FROM_CGROUP, "%", NONE, 90, 97, "is nearly used up", NULL),
    ABOVE(IN_MEM, "IN-MEM", FROM_MEMINFO, "%", NONE, 90, 97, "is nearly used up", NULL),
    ABOVE(IN_SWAP, "IN-SWAP", FROM_MEMINFO, "%", NONE, 30, 80, "is used a lot", NULL),
    ABOVE(FS_FULL, "FS-FULL", FROM_DF, "%", NONE, 85, 95, "is filling up", NULL),
    ABOVE(FS_INODES, "FS-INODES", FROM_DF_INODES, "%", NONE, 85, 95, "runs out of inodes", NULL),
    STATE(UNIT_FAILED, "UNIT-FAILED", FROM_FAILED_UNITS, PROXIMO_RISK_MEDIUM, "has failed", NULL),
    ABOVE(JOURNAL_ERRORS, "JOURNAL-ERRORS", FROM_JOURNAL, "lines", 1, 50, NONE, "tells of errors", NULL),
    ABOVE(LISTEN_ANY, "LISTEN-ANY", FROM_SOCKETS, "sockets", 1, NONE, NONE, "listen on every address", NULL),
    ABOVE(PROC_CPU, "PROC-CPU", FROM_PROCESSES, "%", 90, NONE, NONE, "takes a whole CPU or more", NULL),
    ABOVE(PROC_BLOCKED, "PROC-BLOCKED", FROM_PROCESSES, "processes", NONE, 1, 5, "hang in the kernel, mostly for a disk or a share (state D)", NULL),
    ABOVE(PROC_ZOMBIE, "PROC-ZOMBIE", FROM_PROCESSES, "processes", 1, 50, NONE, "ended and were not collected (zombies)", NULL),
    ABOVE(IN_LOAD, "IN-LOAD", FROM_LOADAVG, "per CPU", NONE, 1.0, 2.0, "is high for its CPUs", NULL),
    ABOVE(PROC_IO, "PROC-IO", FROM_PROCESS_IO, "MiB/s", 5, 50, NONE, "reads and writes disks a lot", NULL),
    ABOVE(PROC_MEM, "PROC-MEM", FROM_PROCESSES, "%", 50, NONE, NONE, "takes half of the memory or more", NULL),
    ABOVE(IN_OOM, "IN-OOM", FROM_VMSTAT, "processes", NONE, NONE, 1, "were killed because memory ran out", NULL),
    STATE(PBS_MAINTENANCE, "PBS-MAINTENANCE", FROM_PBS_STORES, PROXIMO_RISK_MEDIUM, "is under maintenance", "pbs_datastore_get"),
    STATE(PBS_UNMOUNTED, "PBS-UNMOUNTED", FROM_PBS_STORES, PROXIMO_RISK_MEDIUM, "is not mounted", "pbs_datastore_get"),
    ABOVE(PBS_FULL, "PBS-FULL", FROM_PBS_USAGE, "%", NONE, 85, 95, "is filling up", "pbs_datastore_usage"),
    BELOW(PBS_FORECAST, "PBS-FORECAST", FROM_PBS_USAGE, "days left", 60, 30, 7, "will be full soon, as the Backup Server reckons", "pbs_datastore_usage"),
    STATE(PBS_GC_NEVER, "PBS-GC-NEVER", FROM_PBS_GC, PROXIMO_RISK_MEDIUM, "never had its garbage collected: space of deleted backups has not come back", "pbs_gc_status"),
    ABOVE(PBS_GC_OLD, "PBS-GC-OLD", FROM_PBS_GC, "days", NONE, 7, 30, "had its garbage collected long ago", "pbs_gc_status"),
    STATE(PBS_GC_FAILED, "PBS-GC-FAILED", FROM_PBS_GC, PROXIMO_RISK_HIGH, "had a last garbage collection that failed", "pbs_gc_status"),
    ABOVE(PBS_GC_PENDING, "PBS-GC-PENDING", FROM_PBS_GC, "% of what it holds", 20, 50, NONE, "has much garbage that waits to be removed", "pbs_gc_status"),
    ABOVE(PBS_GC_BAD, "PBS-GC-BAD", FROM_PBS_GC, "chunks", NONE, NONE, 1, "has chunks that were found damaged: backups that need them cannot be restored whole", "pbs_gc_status"),
    STATE(PBS_NO_GC, "PBS-NO-GC", FROM_PBS_CONFIG, PROXIMO_RISK_MEDIUM, "has no schedule for garbage collection", "pbs_datastore_get"),
    ABOVE(PBS_NO_PRUNE, "PBS-NO-PRUNE", FROM_PBS_CARE, "namespaces", 1, NONE, NONE, "has backups that nothing prunes", "pbs_jobs_list"),
    ABOVE(PBS_NO_VERIFY, "PBS-NO-VERIFY", FROM_PBS_CARE, "namespaces", NONE, 1, NONE, "has backups that nothing verifies", "pbs_jobs_list"),
    STATE(PBS_JOB_FAILED, "PBS-JOB-FAILED", FROM_PBS_JOBS, PROXIMO_RISK_MEDIUM, "did not end well when it ran last", "pbs_task_log"),
    STATE(PBS_JOB_NEVER, "PBS-JOB-NEVER", FROM_PBS_JOBS, PROXIMO_RISK_LOW, "has never run", "pbs_job_get"),
    STATE(PBS_JOB_OFF, "PBS-JOB-OFF", FROM_PBS_JOBS, PROXIMO_RISK_LOW, "does not run by itself", "pbs_job_get"),
    ABOVE(PBS_TASK_FAILED, "PBS-TASK-FAILED", FROM_PBS_TASKS, "tasks", NONE, 1, 10, "failed in the last 24 h", "pbs_task_log"),
    ABOVE(PBS_VERIFY_FAILED, "PBS-VERIFY-FAILED", FROM_PBS_SNAPSHOTS, "groups", NONE, NONE, 1, "has backups that failed their verification", "pbs_snapshots_list"),
    ABOVE(PBS_BACKUP_OLD, "PBS-BACKUP-OLD", FROM_PBS_SNAPSHOTS, "h", NONE, NONE, NONE, "has groups whose newest backup is old", "pbs_groups_list"),
    ABOVE(PBS_UNFINISHED, "PBS-UNFINISHED", FROM_PBS_RUNNING, "groups", NONE, 1, NONE, "has groups whose newest backup was not finished", "pbs_snapshots_list"),
    ABOVE(PBS_VERIFY_OLD, "PBS-VERIFY-OLD", FROM_PBS_SNAPSHOTS, "days", NONE, NONE, NONE, "has groups whose newest verified backup is old", "pbs_snapshots_list"),
    ABOVE(PBS_VERIFY_NONE, "PBS-VERIFY-NONE", FROM_PBS_SNAPSHOTS, "groups", NONE, NONE, NONE, "has groups without a verified backup", "pbs_snapshots_list"),
    ABOVE(PBS_NS_IDLE, "PBS-NAMESPACE-IDLE", FROM_PBS_SNAPSHOTS, "h", NONE, NONE, NONE, "gets no backups any more", "pbs_groups_list"),
    STATE(PBS_NS_EMPTY, "PBS-NAMESPACE-EMPTY", FROM_PBS_SPACES, PROXIMO_RISK_LOW, "holds no backup", "pbs_namespaces_list"),
    ABOVE(COVER_NONE, "GUEST-NO-BACKUP", FROM_COVER, "guests", NONE, NONE, 1, "have no backup in any place that was seen", "pve_backup_freshness"),
    ABOVE(COVER_OLD, "GUEST-BACKUP-OLD", FROM_COVER, "guests", NONE, 1, NONE, "have no fresh backup in any place", "pve_backup_freshness"),
    ABOVE(COVER_UNVERIFIED, "GUEST-UNVERIFIED", FROM_COVER, "guests", NONE, 1, NONE, "have fresh backups, but no recent one that is verified", "pve_backup_freshness"),
    ABOVE(COVER_AMBIGUOUS, "GUEST-AMBIGUOUS", FROM_COVER, "guests", NONE, 1, NONE, "may be backed up, or another cluster's guests of the same id are", "pve_backup_freshness"),
};
/* clang-format on */

const struct source *source_of(uint32_t source)
{
    return &sources[source];
}

const struct check *check_of(uint32_t check)
{
    return &checks[check];
}

uint32_t check_severity(uint32_t check, double measured)
{
    const struct check *c = &checks[check];
    for (uint32_t i = 3; i > 0; i--) {
        const double at = c->at[i - 1];
        if ((c->flags & CHECK_BELOW) ? measured <= at : measured >= at)
            return i; /* PROXIMO_RISK_LOW is 1 */
    }
    return 0;
}

double check_threshold(uint32_t check, uint32_t severity)
{
    return severity >= 1 && severity <= 3 ? checks[check].at[severity - 1] : (double)NAN;
}
