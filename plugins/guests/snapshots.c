/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_snapshot_list. Proxmox ends its list with an entry "current" that is no snapshot ("You are here!"): it
 * is taken out of the rows, so that counts are right, and told apart.
 */
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
        {.struct_size = (uint32_t)sizeof(blocks[0]), .type = PROXIMO_CONTENT_ROWS, .data = json_text(rows)},
        {.struct_size = (uint32_t)sizeof(blocks[0]),
         .type = PROXIMO_CONTENT_JSON,
         .name = text_of("current")},
    };
    if (current)
        blocks[1].data = json_text(current);
    int32_t r = host->reply(call, blocks, current ? 2 : 1);
    json_object_put(current);
    json_object_put(rows);
    return r;
}

int32_t guests_read_snapshots(void *instance, struct proximo_call *call)
{
    struct guest g;
    struct json_object *data DROP_JSON = NULL;
    int32_t r = guest_open(instance, call, &g);
    if (r == PROXIMO_OK)
        r = guest_snapshots(&g, &data);
    if (r == PROXIMO_OK)
        r = reply_snapshots(g.ask.host, call, data);
    guest_done(&g);
    return r;
}
