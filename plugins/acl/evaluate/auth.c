/* SPDX-License-Identifier: Apache-2.0 */
/* May a user or token authenticate at all? */
#include <string.h>

#include "inner.h"

static bool over(int64_t expire, int64_t now)
{
    return expire != 0 && expire < now;
}

/* The user first, whole, and then the token: a token of a disabled user is refused as disabled. */
uint32_t acl_may_authenticate(const struct acl_model *model, const char *who, int64_t now)
{
    const uint32_t kind = acl_id_kind(who), at = names_find(&model->ids, who);
    const bool partly = (model->unknown & ACL_PART_USERS) != 0;
    const struct principal *user = NULL, *token = NULL;
    char name[ACL_PATH_MOST];

    if (kind == ACL_ID_BAD)
        return ACL_AUTH_INVALID;
    if (kind == ACL_ID_TOKEN) {
        const char *bang = strrchr(who, '!');
        const size_t length = bang ? (size_t)(bang - who) : 0;
        uint32_t owner = NONE;

        if (length < sizeof(name)) {
            memcpy(name, who, length);
            name[length] = '\0';
            owner = names_find(&model->ids, name);
        }
        user = owner == NONE ? NULL : &model->principal[owner];
        token = at == NONE ? NULL : &model->principal[at];
    } else {
        user = at == NONE ? NULL : &model->principal[at];
    }
    if (!user || !user->listed)
        return partly ? ACL_AUTH_UNKNOWN : ACL_AUTH_NO_USER;
    if (partly && !user->reached)
        return ACL_AUTH_UNKNOWN; /* root@pam, known to exist and no more */
    if (!user->enabled)
        return ACL_AUTH_DISABLED;
    if (over(user->expire, now))
        return ACL_AUTH_USER_EXPIRED;
    if (kind == ACL_ID_USER)
        return ACL_AUTH_OK;
    if (!token || !token->listed)
        return partly ? ACL_AUTH_UNKNOWN : ACL_AUTH_NO_TOKEN;
    return over(token->expire, now) ? ACL_AUTH_TOKEN_EXPIRED : ACL_AUTH_OK;
}

const char *acl_auth_word(uint32_t verdict)
{
    static const char *const words[] = {"ok",      "disabled", "user-expired", "token-expired",
                                        "no-user", "no-token", "invalid",      "unknown"};

    return verdict < sizeof(words) / sizeof(words[0]) ? words[verdict] : "unknown";
}
