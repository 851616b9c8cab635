/* SPDX-License-Identifier: Apache-2.0 */
/* The storages that this token sees, and what a full list of one's content needs. Source: GET /storage. */
#include <stdlib.h>

#include "archives.h"
#include "config_object.h"
#include "guest_disks.h"

#define READ_CONTENT "Datastore.Audit|Datastore.AllocateSpace"

/* Proxmox lists a guest's volumes to those who may work with that guest, and all to those who hold
 * Datastore.Allocate on the storage. */
int32_t content_needs(const struct asking *a, const char *storage, const char *content, const char *vmid,
                      struct proximo_need ret[3], uint32_t *ret_count)
{
    const char *path = ask_text(a, "/storage/%s", storage);
    const bool files = content && (strcmp(content, "iso") == 0 || strcmp(content, "vztmpl") == 0);
    const bool backups = !content || strcmp(content, "backup") == 0;
    const bool images = !content || (!files && !backups);
    if (!path)
        return PROXIMO_ENOMEM;
    ret[0] = (struct proximo_need)NEED(path, READ_CONTENT);
    *ret_count = 1;
    int32_t held = files ? 1 : a->host->permission(a->call, path, "Datastore.Allocate");
    if (ask_ends(held))
        return held;
    if (held == 1)
        return PROXIMO_OK;
    const char *guests = vmid ? ask_text(a, "/vms/%s", vmid) : "/vms";
    if (!guests)
        return PROXIMO_ENOMEM;
    if (backups)
        ret[(*ret_count)++] = (struct proximo_need)NEED(guests, "VM.Backup");
    if (images)
        ret[(*ret_count)++] = (struct proximo_need)NEED(guests, "VM.Config.Disk|VM.Audit");
    return PROXIMO_OK;
}

/* A list of names or an object of them, as words. */
static const char *words_of(const struct asking *a, struct json_object *config, const char *key)
{
    struct json_object *value = member_of(config, key);
    const char *text = NULL;
    if (!json_object_is_type(value, json_type_object))
        return member_text(config, key);
    json_object_object_foreach(value, name, on)
    {
        (void)on;
        text = text ? ask_text(a, "%s,%s", text, name) : ask_text(a, "%s", name);
    }
    return text;
}

int32_t storages_read(const struct asking *a, struct known_storages *ret)
{
    return storages_read_of(a, NULL, ret);
}

int32_t storages_read_of(const struct asking *a, const char *site, struct known_storages *ret)
{
    static const struct proximo_need need[] = {NEED("/storage", READ_CONTENT)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/storage", .needs = PROXIMO_TABLE(need),
                                    .site = site};
    struct looked looked;
    *ret = (struct known_storages){0};
    int32_t r = ask_look(a, &get, &looked);
    if (r < 0)
        return r;
    ret->list = looked.data;
    ret->why = looked.why;
    if (!json_object_is_type(looked.data, json_type_array))
        return PROXIMO_OK;
    size_t count = json_object_array_length(looked.data);
    ret->complete = looked.complete && count <= STORAGES_MOST;
    ret->why = !looked.complete        ? "this token does not see every storage"
               : count > STORAGES_MOST ? "there are more storages than are looked at"
                                       : NULL;
    if (count > STORAGES_MOST)
        count = STORAGES_MOST;
    ret->rows = a->host->alloc(a->call, (count + 1) * sizeof(*ret->rows));
    for (size_t i = 0; ret->rows && i < count; i++) {
        struct json_object *one = json_object_array_get_idx(looked.data, i);
        const char *name = member_text(one, "storage"), *type = member_text(one, "type");
        const char *content = words_of(a, one, "content"), *nodes = words_of(a, one, "nodes");
        if (!name)
            continue;
        ret->rows[ret->count++] = (struct known_storage){
            .storage = name,
            .type = type ? type : "",
            .nodes = nodes && *nodes ? nodes : NULL,
            .shared = storage_is_shared(one),
            .disabled = member_true(one, "disable"),
            .backups = (content && config_list_has(content, "backup")) || (type && strcmp(type, "pbs") == 0),
            .config = one};
    }
    return ret->rows ? PROXIMO_OK : PROXIMO_ENOMEM;
}

void storages_done(struct known_storages *s)
{
    json_object_put(s->list);
}

const struct known_storage *storages_find(const struct known_storages *s, const char *storage)
{
    for (uint32_t i = 0; i < s->count; i++) {
        if (strcmp(s->rows[i].storage, storage) == 0)
            return &s->rows[i];
    }
    return NULL;
}

bool known_storage_on(const struct known_storage *s, const char *node)
{
    return !s->nodes || config_list_has(s->nodes, node);
}
