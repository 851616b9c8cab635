/* SPDX-License-Identifier: Apache-2.0 */
/* Has every tool of every built-in plane the rows that it must have, and is nothing kept for tools that are
 * gone? */
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "row.h"
#include "tests/integration/road/road.h"

#define FILES_MOST 200

static struct row_file files[FILES_MOST];
static size_t file_count;
static int bad;

static void missing(const char *tool, const char *what)
{
    print_error("%s: %s\n", tool, what);
    bad++;
}

static const char *folder(const char *variable)
{
    const char *value = getenv(variable);

    return value ? value : ".";
}

/* ---- what a row has */

/* Proxmox takes it from no token: there is nothing to apply. */
static bool is_never(const struct row *row)
{
    return row_part(row, "never", json_type_object) != NULL;
}

static bool has_text(struct json_object *o, const char *name)
{
    return json_object_is_type(o, json_type_object) &&
           json_object_is_type(json_object_object_get(o, name), json_type_string);
}

static bool has_answer(const struct row *row)
{
    return row_part(row, "answer", json_type_object) != NULL;
}

static bool is_applied(const struct row *row)
{
    struct json_object *apply = json_object_object_get(row->json, "apply");

    return !row_part(row, "nothing", json_type_boolean) && !json_object_is_type(apply, json_type_boolean);
}

static bool has_refused(const struct row *row)
{
    struct json_object *refused = row_part(row, "refused", json_type_object);

    return has_text(refused, "token") || has_text(refused, "why");
}

static bool has_invalid(const struct row *row)
{
    struct json_object *list = row_part(row, "invalid", json_type_array);

    return (list && json_object_array_length(list)) ||
           has_text(row_part(row, "invalid", json_type_object), "why");
}

static bool has_drift(const struct row *row)
{
    struct json_object *drift = row_part(row, "drift", json_type_array);

    return drift && json_object_array_length(drift);
}

static bool has_fails(const struct row *row)
{
    return row_part(row, "fails", json_type_object) != NULL;
}

static bool has_undo(const struct row *row)
{
    return row_part(row, "undo", json_type_object) != NULL;
}

static const struct {
    bool (*has)(const struct row *row);
    bool reads, changes;
    const char *what;
} wanted[] = {
    {has_answer, true, false, "no row has an answer"},
    {is_applied, false, true, "no row is applied"},
    {has_refused, true, true, "no row is refused with a lesser token"},
    {has_invalid, true, true, "no row has invalid arguments"},
    {has_drift, false, true, "no row has drift"},
    {has_fails, false, true, "no row fails"},
    {has_undo, false, true, "no row has a way back, or none"},
};

static void check_tool(const char *plane, const char *tool, bool change)
{
    bool has[sizeof(wanted) / sizeof(wanted[0])] = {false};
    const struct row_file *in = NULL;

    for (size_t f = 0; f < file_count; f++) {
        for (size_t i = 0; i < files[f].count; i++) {
            const struct row *row = &files[f].rows[i];
            if (strcmp(row->tool, tool) != 0)
                continue;
            if (strcmp(row->plane, plane) != 0)
                missing(tool, "a row names another plane");
            if (in && in != &files[f])
                missing(tool, "has rows in two files");
            in = &files[f];
            for (size_t w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++)
                has[w] = has[w] || wanted[w].has(row) ||
                         (is_never(row) && wanted[w].has != has_invalid && wanted[w].has != has_answer);
        }
    }
    for (size_t w = 0; w < sizeof(wanted) / sizeof(wanted[0]); w++) {
        if (!has[w] && (change ? wanted[w].changes : wanted[w].reads))
            missing(tool, wanted[w].what);
    }
}

/* ---- the tools that there are */

/* Between blanks. */
static struct buf tools = {.limit = 1 << 20};

static bool is_tool(const char *name)
{
    char word[100];

    (void)snprintf(word, sizeof(word), " %.90s ", name);
    return strstr(tools.data, word) != NULL;
}

static void check_table(struct json_object *plane, const char *table, bool change)
{
    struct json_object *rows = NULL;
    const char *name = NULL, *tool = NULL;

    assert_int_equal(json_get_string(plane, "name", &name, NULL), 0);
    if (json_get(plane, table, json_type_array, &rows) < 0)
        return;
    for (size_t i = 0; i < json_object_array_length(rows); i++) {
        assert_int_equal(json_get_string(json_object_array_get_idx(rows, i), "name", &tool, NULL), 0);
        buf_printf(&tools, "%s ", tool);
        check_tool(name, tool, change);
    }
}

