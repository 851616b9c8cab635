/* SPDX-License-Identifier: Apache-2.0 */
/* One volume: what it is called, where it is, and how it is deleted. */
#include "volumes.h"

struct json_object *volume_row(struct json_object *list, const char *volid)
{
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        if (member_is(row, "volid", volid))
            return row;
    }
    return NULL;
}

const char *volume_select(const struct asking *a, const char *volid, const char *member)
{
    return strchr(volid, ']') || strchr(volid, ',') ? NULL : ask_text(a, "[volid=%s]%s", volid, member);
}

/* Of which storage the volume is: what stands before the FIRST colon (names of backups have more). */
static int32_t split(const struct asking *a, struct volume *v)
{
    const char *colon = strchr(v->volid, ':');
    const size_t len = colon ? (size_t)(colon - v->volid) : 0;
    if (!colon || strlen(v->storage) != len || strncmp(v->volid, v->storage, len) != 0)
        return a->host->fail(a->call, PROXIMO_EINVAL,
                             "%s is not on storage %s: a volume id begins with its storage and a colon",
                             v->volid, v->storage);
    v->name = colon + 1;
    if (!volume_select(a, v->volid, ""))
        return a->host->fail(a->call, PROXIMO_EINVAL, "the name %s has a character that cannot be handled",
                             v->volid);
    return PROXIMO_OK;
}

int32_t volume_open(const struct asking *a, struct volume *ret)
{
    struct looked looked;
    *ret = (struct volume){.volid = ask_argument(a, "volid"),
                           .storage = ask_argument(a, "storage"),
                           .node = ask_argument(a, "node")};
    if (!ret->volid || !ret->storage || !ret->node)
        return a->host->fail(a->call, PROXIMO_EINVAL, "volid, storage or node is missing");
    int32_t r = split(a, ret);
    if (r < 0)
        return r;
    ret->at[0] = FIELD("node", ret->node);
    ret->at[1] = FIELD("storage", ret->storage);
    ret->at[2] = FIELD("volume", ret->volid);
    const struct proximo_get content = {ROW(proximo_get), .path = CONTENT_PATH, .fields = ret->at,
                                        .field_count = 2};
    if ((r = ask_look(a, &content, &looked)) < 0)
        return r;
    if (!json_object_is_type(looked.data, json_type_array)) {
        json_object_put(looked.data);
        return a->host->fail(a->call, looked.status == 403 ? PROXIMO_EDENIED : PROXIMO_EREMOTE,
                             "the content of %s cannot be listed on %s: %.300s", ret->storage, ret->node,
                             looked.why ? looked.why : "no answer");
    }
    ret->list = looked.data;
    ret->row = volume_row(looked.data, ret->volid);
    const struct proximo_get one = {ROW(proximo_get), .path = "/storage/{storage}", .fields = &ret->at[1],
                                    .field_count = 1};
    if ((r = ask_look(a, &one, &looked)) == PROXIMO_OK)
        ret->config = looked.data;
    return r;
}

void volume_done(struct volume *v)
{
    json_object_put(v->list);
    json_object_put(v->config);
}

const char *volume_content(const struct volume *v)
{
    const char *content = member_text(v->row, "content");
    return content ? content : "";
}

int32_t volume_subject(const struct volume *v, const struct asking *a, const char *operation_class)
{
    struct json_object *subject DROP_JSON = json_object_new_object();
    if (!subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("volume"));
    json_object_object_add(subject, "volid", json_object_new_string(v->volid));
    json_object_object_add(subject, "node", json_object_new_string(v->node));
    return a->host->subject(a->call, operation_class, json_text(subject));
}

int32_t volume_lay_out_delete(const struct volume *v, const struct asking *a, const char *operation_class,
                              const char *guarded)
{
    const struct proximo_guard guard = {ROW(proximo_guard), .path = CONTENT_PATH, .fields = guarded,
                                        .params = ROWS(v->at, 2)};
    const struct proximo_step remove = {ROW(proximo_step),       .kind = PROXIMO_STEP_REQUEST,
                                        .name = "change",        .flags = PROXIMO_STEP_FOLLOW,
                                        .method = "DELETE",      .path = VOLUME_PATH,
                                        .params = ROWS(v->at, 3)};
    const char *select = volume_select(a, v->volid, "");
    const struct proximo_step gone = {
        ROW(proximo_step),        .kind = PROXIMO_STEP_WAIT, .path = CONTENT_PATH,
        .params = ROWS(v->at, 2), .select = select,          .wait_value = "0",
        .interval_ms = 1000,      .deadline_ms = 60000,      .wait_test = PROXIMO_WAIT_COUNT};
    int32_t r = guarded && select ? a->host->guard(a->call, &guard) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = volume_subject(v, a, operation_class);
    if (r == PROXIMO_OK)
        r = a->host->step(a->call, &remove);
    return r == PROXIMO_OK ? a->host->postcondition(a->call, &gone) : r;
}
