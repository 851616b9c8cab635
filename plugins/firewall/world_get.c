/* SPDX-License-Identifier: Apache-2.0 */
/* Many GETs beside each other; what none of them gave is told. */
#include "world.h"

#define BATCH     128u
#define TOLD_MOST 40u /* one by one, of one call */

struct batch {
    struct proximo_get gets[BATCH];
    struct proximo_answer answers[BATCH];
};

static int32_t take(const struct asking *a, const struct world_get *get, const struct proximo_answer *answer,
                    uint32_t *unread)
{
    const bool good = answer->status >= 200 && answer->status < 300;
    struct json_object *data = good ? json_of(answer->data) : NULL;
    if (get->ret_whole)
        *get->ret_whole =
            json_object_is_type(data, get->type) && !(answer->flags & PROXIMO_ANSWER_INCOMPLETE);
    if (json_object_is_type(data, get->type))
        return json_object_object_add(get->into, get->key, data) == 0 ? PROXIMO_OK : PROXIMO_ENOMEM;
    json_object_put(data);
    if (!get->what || ++*unread > TOLD_MOST)
        return PROXIMO_OK;
    const char *why = good ? "Proxmox answered without the data it promises"
                      : answer->message.len
                          ? ask_text(a, "%.*s", (int)(answer->message.len > 300 ? 300 : answer->message.len),
                                     answer->message.ptr)
                      : answer->status ? ask_text(a, "HTTP status %d", (int)answer->status)
                                       : "no answer";
    return why ? a->host->incomplete(a->call, get->what, why) : PROXIMO_ENOMEM;
}

int32_t world_get_all(const struct asking *a, const struct world_get *gets, uint32_t count)
{
    struct batch *batch = count ? a->host->alloc(a->call, sizeof(*batch)) : NULL;
    uint32_t unread = 0;
    int32_t r = batch || !count ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t first = 0; r == PROXIMO_OK && first < count; first += BATCH) {
        const uint32_t some = count - first < BATCH ? count - first : BATCH;
        for (uint32_t i = 0; i < some; i++) {
            const struct world_get *get = &gets[first + i];
            batch->gets[i] = (struct proximo_get){ROW(proximo_get),
                                                  .flags = PROXIMO_GET_TOLERATE,
                                                  .path = get->path,
                                                  .fields = get->fields,
                                                  .field_count = get->field_count,
                                                  .needs = ROWS(get->need, get->need ? 1 : 0)};
            batch->answers[i] = (struct proximo_answer){ROW(proximo_answer)};
        }
        r = a->host->get_many(a->call, batch->gets, some, batch->answers);
        for (uint32_t i = 0; r == PROXIMO_OK && i < some; i++)
            r = take(a, &gets[first + i], &batch->answers[i], &unread);
    }
    if (r == PROXIMO_OK && unread > TOLD_MOST)
        r = a->host->incomplete(a->call,
                                ask_text(a, "%u more parts of firewalls", (unsigned)(unread - TOLD_MOST)),
                                "they could not be read either");
    return r;
}
