/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pve_undo_points_prune: one DELETE for each undo point, each on the condition that this very snapshot is
 * still what it was; what fails does not stop the others. A snapshot whose name or description is not as
 * proximo writes them is never touched. Source: DELETE /nodes/{node}/{kind}/{vmid}/snapshot/{snapname}.
 */
#include <time.h>

#include "undo_points.h"

#define ONE_PLAN 50u /* undo points that one plan deletes */
#define WAIT_S   60u
#define DAY_S    INT64_C(86400)

struct pruning {
    void *instance;
    struct asking ask;
    struct undo_points points;
    struct json_object *names; /* that were given; NULL: all */
    int64_t before;            /* taken before this time; 0: at any */
    struct json_object *chosen, *left;
    uint32_t count;
};

static bool wanted_name(const struct pruning *p, const char *name)
{
    for (size_t i = 0; p->names && i < json_object_array_length(p->names); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(p->names, i)), name) == 0)
            return true;
    }
    return !p->names;
}

static bool wanted(const struct pruning *p, const struct undo_point *point)
{
    return wanted_name(p, point->name) && (!p->before || (point->taken > 0 && point->taken <= p->before));
}

/* One line of a fact. */
static int32_t note(struct json_object *list, const struct undo_point *point, const char *why)
{
    struct json_object *row = json_object_new_object();
    if (!row || json_object_array_add(list, row) < 0) {
        json_object_put(row);
        return PROXIMO_ENOMEM;
    }
    json_object_object_add(row, "vmid", json_object_new_string(point->vmid));
    json_object_object_add(row, "snapshot", json_object_new_string(point->name));
    if (why)
        json_object_object_add(row, "why", json_object_new_string(why));
    else
        json_object_object_add(row, "taken", json_object_new_int64(point->taken));
    return PROXIMO_OK;
}

/* Why it is left alone; NULL: it is deleted. Negative only when the call is over. */
static int32_t check(struct pruning *p, const struct undo_point *point, const char **ret_why)
{
    const struct asking *a = &p->ask;
    const char *subject = ask_text(a, "{\"kind\":\"guest\",\"vmid\":%s}", point->vmid);
    const char *path = ask_text(a, "/vms/%s", point->vmid);
    struct guest g;

    if (!subject || !path)
        return PROXIMO_ENOMEM;
    *ret_why = !point->ours ? "its name or description is not as proximo writes them" : NULL;
    if (!*ret_why && p->count == ONE_PLAN)
        *ret_why = "one plan deletes 50; plan again for the others";
    if (*ret_why)
        return PROXIMO_OK;
    int32_t r = a->host->permission(a->call, path, "VM.Snapshot");
    if (ask_ends(r))
        return r;
    if (r == 0) {
        *ret_why = "this token does not hold VM.Snapshot on the guest";
        return PROXIMO_OK;
    }
    r = guest_open_subject(p->instance, a->call, text_of(subject), &g);
    if (r == PROXIMO_OK)
        r = guest_read_status(&g);
    const char *lock = r == PROXIMO_OK ? guest_lock(&g) : NULL;
    if (lock)
        *ret_why = ask_text(a, "the guest is locked (%.60s)", lock);
    guest_done(&g);
    return lock && !*ret_why ? PROXIMO_ENOMEM : r;
}

/* Guard, step and postcondition for one; the subject of its guest. */
static int32_t plan_one(struct pruning *p, const struct undo_point *point)
{
    const struct proximo_host *host = p->ask.host;
    const struct proximo_field at[] = {FIELD("node", point->node), FIELD("kind", point->kind),
                                       FIELD("vmid", point->vmid), FIELD("snapname", point->name)};
    const struct proximo_guard guard = {ROW(proximo_guard), .path = GUEST_SNAPS "/{snapname}/config",
                                        .fields = "/description,/snaptime", .params = ROWS(at, 4)};
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .flags = PROXIMO_STEP_FOLLOW | PROXIMO_STEP_CONTINUE,
                                      .name = ask_text(&p->ask, "delete-%u", (unsigned)p->count),
                                      .method = "DELETE",
                                      .path = GUEST_SNAPS "/{snapname}",
                                      .params = ROWS(at, 4)};
    const struct proximo_step gone = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = GUEST_SNAPS,
                                      .params = ROWS(at, 3),
                                      .select = ask_text(&p->ask, "[name=%s]", point->name),
                                      .wait_test = PROXIMO_WAIT_COUNT,
                                      .wait_value = "0",
                                      .interval_ms = 1000,
                                      .deadline_ms = WAIT_S * UINT64_C(1000),
                                      .tolerate = "500,595,596,599"};
    const char *subject = ask_text(&p->ask, "{\"kind\":\"guest\",\"vmid\":%s}", point->vmid);
    if (!step.name || !gone.select || !subject)
        return PROXIMO_ENOMEM;
    int32_t r = host->guard(p->ask.call, &guard);
    if (r == PROXIMO_OK)
        r = host->subject(p->ask.call, "snapshot.delete", text_of(subject));
    if (r == PROXIMO_OK)
        r = host->step(p->ask.call, &step);
    return r == PROXIMO_OK ? host->postcondition(p->ask.call, &gone) : r;
}

