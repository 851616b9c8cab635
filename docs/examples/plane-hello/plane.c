/* SPDX-License-Identifier: Apache-2.0 OR MIT */
/* A whole plane: one tool that is only data, and one that takes a function. */
#include <stdio.h>

#include "proximo/plane.h"

static const struct proximo_host *host;

/* hello_nodes is a row: the host asks, picks the columns and counts. No code of ours runs. */
static const struct proximo_column node_columns[] = {
    {.struct_size = sizeof(struct proximo_column), .name = "node"},
    {.struct_size = sizeof(struct proximo_column), .name = "status"},
    {.struct_size = sizeof(struct proximo_column), .name = "uptime", .unit = "seconds"},
};
static const struct proximo_need node_needs[] = {
    {.struct_size = sizeof(struct proximo_need), .path = "/nodes", .privilege = "Sys.Audit"},
};

/* hello_version composes an answer: a GET, then text made from it. */
static int32_t hello_version(void *instance, struct proximo_call *call)
{
    const struct proximo_get get = {.struct_size = sizeof(get), .path = "/version"};
    struct proximo_answer answer = {.struct_size = sizeof(answer)};
    struct proximo_text name;
    const uint64_t size = 4096;

    (void)instance;
    int32_t r = host->argument(call, "name", &name);
    if (r)
        return r;
    r = host->get(call, &get, &answer);
    if (r)
        return r; /* cancelled, late, refused: the host has the words already */
    char *json = host->alloc(call, size);
    if (!json)
        return PROXIMO_ENOMEM;
    int len = snprintf(json, size, "{\"greeting\":\"Hello, %.*s\",\"version\":%.*s}", (int)name.len, name.ptr,
                       (int)answer.data.len, answer.data.ptr);
    if (len < 0 || (uint64_t)len >= size)
        return host->fail(call, PROXIMO_EPROTO, "the version of this server is %d bytes long", len);
    const struct proximo_content content = {
        .struct_size = sizeof(content), .type = PROXIMO_CONTENT_JSON, .data = {json, (uint64_t)len}};
    return host->reply(call, &content, 1);
}

static const struct proximo_param version_params[] = {
    {.struct_size = sizeof(struct proximo_param),
     .type = PROXIMO_TYPE_STRING,
     .flags = PROXIMO_PARAM_REQUIRED | PROXIMO_PARAM_NOT_SENT,
     .name = "name",
     .description = "Who is greeted.",
     .format = "id"},
};

static const struct proximo_read reads[] = {
    {.struct_size = sizeof(struct proximo_read),
     .name = "hello_nodes",
     .title = "Nodes, said hello to",
     .description = "Lists the nodes of the cluster with their state. Use it to try a plane of your own.",
     .path = "/nodes",
     .columns = PROXIMO_TABLE(node_columns),
     .count_by = "status",
     .sort_by = "node",
     .needs = PROXIMO_TABLE(node_needs)},
    {.struct_size = sizeof(struct proximo_read),
     .flags = PROXIMO_READ_SINGLE,
     .name = "hello_version",
     .title = "Greeting with version",
     .description = "Greets somebody with the version of Proxmox. Use it to see a read function at work.",
     .params = PROXIMO_TABLE(version_params),
     .read = hello_version},
};

static int32_t hello_open(const struct proximo_host *table, void **ret_instance)
{
    host = table;
    *ret_instance = NULL;
    return 0;
}

static const struct proximo_plane plane = {PROXIMO_PLANE_HEAD,
                                           .features_required = PROXIMO_FEATURE_READS,
                                           .threading = PROXIMO_PARALLEL,
                                           .name = "hello",
                                           .version = "1.0.0",
                                           .licence = "Apache-2.0 OR MIT",
                                           .summary = "An example of a plane.",
                                           .open = hello_open,
                                           .reads = PROXIMO_TABLE(reads)};
PROXIMO_PLANE(plane)
