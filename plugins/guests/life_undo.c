/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way back of a clone or a new guest is to destroy it, as long as it is what was made: the digest of its
 * configuration is that of the moment after, it does not run, and no task has worked on it since. Source:
 * GET /nodes/{node}/tasks.
 */
#include "destroy.h"
#include "life.h"

/* The digest that the record's first guard had after the change. */
static const char *recorded_digest(struct json_object *record)
{
    struct json_object *after = member_of(record, "after");
    struct json_object *first = json_object_is_type(after, json_type_array) && json_object_array_length(after)
                                    ? json_object_array_get_idx(after, 0)
                                    : NULL;
    return member_text(first, "/digest");
}

/* The task that made it; NULL: the record has none. */
static const char *recorded_upid(struct json_object *record)
{
    struct json_object *steps = member_of(record, "steps");
    const size_t count = json_object_is_type(steps, json_type_array) ? json_object_array_length(steps) : 0;
    for (size_t i = 0; i < count; i++) {
        struct json_object *step = json_object_array_get_idx(steps, i);
        if (member_is(step, "name", "change"))
            return member_text(step, "upid");
    }
    return NULL;
}

/* When a task began: the fifth part of its id, hexadecimal epoch seconds; 0: it is no such id. */
static int64_t began(const char *upid)
{
    static const char digits[] = "0123456789ABCDEF";
    int64_t when = 0;
    for (int part = 0; upid && part < 4; part++) {
        upid = strchr(upid, ':');
        upid = upid ? upid + 1 : NULL;
    }
    for (const char *digit; upid && *upid && (digit = strchr(digits, *upid)) && when < INT32_MAX; upid++)
        when = when * 16 + (digit - digits);
    return when;
}

/* Is it one of the record's own tasks? */
static bool is_own(struct json_object *record, struct json_object *row)
{
    struct json_object *steps = member_of(record, "steps");
    const char *upid = member_text(row, "upid");
    const size_t count = json_object_is_type(steps, json_type_array) ? json_object_array_length(steps) : 0;
    for (size_t i = 0; upid && i < count; i++) {
        if (member_is(json_object_array_get_idx(steps, i), "upid", upid))
            return true;
    }
    return false;
}

/* A task that worked on it after it was made: its type; NULL: none. Those of an earlier guest of the same
 * number are older. */
static int32_t later_task(const struct guest *g, struct json_object *record, const char **ret)
{
    const struct proximo_field fields[] = {g->at[0], g->at[2], FIELD("source", "all"), FIELD("limit", "500")};
    const char *path = ask_text(&g->ask, "/nodes/%s", g->node);
    const struct proximo_need need[] = {NEED(path, "Sys.Audit")}; /* otherwise only its own tasks */
    const struct proximo_get get = {ROW(proximo_get), .path = "/nodes/{node}/tasks", .fields = fields,
                                    .field_count = 4, .needs = ROWS(need, 1)};
    struct looked list;
    const int64_t made = began(recorded_upid(record));
    int32_t r = path ? ask_look(&g->ask, &get, &list) : PROXIMO_ENOMEM;
    *ret = NULL;
    if (r == PROXIMO_OK && !list.data)
        r = g->ask.host->incomplete(g->ask.call, "tasks that worked on it since", list.why);
    if (r < 0)
        return r;
    const size_t count =
        json_object_is_type(list.data, json_type_array) ? json_object_array_length(list.data) : 0;
    for (size_t i = 0; made && i < count && !*ret; i++) {
        struct json_object *row = json_object_array_get_idx(list.data, i);
        const char *type = member_text(row, "type");
        if (!is_own(record, row) && member_is(row, "id", g->vmid) &&
            json_object_get_int64(member_of(row, "starttime")) >= made)
            *ret = ask_text(&g->ask, "%.40s", type ? type : "unknown");
    }
    json_object_put(list.data);
    return r;
}

/* Why it is not what was made; NULL: it is. */
static int32_t touched(const struct guest *g, struct json_object *record, bool started, const char **ret)
{
    const char *digest = recorded_digest(record), *now = member_text(g->config, "digest");
    const char *type = NULL;
    *ret = NULL;
    if (!digest)
        *ret = "the record does not say what it was when it was made";
    else if (!now || strcmp(digest, now) != 0)
        *ret = "its configuration is no longer that of the moment when it was made";
    else if (guest_running(g) && !started)
        *ret = "it runs";
    else if (guest_managed(g))
        *ret = "it is under HA";
    if (*ret)
        return PROXIMO_OK;
    struct json_object *jobs DROP_JSON = NULL;
    int32_t r = later_task(g, record, &type);
    if (r == PROXIMO_OK && type)
        *ret = ask_text(&g->ask, "a task (%s) has worked on it since", type);
    if (r == PROXIMO_OK)
        r = destroy_replication(g, &jobs);
    if (r == PROXIMO_OK && !*ret && jobs && json_object_array_length(jobs) > 0)
        *ret = "it is replicated";
    return r;
}

