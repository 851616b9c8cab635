/* SPDX-License-Identifier: Apache-2.0 */
/* The plan builder as planes call it: each upcall's arguments as one entry of the draft, in JSON. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/host_draft.h"
#include "plane/row_write.h"

/* The same for what is told of once, in plans. */
static int32_t enter_plan(struct proximo_call *call, const char *what)
{
    return host_draft_enter(call, DRAFT_STEPS, what);
}

/* An entry that is being written: the first fault stays. */
struct entry {
    struct proximo_call *call;
    struct buf text;
    int32_t code;
};
#define ENTRY(call) ((struct entry){(call), BUF_INIT(DRAFT_LIMIT), 0})

static void put_bytes(struct entry *entry, const char *key, struct proximo_text text)
{
    char words[96];

    if (entry->code || !text.ptr || text.len == 0)
        return;
    if (text.len >= ROW_TEXT_MOST || !text_is_utf8(text.ptr, (size_t)text.len)) {
        (void)snprintf(words, sizeof(words), "%s is not UTF-8 text of fewer than 64 KiB", key);
        entry->code = host_draft_refuse(entry->call, PROXIMO_EINVAL, words);
        return;
    }
    json_put_key(&entry->text, key);
    json_put_string(&entry->text, text.ptr, (size_t)text.len);
}

static void put_cstr(struct entry *entry, const char *key, const char *text)
{
    put_bytes(entry, key, (struct proximo_text){text, text ? strnlen(text, ROW_TEXT_MOST) : 0});
}

static void put_json(struct entry *entry, const char *key, struct proximo_text json)
{
    struct json_object *value CLEANUP_JSON = NULL;
    struct problem p = PROBLEM_INIT;
    char words[sizeof(p.cause) + 64];

    if (entry->code || !json.ptr || json.len == 0)
        return;
    if (json.len > DRAFT_VALUE_LIMIT)
        (void)snprintf(words, sizeof(words), "%s has more than %zu bytes of JSON", key, DRAFT_VALUE_LIMIT);
    else if (json_parse(json.ptr, (size_t)json.len, &value, &p) < 0)
        (void)snprintf(words, sizeof(words), "%s is not JSON: %s", key, p.cause);
    else
        words[0] = '\0';
    if (*words) {
        entry->code = host_draft_refuse(entry->call, PROXIMO_EINVAL, words);
        return;
    }
    json_put_key(&entry->text, key);
    json_put_value(&entry->text, value);
}

static int32_t entry_end(struct entry *entry, enum draft_list list)
{
    buf_char(&entry->text, '}');
    int32_t code = entry->code ? entry->code : host_draft_tell(entry->call, list, &entry->text);
    buf_done(&entry->text);
    return code;
}

static const char *secret_name(void *arg, uint64_t id)
{
    const struct proximo_call *call = arg;
    const struct host_draft *draft = call->draft;
    uint64_t index = (id & 0xff) - 1;

    if (call->kind != PLANE_CALL_PLAN || id >> 8 != call->id || index >= draft->rules.params.count ||
        !(draft->params[index].flags & PROXIMO_PARAM_SECRET))
        return NULL;
    return draft->params[index].name;
}

int32_t host_secret(struct proximo_call *call, const char *name, uint64_t *ret_secret_id)
{
    struct json_object *value;

    if (!call || !name || !ret_secret_id)
        return PROXIMO_EINVAL;
    if (call->kind != PLANE_CALL_PLAN || !call->draft)
        return PROXIMO_ENOTFOUND; /* nobody else is given any */
    const struct param_row *param = param_find(call->draft->rules.params, name, strlen(name));
    if (!param || !(param->flags & PROXIMO_PARAM_SECRET) ||
        !json_object_object_get_ex(host_arguments(call), name, &value) || !value)
        return PROXIMO_ENOTFOUND;
    *ret_secret_id = call->id << 8 | (uint64_t)(param - call->draft->params + 1);
    return 0;
}

