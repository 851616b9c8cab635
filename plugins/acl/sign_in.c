/* SPDX-License-Identifier: Apache-2.0 */
/* Who can authenticate, whose realm goes, and who can still give rights afterwards. */
#include "blast.h"

#include <stdlib.h>

#define TOLD_MOST  30u /* users and tokens told one by one */
#define PATHS_MOST 20000u
#define NAMES_MOST 4u

const char *principal_resource(const struct asking *a, const char *who)
{
    return ask_text(a, "%s/%s", acl_id_kind(who) == ACL_ID_TOKEN ? "token" : "user", who);
}

const char *blast_name(const struct blast *b, const char *who)
{
    const struct world *w = &b->world;
    return w->token && strcmp(who, w->token) == 0 ? "this server's own token"
           : w->user && strcmp(who, w->user) == 0 ? "the user of this server's own token"
                                                  : NULL;
}

/* All that it holds at any path, and one path where the worst of it is held. */
static int32_t holdings(struct blast *b, const struct acl_model *model, struct acl_asker *asker,
                        const char *who, struct privilege_set *ret, const char **ret_path)
{
    uint32_t worst = 0;
    *ret = (struct privilege_set){{0}};
    *ret_path = "/";
    for (uint32_t i = 0; i < acl_path_count(model) && i < PATHS_MOST; i++) {
        struct acl_answer answer;
        if (acl_permissions(asker, who, acl_path_text(model, i), &answer) != 0)
            return PROXIMO_ENOMEM;
        const struct privilege_set held = privileges_of(&b->all, model, &answer.held);
        const uint32_t weight = set_weight(&b->all, &held);
        for (size_t w = 0; w < sizeof(held.word) / sizeof(held.word[0]); w++)
            ret->word[w] |= held.word[w];
        if (weight > worst) {
            worst = weight;
            *ret_path = acl_path_text(model, i);
        }
    }
    return PROXIMO_OK;
}

static const char *why_not(uint32_t verdict)
{
    switch (verdict) {
    case ACL_AUTH_DISABLED: return "its user is disabled";
    case ACL_AUTH_USER_EXPIRED: return "its user has expired";
    case ACL_AUTH_TOKEN_EXPIRED: return "it has expired";
    case ACL_AUTH_NO_USER: return "the user does not exist";
    case ACL_AUTH_NO_TOKEN: return "the token does not exist";
    default: return "it cannot authenticate";
    }
}

/* Of what goes it was told what it loses; whoever comes may find entries that waited for him. */
static const char *sign_in_text(const struct asking *a, const char *who, uint32_t was, uint32_t will,
                                const char *names)
{
    const uint32_t bad = will != ACL_AUTH_OK ? will : was;
    const bool user = acl_id_kind(who) == ACL_ID_USER;
    if (will == ACL_AUTH_NO_USER || will == ACL_AUTH_NO_TOKEN)
        return ask_text(a, "is gone and can no longer authenticate");
    if (will == ACL_AUTH_OK)
        return ask_text(a, "can authenticate from now on, and holds %s", *names ? names : "nothing");
    return ask_text(a, "can no longer authenticate (%s); it holds %s",
                    user && bad == ACL_AUTH_DISABLED       ? "disabled"
                    : user && bad == ACL_AUTH_USER_EXPIRED ? "expired"
                                                           : why_not(bad),
                    *names ? names : "nothing");
}

static int32_t tell_one(struct blast *b, const char *who, uint32_t was, uint32_t will)
{
    const bool stops = will != ACL_AUTH_OK;
    const char *path = NULL, *name = blast_name(b, who);
    struct privilege_set held;
    int32_t r = holdings(b, stops ? b->world.model : b->after, stops ? b->ask_before : b->ask_after, who,
                         &held, &path);
    const char *names = r == PROXIMO_OK ? set_text(&b->a, &b->all, &held) : NULL;
    if (names && *names)
        names = ask_text(&b->a, "%s, the worst of it at %s", names, path);
    if (!names)
        return PROXIMO_ENOMEM;
    const uint32_t risk = stops ? (name ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM) : set_risk(&b->all, &held);
    return tell_affected(&b->a, risk ? risk : PROXIMO_RISK_LOW, principal_resource(&b->a, who), name,
                         sign_in_text(&b->a, who, was, will, names), NULL);
}

