/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PUT /access/acl checks no digest, so each entry at stake is guarded by itself; who gains and loses by the
 * whole list is worked out again before the change.
 */
#include "entries.h"

#include "acl.h"

#define FIELDS_MOST 40u /* selectors of one guard */

static const char *selector(const struct asking *a, const struct entry_change *row)
{
    /* By its form a name is a user's, a token's or a group's. */
    return ask_text(a, "[path=%s][ugid=%s][roleid=%s]", row->path, row->ugid, row->role);
}

int32_t entries_check_names(const struct asking *a, const char *path, const char *role, const char *ugid)
{
    static const char bad[] = ",;[] \t";
    if (strcspn(role, bad) == strlen(role) && strcspn(ugid, bad) == strlen(ugid) &&
        strlen(path) + strlen(role) + strlen(ugid) < 400 && strlen(path) + strlen(ugid) < 280)
        return PROXIMO_OK;
    return a->host->fail(
        a->call, PROXIMO_EINVAL,
        "the entry of '%.64s' at %.100s cannot be named in a plan: a name in it is too long, "
        "or has a comma, a semicolon, a blank or a bracket",
        ugid, path);
}

int entries_flag(struct json_object *acl, const char *path, const char *role, const char *type,
                 const char *ugid)
{
    struct json_object *row = access_entry(acl, path, role, type, ugid);
    return !row ? NO_ENTRY : !member_of(row, "propagate") || member_true(row, "propagate");
}

/* ---- guards and what must be seen */

static int32_t guards(const struct entries_plan *plan)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < plan->count;) {
        const char *fields = "";
        for (uint32_t n = 0; fields && n < FIELDS_MOST && i < plan->count; n++, i++)
            fields = ask_text(&plan->a, "%s%s%s", fields, n ? "," : "", selector(&plan->a, &plan->rows[i]));
        const struct proximo_guard guard = {ROW(proximo_guard), .path = "/access/acl", .fields = fields};
        r = fields ? plan->a.host->guard(plan->a.call, &guard) : PROXIMO_ENOMEM;
    }
    return r;
}

static int32_t see(const struct entries_plan *plan)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < plan->count; i++) {
        const struct entry_change *row = &plan->rows[i];
        const char *entry = selector(&plan->a, row);
        struct proximo_step wait = {
            ROW(proximo_step),
            .kind = PROXIMO_STEP_WAIT,
            .path = "/access/acl",
            .select = row->will == NO_ENTRY ? entry : ask_text(&plan->a, "%s/propagate", entry),
            .wait_test = row->will == NO_ENTRY ? PROXIMO_WAIT_COUNT : PROXIMO_WAIT_EQUALS,
            .wait_value = row->will == 1 ? "1" : "0",
            .interval_ms = 500,
            .deadline_ms = 15000};
        r = entry && wait.select ? plan->a.host->postcondition(plan->a.call, &wait) : PROXIMO_ENOMEM;
    }
    return r;
}

/* ---- steps: one request for all roles of a principal at a path that become the same */

static bool together(const struct entry_change *a, const struct entry_change *b)
{
    return a->will == b->will && strcmp(a->path, b->path) == 0 && strcmp(a->ugid, b->ugid) == 0 &&
           strcmp(a->type, b->type) == 0;
}

static const char *whom(const char *type)
{
    return strcmp(type, "group") == 0 ? "groups" : strcmp(type, "token") == 0 ? "tokens" : "users";
}

static int32_t step(const struct entries_plan *plan, const struct entry_change *row, const char *roles,
                    uint32_t number)
{
    const struct proximo_field fields[] = {
        FIELD("path", row->path), FIELD("roles", roles), FIELD(whom(row->type), row->ugid),
        row->will == NO_ENTRY ? FIELD("delete", "1") : FIELD("propagate", row->will ? "1" : "0")};
    const struct proximo_step step = {ROW(proximo_step),
                                      .kind = PROXIMO_STEP_REQUEST,
                                      .flags = plan->step_flags,
                                      .name = number ? ask_text(&plan->a, "change-%u", (unsigned)number + 1)
                                                     : "change",
                                      .method = "PUT",
                                      .path = "/access/acl",
                                      .params = PROXIMO_TABLE(fields)};
    return roles && step.name ? plan->a.host->step(plan->a.call, &step) : PROXIMO_ENOMEM;
}

static int32_t steps(const struct entries_plan *plan)
{
    int32_t r = PROXIMO_OK;
    uint32_t number = 0;
    for (uint32_t i = 0; r == PROXIMO_OK && i < plan->count; number++) {
        const struct entry_change *first = &plan->rows[i];
        const char *roles = first->role;
        for (i++; roles && i < plan->count && together(first, &plan->rows[i]); i++)
            roles = ask_text(&plan->a, "%s,%s", roles, plan->rows[i].role);
        r = step(plan, first, roles, number);
    }
    return r;
}

static int32_t subject(const struct entries_plan *plan)
{
    struct json_object *edits DROP_JSON = json_object_new_array();
    struct json_object *subject DROP_JSON = json_object_new_object();
    for (uint32_t i = 0; edits && i < plan->count; i++) {
        const struct entry_change *row = &plan->rows[i];
        struct json_object *edit = edit_entry(row->path, row->role, row->type, row->ugid, row->will);
        if (!edit || json_object_array_add(edits, edit) < 0)
            return PROXIMO_ENOMEM;
    }
    if (!edits || !subject)
        return PROXIMO_ENOMEM;
    json_object_object_add(subject, "kind", json_object_new_string("acl"));
    json_object_object_add(subject, "id", json_object_new_string(plan->subject_id));
    json_object_object_add(subject, "edit", json_object_new_string(json_text(edits).ptr));
    return plan->a.host->subject(plan->a.call, plan->operation_class, json_text(subject));
}

