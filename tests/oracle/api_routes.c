/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of every route that changes something are those of the API description: names, types, which
 * are optional, choices and limits; as 8.4 the simulator has what the description of 8.4 has. Of the Backup
 * Server that holds for every route, and for what it takes to be let in. The descriptions lie beside the
 * project (PROXIMO_SHARED or ../shared); without them the test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release.h"

static const char *const type_names[] = {"string", "integer", "number", "boolean", "array"};

static struct json_object *description(const char *file)
{
    const char *shared = getenv("PROXIMO_SHARED"), *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char path[1024];

    if (shared)
        (void)snprintf(path, sizeof path, "%s/api/%s", shared, file);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/api/%s", source ? source : ".", file);
    return json_object_from_file(path);
}

static struct json_object *endpoint(struct json_object *all, const char *method, const char *path)
{
    struct json_object *list = sim_get(all, "endpoints");

    for (size_t i = 0; i < json_object_array_length(list); i++) {
        struct json_object *one = json_object_array_get_idx(list, i);

        if (strcmp(sim_str(one, "method", ""), method) == 0 && strcmp(sim_str(one, "path", ""), path) == 0)
            return one;
    }
    return NULL;
}

/* Writes what differs between one parameter and its description; returns the number of differences. */
static int compare(const struct sim_route *route, const struct sim_param *param, struct json_object *known)
{
    struct json_object *items = sim_get(known, "items");
    struct json_object *choices = sim_get(sim_get(items, "enum") ? items : known, "enum");
    const char *type = sim_str(known, "type", "string");
    int different = 0;

    if (strcmp(type, type_names[param->type]) != 0)
        different++;
    if (param->optional != (sim_int(known, "optional", 0) != 0))
        different++;
    if (param->has_min != (sim_get(known, "minimum") && sim_num(known, "minimum", 0) > -1e15) ||
        (param->has_min && param->min != sim_num(known, "minimum", 0)))
        different++;
    if (param->has_max != (sim_get(known, "maximum") != NULL) ||
        (param->has_max && param->max != sim_num(known, "maximum", 0)))
        different++;
    if ((param->values != NULL) != (choices != NULL))
        different++;
    for (size_t i = 0; param->values && choices && i < json_object_array_length(choices); i++) {
        const char *word = json_object_get_string(json_object_array_get_idx(choices, i));

        different += !sim_word_in(param->values, ", ", word, strlen(word));
    }
    if (different)
        print_error("%s %s: %s is described otherwise\n", route->method, route->path, param->name);
    return different;
}

static int compare_route(struct json_object *all, const struct sim_route *route)
{
    struct json_object *one = endpoint(all, route->method, route->path), *params = sim_get(one, "params");
    int different = 0;

    if (!one) {
        print_error("%s %s: no such method\n", route->method, route->path);
        return 1;
    }
    for (const struct sim_param *param = route->params; param->name; param++) {
        if (sim_get(params, param->name)) {
            different += compare(route, param, sim_get(params, param->name));
        } else {
            print_error("%s %s: %s is not described\n", route->method, route->path, param->name);
            different++;
        }
    }
    json_object_object_foreach(params, name, unused)
    {
        const struct sim_param *param = route->params;

        (void)unused;
        while (param->name && strcmp(param->name, name) != 0)
            param++;
        if (!param->name) {
            print_error("%s %s: %s is missing\n", route->method, route->path, name);
            different++;
        }
    }
    return different;
}

static void test_parameters(void **state)
{
    struct json_object *all = description("pve-9.2.json");
    int different = 0, routes = 0;

    (void)state;
    if (!all) {
        print_message("the API descriptions are not here (set PROXIMO_SHARED): skipped\n");
        skip();
    }
    for (size_t t = 0; t < sim_route_table_count; t++) {
        for (size_t i = 0; i < sim_route_tables[t]->count; i++) {
            const struct sim_route *route = &sim_route_tables[t]->rows[i];

            if (strcmp(route->method, "GET") == 0)
                continue;
            different += compare_route(all, route);
            routes++;
        }
    }
    json_object_put(all);
    assert_true(routes > 20);
    assert_int_equal(different, 0);
}

/* Does the simulator, as 8.4, refuse this parameter of the description of 9.2? */
static bool refuses(const struct sim *sim, const struct sim_route *route, const char *name)
{
    struct json_object *given = json_object_new_object(), *errors = json_object_new_object();
    bool bad;

    sim_set_str(given, name, "");
    bad = sim_release_check(sim, route, given, errors) < 0;
    json_object_put(given);
    json_object_put(errors);
    return bad;
}

static int compare_release(const struct sim *sim, const struct sim_route *route, struct json_object *now,
                           struct json_object *before)
{
    struct json_object *one = endpoint(before, route->method, route->path);
    struct json_object *params = sim_get(endpoint(now, route->method, route->path), "params");
    int different = 0;

