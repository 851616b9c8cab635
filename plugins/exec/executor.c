/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The executor looks at everything again, as if no plan had: that the words are `pct exec VMID -- WORDS`,
 * that the container is allowed, and by which node. Only then it goes to the back end.
 */
#include <unistd.h>

#include "exec.h"

static const char target_schema[] = "{\"type\":\"object\",\"properties\":{\"node\":{\"type\":\"string\"}},"
                                    "\"required\":[\"node\"],\"additionalProperties\":false}";

static bool text_is(struct proximo_text text, const char *word)
{
    return text.len == strlen(word) && memcmp(text.ptr, word, text.len) == 0;
}

/* The vmid of `pct exec VMID -- ...` as text of the call; NULL: it is something else. */
static const char *container_of(const struct asking *a, const struct proximo_exec *exec)
{
    if (exec->argc < 5 || !text_is(exec->argv[0], "pct") || !text_is(exec->argv[1], "exec") ||
        !text_is(exec->argv[3], "--"))
        return NULL;
    return ask_text(a, "%.*s", (int)(exec->argv[2].len < 16 ? exec->argv[2].len : 16), exec->argv[2].ptr);
}

static int32_t check_words(const struct asking *a, const struct proximo_exec *exec)
{
    size_t total = 0;

    for (uint32_t i = 0; i < exec->argc; i++) {
        total += exec->argv[i].len;
        for (uint64_t k = 0; k < exec->argv[i].len; k++)
            if ((unsigned char)exec->argv[i].ptr[k] < 0x20 || exec->argv[i].ptr[k] == 0x7f)
                return a->host->fail(a->call, PROXIMO_EINVAL, "word %u has a control character", i);
    }
    return total <= COMMAND_ARGV_MOST + 64
               ? PROXIMO_OK
               : a->host->fail(a->call, PROXIMO_EINVAL, "the words are longer than %zu bytes together",
                               COMMAND_ARGV_MOST);
}

/* By its id, or by a tag that its configuration has now. */
static int32_t check_allowed(const struct exec_plane *plane, const struct asking *a, const char *node,
                             const char *vmid)
{
    struct json_object *config DROP_JSON = NULL;

    if (allow_has(&plane->ct, vmid, NULL))
        return PROXIMO_OK;
    if (plane->ct.tags) {
        const struct proximo_field at[] = {FIELD("node", node), FIELD("vmid", vmid)};
        const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/lxc/{vmid}/config",
                                        .fields = at, .field_count = 2};
        int32_t r = ask_get(a, &get, json_type_object, &config);
        if (r < 0)
            return r;
        if (allow_has(&plane->ct, vmid, member_text(config, "tags")))
            return PROXIMO_OK;
    }
    return a->host->fail(a->call, PROXIMO_ENOTALLOWED, "planes.exec.config.ct does not allow container %s",
                         vmid);
}

static void *state_of(const struct exec_plane *plane, const char *node)
{
    uint32_t i = 0;

    while (i + 1 < plane->node_count && strcmp(plane->nodes[i].name, node) != 0)
        i++;
    return plane->nodes[i].state;
}

int32_t exec_run(void *instance, struct proximo_call *call, const struct proximo_exec *exec)
{
    const struct exec_plane *plane = instance;
    const struct asking a = {plane->base.host, call};
    struct json_object *target DROP_JSON = json_of(exec->target_json);
    const char *node = member_text(target, "node");
    const char *vmid = container_of(&a, exec);
    int32_t fd = -1;

    if (!node || !vmid)
        return a.host->fail(call, PROXIMO_EINVAL,
                            "it runs `pct exec VMID -- WORDS` on a node, and nothing else");
    int32_t r = check_words(&a, exec);
    if (r == PROXIMO_OK)
        r = check_allowed(plane, &a, node, vmid);
    if (r == PROXIMO_OK && exec->stdin_secret_id)
        r = a.host->secret_stdin(call, exec->stdin_secret_id, &fd);
    if (r < 0)
        return r;
    const struct backend_run run = {.host = a.host,
                                    .call = call,
                                    .node = node,
                                    .argv = exec->argv,
                                    .argc = exec->argc,
                                    .stdin_text = exec->stdin_text,
                                    .stdin_fd = fd,
                                    .deadline_ms = (int64_t)exec->deadline_ms};
    r = plane->backend->run(state_of(plane, node), &run);
    if (fd >= 0)
        (void)close(fd);
    return r;
}

static const struct proximo_executor executors[] = {
    {
        ROW(proximo_executor),
        .name = EXECUTOR,
        .description = "Runs a command in a container of the allow-list, by `pct exec` on its node.",
        .target_schema = target_schema,
        .run = exec_run,
    },
};
const struct proximo_table exec_executors = PROXIMO_TABLE(executors);
