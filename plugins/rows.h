/* SPDX-License-Identifier: Apache-2.0 */
/* How the built-in planes write the rows of plane.h: each fills in its own struct_size. */
#ifndef PROXIMO_PLUGINS_ROWS_H
#define PROXIMO_PLUGINS_ROWS_H

#include <proximo/plane.h>

#define ROW(type) .struct_size = (uint32_t)sizeof(struct type)
#define COLUMN(...)                                                                                          \
    {                                                                                                        \
        ROW(proximo_column), __VA_ARGS__                                                                     \
    }
#define PARAM(...)                                                                                           \
    {                                                                                                        \
        ROW(proximo_param), __VA_ARGS__                                                                      \
    }
#define UNTRUSTED .flags = PROXIMO_COLUMN_UNTRUSTED
#define EXTRA     .flags = PROXIMO_COLUMN_EXTRA

/* A filter on a column: never sent. */
#define FILTER(column_name, ...)                                                                             \
    PARAM(.type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_NOT_SENT, .column = (column_name), __VA_ARGS__)

#endif
