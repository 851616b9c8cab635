/* SPDX-License-Identifier: Apache-2.0 */
/* Whom an edit affects at the next apply. */
#include "effects.h"
#include "sdn.h"

/* What is not staged: who uses it is in the zones. */
static int32_t blast_server(const struct sdn_view *view, const char *kind, const char *id, uint32_t verb)
{
    static const char *const uses[] = {"ipam", "dns", "reversedns"};
    static const char *const words[] = {"is known from now on; no zone uses it yet",
                                        "changes at once: addresses and names of its zones are kept there as "
                                        "this says from now on",
                                        "is forgotten at once"};
    const struct asking *a = &view->ask;
    int32_t r = tell_affected(a, verb == CONFIG_CREATE ? PROXIMO_RISK_LOW : PROXIMO_RISK_MEDIUM,
                              ask_text(a, "%s/%s", kind, id), NULL, words[verb], NULL);
    for (uint32_t i = 0; r == PROXIMO_OK && i < view->count; i++) {
        const struct sdn_object *zone = &view->rows[i];
        bool used = false;
        for (size_t k = 0; zone->sort == SDN_ZONE && k < sizeof(uses) / sizeof(uses[0]); k++)
            used |=
                (strcmp(kind, "dns") == 0) == (k > 0) && (member_is(zone->side[SDN_BEFORE], uses[k], id) ||
                                                          member_is(zone->side[SDN_AFTER], uses[k], id));
        if (used)
            r = tell_affected(
                a, PROXIMO_RISK_MEDIUM, ask_text(a, "zone/%s", zone->id), NULL,
                "keeps its addresses or names there: guests started or removed later may not get "
                "theirs",
                NULL);
    }
    return r;
}

static int32_t blast(void *instance, struct proximo_call *call, struct proximo_text subject_json,
                     uint32_t verb)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *kind = member_text(subject, "kind"), *text = member_text(subject, "edit");
    const char *id = kind ? member_text(subject, kind) : NULL;
    struct json_object *edit DROP_JSON = text ? json_of(text_of(text)) : NULL;
    struct sdn_view view;
    uint32_t sort = 0;
    if (!id)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject names nothing");
    while (sort < SDN_EDITABLE && strcmp(sdn_sorts[sort].word, kind) != 0)
        sort++;
    int32_t r = sdn_view_read(&a, &view);
    if (r == PROXIMO_OK && sort == SDN_EDITABLE) {
        r = blast_server(&view, kind, id, verb);
    } else if (r == PROXIMO_OK) {
        r = sdn_view_take_edit(&view, (enum sdn_sort)sort, id, member_text(subject, "in"), verb, edit);
        if (r == PROXIMO_OK)
            r = sdn_tell_effects(&view, false);
    }
    sdn_view_done(&view);
    return r;
}

int32_t sdn_blast_create(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, CONFIG_CREATE);
}

int32_t sdn_blast_update(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, CONFIG_UPDATE);
}

int32_t sdn_blast_delete(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    return blast(instance, call, subject_json, CONFIG_DELETE);
}
