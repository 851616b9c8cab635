/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that the plans of this plane have in common. */
#include "changes.h"

#define SEEN_MOST  64u  /* backups that are looked for one by one */
#define WAITS_MOST 240u /* those and groups; a plan has at most 256 postconditions */

const char pbs_deleted_for_good[] =
    "a deleted backup cannot be brought back by the Backup Server, even before garbage collection has run; "
    "after "
    "it the data is gone too. Copies on other datastores or servers stay what they are";

struct proximo_step pbs_request(const char *method, const char *path, const struct proximo_field *fields,
                                uint32_t count)
{
    return (struct proximo_step){ROW(proximo_step), .kind = PROXIMO_STEP_REQUEST, .method = method,
                                 .path = path, .params = ROWS(fields, count)};
}

static int32_t see(const struct asking *a, const char *path, const struct proximo_field *fields,
                   uint32_t count, const char *selector)
{
    const struct proximo_step wait = {ROW(proximo_step),  .kind = PROXIMO_STEP_WAIT,
                                      .path = path,       .params = ROWS(fields, count),
                                      .select = selector, .wait_test = PROXIMO_WAIT_COUNT,
                                      .wait_value = "0",  .tolerate = "400,404,500",
                                      .interval_ms = 500, .deadline_ms = 15000};
    return selector ? a->host->postcondition(a->call, &wait) : PROXIMO_ENOMEM;
}

int32_t pbs_see_none(const struct pbs_place *p, const char *path, bool with_ns, const char *selector)
{
    const struct proximo_field fields[] = {FIELD("store", p->store), FIELD("ns", p->ns)};
    return see(&p->a, path, fields, with_ns && *p->ns ? 2 : 1, selector);
}

static int32_t see_row_gone(const struct pbs_place *there, struct json_object *row)
{
    return pbs_see_none(there, PBS_STORE_PATH "/snapshots", true,
                        ask_text(&there->a, "[backup-type=%s][backup-id=%s][backup-time=%s]",
                                 member_text(row, "backup-type"), member_text(row, "backup-id"),
                                 member_text(row, "backup-time")));
}

/* How many the group of this row has left, or that it is not there: for what is not looked for one by one. */
static int32_t see_group_left(const struct pbs_place *there, struct json_object *list,
                              struct json_object *row)
{
    const struct asking *a = &there->a;
    const char *type = member_text(row, "backup-type"), *id = member_text(row, "backup-id");
    const char *group = ask_text(a, "[backup-type=%s][backup-id=%s]", type, id);
    struct proximo_field fields[5];
    uint32_t left = 0;
    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *other = json_object_array_get_idx(list, i);
        left += contents_of_group(other, type, id) && !contents_goes(other);
    }
    if (!left || !group)
        return pbs_see_none(there, PBS_STORE_PATH "/groups", true, group);
    const struct proximo_step wait = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_WAIT,
                                      .path = PBS_STORE_PATH "/groups",
                                      .params = ROWS(fields, place_fields(there, fields)),
                                      .select = ask_text(a, "%s/backup-count", group),
                                      .wait_test = PROXIMO_WAIT_EQUALS,
                                      .wait_value = ask_text(a, "%u", left),
                                      .interval_ms = 500,
                                      .deadline_ms = 5000};
    return wait.select && wait.wait_value ? a->host->postcondition(a->call, &wait) : PROXIMO_ENOMEM;
}

/* The groups of a list whose backups are not all looked for: once each, as far as there are waits left. */
static int32_t see_groups_left(const struct pbs_place *there, struct json_object *list, size_t from,
                               uint32_t *seen)
{
    struct json_object *groups DROP_JSON = json_object_new_object();
    int32_t r = groups ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (size_t k = from; r == PROXIMO_OK && k < json_object_array_length(list); k++) {
        struct json_object *row = json_object_array_get_idx(list, k);
        const char *type = member_text(row, "backup-type"), *id = member_text(row, "backup-id");
        if (!contents_goes(row) || !type || !id)
            continue;
        const char *key = ask_text(&there->a, "%s/%s", type, id);
        if (key && json_object_object_get_ex(groups, key, NULL))
            continue;
        if (!key || json_object_object_add(groups, key, json_object_new_boolean(1)) < 0)
            return PROXIMO_ENOMEM;
        if (++*seen <= WAITS_MOST)
            r = see_group_left(there, list, row);
    }
    return r;
}

int32_t pbs_see_gone(const struct pbs_contents *c,
                     bool (*stays)(const struct pbs_contents *c, const char *ns))
{
    const struct asking *a = &c->at.a;
    uint32_t seen = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++) {
        const struct pbs_place there = {.a = *a, .store = c->at.store, .ns = c->spaces[i].ns};
        struct json_object *list = !stays || stays(c, there.ns) ? c->spaces[i].list : NULL;
        size_t k = 0;
        for (; r == PROXIMO_OK && list && k < json_object_array_length(list) && seen < SEEN_MOST; k++) {
            struct json_object *row = json_object_array_get_idx(list, k);
            if (!contents_goes(row))
                continue;
            seen++;
            r = see_row_gone(&there, row);
        }
        if (r == PROXIMO_OK && list)
            r = see_groups_left(&there, list, k, &seen);
    }
    return r;
}

int32_t pbs_guard_backups(const struct pbs_place *at)
{
    struct pbs_place group = *at;
    struct proximo_field fields[5];
    group.time = NULL;
    const struct proximo_guard guard = {ROW(proximo_guard), .path = PBS_STORE_PATH "/snapshots",
                                        .params = ROWS(fields, place_fields(&group, fields))};
    return at->a.host->guard(at->a.call, &guard);
}

int32_t pbs_no_way_back(const struct asking *a, const char *why)
{
    int32_t r = tell_text(a, "no_way_back", why);
    return r < 0 ? r : a->host->undo(a->call, PROXIMO_UNDO_NONE, NULL, 0);
}
