/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_snapshot_list. Proxmox ends its list with an entry "current" that is no snapshot ("You are here!"): it
 * is taken out of the rows, so that counts are right, and told apart.
 */
#include <json-c/json.h>
#include <stdbool.h>
#include <string.h>

#include "guests.h"

static bool is_current(struct json_object *snapshot)
{
    struct json_object *name = NULL;
    return json_object_object_get_ex(snapshot, "name", &name) &&
           json_object_is_type(name, json_type_string) &&
           strcmp(json_object_get_string(name), "current") == 0;
}

/* {parent, running, digest} of the synthetic entry. */
static struct json_object *current_of(struct json_object *entry)
{
    struct json_object *current = json_object_new_object();
    struct json_object *value = NULL;
    if (!current)
        return NULL;
    if (json_object_object_get_ex(entry, "parent", &value))
        json_object_object_add(current, "parent", json_object_get(value));
    if (json_object_object_get_ex(entry, "running", &value))
        json_object_object_add(current, "running", json_object_new_boolean(json_object_get_int(value) != 0));
    if (json_object_object_get_ex(entry, "digest", &value))
        json_object_object_add(current, "digest", json_object_get(value));
    return current;
}

static struct proximo_text text_of(struct json_object *value)
{
    const char *text =
        json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
    return (struct proximo_text){.ptr = text, .len = strlen(text)};
}

static int32_t reply_snapshots(const struct proximo_host *host, struct proximo_call *call,
                               struct json_object *data)
{
    struct json_object *rows = json_object_new_array();
    struct json_object *current = NULL;
    if (!rows)
        return PROXIMO_ENOMEM;
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *entry = json_object_array_get_idx(data, i);
        if (is_current(entry) && !current)
            current = current_of(entry);
        else
            json_object_array_add(rows, json_object_get(entry));
    }
    struct proximo_content blocks[2] = {
        {.struct_size = (uint32_t)sizeof(blocks[0]), .type = PROXIMO_CONTENT_ROWS, .data = text_of(rows)},
        {.struct_size = (uint32_t)sizeof(blocks[0]),
         .type = PROXIMO_CONTENT_JSON,
         .name = {.ptr = "current", .len = strlen("current")}},
    };
    if (current)
        blocks[1].data = text_of(current);
    int32_t r = host->reply(call, blocks, current ? 2 : 1);
    json_object_put(current);
    json_object_put(rows);
    return r;
}

int32_t guests_read_snapshots(void *instance, struct proximo_call *call)
{
    const struct proximo_host *host = ((struct guests_plane *)instance)->host;
    static const char *const names[] = {"node", "kind", "vmid"};
    struct proximo_field fields[3];
    for (size_t i = 0; i < 3; i++) {
        struct proximo_text text = {0};
        int32_t r = host->argument(call, names[i], &text);
        char *copy = r == PROXIMO_OK ? host->alloc(call, text.len + 1) : NULL;
        if (!copy)
            return host->fail(call, r < 0 ? r : PROXIMO_ENOMEM, "the guest's %s is not known", names[i]);
        memcpy(copy, text.ptr, text.len);
        fields[i] = (struct proximo_field){
            .struct_size = (uint32_t)sizeof(fields[i]), .name = names[i], .value = copy};
    }
    const struct proximo_get get = {.struct_size = (uint32_t)sizeof(get),
                                    .path = "/nodes/{node}/{kind}/{vmid}/snapshot",
                                    .fields = fields,
                                    .field_count = 3};
    struct proximo_answer answer = {.struct_size = (uint32_t)sizeof(answer)};
    int32_t r = host->get(call, &get, &answer);
    if (r < 0)
        return r;
    struct json_tokener *tokener = json_tokener_new();
    struct json_object *data = tokener && answer.data.len <= INT32_MAX
                                   ? json_tokener_parse_ex(tokener, answer.data.ptr, (int)answer.data.len)
                                   : NULL;
    if (tokener)
        json_tokener_free(tokener);
    if (json_object_is_type(data, json_type_array))
        r = reply_snapshots(host, call, data);
    else
        r = host->fail(call, PROXIMO_EPROTO, "the snapshot list is no list");
    json_object_put(data);
    return r;
}
