/* SPDX-License-Identifier: Apache-2.0 */
#include "row.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "base/problem.h"

#define FILE_LIMIT ((size_t)4 << 20)

/* A word that nobody reads would be a check that nobody makes. */
static const struct {
    const char *name;
    enum json_type type;
    bool change; /* only changes have it */
} members[] = {
    {"tool", json_type_string, false},   {"arguments", json_type_object, false},
    {"why", json_type_string, false},    {"sim", json_type_array, false},
    {"wire", json_type_string, false},   {"before", json_type_array, false},
    {"since", json_type_string, false},  {"until", json_type_string, false},
    {"answer", json_type_object, false}, {"refused", json_type_object, false},
    {"invalid", json_type_array, false}, {"plan", json_type_object, true},
    {"apply", json_type_object, true},   {"nothing", json_type_boolean, true},
    {"drift", json_type_array, true},    {"fails", json_type_object, true},
    {"undo", json_type_object, true},    {"never", json_type_object, true},
};

static void give_up(const char *path, size_t i, const char *what, const char *word)
{
    (void)fprintf(stderr, "%s: row %zu: %s %s\n", path, i, what, word);
    exit(1);
}

static void look(const char *path, size_t i, struct row *row)
{
    json_object_object_foreach(row->json, name, value)
    {
        size_t m = 0;
        while (m < sizeof(members) / sizeof(members[0]) && strcmp(members[m].name, name) != 0)
            m++;
        /* false: not applied */
        const bool not_applied = strcmp(name, "apply") == 0 && json_object_is_type(value, json_type_boolean);
        /* a list of them, or the one reason why there is none */
        const bool reason = strcmp(name, "invalid") == 0 && json_object_is_type(value, json_type_object);
        if (m == sizeof(members) / sizeof(members[0]))
            give_up(path, i, "no row has the member", name);
        if (!not_applied && !reason && !json_object_is_type(value, members[m].type))
            give_up(path, i, "this member has another type than it should:", name);
        row->change = row->change || members[m].change;
    }
}

void row_file_load(const char *path, struct row_file *ret_file)
{
    struct buf text CLEANUP_BUF = BUF_INIT(FILE_LIMIT);
    struct problem p = PROBLEM_INIT;
    struct json_object *rows = NULL;

    memset(ret_file, 0, sizeof(*ret_file));
    if (file_read(path, &text) < 0 || json_parse(text.data, text.len, &ret_file->json, &p) < 0)
        give_up(path, 0, "cannot be read:", p.cause);
    if (json_get_string(ret_file->json, "plane", &ret_file->plane, NULL) < 0 ||
        json_get(ret_file->json, "rows", json_type_array, &rows) < 0)
        give_up(path, 0, "wanted", "{\"plane\": ..., \"rows\": [...]}");
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        struct row *row = &ret_file->rows[i];
        if (i == ROWS_MOST)
            give_up(path, i, "too many rows; make", "two files of them");
        row->json = json_object_array_get_idx(rows, i);
        row->plane = ret_file->plane;
        (void)json_get(ret_file->json, "planes", json_type_object, &row->planes);
        row->number = 1;
        if (json_get_string(row->json, "tool", &row->tool, NULL) < 0 ||
            !row_part(row, "arguments", json_type_object))
            give_up(path, i, "wanted", "tool and arguments");
        for (size_t k = 0; k < i; k++)
            row->number += strcmp(ret_file->rows[k].tool, row->tool) == 0;
        look(path, i, row);
        (void)snprintf(row->label, sizeof(row->label), "%s #%d", row->tool, row->number);
        ret_file->count++;
    }
}

void row_file_done(struct row_file *file)
{
    json_object_put(file->json);
    file->json = NULL;
}

struct json_object *row_part(const struct row *row, const char *name, enum json_type type)
{
    struct json_object *part = NULL;

    return json_get(row->json, name, type, &part) == 0 ? part : NULL;
}
