/* SPDX-License-Identifier: Apache-2.0 */
/* From JSON of the API to the rows of a model. Members that are missing have the API's default. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "inner.h"
#include "read.h"

struct json_object *read_member(struct json_object *of, const char *name)
{
    struct json_object *value = NULL;

    if (json_object_is_type(of, json_type_object))
        (void)json_object_object_get_ex(of, name, &value);
    return value;
}

/* A zero inside a text would make it another one. */
static bool whole(struct json_object *text)
{
    return strlen(json_object_get_string(text)) == (size_t)json_object_get_string_len(text);
}

const char *read_text(struct json_object *of, const char *name)
{
    struct json_object *value = read_member(of, name);

    return json_object_is_type(value, json_type_string) && whole(value) ? json_object_get_string(value)
                                                                        : NULL;
}

bool read_flag(struct json_object *of, const char *name, bool otherwise)
{
    struct json_object *value = read_member(of, name);

    if (json_object_is_type(value, json_type_string)) {
        const char *text = json_object_get_string(value);

        return text[0] && strcmp(text, "0") != 0;
    }
    return value ? json_object_get_int64(value) != 0 : otherwise;
}

int64_t read_number(struct json_object *of, const char *name)
{
    struct json_object *value = read_member(of, name);

    return value ? json_object_get_int64(value) : 0;
}

int read_each(struct acl_model *model, struct json_object *data, read_row_fn *row)
{
    const bool list = json_object_is_type(data, json_type_array);

    if (!list)
        return -EINVAL;
    for (size_t i = 0; i < json_object_array_length(data); i++) {
        struct json_object *one = json_object_array_get_idx(data, i);
        const int r = json_object_is_type(one, json_type_object) ? row(model, one) : -EINVAL;

        if (r != 0)
            return r;
    }
    return 0;
}

int read_words(struct acl_model *model, struct json_object *value, const char *of, read_word_fn *word)
{
    int r = 0;

    if (json_object_is_type(value, json_type_array)) {
        for (size_t i = 0; r == 0 && i < json_object_array_length(value); i++) {
            struct json_object *one = json_object_array_get_idx(value, i);
            const bool good = one && (!json_object_is_type(one, json_type_string) || whole(one));

            r = good ? word(model, of, json_object_get_string(one)) : -EINVAL;
        }
        return r;
    }
    if (json_object_is_type(value, json_type_string)) {
        for (const char *at = json_object_get_string(value); r == 0 && *at;) {
            const size_t length = strcspn(at, ",; ");
            const char *text = texts_add(&model->texts, at, length);

            if (!text)
                return -ENOMEM;
            r = length > 0 ? word(model, of, text) : 0;
            at += length + (at[length] != '\0');
        }
        return r;
    }
    return value ? -EINVAL : 0;
}

int read_part(struct acl_model *model, uint32_t part, struct json_object *data, read_row_fn *row)
{
    const int r = read_each(model, data, row);

    if (r == 0)
        model->read |= part;
    else
        model->incomplete |= part;
    return r;
}

static int read_role(struct acl_model *model, struct json_object *row)
{
    const char *role = read_text(row, "roleid");
    int r = role ? role_add(model, role, NULL) : -EINVAL;

    return r == 0 ? read_words(model, read_member(row, "privs"), role, role_add) : r;
}

int acl_read_roles(struct acl_model *model, struct json_object *data)
{
    model->any_privilege = true;
    return read_part(model, ACL_PART_ROLES, data, read_role);
}

int group_add(struct acl_model *model, const char *group, const char *user)
{
    struct read_pair *pair;
    void *row;
    const char *of = texts_add(&model->texts, group, strlen(group));
    const char *what = user ? texts_add(&model->texts, user, strlen(user)) : NULL;
    int r;

    if (!of || (user && !what))
        return -ENOMEM;
    r = table_add(&model->members, &row);
    if (r != 0)
        return r;
    pair = row;
    *pair = (struct read_pair){of, what};
    return 0;
}

static int user_group_add(struct acl_model *model, const char *user, const char *group)
{
    return group_add(model, group, user);
}

int token_add(struct acl_model *model, const char *id, size_t length, struct json_object *row)
{
    struct read_token *token;
    void *added;
    const char *text = texts_add(&model->texts, id, length);
    const int r = text ? table_add(&model->tokens, &added) : -ENOMEM;

    if (r != 0)
        return r;
    token = added;
    *token = (struct read_token){text, read_flag(row, "privsep", true), read_number(row, "expire")};
    return 0;
}

static int read_token(struct acl_model *model, const char *user, struct json_object *row)
{
    const char *name = read_text(row, "tokenid");
    char id[512];
    const int length = name ? snprintf(id, sizeof(id), "%s!%s", user, name) : 0;

    if (length <= 0 || (size_t)length >= sizeof(id))
        return name ? -E2BIG : -EINVAL;
    return token_add(model, id, (size_t)length, row);
}

int read_user(struct acl_model *model, struct json_object *row)
{
    const char *id = read_text(row, "userid");
    struct json_object *tokens = read_member(row, "tokens");
    struct read_user *user;
    void *added;
    int r = id ? table_add(&model->users, &added) : -EINVAL;

    if (r != 0)
        return r;
    user = added;
    *user = (struct read_user){texts_add(&model->texts, id, strlen(id)), read_flag(row, "enable", true),
                               read_number(row, "expire")};
    if (!user->id) {
        model->users.count--;
        return -ENOMEM;
    }
    r = read_words(model, read_member(row, "groups"), id, user_group_add);
    if (r == 0 && tokens && !json_object_is_type(tokens, json_type_array))
        r = -EINVAL;
    for (size_t i = 0; r == 0 && tokens && i < json_object_array_length(tokens); i++)
        r = read_token(model, id, json_object_array_get_idx(tokens, i));
    return r;
}

int acl_read_users(struct acl_model *model, struct json_object *data)
{
    return read_part(model, ACL_PART_USERS, data, read_user);
}

static int read_group(struct acl_model *model, struct json_object *row)
{
    const char *group = read_text(row, "groupid");
    const int r = group ? group_add(model, group, NULL) : -EINVAL;

    return r == 0 ? read_words(model, read_member(row, "users"), group, group_add) : r;
}

int acl_read_groups(struct acl_model *model, struct json_object *data)
{
    return read_part(model, ACL_PART_GROUPS, data, read_group);
}

static int read_entry(struct acl_model *model, struct json_object *row)
{
    const char *path = read_text(row, "path"), *who = read_text(row, "ugid"),
               *role = read_text(row, "roleid"), *type = read_text(row, "type");
    struct read_entry entry = {.propagates = read_flag(row, "propagate", true)};
    void *added;
    int r;

    if (!path || !who || !role || !type)
        return -EINVAL;
    if (strcmp(type, "user") != 0 && strcmp(type, "group") != 0 && strcmp(type, "token") != 0)
        return -EINVAL;
    entry.via = type[0] == 'u' ? ACL_VIA_USER : type[0] == 'g' ? ACL_VIA_GROUP : ACL_VIA_TOKEN;
    entry.path = texts_add(&model->texts, path, strlen(path));
    entry.who = texts_add(&model->texts, who, strlen(who));
    entry.role = texts_add(&model->texts, role, strlen(role));
    if (!entry.path || !entry.who || !entry.role)
        return -ENOMEM;
    r = table_add(&model->entries, &added);
    if (r == 0)
        *(struct read_entry *)added = entry;
    return r;
}

int acl_read_acl(struct acl_model *model, struct json_object *data)
{
    return read_part(model, ACL_PART_ACL, data, read_entry);
}
