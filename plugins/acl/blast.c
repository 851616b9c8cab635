/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of access control gives and takes: the configuration as it is against the same with the
 * edits, told in privileges. See edit.h for the edits and evaluate/README.md for the rules.
 */
#include "blast.h"

#include "acl.h"

static int32_t build(struct blast *b, struct json_object *edits)
{
    char why[200] = "";
    int32_t r = access_copy(&b->world.access, &b->edited);
    if (r == PROXIMO_OK)
        r = access_edit(&b->edited, edits, why, sizeof(why));
    if (r == PROXIMO_EINVAL)
        return b->a.host->fail(b->a.call, PROXIMO_EINVAL, "what it changes cannot be worked out: %s", why);
    if (r == PROXIMO_OK)
        r = access_model(&b->edited, &b->after);
    if (r == PROXIMO_OK &&
        (acl_asker_new(b->world.model, &b->ask_before) != 0 || acl_asker_new(b->after, &b->ask_after) != 0))
        r = PROXIMO_ENOMEM;
    return r == PROXIMO_OK ? rights_compare(b->world.model, b->after, &b->all, &b->rights) : r;
}

static int32_t tell(struct blast *b, struct json_object *edits)
{
    const uint32_t unknown = acl_unknown(b->world.model) | acl_unknown(b->after) | b->rights.unknown;
    int32_t r = world_tell_unknown(&b->a, &b->world, unknown);
    if (r == PROXIMO_OK && b->rights.cut)
        r = b->a.host->incomplete(b->a.call, "who gains and loses what",
                                  "more users, tokens and paths than this compares");
    if (r < 0 || (r = blast_tell_rights(b)) < 0 || (r = blast_tell_sign_in(b)) < 0 ||
        (r = blast_tell_realms(b, edits)) < 0)
        return r;
    r = blast_tell_administrators(b);
    return r == PROXIMO_OK ? blast_tell_own(b) : r;
}

static void blast_done(struct blast *b)
{
    rights_done(&b->rights);
    acl_asker_free(b->ask_before);
    acl_asker_free(b->ask_after);
    acl_model_free(b->after);
    access_done(&b->edited);
    world_done(&b->world);
}

int32_t acl_blast(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct blast b = {.a = {((struct plane_instance *)instance)->host, call}};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *text = member_text(subject, "edit");
    struct json_object *edits DROP_JSON = text ? json_of(text_of(text)) : NULL;
    if (!json_object_is_type(edits, json_type_array))
        return b.a.host->fail(call, PROXIMO_EINVAL, "the subject has no list of edits");
    int32_t r = world_read(&b.a, &b.world);
    if (r == PROXIMO_OK)
        r = build(&b, edits);
    if (r == PROXIMO_OK)
        r = tell(&b, edits);
    blast_done(&b);
    return r;
}
