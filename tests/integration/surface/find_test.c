/* SPDX-License-Identifier: Apache-2.0 */
/*
 * proximo_find over the planes as they are built: a table of what people type (queries.txt) and what they
 * must, or must not, be shown. This program is also the plane host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "mcp/catalog.h"
#include "plane/manifest.h"
#include "surface.h"

#define TOP 3
#ifndef QUERY_LEAST
#define QUERY_LEAST 450
#endif

struct answer {
    const struct catalog *catalog;
    size_t order[512];
    size_t count;
};

static const char *found(const struct answer *a, size_t place)
{
    return place < a->count ? catalog_at(a->catalog, a->order[place])->name : "";
}

static bool among(const struct answer *a, const char *name, size_t places)
{
    for (size_t i = 0; i < places && i < a->count; i++) {
        if (strcmp(found(a, i), name) == 0)
            return true;
    }
    return false;
}

static bool no_change(const struct answer *a)
{
    for (size_t i = 0; i < a->count; i++) {
        if (catalog_at(a->catalog, a->order[i])->kind == TOOL_CHANGE)
            return false;
    }
    return true;
}

static bool holds(const struct answer *a, const char *what)
{
    if (strcmp(what, "nothing") == 0)
        return a->count == 0;
    if (strcmp(what, "reads") == 0)
        return no_change(a);
    if (strncmp(what, "first ", 6) == 0)
        return among(a, what + 6, 1);
    if (strncmp(what, "top ", 4) == 0)
        return among(a, what + 4, TOP);
    fail_msg("queries.txt: what is \"%s\"?", what);
    return false;
}

/* "QUERY | WHAT, WHAT": how many of them do not hold. */
static unsigned check_line(const struct catalog *catalog, char *line)
{
    struct answer a = {.catalog = catalog};
    char *bar = strstr(line, " | "), *rest, *what;
    unsigned wrong = 0;

    if (!bar)
        fail_msg("queries.txt: no bar in \"%s\"", line);
    *bar = '\0';
    a.count = catalog_search(catalog, line, a.order);
    rest = bar + 3;
    rest[strcspn(rest, "\n")] = '\0';
    while ((what = strsep(&rest, ",")) != NULL) {
        what += strspn(what, " ");
        if (holds(&a, what))
            continue;
        wrong++;
        print_message("\"%s\": not \"%s\", but", line, what);
        for (size_t i = 0; i < a.count && i < 6; i++)
            print_message(" %s", found(&a, i));
        print_message("\n");
    }
    return wrong;
}

static void what_people_type(void **state)
{
    const struct surface *surface = *state;
    FILE *file = fopen(SURFACE_QUERIES, "re");
    char line[512];
    unsigned queries = 0, wrong = 0;

    assert_non_null(file);
    assert_true(catalog_count(surface->catalog) <= 512);
    while (fgets(line, sizeof(line), file)) {
        if (line[0] == '#' || line[0] == '\n')
            continue;
        queries++;
        wrong += check_line(surface->catalog, line);
    }
    (void)fclose(file);
    assert_true(queries >= QUERY_LEAST);
    assert_int_equal(wrong, 0);
}

/* No word that stands only in an argument, a column or a description brings up a change. */
static void weak_places_bring_no_change(void **state)
{
    static const char *const words[] = {"confirm",   "vmstate", "comment", "digest",
                                        "propagate", "memory",  "manager", "password"};
    const struct surface *surface = *state;

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        struct answer a = {.catalog = surface->catalog};

        a.count = catalog_search(surface->catalog, words[i], a.order);
        if (!no_change(&a))
            fail_msg("%s brings up %s", words[i], found(&a, 0));
    }
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_people_type, surface_open, surface_close),
        cmocka_unit_test_setup_teardown(weak_places_bring_no_change, surface_open, surface_close),
    };

    if (argc > 1 && strcmp(argv[1], "plane-host") == 0)
        return surface_host();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
