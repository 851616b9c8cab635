/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command wrote: bytes of a machine that nobody vouches for. They become valid UTF-8 without control
 * characters, without what is known to be secret, and of a bounded length. The text goes into the step's
 * result alone; the numbers and hashes beside it are what the ledger may have.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/exec.h"
#include "trust/run_inner.h"

/* One stream as it came. */
struct stream {
    const char *name, *key; /* "stdout"; how the result calls it */
    const char *data;
    size_t len;
    uint64_t total;
    bool cut; /* there was more */
};

static void add(struct json_object *object, const char *key, struct json_object *value)
{
    if (value)
        (void)json_object_object_add(object, key, value);
}

/* Twice: what is removed may have stood between the parts of a secret, and what is blotted out may have cut a
 * character in two. */
static int clean(const struct run *run, const struct stream *stream, struct buf *out)
{
    CLEANUP_BUF struct buf raw = BUF_INIT(stream->len + 1);
    CLEANUP_BUF struct buf once = BUF_INIT(3 * stream->len + 16);

    buf_add(&raw, stream->data ? stream->data : "", stream->len);
    if (raw.len) {
        run_scrub_bytes(run, raw.data, raw.len);
        text_clean(&once, raw.data, raw.len, true);
    }
    if (once.len) {
        run_scrub_bytes(run, once.data, once.len);
        text_clean(out, once.data, once.len, true);
    }
    return buf_ok(&raw) && buf_ok(&once) && buf_ok(out) ? 0 : -ENOMEM;
}

/* Text into result, numbers into s->output. */
static void take(struct run *run, struct step_run *s, struct stream *stream, size_t most,
                 struct json_object *result)
{
    CLEANUP_BUF struct buf text = BUF_INIT(3 * stream->len + 64);
    const size_t left = RUN_OUTPUT_TOTAL - run->output_kept;
    unsigned char digest[32];
    char key[32], hex[65];

    if (most > left)
        most = left;
    if (run->secrets_gone || clean(run, stream, &text) < 0) {
        buf_reset(&text);
        stream->cut = true;
    }
    size_t kept = text.len;
    if (kept > most) {
        kept = text_utf8_cut(text.data, most);
        stream->cut = true;
    }
    stream->cut = stream->cut || stream->total > stream->len;
    run->output_kept += kept;
    add(result, stream->key, json_object_new_string_len(kept ? text.data : "", (int)kept));
    (void)snprintf(key, sizeof(key), "%s_bytes", stream->name);
    add(s->output, key, json_object_new_int64((int64_t)stream->total));
    if (run->request->trust->crypto->sha256(kept ? text.data : "", kept, digest) < 0)
        return;
    text_hex(digest, sizeof(digest), hex);
    (void)snprintf(key, sizeof(key), "%s_sha256", stream->name);
    add(s->output, key, json_object_new_string(hex));
}

static void take_both(struct run *run, struct step_run *s, struct stream streams[2], size_t most,
                      struct json_object *result)
{
    /* What went wrong is said in the second one: it has its share first. */
    take(run, s, &streams[1], most, result);
    take(run, s, &streams[0], most, result);
    add(s->output, "truncated", json_object_new_boolean(streams[0].cut || streams[1].cut));
}

void run_output_take(struct run *run, struct step_run *s, const struct plane_exec_result *result, size_t most)
{
    static const char *const ends[] = {[EXEC_EXITED] = "exited",
                                       [EXEC_SIGNALLED] = "signalled",
                                       [EXEC_TIMED_OUT] = "timed out",
                                       [EXEC_UNKNOWN] = "unknown"};
    struct json_object *value CLEANUP_JSON = json_object_new_object();
    struct stream streams[2] = {
        {"stdout", "stdout", result->out.kept.data, result->out.kept.len, result->out.total, false},
        {"stderr", "stderr", result->err.kept.data, result->err.kept.len, result->err.total, false}};
    char signal[sizeof(result->signal) + 1] = "";

    s->output = json_object_new_object();
    if (!value || !s->output || result->end == EXEC_NOT_STARTED)
        return;
    add(s->output, "end", json_object_new_string(ends[result->end]));
    if (result->end == EXEC_EXITED)
        add(s->output, "exit_status", json_object_new_int(result->exit_status));
    for (size_t i = 0; result->end == EXEC_SIGNALLED && i < sizeof(result->signal) && result->signal[i]; i++)
        signal[i] = result->signal[i] > 0x20 && result->signal[i] < 0x7f ? result->signal[i] : '?';
    if (signal[0])
        add(s->output, "signal", json_object_new_string(signal));
    take_both(run, s, streams, most, value);
    json_object_object_foreach(s->output, key, member)
    {
        add(value, key, json_object_get(member));
    }
    run_result_set(run, s, value);
}

/* ---- of the guest's agent */

static void agent_stream(struct json_object *data, const char *key, const char *cut, struct stream *ret)
{
    const char *text = NULL;
    size_t len = 0;

    if (json_get_string(data, key, &text, &len) == 0)
        ret->data = text;
    ret->len = len;
    ret->total = len;
    (void)json_get_bool(data, cut, &ret->cut);
}

void run_output_agent(struct run *run, struct step_run *s, struct json_object *data)
{
    struct json_object *copy CLEANUP_JSON = json_object_new_object();
    struct stream streams[2] = {{.name = "stdout", .key = "out-data"}, {.name = "stderr", .key = "err-data"}};
    bool exited = false;
    int64_t number = 0;

    json_object_put(s->output); /* of an earlier look */
    s->output = json_object_new_object();
    if (!copy || !s->output)
        return;
    agent_stream(data, "out-data", "out-truncated", &streams[0]);
    agent_stream(data, "err-data", "err-truncated", &streams[1]);
    (void)json_get_bool(data, "exited", &exited);
    add(copy, "exited", json_object_new_int(exited));
    const bool signalled = json_get_int(data, "signal", &number) == 0;
    add(s->output, "end", json_object_new_string(!exited ? "running" : signalled ? "signalled" : "exited"));
    if (signalled) {
        char text[24];
        (void)snprintf(text, sizeof(text), "%lld", (long long)number);
        add(s->output, "signal", json_object_new_string(text));
        add(copy, "signal", json_object_new_int64(number));
    } else if (json_get_int(data, "exitcode", &number) == 0) {
        add(s->output, "exit_status", json_object_new_int64(number));
        add(copy, "exitcode", json_object_new_int64(number));
    }
    take_both(run, s, streams, RUN_OUTPUT_MOST, copy);
    run_keep(run, s, copy);
}

const char *run_output_fault(struct json_object *output, char words[80])
{
    const char *end = "", *signal = "?";
    int64_t status = 0;

    (void)json_get_string(output, "end", &end, NULL);
    (void)json_get_string(output, "signal", &signal, NULL);
    const bool known = json_get_int(output, "exit_status", &status) == 0;
    if (strcmp(end, "exited") == 0 && known && status == 0)
        return NULL;
    if (strcmp(end, "exited") == 0 && known)
        (void)snprintf(words, 80, "exit status %lld", (long long)status);
    else if (strcmp(end, "signalled") == 0)
        (void)snprintf(words, 80, "ended by signal %.16s", signal);
    else
        (void)snprintf(words, 80, "how it ended is not known");
    return words;
}
