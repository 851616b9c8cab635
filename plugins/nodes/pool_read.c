/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_pool_get. By query and not by path, because the name of a pool in a pool holds a slash; Proxmox answers
 * a list of one. Source: GET /pools?poolid=.
 */
#include "pools.h"

int32_t nodes_read_pool(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *poolid = ask_argument(&a, "poolid");
    struct json_object *pool = NULL, *about DROP_JSON = json_object_new_object();
    struct looked looked;
    int32_t r = about ? pool_must_look(&a, poolid, &looked, &pool) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    struct json_object *members = member_of(pool, "members"), *comment = member_of(pool, "comment");
    json_object_object_add(about, "poolid", json_object_new_string(poolid));
    if (comment)
        json_object_object_add(about, "comment", json_object_get(comment));
    if (!json_object_is_type(members, json_type_array)) {
        r = a.host->fail(call, PROXIMO_EPROTO, "the members of pool \"%s\" were not read", poolid);
    } else {
        const struct proximo_content blocks[] = {
            {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS, .data = json_text(members),
             .flags = looked.complete ? PROXIMO_CONTENT_COMPLETE : PROXIMO_CONTENT_INCOMPLETE},
            {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON, .flags = PROXIMO_CONTENT_UNTRUSTED,
             .data = json_text(about), .name = text_of("pool")},
        };
        r = a.host->reply(call, blocks, 2);
    }
    json_object_put(looked.data);
    return r;
}
