/* SPDX-License-Identifier: Apache-2.0 */
/* The frame of a test plane with one read function: TINY(name, "tool", function). */
#ifndef PROXIMO_TESTS_ABI_TINY_H
#define PROXIMO_TESTS_ABI_TINY_H

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "proximo/plane.h"

static const struct proximo_host *host;

__attribute__((unused)) static int32_t tiny_open(const struct proximo_host *h, void **ret_instance)
{
    host = h;
    *ret_instance = NULL;
    return 0;
}

/* The answer of a function that lives to tell: {"result": n}. */
__attribute__((unused)) static int32_t tiny_result(struct proximo_call *call, int result)
{
    char json[32];
    int len = snprintf(json, sizeof(json), "{\"result\":%d}", result);
    struct proximo_content block = {
        .struct_size = sizeof(block), .type = PROXIMO_CONTENT_JSON, .data = {json, (uint64_t)len}};
    return host->reply(call, &block, 1);
}

#define TINY_READ(tool, function)                                                                            \
    {                                                                                                        \
        .struct_size = sizeof(struct proximo_read), .name = (tool), .description = "A tool of a test.",      \
        .read = (function), .flags = PROXIMO_READ_SINGLE                                                     \
    }

#define TINY_HEAD(plane_name)                                                                                \
    PROXIMO_PLANE_HEAD, .threading = PROXIMO_PARALLEL, .name = (plane_name), .version = "1",                 \
                        .licence = "Apache-2.0", .summary = "A plane of the tests."

#define TINY(plane_name, tool, function)                                                                     \
    static const struct proximo_read reads[] = {TINY_READ(tool, function)};                                  \
    static const struct proximo_plane plane = {TINY_HEAD(plane_name), .open = tiny_open,                     \
                                               .reads = PROXIMO_TABLE(reads)};                               \
    PROXIMO_PLANE(plane)

#endif
