/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What diagnoses share: a table of checks with their thresholds, a table of the sources that they judge, and
 * the list of what was found. A check counts as run when its source was read, and as not run when it could
 * not be read, or not whole: "nothing found" says how many there were of each. Pure: no call is needed.
 */
#ifndef PROXIMO_PLUGINS_FINDINGS_H
#define PROXIMO_PLUGINS_FINDINGS_H

#include "../rows.h"

/* ---- the sources */

enum {
    /* of a node */
    FROM_NODE_STATUS,
    FROM_NODE_TREND,
    FROM_NODE_SERVICES,
    FROM_NODE_STORAGE,
    FROM_NODE_THIN,
    FROM_NODE_ZFS,
    FROM_NODE_ZFS_POOL,
    FROM_NODE_DISKS,
    FROM_NODE_TASKS,
    FROM_NODE_TIME,
    FROM_NODE_UPDATES,
    FROM_NODE_SECURITY,
    FROM_NODE_VERSIONS,
    FROM_NODE_CERTIFICATES,
    FROM_NODE_NETWORK,
    /* of a cluster */
    FROM_NODES,
    FROM_CLUSTER_STATUS,
    FROM_CLUSTER_VOTES,
    FROM_NODE_VERSION,
    FROM_HA_STATUS,
    FROM_REPLICATION,
    FROM_BACKUP_JOBS,
    FROM_BACKUPS,
    FROM_SNAPSHOTS,
    FROM_GUEST_CONFIGS,
    FROM_GUESTS,
    FROM_STORAGES,
    FROM_RUNNING_TASKS,
    FROM_ACL,
    FROM_TOKENS,
    FROM_ACCESS,
    /* of a virtual machine */
    FROM_VM_STATUS,
    FROM_VM_CONFIG,
    FROM_VM_PENDING,
    FROM_VM_TREND,
    FROM_VM_SNAPSHOTS,
    FROM_VM_TASKS,
    FROM_VM_BACKUPS,
    FROM_VM_AGENT,
    /* of a container */
    FROM_CT_STATUS,
    FROM_CT_CONFIG,
    /* of a Backup Server, and of the guests that should be on one */
    FROM_PBS_STORES,
    FROM_PBS_SPACES,
    FROM_PBS_SNAPSHOTS,
    FROM_PBS_RUNNING,
    FROM_PBS_USAGE,
    FROM_PBS_GC,
    FROM_PBS_CONFIG,
    FROM_PBS_JOBS,
    FROM_PBS_CARE,
    FROM_PBS_TASKS,
    FROM_COVER,
    /* texts of commands inside a guest */
    FROM_PSI_FILES,
    FROM_CGROUP,
    FROM_MEMINFO,
    FROM_DF,
    FROM_DF_INODES,
    FROM_FAILED_UNITS,
    FROM_JOURNAL,
    FROM_SOCKETS,
    FROM_PROCESSES,
    FROM_LOADAVG,
    FROM_PROCESS_IO,
    FROM_VMSTAT,
    SOURCES
};

struct source {
    const char *name;      /* where from: "GET /nodes/{node}/status", "df -P -k" */
    const char *path;      /* of its privilege, as proximo_need has it; NULL: none is needed */
    const char *privilege; /* "A|B": either */
};
/* source < SOURCES. */
const struct source *source_of(uint32_t source);

/* ---- the checks */

