/* SPDX-License-Identifier: Apache-2.0 */
/* What came of publishing, in the ledger itself: written, and read again after a restart. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "ledger/anchor_inner.h"

#define BODY_LIMIT     8192u
#define FAILURES_US    ((int64_t)3600 * 1000000) /* between two records of failure */
#define STATE_OK       "ok"
#define STATE_FAILED   "failed"
#define STATE_CONTRARY "contradicts"

struct recall {
    const struct sink *sink;
    enum sink_state state;
    struct problem problem;
    uint64_t size;
    int64_t time_us, failed_us, witness_s;
};

/* Until the last success: what is newer than that is a failure or a contradiction. */
static int take(void *arg, const char *line, size_t len)
{
    static const char kind_text[] = "\"kind\":\"" LEDGER_ANCHOR "\"";
    CLEANUP_JSON struct json_object *record = NULL;
    struct recall *recall = arg;
    const char *kind = "", *sink = "", *target = "", *result = "", *code = "", *cause = "";
    int64_t time_us = 0, size = 0;

    if (!memmem(line, len, kind_text, sizeof kind_text - 1) || json_parse(line, len, &record, NULL) < 0 ||
        json_get_string(record, "kind", &kind, NULL) < 0 || strcmp(kind, LEDGER_ANCHOR) != 0)
        return 0;
    (void)json_get_string(record, "sink", &sink, NULL);
    (void)json_get_string(record, "target", &target, NULL);
    if (strcmp(sink, recall->sink->kind->name) != 0 || strcmp(target, recall->sink->target) != 0)
        return 0;
    (void)json_get_string(record, "result", &result, NULL);
    (void)json_get_int(record, "time", &time_us);
    if (strcmp(result, STATE_OK) == 0) {
        (void)json_get_int(record, "size", &size);
        (void)json_get_int(record, "witness_time", &recall->witness_s);
        recall->size = (uint64_t)size;
        recall->time_us = time_us;
        if (recall->state == SINK_NEW)
            recall->state = SINK_CONFIRMED;
        return 1;
    }
    if (recall->state != SINK_NEW)
        return 0;
    (void)json_get_string(record, "code", &code, NULL);
    (void)json_get_string(record, "cause", &cause, NULL);
    recall->state = strcmp(result, STATE_CONTRARY) == 0 ? SINK_CONTRADICTS : SINK_FAILED;
    recall->failed_us = time_us;
    (void)problem_set(&recall->problem, -EIO, *code ? code : PX_ANCHOR, "%s", cause);
    problem_next(&recall->problem, "`proximo audit anchor` tries again, once the cause is known");
    return 0;
}

int sink_recall(struct sink *sink, struct problem *p)
{
    struct recall recall = {.sink = sink, .problem = PROBLEM_INIT};

    int r = ledger_each_back(sink->anchors->ledger, take, &recall, p);
    if (r < 0)
        return r;
    (void)pthread_mutex_lock(&sink->anchors->mutex);
    sink->state = recall.state;
    sink->problem = recall.problem;
    sink->size = recall.size;
    sink->time_us = recall.time_us;
    sink->failed_us = recall.failed_us;
    sink->failure_recorded_us = recall.failed_us;
    sink->witness_s = recall.witness_s;
    sink->recalled = true;
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
    return 0;
}

static void put(const struct sink *sink, const struct ledger_checkpoint *checkpoint,
                const struct problem *problem, bool contrary, int64_t witness_s, struct buf *body)
{
    char root[65];

    json_put_key_string(body, "sink", sink->kind->name);
    json_put_key_string(body, "target", sink->target);
    json_put_key_string(body, "result", !problem ? STATE_OK : contrary ? STATE_CONTRARY : STATE_FAILED);
    if (checkpoint) {
        text_hex(checkpoint->root, 32, root);
        json_put_key_int(body, "size", (long long)checkpoint->size);
        json_put_key_string(body, "root", root);
    }
    if (witness_s)
        json_put_key_int(body, "witness_time", (long long)witness_s);
    if (problem) {
        json_put_key_string(body, "code", problem->code);
        json_put_key_string(body, "cause", problem->cause);
    }
}

void sink_record(struct sink *sink, const struct ledger_checkpoint *checkpoint, const struct problem *problem,
                 int64_t witness_s)
{
    CLEANUP_BUF struct buf body = BUF_INIT(BODY_LIMIT);
    const int64_t now = clock_wall_us();
    struct problem p = PROBLEM_INIT;

    (void)pthread_mutex_lock(&sink->anchors->mutex);
    const bool contrary = problem && sink->state == SINK_CONTRADICTS;
    const int64_t age = now - sink->failure_recorded_us;
    const bool due = !problem || contrary || sink->failure_recorded_us == 0 || age < 0 || age >= FAILURES_US;
    if (due && problem)
        sink->failure_recorded_us = now;
    (void)pthread_mutex_unlock(&sink->anchors->mutex);
    if (!due)
        return;
    put(sink, checkpoint, problem, contrary, witness_s, &body);
    if (!buf_ok(&body) ||
        ledger_append(sink->anchors->ledger, LEDGER_ANCHOR, body.data, body.len, NULL, &p) < 0)
        log_warn("what came of the anchor %s is not recorded: %s", sink->kind->name, p.cause);
}
