/* SPDX-License-Identifier: Apache-2.0 */
/* What holds of edits whatever the configuration. */
#include "api_form.h"

#include "random.h"
#include "rig.h"

#define ROUNDS 300u

static void apply(struct access *access, struct json_object *edit)
{
    struct json_object *list = json_object_new_array();
    char why[200] = "";
    json_object_array_add(list, edit);
    if (access_edit(access, list, why, sizeof(why)) != 0)
        fail_msg("%s", why);
    json_object_put(list);
}

static struct json_object *edit_of(const char *text)
{
    struct json_object *edit = json_tokener_parse(text);
    assert_non_null(edit);
    return edit;
}

static const char *text_at(struct json_object *entry, const char *name)
{
    return json_object_get_string(json_object_object_get(entry, name));
}

/* The edit of an entry by chance, and the one that takes it back. */
struct pair {
    struct json_object *there, *back;
};
static struct pair random_pair(struct chance *chance, const struct access *access, const char *type,
                               const char *role)
{
    struct json_object *entry = NULL;
    const size_t count = json_object_array_length(access->acl);
    const bool old = !type && !role && count && chance_below(chance, 2);
    if (old)
        entry =
            json_object_get(json_object_array_get_idx(access->acl, chance_below(chance, (uint32_t)count)));
    else
        entry = random_entry(chance, access->acl, type, role);
    const char *path = text_at(entry, "path"), *name = text_at(entry, "roleid");
    const char *kind = text_at(entry, "type"), *who = text_at(entry, "ugid");
    const int flag = json_object_get_int(json_object_object_get(entry, "propagate"));
    const struct pair pair = {edit_entry(path, name, kind, who,
                                         !old                      ? flag
                                         : chance_below(chance, 2) ? -1
                                                                   : !flag),
                              edit_entry(path, name, kind, who, old ? flag : -1)};
    assert_true(pair.there && pair.back);
    json_object_put(entry);
    return pair;
}

static void an_edit_and_its_back_leave_what_was(void **state)
{
    struct chance chance = {0xed17001};
    uint64_t changes = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access before = api_form(config), access;
        struct pair pair = random_pair(&chance, &before, NULL, NULL);
        assert_int_equal(access_copy(&before, &access), 0);
        apply(&access, pair.there);
        changes += api_differences(&before, &access, NULL, NULL, NULL);
        apply(&access, pair.back);
        assert_int_equal(api_differences(&before, &access, NULL, NULL, NULL), 0);
        assert_int_equal(json_object_array_length(access.acl), json_object_array_length(before.acl));
        access_done(&before);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(changes > ROUNDS);
}

static void no_access_never_widens(void **state)
{
    struct chance chance = {0xed17002};
    uint64_t changes = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access before = api_form(config), access;
        struct pair pair = random_pair(&chance, &before, NULL, "NoAccess");
        uint64_t gained = 1;
        assert_int_equal(access_copy(&before, &access), 0);
        apply(&access, pair.there);
        changes += api_differences(&before, &access, &gained, NULL, NULL);
        assert_int_equal(gained, 0);
        json_object_put(pair.back);
        access_done(&before);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(changes > ROUNDS);
}

/* Whatever its entries and its separation: never more than its user. */
static void a_separated_token_never_exceeds_its_user(void **state)
{
    struct chance chance = {0xed17003};
    uint32_t held = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access access = api_form(config);
        struct pair pair = random_pair(&chance, &access, "token", NULL);
        struct acl_model *model;
        struct acl_asker *asker;
        apply(&access, pair.there);
        apply(&access, edit_of("{\"op\":\"token\",\"tokenid\":\"alice@pve!sep\",\"value\":{\"privsep\":1}}"));
        assert_int_equal(access_model(&access, &model), 0);
        assert_int_equal(acl_asker_new(model, &asker), 0);
        for (uint32_t p = 0; p < acl_path_count(model); p++) {
            struct acl_answer token, user;
            assert_int_equal(acl_permissions(asker, "alice@pve!sep", acl_path_text(model, p), &token), 0);
            assert_int_equal(acl_permissions(asker, "alice@pve", acl_path_text(model, p), &user), 0);
            for (size_t w = 0; w < sizeof(user.held.word) / sizeof(user.held.word[0]); w++) {
                assert_int_equal(token.held.word[w] & ~user.held.word[w], 0);
                assert_int_equal(token.propagates.word[w] & ~user.propagates.word[w], 0);
                held += token.held.word[w] != 0;
            }
        }
        acl_asker_free(asker);
        acl_model_free(model);
        json_object_put(pair.back);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(held > ROUNDS / 10);
}

