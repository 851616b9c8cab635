/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The parameters of every route that changes something are those of the API description: names, types, which
 * are optional, choices and limits. The descriptions lie beside the project (PROXIMO_SHARED or ../shared);
 * without them the test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static const char *const type_names[] = {"string", "integer", "number", "boolean", "array"};

static struct json_object *description(void)
{
    const char *shared = getenv("PROXIMO_SHARED"), *source = getenv("PROXIMO_TEST_SOURCE_DIR");
    char path[1024];

    if (shared)
        (void)snprintf(path, sizeof path, "%s/api/pve-9.2.json", shared);
    else
        (void)snprintf(path, sizeof path, "%s/../shared/api/pve-9.2.json", source ? source : ".");
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
    struct json_object *choices = sim_get(known, "enum");
    const char *type = sim_str(known, "type", "string");
    int different = 0;

    if (strcmp(type, type_names[param->type]) != 0)
        different++;
    if (param->optional != (sim_int(known, "optional", 0) != 0))
        different++;
    if (param->has_min != (sim_get(known, "minimum") != NULL) ||
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
    struct json_object *all = description();
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

int main(void)
{
    static const struct CMUnitTest tests[] = {cmocka_unit_test(test_parameters)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
