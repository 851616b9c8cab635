/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The word index: flat arrays, scanned whole for every query. With 150 tools of 60 words that is some 10,000
 * short comparisons, well below a tenth of a millisecond, and there is nothing to get wrong.
 */
#include "mcp/search.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define QUERY_WORDS  16
#define PREFIX_LEAST 3

struct posting {
    char word[SEARCH_WORD_MAX];
    unsigned document, weight;
};

struct search {
    struct posting *postings;
    size_t count, cap, documents;
};

/* Words that mean the same to somebody who asks; in their reduced form (see word_reduce). */
static const char *const synonyms[] = {
    "guest vm vms container ct cts lxc qemu kvm machine instance virtual",
    "node host server hypervisor",
    "disk volume drive",
    "storage datastore",
    "log journal syslog output",
    "task job upid",
    "snapshot checkpoint snap",
    "backup vzdump dump archive",
    "network interface iface nic bridge net",
    "memory ram mem",
    "cpu processor core load",
    "status state health running usage utilization",
    "config configuration setting option",
    "cluster datacenter quorum",
    "user account",
    "permission privilege acl right access role",
    "error failure failed failing problem",
    "inventory resource overview everything",
};

/* Words that say nothing about what is sought. */
static const char *const stop_words[] = {
    "a",    "about", "all",  "an",     "and",   "are",   "at",   "be",   "can",  "do",    "for",  "from",
    "get",  "give",  "has",  "have",   "how",   "i",     "in",   "is",   "it",   "list",  "me",   "my",
    "of",   "on",    "or",   "please", "pve",   "read",  "show", "that", "the",  "there", "this", "to",
    "tool", "was",   "what", "when",   "where", "which", "who",  "why",  "with",
};

/* The form in which words are compared: plural endings go, nothing cleverer. */
static void word_reduce(char *word)
{
    size_t len = strlen(word);

    if (len > 4 && strcmp(word + len - 3, "ies") == 0) {
        word[len - 3] = 'y';
        word[len - 2] = '\0';
    } else if (len > 3 && word[len - 1] == 's' && !strchr("sui", word[len - 2])) {
        word[len - 1] = '\0';
    }
}

/* The next word of text: letters and digits of ASCII and whatever is not ASCII, in lower case. False at the
 * end. */
static bool next_word(const char **text, char ret_word[SEARCH_WORD_MAX])
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
    word_reduce(ret_word);
    return len > 0;
}

struct search *search_new(size_t documents)
{
    struct search *search = calloc(1, sizeof(*search));

    if (search)
        search->documents = documents;
    return search;
}

void search_free(struct search *search)
{
    if (!search)
        return;
    free(search->postings);
    free(search);
}

/* The heaviest mention of a word in a document counts. */
static int search_add_word(struct search *search, size_t document, unsigned weight, const char *word)
{
    struct posting *posting;

    for (size_t i = search->count; i > 0 && search->postings[i - 1].document == document; i--) {
        posting = &search->postings[i - 1];
        if (strcmp(posting->word, word) == 0) {
            if (posting->weight < weight)
                posting->weight = weight;
            return 0;
        }
    }
    if (search->count == search->cap) {
        size_t cap = search->cap ? 2 * search->cap : 256;
        struct posting *grown = realloc(search->postings, cap * sizeof(*grown));

        if (!grown)
            return -ENOMEM;
        search->postings = grown;
        search->cap = cap;
    }
    posting = &search->postings[search->count++];
    *posting = (struct posting){.document = (unsigned)document, .weight = weight};
    (void)snprintf(posting->word, sizeof(posting->word), "%s", word);
    return 0;
}

int search_add(struct search *search, size_t document, unsigned weight, const char *text)
{
    char word[SEARCH_WORD_MAX] = "";
    int r = 0;

    while (r == 0 && text && next_word(&text, word))
        r = search_add_word(search, document, weight, word);
    return r;
}

/* ---------------------------------------------------------------- queries */

static bool is_stop_word(const char *word)
{
    for (size_t i = 0; i < sizeof(stop_words) / sizeof(stop_words[0]); i++) {
        if (strcmp(stop_words[i], word) == 0)
            return true;
    }
    return false;
}

static bool group_has(const char *group, const char *word)
{
    char member[SEARCH_WORD_MAX] = "";

    while (next_word(&group, member)) {
        if (strcmp(member, word) == 0)
            return true;
    }
    return false;
}

static bool same_meaning(const char *a, const char *b)
{
    for (size_t i = 0; i < sizeof(synonyms) / sizeof(synonyms[0]); i++) {
        if (group_has(synonyms[i], a))
            return group_has(synonyms[i], b);
    }
    return false;
}

/* How well a known word answers a query word: 0 not at all, 1 exactly. */
static double word_fit(const char *asked, const char *known)
{
    size_t len = strlen(asked);

    if (strcmp(asked, known) == 0)
        return 1.0;
    if (len >= PREFIX_LEAST && strncmp(asked, known, len) == 0)
        return 0.6;
    return same_meaning(asked, known) ? 0.5 : 0.0;
}

