/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_storage_content and pve_backup_list. A list says which privileges it would need to be full: Proxmox
 * leaves out the volumes of guests that the token may not work with. Source:
 * GET /nodes/{node}/storage/{storage}/content.
 */
#include "content.h"

/* What is said of backups beside what Proxmox lists. */
static int add_backup(const struct asking *a, struct json_object *row, int64_t now)
{
    const int64_t ctime = json_object_get_int64(member_of(row, "ctime"));
    const char *age = ctime > 0 ? age_text(a, now - ctime) : NULL;
    int bad =
        json_object_object_add(row, "verified", json_object_new_string(verified_word(verified_of(row))));
    bad |= json_object_object_add(row, "protected", json_object_new_boolean(member_true(row, "protected")));
    bad |= json_object_object_add(row, "encrypted",
                                  json_object_new_boolean(member_of(row, "encrypted") != NULL));
    if (age) {
        bad |= json_object_object_add(row, "age", json_object_new_int64(now - ctime));
        bad |= json_object_object_add(row, "age_text", json_object_new_string(age));
    }
    return bad;
}

static int32_t reply_list(const struct asking *a, struct json_object *list, bool complete)
{
    const struct proximo_content block = {
        ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
        .flags = complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE, .data = json_text(list)};
    return a->host->reply(a->call, &block, 1);
}

static int32_t read_list(void *instance, struct proximo_call *call, const char *content)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *storage = ask_argument(&a, "storage"), *node = ask_argument(&a, "node");
    const char *vmid = ask_argument(&a, "vmid");
    const bool backups = content != NULL;
    struct json_object *list DROP_JSON = NULL;
    struct proximo_answer answer = {ROW(proximo_answer)};
    struct proximo_need needs[3];
    struct proximo_field fields[4];
    uint32_t count = 2, need_count = 0;
    if (!storage || !node)
        return a.host->fail(call, PROXIMO_EINVAL, "storage or node is missing");
    if (!content)
        content = ask_argument(&a, "content");
    fields[0] = FIELD("storage", storage);
    fields[1] = FIELD("node", node);
    if (content)
        fields[count++] = FIELD("content", content);
    if (vmid)
        fields[count++] = FIELD("vmid", vmid);
    int32_t r = content_needs(&a, storage, content, vmid, needs, &need_count);
    const struct proximo_get get = {ROW(proximo_get), .path = CONTENT_PATH, .fields = fields,
                                    .field_count = count, .needs = ROWS(needs, need_count)};
    if (r == PROXIMO_OK)
        r = a.host->get(call, &get, &answer);
    if (r < 0)
        return r;
    list = json_of(answer.data);
    if (!json_object_is_type(list, json_type_array))
        return a.host->fail(call, PROXIMO_EPROTO, "the content of %s is no list", storage);
    const int64_t now = now_epoch();
    for (size_t i = 0; backups && i < json_object_array_length(list); i++) {
        if (add_backup(&a, json_object_array_get_idx(list, i), now))
            return PROXIMO_ENOMEM;
    }
    return reply_list(&a, list, !(answer.flags & PROXIMO_ANSWER_INCOMPLETE));
}

int32_t storage_read_content(void *instance, struct proximo_call *call)
{
    return read_list(instance, call, NULL);
}

int32_t storage_read_backups(void *instance, struct proximo_call *call)
{
    return read_list(instance, call, "backup");
}
