/* SPDX-License-Identifier: Apache-2.0 */
/* Which builtin role grants a privilege. Source: the roles of Proxmox VE 9.2 (GET /access/roles). */
#include "http/pve_error.h"

#include <stdio.h>
#include <string.h>

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

static const struct {
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

const char *pve_role_for(const char *privileges, char ret_privilege[48])
{
    int best = -1;
    const char *at = privileges;
    while (*at != '\0') {
        const size_t len = strcspn(at, "|, ");
        for (size_t i = 0; i < sizeof(grants) / sizeof(grants[0]); i++) {
            if (strlen(grants[i].privilege) != len || memcmp(grants[i].privilege, at, len) != 0)
                continue;
            if (best >= 0 && grants[i].role >= grants[best].role)
                continue;
            best = (int)i;
        }
        at += len;
        at += strspn(at, "|, ");
    }
    if (best < 0)
        return NULL;
    if (ret_privilege != NULL)
        (void)snprintf(ret_privilege, 48, "%s", grants[best].privilege);
    return role_names[grants[best].role];
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

bool pve_grant_line(const char *path, const char *privileges, char *out, size_t out_size)
{
    char privilege[48] = "";
    const char *role = pve_role_for(privileges, privilege);
    out[0] = '\0';
    if (role == NULL || !path_is_plain(path))
        return false;
    int n;
    if (strcmp(role, role_names[ADMINISTRATOR]) != 0)
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
