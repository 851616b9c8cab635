/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the anchors, for proximo_status and for people. Asks nobody. */
#include <stdio.h>

#include "base/json.h"
#include "config/config.h"
#include "ledger/anchor_inner.h"

#define BESIDE "on the ledger's own file system: no protection against someone who has the disk"

static const char *const state_names[] = {
    [SINK_NEW] = "nothing published yet",
    [SINK_CONFIRMED] = "confirmed",
    [SINK_FAILED] = "failed",
    [SINK_CONTRADICTS] = "contradicts the ledger",
};

static void put_time(struct buf *out, const char *key, int64_t time_us)
{
    char text[ANCHOR_TIME_SIZE];

    anchor_time(time_us, false, text);
    json_put_key_string(out, key, text);
}

static bool is_beside(const struct sink *sink)
{
    return sink->kind == &anchor_file && anchor_file_beside_ledger(sink->anchors->config);
}

static void put_witness(const struct sink *sink, struct buf *out)
{
    if (!sink->anchors->config->ledger.anchor.witness_key || sink->kind == &anchor_syslog)
        return;
    if (sink->witness_s)
        put_time(out, "witnessed", sink->witness_s * 1000000);
    else
        json_put_key_string(out, "witnessed", "no cosignature was given");
}

static void put_sink(const struct sink *sink, bool beside, struct buf *out)
{
    json_put_comma(out);
    buf_char(out, '{');
    json_put_key_string(out, "kind", sink->kind->name);
    json_put_key_string(out, "target", sink->target);
    json_put_key_string(out, "state", state_names[sink->state]);
    json_put_key_bool(out, "readable", sink->kind->read_back != NULL);
    json_put_key_string(out, "protects", beside ? BESIDE : sink->kind->limits);
    if (sink->size)
        json_put_key_int(out, "size", (long long)sink->size);
    if (sink->time_us)
        put_time(out, "published", sink->time_us);
    if (sink->problem.code[0]) {
        put_time(out, "failed", sink->failed_us);
        json_put_key_string(out, "code", sink->problem.code);
        json_put_key_string(out, "cause", sink->problem.cause);
        json_put_key_string(out, "next", sink->problem.next);
    }
    put_witness(sink, out);
    buf_char(out, '}');
}

void anchors_json(struct anchors *anchors, struct buf *out)
{
    bool beside[ANCHOR_SINKS] = {false};

    for (size_t i = 0; i < anchors->count; i++)
        beside[i] = is_beside(&anchors->sinks[i]);
    buf_char(out, '{');
    json_put_key(out, "sinks");
    buf_char(out, '[');
    (void)pthread_mutex_lock(&anchors->mutex);
    for (size_t i = 0; i < anchors->count; i++)
        put_sink(&anchors->sinks[i], beside[i], out);
    buf_char(out, ']');
    json_put_key_int(out, "require_within_minutes", anchors->config->ledger.require_anchor_within);
    if (anchors->config->ledger.require_anchor_within)
        json_put_key_bool(out, "met", anchors_met(anchors));
    if (anchors->refused.code[0])
        json_put_key_string(out, "refused", anchors->refused.cause);
    (void)pthread_mutex_unlock(&anchors->mutex);
    if (anchors->count == 0)
        json_put_key_string(out, "note",
                            "none: a ledger that was cut is found only against a head or a checkpoint "
                            "that somebody keeps elsewhere");
    buf_char(out, '}');
}

void anchors_text(struct anchors *anchors, struct buf *out)
{
    char when[ANCHOR_TIME_SIZE];

    for (size_t i = 0; i < anchors->count; i++) {
        const struct sink *sink = &anchors->sinks[i];
        const bool beside = is_beside(sink);
        (void)pthread_mutex_lock(&anchors->mutex);
        buf_printf(out, "%s %s: %s", sink->kind->name, sink->target, state_names[sink->state]);
        if (sink->state == SINK_CONFIRMED)
            buf_printf(out, ", %llu records", (unsigned long long)sink->size);
        if (sink->problem.code[0])
            buf_printf(out, ": %s: %s", sink->problem.code, sink->problem.cause);
        if (sink->witness_s) {
            anchor_time(sink->witness_s * 1000000, false, when);
            buf_printf(out, ", witnessed %s", when);
        }
        if (beside)
            buf_str(out, " (" BESIDE ")");
        if (sink->problem.next[0])
            buf_printf(out, "\n    -> %s", sink->problem.next);
        (void)pthread_mutex_unlock(&anchors->mutex);
        buf_char(out, '\n');
    }
}