/* Those of one model that the other does not know are asked for from their own side. */
static int32_t tell_of(struct blast *b, const struct acl_model *model, bool only_new, uint32_t *told,
                       uint32_t *more)
{
    int32_t r = PROXIMO_OK;
    for (uint32_t i = 0; r == PROXIMO_OK && i < acl_principal_count(model); i++) {
        const char *who = acl_principal(model, i);
        const uint32_t was = acl_may_authenticate(b->world.model, who, b->world.now);
        const uint32_t will = acl_may_authenticate(b->after, who, b->world.now);
        if (was == ACL_AUTH_UNKNOWN || will == ACL_AUTH_UNKNOWN ||
            (was == ACL_AUTH_OK) == (will == ACL_AUTH_OK) ||
            (only_new && was != ACL_AUTH_NO_USER && was != ACL_AUTH_NO_TOKEN) ||
            (!only_new && (was == ACL_AUTH_NO_USER || was == ACL_AUTH_NO_TOKEN)))
            continue;
        if (*told == TOLD_MOST) {
            (*more)++;
            continue;
        }
        (*told)++;
        r = tell_one(b, who, was, will);
    }
    return r;
}

int32_t blast_tell_sign_in(struct blast *b)
{
    uint32_t told = 0, more = 0;
    int32_t r = tell_of(b, b->world.model, false, &told, &more);
    if (r == PROXIMO_OK)
        r = tell_of(b, b->after, true, &told, &more);
    if (r == PROXIMO_OK && more)
        r = tell_affected(&b->a, PROXIMO_RISK_MEDIUM, "access/authentication", NULL,
                          ask_text(&b->a,
                                   "%u more users and tokens begin or cease to be able to authenticate",
                                   (unsigned)more),
                          NULL);
    return r;
}

/* ---- realms */

static bool of_realm(const char *userid, const char *realm)
{
    const char *at = strrchr(userid, '@');
    return at && strcmp(at + 1, realm) == 0;
}

static int32_t tell_realm(struct blast *b, const char *realm)
{
    struct json_object *users = b->world.access.users;
    const char *names = "";
    uint32_t count = 0;
    for (size_t i = 0; users && names && i < json_object_array_length(users); i++) {
        const char *id = member_text(json_object_array_get_idx(users, i), "userid");
        if (!id || !of_realm(id, realm))
            continue;
        if (count++ < NAMES_MOST)
            names = ask_text(&b->a, "%s%s%s", names, *names ? ", " : "", id);
    }
    if (names && count > NAMES_MOST)
        names = ask_text(&b->a, "%s and %u more", names, (unsigned)(count - NAMES_MOST));
    const char *effect =
        !names  ? NULL
        : count ? ask_text(&b->a,
                           "%u of its users can no longer log in (%s); API tokens of theirs that are valid "
                           "go on working",
                           (unsigned)count, names)
                : "no user of it is known";
    return tell_affected(&b->a, count ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM,
                         ask_text(&b->a, "realm/%s", realm), NULL, effect, NULL);
}

int32_t blast_tell_realms(struct blast *b, struct json_object *edits)
{
    int32_t r = PROXIMO_OK;
    for (size_t i = 0; r == PROXIMO_OK && i < json_object_array_length(edits); i++) {
        struct json_object *edit = json_object_array_get_idx(edits, i);
        if (member_is(edit, "op", "realm-remove"))
            r = tell_realm(b, member_text(edit, "realm"));
    }
    return r;
}

/* ---- who can still give rights */

struct administrators {
    const char *names;
    uint32_t users, tokens; /* beside root@pam and its tokens */
    bool unknown;
};

/* It, or a token of it; another realm's name may begin like its own. */
static bool is_root(const char *who)
{
    static const char root[] = "root@pam";
    return strncmp(who, root, sizeof(root) - 1) == 0 &&
           (who[sizeof(root) - 1] == '\0' || who[sizeof(root) - 1] == '!');
}

