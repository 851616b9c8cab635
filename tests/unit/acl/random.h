/* SPDX-License-Identifier: Apache-2.0 */
/* Configurations by chance, the same for the same seed, in the form of recorded cases. */
#ifndef PROXIMO_TESTS_ACL_RANDOM_H
#define PROXIMO_TESTS_ACL_RANDOM_H

#include <json-c/json.h>
#include <stdint.h>

struct chance {
    uint64_t state; /* not 0 */
};
uint32_t chance_below(struct chance *chance, uint32_t limit);

/* Small, so that levels, groups and pools meet often. No two entries differ in the flag alone. New object. */
struct json_object *random_config(struct chance *chance);
/* An entry that the list does not have yet, whatever the flag; role NULL: any. type NULL: any. New object. */
struct json_object *random_entry(struct chance *chance, struct json_object *acl, const char *type,
                                 const char *role);
const char *random_path(struct chance *chance); /* also some that are not in normal form */
const char *random_who(struct chance *chance);  /* user or token */

#endif
