/* SPDX-License-Identifier: Apache-2.0 */
#include "commands.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/json.h"

const char *command_output(size_t i, const char *member)
{
    static char text[400];
    struct json_object *steps = NULL, *all = NULL, *value = NULL;

    text[0] = '\0';
    assert_int_equal(json_get(bench.result.record, "steps", json_type_array, &steps), 0);
    if (json_get(json_object_array_get_idx(steps, i), "output", json_type_object, &all) == 0 &&
        json_object_object_get_ex(all, member, &value))
        snprintf(text, sizeof(text), "%s", json_object_get_string(value));
    return text;
}

const char *command_wrote(const char *step, const char *stream)
{
    struct json_object *results = NULL, *result = NULL;
    const char *text = "";

    (void)json_get(bench.result.record, "results", json_type_object, &results);
    (void)json_get(results, step, json_type_object, &result);
    (void)json_get_string(result, stream, &text, NULL);
    return text;
}