static int32_t choose(struct pruning *p)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < p->points.count; i++) {
        const struct undo_point *point = &p->points.items[i];
        const char *why = NULL;
        if (!wanted(p, point))
            continue;
        if ((r = check(p, point, &why)) < 0)
            return r;
        if (why) {
            r = note(p->left, point, why);
            continue;
        }
        p->count++;
        r = plan_one(p, point);
        if (r == PROXIMO_OK)
            r = note(p->chosen, point, NULL);
    }
    return r;
}

/* A name that was given and that no guest has is a mistake, not a wish that is fulfilled. */
static int32_t check_names(const struct pruning *p)
{
    for (size_t i = 0; p->names && i < json_object_array_length(p->names); i++) {
        const char *name = json_object_get_string(json_object_array_get_idx(p->names, i));
        bool found = false;
        for (uint32_t k = 0; k < p->points.count && !found; k++)
            found = strcmp(p->points.items[k].name, name) == 0;
        if (!found)
            return p->ask.host->fail(p->ask.call, PROXIMO_ENOTFOUND,
                                     "there is no undo point \"%s\"; pve_undo_points lists them%s", name,
                                     p->points.unread ? " (some guests could not be read)" : "");
    }
    return PROXIMO_OK;
}

static int32_t tell(struct pruning *p)
{
    const struct proximo_host *host = p->ask.host;
    const char *text = p->count ? ask_text(&p->ask, "%u undo point%s deleted; the guests stay as they are",
                                           (unsigned)p->count, p->count == 1 ? " is" : "s are")
                                : ask_text(&p->ask, "nothing to do: no undo point of proximo's fits%s",
                                           json_object_array_length(p->left) ? " that could be deleted" : "");
    int32_t r = text ? host->change(p->ask.call, text) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK && p->count)
        r = tell_fact(&p->ask, "undo_points", json_object_get(p->chosen));
    if (r == PROXIMO_OK && json_object_array_length(p->left))
        r = tell_fact(&p->ask, "left_alone", json_object_get(p->left));
    if (r == PROXIMO_OK && p->count && (p->points.unread || p->points.why))
        r = host->incomplete(p->ask.call, "the snapshots of some guests", p->points.why ? p->points.why : "");
    if (r == PROXIMO_OK && p->count)
        r = tell_text(&p->ask, "no_way_back", "a deleted snapshot cannot be brought back");
    return r == PROXIMO_OK && p->count ? host->undo(p->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

static int32_t begin(struct pruning *p)
{
    struct json_object *arguments DROP_JSON = ask_arguments(&p->ask);
    struct json_object *names = member_of(arguments, "names");
    const char *days = ask_argument(&p->ask, "older_than_days"), *vmid = ask_argument(&p->ask, "vmid");

    if (!days && !vmid && !names)
        return p->ask.host->fail(p->ask.call, PROXIMO_EINVAL,
                                 "say which: older_than_days, vmid or names, or several of them");
    if (days)
        p->before = (int64_t)time(NULL) - (int64_t)digits_of(days, 36500) * DAY_S;
    p->names = json_object_get(names);
    p->chosen = json_object_new_array();
    p->left = json_object_new_array();
    return p->chosen && p->left ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t guests_plan_undo_points_prune(void *instance, struct proximo_call *call)
{
    struct pruning p = {.instance = instance, .ask = {((struct plane_instance *)instance)->host, call}};
    int32_t r = begin(&p);
    if (r == PROXIMO_OK)
        r = undo_points_read(&p.ask, &p.points);
    if (r == PROXIMO_OK)
        r = check_names(&p);
    if (r == PROXIMO_OK)
        r = choose(&p);
    if (r == PROXIMO_OK)
        r = tell(&p);
    json_object_put(p.names);
    json_object_put(p.chosen);
    json_object_put(p.left);
    return r;
}