static int32_t administrators_of(struct blast *b, const struct acl_model *model, struct acl_asker *asker,
                                 struct administrators *ret)
{
    struct acl_holder *list = NULL;
    uint32_t count = 0, unknown = 0;
    struct administrators found = {.names = ""};
    if (acl_who_can(asker, "Permissions.Modify", "/", &list, &count, &unknown) != 0)
        return PROXIMO_ENOMEM;
    for (uint32_t i = 0; found.names && i < count; i++) {
        const char *who = list[i].who;
        const bool token = acl_id_kind(who) == ACL_ID_TOKEN;
        if (list[i].holds != ACL_YES || is_root(who) ||
            acl_may_authenticate(model, who, b->world.now) != ACL_AUTH_OK)
            continue;
        found.users += !token;
        found.tokens += token;
        if (found.users + found.tokens <= NAMES_MOST)
            found.names = ask_text(&b->a, "%s%s%s", found.names, *found.names ? ", " : "", who);
    }
    if (found.names && found.users + found.tokens > NAMES_MOST)
        found.names = ask_text(&b->a, "%s and %u more users and tokens", found.names,
                               (unsigned)(found.users + found.tokens - NAMES_MOST));
    found.unknown = unknown != 0;
    free(list);
    *ret = found;
    return found.names ? PROXIMO_OK : PROXIMO_ENOMEM;
}

int32_t blast_tell_administrators(struct blast *b)
{
    struct administrators was = {.names = ""}, will = {.names = ""};
    int32_t r = administrators_of(b, b->world.model, b->ask_before, &was);
    if (r == PROXIMO_OK)
        r = administrators_of(b, b->after, b->ask_after, &will);
    if (r < 0)
        return r;
    const uint32_t root_was = acl_may_authenticate(b->world.model, "root@pam", b->world.now);
    const uint32_t root = acl_may_authenticate(b->after, "root@pam", b->world.now);
    const bool same =
        was.users == will.users && was.tokens == will.tokens && strcmp(was.names, will.names) == 0;
    if (same && root_was == root)
        return PROXIMO_OK;
    const bool last = was.users > 0 && will.users == 0 && !will.unknown;
    const bool shut = root == ACL_AUTH_DISABLED || root == ACL_AUTH_USER_EXPIRED;
    const char *effect = ask_text(&b->a, "who can give rights at / afterwards: root@pam%s%s%s",
                                  shut ? " (on the shell of a node alone: it cannot authenticate)" : "",
                                  *will.names ? ", " : " alone", will.names);
    r = tell_affected(&b->a, last || shut ? PROXIMO_RISK_HIGH : PROXIMO_RISK_MEDIUM, "access/administrators",
                      NULL, effect, NULL);
    if (r == PROXIMO_OK && last)
        r = b->a.host->risk(b->a.call, PROXIMO_RISK_HIGH,
                            "the last user beside root@pam who can give rights at / loses that");
    return r;
}

/* ---- who takes it back */

/* Rights that one change of access control or another needs. */
static bool loses_control(const struct blast *b, const struct rights_row *row)
{
    static const char *const needed[] = {"Permissions.Modify", "User.Modify",    "Group.Allocate",
                                         "Sys.Modify",         "Realm.Allocate", "Realm.AllocateUser"};
    for (uint32_t i = 0; i < b->all.count; i++) {
        for (size_t k = 0; k < sizeof(needed) / sizeof(needed[0]); k++) {
            if (strcmp(b->all.name[i], needed[k]) == 0 &&
                (set_has(&row->lost, i) || set_has(&row->below_lost, i)))
                return true;
        }
    }
    return false;
}

int32_t blast_tell_own(struct blast *b)
{
    const char *own = b->world.token;
    if (!own || acl_may_authenticate(b->world.model, own, b->world.now) != ACL_AUTH_OK)
        return PROXIMO_OK;
    const uint32_t will = acl_may_authenticate(b->after, own, b->world.now);
    bool loses = will != ACL_AUTH_OK && will != ACL_AUTH_UNKNOWN;
    for (uint32_t i = 0; !loses && i < b->rights.count; i++)
        loses = strcmp(b->rights.rows[i].who, own) == 0 && loses_control(b, &b->rights.rows[i]);
    return loses
               ? b->a.host->risk(b->a.call, PROXIMO_RISK_HIGH,
                                 "this server's own token loses what it needs itself: what comes after this "
                                 "change, the way back as well, may have to be done by somebody else")
               : PROXIMO_OK;
}