enum {
    SERVICE_CORE,
    SERVICE_FAILED,
    TIME_SYNC_OFF,
    STORAGE_INACTIVE,
    STORAGE_FULL,
    THIN_DATA,
    THIN_META,
    ROOTFS_FULL,
    MEM_HIGH,
    SWAP_HIGH,
    LOAD_HIGH,
    CPU_HIGH,
    IOWAIT_HIGH,
    PSI_CPU,
    PSI_IO,
    PSI_MEMORY,
    TASK_FAILED,
    TIME_OFFSET,
    UPDATES_PENDING,
    UPDATES_SECURITY,
    KERNEL_OLD,
    CERT_EXPIRY,
    ZFS_HEALTH,
    ZFS_FULL,
    ZFS_ERRORS,
    DISK_HEALTH,
    DISK_WEAROUT,
    NET_INACTIVE,
    NODE_OFFLINE,
    QUORUM_LOST,
    QUORUM_THIN,
    VERSION_MIXED,
    HA_ERROR,
    HA_WAITING,
    HA_MANAGER,
    REPL_FAILED,
    REPL_LAG,
    BACKUP_NO_JOB,
    BACKUP_NONE,
    BACKUP_OLD,
    BACKUP_VERIFY,
    SNAPSHOT_OLD,
    UNDO_POINT_OLD,
    GUEST_ONBOOT,
    GUEST_STATE,
    GUEST_PAUSED,
    GUEST_LOCKED,
    STORAGE_NODES,
    ACL_ADMIN,
    TOKEN_FULL,
    ACL_ROOT,
    ACL_ADMINS,
    TOKEN_ADMIN,
    TOKEN_ROOT,
    ACL_HOLE,
    ACL_NOBODY,
    ACL_IDLE,
    ACL_ASLEEP,
    VM_STATE,
    VM_PAUSED,
    VM_HA,
    VM_LOCKED,
    VM_CPU,
    VM_MEM,
    VM_BALLOON,
    VM_PSI_CPU,
    VM_PSI_IO,
    VM_PSI_MEMORY,
    VM_STOPPED,
    VM_BOOT,
    VM_CD,
    VM_AGENT_OFF,
    VM_PENDING,
    VM_MEM_GROWTH,
    VM_CPU_TREND,
    VM_SNAPSHOTS,
    VM_SNAPSHOT_OLD,
    VM_TASK_FAILED,
    VM_BACKUP_NONE,
    VM_BACKUP_OLD,
    VM_BACKUP_VERIFY,
    VM_FS_FULL,
    CT_STOPPED,
    CT_HA,
    CT_LOCKED,
    CT_CPU,
    CT_MEM,
    CT_SWAP,
    CT_DISK,
    CT_PSI_CPU,
    CT_PSI_IO,
    CT_PSI_MEMORY,
    CT_PRIVILEGED,
    IN_PSI_CPU,
    IN_PSI_IO,
    IN_PSI_MEMORY,
    CGROUP_OOM,
    CGROUP_MEM,
    IN_MEM,
    IN_SWAP,
    FS_FULL,
    FS_INODES,
    UNIT_FAILED,
    JOURNAL_ERRORS,
    LISTEN_ANY,
    PROC_CPU,
    PROC_BLOCKED,
    PROC_ZOMBIE,
    IN_LOAD,
    PROC_IO,
    PROC_MEM,
    IN_OOM,
    PBS_MAINTENANCE,
    PBS_UNMOUNTED,
    PBS_FULL,
    PBS_FORECAST,
    PBS_GC_NEVER,
    PBS_GC_OLD,
    PBS_GC_FAILED,
    PBS_GC_PENDING,
    PBS_GC_BAD,
    PBS_NO_GC,
    PBS_NO_PRUNE,
    PBS_NO_VERIFY,
    PBS_JOB_FAILED,
    PBS_JOB_NEVER,
    PBS_JOB_OFF,
    PBS_TASK_FAILED,
    PBS_VERIFY_FAILED,
    PBS_BACKUP_OLD,
    PBS_UNFINISHED,
    PBS_VERIFY_OLD,
    PBS_VERIFY_NONE,
    PBS_NS_IDLE,
    PBS_NS_EMPTY,
    COVER_NONE,
    COVER_OLD,
    COVER_UNVERIFIED,
    COVER_AMBIGUOUS,
    CHECKS
};

#define CHECK_BELOW (1u << 0) /* the smaller the worse */

struct check {
    const char *code; /* "ROOTFS-FULL": stable, for people and programs */
    uint32_t source;
    uint32_t flags;
    const char *unit;  /* of what is measured; NULL: it is a state, which is there or not */
    double at[3];      /* from where on low, medium, high; NAN: never. A state has no thresholds */
    uint32_t severity; /* PROXIMO_RISK_...: of a state */
    const char *title; /* after the name of the thing: "is filling up" */
    const char *tool;  /* that shows more of it; NULL: none */
};
/* check < CHECKS. */
const struct check *check_of(uint32_t check);
/* PROXIMO_RISK_... of a measured number; 0: fine. A number that is none (NAN) is fine: it was not measured.
 */