static int32_t none(const struct guest *g, const char *why)
{
    (void)g->ask.host->undo(g->ask.call, PROXIMO_UNDO_NONE, NULL, 0);
    return g->ask.host->fail(g->ask.call, PROXIMO_ESTATE,
                             "%s is not destroyed: %s. pve_delete_guest destroys it all the same",
                             guest_label(g), why);
}

static int32_t lay_out(struct destruction *d)
{
    const struct guest *g = &d->g;
    const char *summary =
        ask_text(&g->ask, "%s, which nobody %s since it was made, is %sdestroyed with its disks",
                 guest_label(g), d->force ? "worked on from outside" : "used",
                 guest_running(g) ? "stopped as by pulling the plug and " : "");
    int32_t r = summary ? g->ask.host->change(g->ask.call, summary) : PROXIMO_ENOMEM;
    if (r == PROXIMO_OK)
        r = guest_tell_facts(g);
    if (r == PROXIMO_OK)
        r = destroy_lay_out(d);
    if (r == PROXIMO_OK)
        r = tell_text(&g->ask, "no_way_back",
                      d->force
                          ? "it was started: what was written inside since cannot be seen from here, and "
                            "is lost"
                          : "it held nothing of its own: make it again");
    return r == PROXIMO_OK ? g->ask.host->undo(g->ask.call, PROXIMO_UNDO_NONE, NULL, 0) : r;
}

/* Where it was made, by the task's id ("UPID:NODE:...:qmclone:..."), or on the node it was made for: the
 * cluster's list may not know a new guest for some seconds. If it is not there any more, that list says where
 * it is. */
static int32_t open_made(const struct asking *a, void *instance, const struct life_made *made,
                         const char *upid, struct guest *ret)
{
    const char *target = made->node, *vmid = made->vmid, *node = upid ? strchr(upid, ':') : NULL;
    struct looked looked = {0};
    int32_t r = PROXIMO_OK;
    *ret = (struct guest){.ask = *a, .vmid = vmid};
    ret->node = target ? target : node ? ask_text(a, "%.*s", (int)strcspn(node + 1, ":"), node + 1) : NULL;
    if (ret->node && upid) {
        ret->kind = strstr(upid, ":vzc") ? "lxc" : "qemu";
        guest_place(ret);
        const struct proximo_get get = {ROW(proximo_get), .path = GUEST_CONFIG, .fields = ret->at,
                                        .field_count = 3};
        r = ask_look(a, &get, &looked);
        json_object_put(looked.data);
    }
    if (r < 0 || (looked.status >= 200 && looked.status < 300))
        return r;
    const char *subject = ask_text(a, "{\"kind\":\"guest\",\"vmid\":%s}", vmid);
    return subject ? guest_open_subject(instance, a->call, text_of(subject), ret) : PROXIMO_ENOMEM;
}

int32_t life_undo_made(void *instance, struct proximo_call *call, struct proximo_text record_json,
                       const struct life_made *made)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *record DROP_JSON = json_of(record_json);
    struct json_object *undo_of = member_of(record, "undo_of");
    struct destruction d = {.force = made->started};
    const char *why = NULL;
    if (!made->vmid || (undo_of && !json_object_is_type(undo_of, json_type_null))) {
        (void)a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return a.host->fail(call, PROXIMO_ESTATE,
                            "the guest was destroyed; make it again with the tool itself");
    }
    int32_t r = open_made(&a, instance, made, recorded_upid(record), &d.g);
    if (r == PROXIMO_ENOTFOUND) {
        (void)a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return a.host->fail(call, PROXIMO_ENOTFOUND, "guest %s is not there any more", made->vmid);
    }
    if (r == PROXIMO_OK)
        r = guest_read_status(&d.g);
    if (r == PROXIMO_OK)
        r = guest_read_config(&d.g);
    if (r == PROXIMO_OK)
        r = touched(&d.g, record, made->started, &why);
    if (r == PROXIMO_OK && !why)
        why = destroy_refusal(&d);
    if (r == PROXIMO_OK)
        r = why ? none(&d.g, why) : lay_out(&d);
    guest_done(&d.g);
    return r;
}

int32_t life_undo(void *instance, struct proximo_call *call, struct proximo_text record_json,
                  const char *vmid_argument)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const struct life_made made = {ask_argument(&a, vmid_argument), ask_argument(&a, "target"), false};
    return life_undo_made(instance, call, record_json, &made);
}
