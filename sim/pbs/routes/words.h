/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for the rows of the Backup Server's routes: patterns and parameters that many methods share. Source: the
 * API description of Proxmox Backup Server 4.2.
 */
#ifndef PROXIMO_SIM_PBS_ROUTES_H
#define PROXIMO_SIM_PBS_ROUTES_H

#include "../../routes/routes.h"
#include "../pbs.h"

/* clang-format off */
#define SAFE_ID     "[A-Za-z0-9_][A-Za-z0-9._-]*"
#define ONE_LINE    "[^[:cntrl:]]*"
#define HOST_LABEL  "[a-zA-Z0-9]([a-zA-Z0-9-]*[a-zA-Z0-9])?"
#define HOST_NAME   "[][A-Za-z0-9.:_-]+"
#define CIDR        "[0-9a-fA-F.:]+/[0-9]{1,3}"
#define SHA256      "[a-f0-9]{64}"
#define NAMESPACE   "((" SAFE_ID "/){0,7}" SAFE_ID ")?"
#define GROUP_ID    "[^[:space:]:/[:cntrl:]]+"
#define USERID      GROUP_ID "@" SAFE_ID
#define AUTH_ID     USERID "(!" SAFE_ID ")?"
#define FINGERPRINT "[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){31}"
#define ACL_PATH    "/|(/" SAFE_ID ")+"
#define UPID_TEXT \
    "UPID:[a-zA-Z0-9-]+:[0-9A-Fa-f]{8}:[0-9A-Fa-f]{8,9}:[0-9A-Fa-f]{8,16}:[0-9A-Fa-f]{8}:" \
    "[^:[:space:]]+:[^:[:space:]]*:[^:[:space:]]+:"

#define P_BACKUP_ID {.name = "backup-id", .pattern = SAFE_ID}
#define P_BACKUP_TYPE {.name = "backup-type", .values = "vm, ct, host"}
#define P_ID {.name = "id", .pattern = SAFE_ID, .min_length = 3, .max_length = 32}
#define P_NAME {.name = "name", .pattern = SAFE_ID, .min_length = 3, .max_length = 32}
#define P_NODE {.name = "node", .pattern = HOST_LABEL}
#define P_NS_OPT {.name = "ns", .pattern = NAMESPACE, .max_length = 256, .optional = true}
#define P_STORE_OPT \
    {.name = "store", .pattern = SAFE_ID, .min_length = 3, .max_length = 32, .optional = true}
#define P_STORE {.name = "store", .pattern = SAFE_ID, .min_length = 3, .max_length = 32}
/* clang-format on */

extern const struct sim_route_table pbs_routes_store, pbs_routes_jobs, pbs_routes_config, pbs_routes_access, pbs_routes_node;

#endif
