/* SPDX-License-Identifier: Apache-2.0 */
/* Talks to the core itself, past its host: a message that makes no sense. */
#include <sys/socket.h>

#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    uint64_t words[8] = {0};
    struct proximo_text which = {0};
    (void)instance;
    if (host->argument(call, "which", &which))
        return PROXIMO_EINVAL;
    memset(words, which.ptr[0] == 'g' ? 0x5a : 0, sizeof(words));
    if (which.ptr[0] == 'r') { /* an answer to a call that nobody made */
        words[0] = 14;
        words[1] = UINT64_C(4242);
        words[3] = 32;
    }
    (void)send(3, words, sizeof(words), 0);
    return tiny_result(call, 1);
}
static const struct proximo_param params[] = {{.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_REQUIRED,
                                               .name = "which",
                                               .description = "Which one."}};
static const struct proximo_read reads[] = {{.struct_size = sizeof(struct proximo_read),
                                             .name = "forge_run",
                                             .description = "A tool of a test.",
                                             .params = PROXIMO_TABLE(params),
                                             .read = run}};
static const struct proximo_plane plane = {TINY_HEAD("forge"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
