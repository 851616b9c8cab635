/* SPDX-License-Identifier: Apache-2.0 */
/* The types of storage.cfg: what each takes, what is fixed, what it can hold, what goes with its entry. */
#ifndef PROXIMO_STORAGE_TYPES_H
#define PROXIMO_STORAGE_TYPES_H

#include "../common/config_object.h"

struct storage_type {
    const char *name;
    const char *required; /* without them POST fails; fixed afterwards. Words with spaces between */
    const char *fixed;    /* may be given at creation only */
    const char *needed;   /* required at creation, changeable afterwards */
    const char *optional; /* beside content, nodes, disable, which all take */
    const char *contents; /* what it can hold, beside "none" */
    bool shared;          /* the same on all nodes by its nature: takes no "shared" */
    bool until_8;         /* Proxmox VE 9 does not know it any more */
};
/* NULL: a type that is not known here (a plugin of a third party). */
const struct storage_type *storage_type(const char *name);
bool storage_type_takes(const struct storage_type *type, const char *key);
bool storage_type_fixes(const struct storage_type *type, const char *key);
/* All that a type takes, as a sentence wants it: "path, nodes, ..."; NULL: no memory. */
const char *storage_type_keys(const struct asking *a, const struct storage_type *type);
/* Is the word one of the list "a b c"? */
bool word_among(const char *list, const char *word);

/* Every key that an entry can have. */
#define STORAGE_KEYS 63u
extern const struct config_key storage_keys[STORAGE_KEYS];

/* How an entry of storage.cfg relates to another. */
#define STORAGE_APART  0
#define STORAGE_SAME   1 /* the same data under another name */
#define STORAGE_INSIDE 2 /* its path lies inside the first one's */
#define STORAGE_BASED  3 /* its base volume is on the first one */
int storage_relation(const struct asking *a, struct json_object *first, struct json_object *other);
/* Where a storage of files is mounted: its path, or Proxmox's own place for it; NULL: it has none. */
const char *storage_path(const struct asking *a, struct json_object *config);
/* Is path, up to a space, the same as `above` or below it? */
bool path_within(const char *path, const char *above);

/* What of the entry's secrets goes when it is removed, as a reason; NULL: nothing does. */
const char *storage_secret_that_goes(struct json_object *config);

/* Sets *ret to the list of GET /storage, the caller's; NULL and *ret_why when it could not be read or is not
 * whole (then both may be set). Negative when the call is over. */
int32_t storage_entries(const struct asking *a, struct json_object **ret, const char **ret_why);

#endif
