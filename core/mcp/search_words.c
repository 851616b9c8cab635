/* SPDX-License-Identifier: Apache-2.0 */
/* Words of texts and queries, and when two of them fit. */
#include "mcp/search_words.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define PREFIX_LEAST 3
#define CLOSE_PREFIX 5 /* letters from which a beginning is enough to bring up a change */

/* The form in which words are compared: plural endings go, nothing cleverer. */
static bool word_reduce(char *word)
{
    size_t len = strlen(word);

    if (strcmp(word, "updates") == 0) /* things; to "update" is to act */
        return false;
    if (len > 4 && strcmp(word + len - 3, "ies") == 0) {
        word[len - 3] = 'y';
        word[len - 2] = '\0';
        return true;
    }
    if ((len > 3 && word[len - 1] == 's' && !strchr("sui", word[len - 2])) || strcmp(word, "vms") == 0 ||
        strcmp(word, "cts") == 0) {
        word[len - 1] = '\0';
        return true;
    }
    return false;
}

bool word_next(const char **text, char ret_word[SEARCH_WORD_MAX], bool *ret_plural)
{
    const unsigned char *c = (const unsigned char *)*text;
    size_t len = 0;

    while (*c && !isalnum(*c) && *c < 0x80)
        c++;
    for (; *c && (isalnum(*c) || *c >= 0x80); c++) {
        if (len + 1 < SEARCH_WORD_MAX)
            ret_word[len++] = (char)tolower(*c);
    }
    ret_word[len] = '\0';
    *text = (const char *)c;
    const bool plural = word_reduce(ret_word);
    if (ret_plural)
        *ret_plural = plural;
    return len > 0;
}

bool word_is_stop(const char *word)
{
    if (word[0] && !word[1]) /* the end of "guest's" */
        return true;
    for (size_t i = 0; i < stop_word_count; i++) {
        if (strcmp(stop_words[i], word) == 0)
            return true;
    }
    return false;
}

bool query_asks(const char *query)
{
    char word[SEARCH_WORD_MAX] = "";

    (void)word_next(&query, word, NULL);
    for (size_t i = 0; i < asking_word_count; i++) {
        if (strcmp(asking_words[i], word) == 0)
            return true;
    }
    return false;
}

static bool group_has(const char *group, const char *word)
{
    char member[SEARCH_WORD_MAX] = "";

    while (word_next(&group, member, NULL)) {
        if (strcmp(member, word) == 0)
            return true;
    }
    return false;
}

/* Looked up once for a term: a search asks for every word that is known. */
static const char *group_of(const char *word)
{
    for (size_t i = 0; i < same_word_count; i++) {
        if (group_has(same_words[i], word))
            return same_words[i];
    }
    return NULL;
}

static bool same_meaning(const struct term *term, const char *known)
{
    return term->same && group_has(term->same, known);
}

/* Does the query go on with all words of this phrase? *ret_words: how many those are. */
static bool begins_with(const char *query, const char *phrase, size_t *ret_words)
{
    char asked[SEARCH_WORD_MAX] = "", word[SEARCH_WORD_MAX] = "";
    size_t words = 0;

    for (; word_next(&phrase, word, NULL); words++) {
        if (!word_next(&query, asked, NULL) || strcmp(asked, word) != 0)
            return false;
    }
    *ret_words = words;
    return words > 0;
}

/* The row for what the query goes on with; the longest phrase wins. */
static const struct synonym *synonym_for(const char *query, size_t *ret_words)
{
    const struct synonym *best = NULL;
    size_t words, most = 0;

    for (size_t i = 0; i < synonym_count; i++) {
        if (begins_with(query, synonyms[i].asked, &words) && words > most) {
            most = words;
            best = &synonyms[i];
        }
    }
    *ret_words = most;
    return best;
}

static bool term_known(const struct term *terms, size_t count, const struct term *term)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(terms[i].word, term->word) == 0 && (term->word[0] || terms[i].means == term->means))
            return true;
    }
    return false;
}

size_t terms_of(const char *query, bool stop, struct term ret[QUERY_TERMS])
{
    char word[SEARCH_WORD_MAX] = "";
    const char *before = NULL; /* the group of the word before */
    size_t count = 0, words;

    while (count < QUERY_TERMS) {
        const struct synonym *row = synonym_for(query, &words);
        struct term term = {.means = row ? row->means : NULL};

        if (!word_next(&query, word, &term.plural))
            break;
        for (size_t i = 1; i < words; i++)
            (void)word_next(&query, word, NULL);
        if (words < 2) {
            (void)snprintf(term.word, sizeof(term.word), "%s", word);
            term.same = group_of(word);
        }
        /* "virtual machine" is one thing said with two words of one meaning. */
        const bool again = term.same && term.same == before && !term.means;
        before = term.same;
        if ((term.word[0] && word_is_stop(term.word)) == stop && !again && !term_known(ret, count, &term))
            ret[count++] = term;
    }
    return count;
}

/* "stat" is the beginning of a status, "star" not of a start: the shorter, the more has to follow. */
static bool is_beginning(const char *asked, size_t len, const char *known)
{
    if (len < PREFIX_LEAST || strncmp(asked, known, len) != 0)
        return false;
    return len >= CLOSE_PREFIX || strlen(known) >= len + (len == PREFIX_LEAST ? 3 : 2);
}

double term_fit(const struct term *term, const char *known)
{
    size_t len = strlen(term->word);

    if (len > 0 && strcmp(term->word, known) == 0)
        return 1.0;
    if (term->means && group_has(term->means, known))
        return 0.7;
    if (is_beginning(term->word, len, known))
        return 0.6;
    return same_meaning(term, known) ? 0.5 : 0.0;
}

bool term_fits_closely(const struct term *term, const char *known, bool row)
{
    size_t len = strlen(term->word);

    if (len > 0 && (strcmp(term->word, known) == 0 || same_meaning(term, known)))
        return true;
    return (len >= CLOSE_PREFIX && strncmp(term->word, known, len) == 0) ||
           (row && term->means && group_has(term->means, known));
}
