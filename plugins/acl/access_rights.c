/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the token needs on users, asked before planning. Proxmox looks at the group of a user, not at the
 * user: whoever may modify one of his groups may modify him. Source: the permissions of /access/users.
 */
#include "access.h"

#define GROUPS_PATH "/access/groups"
#define MODIFY      "User.Modify"

static size_t length_of(struct json_object *list)
{
    return json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
}

static const char *group_path(const struct asking *a, struct json_object *groups, size_t i)
{
    return ask_text(a, GROUPS_PATH "/%s", json_object_get_string(json_object_array_get_idx(groups, i)));
}

/* 1 unless it is known not to be held; negative when the call is over. */
static int32_t may(const struct asking *a, const char *path)
{
    const int32_t held = path ? a->host->permission(a->call, path, MODIFY) : PROXIMO_ENOMEM;
    return ask_ends(held) ? held : held != 0;
}

int32_t access_over_user(const struct asking *a, const char *userid, struct json_object *groups)
{
    int32_t held = may(a, GROUPS_PATH);
    for (size_t i = 0; held == 0 && i < length_of(groups); i++)
        held = may(a, group_path(a, groups, i));
    if (held != 0)
        return held < 0 ? held : PROXIMO_OK;
    return ask_privilege(
        a, GROUPS_PATH, MODIFY,
        "to change user \"%s\" needs User.Modify on /access/groups, or on a group that he is "
        "in",
        userid);
}

int32_t access_into_groups(const struct asking *a, struct json_object *groups)
{
    int32_t held = may(a, GROUPS_PATH);
    if (held != 0)
        return held < 0 ? held : PROXIMO_OK;
    for (size_t i = 0; i < length_of(groups); i++) {
        const char *path = group_path(a, groups, i);
        int32_t r = ask_privilege(a, path, MODIFY, "to put a user into this group needs User.Modify on %s",
                                  path ? path : "");
        if (r < 0)
            return r;
    }
    return length_of(groups) ? PROXIMO_OK
                             : ask_privilege(a, GROUPS_PATH, MODIFY,
                                             "a user without groups needs User.Modify on /access/groups");
}

int32_t access_in_realm(const struct asking *a, const char *realm)
{
    return ask_privilege(a, ask_text(a, "/access/realm/%s", realm), "Realm.AllocateUser",
                         "to make or remove users of the realm \"%s\" needs Realm.AllocateUser on "
                         "/access/realm/%s",
                         realm, realm);
}
