/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan rests on, across its own snapshot: the digest and the parent of a guest's configuration change
 * by it, everything else must stay. So guards that hold such a field get a copy without it; the whole is
 * compared when the plan is applied and before the snapshot is taken, the copy before what comes after. And
 * what must not be done after a snapshot at all.
 */
#include <errno.h>
#include <string.h>

#include "base/json.h"
#include "trust/build.h"
#include "trust/undo_point.h"

static const char *name_of(const struct build *b)
{
    const char *name = NULL;

    (void)json_get_string(b->undo_point, "name", &name, NULL);
    return name;
}

bool build_is_moved(const struct build *b, const char *path, const char *selector)
{
    return b->undo_point && undo_point_moves(path, selector, name_of(b));
}

/* The fields that stay; *ret_moved: some do not. New array. */
static int fields_that_stay(const struct build *b, const char *path, struct json_object *fields,
                            struct json_object **ret, bool *ret_moved)
{
    CLEANUP_JSON struct json_object *stay = json_object_new_array();

    *ret_moved = false;
    for (size_t i = 0; stay && i < json_object_array_length(fields); i++) {
        struct json_object *field = json_object_array_get_idx(fields, i);
        if (build_is_moved(b, path, json_object_get_string(field)))
            *ret_moved = true;
        else if (json_object_array_add(stay, json_object_get(field)) < 0)
            return -ENOMEM;
    }
    *ret = stay;
    stay = NULL;
    return *ret ? 0 : -ENOMEM;
}

static int copy_guard(struct build *b, struct json_object *guard, const char *key, struct json_object *value,
                      struct problem *p)
{
    static const char *const kept[] = {"path", "query"};
    CLEANUP_JSON struct json_object *copy = json_object_new_object();
    struct json_object *member = NULL;
    int r = copy ? 0 : -ENOMEM;

    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
        if (json_object_object_get_ex(guard, kept[i], &member))
            r |= build_add(copy, kept[i], json_object_get(member));
    }
    r |= build_add(copy, key, json_object_get(value));
    if (json_object_object_get_ex(guard, "tolerate", &member))
        r |= build_add(copy, "tolerate", json_object_get(member));
    r |= build_add(copy, "after_undo_point", json_object_new_boolean(1));
    return r ? build_no_memory(p) : build_guard_append(b, copy, p);
}

/* The copy of guard i, if it needs one. */
static int relax(struct build *b, size_t i, struct problem *p)
{
    struct json_object *guard = json_object_array_get_idx(b->guards, i), *fields = NULL;
    CLEANUP_JSON struct json_object *stay = NULL;
    const char *path = "";
    int error = 0;

    (void)json_get_string(guard, "path", &path, NULL);
    if (json_get(guard, "fields", json_type_array, &fields) < 0 || json_object_array_length(fields) == 0) {
        stay = undo_point_moved(path, name_of(b), &error); /* the whole is guarded */
        b->stale[i] = stay != NULL;
        if (error)
            return build_no_memory(p);
        return stay ? copy_guard(b, guard, "except", stay, p) : 0;
    }
    if (fields_that_stay(b, path, fields, &stay, &b->stale[i]) < 0)
        return build_no_memory(p);
    return b->stale[i] && json_object_array_length(stay) ? copy_guard(b, guard, "fields", stay, p) : 0;
}

int build_undo_guards(struct build *b, struct problem *p)
{
    const size_t count = json_object_array_length(b->guards);
    int r = 0;

    for (size_t i = 0; r == 0 && b->undo_point && i < count; i++)
        r = relax(b, i, p);
    return r;
}

/* A digest that planning has seen is not the digest after the snapshot: Proxmox would refuse it then. */
static bool sends_old_digest(struct json_object *step)
{
    struct json_object *params = NULL;

    if (json_get(step, "params", json_type_array, &params) < 0)
        return false;
    for (size_t i = 0; i < json_object_array_length(params); i++) {
        struct json_object *field = json_object_array_get_idx(params, i);
        const char *name = "", *value = NULL;
        (void)json_get_string(field, "name", &name, NULL);
        if (strcmp(name, "digest") == 0 && json_get_string(field, "value", &value, NULL) == 0)
            return true;
    }
    return false;
}

int build_undo_point_settle(struct build *b, struct problem *p)
{
    if (!b->undo_point)
        return 0;
    for (size_t i = b->own_steps; i < json_object_array_length(b->steps); i++) {
        if (sends_old_digest(json_object_array_get_idx(b->steps, i)))
            return build_plane_fault(b, p,
                                     "it sends a digest that it read while planning, which a snapshot taken "
                                     "first changes; it must take the digest from a read step");
    }
    /* What a command destroys within the guest, the snapshot does bring back. */
    if (!(b->flags & RISK_DESTROYS) || (build_is_command(b) && !b->request_destroys))
        return 0;
    (void)problem_set(p, -ENOTSUP, PX_SNAPSHOT,
                      "no snapshot is taken before what destroys something: it would not bring it back");
    problem_next(p, "plan it without snapshot_first, or make a backup of the guest first");
    return -ENOTSUP;
}
