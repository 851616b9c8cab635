/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a plan or blast function tells, collected as JSON in its call and sent as the call's answer. Every
 * entry is checked at once, so that the plane hears of its mistake where it makes it; the core checks again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/text.h"
#include "plane/host_draft.h"

/* The parameters of the row, as far as the checks look at them. */
static int read_params(struct host_draft *draft, const struct proximo_table *table)
{
    draft->params = calloc(table->count + (size_t)1, sizeof(*draft->params));
    if (!draft->params)
        return -ENOMEM;
    for (uint32_t i = 0; i < table->count; i++) {
        struct proximo_param param;
        if (host_row(table, i, &param, sizeof(param)) < 0)
            return -EINVAL;
        draft->params[i] = (struct param_row){.type = param.type,
                                              .flags = param.flags,
                                              .name = (char *)(uintptr_t)param.name,
                                              .format = (char *)(uintptr_t)param.format};
    }
    draft->rules.params = (struct param_list){draft->params, table->count};
    return 0;
}

int host_draft_begin(struct proximo_call *call, const char *who, const struct proximo_change *change)
{
    struct host_draft *draft = calloc(1, sizeof(*draft));

    if (!draft)
        return -ENOMEM;
    call->draft = draft;
    for (size_t i = 0; i < DRAFT_LISTS; i++)
        draft->lists[i] = BUF_INIT(DRAFT_LIMIT);
    draft->summary = draft->undo = BUF_INIT(DRAFT_LIMIT);
    draft->names = json_object_new_object();
    (void)snprintf(draft->who, sizeof(draft->who), "%s", who);
    draft->rules.kind = call->kind;
    draft->rules.who = draft->who;
    draft->rules.guard_count = GUARDS_MOST;
    draft->rules.has_plan_undo = change && change->plan_undo;
    if (!draft->names)
        return -ENOMEM;
    return change ? read_params(draft, &change->params) : 0;
}

void host_draft_done(struct proximo_call *call)
{
    struct host_draft *draft = call->draft;

    if (!draft)
        return;
    for (size_t i = 0; i < DRAFT_LISTS; i++)
        buf_done(&draft->lists[i]);
    buf_done(&draft->summary);
    buf_done(&draft->undo);
    if (draft->names)
        json_object_put(draft->names);
    free(draft->params);
    free(draft);
    call->draft = NULL;
}

static void write_draft(const struct host_draft *draft, struct buf *out)
{
    buf_char(out, '{');
    if (draft->summary.len) {
        json_put_key(out, "summary");
        buf_add(out, draft->summary.data, draft->summary.len);
    }
    for (unsigned i = 0; i < DRAFT_LISTS; i++) {
        if (!draft->counts[i])
            continue;
        json_put_key(out, draft_list_key(i));
        buf_char(out, '[');
        buf_add(out, draft->lists[i].data, draft->lists[i].len);
        buf_char(out, ']');
    }
    if (draft->undo.len) {
        json_put_key(out, "undo");
        buf_add(out, draft->undo.data, draft->undo.len);
    }
    buf_char(out, '}');
}

int32_t host_draft_end(struct proximo_call *call, int32_t code, struct buf *out)
{
    const struct host_draft *draft = call->draft;

    /* Whether the plane passed the refusal on or went on: the mistake is its own, and no plan comes of it. */
    if (draft->fault && (code == 0 || code == draft->fault))
        return host_fail(call, PROXIMO_EINTERNAL, "%s", draft->fault_text);
    if (code)
        return code;
    write_draft(draft, out);
    return buf_ok(out) ? 0 : PROXIMO_ENOMEM;
}

int32_t host_draft_end_read(struct proximo_call *call, int32_t code, struct buf *reply)
{
    const struct host_draft *draft = call->draft;
    struct buf text CLEANUP_BUF = BUF_INIT(DRAFT_LIMIT);

    if (code || draft->fault || draft->counts[DRAFT_FINDINGS] || draft->counts[DRAFT_INCOMPLETE])
        code = host_draft_end(call, code, &text);
    if (code == 0)
        body_put_text(reply, text.data ? text.data : "", text.len);
    return code;
}

