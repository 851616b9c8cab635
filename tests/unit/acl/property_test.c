/* SPDX-License-Identifier: Apache-2.0 */
/* What holds whatever the configuration. */
#include "rig.h"

#include <stdio.h>
#include <string.h>

#include "random.h"

#define ROUNDS 400u

static struct json_object *acl_of(struct json_object *config)
{
    return json_object_object_get(config, "acl");
}

/* The changes between two configurations; before and after live until diff_done(). */
struct pair {
    struct acl_model *before, *after;
    struct acl_diff diff;
};

static void pair_make(struct pair *pair, struct json_object *before, struct json_object *after)
{
    pair->before = rig_case(before);
    pair->after = rig_case(after);
    assert_int_equal(acl_diff(pair->before, pair->after, UINT32_MAX, UINT64_MAX, &pair->diff), 0);
    assert_false(pair->diff.cut);
    assert_int_equal(pair->diff.unknown, 0);
}

static void pair_done(struct pair *pair)
{
    acl_diff_done(&pair->diff);
    acl_model_free(pair->before);
    acl_model_free(pair->after);
}

static struct json_object *copy(struct json_object *config)
{
    struct json_object *made = NULL;

    assert_int_equal(json_object_deep_copy(config, &made, NULL), 0);
    return made;
}

/* What acl_diff() counts is what asking both models everything shows. */
static void check_total(const struct pair *pair)
{
    struct acl_asker *before, *after;
    uint64_t total = 0;

    assert_int_equal(acl_asker_new(pair->before, &before), 0);
    assert_int_equal(acl_asker_new(pair->after, &after), 0);
    for (uint32_t p = 0; p < acl_path_count(pair->after); p++) {
        for (uint32_t i = 0; i < acl_principal_count(pair->after); i++) {
            const char *path = acl_path_text(pair->after, p), *who = acl_principal(pair->after, i);
            struct acl_answer x, y;

            assert_int_equal(acl_permissions(before, who, path, &x), 0);
            assert_int_equal(acl_permissions(after, who, path, &y), 0);
            for (size_t w = 0; w < sizeof(x.held.word) / sizeof(x.held.word[0]); w++)
                total += (uint64_t)__builtin_popcountll((x.held.word[w] ^ y.held.word[w]) |
                                                        (x.propagates.word[w] ^ y.propagates.word[w]));
        }
    }
    assert_int_equal(total, pair->diff.total);
    acl_asker_free(before);
    acl_asker_free(after);
}

/* A grant and its undo leave what was; what the grant changed comes back with the signs turned. */
static void test_undo(void **state)
{
    struct chance chance = {0x5eed01};
    uint64_t changes = 0;

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *before = random_config(&chance), *granted = copy(before), *undone;
        struct pair there, back, both;

        json_object_array_add(acl_of(granted), random_entry(&chance, acl_of(granted), NULL, NULL));
        undone = copy(granted);
        json_object_array_del_idx(acl_of(undone), json_object_array_length(acl_of(undone)) - 1, 1);
        pair_make(&there, before, granted);
        pair_make(&back, granted, undone);
        pair_make(&both, before, undone);
        assert_int_equal(both.diff.total, 0);
        check_total(&there);
        assert_int_equal(there.diff.total, back.diff.total);
        assert_int_equal(there.diff.gained, back.diff.lost);
        assert_int_equal(there.diff.lost, back.diff.gained);
        changes += there.diff.total;
        pair_done(&there);
        pair_done(&back);
        pair_done(&both);
        json_object_put(before);
        json_object_put(granted);
        json_object_put(undone);
    }
    assert_true(changes > ROUNDS);
}

