/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which tasks a request starts: what a lost answer's task is looked for by. Types are the words in a UPID.
 * Source: the API's methods and the worker names of Proxmox VE (an HA-managed guest gets an HA task instead)
 * and of Backup Server, whose ids are parts with colons between them: "main:prod:vm/100", "main:v-daily".
 */
#include <string.h>

#include "base/text.h"
#include "trust/run_inner.h"

struct task_row {
    const char *method;
    const char *path; /* {} is any one segment, {id} the one that is the task's id */
    const char *types;
    const char *id_field; /* the parameter that is the id, where the path has none; NULL: any id */
};

#define CT    "/nodes/{}/lxc"
#define VM    "/nodes/{}/qemu"
#define STORE "/admin/datastore/{id}"
static const struct task_row rows[] = {
    {"POST", CT "/{id}/status/start", "vzstart,hastart", NULL},
    {"POST", CT "/{id}/status/stop", "vzstop,hastop", NULL},
    {"POST", CT "/{id}/status/shutdown", "vzshutdown,hastop", NULL},
    {"POST", CT "/{id}/status/reboot", "vzreboot", NULL},
    {"POST", CT "/{id}/status/suspend", "vzsuspend", NULL},
    {"POST", CT "/{id}/status/resume", "vzresume", NULL},
    {"POST", CT "/{id}/snapshot", "vzsnapshot", NULL},
    {"DELETE", CT "/{id}/snapshot/{}", "vzdelsnapshot", NULL},
    {"POST", CT "/{id}/snapshot/{}/rollback", "vzrollback", NULL},
    {"POST", CT "/{id}/clone", "vzclone", NULL},
    {"POST", CT "/{id}/migrate", "vzmigrate,hamigrate", NULL},
    {"POST", CT "/{id}/remote_migrate", "vzmigrate", NULL},
    {"POST", CT "/{id}/template", "vztemplate", NULL},
    {"PUT", CT "/{id}/resize", "resize", NULL},
    {"POST", CT "/{id}/move_volume", "move_volume", NULL},
    {"DELETE", CT "/{id}", "vzdestroy", NULL},
    {"POST", CT, "vzcreate,vzrestore", "vmid"},
    {"POST", VM "/{id}/status/start", "qmstart,hastart", NULL},
    {"POST", VM "/{id}/status/stop", "qmstop,hastop", NULL},
    {"POST", VM "/{id}/status/shutdown", "qmshutdown,hastop", NULL},
    {"POST", VM "/{id}/status/reboot", "qmreboot", NULL},
    {"POST", VM "/{id}/status/reset", "qmreset", NULL},
    {"POST", VM "/{id}/status/suspend", "qmsuspend,qmpause", NULL},
    {"POST", VM "/{id}/status/resume", "qmresume", NULL},
    {"POST", VM "/{id}/snapshot", "qmsnapshot", NULL},
    {"DELETE", VM "/{id}/snapshot/{}", "qmdelsnapshot", NULL},
    {"POST", VM "/{id}/snapshot/{}/rollback", "qmrollback", NULL},
    {"POST", VM "/{id}/clone", "qmclone", NULL},
    {"POST", VM "/{id}/migrate", "qmigrate,hamigrate", NULL},
    {"POST", VM "/{id}/remote_migrate", "qmigrate", NULL},
    {"POST", VM "/{id}/template", "qmtemplate", NULL},
    {"POST", VM "/{id}/config", "qmconfig", NULL},
    {"PUT", VM "/{id}/resize", "resize", NULL},
    {"POST", VM "/{id}/move_disk", "qmmove", NULL},
    {"DELETE", VM "/{id}", "qmdestroy", NULL},
    {"POST", VM, "qmcreate,qmrestore", "vmid"},
    {"POST", "/nodes/{}/vzdump", "vzdump", NULL},
    {"POST", "/nodes/{}/startall", "startall", NULL},
    {"POST", "/nodes/{}/stopall", "stopall", NULL},
    {"POST", "/nodes/{}/suspendall", "suspendall", NULL},
    {"POST", "/nodes/{}/migrateall", "migrateall", NULL},
    {"POST", "/nodes/{}/services/{id}/start", "srvstart", NULL},
    {"POST", "/nodes/{}/services/{id}/stop", "srvstop", NULL},
    {"POST", "/nodes/{}/services/{id}/restart", "srvrestart", NULL},
    {"POST", "/nodes/{}/services/{id}/reload", "srvreload", NULL},
    {"POST", "/nodes/{}/apt/update", "aptupdate", NULL},
    {"PUT", "/nodes/{}/network", "srvreload", NULL},
    {"DELETE", "/nodes/{}/storage/{}/content/{}", "imgdel", NULL},
    {"POST", "/nodes/{}/storage/{}/download-url", "download", NULL},
    {"DELETE", "/nodes/{}/storage/{}/prunebackups", "prunebackups", NULL},
    /* Backup Server */
    {"POST", STORE "/gc", "garbage_collection", NULL},
    {"POST", STORE "/verify", "verify,verify_group,verify_snapshot", NULL},
    {"POST", STORE "/prune", "prune", NULL},
    {"POST", STORE "/prune-datastore", "prune", NULL},
    {"POST", STORE "/mount", "mount-device", NULL},
    {"POST", STORE "/unmount", "unmount-device", NULL},
    {"PUT", STORE "/s3-refresh", "s3-refresh", NULL},
    {"POST", "/config/datastore", "create-datastore", "name"},
    {"DELETE", "/config/datastore/{id}", "delete-datastore", NULL},
    {"POST", "/admin/prune/{id}/run", "prunejob,prune", NULL},
    {"POST", "/admin/verify/{id}/run", "verificationjob", NULL},
    {"POST", "/admin/sync/{id}/run", "syncjob", NULL},
    {"POST", "/pull", "sync", "store"},
    {"POST", "/push", "sync", "store"},
    {"POST", "/tape/backup/{id}", "tape-backup-job", NULL},
    {"POST", "/tape/backup", "tape-backup", "store"},
    {"POST", "/tape/restore", "tape-restore", NULL},
};

