/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the first call of a run sets off, in a thread of its own so that no answer waits for it: the first
 * record (version, mode, configuration, planes with hashes), a record of what differs from the last run, and
 * the resolving of what an earlier process left in doubt. Planning and applying wait for the records.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/anchor.h"
#include "ledger/ledger.h"
#include "plane/manifest.h"
#include "plane/planes.h"
#include "trust/apply.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define PLANES_MS  60000
#define BEGIN_MS   70000 /* how long planning waits for the first record */
#define BODY_LIMIT ((size_t)128 << 10)

static void put_planes(struct trust *trust, struct buf *out)
{
    json_put_key(out, "planes");
    buf_char(out, '[');
    for (size_t i = 0; trust->planes && i < planes_count(trust->planes); i++) {
        struct plane_state state;
        if (planes_state(trust->planes, i, &state) < 0)
            continue;
        json_put_comma(out);
        buf_char(out, '{');
        json_put_key_string(out, "name", state.name);
        if (state.info) {
            json_put_key_string(out, "version", state.info->version);
            buf_printf(out, ",\"abi\":\"%u.%u\"", state.info->abi_major, state.info->abi_minor);
        }
        json_put_key_string(out, "path", state.path ? state.path : "");
        json_put_key_string(out, "sha256", state.sha256);
        json_put_key_string(out, "mode", state.mode);
        json_put_key_bool(out, "loaded", state.loaded);
        buf_char(out, '}');
    }
    buf_char(out, ']');
}

/* The planes as they are recorded, and the hash of that; both for one run. */
struct this_run {
    struct buf planes; /* "planes":[...] */
    char planes_sha256[65];
};

static int this_run_make(struct trust *trust, struct this_run *ret)
{
    unsigned char digest[32];

    put_planes(trust, &ret->planes);
    if (!buf_ok(&ret->planes) ||
        trust->crypto->sha256(ret->planes.data ? ret->planes.data : "", ret->planes.len, digest) < 0)
        return -ENOMEM;
    text_hex(digest, sizeof(digest), ret->planes_sha256);
    return 0;
}

static void put_run(struct trust *trust, const struct this_run *run, struct buf *out)
{
    json_put_key_string(out, "version", PROXIMO_VERSION);
    json_put_key_string(out, "mode", config_mode_name(trust->config->mode));
    json_put_key_string(out, "config", trust->config_hash);
    json_put_key_string(out, "isolation", config_isolation_name(trust->config));
    json_put_key_int(out, "uid", (long long)geteuid());
    json_put_key_int(out, "pid", (long long)getpid());
    json_put_key_string(out, "planes_sha256", run->planes_sha256);
    json_put_comma(out);
    buf_add(out, run->planes.data, run->planes.len);
}

/* ---- what differs from the last run */

struct last_run {
    bool found;
    char config[65], mode[12], planes[65];
};

static int last_run_take(void *arg, const char *line, size_t len)
{
    static const char kind_text[] = "\"kind\":\"" LEDGER_RUN_START "\"";
    CLEANUP_JSON struct json_object *record = NULL;
    struct last_run *last = arg;
    const char *kind = NULL, *config = "", *mode = "", *planes = "";

    if (!memmem(line, len, kind_text, sizeof(kind_text) - 1) || json_parse(line, len, &record, NULL) < 0 ||
        json_get_string(record, "kind", &kind, NULL) < 0 || strcmp(kind, LEDGER_RUN_START) != 0)
        return 0;
    (void)json_get_string(record, "config", &config, NULL);
    (void)json_get_string(record, "mode", &mode, NULL);
    (void)json_get_string(record, "planes_sha256", &planes, NULL);
    last->found = true;
    if (strlen(planes) < sizeof(last->planes))
        memcpy(last->planes, planes, strlen(planes) + 1);
    if (strlen(config) < sizeof(last->config))
        memcpy(last->config, config, strlen(config) + 1);
    if (strlen(mode) < sizeof(last->mode))
        memcpy(last->mode, mode, strlen(mode) + 1);
    return 1;
}

static int config_record(struct trust *trust, const struct last_run *last, const struct this_run *run,
                         struct problem *p)
{
    const char *mode = config_mode_name(trust->config->mode);
    CLEANUP_BUF struct buf body = BUF_INIT(2048);

    if (!last->found || (strcmp(last->config, trust->config_hash) == 0 && strcmp(last->mode, mode) == 0 &&
                         strcmp(last->planes, run->planes_sha256) == 0))
        return 0;
    json_put_key_string(&body, "config", trust->config_hash);
    json_put_key_string(&body, "config_before", last->config);
    json_put_key_string(&body, "mode", mode);
    json_put_key_string(&body, "mode_before", last->mode);
    json_put_key_string(&body, "planes_sha256", run->planes_sha256);
    json_put_key_string(&body, "planes_sha256_before", last->planes);
    return ledger_append(trust->ledger, LEDGER_CONFIG, body.data, body.len, NULL, p);
}

