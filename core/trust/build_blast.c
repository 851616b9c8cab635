/* SPDX-License-Identifier: Apache-2.0 */
/* Who gets hurt: the blast function of every subject's class, at planning and again before a high risk. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "plane/site.h"
#include "trust/build.h"

#define KEY_LIMIT        8192u
#define DIFFERENCES_MOST 200u /* that are told one by one */
#define CLASS_BITS       (RISK_DESTROYS | RISK_CUTS_OFF | RISK_WIDENS)

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = NULL;
    return json_get_string(object, key, &text, NULL) == 0 ? text : "";
}

/* What two members of a row say together, as the key of a set. */
static int key_of(struct json_object *row, const char *a, const char *c, struct buf *out)
{
    buf_reset(out);
    buf_str(out, text_of(row, a));
    buf_char(out, '\x1f');
    buf_str(out, text_of(row, c));
    return buf_ok(out) && out->data ? 0 : -ENOMEM;
}

/* The keys of rows: a JSON object, for its hash table. There can be ten thousand. NULL: no memory. */
static struct json_object *keys_of(struct json_object *rows, const char *a, const char *c)
{
    CLEANUP_BUF struct buf key = BUF_INIT(KEY_LIMIT);
    struct json_object *keys = json_object_new_object();

    for (size_t i = 0; keys && rows && i < json_object_array_length(rows); i++) {
        if (key_of(json_object_array_get_idx(rows, i), a, c, &key) < 0 ||
            json_object_object_add(keys, key.data, NULL) < 0) {
            json_object_put(keys);
            keys = NULL;
        }
    }
    return keys;
}

/* Moves rows behind what is there, each once by two of its members. */
static int merge(struct json_object *from, struct json_object *into, const char *a, const char *c)
{
    CLEANUP_BUF struct buf key = BUF_INIT(KEY_LIMIT);
    CLEANUP_JSON struct json_object *keys = keys_of(into, a, c);

    for (size_t i = 0; keys && i < json_object_array_length(from); i++) {
        struct json_object *row = json_object_array_get_idx(from, i);
        if (key_of(row, a, c, &key) < 0)
            return -ENOMEM;
        if (json_object_object_get_ex(keys, key.data, NULL))
            continue;
        if (json_object_object_add(keys, key.data, NULL) < 0 ||
            json_object_array_add(into, json_object_get(row)) < 0)
            return -ENOMEM;
    }
    return keys ? 0 : -ENOMEM;
}

int blast_all(const struct blast_all *all, struct json_object *subjects, struct problem *p)
{
    struct blast_call call = {.planes = all->trust->planes,
                              .site = all->site,
                              .cache = all->cache,
                              .deadline_ms = all->call->deadline_ms,
                              .cancel = all->call->cancel,
                              .progress = all->progress,
                              .progress_arg = all->progress_arg};

    for (size_t i = 0; i < json_object_array_length(subjects); i++) {
        struct json_object *row = json_object_array_get_idx(subjects, i), *subject = NULL;
        struct blast_report report = {0};
        const char *class = text_of(row, "class");
        (void)json_get(row, "subject", json_type_object, &subject);
        call.last = i + 1 == json_object_array_length(subjects);
        int r = blast_run(&call, class, subject, &report, p);
        if (r < 0)
            return r;
        r = merge(report.affected, all->affected, "resource", "effect");
        if (r == 0)
            r = merge(report.incomplete, all->incomplete, "what", "why");
        if (r == 0 && all->report)
            r = all->report(all->arg, class, &report);
        blast_report_done(&report);
        if (r < 0)
            return build_no_memory(p);
    }
    return 0;
}

static const char *level_name(int64_t level)
{
    return risk_level_name(level < RISK_LOW ? RISK_LOW : (level > RISK_HIGH ? RISK_HIGH : (unsigned)level));
}

/* arg: struct build */
static int take_report(void *arg, const char *class, const struct blast_report *report)
{
    struct build *b = arg;
    CLEANUP_BUF struct buf text = BUF_INIT(600);

    b->flags |= report->class_flags & CLASS_BITS;
    buf_printf(&text, "%.100s is never below %s", class, level_name(report->class_floor));
    if (build_reason(b, "class", report->class_floor, text.data ? text.data : class) < 0)
        return -ENOMEM;
    for (size_t i = 0; i < json_object_array_length(report->risks); i++) {
        struct json_object *row = json_object_array_get_idx(report->risks, i);
        int64_t level = RISK_HIGH;
        (void)json_get_int(row, "risk", &level);
        if (build_reason(b, "blast", level < 0 ? RISK_HIGH : (unsigned)level, text_of(row, "reason")) < 0)
            return -ENOMEM;
    }
    for (size_t i = 0; i < json_object_array_length(report->affected); i++) {
        struct json_object *row = json_object_array_get_idx(report->affected, i);
        int64_t level = 0;
        if (json_get_int(row, "risk", &level) < 0 || level <= (int64_t)RISK_LOW)
            continue;
        buf_reset(&text);
        buf_printf(&text, "%.100s: %.400s", text_of(row, "resource"), text_of(row, "effect"));
        if (build_reason(b, "blast", (unsigned)level, text.data ? text.data : "") < 0)
            return -ENOMEM;
    }
    return 0;
}