uint32_t check_severity(uint32_t check, double measured);
/* The threshold that a severity stands for; NAN: none. */
double check_threshold(uint32_t check, uint32_t severity);

/* ---- what was found */

#define FINDINGS_MOST 250u /* the rest is counted */
#define UNREAD_MOST   60u

struct finding {
    uint32_t check, severity;
    double measured;     /* NAN: a state */
    double threshold;    /* NAN: the check's own */
    char title[160];     /* untrusted: the thing's name is in it */
    char evidence[600];  /* untrusted */
    char arguments[160]; /* JSON of the suggested tool's; "": none */
};
struct unread {
    uint32_t source;
    char what[120], why[300];
};
struct findings {
    struct finding *rows;
    uint32_t count, space, more;
    struct unread unread[UNREAD_MOST];
    uint32_t unread_count, unread_more;
    uint8_t read[SOURCES], failed[SOURCES];
    char arguments[160];     /* of suggested tools, when a finding has none of its own: {"node":"pve1"} */
    const char *node, *vmid; /* what {node} and {vmid} of the sources stand for; NULL: many */
    bool no_memory;
    bool told; /* the newest is the last row: arguments are its */
};
void findings_done(struct findings *f);

/* The source was read: its checks count as run. */
void findings_read(struct findings *f, uint32_t source);
/* It was not, or not whole. what: of which thing ("storage nfs"); NULL: all of it. */
void findings_unread(struct findings *f, uint32_t source, const char *what, const char *why);
/* Judges a number. True: it is a finding. */
PROXIMO_PRINTF(5, 6)
bool findings_measure(struct findings *f, uint32_t check, const char *what, double measured,
                      const char *evidence, ...);
/* A number that the caller judged itself, against a threshold of its own (NAN: none), which an argument says
 * or which is of something else than the number. severity 0: it is fine. */
PROXIMO_PRINTF(7, 8)
void findings_judged(struct findings *f, uint32_t check, const char *what, uint32_t severity, double measured,
                     double threshold, const char *evidence, ...);
/* A state that is there. severity 0: the check's own. */
PROXIMO_PRINTF(5, 6)
void findings_state(struct findings *f, uint32_t check, const char *what, uint32_t severity,
                    const char *evidence, ...);
/* The newest finding's own arguments for the suggested tool, as {"name":"value"}: vmid, upid, storage ... */
void findings_argument(struct findings *f, const char *name, const char *value);
/* The newest finding's arguments are this one alone, without those that all findings have. */
void findings_only_argument(struct findings *f, const char *name, const char *value);
/* The worst first; then by check, then as they came. */
void findings_rank(struct findings *f);
/* How many checks ran whole, and how many could not (or only in part). */
void findings_count(const struct findings *f, uint32_t *ret_run, uint32_t *ret_not_run);
const char *severity_word(uint32_t severity); /* "low", "medium", "high" */

/* Tells the host what could not be read and, ranked, what was found; replies how many checks ran. note: a
 * sentence for the reader, or NULL. 0 or negative. */
int32_t findings_reply(const struct asking *a, struct findings *f, const char *note);
/* The same with one more member of the answer; value is the caller's, NULL: none. */
int32_t findings_reply_with(const struct asking *a, struct findings *f, const char *note, const char *name,
                            struct json_object *value);

/* A decimal as it is ("12", "-0.5", "1e3" is none), all of it; NAN: none. */
double findings_number(const char *text, size_t len);

/* The next whole number at or below it, without the mathematics library; what is none, or too large, stays.
 */
double whole_below(double value);

/* ---- many things of one check */

/* Names with commas between them, of which a line holds only some: "100, 101 and 31 more". */
struct name_list {
    char text[400];
    char first[16]; /* the first of them, up to its first blank */
    uint32_t count, shown;
};
PROXIMO_PRINTF(2, 3)
void names_add(struct name_list *list, const char *format, ...);
/* The text with how many more there are; in a static size, for one use. */
void names_text(const struct name_list *list, char *ret, size_t size);

#endif
