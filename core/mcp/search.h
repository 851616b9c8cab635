/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A word index over a few hundred small documents. A query word fits a word that equals it, that begins with
 * it (from three letters on) or that means the same (synonyms.c); never a piece inside a word. Immutable once
 * built; any thread.
 */
#ifndef PROXIMO_MCP_SEARCH_H
#define PROXIMO_MCP_SEARCH_H

#include <stdbool.h>
#include <stddef.h>

struct search;

#define SEARCH_WORD_MAX 32 /* bytes of a word, NUL included; longer ones are cut */

struct search *search_new(size_t documents); /* NULL without memory */
void search_free(struct search *search);
/* Marks a document that must not come up by chance (a tool that changes something): it is found by words of
 * weight SEARCH_STRONG and more alone, and by beginnings of words only where they are long. */
void search_guard(struct search *search, size_t document);
#define SEARCH_STRONG 5
/* Adds every word of text to a document; weight 1 (weak) to 10. -ENOMEM. */
int search_add(struct search *search, size_t document, unsigned weight, const char *text);
/* Documents that fit, best first, ties by document number. ret_order has room for all. */
size_t search_query(const struct search *search, const char *query, size_t *ret_order);
/* Known words near to query words that fit nothing, comma separated; false: none. */
bool search_nearest(const struct search *search, const char *query, char *ret, size_t size);

#endif