/* A guest or storage that joins a pool. */
static void test_join(void **state)
{
    struct chance chance = {0x5eed07};
    uint64_t changes = 0;

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *before = random_config(&chance), *after = copy(before);
        struct json_object *pool = json_object_object_get(json_object_object_get(after, "pools"), "dev");
        struct pair pair;

        json_object_array_add(json_object_object_get(pool, "vms"), json_object_new_int(102));
        json_object_array_add(json_object_object_get(pool, "storage"), json_object_new_string("nfs1"));
        pair_make(&pair, before, after);
        check_total(&pair);
        changes += pair.diff.total;
        pair_done(&pair);
        json_object_put(before);
        json_object_put(after);
    }
    assert_true(changes > 0);
}

/* What is no entry and no pool: a role's content, a membership, a token's separation. */
static void test_people(void **state)
{
    struct chance chance = {0x5eed08};
    uint64_t changes[3] = {0};

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *before = random_config(&chance), *after = copy(before), *token;
        struct pair pair;

        switch (i % 3) {
        case 0:
            json_object_array_add(json_object_object_get(json_object_object_get(after, "roles"), "R1"),
                                  json_object_new_string("SDN.Allocate"));
            break;
        case 1:
            json_object_array_add(json_object_object_get(json_object_object_get(after, "groups"), "none"),
                                  json_object_new_string("bob@pve"));
            break;
        default:
            token = json_object_array_get_idx(json_object_object_get(after, "tokens"), 0);
            json_object_object_add(token, "privsep", json_object_new_int(chance_below(&chance, 2) != 0));
        }
        pair_make(&pair, before, after);
        check_total(&pair);
        changes[i % 3] += pair.diff.total;
        pair_done(&pair);
        json_object_put(before);
        json_object_put(after);
    }
    for (size_t i = 0; i < 3; i++)
        assert_true(changes[i] > 0);
}

static void test_no_access(void **state)
{
    struct chance chance = {0x5eed02};
    uint64_t lost = 0;

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *before = random_config(&chance), *after = copy(before);
        struct pair pair;

        json_object_array_add(acl_of(after), random_entry(&chance, acl_of(after), NULL, "NoAccess"));
        pair_make(&pair, before, after);
        for (uint32_t k = 0; k < pair.diff.count; k++)
            assert_true(pair.diff.changes[k].before >= pair.diff.changes[k].after);
        assert_int_equal(pair.diff.gained, 0);
        lost += pair.diff.lost;
        pair_done(&pair);
        json_object_put(before);
        json_object_put(after);
    }
    assert_true(lost > ROUNDS);
}

static bool within(const struct acl_set *inner, const struct acl_set *outer)
{
    for (size_t i = 0; i < sizeof(inner->word) / sizeof(inner->word[0]); i++) {
        if (inner->word[i] & ~outer->word[i])
            return false;
    }
    return true;
}

static void test_separated(void **state)
{
    static const char *const tokens[][2] = {{"alice@pve!sep", "alice@pve"}, {"bob@pve!ci", "bob@pve"}};
    struct chance chance = {0x5eed03};
    uint32_t held = 0;

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance);
        struct acl_model *model;
        struct acl_asker *asker;

        json_object_array_add(acl_of(config), random_entry(&chance, acl_of(config), "token", NULL));
        model = rig_case(config);
        assert_int_equal(acl_asker_new(model, &asker), 0);
        for (uint32_t p = 0; p < acl_path_count(model); p++) {
            for (size_t t = 0; t < 2; t++) {
                struct acl_answer token, user;

                assert_int_equal(acl_permissions(asker, tokens[t][0], acl_path_text(model, p), &token), 0);
                assert_int_equal(acl_permissions(asker, tokens[t][1], acl_path_text(model, p), &user), 0);
                assert_true(within(&token.held, &user.held));
                assert_true(within(&token.propagates, &user.propagates));
                held += token.held.word[0] != 0;
            }
        }
        acl_asker_free(asker);
        acl_model_free(model);
        json_object_put(config);
    }
    assert_true(held > ROUNDS / 2);
}

