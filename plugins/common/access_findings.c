/* SPDX-License-Identifier: Apache-2.0 */
#include "access_findings.h"

/* Of root@pam nothing is said: it may always do everything. */
void access_judge_admins(struct findings *f, struct json_object *acl)
{
    for (size_t i = 0; i < json_object_array_length(acl); i++) {
        struct json_object *row = json_object_array_get_idx(acl, i);
        const char *who = member_text(row, "ugid"), *type = member_text(row, "type");
        char what[100];
        if (!who || !type || !member_is(row, "path", "/") || !member_is(row, "roleid", "Administrator") ||
            strcmp(who, "root@pam") == 0)
            continue;
        const bool token = strcmp(type, "token") == 0;
        (void)snprintf(what, sizeof(what), "%.10s %.70s", type, who);
        findings_state(f, ACL_ADMIN, what, token ? PROXIMO_RISK_MEDIUM : PROXIMO_RISK_LOW,
                       "an entry at /, %s",
                       member_true(row, "propagate") ? "handed down to all below it" : "not handed down");
    }
}

static bool is_over(struct json_object *row, int64_t now)
{
    const char *text = member_text(row, "expire");
    const uint64_t expire = text ? digits_of(text, INT64_MAX) : 0;
    return expire > 0 && (int64_t)expire < now;
}

/* Tokens of root@pam without privilege separation may do everything; others as much as their user. */
void access_judge_tokens(struct findings *f, struct json_object *users, int64_t now)
{
    struct name_list root = {0}, others = {0};
    char names[500];
    for (size_t i = 0; i < json_object_array_length(users); i++) {
        struct json_object *user = json_object_array_get_idx(users, i), *tokens = member_of(user, "tokens");
        const char *id = member_text(user, "userid");
        const bool off = member_of(user, "enable") && !member_true(user, "enable");
        const size_t count =
            id && json_object_is_type(tokens, json_type_array) ? json_object_array_length(tokens) : 0;
        for (size_t k = 0; k < count && !off && !is_over(user, now); k++) {
            struct json_object *token = json_object_array_get_idx(tokens, k);
            const char *name = member_text(token, "tokenid");
            if (!name || !member_of(token, "privsep") || member_true(token, "privsep") || is_over(token, now))
                continue;
            names_add(strcmp(id, "root@pam") == 0 ? &root : &others, "%.50s!%.50s", id, name);
        }
    }
    names_text(&root, names, sizeof(names));
    if (root.count)
        findings_state(f, TOKEN_FULL, "a token of root@pam", PROXIMO_RISK_MEDIUM, "%s", names);
    names_text(&others, names, sizeof(names));
    if (others.count)
        findings_state(f, TOKEN_FULL, "a token of another user", PROXIMO_RISK_LOW, "%s", names);
}