    if (!params) /* gone in 9 */
        return 0;
    if (sim_release_lacks(sim, route) != !one) {
        print_error("%s %s: 8.4 %s it\n", route->method, route->path, one ? "has" : "lacks");
        return 1;
    }
    if (!one)
        return 0;
    json_object_object_foreach(params, name, unused)
    {
        bool has = sim_get(sim_get(one, "params"), name) != NULL;

        (void)unused;
        if (refuses(sim, route, name) == has) {
            print_error("%s %s: 8.4 %s %s\n", route->method, route->path, has ? "has" : "lacks", name);
            different++;
        }
    }
    return different;
}

/* What the simulator leaves out as 8.4 is what the description of 8.4 does not have. */
static void test_release(void **state)
{
    struct json_object *now = description("pve-9.2.json"), *before = description("pve-8.4.json");
    struct sim sim = {.release = NULL};
    int different = 0;

    (void)state;
    if (!now || !before) {
        json_object_put(now);
        json_object_put(before);
        print_message("the API descriptions are not here (set PROXIMO_SHARED): skipped\n");
        skip();
    }
    sim.state = json_tokener_parse("{\"version\": {}}");
    assert_int_equal(sim_release_set(&sim, "8.4"), 0);
    assert_string_equal(sim_str(sim_get(sim.state, "version"), "release", ""), "8.4");
    assert_true(sim_release_set(&sim, "7.4") < 0);
    for (size_t t = 0; t < sim_route_table_count; t++) {
        for (size_t i = 0; i < sim_route_tables[t]->count; i++)
            different += compare_release(&sim, &sim_route_tables[t]->rows[i], now, before);
    }
    assert_int_equal(different, 0);
    json_object_put(sim.state);
    json_object_put(now);
    json_object_put(before);
}

/* ---- the Backup Server ---- */

static bool same_rule(const struct sim_rule *rule, struct json_object *known);

static bool same_rules(const struct sim_rule *rule, struct json_object *list)
{
    const struct sim_rule *sub = rule->sub;

    for (size_t i = 0; i < json_object_array_length(list); i++, sub++) {
        if (sub->kind == SIM_RULE_END || !same_rule(sub, json_object_array_get_idx(list, i)))
            return false;
    }
    return sub->kind == SIM_RULE_END;
}

/* The parts of a list with `between` before each of them but maybe the first. */
static void join(struct json_object *list, const char *between, bool first, char *text, size_t size)
{
    size_t n = 0;

    text[0] = 0;
    for (size_t i = 0; list && i < json_object_array_length(list) && n < size; i++)
        n += (size_t)snprintf(text + n, size - n, "%s%s", i > 0 || first ? between : "",
                              json_object_get_string(json_object_array_get_idx(list, i)));
}

static bool same_rule(const struct sim_rule *rule, struct json_object *known)
{
    const char *user = sim_str(known, "user", NULL);
    char path[200], privs[200];

    if (json_object_is_type(known, json_type_string))
        return rule->kind == SIM_RULE_ROOT;
    if (sim_get(known, "check"))
        return same_rule(rule, sim_get(known, "check"));
    if (sim_get(known, "or"))
        return rule->kind == SIM_RULE_OR && same_rules(rule, sim_get(known, "or"));
    if (sim_get(known, "and"))
        return rule->kind == SIM_RULE_AND && same_rules(rule, sim_get(known, "and"));
    if (sim_get(known, "userParam"))
        return rule->kind == SIM_RULE_SELF;
    if (user)
        return rule->kind == (strcmp(user, "world") == 0 ? SIM_RULE_WORLD : SIM_RULE_ALL);
    join(sim_get(known, "path"), "/", true, path, sizeof path);
    join(sim_get(known, "privs"), "|", false, privs, sizeof privs);
    return rule->kind == (sim_int(known, "partial", 0) ? SIM_RULE_ANY : SIM_RULE_PERM) &&
           strcmp(rule->path, *path ? path : "/") == 0 && strcmp(rule->privs, privs) == 0;
}

static void test_backup_server(void **state)
{
    struct json_object *all = description("pbs-4.2.json");
    int different = 0, routes = 0;

    (void)state;
    if (!all) {
        print_message("the API descriptions are not here (set PROXIMO_SHARED): skipped\n");
        skip();
    }
    for (size_t t = 0; t < sim_pbs_route_table_count; t++) {
        for (size_t i = 0; i < sim_pbs_route_tables[t]->count; i++) {
            const struct sim_route *route = &sim_pbs_route_tables[t]->rows[i];
            struct json_object *one = endpoint(all, route->method, route->path);

            different += compare_route(all, route);
            routes++;
            if (one && same_rule(&route->rule, sim_get(one, "perm")))
                continue;
            print_error("%s %s: others may do it\n", route->method, route->path);
            different++;
        }
    }
    json_object_put(all);
    assert_true(routes > 80);
    assert_int_equal(different, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_parameters),
                                              cmocka_unit_test(test_release),
                                              cmocka_unit_test(test_backup_server)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
