/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulator's access-control evaluator against recorded answers of Proxmox's own (acl-cases-*.jsonl):
 * every question about one path, every full dump, who may authenticate. Says so and is skipped where the file
 * is absent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "acl_state.h"

static FILE *open_cases(void)
{
    const char *shared = getenv("PROXIMO_SHARED"), *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char path[1024];

    if (shared)
        (void)snprintf(path, sizeof path, "%s/oracle/acl-cases-a.jsonl", shared);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/oracle/acl-cases-a.jsonl", source ? source : ".");
    return fopen(path, "re");
}

static bool either(struct json_object *query, const char *priv)
{
    struct json_object *list = sim_get(query, "either");

    for (size_t i = 0; list && i < json_object_array_length(list); i++) {
        if (strcmp(json_object_get_string(json_object_array_get_idx(list, i)), priv) == 0)
            return true;
    }
    return false;
}

/* Does the evaluator agree with one recorded set of privileges? */
static bool agrees(struct json_object *state, const char *who, const char *path, struct json_object *query,
                   struct json_object *recorded)
{
    struct sim_privs privs;

    sim_acl_privs(state, who, path, &privs);
    for (size_t i = 0; i < sim_priv_count; i++) {
        struct json_object *flag = sim_get(recorded, sim_priv_names[i]);

        if ((flag != NULL) != (privs.held[i] >= 0))
            return false;
        if (flag && !either(query, sim_priv_names[i]) && json_object_get_int(flag) != privs.held[i])
            return false;
    }
    return true;
}

static int check_queries(struct json_object *state, struct json_object *test)
{
    struct json_object *queries = sim_get(test, "queries");
    int wrong = 0;

    for (size_t i = 0; i < json_object_array_length(queries); i++) {
        struct json_object *query = json_object_array_get_idx(queries, i);
        const char *who = sim_str(query, "who", ""), *path = sim_str(query, "path", "");
        bool good = agrees(state, who, path, query, sim_get(query, "privs"));

        if (sim_str(query, "normalized", NULL))
            good = good && agrees(state, who, sim_str(query, "normalized", ""), query,
                                  sim_get(query, "normalized_privs"));
        if (!good) {
            print_message("%s: %s at %s\n", sim_str(test, "id", "?"), who, path);
            wrong++;
        }
    }
    return wrong;
}

static int check_auth(struct json_object *state, struct json_object *test)
{
    int wrong = 0;

    json_object_object_foreach(sim_get(test, "auth"), who, verdict)
    {
        bool good = strcmp(json_object_get_string(verdict), "ok") == 0;

        if (good != (sim_acl_enabled(state, who) == 0)) {
            print_message("%s: may %s authenticate? recorded %s\n", sim_str(test, "id", "?"), who,
                          json_object_get_string(verdict));
            wrong++;
        }
    }
    return wrong;
}

static int check_dumps(struct json_object *state, struct json_object *test)
{
    struct json_object *dumps = sim_get(test, "dumps");
    int wrong = 0;

    for (size_t i = 0; dumps && i < json_object_array_length(dumps); i++) {
        struct json_object *dump = json_object_array_get_idx(dumps, i), *recorded = sim_get(dump, "paths");
        const char *who = sim_str(dump, "who", "");
        struct sim_call call = {.state = state};

        sim_permissions_dump(&call, who);
        json_object_object_foreach(call.data, extra, more)
        {
            if (!sim_get(recorded, extra) && json_object_object_length(more) > 0) {
                print_message("%s: dump of %s has %s\n", sim_str(test, "id", "?"), who, extra);
                wrong++;
            }
        }
        json_object_object_foreach(recorded, path, privs)
        {
            if (!sim_get(call.data, path) || !agrees(state, who, path, dump, privs)) {
                print_message("%s: dump of %s, %s\n", sim_str(test, "id", "?"), who, path);
                wrong++;
            }
        }
        json_object_put(call.data);
    }
    return wrong;
}

static void test_recorded(void **unused)
{
    FILE *in = open_cases();
    int cases = 0, queries = 0, wrong = 0;
    char *line = NULL;
    size_t room = 0;

    (void)unused;
    if (!in) {
        print_message("the recorded ACL cases are not here (set PROXIMO_SHARED): skipped\n");
        skip();
    }
    while (getline(&line, &room, in) > 0) {
        struct json_object *test = json_tokener_parse(line), *state;

        assert_non_null(test);
        state = acl_state(sim_get(test, "config"));
        wrong += check_queries(state, test) + check_auth(state, test) + check_dumps(state, test);
        queries += (int)json_object_array_length(sim_get(test, "queries"));
        cases++;
        json_object_put(state);
        json_object_put(test);
    }
    free(line);
    (void)fclose(in);
    print_message("%d cases, %d questions, %d wrong\n", cases, queries, wrong);
    assert_true(cases > 0);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_recorded)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