static int32_t tell_row(struct proximo_call *call, enum draft_list list, const char *what,
                        const struct shape *shape, const void *row)
{
    struct problem p = PROBLEM_INIT;
    struct buf text CLEANUP_BUF = BUF_INIT(DRAFT_LIMIT);
    const struct row_writer writer = {.out = &text, .p = &p, .secret = secret_name, .arg = call};
    int32_t code = host_draft_enter(call, list, what);

    if (code)
        return code;
    if (!row)
        return host_draft_refuse(call, PROXIMO_EINVAL, "NULL is nothing to tell of");
    int r = row_write(&writer, shape, row, what);
    return r < 0 ? host_draft_refuse_problem(call, r, &p) : host_draft_tell(call, list, &text);
}

int32_t host_guard(struct proximo_call *call, const struct proximo_guard *guard)
{
    return tell_row(call, DRAFT_GUARDS, "guard", &guard_shape, guard);
}

int32_t host_step(struct proximo_call *call, const struct proximo_step *step)
{
    return tell_row(call, DRAFT_STEPS, "step", &step_shape, step);
}

int32_t host_always(struct proximo_call *call, const struct proximo_step *step)
{
    return tell_row(call, DRAFT_ALWAYS, "always", &step_shape, step);
}

int32_t host_postcondition(struct proximo_call *call, const struct proximo_step *wait)
{
    return tell_row(call, DRAFT_POSTCONDITION, "postcondition", &step_shape, wait);
}

int32_t host_change(struct proximo_call *call, const char *summary)
{
    struct problem p = PROBLEM_INIT;
    int32_t code = enter_plan(call, "change");

    if (code)
        return code;
    struct host_draft *draft = call->draft;
    size_t len = summary ? strnlen(summary, DRAFT_TEXT_LIMIT) : 0;
    if (draft->summary.len)
        return host_draft_refuse(call, PROXIMO_EINVAL, "a plan has one summary");
    int r = draft_summary_check(&draft->rules, summary, len, &p);
    if (r < 0)
        return host_draft_refuse_problem(call, r, &p);
    code = host_draft_room(call, len);
    if (code == 0)
        json_put_string(&draft->summary, summary, len);
    return code;
}

int32_t host_fact(struct proximo_call *call, const char *name, struct proximo_text value_json)
{
    int32_t code = host_draft_enter(call, DRAFT_FACTS, "fact");
    struct entry entry = ENTRY(call);

    if (code)
        return code;
    buf_char(&entry.text, '{');
    put_cstr(&entry, "name", name);
    put_json(&entry, "value", value_json);
    return entry_end(&entry, DRAFT_FACTS);
}

int32_t host_risk(struct proximo_call *call, uint32_t risk, const char *reason)
{
    int32_t code = host_draft_enter(call, DRAFT_RISKS, "risk");
    struct entry entry = ENTRY(call);

    if (code)
        return code;
    buf_char(&entry.text, '{');
    json_put_key_int(&entry.text, "risk", risk);
    put_cstr(&entry, "reason", reason);
    return entry_end(&entry, DRAFT_RISKS);
}

int32_t host_subject(struct proximo_call *call, const char *operation_class, struct proximo_text subject_json)
{
    int32_t code = host_draft_enter(call, DRAFT_SUBJECTS, "subject");
    struct entry entry = ENTRY(call);

    if (code)
        return code;
    buf_char(&entry.text, '{');
    put_cstr(&entry, "class", operation_class);
    put_json(&entry, "subject", subject_json);
    return entry_end(&entry, DRAFT_SUBJECTS);
}