struct ranked {
    struct json_object *row;
    int64_t risk;
    size_t place;
};

static int rank(const void *a, const void *c)
{
    const struct ranked *left = a, *right = c;

    if (left->risk != right->risk)
        return left->risk > right->risk ? -1 : 1;
    return left->place < right->place ? -1 : left->place > right->place;
}

/* The worst first, because of ten thousand rows a person is shown the first ones. */
static int sort_affected(struct json_object *rows)
{
    const size_t count = json_object_array_length(rows);
    struct ranked *ranked = calloc(count ? count : 1, sizeof(*ranked));

    if (!ranked)
        return -ENOMEM;
    for (size_t i = 0; i < count; i++) {
        ranked[i] = (struct ranked){.row = json_object_get(json_object_array_get_idx(rows, i)), .place = i};
        (void)json_get_int(ranked[i].row, "risk", &ranked[i].risk);
    }
    qsort(ranked, count, sizeof(*ranked), rank);
    for (size_t i = 0; i < count; i++)
        (void)json_object_array_put_idx(rows, i, ranked[i].row);
    free(ranked);
    return 0;
}

int build_blast(struct build *b, struct problem *p)
{
    const struct blast_all all = {.trust = b->trust,
                                  .site = b->request->site,
                                  .cache = b->cache,
                                  .call = &b->reading.site_call,
                                  .affected = b->affected,
                                  .incomplete = b->incomplete,
                                  .report = take_report,
                                  .arg = b,
                                  .progress = b->request->progress,
                                  .progress_arg = b->request->progress_arg};
    int r = blast_all(&all, b->subjects, p);
    return r == 0 && sort_affected(b->affected) < 0 ? build_no_memory(p) : r;
}

/* ---- again, before a high risk is run */

static void put_effect(struct buf *diff, const char *key, const char *effect)
{
    if (effect) {
        json_put_key_string(diff, key, effect);
    } else {
        json_put_key(diff, key);
        buf_str(diff, "{\"absent\":true}");
    }
}

static void put_difference(struct json_object *row, const char *what, const char *name, const char *words,
                           bool planned, struct buf *diff)
{
    if (diff->len)
        buf_char(diff, ',');
    buf_char(diff, '{');
    json_put_key_string(diff, "guard", what);
    json_put_key_string(diff, "field", text_of(row, name));
    put_effect(diff, "planned", planned ? text_of(row, words) : NULL);
    put_effect(diff, "now", planned ? NULL : text_of(row, words));
    buf_char(diff, '}');
}

/* Rows of a that b has not, by two members, as differences. `planned`: a is the plan's. Adds to *ret_count.
 */
static int put_missing(struct json_object *a, struct json_object *b, const char *what, const char *name,
                       const char *words, bool planned, struct buf *diff, size_t *ret_count)
{
    CLEANUP_BUF struct buf key = BUF_INIT(KEY_LIMIT);
    CLEANUP_JSON struct json_object *keys = keys_of(b, name, words);

    for (size_t i = 0; keys && a && i < json_object_array_length(a); i++) {
        struct json_object *row = json_object_array_get_idx(a, i);
        if (key_of(row, name, words, &key) < 0)
            return -ENOMEM;
        if (json_object_object_get_ex(keys, key.data, NULL))
            continue;
        if (++*ret_count <= DIFFERENCES_MOST)
            put_difference(row, what, name, words, planned, diff);
    }
    return keys ? 0 : -ENOMEM;
}

int plan_blast_again(struct trust *trust, const struct plan *plan, struct read_cache *cache,
                     const struct site_call *call, struct buf *diff, struct problem *p)
{
    CLEANUP_JSON struct json_object *affected = json_object_new_array();
    CLEANUP_JSON struct json_object *incomplete = json_object_new_array();
    struct json_object *subjects = NULL, *was = NULL, *was_incomplete = NULL;
    struct site *site = NULL;
    size_t count = 0;

    if (!affected || !incomplete || json_get(plan->root, "subjects", json_type_array, &subjects) < 0)
        return build_no_memory(p);
    int r = sites_find(trust->sites, plan->site, &site, p);
    if (r < 0)
        return r;
    const struct blast_all all = {.trust = trust,
                                  .site = site,
                                  .cache = cache,
                                  .call = call,
                                  .affected = affected,
                                  .incomplete = incomplete};
    r = blast_all(&all, subjects, p);
    if (r < 0)
        return r;
    (void)json_get(plan->root, "affected", json_type_array, &was);
    (void)json_get(plan->root, "incomplete", json_type_array, &was_incomplete);
    if (put_missing(was, affected, "affected", "resource", "effect", true, diff, &count) < 0 ||
        put_missing(affected, was, "affected", "resource", "effect", false, diff, &count) < 0 ||
        /* What planning could not read is no drift; what can be read no more is. */
        put_missing(incomplete, was_incomplete, "incomplete", "what", "why", false, diff, &count) < 0 ||
        !buf_ok(diff))
        return build_no_memory(p);
    if (count == 0)
        return 0;
    problem_set(p, -ESTALE, PX_DRIFT,
                "what this change affects is not any more what the plan shows (%zu differences)", count);
    problem_next(p, "plan the change again and look at who is affected now");
    return -ESTALE;
}
