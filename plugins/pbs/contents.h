/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backups of a datastore, namespace by namespace, and which of them a change takes away. Sources: GET
 * /admin/datastore/{store}/namespace and .../snapshots.
 */
#ifndef PROXIMO_PBS_CONTENTS_H
#define PROXIMO_PBS_CONTENTS_H

#include "place.h"

#define SPACES_MOST 1024u /* namespaces of a datastore that are looked at */

struct pbs_space {
    const char *ns;
    struct json_object *list; /* rows of GET snapshots; NULL: not read */
    const char *why;          /* why there is no list, or why it is not all of it; NULL: it is all */
};
struct pbs_contents {
    struct pbs_place at; /* what the change is aimed at */
    struct pbs_space *spaces;
    uint32_t count;
    const char *why;          /* why the list of namespaces is not all of it; NULL: it is */
    struct json_object *list; /* of namespaces */
    uint32_t going, staying;  /* backups that go; protected ones that would have gone */
};

extern const char contents_partial[]; /* why a list of backups is not all of it, said of a token's rights */

/* All namespaces of the place's datastore and what is in them. What cannot be read stays in `why`; negative
 * only when the call is over. contents_done drops what was read. */
int32_t contents_read(const struct pbs_place *at, struct pbs_contents *ret);
void contents_done(struct pbs_contents *c);
struct pbs_space *contents_space(const struct pbs_contents *c, const char *ns);
/* Is `ns` the namespace `top` or one below it? */
bool pbs_within(const char *ns, const char *top);

/* Marks what goes: the one backup, the group or, `below`, all within the place's namespace, but protected
 * ones. */
void contents_mark(struct pbs_contents *c, bool below);
bool contents_goes(struct json_object *row);
void contents_mark_row(struct pbs_contents *c, struct json_object *row);

/* Each row of a list of backups: is it of this group? type, id NULL: any. */
bool contents_of_group(struct json_object *row, const char *type, const char *id);
int64_t contents_time(struct json_object *row);
bool contents_verified(struct json_object *row, const char *state); /* "ok", "failed" */

/* For a blast function: each backup that goes, what that leaves of each group, and what could not be read. */
int32_t contents_tell(const struct pbs_contents *c);
/* Only what could not be read. */
int32_t contents_tell_unread(const struct pbs_contents *c);

#endif
