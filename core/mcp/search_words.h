/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the search: words, and what a query asks for. */
#ifndef PROXIMO_MCP_SEARCH_WORDS_H
#define PROXIMO_MCP_SEARCH_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "mcp/search.h"
#include "mcp/synonyms.h"

#define QUERY_TERMS 16

/* One thing a query asks for: a word, or a phrase of the table of synonyms. */
struct term {
    char word[SEARCH_WORD_MAX]; /* "" for a phrase */
    const char *means;          /* of a row of the table; NULL: none */
    const char *same;           /* the group of words that the word belongs to; NULL: none */
    bool plural;
};

/* The next word of text: letters and digits of ASCII and whatever is not ASCII, in lower case, without the
 * ending of a plural. False at the end. ret_plural may be NULL. */
bool word_next(const char **text, char ret_word[SEARCH_WORD_MAX], bool *ret_plural);
bool word_is_stop(const char *word);
bool query_asks(const char *query); /* "which ...", "list ...": to know, not to do */
/* The terms of a query, each once; stop: its stop words instead. Returns how many. */
size_t terms_of(const char *query, bool stop, struct term ret[QUERY_TERMS]);
/* How well a known word answers a term: 0 not at all, 1 exactly. */
double term_fit(const struct term *term, const char *known);
/* The same for what may bring up a change: no beginnings of words that are short; row: what the table of
 * synonyms says counts too. */
bool term_fits_closely(const struct term *term, const char *known, bool row);

#endif
