/* SPDX-License-Identifier: Apache-2.0 */
/* Takes settings, and answers what it was given. */
#include "tiny.h"

static int32_t run(void *instance, struct proximo_call *call)
{
    struct proximo_text config;
    (void)instance;
    int32_t r = host->config(&config);
    if (r)
        return r;
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON, .data = config};
    return host->reply(call, &block, 1);
}
static const struct proximo_read reads[] = {TINY_READ("settings_run", run)};
static const struct proximo_plane plane = {
    TINY_HEAD("settings"), .open = tiny_open,
    .config_schema =
        "{\"type\":\"object\",\"properties\":{\"depth\":{\"type\":\"integer\",\"minimum\":1,\"maximum\":9}},"
        "\"additionalProperties\":false}",
    .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
