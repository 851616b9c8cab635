/* SPDX-License-Identifier: Apache-2.0 */
/* Executions without an outcome, listed with what is known of them: the journal of the run, and what was said
 * when they were recorded to be in doubt. Asks no site and changes nothing. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/apply.h"
#include "trust/limits.h"
#include "trust/plan.h"
#include "trust/run_inner.h"
#include "trust/trust_inner.h"

#define STEPS_MOST  20u /* with evidence; the journal has all */
#define STATUS_MOST 5u  /* plans of proximo_status; `proximo doubt list` has all */
#define MARK_LIMIT  ((size_t)64 << 10)
#define TEXT_MOST   400u

static void put_clean(struct buf *out, const char *key, const char *text)
{
    CLEANUP_BUF struct buf clean = BUF_INIT(8 * TEXT_MOST);

    text_clean(&clean, text, text_utf8_cut(text, strnlen(text, TEXT_MOST)), false);
    if (clean.len)
        json_put_key_string(out, key, clean.data);
}

static void put_text(struct buf *out, struct json_object *from, const char *name)
{
    const char *text = NULL;

    if (json_get_string(from, name, &text, NULL) == 0)
        put_clean(out, name, text);
}

/* The file beside the plan that doubt_record() leaves. */
static bool put_mark(struct trust *trust, const char *plan_id, bool with_why, struct buf *out)
{
    CLEANUP_FREE char *path = store_path(trust, plan_id, PLAN_EXECUTING, "outcome.json");
    CLEANUP_BUF struct buf text = BUF_INIT(MARK_LIMIT);
    CLEANUP_JSON struct json_object *mark = NULL;
    struct stat st;

    if (!path || lstat(path, &st) < 0 || file_read(path, &text) < 0 || !text.data ||
        json_parse(text.data, text.len, &mark, NULL) < 0 || !json_object_object_get_ex(mark, "why", NULL))
        return false;
    json_put_key_int(out, "in_doubt_since", (long long)st.st_mtime);
    if (with_why)
        put_text(out, mark, "why");
    return true;
}

/* The last thing that the journal says of each step. */
static void put_steps(const struct plan *plan, struct json_object *journal, struct buf *out)
{
    struct json_object *steps = NULL;
    size_t put = 0;

    (void)json_get(plan->root, "steps", json_type_array, &steps);
    const size_t count = steps ? json_object_array_length(steps) : 0;
    json_put_key(out, "steps");
    buf_char(out, '[');
    for (size_t i = 0; i < count && put < STEPS_MOST; i++) {
        struct json_object *last = NULL, *step = json_object_array_get_idx(steps, i);
        const char *upid = NULL;
        int64_t index = 0, status = 0, time = 0;
        for (size_t k = 0; k < json_object_array_length(journal); k++) {
            struct json_object *entry = json_object_array_get_idx(journal, k);
            if (json_get_int(entry, "step", &index) < 0 || index != (int64_t)i)
                continue;
            last = entry;
            (void)json_get_string(entry, "upid", &upid, NULL);
        }
        if (!last && put)
            break; /* nothing after it began either */
        json_put_comma(out);
        buf_char(out, '{');
        put_text(out, step, "name");
        put_text(out, step, "method");
        put_text(out, step, "path");
        put_text(out, step, "executor");
        if (!last)
            json_put_key_string(out, "event", "not begun");
        put_text(out, last, "event");
        if (json_get_int(last, "time", &time) == 0)
            json_put_key_int(out, "time", (long long)(time / 1000000));
        if (upid)
            put_clean(out, "upid", upid);
        if (json_get_int(last, "status", &status) == 0)
            json_put_key_int(out, "status", (long long)status);
        put_text(out, last, "why");
        buf_char(out, '}');
        put++;
    }
    buf_char(out, ']');
    json_put_key_int(out, "steps_total", (long long)count);
}

void doubt_put_evidence(struct trust *trust, const struct plan *plan, bool with_why, struct buf *out,
                        bool *ret_doubt)
{
    CLEANUP_FREE char *path = store_path(trust, plan->id, PLAN_EXECUTING, "journal");
    CLEANUP_JSON struct json_object *journal = NULL;

    const bool marked = put_mark(trust, plan->id, with_why, out);
    if (ret_doubt)
        *ret_doubt = marked;
    const int r = path ? journal_read(path, &journal) : -ENOMEM;
    if (r == 0)
        put_steps(plan, journal, out);
    else
        json_put_key_string(out, "journal",
                            r == -ENOENT ? "there is none: no step was begun" : "it cannot be read");
}

/* ---- lists */

struct listing {
    struct trust *trust;
    struct buf *out;
    size_t count;
};

static void put_head(const struct plan *plan, const char *state, struct buf *out)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "state", state);
    answer_put_plan(out, plan);
    json_put_key_int(out, "planned", (long long)plan->created_s);
}

static int list_one(void *arg, const struct plan *plan)
{
    struct listing *listing = arg;
    struct problem p = PROBLEM_INIT;
    int lock = -1;

    const int r = doubt_lock(listing->trust, plan->id, &lock, &p);
    put_head(plan, r == -EBUSY ? "running" : "in doubt", listing->out);
    doubt_put_evidence(listing->trust, plan, true, listing->out, NULL);
    buf_char(listing->out, '}');
    if (r == 0)
        doubt_unlock(listing->trust, plan->id, &lock);
    return buf_ok(listing->out) ? 0 : listing->out->error;
}

int trust_doubts(struct trust *trust, struct buf *out, struct problem *p)
{
    struct listing listing = {.trust = trust, .out = out};

    if (!trust->plans_dir || access(trust->plans_dir, F_OK) < 0) { /* nothing is made by looking */
        buf_str(out, "[]");
        return 0;
    }
    int r = trust_ready(trust, p);
    if (r < 0)
        return r;
    buf_char(out, '[');
    r = store_each(trust, PLAN_EXECUTING, list_one, &listing);
    buf_char(out, ']');
    return r < 0 ? problem_set(p, r, PX_PLAN, "the plans cannot be read: %s", strerror(-r)) : 0;
}

static int status_one(void *arg, const struct plan *plan)
{
    struct listing *listing = arg;
    CLEANUP_BUF struct buf one = BUF_INIT((size_t)256 << 10);
    bool doubt = false;

    put_head(plan, "in doubt", &one);
    doubt_put_evidence(listing->trust, plan, true, &one, &doubt);
    buf_char(&one, '}');
    if (!doubt || !buf_ok(&one))
        return 0;
    if (listing->count++ == STATUS_MOST)
        return 1;
    json_put_comma(listing->out);
    buf_add(listing->out, one.data, one.len);
    return 0;
}

void doubt_put_status(struct trust *trust, struct buf *out)
{
    struct listing listing = {.trust = trust, .out = out};

    if (!trust_was_ready(trust))
        return; /* without the keys no plan's name can be checked */
    json_put_key(out, "in_doubt");
    buf_char(out, '[');
    (void)store_each(trust, PLAN_EXECUTING, status_one, &listing);
    buf_char(out, ']');
    if (listing.count > STATUS_MOST)
        json_put_key_string(out, "in_doubt_more", "`proximo doubt list` has all of them");
    else if (listing.count)
        json_put_key_string(
            out, "in_doubt_next",
            "proximo_status {plan_id} asks Proxmox again; a person who has looked can close it "
            "with `proximo doubt close PLAN_ID --verdict ...`");
}
