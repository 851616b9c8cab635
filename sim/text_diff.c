/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The difference of two short texts, as "diff -u" writes it: longest common subsequence of the lines, hunks
 * with three lines around.
 */
#include "network.h"

#include <stdlib.h>
#include <string.h>

#define LINES_MAX 2000
#define CONTEXT   3

struct text {
    const char *lines[LINES_MAX];
    size_t lengths[LINES_MAX];
    size_t count;
};

/* A line of the result: kept ' ', gone '-', new '+'. */
struct step {
    char mark;
    size_t old_at, new_at; /* how many lines of each came before */
};

static void split(const char *text, struct text *out)
{
    for (out->count = 0; *text && out->count < LINES_MAX; out->count++) {
        size_t n = strcspn(text, "\n");

        out->lines[out->count] = text;
        out->lengths[out->count] = n;
        text += n + (text[n] == '\n');
    }
}

static bool same(const struct text *a, size_t i, const struct text *b, size_t k)
{
    return a->lengths[i] == b->lengths[k] && memcmp(a->lines[i], b->lines[k], a->lengths[i]) == 0;
}

/* Writes the steps from `a` to `b`; returns their number. `table` has room for (a+1)*(b+1). */
static size_t walk(const struct text *a, const struct text *b, unsigned short *table, struct step *steps)
{
    const size_t width = b->count + 1;
    size_t i, k, n = 0;

    for (i = a->count + 1; i-- > 0;) {
        for (k = b->count + 1; k-- > 0;) {
            unsigned short down = i < a->count ? table[(i + 1) * width + k] : 0;
            unsigned short right = k < b->count ? table[i * width + k + 1] : 0;

            if (i == a->count || k == b->count)
                table[i * width + k] = 0;
            else if (same(a, i, b, k))
                table[i * width + k] = (unsigned short)(table[(i + 1) * width + k + 1] + 1);
            else
                table[i * width + k] = down >= right ? down : right;
        }
    }
    for (i = 0, k = 0; i < a->count || k < b->count;) {
        struct step step = {' ', i, k};

        if (i < a->count && k < b->count && same(a, i, b, k)) {
            i++;
            k++;
        } else if (k == b->count ||
                   (i < a->count && table[(i + 1) * width + k] >= table[i * width + k + 1])) {
            step.mark = '-';
            i++;
        } else {
            step.mark = '+';
            k++;
        }
        steps[n++] = step;
    }
    return n;
}

/* Where the hunk ends that has a change at `at`: changes with less than two contexts between are one. */
static size_t hunk_end(const struct step *steps, size_t count, size_t at)
{
    size_t last = at;

    for (size_t i = at; i < count && i <= last + 2 * CONTEXT; i++) {
        if (steps[i].mark != ' ')
            last = i;
    }
    return last + CONTEXT < count ? last + CONTEXT + 1 : count;
}

static void print_hunk(FILE *out, const struct text *a, const struct text *b, const struct step *steps,
                       size_t from, size_t to)
{
    size_t gone = 0, new = 0;

    for (size_t i = from; i < to; i++) {
        gone += steps[i].mark != '+';
        new += steps[i].mark != '-';
    }
    fprintf(out, "@@ -%zu,%zu +%zu,%zu @@\n", steps[from].old_at + (gone > 0), gone,
            steps[from].new_at + (new > 0), new);
    for (size_t i = from; i < to; i++) {
        const struct text *side = steps[i].mark == '+' ? b : a;
        size_t line = steps[i].mark == '+' ? steps[i].new_at : steps[i].old_at;

        fprintf(out, "%c%.*s\n", steps[i].mark, (int)side->lengths[line], side->lines[line]);
    }
}

static void print_hunks(FILE *out, const struct text *a, const struct text *b, const struct step *steps,
                        size_t count)
{
    size_t done = 0;

    for (size_t i = 0; i < count; i++) {
        size_t from, end;

        if (steps[i].mark == ' ')
            continue;
        from = i > CONTEXT ? i - CONTEXT : 0;
        end = hunk_end(steps, count, i);
        print_hunk(out, a, b, steps, from > done ? from : done, end);
        done = end;
        i = end - 1;
    }
}

char *sim_text_diff(const char *old_name, const char *old_text, const char *new_name, const char *new_text)
{
    struct text *a = calloc(1, sizeof *a), *b = calloc(1, sizeof *b);
    unsigned short *table = NULL;
    struct step *steps = NULL;
    char *text = NULL;
    FILE *out = NULL;
    size_t size = 0;

    if (!a || !b || strcmp(old_text, new_text) == 0)
        goto out;
    split(old_text, a);
    split(new_text, b);
    table = calloc((a->count + 1) * (b->count + 1), sizeof *table);
    steps = calloc(a->count + b->count + 1, sizeof *steps);
    out = table && steps ? open_memstream(&text, &size) : NULL;
    if (!out)
        goto out;
    fprintf(out, "--- %s\n+++ %s\n", old_name, new_name);
    print_hunks(out, a, b, steps, walk(a, b, table, steps));
    if (fclose(out) != 0) {
        free(text);
        text = NULL;
    }
out:
    free(steps);
    free(table);
    free(b);
    free(a);
    return text;
}
