/* SPDX-License-Identifier: Apache-2.0 */
/* A plan from its bytes: the keyed id and every member are checked before anybody uses it. */
#include "trust/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/crypto.h"
#include "base/json.h"
#include "base/text.h"
#include "trust/build.h"

void plan_free(struct plan *plan)
{
    if (!plan)
        return;
    json_object_put(plan->root);
    free(plan->bytes);
    free(plan);
}

bool plan_id_is_good(const char *id)
{
    return strspn(id, "0123456789abcdef") == PLAN_ID_SIZE - 1 && id[PLAN_ID_SIZE - 1] == '\0';
}

static const struct member {
    const char *name;
    json_type type;
    bool required;
} members[] = {
    {"format", json_type_string, true},        {"nonce", json_type_string, true},
    {"created", json_type_int, true},          {"expires", json_type_int, true},
    {"site", json_type_string, true},          {"principal", json_type_string, true},
    {"config", json_type_string, true},        {"planes", json_type_array, false},
    {"tool", json_type_string, true},          {"arguments", json_type_object, false},
    {"undo_of", json_type_string, false},      {"action", json_type_string, true},
    {"subject", json_type_string, true},       {"subjects", json_type_array, true},
    {"sentence", json_type_string, false},     {"facts", json_type_array, false},
    {"incomplete", json_type_array, false},    {"risk", json_type_object, true},
    {"flags", json_type_int, false},           {"consent", json_type_string, true},
    {"consent_why", json_type_string, false},  {"affected", json_type_array, false},
    {"guards", json_type_array, false},        {"steps", json_type_array, true},
    {"postcondition", json_type_array, false}, {"undo", json_type_object, false},
    {"undo_point", json_type_object, false},   {"secrets", json_type_array, false},
    {"idempotent", json_type_boolean, false},
};

static const struct member *member_find(const char *name)
{
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (strcmp(members[i].name, name) == 0)
            return &members[i];
    }
    return NULL;
}

static int members_check(struct json_object *root, struct problem *p)
{
    if (!json_object_is_type(root, json_type_object))
        return problem_set(p, -EINVAL, PX_PLAN, "this plan is not an object");
    json_object_object_foreach(root, name, value)
    {
        const struct member *member = member_find(name);
        if (!member || !json_object_is_type(value, member->type))
            return problem_set(p, -EINVAL, PX_PLAN, "this plan has a member '%.40s' that is not expected",
                               name);
    }
    for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
        if (members[i].required && !json_object_object_get(root, members[i].name))
            return problem_set(p, -EINVAL, PX_PLAN, "this plan has no '%s'", members[i].name);
    }
    return 0;
}

static const char *text_of(struct json_object *root, const char *name)
{
    const char *text = NULL;
    return json_get_string(root, name, &text, NULL) == 0 ? text : NULL;
}

/* The members that others read all the time. */
static int take_members(struct plan *plan, struct problem *p)
{
    struct json_object *risk = NULL;
    int64_t level = 0, flags = 0;

    int r = members_check(plan->root, p);
    if (r < 0)
        return r;
    plan->site = text_of(plan->root, "site");
    plan->tool = text_of(plan->root, "tool");
    plan->principal = text_of(plan->root, "principal");
    plan->action = text_of(plan->root, "action");
    plan->subject = text_of(plan->root, "subject");
    plan->consent = text_of(plan->root, "consent");
    plan->consent_why = text_of(plan->root, "consent_why");
    plan->undo_of = text_of(plan->root, "undo_of");
    (void)json_get_int(plan->root, "created", &plan->created_s);
    (void)json_get_int(plan->root, "expires", &plan->expires_s);
    (void)json_get_int(plan->root, "flags", &flags);
    (void)json_get(plan->root, "risk", json_type_object, &risk);
    (void)json_get_int(risk, "level", &level);
    plan->risk = level >= 1 && level <= 3 ? (unsigned)level : RISK_HIGH;
    plan->flags = (uint64_t)flags;
    if (!text_equal(text_of(plan->root, "format"), "proximo-plan-1") || !plan->site || !plan->tool ||
        !plan->principal || !plan->action || !plan->subject || !plan->consent)
        return problem_set(p, -EINVAL, PX_PLAN, "this plan was written by another version of proximo");
    return 0;
}

/* A copy of the bytes with its hash; nothing is checked yet but their number. */
static int plan_copy(const struct crypto_module *crypto, const char *bytes, size_t len, struct plan **ret,
                     struct problem *p)
{
    unsigned char digest[32];

    if (len > PLAN_LIMIT)
        return problem_set(p, -EFBIG, PX_TOO_LARGE, "this plan is too large");
    struct plan *plan = calloc(1, sizeof(*plan));
    if (!plan || !(plan->bytes = malloc(len + 1)) || crypto->sha256(bytes, len, digest) < 0) {
        plan_free(plan);
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a plan");
    }
    memcpy(plan->bytes, bytes, len);
    plan->bytes[len] = '\0';
    plan->len = len;
    text_hex(digest, sizeof(digest), plan->sha256);
    *ret = plan;
    return 0;
}

static int plan_take(struct plan *plan, const char *id, struct plan **ret, struct problem *p)
{
    memcpy(plan->id, id, sizeof(plan->id));
    int r = json_parse(plan->bytes, plan->len, &plan->root, p);
    if (r == 0)
        r = take_members(plan, p);
    if (r < 0) {
        plan_free(plan);
        return r;
    }
    *ret = plan;
    return 0;
}

int plan_parse(struct trust *trust, const char *id, const char *bytes, size_t len, struct plan **ret,
               struct problem *p)
{
    char real_id[PLAN_ID_SIZE], sha256[65];
    struct plan *plan = NULL;

    int r = len > PLAN_LIMIT ? -EFBIG : canonical_id(trust, bytes, len, real_id, sha256);
    if (r < 0)
        return problem_set(p, r, r == -EFBIG ? PX_TOO_LARGE : PX_INTERNAL,
                           r == -EFBIG ? "this plan is too large" : "a plan's id could not be computed");
    if (strlen(id) != PLAN_ID_SIZE - 1 || !trust->crypto->equal(id, real_id, PLAN_ID_SIZE - 1)) {
        problem_set(p, -EBADMSG, PX_PLAN,
                    "plan %.32s was altered after it was made, or made with another key", id);
        problem_next(p, "plan the change again");
        return -EBADMSG;
    }
    r = plan_copy(trust->crypto, bytes, len, &plan, p);
    return r < 0 ? r : plan_take(plan, real_id, ret, p);
}

int plan_read(const struct crypto_module *crypto, const char *id, const char *bytes, size_t len,
              struct plan **ret, struct problem *p)
{
    struct plan *plan = NULL;

    if (!plan_id_is_good(id))
        return problem_set(p, -EINVAL, PX_PLAN, "'%.64s' is not a plan id: 32 hexadecimal digits", id);
    int r = plan_copy(crypto, bytes, len, &plan, p);
    return r < 0 ? r : plan_take(plan, id, ret, p);
}
