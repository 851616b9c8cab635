/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that goes at once, members of JSON objects, numbers from text. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

struct fw_block {
    struct fw_block *next;
    size_t used, size;
    _Alignas(16) char space[];
};

#define BLOCK_SIZE ((size_t)65536)

void *fw_take(struct fw_pool *pool, size_t count, size_t size)
{
    size_t need;

    if (__builtin_mul_overflow(count, size, &need) || need > SIZE_MAX / 2)
        return NULL;
    need = (need + 15) & ~(size_t)15;
    if (need == 0)
        need = 16;
    if (!pool->blocks || pool->blocks->size - pool->blocks->used < need) {
        size_t space = need > BLOCK_SIZE ? need : BLOCK_SIZE;
        struct fw_block *block = calloc(1, sizeof(*block) + space);

        if (!block)
            return NULL;
        block->size = space;
        block->next = pool->blocks;
        pool->blocks = block;
    }
    void *taken = pool->blocks->space + pool->blocks->used;
    pool->blocks->used += need;
    return taken;
}

void fw_pool_done(struct fw_pool *pool)
{
    while (pool->blocks) {
        struct fw_block *next = pool->blocks->next;

        free(pool->blocks);
        pool->blocks = next;
    }
}

struct json_object *fw_get(struct json_object *object, const char *key)
{
    struct json_object *value = NULL;

    if (!json_object_is_type(object, json_type_object) || !json_object_object_get_ex(object, key, &value))
        return NULL;
    return value;
}

const char *fw_text(struct json_object *object, const char *key)
{
    struct json_object *value = fw_get(object, key);

    if (!json_object_is_type(value, json_type_string) && !json_object_is_type(value, json_type_int))
        return NULL;
    const char *text = json_object_get_string(value);
    return text && *text && strlen(text) <= FW_TEXT_MOST ? text : NULL;
}

int64_t fw_digits(const char *text, size_t len, int64_t most)
{
    int64_t value = 0;

    if (len == 0 || len > 18)
        return -1;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return -1;
        value = value * 10 + (text[i] - '0');
    }
    return value <= most ? value : -1;
}

int64_t fw_number(struct json_object *object, const char *key, int64_t otherwise)
{
    struct json_object *value = fw_get(object, key);

    if (json_object_is_type(value, json_type_int) || json_object_is_type(value, json_type_boolean))
        return json_object_get_int64(value);
    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_object_get_string(value);
        int64_t number = fw_digits(text, strlen(text), INT64_MAX);

        return number < 0 ? otherwise : number;
    }
    return otherwise;
}

bool fw_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

bool fw_is_set(const char *text)
{
    return text && strcmp(text, "0") != 0;
}
