/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Privileges and builtin roles of release 9 (pve-access-control 9.1.1, as GET /access/roles lists them).
 * Which privileges the builtin roles of other releases hold is not recorded here: read the roles there.
 * Release 8.4 names VM.Monitor and knows neither VM.GuestAgent.* nor VM.Replicate (permissions in its API
 * description).
 */
#include "builtin.h"

const struct builtin_privilege builtin_privileges[] = {
    {"Datastore.Allocate", ADMINISTRATOR | ADMIN | DATASTORE_ADMIN},
    {"Datastore.AllocateSpace", ADMINISTRATOR | ADMIN | DATASTORE_ADMIN | DATASTORE_USER},
    {"Datastore.AllocateTemplate", ADMINISTRATOR | ADMIN | DATASTORE_ADMIN},
    {"Datastore.Audit", ADMINISTRATOR | ADMIN | AUDITOR | DATASTORE_ADMIN | DATASTORE_USER},
    {"Group.Allocate", ADMINISTRATOR | ADMIN | USER_ADMIN},
    {"Mapping.Audit", ADMINISTRATOR | ADMIN | AUDITOR | MAPPING_ADMIN | MAPPING_USER},
    {"Mapping.Modify", ADMINISTRATOR | MAPPING_ADMIN},
    {"Mapping.Use", ADMINISTRATOR | ADMIN | MAPPING_ADMIN | MAPPING_USER},
    {"Permissions.Modify", ADMINISTRATOR},
    {"Pool.Allocate", ADMINISTRATOR | ADMIN | POOL_ADMIN},
    {"Pool.Audit", ADMINISTRATOR | ADMIN | AUDITOR | POOL_ADMIN | POOL_USER},
    {"Realm.Allocate", ADMINISTRATOR},
    {"Realm.AllocateUser", ADMINISTRATOR | ADMIN | USER_ADMIN},
    {"SDN.Allocate", ADMINISTRATOR | ADMIN | SDN_ADMIN},
    {"SDN.Audit", ADMINISTRATOR | ADMIN | AUDITOR | SDN_ADMIN | SDN_USER},
    {"SDN.Use", ADMINISTRATOR | ADMIN | SDN_ADMIN | SDN_USER},
    {"Sys.AccessNetwork", ADMINISTRATOR},
    {"Sys.Audit", ADMINISTRATOR | ADMIN | AUDITOR | SYS_ADMIN},
    {"Sys.Console", ADMINISTRATOR | ADMIN | SYS_ADMIN},
    {"Sys.Incoming", ADMINISTRATOR},
    {"Sys.Modify", ADMINISTRATOR},
    {"Sys.PowerMgmt", ADMINISTRATOR},
    {"Sys.Syslog", ADMINISTRATOR | ADMIN | SYS_ADMIN},
    {"User.Modify", ADMINISTRATOR | ADMIN | USER_ADMIN},
    {"VM.Allocate", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Audit", ADMINISTRATOR | ADMIN | AUDITOR | TEMPLATE_USER | VM_ADMIN | VM_USER},
    {"VM.Backup", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.Clone", ADMINISTRATOR | ADMIN | TEMPLATE_USER | VM_ADMIN},
    {"VM.Config.CDROM", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.Config.CPU", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Config.Cloudinit", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.Config.Disk", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Config.HWType", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Config.Memory", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Config.Network", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Config.Options", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Console", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.GuestAgent.Audit", ADMINISTRATOR | ADMIN | AUDITOR | VM_ADMIN | VM_USER},
    {"VM.GuestAgent.FileRead", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.GuestAgent.FileSystemMgmt", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.GuestAgent.FileWrite", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.GuestAgent.Unrestricted", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Migrate", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.PowerMgmt", ADMINISTRATOR | ADMIN | VM_ADMIN | VM_USER},
    {"VM.Replicate", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Snapshot", ADMINISTRATOR | ADMIN | VM_ADMIN},
    {"VM.Snapshot.Rollback", ADMINISTRATOR | ADMIN | VM_ADMIN},
};
const uint32_t builtin_privilege_count = sizeof(builtin_privileges) / sizeof(builtin_privileges[0]);

const struct builtin_role builtin_roles[] = {
    {"NoAccess", 0},
    {"Administrator", ADMINISTRATOR},
    {"PVEAdmin", ADMIN},
    {"PVEAuditor", AUDITOR},
    {"PVEDatastoreAdmin", DATASTORE_ADMIN},
    {"PVEDatastoreUser", DATASTORE_USER},
    {"PVEMappingAdmin", MAPPING_ADMIN},
    {"PVEMappingUser", MAPPING_USER},
    {"PVEPoolAdmin", POOL_ADMIN},
    {"PVEPoolUser", POOL_USER},
    {"PVESDNAdmin", SDN_ADMIN},
    {"PVESDNUser", SDN_USER},
    {"PVESysAdmin", SYS_ADMIN},
    {"PVETemplateUser", TEMPLATE_USER},
    {"PVEUserAdmin", USER_ADMIN},
    {"PVEVMAdmin", VM_ADMIN},
    {"PVEVMUser", VM_USER},
};
const uint32_t builtin_role_count = sizeof(builtin_roles) / sizeof(builtin_roles[0]);