int32_t host_not_here(struct proximo_call *call, const char *what)
{
    static const char *const kinds[] = {[PLANE_CALL_READ] = "a read",
                                        [PLANE_CALL_PLAN] = "a plan function",
                                        [PLANE_CALL_PLAN_UNDO] = "a plan_undo function",
                                        [PLANE_CALL_BLAST] = "a blast function",
                                        [PLANE_CALL_RESOURCE] = "a resource",
                                        [PLANE_CALL_PROMPT] = "a prompt",
                                        [PLANE_CALL_EXEC] = "an executor"};

    if (!call)
        return PROXIMO_EINVAL;
    return host_fail(call, PROXIMO_ENOSYS, "%s is not available in %s", what, kinds[call->kind]);
}

int32_t host_draft_enter(struct proximo_call *call, enum draft_list list, const char *what)
{
    if (!call)
        return PROXIMO_EINVAL;
    if (!call->draft || !draft_list_fits(list, call->kind))
        return host_not_here(call, what);
    return host_stopped(call);
}

int32_t host_draft_refuse(struct proximo_call *call, int32_t code, const char *words)
{
    struct host_draft *draft = call->draft;

    if (!draft->fault) {
        draft->fault = code;
        (void)snprintf(draft->fault_text, sizeof(draft->fault_text), "%s", words);
    }
    return host_fail(call, code, "%s", words);
}

int32_t host_draft_refuse_problem(struct proximo_call *call, int r, const struct problem *p)
{
    return host_draft_refuse(call, r == -ENOMEM ? PROXIMO_ENOMEM : PROXIMO_EINVAL, p->cause);
}

int32_t host_draft_room(struct proximo_call *call, size_t len)
{
    /* A little for keys and brackets stays. */
    if (call->draft->bytes + len + 4096 > DRAFT_LIMIT)
        return host_draft_refuse(call, PROXIMO_ENOMEM,
                                 "what this function tells is more than 4 MiB together");
    call->draft->bytes += len + 1;
    return 0;
}

int32_t host_draft_tell(struct proximo_call *call, enum draft_list list, const struct buf *entry)
{
    struct host_draft *draft = call->draft;
    struct json_object *object CLEANUP_JSON = NULL;
    struct problem p = PROBLEM_INIT;
    char words[96];

    if (draft->counts[list] >= draft_list_most(list)) {
        (void)snprintf(words, sizeof(words), "at most %u %s can be told of", draft_list_most(list),
                       draft_list_key(list));
        return host_draft_refuse(call, PROXIMO_ENOMEM, words);
    }
    if (!buf_ok(entry))
        return host_draft_refuse(call, PROXIMO_ENOMEM, "what this function tells is too much for one entry");
    int r = json_parse(entry->data, entry->len, &object, &p);
    /* Only a step's references are looked at now: of the others' the step may still come. */
    draft->rules.earlier = list == DRAFT_STEPS ? draft->names : NULL;
    if (r == 0)
        r = draft_entry_check(&draft->rules, list, object, &p);
    if (r == 0 && (list == DRAFT_STEPS || list == DRAFT_ALWAYS))
        r = draft_name_add(&draft->rules, draft->names, object, &p);
    if (r < 0)
        return host_draft_refuse_problem(call, r, &p);
    int32_t code = host_draft_room(call, entry->len);
    if (code)
        return code;
    if (draft->counts[list]++)
        buf_char(&draft->lists[list], ',');
    buf_add(&draft->lists[list], entry->data, entry->len);
    return buf_ok(&draft->lists[list]) ? 0 : host_draft_refuse(call, PROXIMO_ENOMEM, "no memory");
}
