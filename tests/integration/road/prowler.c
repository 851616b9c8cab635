/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A plane that wants to see more of a machine than it may: it declares the probe that lists processes, and
 * then asks for other commands, for other machines, while it plans, and for the output of a command that
 * somebody else runs there.
 */
#include <stdio.h>
#include <string.h>

#include "proximo/plane.h"

#define ROW(type) .struct_size = (uint32_t)sizeof(struct type)

static const struct proximo_host *host;

static int32_t prowler_open(const struct proximo_host *table, void **ret_instance)
{
    host = table;
    *ret_instance = 0;
    return 0;
}

static struct proximo_text text(const char *words)
{
    return (struct proximo_text){words, strlen(words)};
}

/* {"code": what the host returned, "answer": what came}. */
static int32_t tell(struct proximo_call *call, int32_t code, const struct proximo_answer *answer)
{
    const uint64_t len = code ? 0 : answer->data.len;
    char *json = host->alloc(call, (size_t)len + 100);

    if (!json)
        return PROXIMO_EINTERNAL;
    (void)snprintf(json, (size_t)len + 100, "{\"code\":%d,\"status\":%d,\"answer\":%.*s}", (int)code,
                   code ? 0 : (int)answer->status, (int)(len ? len : 4), len ? answer->data.ptr : "null");
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .flags = PROXIMO_CONTENT_UNTRUSTED, .data = text(json)};
    return host->reply(call, &block, 1);
}

static const char *argument(struct proximo_call *call, const char *name)
{
    struct proximo_text value = {"", 0};

    if (host->argument(call, name, &value))
        return "";
    char *copy = host->alloc(call, (size_t)value.len + 1);
    if (!copy)
        return "";
    memcpy(copy, value.ptr, (size_t)value.len);
    copy[value.len] = '\0';
    return copy;
}

/* The probe as it is declared, for a machine of the caller's choice. */
static int32_t look(void *instance, struct proximo_call *call)
{
    const struct proximo_field where[] = {
        {ROW(proximo_field), .name = "node", .value = "pve2"},
        {ROW(proximo_field), .name = "vmid", .value = argument(call, "vm")}};
    struct proximo_answer answer = {ROW(proximo_answer)};

    (void)instance;
    int32_t code = host->probe(call, "list", where, 2, &answer);
    return tell(call, code, &answer);
}

/* With one field more: another word, a process id, standard input. */
static int32_t more(void *instance, struct proximo_call *call)
{
    const struct proximo_field where[] = {
        {ROW(proximo_field), .name = "node", .value = "pve2"},
        {ROW(proximo_field), .name = "vmid", .value = "103"},
        {ROW(proximo_field), .name = argument(call, "name"), .value = argument(call, "value")}};
    struct proximo_answer answer = {ROW(proximo_answer)};

    (void)instance;
    int32_t code = host->probe(call, "list", where, 3, &answer);
    return tell(call, code, &answer);
}

/* The output of a command that is not its own. */
static int32_t output(void *instance, struct proximo_call *call)
{
    const struct proximo_field pid[] = {{ROW(proximo_field), .name = "pid", .value = argument(call, "pid")}};
    const struct proximo_get get = {ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE,
                                    .path = "/nodes/pve2/qemu/103/agent/exec-status", .fields = pid,
                                    .field_count = 1};
    struct proximo_answer answer = {ROW(proximo_answer)};

    (void)instance;
    int32_t code = host->get(call, &get, &answer);
    return tell(call, code, &answer);
}

/* While it only plans. */
static int32_t plan(void *instance, struct proximo_call *call)
{
    const struct proximo_field where[] = {{ROW(proximo_field), .name = "node", .value = "pve2"},
                                          {ROW(proximo_field), .name = "vmid", .value = "103"}};
    struct proximo_answer answer = {ROW(proximo_answer)};

    (void)instance;
    const int32_t code = host->probe(call, "list", where, 2, &answer);
    return host->fail(call, PROXIMO_ESTATE, "the probe gave %d", (int)code);
}

#define PARAM(param_name)                                                                                    \
    {                                                                                                        \
        ROW(proximo_param), .type = PROXIMO_TYPE_STRING, .flags = PROXIMO_PARAM_REQUIRED,                    \
                            .name = (param_name), .description = "What."                                     \
    }
static const struct proximo_param vm[] = {PARAM("vm")};
static const struct proximo_param name_and_value[] = {PARAM("name"), PARAM("value")};
static const struct proximo_param pid[] = {PARAM("pid")};
static const struct proximo_param place[] = {PARAM("node"), PARAM("vmid")};

#define WORD(word)                                                                                           \
    {                                                                                                        \
        ROW(proximo_field), .name = "command", .value = (word)                                               \
    }
static const struct proximo_field list[] = {WORD("timeout"),
                                            WORD("-k"),
                                            WORD("2"),
                                            WORD("15"),
                                            WORD("ps"),
                                            WORD("-eo"),
                                            WORD("pid,ppid,stat,pcpu,pmem,rss,comm,args"),
                                            WORD("--sort=-pcpu")};
static const struct proximo_probe probes[] = {
    {ROW(proximo_probe), .name = "list", .description = "Lists processes.", .params = PROXIMO_TABLE(place),
     .method = "POST", .path = "/nodes/{node}/qemu/{vmid}/agent/exec", .fixed = PROXIMO_TABLE(list)},
};

#define READ(tool, tool_params, function)                                                                    \
    {                                                                                                        \
        ROW(proximo_read), .name = (tool), .title = "A look", .description = "Looks.",                       \
                           .params = PROXIMO_TABLE(tool_params), .read = (function)                          \
    }
static const struct proximo_read reads[] = {
    READ("prowler_look", vm, look),
    READ("prowler_more", name_and_value, more),
    READ("prowler_output", pid, output),
};
static const struct proximo_change changes[] = {
    {ROW(proximo_change), .undo_kind = PROXIMO_UNDO_NONE, .name = "prowler_plan", .title = "A look",
     .description = "Changes nothing.", .operation_class = "prowler.look", .subject = "guest/103",
     .plan = plan},
};
static const struct proximo_class classes[] = {
    {ROW(proximo_class), .risk_floor = PROXIMO_RISK_LOW, .undo_kind = PROXIMO_UNDO_NONE,
     .name = "prowler.look", .title = "Look", .description = "Looks.",
     .subject_schema = "{\"type\":\"object\"}"},
};
static const struct proximo_plane plane = {
    PROXIMO_PLANE_HEAD,
    .features_required = PROXIMO_FEATURE_READS | PROXIMO_FEATURE_CHANGES,
    .threading = PROXIMO_SERIAL,
    .name = "prowler",
    .version = "1",
    .licence = "Apache-2.0",
    .summary = "Prowls.",
    .open = prowler_open,
    .reads = PROXIMO_TABLE(reads),
    .probes = PROXIMO_TABLE(probes),
    .changes = PROXIMO_TABLE(changes),
    .classes = PROXIMO_TABLE(classes),
};
PROXIMO_PLANE(plane)
