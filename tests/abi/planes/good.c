/* SPDX-License-Identifier: Apache-2.0 */
/* A plane that behaves: what must go on whatever the others do. */
#include <time.h>

#include "tiny.h"

static int32_t echo(void *instance, struct proximo_call *call)
{
    struct proximo_text arguments;
    (void)instance;
    int32_t r = host->arguments(call, &arguments);
    if (r)
        return r;
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON, .data = arguments};
    return host->reply(call, &block, 1);
}

/* Waits for 30 seconds, but ends when told. */
static int32_t patient(void *instance, struct proximo_call *call)
{
    const struct timespec moment = {.tv_nsec = 5000000};
    (void)instance;
    for (int i = 0; i < 6000; i++) {
        if (host->cancelled(call))
            return PROXIMO_ECANCELLED;
        (void)host->progress(call, (uint32_t)i, 6000, "waiting");
        (void)nanosleep(&moment, NULL);
    }
    return tiny_result(call, 0);
}

/* A second of work that does not look up; answers how often it was begun in this process. */
static int32_t slow(void *instance, struct proximo_call *call)
{
    const struct timespec second = {.tv_sec = 1};
    (void)instance;
    (void)nanosleep(&second, NULL);
    return tiny_result(call, 1);
}

/* Three megabytes of rows: more than one packet, less than the limit. */
static int32_t large(void *instance, struct proximo_call *call)
{
    enum { ROWS = 100000, WIDTH = 30 };
    char *text = host->alloc(call, (uint64_t)ROWS * WIDTH + 2);
    (void)instance;
    if (!text)
        return host->fail(call, PROXIMO_ENOMEM, "no memory for %d rows", ROWS);
    memset(text, ' ', (size_t)ROWS * WIDTH);
    text[0] = '[';
    for (size_t i = 0; i < ROWS; i++)
        memcpy(text + 1 + i * WIDTH, i + 1 < ROWS ? "{\"vmid\":\"100\"}," : "{\"vmid\":\"100\"}",
               i + 1 < ROWS ? 15 : 14);
    text[(size_t)ROWS * WIDTH] = ']';
    struct proximo_content block = {.struct_size = sizeof(block),
                                    .type = PROXIMO_CONTENT_ROWS,
                                    .data = {text, (uint64_t)ROWS * WIDTH + 1}};
    return host->reply(call, &block, 1);
}

static int32_t refuse(void *instance, struct proximo_call *call)
{
    (void)instance;
    return host->fail(call, PROXIMO_ENOTFOUND, "there is no guest %d", 999);
}

static int32_t get(void *instance, struct proximo_call *call)
{
    struct proximo_field fields[] = {
        {.struct_size = sizeof(struct proximo_field), .name = "node", .value = "../../access"}};
    struct proximo_get request = {
        .struct_size = sizeof(request), .path = "/nodes/{node}/status", .fields = fields, .field_count = 1};
    struct proximo_answer answer = {.struct_size = sizeof(answer)};
    (void)instance;
    int32_t r = host->get(call, &request, &answer);
    return r ? r : tiny_result(call, answer.status);
}

static const struct proximo_read reads[] = {
    TINY_READ("good_echo", echo),   TINY_READ("good_patient", patient), TINY_READ("good_slow", slow),
    TINY_READ("good_large", large), TINY_READ("good_refuse", refuse),   TINY_READ("good_get", get),
};
static const struct proximo_plane plane = {TINY_HEAD("good"), .open = tiny_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
