/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit show`: works without a site, a plane or a valid configuration of sites. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "command/audit.h"
#include "command/command.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/record.h"
#include "ledger/scan.h"

#define OUT_LIMIT    ((size_t)64 << 20)
#define SHOW_DEFAULT 20
#define SHOW_MAX     100000
#define VALUE_BYTES  60
#define PLAN_DIGITS  12

/* One value, short, without anything that a terminal or a reader could take for more than text. */
static void show_value(struct buf *out, struct json_object *value)
{
    CLEANUP_BUF struct buf raw = BUF_INIT(LEDGER_RECORD_LIMIT * 2), clean = BUF_INIT(LEDGER_RECORD_LIMIT * 2);

    if (json_object_is_type(value, json_type_string))
        buf_add(&raw, json_object_get_string(value), (size_t)json_object_get_string_len(value));
    else
        json_put_value(&raw, value);
    text_clean(&clean, raw.len ? raw.data : "", raw.len, false);
    size_t len = buf_ok(&clean) && clean.len ? clean.len : 0;
    bool cut = len > VALUE_BYTES;
    if (cut)
        len = text_utf8_cut(clean.data, VALUE_BYTES);
    buf_add(out, clean.data, len);
    if (cut)
        buf_str(out, "...");
}

static void show_record(struct buf *out, const char *line, size_t len)
{
    /* the most telling first; the rest is for SEQ and --json */
    static const char *const told[] = {"action",  "subject", "outcome", "verdict", "act",
                                       "lease",   "changes", "code",    "how",     "risk",
                                       "consent", "mode",    "version", "what",    "reason"};
    CLEANUP_JSON struct json_object *object = NULL;
    struct problem p = PROBLEM_INIT;
    const char *plan_id = NULL;
    struct record record;

    if (!record_read(line, len, &record) || json_parse(line, len, &object, &p) < 0) {
        buf_str(out, "       ?  not a record: see `proximo audit verify`\n");
        return;
    }
    buf_printf(out, "%8llu  ", (unsigned long long)record.seq);
    audit_when(out, record.time_us);
    buf_printf(out, "  %-9s", record.kind);
    for (size_t i = 0; i < sizeof told / sizeof told[0]; i++) {
        struct json_object *value = NULL;
        if (!json_object_object_get_ex(object, told[i], &value))
            continue;
        /* an action and its subject need no names to be understood */
        buf_char(out, ' ');
        if (i >= 2)
            buf_printf(out, "%s=", told[i]);
        show_value(out, value);
    }
    if (json_get_string(object, "plan_id", &plan_id, NULL) == 0) {
        CLEANUP_BUF struct buf clean = BUF_INIT(LEDGER_RECORD_LIMIT * 2);
        text_clean(&clean, plan_id, strlen(plan_id), false);
        buf_str(out, " plan=");
        if (buf_ok(&clean) && clean.len)
            buf_add(out, clean.data,
                    text_utf8_cut(clean.data, clean.len < PLAN_DIGITS ? clean.len : PLAN_DIGITS));
    }
    buf_char(out, '\n');
}

void audit_show_whole(struct buf *out, const char *line, size_t len)
{
    CLEANUP_JSON struct json_object *object = NULL;
    struct problem p = PROBLEM_INIT;
    struct record record;
    size_t index = 0;

    show_record(out, line, len);
    if (!record_read(line, len, &record) || json_parse(line, len, &object, &p) < 0)
        return;
    json_object_object_foreach(object, key, value)
    {
        CLEANUP_BUF struct buf raw = BUF_INIT(LEDGER_RECORD_LIMIT * 2);
        if (index++ < 7) /* the seven members before the body */
            continue;
        buf_str(out, "          ");
        text_clean(out, key, strlen(key), false);
        buf_str(out, ": ");
        if (json_object_is_type(value, json_type_string))
            buf_add(&raw, json_object_get_string(value), (size_t)json_object_get_string_len(value));
        else
            json_put_value(&raw, value);
        text_clean(out, raw.len ? raw.data : "", raw.len, false);
        buf_char(out, '\n');
    }
}

struct newest {
    char **lines;
    size_t *lens;
    size_t count, limit;
};

static int keep(void *arg, const char *line, size_t len)
{
    struct newest *newest = arg;

    if (newest->count == newest->limit)
        return 1;
    char *copy = strndup(line, len);
    if (!copy)
        return -ENOMEM;
    newest->lens[newest->count] = strlen(copy);
    newest->lines[newest->count++] = copy;
    return 0;
}

static void show_line(struct buf *out, const char *line, size_t len, bool json)
{
    if (!json) {
        show_record(out, line, len);
        return;
    }
    buf_add(out, line, len);
    buf_char(out, '\n');
}

static int show_newest(const char *file, size_t limit, bool json, struct buf *out, struct problem *p)
{
    struct newest newest = {.limit = limit,
                            .lines = calloc(limit, sizeof *newest.lines),
                            .lens = calloc(limit, sizeof *newest.lens)};
    int r = newest.lines && newest.lens ? ledger_scan_back(file, keep, &newest, p)
                                        : problem_set(p, -ENOMEM, PX_LEDGER, "no memory");

    for (size_t i = newest.count; i-- > 0;) {
        if (r >= 0)
            show_line(out, newest.lines[i], newest.lens[i], json);
        free(newest.lines[i]);
    }
    free(newest.lines);
    free(newest.lens);
    return r < 0 ? r : 0;
}

int command_audit_show(const struct command_line *line)
{
    CLEANUP_BUF struct buf out = BUF_INIT(OUT_LIMIT), one = BUF_INIT(LEDGER_RECORD_LIMIT);
    CLEANUP_AUDIT_FILES struct audit_files files = {0};
    const char *limit_text = command_value(line, "--limit");
    bool json = command_value(line, "--json") != NULL;
    struct problem p = PROBLEM_INIT;
    uint64_t limit = SHOW_DEFAULT, seq = 0;

    int r = 0;
    if (limit_text && (text_to_u64(limit_text, SHOW_MAX, &limit) < 0 || limit == 0))
        r = problem_set(&p, -EINVAL, PX_ARG, "--limit is a number from 1 to %d", SHOW_MAX);
    else if (line->word_count && text_to_u64(line->words[0], UINT64_MAX, &seq) < 0)
        r = problem_set(&p, -EINVAL, PX_ARG, "SEQ is the number of a record");
    if (r == 0)
        r = audit_files_find(line, &files, &p);
    if (r == 0 && line->word_count) {
        r = ledger_scan_find(files.file, seq, &one, &p);
        if (r == 0 && json)
            show_line(&out, one.data, one.len, json);
        else if (r == 0)
            audit_show_whole(&out, one.data, one.len);
    } else if (r == 0) {
        r = show_newest(files.file, (size_t)limit, json, &out, &p);
    }
    if (r < 0)
        return command_fail(&p);
    if (!out.len)
        return 0;
    return json || line->word_count ? command_print(&out) : command_print_words(&out);
}
