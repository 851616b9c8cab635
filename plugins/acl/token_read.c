/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A user's tokens, from the user: GET /access/users/{userid}/token wants User.Modify, and the same stands in
 * GET /access/users/{userid} for whoever holds Sys.Audit.
 */
#include "tokens.h"

#include "access.h"

static int32_t look(const struct asking *a, struct json_object **ret_user, struct json_object **ret_tokens)
{
    static const struct proximo_need need[] = {NEED("/access/groups", "User.Modify|Sys.Audit")};
    const struct proximo_field user = FIELD("userid", ask_argument(a, "userid"));
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/users/{userid}", .fields = &user,
                                    .field_count = 1, .needs = ROWS(need, 1)};
    int32_t r = ask_get(a, &get, json_type_object, ret_user);
    *ret_tokens = member_of(*ret_user, "tokens"); /* null: none */
    return r;
}

static struct json_object *row_of(const char *userid, const char *name, struct json_object *token)
{
    struct json_object *row = json_object_new_object();
    char id[400];
    if (!row)
        return NULL;
    (void)snprintf(id, sizeof(id), "%s!%s", userid, name);
    json_object_object_add(row, "tokenid", json_object_new_string(name));
    json_object_object_add(row, "full_id", json_object_new_string(id));
    if (json_object_is_type(token, json_type_object)) {
        json_object_object_foreach(token, key, value)
            json_object_object_add(row, key, json_object_get(value));
    }
    return row;
}

int32_t token_read_list(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *userid = ask_argument(&a, "userid");
    struct json_object *user DROP_JSON = NULL, *tokens = NULL, *rows DROP_JSON = json_object_new_array();
    int32_t r = rows ? look(&a, &user, &tokens) : PROXIMO_ENOMEM;
    if (r < 0)
        return r;
    if (json_object_is_type(tokens, json_type_object)) {
        json_object_object_foreach(tokens, name, token)
            json_object_array_add(rows, row_of(userid ? userid : "", name, token));
    }
    const struct proximo_content content = {ROW(proximo_content), .type = PROXIMO_CONTENT_ROWS,
                                            .data = json_text(rows)};
    return a.host->reply(call, &content, 1);
}

/* An answer without the member says nothing of tokens; then the token itself is asked for. */
static int32_t look_at_one(const struct asking *a, struct json_object *user, struct json_object *tokens,
                           const char *name, struct json_object **ret)
{
    const struct proximo_field fields[] = {FIELD("userid", ask_argument(a, "userid")),
                                           FIELD("tokenid", name)};
    const struct proximo_get get = {ROW(proximo_get), .path = "/access/users/{userid}/token/{tokenid}",
                                    .fields = fields, .field_count = 2};
    if (!json_object_object_get_ex(user, "tokens", NULL))
        return ask_get(a, &get, json_type_object, ret);
    *ret = json_object_get(member_of(tokens, name));
    return *ret ? PROXIMO_OK
                : a->host->fail(a->call, PROXIMO_ENOTFOUND, "%s has no token \"%s\"", fields[0].value, name);
}

int32_t token_read_one(void *instance, struct proximo_call *call)
{
    const struct asking a = {((struct plane_instance *)instance)->host, call};
    const char *userid = ask_argument(&a, "userid"), *name = ask_argument(&a, "tokenid");
    struct json_object *user DROP_JSON = NULL, *tokens = NULL;
    int32_t r = access_check_token(&a, name);
    if (r < 0 || (r = look(&a, &user, &tokens)) < 0)
        return r;
    struct json_object *token DROP_JSON = NULL;
    if ((r = look_at_one(&a, user, tokens, name, &token)) < 0)
        return r;
    struct json_object *row DROP_JSON = row_of(userid ? userid : "", name, token);
    if (!row)
        return PROXIMO_ENOMEM;
    const struct proximo_content content = {ROW(proximo_content), .type = PROXIMO_CONTENT_JSON,
                                            .flags = PROXIMO_CONTENT_UNTRUSTED, .name = text_of("token"),
                                            .data = json_text(row)};
    return a.host->reply(call, &content, 1);
}
