/* SPDX-License-Identifier: Apache-2.0 */
/*
 * plan_undo of pve_sdn_apply and pve_sdn_rollback, and of their undos. What is pending besides is applied by
 * the first as well; the core refuses the way back when anything was edited since, so usually nothing is.
 */
#include "apply.h"
#include "effects.h"

#define NAMED_MOST 12u

static const char *named(const struct asking *a, const struct sdn_targets *targets)
{
    const char *text = NULL;
    for (uint32_t i = 0; i < targets->count && i < NAMED_MOST; i++) {
        const struct sdn_target *t = &targets->rows[i];
        const char *one = ask_text(a, "%s/%s %s", sdn_sorts[t->sort].word, t->id,
                                   !t->to    ? "is deleted"
                                   : t->from ? "is as before"
                                             : "is there again");
        text = text ? ask_text(a, "%s; %s", text, one) : one;
    }
    return targets->count > NAMED_MOST
               ? ask_text(a, "%s; and %u more", text, (unsigned)(targets->count - NAMED_MOST))
               : text;
}

static int32_t tell_targets(const struct asking *a, const struct sdn_targets *targets)
{
    struct sdn_object *objects = a->host->alloc(a->call, (targets->count + UINT64_C(1)) * sizeof(*objects));
    for (uint32_t i = 0; objects && i < targets->count; i++) {
        const struct sdn_target *t = &targets->rows[i];
        objects[i] = (struct sdn_object){.sort = t->sort, .id = t->id, .side = {t->from, t->to}};
    }
    return objects ? sdn_tell_objects(a, "brought back", objects, targets->count) : PROXIMO_ENOMEM;
}

/* The blast function learns by the subject what will be edited: nothing of it is pending yet. */
static int32_t name_subject(const struct asking *a, const struct sdn_targets *targets, bool applies)
{
    const char *text = NULL;
    int32_t r = sdn_targets_text(a, targets, &text);
    if (r == PROXIMO_OK && !text)
        r = a->host->incomplete(a->call, "whom the way back affects",
                                "it edits more objects than are worked out here");
    return r == PROXIMO_OK ? sdn_subject(a, applies ? "sdn.apply" : "sdn.rollback", text) : r;
}

static int32_t back(void *instance, struct proximo_call *call, struct proximo_text record_json, bool applies)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct sdn_targets targets = {0};
    struct sdn_view view = {0};
    uint32_t count = 0;
    int32_t r = sdn_targets_read(&a, record_json, !applies, &targets);
    if (r == PROXIMO_OK)
        r = sdn_view_read(&a, &view);
    const char *words = r == PROXIMO_OK ? named(&a, &targets) : NULL;
    if (r == PROXIMO_OK && !words) {
        (void)a.host->undo(call, PROXIMO_UNDO_NONE, NULL, 0);
        r = a.host->fail(call, PROXIMO_ESTATE, "there is nothing to bring back: it changed no object");
    }
    if (r == PROXIMO_OK)
        r = a.host->change(call, ask_text(&a, "%s: %s",
                                          applies ? "written back and applied on all nodes"
                                                  : "edited again, pending as before",
                                          words));
    if (r == PROXIMO_OK)
        r = tell_targets(&a, &targets);
    if (r == PROXIMO_OK && applies && view.pending)
        r = tell_text(&a, "pending_besides",
                      ask_text(&a, "%s; it is applied as well", sdn_pending_words(&view, NAMED_MOST, NULL)));
    if (r == PROXIMO_OK)
        r = sdn_guard_all(&view, !applies);
    if (r == PROXIMO_OK)
        r = name_subject(&a, &targets, applies);
    if (r == PROXIMO_OK)
        r = sdn_steps_back(&view, &targets, &count);
    if (r == PROXIMO_OK && applies)
        r = sdn_step_apply(&view, NULL, true);
    if (r == PROXIMO_OK && applies)
        r = sdn_expect_applied(&view);
    if (r == PROXIMO_OK)
        r = a.host->undo(call, PROXIMO_UNDO_FUNCTION, NULL, 0);
    sdn_targets_done(&targets);
    sdn_view_done(&view);
    return r;
}

int32_t sdn_undo_apply(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return back(instance, call, record_json, true);
}

int32_t sdn_undo_rollback(void *instance, struct proximo_call *call, struct proximo_text record_json)
{
    return back(instance, call, record_json, false);
}

/* ---- the subject's detail */

#define BACK_MOST 24000u /* bytes; a subject takes 64 KiB, and in it every quote is two */

int32_t sdn_targets_text(const struct asking *a, const struct sdn_targets *targets, const char **ret)
{
    struct json_object *list DROP_JSON = json_object_new_array();
    for (uint32_t i = 0; list && i < targets->count; i++) {
        const struct sdn_target *t = &targets->rows[i];
        struct json_object *row = json_object_new_object();
        json_object_object_add(row, "kind", json_object_new_string(sdn_sorts[t->sort].word));
        json_object_object_add(row, "id", json_object_new_string(t->id));
        if (t->vnet)
            json_object_object_add(row, "in", json_object_new_string(t->vnet));
        json_object_object_add(row, "to", json_object_get(t->to));
        json_object_array_add(list, row);
    }
    const struct proximo_text text = json_text(list);
    *ret = list && text.len <= BACK_MOST ? ask_text(a, "%s", text.ptr) : NULL;
    return !list || (text.len <= BACK_MOST && !*ret) ? PROXIMO_ENOMEM : PROXIMO_OK;
}

int32_t sdn_view_take_back(struct sdn_view *view, const char *back)
{
    struct json_object *list DROP_JSON = json_of(text_of(back));
    const size_t count = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < count; i++) {
        struct json_object *row = json_object_array_get_idx(list, i);
        const char *kind = member_text(row, "kind"), *id = member_text(row, "id"),
                   *in = member_text(row, "in");
        uint32_t sort = 0;
        while (kind && sort < SDN_EDITABLE && strcmp(sdn_sorts[sort].word, kind) != 0)
            sort++;
        if (!kind || !id || sort == SDN_EDITABLE)
            continue;
        r = sdn_view_set_after(view, (enum sdn_sort)sort, ask_text(&view->ask, "%s", id),
                               in ? ask_text(&view->ask, "%s", in) : NULL,
                               json_object_get(member_of(row, "to")));
    }
    return r;
}
