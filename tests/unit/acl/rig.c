/* SPDX-License-Identifier: Apache-2.0 */
#include "rig.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS_MOST 8u

const char *const rig_privileges[3] = {"VM.Audit", "VM.Console", "Sys.Audit"};
static const char standard[] = "r NoAccess -;r Administrator VM.Audit,VM.Console,Sys.Audit;r A VM.Audit;"
                               "r B VM.Console;r C Sys.Audit;r AB VM.Audit,VM.Console;r Empty -";

struct parts {
    struct json_object *users, *groups, *roles, *pools, *acl;
};

static void put(struct json_object *of, const char *name, const char *value)
{
    json_object_object_add(of, name, json_object_new_string(value));
}

static struct json_object *row(struct json_object *list, const char *name, const char *value)
{
    struct json_object *one = json_object_new_object();

    put(one, name, value);
    json_object_array_add(list, one);
    return one;
}

static void number(struct json_object *of, const char *name, const char *value)
{
    struct json_object *parsed = json_tokener_parse(value);

    assert_non_null(parsed);
    json_object_object_add(of, name, parsed);
}

static void pool(struct parts *parts, const char *name, const char *members)
{
    struct json_object *one = row(parts->pools, "poolid", name), *list = json_object_new_array();

    json_object_object_add(one, "members", list);
    for (const char *at = members; *at && strcmp(members, "-") != 0;) {
        const size_t length = strcspn(at, ",");
        char id[64];

        (void)snprintf(id, sizeof(id), "%.*s", (int)length, at);
        if (id[0] >= '0' && id[0] <= '9')
            number(row(list, "type", "qemu"), "vmid", id);
        else
            put(row(list, "type", "storage"), "storage", id);
        at += length + (at[length] != '\0');
    }
}

static void token(struct parts *parts, const char *id, char *const *word, size_t count)
{
    const char *bang = strrchr(id, '!');

    for (size_t i = 0; bang && i < json_object_array_length(parts->users); i++) {
        struct json_object *user = json_object_array_get_idx(parts->users, i), *tokens = NULL, *one;
        const char *name = json_object_get_string(json_object_object_get(user, "userid"));

        if (strlen(name) != (size_t)(bang - id) || strncmp(name, id, strlen(name)) != 0)
            continue;
        if (!json_object_object_get_ex(user, "tokens", &tokens)) {
            tokens = json_object_new_array();
            json_object_object_add(user, "tokens", tokens);
        }
        one = row(tokens, "tokenid", bang + 1);
        number(one, "privsep", word[2]);
        if (count > 3)
            number(one, "expire", word[3]);
        return;
    }
    fail_msg("no user for token %s", id);
}

static void statement(struct parts *parts, char *const *word, size_t count)
{
    struct json_object *one;

    assert_true(count >= 2);
    switch (word[0][0]) {
    case 'u':
        one = row(parts->users, "userid", word[1]);
        put(one, "groups", count > 2 && strcmp(word[2], "-") != 0 ? word[2] : "");
        if (count > 3)
            number(one, "enable", word[3]);
        if (count > 4)
            number(one, "expire", word[4]);
        break;
    case 't': token(parts, word[1], word, count); break;
    case 'g': put(row(parts->groups, "groupid", word[1]), "users", count > 2 ? word[2] : ""); break;
    case 'r':
        put(row(parts->roles, "roleid", word[1]), "privs", strcmp(word[2], "-") != 0 ? word[2] : "");
        break;
    case 'p': pool(parts, word[1], word[2]); break;
    case 'e':
        assert_int_equal(count, 6);
        one = row(parts->acl, "path", word[1]);
        number(one, "propagate", word[2]);
        put(one, "roleid", word[3]);
        put(one, "type", word[4][0] == 'u' ? "user" : word[4][0] == 'g' ? "group" : "token");
        put(one, "ugid", word[5]);
        break;
    default: fail_msg("statement %s", word[0]);
    }
}

static void statements_read(struct parts *parts, const char *statements)
{
    char *text = strdup(statements), *at = text;

    while (at && *at) {
        char *end = strchr(at, ';'), *word[WORDS_MOST];
        size_t count = 0;

        if (end)
            *end = '\0';
        while (*at == ' ')
            at++;
        while (*at && count < WORDS_MOST) {
            word[count++] = at;
            at += strcspn(at, " ");
            while (*at == ' ')
                *at++ = '\0';
        }
        if (count > 0)
            statement(parts, word, count);
        at = end ? end + 1 : NULL;
    }
    free(text);
}

struct acl_model *rig_model(const char *statements, uint32_t without)
{
    struct parts parts = {json_object_new_array(), json_object_new_array(), json_object_new_array(),
                          json_object_new_array(), json_object_new_array()};
    struct acl_model *model;

    statements_read(&parts, standard);
    statements_read(&parts, statements);
    assert_int_equal(acl_model_new(&model), 0);
    if (!(without & ACL_PART_USERS))
        assert_int_equal(acl_read_users(model, parts.users), 0);
    if (!(without & ACL_PART_GROUPS))
        assert_int_equal(acl_read_groups(model, parts.groups), 0);
    if (!(without & ACL_PART_ROLES))
        assert_int_equal(acl_read_roles(model, parts.roles), 0);
    if (!(without & ACL_PART_POOLS))
        assert_int_equal(acl_read_pools(model, parts.pools), 0);
    if (!(without & ACL_PART_ACL))
        assert_int_equal(acl_read_acl(model, parts.acl), 0);
    json_object_put(parts.users);
    json_object_put(parts.groups);
    json_object_put(parts.roles);
    json_object_put(parts.pools);
    json_object_put(parts.acl);
    assert_int_equal(acl_seal(model), 0);
    return model;
}

void rig_answer(const struct acl_model *model, const char *who, const char *path, char *ret)
{
    struct acl_asker *asker;
    struct acl_answer answer;
    size_t used = 0;

    assert_int_equal(acl_asker_new(model, &asker), 0);
    assert_int_equal(acl_permissions(asker, who, path, &answer), 0);
    for (size_t i = 0; i < 3; i++) {
        const uint32_t bit = acl_privilege(model, rig_privileges[i]);

        if (acl_has(&answer.held, bit)) {
            ret[used++] = (char)('a' + i);
            ret[used++] = acl_has(&answer.either, bit) ? '?' : acl_has(&answer.propagates, bit) ? '1' : '0';
        }
    }
    ret[used] = '\0';
    acl_asker_free(asker);
}

struct acl_model *rig_case(struct json_object *config)
{
    struct acl_model *model;

    assert_int_equal(acl_model_new(&model), 0);
    assert_int_equal(acl_read_case(model, config), 0);
    assert_int_equal(acl_seal(model), 0);
    return model;
}
