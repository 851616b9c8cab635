/* SPDX-License-Identifier: Apache-2.0 */
/* Inside of the envelopes: chosen columns, selected rows, the window over them. */
#ifndef PROXIMO_PLANE_ENVELOPE_INNER_H
#define PROXIMO_PLANE_ENVELOPE_INNER_H

#include "plane/read_inner.h"

struct columns {
    struct column_row *list; /* copies with borrowed strings; none: every field is returned */
    size_t count;
};
/* The columns that `fields` names, else the tool's usual ones. */
int columns_choose(const struct reading *r, struct columns *ret);
void columns_done(struct columns *columns);
/* One row (or single object) as JSON; false when out is full. */
bool columns_put(const struct columns *columns, struct json_object *row, const struct value_style *style,
                 struct buf *out);
const struct column_row *column_find(const struct tool *tool, const char *name);
struct json_object *column_value(const struct column_row *column, struct json_object *row);
void untrusted_put(const struct columns *columns, struct json_object *sample, struct buf *out);

struct row {
    struct json_span text;         /* the whole row */
    struct json_span sort, status; /* what order and counts look at */
    double number;                 /* of sort, when it is no string */
    size_t index;                  /* as it came */
};
struct kept_text {
    struct kept_text *next;
    char text[];
};
struct rows {
    struct row *items;
    size_t count, room;
    struct kept_text *kept; /* values that do not stand in the text */
    bool filtered, counted;
};
/* The rows of a checked array that all filters of the call let through, in order. rows_done also after a
 * failure. */
int rows_select(const struct reading *r, struct json_span list, struct rows *rows);
void rows_done(struct rows *rows);
void rows_put_by_status(const struct rows *rows, struct buf *out); /* the member "by_status" */

struct window {
    size_t offset, returned;
    bool cut_by_size;
    bool lower_bound; /* more may exist than was asked for */
};

#endif
