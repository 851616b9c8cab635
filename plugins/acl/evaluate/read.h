/* SPDX-License-Identifier: Apache-2.0 */
/* What the readers of the API's answers and of recorded cases share. */
#ifndef PROXIMO_ACL_READ_H
#define PROXIMO_ACL_READ_H

#include "inner.h"

typedef int read_row_fn(struct acl_model *model, struct json_object *row);
typedef int read_word_fn(struct acl_model *model, const char *of, const char *word);

struct json_object *read_member(struct json_object *of, const char *name); /* borrowed; NULL */
const char *read_text(struct json_object *of, const char *name);           /* borrowed; NULL: no text */
/* A flag of the API: 0, 1, true, false, or these as a text. */
bool read_flag(struct json_object *of, const char *name, bool otherwise);
int64_t read_number(struct json_object *of, const char *name);
/* row of each object of a list. -EINVAL: no list of objects. */
int read_each(struct acl_model *model, struct json_object *data, read_row_fn *row);
/* The same for one part; it counts as read, or as incomplete when this fails. */
int read_part(struct acl_model *model, uint32_t part, struct json_object *data, read_row_fn *row);
/* word of each name in a list, or in a text with commas. No value: none. */
int read_words(struct acl_model *model, struct json_object *value, const char *of, read_word_fn *word);

int group_add(struct acl_model *model, const char *group, const char *user); /* user NULL: the group alone */
/* A pool; members: those follow, all. */
int pool_add(struct acl_model *model, const char *pool, bool members);
/* pool_member_add(model, pool, "vms", "100"): kind is the path's first element. */
int pool_member_add(struct acl_model *model, const char *pool, const char *kind, const char *id);
int token_add(struct acl_model *model, const char *id, size_t length, struct json_object *row);
int read_user(struct acl_model *model, struct json_object *row);

#endif
