/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two evaluators that were written apart, the one of the planes and the one of the simulator, over the same
 * configurations by chance: every principal at every path. Only paths in normal form: of others the simulator
 * makes less than the recorded rules say.
 */
#include "rig.h"

#include <string.h>

#include "acl_state.h"
#include "random.h"

#define ROUNDS 300u

static int compare(const struct acl_model *model, struct json_object *state, const char *who,
                   const char *path)
{
    struct acl_asker *asker;
    struct acl_answer answer;
    struct sim_privs privs;
    int wrong = 0;

    assert_int_equal(acl_asker_new(model, &asker), 0);
    assert_int_equal(acl_permissions(asker, who, path, &answer), 0);
    sim_acl_privs(state, who, path, &privs);
    for (size_t i = 0; i < sim_priv_count; i++) {
        const uint32_t bit = acl_privilege(model, sim_priv_names[i]);
        const int mine = acl_has(&answer.held, bit) ? acl_has(&answer.propagates, bit) : -1;

        if (mine == privs.held[i] || (mine >= 0 && privs.held[i] >= 0 && acl_has(&answer.either, bit)))
            continue;
        print_message("%s at %s: %s is %d, the simulator's %d\n", who, path, sim_priv_names[i], mine,
                      privs.held[i]);
        wrong++;
        break;
    }
    acl_asker_free(asker);
    return wrong;
}

static void test_both(void **nothing)
{
    struct chance chance = {0xb07b07};
    int wrong = 0;

    (void)nothing;
    for (uint32_t i = 0; i < ROUNDS; i++) {
        struct json_object *config = random_config(&chance), *state = acl_state(config);
        struct acl_model *model = rig_case(config);
        const int before = wrong;

        for (uint32_t who = 0; who < acl_principal_count(model); who++) {
            for (uint32_t path = 0; path < acl_path_count(model); path++)
                wrong += compare(model, state, acl_principal(model, who), acl_path_text(model, path));
        }
        for (uint32_t k = 0; k < 60; k++) {
            const char *path = random_path(&chance);
            char normal[ACL_PATH_MOST];

            if (acl_path_normal(path, normal, sizeof(normal)) == 0 && strcmp(path, normal) == 0)
                wrong += compare(model, state, random_who(&chance), path);
        }
        if (wrong > before)
            print_message("configuration %u: %s\n", i,
                          json_object_to_json_string_ext(config, JSON_C_TO_STRING_PLAIN));
        acl_model_free(model);
        json_object_put(state);
        json_object_put(config);
        if (wrong > 5)
            break;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_both)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
