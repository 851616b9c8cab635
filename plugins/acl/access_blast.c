/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What acl_blast does not see, because no rights change: a value that stops working, another way to log in.
 * And the classes of a way back.
 */
#include "access.h"

#define NAMES_MOST 6u

int32_t access_blast_back(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    struct json_object *subject DROP_JSON = json_of(subject_json);
    struct json_object *back = member_of(subject, "back");
    if (!back)
        return ((struct plane_instance *)instance)
            ->host->fail(call, PROXIMO_EINVAL, "the subject does not say what its way back does");
    json_object_object_add(subject, "edit", json_object_get(back));
    return acl_blast(instance, call, json_text(subject));
}

/* Is it the token that this server itself uses? Not known is no. */
static bool is_own(const struct asking *a, const char *tokenid)
{
    struct proximo_site site = {ROW(proximo_site)};
    return a->host->site(a->call, &site) == PROXIMO_OK && site.token.len == strlen(tokenid) &&
           memcmp(site.token.ptr, tokenid, site.token.len) == 0;
}

int32_t access_blast_value(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *tokenid = member_text(subject, "tokenid");
    if (!tokenid)
        return a.host->fail(call, PROXIMO_EINVAL, "the subject names no token");
    int32_t r =
        tell_affected(&a, PROXIMO_RISK_HIGH, ask_text(&a, "token/%s", tokenid),
                      is_own(&a, tokenid) ? "this server's own token" : NULL,
                      "its present value stops working at once: whatever uses it can do nothing until "
                      "it is given the new one",
                      NULL);
    return r == PROXIMO_OK ? acl_blast(instance, call, subject_json) : r;
}

/* ---- realms */

/* "anna@corp, sam@corp and 3 more"; *ret_count: how many. */
static int32_t users_of(const struct asking *a, const char *realm, const char **ret_names,
                        uint32_t *ret_count)
{
    struct looked users;
    int32_t r = access_users_look(a, &users);
    *ret_names = "";
    *ret_count = 0;
    if (r < 0)
        return r;
    for (size_t i = 0; users.data && *ret_names && i < json_object_array_length(users.data); i++) {
        const char *id = member_text(json_object_array_get_idx(users.data, i), "userid");
        if (id && strcmp(access_realm_of(id), realm) == 0 && (*ret_count)++ < NAMES_MOST)
            *ret_names = ask_text(a, "%s%s%s", *ret_names, **ret_names ? ", " : "", id);
    }
    if (*ret_names && *ret_count > NAMES_MOST)
        *ret_names = ask_text(a, "%s and %u more", *ret_names, (unsigned)(*ret_count - NAMES_MOST));
    if (!users.data || !users.complete)
        r = a->host->incomplete(a->call, "the users of the realm",
                                users.data ? "this token does not see all users" : users.why);
    json_object_put(users.data);
    return r < 0 || *ret_names ? r : PROXIMO_ENOMEM;
}

/* What a realm's words about itself let it do here. */
static const char *powers(const struct asking *a, struct json_object *subject)
{
    const char *text = "";
    if (member_true(subject, "autocreate"))
        text = "; whoever logs in by it is made a user";
    if (member_of(subject, "groups-claim"))
        text = ask_text(a, "%s; it says which groups its users are in", text);
    return text;
}

int32_t access_blast_realm(void *instance, struct proximo_call *call, struct proximo_text subject_json)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    struct json_object *subject DROP_JSON = json_of(subject_json);
    const char *realm = member_text(subject, "realm"), *names = NULL, *more = powers(&a, subject);
    uint32_t count = 0;
    if (!realm || !more)
        return realm ? PROXIMO_ENOMEM : a.host->fail(call, PROXIMO_EINVAL, "the subject names no realm");
    int32_t r = users_of(&a, realm, &names, &count);
    if (r < 0)
        return r;
    const char *effect =
        count ? ask_text(
                    &a, "%u users log in by it (%s), from now on as this says: a mistake keeps them out%s%s",
                    (unsigned)count, names,
                    member_of(subject, "tfa") ? "; each needs a second factor, and who has none is kept out"
                                              : "",
                    more)
              : ask_text(&a, "says who somebody is: users of it that are made can log in by it%s", more);
    const bool trusted = *more != '\0';
    r = tell_affected(&a, count || trusted ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM,
                      ask_text(&a, "realm/%s", realm), NULL, effect, NULL);
    return r == PROXIMO_OK ? acl_blast(instance, call, subject_json) : r;
}