static bool fits(const char *pattern, const char *path, char ret_id[128])
{
    for (;;) {
        size_t want = strcspn(pattern + (*pattern == '/'), "/") + (*pattern == '/');
        size_t have = strcspn(path + (*path == '/'), "/") + (*path == '/');
        if (!*pattern || !*path)
            return !*pattern && !*path;
        bool id = want == 5 && memcmp(pattern, "/{id}", 5) == 0;
        bool any = want == 3 && memcmp(pattern, "/{}", 3) == 0;
        if (!id && !any && (want != have || memcmp(pattern, path, want) != 0))
            return false;
        if (id && (have < 2 || have > 127))
            return false;
        if (id) {
            memcpy(ret_id, path + 1, have - 1);
            ret_id[have - 1] = '\0';
        }
        pattern += want;
        path += have;
    }
}

/* One byte of a Backup Server's id, in which others than letters, digits and a few are "\\xNN". */
static char id_byte(const char **at)
{
    const char *text = *at;
    const int high = text[0] == '\\' && text[1] == 'x' ? text_hex_digit(text[2]) : -1;
    const int low = high >= 0 ? text_hex_digit(text[3]) : -1;
    *at += low >= 0 ? 4 : 1;
    return low >= 0 ? (char)(high * 16 + low) : text[0];
}

bool lost_id_has(const char *id, const char *part)
{
    const char *want = part;
    bool good = true;
    while (*id) {
        const char c = id_byte(&id);
        if (c == ':' && good && !*want)
            return true;
        if (c == ':') {
            want = part;
            good = true;
        } else {
            good = good && *want && *want == c;
            want += good;
        }
    }
    return good && !*want;
}

const char *lost_types(const char *method, const char *path, const struct field_list *fields,
                       char ret_id[128])
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
        ret_id[0] = '\0';
        if (strcmp(rows[i].method, method) != 0 || !fits(rows[i].path, path, ret_id))
            continue;
        for (size_t f = 0; rows[i].id_field && fields && f < fields->count; f++) {
            if (strcmp(fields->fields[f].name, rows[i].id_field) == 0 && fields->fields[f].value_len < 128)
                memcpy(ret_id, fields->fields[f].value, fields->fields[f].value_len + 1);
        }
        return rows[i].types;
    }
    return NULL;
}