/* The words of a query that are stop words, or those that are not. Each once. */
static size_t words_of(const char *query, bool stop, char ret[QUERY_WORDS][SEARCH_WORD_MAX])
{
    char word[SEARCH_WORD_MAX] = "";
    size_t count = 0;

    while (count < QUERY_WORDS && next_word(&query, word)) {
        bool skip = is_stop_word(word) != stop;

        for (size_t i = 0; i < count && !skip; i++)
            skip = strcmp(ret[i], word) == 0;
        if (!skip)
            (void)snprintf(ret[count++], SEARCH_WORD_MAX, "%s", word);
    }
    return count;
}

/* Those that say something, or all of them if none does. */
static size_t query_words(const char *query, char ret[QUERY_WORDS][SEARCH_WORD_MAX])
{
    size_t count = words_of(query, false, ret);

    return count > 0 ? count : words_of(query, true, ret);
}

struct hit {
    double score;
    size_t document;
};

static int hit_compare(const void *a, const void *b)
{
    const struct hit *x = a, *y = b;

    if (x->score > y->score + 1e-9)
        return -1;
    if (y->score > x->score + 1e-9)
        return 1;
    return x->document < y->document ? -1 : x->document > y->document;
}

/* Adds what one query word is worth to every document; rare words are worth more. False: it fits nothing. */
static bool score_word(const struct search *search, const char *word, double *best, struct hit *hits)
{
    size_t having = 0;
    double rarity = 1.0;

    memset(best, 0, search->documents * sizeof(*best));
    for (size_t i = 0; i < search->count; i++) {
        const struct posting *p = &search->postings[i];
        double worth = word_fit(word, p->word) * p->weight;

        if (worth > best[p->document])
            best[p->document] = worth;
    }
    for (size_t d = 0; d < search->documents; d++)
        having += best[d] > 0;
    for (size_t rest = search->documents; having > 0 && rest >= 2 * having; rest /= 2)
        rarity += 0.7;
    for (size_t d = 0; d < search->documents; d++)
        hits[d].score += best[d] * rarity;
    return having > 0;
}

/* "list guests": a stop word finds nothing by itself, but it puts the tool that has it before its equals. */
static void score_stop_words(const struct search *search, const char *query, struct hit *hits)
{
    char words[QUERY_WORDS][SEARCH_WORD_MAX];
    size_t word_count = words_of(query, true, words);

    for (size_t w = 0; w < word_count; w++) {
        for (size_t i = 0; i < search->count; i++) {
            const struct posting *p = &search->postings[i];

            if (hits[p->document].score > 0 && strcmp(words[w], p->word) == 0)
                hits[p->document].score += 0.1 * p->weight;
        }
    }
}

size_t search_query(const struct search *search, const char *query, size_t *ret_order)
{
    char words[QUERY_WORDS][SEARCH_WORD_MAX];
    size_t word_count = query_words(query, words), count = 0;
    struct hit *hits = calloc(search->documents ? search->documents : 1, sizeof(*hits));
    double *best = calloc(search->documents ? search->documents : 1, sizeof(*best));

    if (hits && best) {
        for (size_t d = 0; d < search->documents; d++)
            hits[d].document = d;
        for (size_t i = 0; i < word_count; i++)
            (void)score_word(search, words[i], best, hits);
        score_stop_words(search, query, hits);
        qsort(hits, search->documents, sizeof(*hits), hit_compare);
        /* What is far behind the best only shares a common word with the question. */
        while (count < search->documents && hits[count].score > 0 &&
               hits[count].score >= 0.25 * hits[0].score) {
            ret_order[count] = hits[count].document;
            count++;
        }
    }
    free(hits);
    free(best);
    return count;
}

static const char *nearest_word(const struct search *search, const char *word)
{
    const char *nearest = NULL;
    unsigned least = strlen(word) < 5 ? 2 : 3;

    for (size_t i = 0; i < search->count; i++) {
        const char *known = search->postings[i].word;
        unsigned distance;

        if (word_fit(word, known) > 0)
            return NULL;
        if (is_stop_word(known) || strlen(known) < PREFIX_LEAST)
            continue;
        distance = text_distance(word, known);
        if (distance < least) {
            least = distance;
            nearest = known;
        }
    }
    return nearest;
}

bool search_nearest(const struct search *search, const char *query, char *ret, size_t size)
{
    char words[QUERY_WORDS][SEARCH_WORD_MAX];
    size_t word_count = query_words(query, words), len = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < word_count; i++) {
        const char *near = nearest_word(search, words[i]);

        if (near && len + strlen(near) + 3 < size && !text_in_list(ret, near))
            len += (size_t)snprintf(ret + len, size - len, "%s%s", len ? ", " : "", near);
    }
    return len > 0;
}
