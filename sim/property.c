/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property strings: "value,key=value,...", as disks, network devices and others are written.
 */
#include "sim.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static const struct sim_param *unnamed(const struct sim_param *table)
{
    for (; table->name; table++) {
        if (table->unnamed)
            return table;
    }
    return NULL;
}

/* Within property strings more words are good for a boolean than in a form. */
static struct json_object *value_of(const struct sim_param *param, const char *text, size_t n)
{
    if (param && param->type == SIM_BOOLEAN) {
        if (sim_word_in("1 on yes true", " ", text, n))
            return json_object_new_string("1");
        if (sim_word_in("0 off no false", " ", text, n))
            return json_object_new_string("0");
    }
    return json_object_new_string_len(text, (int)n);
}

struct json_object *sim_property_split(const struct sim_param *table, const char *text)
{
    struct json_object *out = json_object_new_object();
    const struct sim_param *first = unnamed(table);

    for (const char *at = text; *at;) {
        size_t n = strcspn(at, ","), equals = strcspn(at, "=");
        char key[64];

        if (equals >= n) {
            if (n > 0)
                sim_set(out, first ? first->name : "", value_of(first, at, n));
        } else {
            const struct sim_param *param;

            (void)snprintf(key, sizeof key, "%.*s", (int)equals, at);
            param = sim_param_find(table, key);
            if (!param && strcmp(key, "volume") == 0 && sim_param_find(table, "file")) {
                sim_set(out, "file", value_of(NULL, at + 7, n - 7));
            } else if (!param && first && first->values && sim_param_find(table, "macaddr") &&
                       sim_word_in(first->values, ", ", key, equals)) {
                sim_set_str(out, first->name, key);
                sim_set(out, "macaddr", value_of(NULL, at + equals + 1, n - equals - 1));
            } else {
                sim_set(out, key, value_of(param, at + equals + 1, n - equals - 1));
            }
        }
        at += n + (at[n] == ',');
    }
    return out;
}

int sim_property_check(const struct sim_param *table, const char *name, const char *text, char *why,
                       size_t size)
{
    SIM_FREE_WITH(sim_json_freep) struct json_object *given = sim_property_split(table, text);
    SIM_FREE_WITH(sim_json_freep) struct json_object *errors = json_object_new_object();
    size_t used;

    if (sim_params_check(&sim_pve_words, table, given, errors) == 0)
        return 0;
    (void)snprintf(why, size, "format error\n");
    json_object_object_foreach(errors, key, error)
    {
        used = strlen(why);
        (void)snprintf(why + used, size - used, "%s.%s: %s\n", name, key, json_object_get_string(error));
    }
    return -EINVAL;
}
