/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a change of access control gives and takes: the configuration as it is against the same with the
 * edits, told in privileges. See edit.h for the edits and evaluate/README.md for the rules.
 */
#include "blast.h"

#include <stdlib.h>

#include "acl.h"

#define ROWS_MOST 40u /* told one by one */

/* ---- rows */

struct told {
    const struct rights_row *row;
    uint32_t weight;
};

static int worse(const void *a, const void *b)
{
    const struct told *left = a, *right = b;
    if (left->weight != right->weight)
        return left->weight > right->weight ? -1 : 1;
    return left->row < right->row ? -1 : left->row > right->row;
}

static bool is_own(const struct blast *b, const struct rights_row *row)
{
    return blast_name(b, row->who) && (!set_empty(&row->lost) || !set_empty(&row->below_lost));
}

/* Someone who is not able to use it. */
static const char *cannot(const struct blast *b, const char *who)
{
    const uint32_t verdict = acl_may_authenticate(b->after, who, b->world.now);
    return verdict == ACL_AUTH_OK || verdict == ACL_AUTH_UNKNOWN || verdict == ACL_AUTH_NO_USER ||
                   verdict == ACL_AUTH_NO_TOKEN
               ? NULL
               : acl_auth_word(verdict);
}

static int32_t tell_row(struct blast *b, const struct rights_row *row)
{
    const char *text = rights_text(&b->a, &b->all, row), *reason = blast_reason(b, row);
    const char *off = cannot(b, row->who);
    struct json_object *facts = json_object_new_object();
    if (!text || !reason || !facts) {
        json_object_put(facts);
        return PROXIMO_ENOMEM;
    }
    if (*reason)
        text = ask_text(&b->a, "%s: %s", text, reason);
    if (text && off)
        text = ask_text(&b->a, "%s (cannot authenticate now: %s)", text, off);
    json_object_object_add(facts, "path", json_object_new_string(row->path));
    if (!set_empty(&row->gained))
        json_object_object_add(facts, "gains", set_names(&b->all, &row->gained));
    if (!set_empty(&row->lost))
        json_object_object_add(facts, "loses", set_names(&b->all, &row->lost));
    const struct privilege_set wider = set_without(&row->below_gained, &row->gained);
    const struct privilege_set narrower = set_without(&row->below_lost, &row->lost);
    if (!set_empty(&wider))
        json_object_object_add(facts, "gains_below", set_names(&b->all, &wider));
    if (!set_empty(&narrower))
        json_object_object_add(facts, "loses_below", set_names(&b->all, &narrower));
    return tell_affected(&b->a, is_own(b, row) ? PROXIMO_RISK_HIGH : rights_risk(&b->all, row),
                         principal_resource(&b->a, row->who), blast_name(b, row->who), text, facts);
}

/* How many users, tokens and paths the rest is about, and the worst of it. */
static int32_t tell_rest(struct blast *b, const struct told *rest, uint32_t count)
{
    uint32_t risk = PROXIMO_RISK_LOW, gains = 0;
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t one = rights_risk(&b->all, rest[i].row);
        risk = one > risk ? one : risk;
        gains += !set_empty(&rest[i].row->gained) || !set_empty(&rest[i].row->below_gained);
    }
    return count ? tell_affected(&b->a, risk, "access/others", NULL,
                                 ask_text(&b->a,
                                          "%u more changes of what a user or token may do at a path, none "
                                          "worse than those told; in %u of them something is gained",
                                          (unsigned)count, (unsigned)gains),
                                 NULL)
                 : PROXIMO_OK;
}

static int32_t tell_rights(struct blast *b)
{
    const struct rights *rights = &b->rights;
    struct told *list = calloc((size_t)rights->count + 1, sizeof(*list));
    uint32_t count = 0;
    int32_t r = list ? PROXIMO_OK : PROXIMO_ENOMEM;
    for (uint32_t i = 0; list && i < rights->count; i++) {
        const struct rights_row *row = &rights->rows[i];
        if (!row->implied)
            list[count++] = (struct told){row, rights_weight(&b->all, row) + (is_own(b, row) ? 100000 : 0)};
    }
    if (list)
        qsort(list, count, sizeof(*list), worse);
    for (uint32_t i = 0; r == PROXIMO_OK && i < count && i < ROWS_MOST; i++)
        r = tell_row(b, list[i].row);
    if (r == PROXIMO_OK && count > ROWS_MOST)
        r = tell_rest(b, list + ROWS_MOST, count - ROWS_MOST);
    free(list);
    return r;
}

/* ---- the whole */

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
    if (r < 0 || (r = tell_rights(b)) < 0 || (r = blast_tell_sign_in(b)) < 0 ||
        (r = blast_tell_realms(b, edits)) < 0)
        return r;
    return blast_tell_administrators(b);
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