static bool is_of_bob(const struct acl_change *change, void *context)
{
    (void)context;
    return change->after < 0 &&
           (strcmp(change->who, "bob@pve") == 0 || strncmp(change->who, "bob@pve!", 8) == 0);
}

/* A removed user and his tokens hold nothing any more, and nobody else notices. */
static void a_removed_user_takes_his_own_along(void **state)
{
    struct chance chance = {0xed17004};
    uint64_t changes = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access before = api_form(config), access;
        struct acl_model *model;
        struct acl_asker *asker;
        assert_int_equal(access_copy(&before, &access), 0);
        apply(&access, edit_of("{\"op\":\"user-remove\",\"userid\":\"bob@pve\"}"));
        changes += api_differences(&before, &access, NULL, is_of_bob, NULL);
        assert_int_equal(access_model(&access, &model), 0);
        assert_int_equal(acl_asker_new(model, &asker), 0);
        assert_int_equal(acl_may_authenticate(model, "bob@pve!ci", 0), ACL_AUTH_NO_USER);
        for (uint32_t p = 0; p < acl_path_count(model); p++) {
            struct acl_answer answer;
            assert_int_equal(acl_permissions(asker, "bob@pve", acl_path_text(model, p), &answer), 0);
            assert_int_equal(answer.held.word[0] | answer.held.word[1], 0);
        }
        acl_asker_free(asker);
        acl_model_free(model);
        access_done(&before);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(changes > ROUNDS);
}

static bool was_in_ops(const struct acl_change *change, void *context)
{
    const struct access *before = context;
    const char *bang = strchr(change->who, '!');
    char user[100];
    (void)snprintf(user, sizeof(user), "%.*s", bang ? (int)(bang - change->who) : 90, change->who);
    const char *members = member_text(access_row(before->groups, "groupid", "ops"), "users");
    return members && strstr(members, user);
}

static void a_removed_group_is_felt_by_its_members_alone(void **state)
{
    struct chance chance = {0xed17005};
    uint64_t changes = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access before = api_form(config), access;
        assert_int_equal(access_copy(&before, &access), 0);
        apply(&access, edit_of("{\"op\":\"group-remove\",\"groupid\":\"ops\"}"));
        changes += api_differences(&before, &access, NULL, was_in_ops, &before);
        access_done(&before);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(changes > ROUNDS);
}

/* A role that holds nothing any more gives nobody anything; when it holds again what it held, all is as
 * before. A disabled user has the same rights. */
static void a_role_emptied_and_filled_again(void **state)
{
    struct chance chance = {0xed17006};
    uint64_t changes = 0;
    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct access before = api_form(config), access;
        uint64_t gained = 1;
        char edit[600];
        assert_int_equal(access_copy(&before, &access), 0);
        apply(&access, edit_of("{\"op\":\"role\",\"roleid\":\"R1\",\"privs\":\"\"}"));
        apply(&access, edit_of("{\"op\":\"user\",\"userid\":\"bob@pve\",\"value\":{\"enable\":0}}"));
        changes += api_differences(&before, &access, &gained, NULL, NULL);
        assert_int_equal(gained, 0);
        (void)snprintf(edit, sizeof(edit), "{\"op\":\"role\",\"roleid\":\"R1\",\"privs\":\"%s\"}",
                       member_text(access_row(before.roles, "roleid", "R1"), "privs"));
        apply(&access, json_tokener_parse(edit));
        assert_int_equal(api_differences(&before, &access, NULL, NULL, NULL), 0);
        access_done(&before);
        access_done(&access);
        json_object_put(config);
    }
    assert_true(changes > ROUNDS / 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_edit_and_its_back_leave_what_was),
        cmocka_unit_test(no_access_never_widens),
        cmocka_unit_test(a_separated_token_never_exceeds_its_user),
        cmocka_unit_test(a_removed_user_takes_his_own_along),
        cmocka_unit_test(a_removed_group_is_felt_by_its_members_alone),
        cmocka_unit_test(a_role_emptied_and_filled_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