static int records_write(struct trust *trust, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(BODY_LIMIT);
    struct last_run last = {.found = false};
    struct this_run run = {.planes = BUF_INIT(BODY_LIMIT)};

    int r = trust_ready(trust, p);
    if (r == 0)
        r = ledger_each_back(trust->ledger, last_run_take, &last, p);
    if (r < 0)
        return r;
    r = this_run_make(trust, &run);
    if (r == 0)
        put_run(trust, &run, &body);
    if (r < 0 || !buf_ok(&body))
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for the first record");
    else
        r = ledger_append(trust->ledger, LEDGER_RUN_START, body.data, body.len, NULL, p);
    if (r == 0)
        r = config_record(trust, &last, &run, p);
    buf_done(&run.planes);
    return r;
}

/* ---- the thread */

static void *start_thread(void *arg)
{
    struct trust *trust = arg;
    struct problem p = PROBLEM_INIT;
    int r = 0;

    /* Planes that refuse the start are told elsewhere; those that are loaded are recorded all the same. */
    if (trust->planes)
        (void)planes_wait(trust->planes, clock_ms() + PLANES_MS, NULL);
    if (!cancel_is_set(trust->start_cancel))
        r = records_write(trust, &p);
    else
        r = problem_set(&p, -ECANCELED, PX_CANCELLED, "the server is ending; nothing was changed");
    if (r < 0 && r != -ECANCELED)
        log_warn("this run is not recorded, and nothing can be changed: %s: %s", p.code, p.cause);
    (void)pthread_mutex_lock(&trust->applies_mutex);
    trust->start_problem = p;
    trust->start_over = true;
    (void)pthread_cond_broadcast(&trust->applies_changed);
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    if (r == 0)
        anchors_start(trust->anchors);
    if (r == 0)
        doubt_resolve_all(trust, trust->start_cancel);
    return NULL;
}

void trust_first_call(struct trust *trust)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    if (!trust->start_asked && !trust->stopping) {
        trust->start_cancel = cancel_new();
        trust->start_asked =
            trust->start_cancel && pthread_create(&trust->start_thread, NULL, start_thread, trust) == 0;
        if (!trust->start_asked && trust->start_cancel) {
            cancel_unref(trust->start_cancel);
            trust->start_cancel = NULL;
        }
    }
    (void)pthread_mutex_unlock(&trust->applies_mutex);
}

/* With the mutex. */
static void wait_over(struct trust *trust, int64_t deadline_ms)
{
    const struct timespec until = clock_timespec(deadline_ms);

    while (trust->start_asked && !trust->start_over && !trust->stopping && clock_ms() < deadline_ms)
        (void)pthread_cond_clockwait(&trust->applies_changed, &trust->applies_mutex, CLOCK_MONOTONIC, &until);
}

void trust_wait_first(struct trust *trust, int64_t deadline_ms)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    wait_over(trust, deadline_ms);
    (void)pthread_mutex_unlock(&trust->applies_mutex);
}

int trust_begin(struct trust *trust, struct problem *p)
{
    trust_first_call(trust);
    (void)pthread_mutex_lock(&trust->applies_mutex);
    wait_over(trust, clock_ms() + BEGIN_MS);
    int r = 0;

    if (trust->stopping)
        r = problem_set(p, -ECANCELED, PX_CANCELLED, "the server is ending; nothing was changed");
    else if (!trust->start_over)
        r = problem_set(p, -ETIMEDOUT, PX_LEDGER,
                        "the first record of this run could not be written in time");
    else if (trust->start_problem.code[0]) {
        *p = trust->start_problem;
        r = -EIO;
    }
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    return r;
}

void trust_start_stop(struct trust *trust)
{
    (void)pthread_mutex_lock(&trust->applies_mutex);
    trust->stopping = true;
    struct cancel *cancel = trust->start_cancel ? cancel_ref(trust->start_cancel) : NULL;
    (void)pthread_cond_broadcast(&trust->applies_changed);
    (void)pthread_mutex_unlock(&trust->applies_mutex);
    if (cancel) {
        cancel_set(cancel);
        cancel_unref(cancel);
    }
}

void trust_start_join(struct trust *trust)
{
    if (!trust->start_asked)
        return;
    trust_start_stop(trust);
    (void)pthread_join(trust->start_thread, NULL);
    cancel_unref(trust->start_cancel);
    trust->start_asked = false;
    trust->start_cancel = NULL;
}
