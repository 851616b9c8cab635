/* SPDX-License-Identifier: Apache-2.0 */
/* The memory of one call: chunks that grow, one end. Used by the call's own thread. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plane/host.h"

#define CHUNK ((size_t)16 << 10)

void *host_arena_alloc(struct proximo_call *call, uint64_t size)
{
    if (!call || size > HOST_ARENA_LIMIT)
        return NULL;
    size_t need = ((size_t)size + 15) & ~(size_t)15;
    struct arena_chunk *chunk = call->arena;

    if (!chunk || chunk->size - chunk->used < need) {
        size_t bytes = need > CHUNK ? need : CHUNK;
        if (call->arena_bytes + bytes > HOST_ARENA_LIMIT)
            return NULL;
        chunk = calloc(1, sizeof(*chunk) + bytes);
        if (!chunk)
            return NULL;
        chunk->size = bytes;
        call->arena_bytes += bytes;
        chunk->next = call->arena;
        call->arena = chunk;
    }
    void *at = chunk->bytes + chunk->used;
    chunk->used += need;
    return at;
}

int host_arena_text(struct proximo_call *call, const char *text, size_t len, struct proximo_text *ret)
{
    char *copy = host_arena_alloc(call, len + 1);

    if (!copy)
        return -ENOMEM;
    if (len)
        memcpy(copy, text, len);
    *ret = (struct proximo_text){copy, len};
    return 0;
}

int host_arena_adopt(struct proximo_call *call, void *bytes)
{
    struct adopted *adopted = host_arena_alloc(call, sizeof(*adopted));

    if (!adopted) {
        free(bytes);
        return -ENOMEM;
    }
    *adopted = (struct adopted){call->adopted, bytes};
    call->adopted = adopted;
    return 0;
}

void host_arena_done(struct proximo_call *call)
{
    for (struct adopted *a = call->adopted; a; a = a->next)
        free(a->bytes);
    call->adopted = NULL;
    while (call->memos) {
        struct memo *memo = call->memos;
        call->memos = memo->next;
        free(memo->key);
        free(memo);
    }
    while (call->arena) {
        struct arena_chunk *next = call->arena->next;
        free(call->arena);
        call->arena = next;
    }
}
