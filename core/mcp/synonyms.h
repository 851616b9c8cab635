/* SPDX-License-Identifier: Apache-2.0 */
/* What people type and what the tools say instead: tables for the search, nothing else. */
#ifndef PROXIMO_MCP_SYNONYMS_H
#define PROXIMO_MCP_SYNONYMS_H

#include <stddef.h>

/* One row for a word, or a phrase of up to SYNONYM_PHRASE words, that people type: the words of the tools
 * that it stands for. It holds in this direction alone. */
struct synonym {
    const char *asked, *means;
};
#define SYNONYM_PHRASE 3

extern const struct synonym synonyms[];
extern const size_t synonym_count;

/* Words that mean the same, a group a row; they hold in every direction. */
extern const char *const same_words[];
extern const size_t same_word_count;

/* Words that say nothing about what is sought. */
extern const char *const stop_words[];
extern const size_t stop_word_count;

/* With which a question begins, not an order. */
extern const char *const asking_words[];
extern const size_t asking_word_count;

#endif
