/* SPDX-License-Identifier: Apache-2.0 */
/* A file of test rows: what each row is about. The format of a row is described in README.md. */
#ifndef PROXIMO_TESTS_TOOLS_ROW_H
#define PROXIMO_TESTS_TOOLS_ROW_H

#include <json-c/json.h>
#include <stdbool.h>
#include <stddef.h>

#define ROWS_MOST 400

struct row {
    struct json_object *json, *planes; /* borrowed from its file; planes: NULL: the usual ones */
    const char *plane, *tool;
    int number;  /* 1: the tool's first in this file */
    bool change; /* it has something that only changes have */
    char label[96];
};

struct row_file {
    struct json_object *json;
    const char *plane;
    struct row rows[ROWS_MOST];
    size_t count;
};

/* Exits with a message when the file is not one, or holds a word that no row has. */
void row_file_load(const char *path, struct row_file *ret_file);
void row_file_done(struct row_file *file);
/* A member of the row of this type; NULL when it is not there. Borrowed. */
struct json_object *row_part(const struct row *row, const char *name, enum json_type type);

#endif
