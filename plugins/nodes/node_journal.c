/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_node_journal: GET /nodes/{node}/journal. Proxmox takes either a number of last lines or a span of time,
 * so of a span the newest lines are taken here. The first and the last line of its answer are places in the
 * journal to go on from, not lines of it.
 */
#include "nodes.h"

#define LINES_ROOM 44000u /* of the 50,000 characters of an answer */
#define LINE_MOST  2000u

static const char *line_of(struct json_object *list, size_t i)
{
    struct json_object *item = json_object_array_get_idx(list, i);
    return json_object_is_type(item, json_type_string) ? json_object_get_string(item)
                                                       : member_text(item, "t");
}

/* "s=ID;i=NUMBER;b=BOOT;..." */
static bool is_place(const char *line)
{
    return !line || (strncmp(line, "s=", 2) == 0 && strstr(line, ";i=") && strstr(line, ";b="));
}

/* A line as it is shown: at most LINE_MOST bytes, cut between characters; the caller's. */
static struct json_object *shown(const char *line)
{
    size_t len = strlen(line);
    if (len > LINE_MOST) {
        len = LINE_MOST;
        while (len && ((unsigned char)line[len] & 0xc0) == 0x80)
            len--;
    }
    return json_object_new_string_len(line, (int)len);
}

/* The newest `wanted` lines that fit; the array is the caller's, in the order of time. */
static struct json_object *newest(struct json_object *data, size_t wanted, bool *ret_more)
{
    size_t begin = 0, end = json_object_array_length(data), first, room = 0;
    while (begin < end && is_place(line_of(data, begin)))
        begin++;
    while (end > begin && is_place(line_of(data, end - 1)))
        end--;
    for (first = end; first > begin && end - first < wanted; first--) {
        const char *line = line_of(data, first - 1);
        struct json_object *text = shown(line ? line : "");
        const size_t cost = text ? json_text(text).len + 1 : LINES_ROOM + 1;
        json_object_put(text);
        if (room + cost > LINES_ROOM)
            break;
        room += cost;
    }
    struct json_object *lines = json_object_new_array();
    for (size_t i = first; lines && i < end; i++) {
        const char *line = line_of(data, i);
        json_object_array_add(lines, shown(line ? line : ""));
    }
    *ret_more = first > begin;
    return lines;
}

static int32_t answer(const struct asking *a, const char *node, struct json_object *data, size_t wanted)
{
    struct json_object *out DROP_JSON = json_object_new_object();
    bool more = false;
    struct json_object *lines = newest(data, wanted, &more);
    if (!out || !lines) {
        json_object_put(lines);
        return PROXIMO_ENOMEM;
    }
    struct json_object *untrusted = json_object_new_array();
    json_object_array_add(untrusted, json_object_new_string("lines"));
    json_object_object_add(out, "node", json_object_new_string(node));
    json_object_object_add(out, "returned", json_object_new_int64((int64_t)json_object_array_length(lines)));
    json_object_object_add(out, "truncated", json_object_new_boolean(more));
    if (more)
        json_object_object_add(
            out, "hint",
            json_object_new_string("these are the newest; name a span with since and until "
                                   "for earlier ones"));
    json_object_object_add(out, "untrusted", untrusted);
    json_object_object_add(out, "lines", lines);
    const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                          .data = json_text(out)};
    return a->host->reply(a->call, &block, 1);
}

int32_t nodes_read_journal(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *node = ask_argument(&a, "node"), *last = ask_argument(&a, "lastentries");
    const char *since = ask_argument(&a, "since"), *until = ask_argument(&a, "until");
    struct proximo_field fields[3] = {FIELD("node", node)};
    struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/journal", .fields = fields,
                              .field_count = 1};
    struct json_object *data DROP_JSON = NULL;
    if (!node)
        return a.host->fail(call, PROXIMO_EINVAL, "the node is not known");
    if (!last)
        last = "100";
    if (since && until && digits_of(since, UINT32_MAX) > digits_of(until, UINT32_MAX))
        return a.host->fail(call, PROXIMO_EINVAL, "since is later than until");
    if (since)
        fields[get.field_count++] = FIELD("since", since);
    if (until)
        fields[get.field_count++] = FIELD("until", until);
    if (!since && !until)
        fields[get.field_count++] = FIELD("lastentries", last);
    int32_t r = ask_get(&a, &get, json_type_array, &data);
    return r < 0 ? r : answer(&a, node, data, (size_t)digits_of(last, 5000));
}
