/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_tasks_list and pve_task_status. One node's tasks are filtered by Proxmox; the cluster's list takes no
 * parameters, so the same filters are applied here. Both get an `outcome`, because Proxmox's status is free
 * text.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "nodes.h"

#define OFFSET_MAX 100000

struct task_filter {
    bool on_node;
    bool errors;
    bool has_since;
    int64_t since;
    uint64_t limit, offset;
    char vmid[16];
    char type[72];
    char status[16];
};

static int64_t member_int(struct json_object *o, const char *key)
{
    struct json_object *value = NULL;
    if (!json_object_object_get_ex(o, key, &value) || !json_object_is_type(value, json_type_int))
        return 0;
    return json_object_get_int64(value);
}

/* How a finished task ended. Proxmox's rule: OK, "WARNINGS: n", "unexpected status" when its end is not
 * known, anything else is the error's text. */
const char *nodes_outcome(const char *status)
{
    if (!status || strcmp(status, "RUNNING") == 0)
        return "running";
    if (strcmp(status, "OK") == 0)
        return "ok";
    if (strncmp(status, "WARNINGS: ", 10) == 0)
        return "warning";
    if (strcmp(status, "unexpected status") == 0 || strcmp(status, "unknown") == 0 || !*status)
        return "unknown";
    return "error";
}

/* ---- the arguments */

static void copy_argument(struct plane_instance *plane, struct proximo_call *call, const char *name,
                          char *ret, size_t size)
{
    struct proximo_text text = {0};
    if (plane->host->argument(call, name, &text) == PROXIMO_OK && text.len < size) {
        memcpy(ret, text.ptr, text.len);
        ret[text.len] = 0;
    }
}

static void filter_read(struct plane_instance *plane, struct proximo_call *call, struct task_filter *ret)
{
    char text[32] = "";
    char node[80] = "";
    memset(ret, 0, sizeof(*ret));
    copy_argument(plane, call, "node", node, sizeof(node));
    ret->on_node = node[0] != 0;
    copy_argument(plane, call, "limit", text, sizeof(text));
    ret->limit = text[0] ? digits_of(text, 1000) : 50;
    text[0] = 0;
    copy_argument(plane, call, "offset", text, sizeof(text));
    ret->offset = digits_of(text, OFFSET_MAX);
    text[0] = 0;
    copy_argument(plane, call, "errors", text, sizeof(text));
    ret->errors = strcmp(text, "true") == 0 || strcmp(text, "1") == 0;
    text[0] = 0;
    copy_argument(plane, call, "since", text, sizeof(text));
    ret->has_since = text[0] != 0;
    ret->since = (int64_t)digits_of(text, UINT64_C(99999999999));
    copy_argument(plane, call, "vmid", ret->vmid, sizeof(ret->vmid));
    copy_argument(plane, call, "typefilter", ret->type, sizeof(ret->type));
    copy_argument(plane, call, "statusfilter", ret->status, sizeof(ret->status));
}

/* ---- the list */

static int by_start_descending(const void *a, const void *b)
{
    int64_t x = member_int(*(struct json_object *const *)a, "starttime");
    int64_t y = member_int(*(struct json_object *const *)b, "starttime");
    return (x < y) - (x > y);
}

static bool filter_fits(const struct task_filter *f, struct json_object *task, const char *outcome)
{
    const char *id = member_text(task, "id");
    const char *type = member_text(task, "type");
    return !(f->errors && strcmp(outcome, "error") != 0) &&
           !(f->status[0] && strcmp(outcome, f->status) != 0) &&
           !(f->vmid[0] && (!id || strcmp(id, f->vmid) != 0)) &&
           !(f->type[0] && (!type || strcmp(type, f->type) != 0)) &&
           !(f->has_since && member_int(task, "starttime") < f->since);
}

