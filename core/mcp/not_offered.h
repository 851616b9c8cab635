/* SPDX-License-Identifier: Apache-2.0 */
/* What Proxmox can do and this server leaves out on purpose, with the reason: said to who looks for it. */
#ifndef PROXIMO_MCP_NOT_OFFERED_H
#define PROXIMO_MCP_NOT_OFFERED_H

#include <stdbool.h>
#include <stddef.h>

struct buf;

struct not_offered {
    const char *what;    /* a noun phrase in the plural */
    const char *phrases; /* comma separated, of reduced words (search_words.c); one in the text is enough */
    const char *why;
    const char *instead;
};

extern const struct not_offered not_offered[];
extern const size_t not_offered_count;

/* The first row that a query, or the name of a tool that does not exist, asks for; NULL: none. Any thread. */
const struct not_offered *not_offered_find(const char *text);
/* Appends the member "not_offered" with all rows that the query asks for; nothing where there is none. */
void not_offered_put(struct buf *out, const char *query);

#endif