static void test_order(void **state)
{
    struct chance chance = {0x5eed04};

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance), *shuffled = copy(config),
                           *list = json_object_new_array();
        struct json_object *from = acl_of(shuffled);
        struct pair pair;

        while (json_object_array_length(from) > 0) {
            const size_t at = chance_below(&chance, (uint32_t)json_object_array_length(from));

            json_object_array_add(list, json_object_get(json_object_array_get_idx(from, at)));
            json_object_array_del_idx(from, at, 1);
        }
        json_object_object_add(shuffled, "acl", list);
        pair_make(&pair, config, shuffled);
        assert_int_equal(pair.diff.total, 0);
        pair_done(&pair);
        json_object_put(config);
        json_object_put(shuffled);
    }
}

/* Of entries at one level: being in two groups holds what the two hold, unless one is NoAccess. */
static void test_union(void **state)
{
    static const char *const roles[] = {"A", "B", "C", "AB", "Empty", "NoAccess"};
    struct chance chance = {0x5eed05};

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        const char *one = roles[chance_below(&chance, 6)], *other = roles[chance_below(&chance, 6)];
        char statements[256], both[32], first[32], second[32];
        struct acl_model *model;

        (void)snprintf(statements, sizeof(statements),
                       "u x@pve g1,g2;u y@pve g1;u z@pve g2;e /vms 1 %s g g1;e /vms 1 %s g g2", one, other);
        model = rig_model(statements, 0);
        rig_answer(model, "x@pve", "/vms/1", both);
        rig_answer(model, "y@pve", "/vms/1", first);
        rig_answer(model, "z@pve", "/vms/1", second);
        for (const char *letter = "abc"; *letter; letter++) {
            const bool cut = strcmp(one, "NoAccess") == 0 || strcmp(other, "NoAccess") == 0;

            assert_int_equal(strchr(both, *letter) != NULL,
                             !cut && (strchr(first, *letter) || strchr(second, *letter)));
        }
        acl_model_free(model);
    }
}

/* An entry for a user at a path where none was for him: what is above, and beside for groups, is gone. */
static void test_deeper(void **state)
{
    struct chance chance = {0x5eed06};

    (void)state;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        static const char deep[] = "/nodes/pve1/deep";
        struct json_object *config = random_config(&chance), *entry = json_object_new_object();
        const int flag = (int)chance_below(&chance, 2);
        struct acl_model *model;
        struct acl_asker *asker;
        struct acl_answer answer;

        json_object_object_add(entry, "path", json_object_new_string(deep));
        json_object_object_add(entry, "propagate", json_object_new_int(flag));
        json_object_object_add(entry, "roleid", json_object_new_string("PVESDNUser"));
        json_object_object_add(entry, "type", json_object_new_string("user"));
        json_object_object_add(entry, "ugid", json_object_new_string("bob@pve"));
        json_object_array_add(acl_of(config), entry);
        model = rig_case(config);
        assert_int_equal(acl_asker_new(model, &asker), 0);
        assert_int_equal(acl_permissions(asker, "bob@pve", deep, &answer), 0);
        assert_int_equal(answer.source_count, 1);
        assert_true(acl_has(&answer.held, acl_privilege(model, "SDN.Use")));
        assert_true(acl_has(&answer.held, acl_privilege(model, "SDN.Audit")));
        assert_int_equal(acl_has(&answer.propagates, acl_privilege(model, "SDN.Use")), flag);
        assert_int_equal(
            __builtin_popcountll(answer.held.word[0]) + __builtin_popcountll(answer.held.word[1]), 2);
        acl_asker_free(asker);
        acl_model_free(model);
        json_object_put(config);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_undo),      cmocka_unit_test(test_join),      cmocka_unit_test(test_people),
        cmocka_unit_test(test_no_access), cmocka_unit_test(test_separated), cmocka_unit_test(test_order),
        cmocka_unit_test(test_union),     cmocka_unit_test(test_deeper),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
