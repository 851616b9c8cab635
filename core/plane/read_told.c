/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a read told beside its reply, as members of the answer: what could not be read stands before
 * everything else, then the findings, the most severe first. Untrusted as far as texts go: all are cleaned.
 */
#include <string.h>

#include "base/json.h"
#include "plane/planes.h"
#include "plane/read_inner.h"

#define FINDINGS_MOST  256
#define TITLE_MAX      300
#define EVIDENCE_MAX   1000
#define FINDING_ROOM   64   /* of the counts and brackets around the findings */
#define UNREAD_LIMIT   6000 /* characters of what could not be read */
#define FINDINGS_LIMIT 24000

static struct json_object *told_list(const struct plane_reply *reply, const char *key)
{
    struct json_object *list = NULL;

    return reply->told && json_get(reply->told, key, json_type_array, &list) == 0 ? list : NULL;
}

size_t told_unread(const struct plane_reply *reply)
{
    struct json_object *list = told_list(reply, "incomplete");

    return list ? json_object_array_length(list) : 0;
}

static void put_text(struct buf *out, struct json_object *entry, const char *key, size_t most)
{
    const struct value_style style = {.string_max = most, .keep_lines = true};
    const char *text;
    size_t len;

    if (json_get_string(entry, key, &text, &len) < 0 || len == 0)
        return;
    json_put_key(out, key);
    value_put_text(out, text, len, &style);
}

static void put_value(struct buf *out, struct json_object *entry, const char *key)
{
    const struct value_style style = {.string_max = TITLE_MAX};
    struct json_object *value;

    if (!json_object_object_get_ex(entry, key, &value))
        return;
    json_put_key(out, key);
    value_put(out, value, &style);
}

static void put_unread(struct json_object *list, struct buf *out)
{
    size_t count = json_object_array_length(list), shown = 0;

    json_put_key(out, "unread");
    buf_char(out, '[');
    for (size_t i = 0; i < count; i++, shown++) {
        CLEANUP_BUF struct buf entry = BUF_INIT(4 * EVIDENCE_MAX * 6);
        buf_char(&entry, '{');
        put_text(&entry, json_object_array_get_idx(list, i), "what", TITLE_MAX);
        put_text(&entry, json_object_array_get_idx(list, i), "why", EVIDENCE_MAX);
        buf_char(&entry, '}');
        if (!buf_ok(&entry) || out->len + entry.len > UNREAD_LIMIT)
            break;
        json_put_comma(out);
        buf_add(out, entry.data, entry.len);
    }
    buf_char(out, ']');
    if (shown < count)
        json_put_key_int(out, "unread_not_shown", (long long)(count - shown));
}

static const char *const severities[] = {
    [PROXIMO_RISK_LOW] = "low", [PROXIMO_RISK_MEDIUM] = "medium", [PROXIMO_RISK_HIGH] = "high"};

static int64_t severity_of(struct json_object *finding)
{
    int64_t severity = PROXIMO_RISK_LOW;

    (void)json_get_int(finding, "severity", &severity); /* in its range: it was checked when it came */
    return severity;
}

static void put_finding(struct json_object *finding, struct buf *out)
{
    int64_t flags = 0;

    (void)json_get_int(finding, "flags", &flags);
    buf_char(out, '{');
    json_put_key_string(out, "severity", severities[severity_of(finding)]);
    put_text(out, finding, "code", TITLE_MAX);
    put_text(out, finding, "title", TITLE_MAX);
    put_value(out, finding, "measured");
    put_value(out, finding, "threshold");
    put_text(out, finding, "evidence", EVIDENCE_MAX);
    put_text(out, finding, "source", TITLE_MAX);
    put_text(out, finding, "tool", TITLE_MAX);
    put_value(out, finding, "arguments");
    if (flags & (int64_t)PROXIMO_FINDING_UNTRUSTED)
        json_put_key_bool(out, "untrusted", true);
    buf_char(out, '}');
}

/* Ranked: of one severity in the order they were told. How many were left out is said. */
static size_t put_ranked(struct json_object *list, size_t room, size_t counts[4], struct buf *out)
{
    size_t count = json_object_array_length(list), shown = 0;
    bool full = false;

    for (int64_t severity = PROXIMO_RISK_HIGH; severity >= PROXIMO_RISK_LOW; severity--) {
        for (size_t i = 0; i < count; i++) {
            struct json_object *finding = json_object_array_get_idx(list, i);
            CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 16);
            if (severity_of(finding) != severity)
                continue;
            counts[severity]++;
            if (!full)
                put_finding(finding, &text);
            full = full || shown == FINDINGS_MOST || !buf_ok(&text) || out->len + text.len + 1 > room;
            if (full)
                continue;
            json_put_comma(out);
            buf_add(out, text.data, text.len);
            shown++;
        }
    }
    return shown;
}

static void put_findings(struct json_object *list, size_t room, struct buf *out)
{
    CLEANUP_BUF struct buf rows = BUF_INIT(FINDINGS_LIMIT + FINDING_ROOM);
    size_t counts[4] = {0}, shown = put_ranked(list, room, counts, &rows);

    json_put_key(out, "finding_counts");
    buf_char(out, '{');
    json_put_key_int(out, "total", (long long)json_object_array_length(list));
    json_put_key_int(out, "returned", (long long)shown);
    for (size_t severity = PROXIMO_RISK_HIGH; severity >= PROXIMO_RISK_LOW; severity--)
        json_put_key_int(out, severities[severity], (long long)counts[severity]);
    buf_char(out, '}');
    json_put_key(out, "findings");
    buf_char(out, '[');
    if (rows.len)
        buf_add(out, rows.data, rows.len);
    buf_char(out, ']');
}

void told_write(const struct plane_reply *reply, size_t room, struct buf *out)
{
    struct json_object *unread = told_list(reply, "incomplete"), *findings = told_list(reply, "findings");

    if (unread)
        put_unread(unread, out);
    size_t used = out->len + 4 * FINDING_ROOM;
    size_t left = room > used ? room - used : 0;
    if (findings)
        put_findings(findings, left < FINDINGS_LIMIT ? left : FINDINGS_LIMIT, out);
}

void told_checks(const struct plane_reply *reply, struct json_object *checks)
{
    if (reply->told && json_object_is_type(checks, json_type_object))
        json_object_object_add(checks, "unread", json_object_new_int64((int64_t)told_unread(reply)));
}
