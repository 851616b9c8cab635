/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_undo_points. Sources: GET /cluster/resources?type=vm for which guests there are,
 * GET /nodes/{node}/{kind}/{vmid}/snapshot for what each has; `snapstate` stands there while a snapshot is
 * being taken or deleted, and stays when that went wrong.
 */
#include <stdlib.h>
#include <time.h>

#include "undo_points.h"

#define BATCH 128u /* guests whose lists are asked for at once */

/* The place of one guest: fields of a path. */
struct spot {
    const char *vmid, *kind, *node, *name;
};

static const char *kept(const struct asking *a, const char *text)
{
    return text ? ask_text(a, "%s", text) : NULL;
}

static int32_t add(const struct asking *a, struct undo_points *points, const struct spot *spot,
                   struct json_object *entry)
{
    const char *name = member_text(entry, "name"), *description = member_text(entry, "description");

    if (!name || strncmp(name, UNDO_POINT_NAME, strlen(UNDO_POINT_NAME)) != 0)
        return PROXIMO_OK;
    if (points->count == points->room) { /* the arena frees the old ones with the call */
        const uint32_t room = points->room ? 2 * points->room : 16;
        struct undo_point *items = a->host->alloc(a->call, (uint64_t)room * sizeof(*items));
        if (!items)
            return PROXIMO_ENOMEM;
        if (points->count)
            memcpy(items, points->items, points->count * sizeof(*items));
        points->items = items;
        points->room = room;
    }
    struct undo_point *point = &points->items[points->count++];
    *point = (struct undo_point){.vmid = spot->vmid,
                                 .kind = spot->kind,
                                 .node = spot->node,
                                 .guest = spot->name,
                                 .name = kept(a, name),
                                 .description = kept(a, description ? description : ""),
                                 .taken = json_object_get_int64(member_of(entry, "snaptime")),
                                 .complete = !member_of(entry, "snapstate"),
                                 .ours = undo_point_ours(name, description)};
    return point->name && point->description ? PROXIMO_OK : PROXIMO_ENOMEM;
}

/* The answer for one guest's list. */
static int32_t take(const struct asking *a, struct undo_points *points, const struct spot *spot,
                    const struct proximo_answer *answer)
{
    struct json_object *list DROP_JSON =
        answer->status >= 200 && answer->status < 300 ? json_of(answer->data) : NULL;
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t r = PROXIMO_OK;

    if (!snapshot_named(list, "current")) { /* every whole list has it */
        points->unread++;
        if (!points->why)
            points->why =
                ask_text(a, "guest %s: %.*s", spot->vmid, answer->message.len ? (int)answer->message.len : 22,
                         answer->message.len ? answer->message.ptr : "its list has no end.  ");
        return PROXIMO_OK;
    }
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = add(a, points, spot, json_object_array_get_idx(list, i));
    return r;
}

static int32_t read_batch(const struct asking *a, struct undo_points *points, const struct spot *spots,
                          uint32_t count)
{
    struct proximo_field at[BATCH][3];
    struct proximo_get gets[BATCH];
    struct proximo_answer answers[BATCH];

    for (uint32_t i = 0; i < count; i++) {
        at[i][0] = FIELD("node", spots[i].node);
        at[i][1] = FIELD("kind", spots[i].kind);
        at[i][2] = FIELD("vmid", spots[i].vmid);
        gets[i] = (struct proximo_get){ROW(proximo_get), .flags = PROXIMO_GET_TOLERATE, .path = GUEST_SNAPS,
                                       .fields = at[i], .field_count = 3};
        answers[i] = (struct proximo_answer){ROW(proximo_answer)};
    }
    int32_t r = a->host->get_many(a->call, gets, count, answers);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i++)
        r = take(a, points, &spots[i], &answers[i]);
    return r;
}

