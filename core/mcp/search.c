/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The word index: flat arrays, scanned whole for every query. With 350 tools of 60 words that is some 20,000
 * short comparisons, about a tenth of a millisecond, and there is nothing to get wrong.
 */
#include "mcp/search.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "mcp/search_words.h"

#define NEAREST_LEAST 3 /* letters of a word that is proposed */

struct posting {
    char word[SEARCH_WORD_MAX];
    unsigned document, weight;
    bool plural; /* where it is heaviest */
};

struct search {
    struct posting *postings;
    size_t count, cap, documents;
    bool *guarded; /* by document */
};

struct search *search_new(size_t documents)
{
    struct search *search = calloc(1, sizeof(*search));

    if (!search)
        return NULL;
    search->documents = documents;
    search->guarded = calloc(documents + 1, sizeof(*search->guarded));
    if (!search->guarded) {
        free(search);
        return NULL;
    }
    return search;
}

void search_guard(struct search *search, size_t document)
{
    search->guarded[document] = true;
}

void search_free(struct search *search)
{
    if (!search)
        return;
    free(search->postings);
    free(search->guarded);
    free(search);
}

/* The heaviest mention of a word in a document counts. */
static int search_add_word(struct search *search, size_t document, unsigned weight, const char *word,
                           bool plural)
{
    struct posting *posting;

    for (size_t i = search->count; i > 0 && search->postings[i - 1].document == document; i--) {
        posting = &search->postings[i - 1];
        if (strcmp(posting->word, word) == 0) {
            if (posting->weight < weight) {
                posting->weight = weight;
                posting->plural = plural;
            } else if (posting->weight == weight) {
                posting->plural = posting->plural || plural;
            }
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
    *posting = (struct posting){.document = (unsigned)document, .weight = weight, .plural = plural};
    (void)snprintf(posting->word, sizeof(posting->word), "%s", word);
    return 0;
}

int search_add(struct search *search, size_t document, unsigned weight, const char *text)
{
    char word[SEARCH_WORD_MAX] = "", before[SEARCH_WORD_MAX] = "";
    bool plural = false;
    int r = 0;

    while (r == 0 && text && word_next(&text, word, &plural)) {
        /* A dry run runs nothing: who wants to run something does not look for it. */
        if (strcmp(before, "dry") != 0 || strcmp(word, "run") != 0)
            r = search_add_word(search, document, weight, word, plural);
        (void)snprintf(before, sizeof(before), "%s", word);
    }
    return r;
}

/* ---------------------------------------------------------------- queries */

/* Those that say something, or all of them if none does. */
static size_t query_terms(const char *query, struct term ret[QUERY_TERMS], bool *ret_empty)
{
    size_t count = terms_of(query, false, ret);

    *ret_empty = count == 0;
    return count > 0 ? count : terms_of(query, true, ret);
}

#define BEST_ALONE 0.85 /* what the best word of a document counts of all its words that fit a term */

struct hit {
    double score;
    size_t document;
    size_t named; /* of a guarded document: terms that a strong word fits */
    bool acted;   /* one of these words says what is done */
    bool thing;   /* and one to what: it may fit by any of its meanings */
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

/* Do only guarded documents have this word in a strong place? It then says what is done, not to what. */
static bool word_acts(const struct search *search, const char *word)
{
    for (size_t i = 0; i < search->count; i++) {
        const struct posting *p = &search->postings[i];

        if (p->weight >= SEARCH_STRONG && !search->guarded[p->document] && strcmp(p->word, word) == 0)
            return false;
    }
    return true;
}

/* Is this word of a guarded document what the term asks for? acts: of word_acts. */
static bool names_guarded(const struct term *term, const struct posting *p, bool acts, struct hit *hit)
{
    hit->thing = hit->thing || !acts;
    if (!term_fits_closely(term, p->word, acts) || (acts && term->plural && !p->plural))
        return false;
    hit->acted = hit->acted || acts;
    return true;
}

/* Adds what one term is worth to every document; rare words are worth more. Does it name a thing, not an act,
 * that is known? */
static bool score_term(const struct search *search, const struct term *term, double *best, double *sum,
                       struct hit *hits)
{
    bool thing = false, act = false;
    size_t having = 0, last = SIZE_MAX; /* the document that was last counted as named */
    double rarity = 1.0;

    memset(best, 0, search->documents * sizeof(*best));
    memset(sum, 0, search->documents * sizeof(*sum));
    for (size_t i = 0; i < search->count; i++) {
        const struct posting *p = &search->postings[i];
        double worth = term_fit(term, p->word) * p->weight;

        if (worth <= 0)
            continue;
        if (term->plural && p->plural)
            worth *= 1.2;
        sum[p->document] += worth;
        if (worth > best[p->document])
            best[p->document] = worth;
        if (p->weight < SEARCH_STRONG)
            continue;
        const bool acts = word_acts(search, p->word);
        thing = thing || !acts;
        act = act || acts;
        if (search->guarded[p->document] && names_guarded(term, p, acts, &hits[p->document]) &&
            p->document != last) {
            last = p->document;
            hits[last].named++;
        }
    }
    for (size_t d = 0; d < search->documents; d++)
        having += best[d] > 0;
    for (size_t rest = search->documents; having > 0 && rest >= 2 * having; rest /= 2)
        rarity += 0.7;
    for (size_t d = 0; d < search->documents; d++)
        hits[d].score += (BEST_ALONE * best[d] + (1 - BEST_ALONE) * sum[d]) * rarity;
    return thing && !act;
}

/* "list guests": a stop word finds nothing by itself, but it puts the tool that has it before its equals. */
static void score_stop_words(const struct search *search, const char *query, struct hit *hits)
{
    struct term terms[QUERY_TERMS];
    size_t count = terms_of(query, true, terms);

    for (size_t t = 0; t < count; t++) {
        for (size_t i = 0; i < search->count; i++) {
            const struct posting *p = &search->postings[i];

            if (hits[p->document].score > 0 && p->weight >= SEARCH_STRONG &&
                strcmp(terms[t].word, p->word) == 0)
                hits[p->document].score += 0.1 * p->weight;
        }
    }
}

/* A guarded document is found by its name, title or class alone. If the query says only to what, not what is
 * to be done, these must fit it whole, and what only tells about the same thing comes first. If it says both,
 * both must fit: what removes a pool is no answer to who wants to remove a node. A question is no order: it
 * must fit whole and say what is done, and even then what can be read comes first. terms 0: the query says
 * nothing; things: of them, those that name a thing. */
static void judge_guarded(const struct search *search, const char *query, size_t terms, size_t things,
                          struct hit *hits)
{
    const bool asks = query_asks(query);

    for (size_t d = 0; d < search->documents; d++) {
        const struct hit *hit = &hits[d];

        if (!search->guarded[d])
            continue;
        if (terms == 0 || hit->named == 0 || (hit->acted ? things > 0 && !hit->thing : asks) ||
            ((asks || !hit->acted) && hit->named < terms))
            hits[d].score = 0;
        else
            hits[d].score *= hit->acted && !asks ? 1.3 : 0.5;
    }
}

size_t search_query(const struct search *search, const char *query, size_t *ret_order)
{
    struct term terms[QUERY_TERMS];
    bool empty;
    size_t term_count = query_terms(query, terms, &empty), count = 0, things = 0;
    struct hit *hits = calloc(search->documents ? search->documents : 1, sizeof(*hits));
    double *best = calloc(search->documents + 1, 2 * sizeof(*best));

    if (hits && best) {
        for (size_t d = 0; d < search->documents; d++)
            hits[d].document = d;
        for (size_t i = 0; i < term_count; i++)
            things += score_term(search, &terms[i], best, best + search->documents, hits);
        score_stop_words(search, query, hits);
        judge_guarded(search, query, empty ? 0 : term_count, things, hits);
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

static const char *nearest_word(const struct search *search, const struct term *term)
{
    const char *nearest = NULL;
    unsigned least = strlen(term->word) < 5 ? 2 : 3;

    for (size_t i = 0; i < search->count; i++) {
        const char *known = search->postings[i].word;
        unsigned distance;

        if (term_fit(term, known) > 0)
            return NULL;
        if (word_is_stop(known) || strlen(known) < NEAREST_LEAST)
            continue;
        distance = text_distance(term->word, known);
        if (distance < least) {
            least = distance;
            nearest = known;
        }
    }
    return nearest;
}

bool search_nearest(const struct search *search, const char *query, char *ret, size_t size)
{
    struct term terms[QUERY_TERMS];
    bool empty;
    size_t count = query_terms(query, terms, &empty), len = 0;

    ret[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *near = terms[i].word[0] ? nearest_word(search, &terms[i]) : NULL;

        if (near && len + strlen(near) + 3 < size && !text_in_list(ret, near))
            len += (size_t)snprintf(ret + len, size - len, "%s%s", len ? ", " : "", near);
    }
    return len > 0;
}
