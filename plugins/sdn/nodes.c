/* SPDX-License-Identifier: Apache-2.0 */
#include "nodes.h"

#include <stdlib.h>

#define NODES_MOST 256u

struct asked {
    struct sdn_node node;
    struct proximo_field field;
    uint32_t answer;
};

static int by_name(const void *left, const void *right)
{
    return strcmp(((const struct asked *)left)->node.name, ((const struct asked *)right)->node.name);
}

static uint32_t take_nodes(const struct asking *a, struct json_object *list, const char *only,
                           struct asked *ret)
{
    uint32_t count = 0;
    for (size_t i = 0; i < json_object_array_length(list) && count < NODES_MOST; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *name = member_text(row, "node");
        if (!name || (only && strcmp(only, name) != 0))
            continue;
        ret[count++].node = (struct sdn_node){.name = ask_text(a, "%s", name),
                                              .online = member_is(row, "status", "online"),
                                              .why = "the node is offline"};
        if (!ret[count - 1].node.name)
            return 0;
    }
    qsort(ret, count, sizeof(*ret), by_name);
    return count;
}

static void take_zones(const struct asking *a, struct sdn_node *node, const struct proximo_answer *answer)
{
    const bool good = answer->status >= 200 && answer->status < 300;
    struct json_object *zones = good ? json_of(answer->data) : NULL;
    node->why = answer->message.len ? ask_text(a, "%.*s", (int)answer->message.len, answer->message.ptr)
                : good              ? "Proxmox answered without data: nothing was read"
                                    : ask_text(a, "HTTP status %d", (int)answer->status);
    if (json_object_is_type(zones, json_type_array))
        node->zones = zones;
    else
        json_object_put(zones);
}

int32_t sdn_nodes_visit(const struct asking *a, const char *only,
                        int32_t (*visit)(void *context, const struct sdn_node *node), void *context)
{
    static const struct proximo_get list_get = {ROW(proximo_get), .path = "/nodes"};
    struct proximo_get *gets = a->host->alloc(a->call, NODES_MOST * sizeof(*gets));
    struct proximo_answer *answers = a->host->alloc(a->call, NODES_MOST * sizeof(*answers));
    struct asked *nodes = a->host->alloc(a->call, NODES_MOST * sizeof(*nodes));
    struct json_object *list = NULL;
    int32_t r = gets && answers && nodes ? ask_get(a, &list_get, json_type_array, &list) : PROXIMO_ENOMEM;
    const uint32_t count = r == PROXIMO_OK ? take_nodes(a, list, only, nodes) : 0;
    uint32_t asked = 0;
    json_object_put(list);
    if (r == PROXIMO_OK && !count)
        r = a->host->fail(a->call, PROXIMO_ENOTFOUND, "there is no such node: %s",
                          only ? only : "none at all");
    for (uint32_t i = 0; i < count; i++) {
        if (!nodes[i].node.online)
            continue;
        nodes[i].answer = asked;
        nodes[i].field = FIELD("node", nodes[i].node.name);
        answers[asked] = (struct proximo_answer){ROW(proximo_answer)};
        gets[asked++] = (struct proximo_get){ROW(proximo_get), .path = "/nodes/{node}/sdn/zones",
                                             .fields = &nodes[i].field, .field_count = 1};
    }
    if (r == PROXIMO_OK && asked)
        r = a->host->get_many(a->call, gets, asked, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++) {
        if (nodes[i].node.online)
            take_zones(a, &nodes[i].node, &answers[nodes[i].answer]);
        r = visit(context, &nodes[i].node);
        json_object_put(nodes[i].node.zones);
        nodes[i].node.zones = NULL;
    }
    return r;
}

int32_t sdn_node_waiting(const struct asking *a, const char *node, const char **ret_diff,
                         struct json_object **ret_rows)
{
    const struct proximo_field field = FIELD("node", node);
    const struct proximo_get get = {ROW(proximo_get), .flags = PROXIMO_GET_WHOLE,
                                    .path = "/nodes/{node}/network", .fields = &field, .field_count = 1};
    struct looked looked;
    *ret_diff = NULL;
    *ret_rows = NULL;
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    const char *changes = member_text(looked.data, "changes");
    struct json_object *rows = member_of(looked.data, "data");
    if (changes && *changes)
        *ret_diff = ask_text(a, "%s", changes);
    if (json_object_is_type(rows, json_type_array))
        *ret_rows = json_object_get(rows);
    else
        r = a->host->incomplete(a->call, ask_text(a, "the interface changes that wait on %s", node),
                                looked.data ? "the list is none" : looked.why);
    json_object_put(looked.data);
    return r;
}

const char *sdn_diff_lines(const struct asking *a, const char *diff, uint32_t most)
{
    const char *text = "";
    while (text && *diff) {
        const size_t len = strcspn(diff, "\n");
        const bool change =
            (*diff == '+' || *diff == '-') && strncmp(diff, "+++", 3) != 0 && strncmp(diff, "---", 3) != 0;
        const size_t blank = change ? strspn(diff + 1, " \t") : 0;
        const char *rest = diff + 1 + blank;
        if (change && len > 1 + blank && *rest != '#')
            text = ask_text(a, "%s%s%c %.*s", text, *text ? "; " : "", *diff, (int)(len - 1 - blank), rest);
        diff += len + (diff[len] == '\n');
        if (text && strlen(text) > most)
            return ask_text(a, "%.*s ... (cut)", (int)most, text);
    }
    return text;
}
