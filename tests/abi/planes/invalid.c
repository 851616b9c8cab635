/* SPDX-License-Identifier: Apache-2.0 */
/* Answers that nobody may see: which one is named by the argument. */
#include "tiny.h"

static int32_t answer(struct proximo_call *call, uint32_t type, const char *data, uint64_t len)
{
    struct proximo_content block = {.struct_size = sizeof(block), .type = type, .data = {data, len}};
    return host->reply(call, &block, 1);
}

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text which = {0};
    (void)instance;
    if (host->argument(call, "which", &which))
        return PROXIMO_EINVAL;
    switch (which.ptr[0]) {
    case 'u': return answer(call, PROXIMO_CONTENT_TEXT, "caf\xe9", 4);
    case 'j': return answer(call, PROXIMO_CONTENT_JSON, "{\"a\":NaN}", 9);
    case 'a': return answer(call, PROXIMO_CONTENT_JSON, "[1]", 3);
    case 't': return answer(call, 99, "x", 1);
    case 'm': return answer(call, PROXIMO_CONTENT_IMAGE, "x", 1);
    case 'n': return 0;
    case 'p': return 12345;
    case 'l': {
        uint64_t size = (uint64_t)70 << 20;
        char *text = host->alloc(call, size);
        if (!text)
            return PROXIMO_ENOMEM;
        memset(text, 'x', size);
        (void)answer(call, PROXIMO_CONTENT_TEXT, text, size);
        return 0;
    }
    default: return PROXIMO_EINVAL;
    }
}
static const struct proximo_param params[] = {{.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_REQUIRED,
                                               .name = "which",
                                               .description = "Which one."}};
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "invalid_run",
                                             .description = "A tool of a test.",
                                             .params = PROXIMO_TABLE(params),
                                             .read = run}};
static const struct proximo_plane plane = {TINY_HEAD("invalid"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
