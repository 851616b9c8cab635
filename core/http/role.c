/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which builtin role grants a privilege, and the line that gives it. Source: the roles of Proxmox VE 9.2 and
 * Backup Server 4.2 (GET /access/roles of either).
 */
#include "http/role.h"

#include <stdio.h>
#include <string.h>

#include "config/config.h"

/* From the least to the most powerful, as far as they can be ordered; the number is the rank. */
enum role {
    AUDITOR,
    POOL_USER,
    MAPPING_USER,
    SDN_USER,
    DATASTORE_USER,
    TEMPLATE_USER,
    SYS_ADMIN,
    POOL_ADMIN,
    MAPPING_ADMIN,
    SDN_ADMIN,
    DATASTORE_ADMIN,
    VM_USER,
    VM_ADMIN,
    USER_ADMIN,
    ADMINISTRATOR
};

static const char *const role_names[] = {
    [AUDITOR] = "PVEAuditor",
    [POOL_USER] = "PVEPoolUser",
    [MAPPING_USER] = "PVEMappingUser",
    [SDN_USER] = "PVESDNUser",
    [DATASTORE_USER] = "PVEDatastoreUser",
    [TEMPLATE_USER] = "PVETemplateUser",
    [SYS_ADMIN] = "PVESysAdmin",
    [POOL_ADMIN] = "PVEPoolAdmin",
    [MAPPING_ADMIN] = "PVEMappingAdmin",
    [SDN_ADMIN] = "PVESDNAdmin",
    [DATASTORE_ADMIN] = "PVEDatastoreAdmin",
    [VM_USER] = "PVEVMUser",
    [VM_ADMIN] = "PVEVMAdmin",
    [USER_ADMIN] = "PVEUserAdmin",
    [ADMINISTRATOR] = "Administrator",
};

static const struct grant {
    const char *privilege;
    enum role role;
} grants[] = {
    {"Datastore.Allocate", DATASTORE_ADMIN},
    {"Datastore.AllocateSpace", DATASTORE_USER},
    {"Datastore.AllocateTemplate", DATASTORE_ADMIN},
    {"Datastore.Audit", AUDITOR},
    {"Group.Allocate", USER_ADMIN},
    {"Mapping.Audit", AUDITOR},
    {"Mapping.Modify", MAPPING_ADMIN},
    {"Mapping.Use", MAPPING_USER},
    {"Permissions.Modify", ADMINISTRATOR},
    {"Pool.Allocate", POOL_ADMIN},
    {"Pool.Audit", AUDITOR},
    {"Realm.Allocate", ADMINISTRATOR},
    {"Realm.AllocateUser", USER_ADMIN},
    {"SDN.Allocate", SDN_ADMIN},
    {"SDN.Audit", AUDITOR},
    {"SDN.Use", SDN_USER},
    {"Sys.AccessNetwork", ADMINISTRATOR},
    {"Sys.Audit", AUDITOR},
    {"Sys.Console", SYS_ADMIN},
    {"Sys.Incoming", ADMINISTRATOR},
    {"Sys.Modify", ADMINISTRATOR},
    {"Sys.PowerMgmt", ADMINISTRATOR},
    {"Sys.Syslog", SYS_ADMIN},
    {"User.Modify", USER_ADMIN},
    {"VM.Allocate", VM_ADMIN},
    {"VM.Audit", AUDITOR},
    {"VM.Backup", VM_USER},
    {"VM.Clone", TEMPLATE_USER},
    {"VM.Config.CDROM", VM_USER},
    {"VM.Config.CPU", VM_ADMIN},
    {"VM.Config.Cloudinit", VM_USER},
    {"VM.Config.Disk", VM_ADMIN},
    {"VM.Config.HWType", VM_ADMIN},
    {"VM.Config.Memory", VM_ADMIN},
    {"VM.Config.Network", VM_ADMIN},
    {"VM.Config.Options", VM_ADMIN},
    {"VM.Console", VM_USER},
    {"VM.GuestAgent.Audit", AUDITOR},
    {"VM.GuestAgent.FileRead", VM_USER},
    {"VM.GuestAgent.FileSystemMgmt", VM_USER},
    {"VM.GuestAgent.FileWrite", VM_USER},
    {"VM.GuestAgent.Unrestricted", VM_ADMIN},
    {"VM.Migrate", VM_ADMIN},
    {"VM.Monitor", VM_ADMIN}, /* Proxmox VE 8 */
    {"VM.PowerMgmt", VM_USER},
    {"VM.Replicate", VM_ADMIN},
    {"VM.Snapshot", VM_ADMIN},
    {"VM.Snapshot.Rollback", VM_ADMIN},
};

