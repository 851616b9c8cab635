/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pass over the text of a list: which rows the filters let through, in which order, and how many there
 * are of each status. Rows stay where they are in the answer's bytes.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/envelope_inner.h"

#define STATUS_MAX  40 /* distinct values counted apart */
#define STATUS_NAME 64

/* ---- what of each row is looked at */

/* A column's value in the text of a row. Nearly all columns are plain members; a selector needs the row as
 * objects. */
struct look {
    const struct column_row *column;
    const char *member; /* NULL: by selector */
};

static struct look look_at(const struct column_row *column)
{
    const char *from = column->from;
    if (!from)
        return (struct look){column, column->name};
    bool plain = from[0] == '/' && !strpbrk(from + 1, "/[~");
    return (struct look){column, plain ? from + 1 : NULL};
}

/* By selector: the value's text, kept by rows. */
static struct json_span look_up(const struct look *look, struct json_span row, struct rows *rows)
{
    CLEANUP_JSON struct json_object *parsed = scan_parse(row);
    struct json_object *value = parsed ? column_value(look->column, parsed) : NULL;
    if (!value)
        return (struct json_span){0};
    const char *text =
        json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    size_t len = strlen(text);
    struct kept_text *kept = calloc(1, sizeof(*kept) + len + 1);
    if (!kept)
        return (struct json_span){0};
    kept->next = rows->kept;
    rows->kept = kept;
    memcpy(kept->text, text, len + 1);
    return (struct json_span){kept->text, len};
}

/* ---- filters */

struct filter {
    const char *text;
    char *owned;
    bool list; /* the column holds words with ';', ',' or space between them: one must equal */
};

static bool word_in(const char *words, const char *word)
{
    size_t n = strlen(word);
    while (*words) {
        size_t len = strcspn(words, ";, ");
        if (len == n && memcmp(words, word, n) == 0)
            return true;
        words += len;
        words += *words != 0;
    }
    return false;
}

static bool filter_fits(const struct filter *filter, struct json_span value)
{
    if (!value.ptr)
        return strcmp(filter->text, "0") == 0; /* Proxmox leaves out flags that are off */
    if (filter->list) {
        CLEANUP_BUF struct buf words = BUF_INIT(65536);
        scan_text(value, &words);
        return words.data && word_in(words.data, filter->text);
    }
    return scan_equals(value, filter->text) ||
           (scan_equals(value, "true") && strcmp(filter->text, "1") == 0) ||
           (scan_equals(value, "false") && strcmp(filter->text, "0") == 0);
}

/* ---- one pass over the list */

#define LOOKS_MAX 34 /* filters, order and counts */

struct pass {
    struct look looks[LOOKS_MAX];
    const char *members[LOOKS_MAX];
    struct filter filters[LOOKS_MAX];
    size_t filter_count; /* the first looks */
    size_t count;
    size_t sort, status; /* indices of looks; LOOKS_MAX: none */
};

static size_t pass_add(struct pass *pass, const struct column_row *column)
{
    if (!column)
        return LOOKS_MAX;
    pass->looks[pass->count] = look_at(column);
    pass->members[pass->count] = pass->looks[pass->count].member ? pass->looks[pass->count].member : "";
    return pass->count++;
}

static int pass_make(const struct reading *r, struct pass *pass)
{
    const struct tool *tool = r->call->tool;
    for (size_t i = 0; i < tool->param_count && pass->count < LOOKS_MAX - 2; i++) {
        const struct column_row *column =
            tool->params[i].column ? column_find(tool, tool->params[i].column) : NULL;
        CLEANUP_BUF struct buf text = BUF_INIT(2048);
        if (!column || reading_value(r, tool->params[i].name, &text) < 0 || !text.data)
            continue;
        struct filter *filter = &pass->filters[pass_add(pass, column)];
        filter->list = text_equal(column->unit, "list");
        filter->text = filter->owned = buf_take(&text, NULL);
        if (!filter->text)
            return -ENOMEM;
        pass->filter_count = pass->count;
    }
    pass->sort = pass_add(pass, tool->sort_by ? column_find(tool, tool->sort_by) : NULL);
    pass->status = pass_add(pass, tool->count_by ? column_find(tool, tool->count_by) : NULL);
    return 0;
}

