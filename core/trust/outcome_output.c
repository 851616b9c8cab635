/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a command wrote, in an answer: the numbers of its step and as much of the text as has room, marked as
 * untrusted. The record of the ledger has the numbers and hashes alone.
 */
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "trust/outcome_output.h"

static const struct {
    const char *name;
    const char *keys[2]; /* of an executor's result, and of what a wait for a guest's agent keeps */
    size_t share;        /* bytes in JSON, of the first that is shown */
} streams[] = {{"stdout", {"stdout", "/out-data"}, 7000}, {"stderr", {"stderr", "/err-data"}, 2500}};

/* The longest beginning that has room. */
static size_t put_text(struct buf *out, const char *name, const char *text, size_t len, size_t room)
{
    size_t shown = len <= room ? len : text_utf8_cut(text, room);

    for (;;) {
        CLEANUP_BUF struct buf json = BUF_INIT(6 * OUTPUT_ROOM + 64);
        json_put_string(&json, text, shown);
        if (shown == 0 || (buf_ok(&json) && json.len <= room + 2)) {
            json_put_key(out, name);
            buf_add(out, json.data, json.len);
            return shown;
        }
        shown = text_utf8_cut(text, shown * 3 / 4);
    }
}

static const char *text_of(struct json_object *result, size_t stream, size_t *ret_len)
{
    const char *text = NULL;

    for (size_t i = 0; i < 2; i++) {
        if (json_get_string(result, streams[stream].keys[i], &text, ret_len) == 0)
            return text;
    }
    return NULL;
}

/* What is short could be guessed from its hash: in a ledger that redacts it is keyed like all else. */
static void put_numbers(struct buf *out, struct json_object *output, struct ledger *ledger)
{
    json_object_object_foreach(output, key, value)
    {
        const size_t len = strlen(key);
        CLEANUP_BUF struct buf json = BUF_INIT(256);
        json_put_value(&json, value);
        if (!buf_ok(&json) || !json.data)
            continue;
        if (ledger && len > 7 && strcmp(key + len - 7, "_sha256") == 0) {
            ledger_put_body(ledger, out, key, json.data, json.len);
            continue;
        }
        json_put_key(out, key);
        buf_add(out, json.data, json.len);
    }
}

void outcome_put_output(struct buf *out, struct json_object *record, struct json_object *step,
                        struct ledger *ledger, size_t *room)
{
    struct json_object *output = NULL, *results = NULL, *result = NULL;
    const char *name = "", *untrusted[2] = {NULL};
    size_t count = 0;

    if (json_get(step, "output", json_type_object, &output) < 0)
        return;
    json_put_key(out, "output");
    buf_char(out, '{');
    put_numbers(out, output, ledger);
    (void)json_get_string(step, "name", &name, NULL);
    if (!ledger && json_get(record, "results", json_type_object, &results) == 0)
        (void)json_object_object_get_ex(results, name, &result);
    for (size_t i = 0; result && i < 2; i++) {
        size_t len = 0;
        const char *at = text_of(result, i, &len);
        if (!at || len == 0)
            continue;
        const size_t most = streams[i].share < *room ? streams[i].share : *room;
        const size_t before = out->len, shown = put_text(out, streams[i].name, at, len, most);
        *room -= out->len - before < *room ? out->len - before : *room;
        untrusted[count++] = streams[i].name;
        if (shown < len) {
            CLEANUP_BUF struct buf left = BUF_INIT(64);
            buf_printf(&left, "%s_left_out", streams[i].name);
            json_put_key_int(out, left.data ? left.data : "left_out", (long long)(len - shown));
        }
    }
    if (count) {
        json_put_key(out, "untrusted");
        buf_char(out, '[');
        for (size_t i = 0; i < count; i++) {
            json_put_comma(out);
            json_put_cstr(out, untrusted[i]);
        }
        buf_char(out, ']');
    }
    buf_char(out, '}');
}