static const char *flag_word(int flag)
{
    return flag == NO_ENTRY ? "none" : flag ? "handed down" : "here only";
}

static int32_t tell_entries(const struct entries_plan *plan)
{
    struct json_object *list = json_object_new_array();
    for (uint32_t i = 0; list && i < plan->count; i++) {
        const struct entry_change *row = &plan->rows[i];
        struct json_object *one = json_object_new_object();
        json_object_object_add(one, "path", json_object_new_string(row->path));
        json_object_object_add(one, "kind", json_object_new_string(row->type));
        json_object_object_add(one, "who", json_object_new_string(row->ugid));
        json_object_object_add(one, "role", json_object_new_string(row->role));
        json_object_object_add(one, "from", json_object_new_string(flag_word(row->was)));
        json_object_object_add(one, "to", json_object_new_string(flag_word(row->will)));
        json_object_array_add(list, one);
    }
    return tell_fact(&plan->a, "entries", list);
}

static int32_t way_back(const struct entries_plan *plan)
{
    int32_t r = tell_text(&plan->a, plan->no_back ? "no_way_back" : "way_back",
                          plan->no_back ? plan->no_back
                                        : "each entry becomes what stands under from; one that was not there "
                                          "is removed");
    if (r < 0)
        return r;
    return plan->a.host->undo(plan->a.call, plan->no_back ? PROXIMO_UNDO_NONE : PROXIMO_UNDO_FUNCTION, NULL,
                              0);
}

int32_t entries_lay_out(const struct entries_plan *plan)
{
    int32_t r = plan->summary ? plan->a.host->change(plan->a.call, plan->summary) : PROXIMO_ENOMEM;
    if (r < 0 || plan->count == 0 || (r = tell_entries(plan)) < 0 || (r = guards(plan)) < 0 ||
        (r = subject(plan)) < 0 || (r = steps(plan)) < 0 || (r = see(plan)) < 0)
        return r;
    return way_back(plan);
}

/* ---- the way back */

static struct json_object *at(struct json_object *list, size_t i)
{
    return json_object_is_type(list, json_type_array) && i < json_object_array_length(list)
               ? json_object_array_get_idx(list, i)
               : NULL;
}

static int flag_of(struct json_object *entry)
{
    return !member_of(entry, "path") ? NO_ENTRY
                                     : !member_of(entry, "propagate") || member_true(entry, "propagate");
}

/* Of one guarded entry: what it is now and was before; false: both the same, or not known. */
static bool take(const struct asking *a, struct json_object *before, struct json_object *after,
                 struct entry_change *ret)
{
    struct json_object *whole = flag_of(before) != NO_ENTRY ? before : after;
    const char *path = member_text(whole, "path"), *role = member_text(whole, "roleid");
    const char *type = member_text(whole, "type"), *ugid = member_text(whole, "ugid");
    const struct entry_change row = {.was = flag_of(after), .will = flag_of(before)};
    if (!before || !after || !path || !role || !type || !ugid || row.was == row.will)
        return false;
    *ret = row;
    ret->path = ask_text(a, "%s", path);
    ret->role = ask_text(a, "%s", role);
    ret->type = ask_text(a, "%s", type);
    ret->ugid = ask_text(a, "%s", ugid);
    return ret->path && ret->role && ret->type && ret->ugid;
}

static int32_t take_all(struct entries_plan *plan, struct json_object *record)
{
    struct json_object *befores = member_of(record, "before"), *afters = member_of(record, "after");
    for (size_t i = 0; at(befores, i); i++) {
        struct json_object *before = at(befores, i), *after = at(afters, i);
        if (!json_object_is_type(before, json_type_object))
            continue;
        json_object_object_foreach(before, name, value)
        {
            if (plan->count < ENTRIES_MOST &&
                take(&plan->a, value, member_of(after, name), &plan->rows[plan->count]))
                plan->count++;
        }
    }
    return PROXIMO_OK;
}

static const char *subject_of(const struct entries_plan *plan)
{
    const struct entry_change *first = plan->rows;
    for (uint32_t i = 1; i < plan->count; i++) {
        if (strcmp(first->path, plan->rows[i].path) != 0 || strcmp(first->ugid, plan->rows[i].ugid) != 0)
            return "unused";
    }
    return plan->count ? ask_text(&plan->a, "%s:%s", first->ugid, first->path) : "unused";
}

int32_t acl_plan_undo_entries(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    struct entries_plan plan = {.a = {((struct plane_instance *)instance)->host, call},
                                .operation_class = "acl.modify"};
    struct json_object *record DROP_JSON = json_of(record_json);
    plan.rows = plan.a.host->alloc(call, ENTRIES_MOST * sizeof(*plan.rows));
    if (!plan.rows || !record)
        return PROXIMO_ENOMEM;
    int32_t r = take_all(&plan, record);
    if (r == PROXIMO_OK && plan.count == 0) {
        (void)plan.a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        return plan.a.host->fail(call, PROXIMO_ESTATE,
                                 "the record names no entry that is otherwise than before");
    }
    plan.subject_id = subject_of(&plan);
    plan.summary =
        ask_text(&plan.a, "puts %u entries of the access list back as they were", (unsigned)plan.count);
    return plan.subject_id ? entries_lay_out(&plan) : PROXIMO_ENOMEM;
}
