/* SPDX-License-Identifier: Apache-2.0 */
/* Texts, tables and ordered names of a model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "inner.h"

struct chunk {
    struct chunk *before;
    size_t used, room;
    char text[];
};

const char *texts_add(struct texts *texts, const char *text, size_t length)
{
    struct chunk *chunk = texts->last;
    char *at;

    if (length >= SIZE_MAX / 2)
        return NULL;
    if (!chunk || chunk->room - chunk->used <= length) {
        const size_t room = length + 1 > 65536 ? length + 1 : 65536;

        chunk = malloc(sizeof(*chunk) + room);
        if (!chunk)
            return NULL;
        chunk->before = texts->last;
        chunk->used = 0;
        chunk->room = room;
        texts->last = chunk;
    }
    at = chunk->text + chunk->used;
    memcpy(at, text, length);
    at[length] = '\0';
    chunk->used += length + 1;
    return at;
}

void texts_done(struct texts *texts)
{
    while (texts->last) {
        struct chunk *chunk = texts->last;

        texts->last = chunk->before;
        free(chunk);
    }
}

int table_add(struct table *table, void **ret)
{
    if (table->count >= ACL_THINGS_MOST)
        return -E2BIG;
    if (table->count == table->room) {
        const uint32_t room = table->room ? table->room * 2 : 16;
        void *rows = realloc(table->rows, room * table->size);

        if (!rows)
            return -ENOMEM;
        table->rows = rows;
        table->room = room;
    }
    *ret = table_row(table, table->count++);
    memset(*ret, 0, table->size);
    return 0;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int names_build(struct names *names, const char **list, uint32_t count)
{
    uint32_t kept = 0;

    if (count > 0)
        qsort(list, count, sizeof(*list), by_text);
    for (uint32_t i = 0; i < count; i++) {
        if (kept == 0 || strcmp(list[kept - 1], list[i]) != 0)
            list[kept++] = list[i];
    }
    names->text = list;
    names->count = kept;
    return 0;
}

uint32_t names_find(const struct names *names, const char *text)
{
    uint32_t low = 0, high = names->count;

    while (low < high) {
        const uint32_t middle = low + (high - low) / 2;
        const int order = strcmp(names->text[middle], text);

        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NONE;
}