/* Backup Server, from the least to the most powerful; there are no roles of one's own. */
static const struct {
    const char *name, *privileges;
} pbs_roles[] = {
    {"DatastoreAudit", "Datastore.Audit"},
    {"RemoteAudit", "Remote.Audit"},
    {"TapeAudit", "Tape.Audit"},
    {"Audit", "Sys.Audit|Datastore.Audit"},
    {"DatastoreBackup", "Datastore.Backup"},
    {"DatastoreReader", "Datastore.Audit|Datastore.Verify|Datastore.Read"},
    {"RemoteSyncOperator", "Remote.Audit|Remote.Read"},
    {"RemoteSyncPushOperator", "Remote.Audit|Remote.DatastoreBackup"},
    {"TapeReader", "Tape.Audit|Tape.Read"},
    {"TapeOperator", "Tape.Audit|Tape.Read|Tape.Write"},
    {"DatastorePowerUser", "Datastore.Backup|Datastore.Prune"},
    {"RemoteDatastorePowerUser", "Remote.DatastoreBackup|Remote.DatastorePrune"},
    {"DatastoreAdmin", "Datastore.Audit|Datastore.Modify|Datastore.Read|Datastore.Verify|Datastore.Backup|"
                       "Datastore.Prune"},
    {"RemoteDatastoreAdmin", "Remote.DatastoreBackup|Remote.DatastoreModify|Remote.DatastorePrune"},
    {"RemoteAdmin", "Remote.Audit|Remote.Modify|Remote.Read"},
    {"TapeAdmin", "Tape.Audit|Tape.Modify|Tape.Read|Tape.Write"},
    {"Admin", "Sys.Audit|Sys.Modify|Sys.PowerManagement|Sys.Console|Datastore.Allocate|Datastore.Audit|"
              "Datastore.Modify|Datastore.Read|Datastore.Verify|Datastore.Backup|Datastore.Prune|"
              "Permissions.Modify|Realm.Allocate|Remote.Audit|Remote.Modify|Remote.Read|"
              "Remote.DatastoreBackup|Remote.DatastoreModify|Remote.DatastorePrune|Tape.Audit|Tape.Modify|"
              "Tape.Read|Tape.Write"},
};
#define PBS_ROLES (sizeof(pbs_roles) / sizeof(pbs_roles[0]))

/* The next of "A|B" or "A, B"; false at the end. */
static bool next_word(const char **at, const char **ret, size_t *ret_len)
{
    *at += strspn(*at, "|, ");
    *ret = *at;
    *ret_len = strcspn(*at, "|, ");
    *at += *ret_len;
    return *ret_len > 0;
}

static bool word_among(const char *words, const char *word, size_t len)
{
    const char *one;
    size_t one_len;
    while (next_word(&words, &one, &one_len)) {
        if (one_len == len && memcmp(one, word, len) == 0)
            return true;
    }
    return false;
}

static const char *pbs_role_for(const char *privileges, char ret_privilege[48])
{
    for (size_t i = 0; i < PBS_ROLES; i++) {
        const char *at = privileges, *word;
        size_t len;
        while (next_word(&at, &word, &len)) {
            if (!word_among(pbs_roles[i].privileges, word, len))
                continue;
            if (ret_privilege != NULL)
                (void)snprintf(ret_privilege, 48, "%.*s", (int)len, word);
            return pbs_roles[i].name;
        }
    }
    return NULL;
}

bool role_of_pbs_has(const char *role, const char *privilege)
{
    for (size_t i = 0; i < PBS_ROLES; i++) {
        if (strcmp(pbs_roles[i].name, role) == 0)
            return word_among(pbs_roles[i].privileges, privilege, strlen(privilege));
    }
    return false;
}

const char *role_for(unsigned kind, const char *privileges, char ret_privilege[48])
{
    const struct grant *best = NULL;
    const char *word;
    size_t len;
    if (kind == CONFIG_PBS)
        return pbs_role_for(privileges, ret_privilege);
    while (next_word(&privileges, &word, &len)) {
        for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
            if (strlen(grants[i].privilege) == len && memcmp(grants[i].privilege, word, len) == 0 &&
                (best == NULL || grants[i].role < best->role))
                best = &grants[i];
        }
    }
    if (best == NULL)
        return NULL;
    if (ret_privilege != NULL)
        (void)snprintf(ret_privilege, 48, "%s", best->privilege);
    return role_names[best->role];
}

/* What an access-control path may hold; nothing a shell would see. */
static bool path_is_plain(const char *path)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_./";
    return path[0] == '/' && path[strspn(path, allowed)] == '\0';
}

/* ",Sys.Audit": the right to look at what the privilege changes. An entry on a path takes the place of those
 * above it, so a role for it has to bring that along. */
static const char *look_beside(const char *privilege)
{
    return strncmp(privilege, "Sys.", 4) == 0 && strcmp(privilege, "Sys.Audit") != 0 ? ",Sys.Audit" : "";
}

bool role_grant_line(unsigned kind, const char *path, const char *privileges, char *out, size_t out_size)
{
    char privilege[48] = "";
    const char *role = role_for(kind, privileges, privilege);
    out[0] = '\0';
    if (role == NULL || !path_is_plain(path))
        return false;
    int n;
    if (kind == CONFIG_PBS)
        n = snprintf(out, out_size, "proxmox-backup-manager acl update %s %s --auth-id 'USER@REALM!TOKENID'",
                     path, role);
    else if (strcmp(role, role_names[ADMINISTRATOR]) != 0)
        n = snprintf(out, out_size, "pveum acl modify %s --tokens '<your token>' --roles %s", path, role);
    else
        n = snprintf(
            out, out_size,
            "pveum role add Proximo-%s --privs %s%s && pveum acl modify %s --tokens '<your token>' --roles "
            "Proximo-%s",
            privilege, privilege, look_beside(privilege), path, privilege);
    if (n > 0 && (size_t)n < out_size)
        return true;
    out[0] = '\0';
    return false;
}

const char *role_grant_note(unsigned kind)
{
    return kind == CONFIG_PBS
               ? "A token has only the intersection of its own rights and its user's: the user needs it as "
                 "well (the same with --auth-id USER@REALM). An entry takes the place of those on paths "
                 "above "
                 "it; several roles on one path add up. Datastore.Backup and Datastore.Prune reach only the "
                 "groups that the token owns"
               : "A token with privilege separation has only the intersection of its own rights and its "
                 "user's: the user needs it as well (the same with --users USER@REALM). An entry takes the "
                 "place of those on paths above it: `proximo doctor` prints lines that keep what is held";
}
