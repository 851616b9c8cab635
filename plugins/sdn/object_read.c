/* SPDX-License-Identifier: Apache-2.0 */
/* One object as it is applied and as it is edited, out of the lists: they show it to who may only look. */
#include "sdn.h"

/* "10.20.0.0/24" is the subnet whose cidr that is. */
static struct sdn_object *find(const struct sdn_view *view, enum sdn_sort sort, const char *id)
{
    struct sdn_object *object = sdn_find(view, sort, id);
    for (uint32_t i = 0; !object && sort == SDN_SUBNET && i < view->count; i++) {
        struct sdn_object *row = &view->rows[i];
        if (member_is(row->side[SDN_BEFORE], "cidr", id) || member_is(row->side[SDN_AFTER], "cidr", id))
            object = row;
    }
    return object;
}

int32_t sdn_reply_object(void *instance, struct proximo_call *call, enum sdn_sort sort, const char *argument)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *id = ask_argument(&a, argument);
    const char *vnet = sort == SDN_SUBNET ? ask_argument(&a, "vnet") : NULL;
    struct json_object *reply DROP_JSON = json_object_new_object();
    struct sdn_view view = {0};
    int32_t r = id && reply ? sdn_view_read_list(&a, sort, vnet, &view) : PROXIMO_ENOMEM;
    const struct sdn_object *object = r == PROXIMO_OK ? find(&view, sort, id) : NULL;
    if (r == PROXIMO_OK && !object)
        r = a.host->fail(call, PROXIMO_ENOTFOUND,
                         "there is no %s \"%s\" that this token sees (SDN.Audit below %s shows all)",
                         sdn_sorts[sort].word, id, sdn_sorts[sort].rights);
    if (r == PROXIMO_OK && object) {
        json_object_object_add(reply, argument, json_object_new_string(object->id));
        json_object_object_add(reply, "state",
                               json_object_new_string(object->state ? object->state : "applied"));
        json_object_object_add(reply, "running", json_object_get(object->side[SDN_BEFORE]));
        json_object_object_add(reply, "edited", json_object_get(object->side[SDN_AFTER]));
        json_object_object_add(reply, "changes", sdn_differences(object));
        const struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                              .flags = PROXIMO_CONTENT_UNTRUSTED, .data = json_text(reply)};
        r = a.host->reply(call, &block, 1);
    }
    sdn_view_done(&view);
    return r;
}
