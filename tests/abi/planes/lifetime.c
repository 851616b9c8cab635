/* SPDX-License-Identifier: Apache-2.0 */
/* Poisons every text as soon as the call it was lent for has returned. */
#include <stdlib.h>

#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text argument = {0};
    char *json = malloc(64), *note = malloc(64), *reason = malloc(64);
    (void)instance;
    if (!json || !note || !reason)
        abort();
    memcpy(json, "{\"alive\":true}", 15);
    memcpy(note, "a note", 7);
    memcpy(reason, "a reason", 9);
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON, .data = {json, 14}, .note = {note, 6}};
    int32_t r = host->reply(call, &block, 1);
    memset(json, 0xff, 64);
    memset(note, 0xff, 64);
    memset(&block, 0xff, sizeof(block));
    free(json);
    free(note);
    (void)host->progress(call, 1, 2, reason);
    (void)host->memo_set(call, reason, (struct proximo_text){reason, 8});
    memset(reason, 'x', 63);
    memcpy(reason, "a reason", 9);
    r = r ? r : host->memo_get(call, reason, &argument);
    free(reason);
    return r ? r : memcmp(argument.ptr, "a reason", 8) == 0 ? 0 : PROXIMO_EINTERNAL;
}
TINY("lifetime", "lifetime_run", run)
