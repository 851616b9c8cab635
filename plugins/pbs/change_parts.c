/* SPDX-License-Identifier: Apache-2.0 */
/* Parts that the plans of this plane have in common. */
#include "changes.h"

#define SEEN_MOST 64u

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

int32_t pbs_see_gone(const struct pbs_contents *c,
                     bool (*stays)(const struct pbs_contents *c, const char *ns))
{
    const struct asking *a = &c->at.a;
    uint32_t seen = 0;
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < c->count; i++) {
        const struct pbs_place there = {.a = *a, .store = c->at.store, .ns = c->spaces[i].ns};
        struct json_object *list = !stays || stays(c, there.ns) ? c->spaces[i].list : NULL;
        for (size_t k = 0; r == PROXIMO_OK && list && k < json_object_array_length(list); k++) {
            struct json_object *row = json_object_array_get_idx(list, k);
            if (!contents_goes(row) || seen++ >= SEEN_MOST)
                continue;
            r = pbs_see_none(&there, PBS_STORE_PATH "/snapshots", true,
                             ask_text(a, "[backup-type=%s][backup-id=%s][backup-time=%s]",
                                      member_text(row, "backup-type"), member_text(row, "backup-id"),
                                      member_text(row, "backup-time")));
        }
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
