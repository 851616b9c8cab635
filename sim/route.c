/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds the route of a request. Templates are compared word by word; a fixed word wins over a {name}. The
 * last {name} of a volume or an IP set entry takes the rest of the path, because both may hold slashes.
 */
#include "sim.h"

#include <string.h>

/* Names that take the rest of the path. */
static bool takes_rest(const char *name, size_t len)
{
    return sim_word_in("volume cidr", " ", name, len);
}

/* Compares one template; returns how many fixed words matched plus one, or 0. */
static int match(const char *template, const char *path, struct json_object *params)
{
    int score = 1;

    for (;;) {
        size_t t, p;

        template += *template == '/';
        path += *path == '/';
        t = strcspn(template, "/");
        p = strcspn(path, "/");
        if (t == 0 || p == 0)
            return t == p && *template == *path ? score : 0;
        if (*template == '{') {
            bool rest = template[t] == 0 && takes_rest(template + 1, t - 2);
            char name[64];

            if (rest)
                p = strlen(path);
            if (params) {
                (void)snprintf(name, sizeof name, "%.*s", (int)(t - 2), template + 1);
                sim_set(params, name, json_object_new_string_len(path, (int)p));
            }
        } else if (t != p || memcmp(template, path, t) != 0) {
            return 0;
        } else {
            score++;
        }
        template += t;
        path += p;
    }
}

const struct sim_route *sim_route_find(const struct sim_product *product, const char *method,
                                       const char *path, struct json_object *params)
{
    const struct sim_route *best = NULL;
    int best_score = 0;

    for (size_t t = 0; t < *product->table_count; t++) {
        for (size_t i = 0; i < product->tables[t]->count; i++) {
            const struct sim_route *row = &product->tables[t]->rows[i];
            int score = strcmp(row->method, method) == 0 ? match(row->path, path, NULL) : 0;

            if (score > best_score) {
                best = row;
                best_score = score;
            }
        }
    }
    if (best)
        (void)match(best->path, path, params);
    return best;
}