static void check_plane(const char *file)
{
    struct road road = {.dir = "/nonexistent"};
    const char *const words[] = {"planes", "inspect", file, "--json", NULL};
    char *text = NULL;

    assert_int_equal(road_command(&road, &text, words), 0);
    struct json_object *plane CLEANUP_JSON = json_tokener_parse(text);
    free(text);
    assert_non_null(plane);
    check_table(plane, "reads", false);
    check_table(plane, "changes", true);
}

static void each_file(const char *variable, const char *pattern, void (*each)(const char *file))
{
    char path[1200];
    glob_t found;

    (void)snprintf(path, sizeof(path), "%s/%s", folder(variable), pattern);
    assert_int_equal(glob(path, 0, NULL, &found), 0);
    for (size_t i = 0; i < found.gl_pathc; i++)
        each(found.gl_pathv[i]);
    globfree(&found);
}

static void load(const char *file)
{
    if (strstr(file, "/plans/") || strstr(file, "/examples/") || strstr(file, "/wrong/"))
        return;
    assert_true(file_count < FILES_MOST);
    row_file_load(file, &files[file_count++]);
}

/* plans/TOOL-2.json */
/* ---- the facts of wire.txt */

static bool is_shown(const char *fact)
{
    for (size_t f = 0; f < file_count; f++) {
        for (size_t i = 0; i < files[f].count; i++) {
            struct json_object *wire = row_part(&files[f].rows[i], "wire", json_type_string);
            if (wire && strcmp(json_object_get_string(wire), fact) == 0)
                return true;
        }
    }
    return false;
}

/* Every fact has a row, and every row that shows one names one that is there. */
static void check_wire(const char *path)
{
    struct buf text CLEANUP_BUF = BUF_INIT(1 << 20);
    struct buf facts CLEANUP_BUF = BUF_INIT(1 << 20);
    char *rest, *line;

    assert_int_equal(file_read(path, &text), 0);
    buf_char(&text, '\0');
    buf_char(&facts, ' ');
    for (rest = text.data; (line = strsep(&rest, "\n")) != NULL;) {
        char *bar = strstr(line, " | ");
        if (line[0] == '#' || !bar)
            continue;
        *bar = '\0';
        buf_printf(&facts, "%s ", line);
        if (!is_shown(line))
            missing(line, "is a fact of wire.txt that no row shows");
    }
    for (size_t f = 0; f < file_count; f++) {
        for (size_t i = 0; i < files[f].count; i++) {
            struct json_object *wire = row_part(&files[f].rows[i], "wire", json_type_string);
            char word[100];
            (void)snprintf(word, sizeof(word), " %.90s ", wire ? json_object_get_string(wire) : "");
            if (wire && !strstr(facts.data, word))
                missing(files[f].rows[i].label, "shows a fact that is not in wire.txt");
        }
    }
}

static void check_kept(const char *file)
{
    const char *base = strrchr(file, '/') + 1;
    char name[100];

    (void)snprintf(name, sizeof(name), "%.*s", (int)strcspn(base, "-."), base);
    if (!is_tool(name))
        missing(file, "is kept for a tool that does not exist");
}

static void test_all(void **context)
{
    (void)context;
    each_file("PROXIMO_TEST_SOURCE_DIR", "tests/tools/*/*.json", load);
    buf_char(&tools, ' ');
    each_file("PROXIMO_TEST_BUILD_DIR", "planes/*.so", check_plane);
    for (size_t f = 0; f < file_count; f++) {
        for (size_t i = 0; i < files[f].count; i++) {
            if (!is_tool(files[f].rows[i].tool))
                missing(files[f].rows[i].tool, "no built-in plane has this tool");
        }
    }
    each_file("PROXIMO_TEST_SOURCE_DIR", "tests/tools/plans/*.json", check_kept);
    each_file("PROXIMO_TEST_SOURCE_DIR", "tests/tools/examples/*.json", check_kept);
    each_file("PROXIMO_TEST_SOURCE_DIR", "tests/tools/wire.txt", check_wire);
    for (size_t f = 0; f < file_count; f++)
        row_file_done(&files[f]);
    buf_done(&tools);
    assert_int_equal(bad, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_all)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