static int32_t reply_tasks(struct plane_instance *plane, struct proximo_call *call,
                           const struct task_filter *f, struct json_object *data,
                           const struct proximo_answer *answer)
{
    struct json_object *rows = json_object_new_array();
    if (!rows)
        return PROXIMO_ENOMEM;
    if (!f->on_node)
        json_object_array_sort(data, by_start_descending);
    size_t n = json_object_array_length(data);
    for (size_t i = 0; i < n; i++) {
        struct json_object *task = json_object_array_get_idx(data, i);
        if (!json_object_is_type(task, json_type_object))
            continue;
        const char *outcome = nodes_outcome(member_text(task, "status"));
        if (!f->on_node && !filter_fits(f, task, outcome))
            continue;
        if (json_object_object_add(task, "outcome", json_object_new_string(outcome)) == 0)
            json_object_array_add(rows, json_object_get(task));
    }
    uint64_t more = f->on_node && n > f->offset + f->limit ? PROXIMO_CONTENT_MORE : 0;
    size_t len = 0;
    const char *text = json_object_to_json_string_length(
        rows, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
    int32_t r = nodes_reply_rows(plane, call, (struct proximo_text){.ptr = text, .len = len}, answer, more);
    json_object_put(rows);
    return r;
}

static const struct proximo_need node_need = NEED("/nodes/{node}", "Sys.Audit");
/* The cluster list shows other people's tasks to those who hold Sys.Audit on / only. */
static const struct proximo_need cluster_need = NEED("/", "Sys.Audit");

int32_t nodes_read_tasks(void *instance, struct proximo_call *call)
{
    struct plane_instance *plane = instance;
    struct task_filter f;
    struct proximo_field fields[8];
    uint32_t count = 0;
    char node[80] = "";
    char limit[24];
    char since[24];
    filter_read(plane, call, &f);
    if (f.on_node) {
        copy_argument(plane, call, "node", node, sizeof(node));
        /* One more than is shown, to know whether there are more. */
        (void)snprintf(limit, sizeof(limit), "%" PRIu64, f.offset + f.limit + 1);
        (void)snprintf(since, sizeof(since), "%" PRId64, f.since);
        fields[count++] = FIELD("node", node);
        fields[count++] = FIELD("limit", limit);
        fields[count++] = FIELD("source", "all");
        if (f.errors)
            fields[count++] = FIELD("errors", "1");
        if (f.vmid[0])
            fields[count++] = FIELD("vmid", f.vmid);
        if (f.type[0])
            fields[count++] = FIELD("typefilter", f.type);
        if (f.status[0])
            fields[count++] = FIELD("statusfilter", f.status);
        if (f.has_since)
            fields[count++] = FIELD("since", since);
    }
    const struct proximo_get get = {
        .struct_size = (uint32_t)sizeof(get),
        .path = f.on_node ? "/nodes/{node}/tasks" : "/cluster/tasks",
        .fields = fields,
        .field_count = count,
        .needs = {.struct_size = (uint32_t)sizeof(struct proximo_table),
                  .count = 1,
                  .rows = f.on_node ? &node_need : &cluster_need},
    };
    struct proximo_answer answer;
    struct json_object *data = NULL;
    int32_t r = nodes_get(plane, call, &get, &answer, &data);
    if (r < 0)
        return r;
    if (json_object_is_type(data, json_type_array))
        r = reply_tasks(plane, call, &f, data, &answer);
    else
        r = plane->host->fail(call, PROXIMO_EPROTO, "the task list is no list");
    json_object_put(data);
    return r;
}

/* ---- one task */

static int add_outcome(struct json_object *task)
{
    const char *status = member_text(task, "status");
    const char *exitstatus = member_text(task, "exitstatus");
    bool finished = status && strcmp(status, "stopped") == 0;
    /* A task that stopped without an exit status did not report success. */
    const char *outcome = !finished ? "running" : nodes_outcome(exitstatus ? exitstatus : "");
    int r = json_object_object_add(task, "finished", json_object_new_boolean(finished));
    r |= json_object_object_add(task, "succeeded", json_object_new_boolean(strcmp(outcome, "ok") == 0));
    r |= json_object_object_add(task, "outcome", json_object_new_string(outcome));
    if (exitstatus) {
        struct json_object *untrusted = json_object_new_array();
        if (!untrusted)
            return -1;
        json_object_array_add(untrusted, json_object_new_string("exitstatus"));
        r |= json_object_object_add(task, "untrusted", untrusted);
    }
    return r;
}

int32_t nodes_read_task_status(void *instance, struct proximo_call *call)
{
    struct plane_instance *plane = instance;
    char upid[264] = "";
    char node[80] = "";
    copy_argument(plane, call, "upid", upid, sizeof(upid));
    copy_argument(plane, call, "node", node, sizeof(node));
    const struct proximo_field fields[] = {FIELD("node", node), FIELD("upid", upid)};
    const struct proximo_get get = {
        .struct_size = (uint32_t)sizeof(get),
        .path = "/nodes/{node}/tasks/{upid}/status",
        .fields = fields,
        .field_count = 2,
    };
    struct proximo_answer answer;
    struct json_object *data = NULL;
    int32_t r = nodes_get(plane, call, &get, &answer, &data);
    if (r < 0)
        return r;
    if (!json_object_is_type(data, json_type_object))
        r = plane->host->fail(call, PROXIMO_EPROTO, "the task's status is no object");
    else if (add_outcome(data))
        r = PROXIMO_ENOMEM;
    else {
        const struct proximo_content block = {
            .struct_size = (uint32_t)sizeof(block),
            .type = PROXIMO_CONTENT_JSON,
            .data = nodes_text(json_object_to_json_string_ext(data, JSON_C_TO_STRING_PLAIN |
                                                                        JSON_C_TO_STRING_NOSLASHESCAPE)),
        };
        r = plane->host->reply(call, &block, 1);
    }
    json_object_put(data);
    return r;
}