int32_t host_affected(struct proximo_call *call, const struct proximo_affected *affected)
{
    struct proximo_affected own;
    int32_t code = host_draft_enter(call, DRAFT_AFFECTED, "affected");
    struct entry entry = ENTRY(call);

    if (code)
        return code;
    if (!affected || struct_copy(&own, sizeof(own), affected) < 0 || own.flags)
        return host_draft_refuse(call, PROXIMO_EINVAL, "affected: its struct_size or flags make no sense");
    buf_char(&entry.text, '{');
    put_bytes(&entry, "resource", own.resource);
    put_bytes(&entry, "name", own.name);
    put_bytes(&entry, "effect", own.effect);
    if (own.risk)
        json_put_key_int(&entry.text, "risk", own.risk);
    put_json(&entry, "facts", own.facts_json);
    return entry_end(&entry, DRAFT_AFFECTED);
}

int32_t host_finding(struct proximo_call *call, const struct proximo_finding *finding)
{
    struct proximo_finding own;
    int32_t code = host_draft_enter(call, DRAFT_FINDINGS, "finding");
    struct entry entry = ENTRY(call);

    if (code)
        return code;
    if (!finding || struct_copy(&own, sizeof(own), finding) < 0)
        return host_draft_refuse(call, PROXIMO_EINVAL, "finding: its struct_size makes no sense");
    if (own.flags & ~PROXIMO_FINDING_UNTRUSTED)
        return host_draft_refuse(call, PROXIMO_EINVAL, "finding: unknown flags");
    buf_char(&entry.text, '{');
    json_put_key_int(&entry.text, "severity", own.severity);
    if (own.flags)
        json_put_key_int(&entry.text, "flags", (long long)own.flags);
    put_bytes(&entry, "code", own.code);
    put_bytes(&entry, "title", own.title);
    put_json(&entry, "measured", own.measured_json);
    put_json(&entry, "threshold", own.threshold_json);
    put_bytes(&entry, "evidence", own.evidence);
    put_bytes(&entry, "source", own.source);
    put_bytes(&entry, "tool", own.tool);
    put_json(&entry, "arguments", own.arguments_json);
    return entry_end(&entry, DRAFT_FINDINGS);
}

int32_t host_incomplete(struct proximo_call *call, const char *what, const char *why)
{
    int32_t code = host_draft_enter(call, DRAFT_INCOMPLETE, "incomplete");
    struct entry entry = ENTRY(call);

    if (code)
        return code;
    buf_char(&entry.text, '{');
    put_cstr(&entry, "what", what);
    put_cstr(&entry, "why", why);
    return entry_end(&entry, DRAFT_INCOMPLETE);
}

int32_t host_undo(struct proximo_call *call, uint32_t undo_kind, const struct proximo_step *steps,
                  uint32_t count)
{
    struct problem p = PROBLEM_INIT;
    struct buf text CLEANUP_BUF = BUF_INIT(DRAFT_LIMIT);
    struct json_object *object CLEANUP_JSON = NULL;
    const struct row_writer writer = {.out = &text, .p = &p};
    uint32_t stride = (uint32_t)sizeof(struct proximo_table);
    const struct proximo_table table = {stride, count, steps};
    int32_t code = enter_plan(call, "undo");

    if (code)
        return code;
    struct host_draft *draft = call->draft;
    if (draft->undo.len)
        return host_draft_refuse(call, PROXIMO_EINVAL, "a plan has one way back");
    buf_char(&text, '{');
    json_put_key_int(&text, "kind", undo_kind);
    int r = 0;
    if (count) {
        json_put_key(&text, "steps");
        r = row_write_table(&writer, &step_shape, &table, MANIFEST_MAX_ROWS, "undo");
    }
    buf_char(&text, '}');
    if (r == 0)
        r = buf_ok(&text) ? json_parse(text.data, text.len, &object, &p)
                          : problem_set(&p, -ENOMEM, PX_PLANE, "the way back is too long");
    if (r == 0)
        r = draft_undo_check(&draft->rules, object, &p);
    if (r < 0)
        return host_draft_refuse_problem(call, r, &p);
    code = host_draft_room(call, text.len);
    if (code == 0)
        buf_add(&draft->undo, text.data, text.len);
    return code;
}