/* Every guest of the cluster's list. */
static int32_t all_guests(const struct asking *a, struct undo_points *points, struct spot **ret,
                          uint32_t *ret_count)
{
    const struct proximo_field type = FIELD("type", "vm");
    const struct proximo_need need[] = {NEED("/vms", "VM.Audit")};
    const struct proximo_get get = {ROW(proximo_get), .path = "/cluster/resources", .fields = &type,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    struct looked list;
    int32_t r = ask_look(a, &get, &list);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    struct spot *spots = a->host->alloc(a->call, (count + 1) * sizeof(*spots));
    points->incomplete = !list.data || !list.complete;
    if (!list.data)
        points->why = list.why;
    *ret_count = 0;
    r = spots ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        if (!member_text(row, "vmid") || !member_text(row, "node"))
            continue;
        struct spot *spot = &spots[(*ret_count)++];
        *spot =
            (struct spot){kept(a, member_text(row, "vmid")), member_is(row, "type", "lxc") ? "lxc" : "qemu",
                          kept(a, member_text(row, "node")), kept(a, member_text(row, "name"))};
        if (!spot->vmid || !spot->node)
            r = PROXIMO_ENOMEM;
    }
    json_object_put(list.data);
    *ret = spots;
    return r;
}

int32_t undo_points_read(const struct asking *a, struct undo_points *ret)
{
    struct spot one = {ask_argument(a, "vmid"), ask_argument(a, "kind"), ask_argument(a, "node"), NULL};
    struct spot *spots = &one;
    uint32_t count = 1;
    int32_t r = PROXIMO_OK;

    *ret = (struct undo_points){0};
    if (!one.vmid || !one.kind || !one.node)
        r = all_guests(a, ret, &spots, &count);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count; i += BATCH)
        r = read_batch(a, ret, spots + i, count - i < BATCH ? count - i : BATCH);
    return r;
}

/* ---- the read tool */

static struct json_object *row_of(const struct undo_point *point, int64_t now)
{
    struct json_object *row = json_object_new_object();
    if (!row)
        return NULL;
    json_object_object_add(row, "vmid", json_object_new_int64((int64_t)digits_of(point->vmid, 999999999)));
    if (point->guest)
        json_object_object_add(row, "name", json_object_new_string(point->guest));
    json_object_object_add(row, "kind", json_object_new_string(point->kind));
    json_object_object_add(row, "node", json_object_new_string(point->node));
    json_object_object_add(row, "snapshot", json_object_new_string(point->name));
    if (point->taken > 0) {
        json_object_object_add(row, "taken", json_object_new_int64(point->taken));
        json_object_object_add(row, "age",
                               json_object_new_int64(now > point->taken ? now - point->taken : 0));
    }
    json_object_object_add(row, "complete", json_object_new_boolean(point->complete));
    json_object_object_add(row, "ours", json_object_new_boolean(point->ours));
    json_object_object_add(row, "description", json_object_new_string(point->description));
    return row;
}

int32_t guests_read_undo_points(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct undo_points points;
    struct json_object *rows DROP_JSON = NULL;
    int32_t r = undo_points_read(&a, &points);
    if (r < 0)
        return r;
    if (!(rows = json_object_new_array()))
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; i < points.count; i++) {
        struct json_object *row = row_of(&points.items[i], (int64_t)time(NULL));
        if (!row || json_object_array_add(rows, row) < 0) {
            json_object_put(row);
            return PROXIMO_ENOMEM;
        }
    }
    struct proximo_content block = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                    .data = json_text(rows)};
    if (points.unread || points.why) {
        const char *note = ask_text(&a, "the snapshots of %u guests could not be read; the first: %.300s",
                                    (unsigned)points.unread, points.why ? points.why : "");
        if (!note)
            return PROXIMO_ENOMEM;
        block.flags = PROXIMO_CONTENT_INCOMPLETE;
        block.note = text_of(note);
    }
    return a.host->reply(call, &block, 1);
}
