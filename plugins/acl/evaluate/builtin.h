/* SPDX-License-Identifier: Apache-2.0 */
/* The table of builtin roles: each privilege with the roles that hold it. */
#ifndef PROXIMO_ACL_BUILTIN_H
#define PROXIMO_ACL_BUILTIN_H

#include <stdint.h>

#define ADMINISTRATOR   (1u << 0)
#define ADMIN           (1u << 1)
#define AUDITOR         (1u << 2)
#define DATASTORE_ADMIN (1u << 3)
#define DATASTORE_USER  (1u << 4)
#define MAPPING_ADMIN   (1u << 5)
#define MAPPING_USER    (1u << 6)
#define POOL_ADMIN      (1u << 7)
#define POOL_USER       (1u << 8)
#define SDN_ADMIN       (1u << 9)
#define SDN_USER        (1u << 10)
#define SYS_ADMIN       (1u << 11)
#define TEMPLATE_USER   (1u << 12)
#define USER_ADMIN      (1u << 13)
#define VM_ADMIN        (1u << 14)
#define VM_USER         (1u << 15)

struct builtin_privilege {
    const char *name;
    uint32_t roles;
};
struct builtin_role {
    const char *name;
    uint32_t bit; /* 0: holds nothing */
};
extern const struct builtin_privilege builtin_privileges[];
extern const uint32_t builtin_privilege_count;
extern const struct builtin_role builtin_roles[];
extern const uint32_t builtin_role_count;

#endif
