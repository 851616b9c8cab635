/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The structs of plane.h as JSON, in the plane's host: each is a table of its members. A row is copied by its
 * own size into a zeroed struct first, so that what an older plane lacks reads as absent. The tables of a
 * descriptor (manifest_write.c) and what a plan function tells (host_draft.c) have one spelling so.
 */
#ifndef PROXIMO_PLANE_ROW_WRITE_H
#define PROXIMO_PLANE_ROW_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"
#include "proximo/plane.h"

#define ROW_TEXT_MOST ((size_t)64 << 10) /* bytes of one text */

enum member_kind { TEXT, BYTES, U32, I64, FLAGS, TABLE, FUNCTION, SECRET };
struct shape;
struct member {
    const char *key;
    size_t offset;
    enum member_kind kind;
    const struct shape *of; /* of a table's rows */
};
struct shape {
    size_t size;
    const struct member *members;
    size_t count;
};
#define SHAPE_COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define M(type, key, kind)                                                                                   \
    {                                                                                                        \
#key, offsetof(struct type, key), kind, NULL                                                         \
    }
#define T(type, key, row)                                                                                    \
    {                                                                                                        \
#key, offsetof(struct type, key), TABLE, &row##_shape                                                \
    }

extern const struct shape field_shape, step_shape, guard_shape;

struct row_writer {
    struct buf *out;
    struct problem *p;
    /* The name of the parameter whose handle this is; NULL: it is none. NULL function: no secret has a place
     * here. */
    const char *(*secret)(void *arg, uint64_t id);
    void *arg;
};
/* A struct that is already a zero-extended copy, as an object. -EINVAL and p. */
int row_write_copy(const struct row_writer *w, const struct shape *shape, const void *row, const char *where);
/* The same of a struct as a plane gave it. */
int row_write(const struct row_writer *w, const struct shape *shape, const void *at, const char *where);
/* A table as an array, of at most `most` rows. */
int row_write_table(const struct row_writer *w, const struct shape *shape, const struct proximo_table *table,
                    uint32_t most, const char *where);

#endif
