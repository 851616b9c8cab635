/* SPDX-License-Identifier: Apache-2.0 */
/* Answers its first call itself, past its host: a draft that the host would never have sent. */
#include <sys/socket.h>

#include "tiny.h"

static int32_t plan(void *instance, struct proximo_call *call)
{
    struct {
        uint32_t type;
        int32_t code;
        uint64_t call;
        uint32_t seq, flags;
        uint64_t length;
        char body[512];
    } packet = {.type = 14, .call = 1};
    struct proximo_text draft;

    (void)instance;
    if (host->argument(call, "draft", &draft) || draft.len > sizeof(packet.body))
        return PROXIMO_EINVAL;
    memcpy(packet.body, draft.ptr, (size_t)draft.len);
    packet.length = draft.len;
    (void)send(3, &packet, offsetof(__typeof__(packet), body) + (size_t)draft.len, 0);
    return host->change(call, "the host's own");
}
static const struct proximo_param params[] = {{.struct_size = sizeof(struct proximo_param),
                                               .type = PROXIMO_TYPE_STRING,
                                               .flags = PROXIMO_PARAM_REQUIRED,
                                               .name = "draft",
                                               .description = "What to send."}};
static const struct proximo_change changes[] = {{.struct_size = sizeof(struct proximo_change),
                                                 .undo_kind = PROXIMO_UNDO_NONE,
                                                 .name = "forgedraft_do",
                                                 .description = "A change of a test.",
                                                 .params = PROXIMO_TABLE(params),
                                                 .operation_class = "forge.do",
                                                 .subject = "cluster",
                                                 .plan = plan}};
static const struct proximo_plane plane = {TINY_HEAD("forgedraft"), .open = tiny_open,
                                           .changes = PROXIMO_TABLE(changes)};
PROXIMO_PLANE(plane)