static int rows_add(struct rows *rows, const struct row *row)
{
    if (rows->count == rows->room) {
        size_t room = rows->room ? rows->room * 2 : 128;
        struct row *grown = realloc(rows->items, room * sizeof(*grown));
        if (!grown)
            return -ENOMEM;
        rows->items = grown;
        rows->room = room;
    }
    rows->items[rows->count++] = *row;
    return 0;
}

static int pass_row(const struct pass *pass, struct json_span text, struct rows *rows)
{
    struct json_span values[LOOKS_MAX];
    scan_find(text, pass->members, pass->count, values);
    for (size_t i = 0; i < pass->count; i++) {
        if (!pass->looks[i].member)
            values[i] = look_up(&pass->looks[i], text, rows);
        if (i < pass->filter_count && !filter_fits(&pass->filters[i], values[i]))
            return 0;
    }
    struct row row = {.text = text, .index = rows->count};
    if (pass->status < LOOKS_MAX)
        row.status = values[pass->status];
    if (pass->sort < LOOKS_MAX) {
        row.sort = values[pass->sort];
        row.number = scan_is_string(row.sort) ? 0 : scan_number(row.sort);
    }
    return rows_add(rows, &row);
}

void rows_done(struct rows *rows)
{
    while (rows->kept) {
        struct kept_text *kept = rows->kept;
        rows->kept = kept->next;
        free(kept);
    }
    free(rows->items);
    rows->items = NULL;
}

/* ---- order */

static int row_compare(const void *a, const void *b)
{
    const struct row *x = a;
    const struct row *y = b;
    bool x_text = scan_is_string(x->sort);
    bool y_text = scan_is_string(y->sort);
    int r = 0;
    if (x_text && y_text) {
        size_t n = x->sort.len < y->sort.len ? x->sort.len : y->sort.len;
        r = memcmp(x->sort.ptr, y->sort.ptr, n); /* the closing quote sorts before nearly everything */
    } else if (x_text || y_text) {
        r = x_text ? 1 : -1;
    } else {
        r = (x->number > y->number) - (x->number < y->number);
    }
    return r ? r : (x->index > y->index) - (x->index < y->index);
}

int rows_select(const struct reading *r, struct json_span list, struct rows *rows)
{
    struct pass pass = {0};
    struct scan scan;
    struct json_span item;
    int result = scan_array(list, &scan);
    if (result == 0)
        result = pass_make(r, &pass);
    while (result == 0 && scan_item(&scan, &item))
        result = pass_row(&pass, item, rows);
    if (result == 0 && pass.sort < LOOKS_MAX && rows->count > 1)
        qsort(rows->items, rows->count, sizeof(*rows->items), row_compare);
    rows->filtered = pass.filter_count > 0;
    rows->counted = pass.status < LOOKS_MAX;
    for (size_t i = 0; i < pass.filter_count; i++)
        free(pass.filters[i].owned);
    return result;
}

/* ---- counts */

struct status_count {
    struct json_span value;
    size_t count;
};

static void put_status_name(struct json_span value, struct buf *out)
{
    const struct value_style style = {.string_max = STATUS_NAME};
    CLEANUP_BUF struct buf text = BUF_INIT((size_t)1 << 20);
    scan_text(value.ptr ? value : (struct json_span){"none", 4}, &text);
    json_put_comma(out);
    value_put_text(out, text.data ? text.data : "", text.len, &style);
    buf_char(out, ':');
}

void rows_put_by_status(const struct rows *rows, struct buf *out)
{
    struct status_count seen[STATUS_MAX] = {0};
    size_t distinct = 0;
    size_t others = 0;
    for (size_t i = 0; i < rows->count; i++) {
        struct json_span value = rows->items[i].status;
        size_t k = 0;
        while (k < distinct && (seen[k].value.len != value.len ||
                                (value.len && memcmp(seen[k].value.ptr, value.ptr, value.len) != 0)))
            k++;
        if (k == STATUS_MAX) {
            others++;
            continue;
        }
        if (k == distinct)
            seen[distinct++].value = value;
        seen[k].count++;
    }
    json_put_key(out, "by_status");
    buf_char(out, '{');
    for (size_t k = 0; k < distinct; k++) {
        put_status_name(seen[k].value, out);
        buf_u64(out, seen[k].count);
    }
    if (others)
        json_put_key_int(out, "other", (long long)others);
    buf_char(out, '}');
}
