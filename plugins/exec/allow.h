/* SPDX-License-Identifier: Apache-2.0 */
/* Which guests commands may run in: ids, ranges of ids and tags. Nothing listed: none. Read once, then only
 * read. */
#ifndef PROXIMO_EXEC_ALLOW_H
#define PROXIMO_EXEC_ALLOW_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stdint.h>

struct allow_entry {
    uint32_t first, last; /* a range of ids; 0: tag holds */
    char *tag;
};
struct allow_list {
    struct allow_entry *entries;
    uint32_t count;
    bool tags; /* some entry is a tag */
};

/* From an array of 105, "105", "200-210", "tag:web" and "*"; NULL is an empty one. On failure ret_wrong is
 * the entry that makes no sense (borrowed). allow_done in any case. */
int allow_read(struct json_object *array, struct allow_list *ret, const char **ret_wrong);
void allow_done(struct allow_list *list);
/* vmid as digits. tags: those of the guest ("a;b"), NULL: not known, then only ids count. */
bool allow_has(const struct allow_list *list, const char *vmid, const char *tags);

#endif
