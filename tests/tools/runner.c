/* SPDX-License-Identifier: Apache-2.0 */
/* Runs all rows of one file: runner FILE [TOOL].
 * runner --wrong FILE: the rows are wrong on purpose, and each one's `why` must be among what is found.
 * With TOOLS_BRIEF in the environment: of each tool the first row alone, without drift and failures;
 * for a build beside one that runs all of them (cmake/runs.cmake). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/json.h"
#include "check.h"
#include "contract.h"

#define CHECKS_MOST (3 * ROWS_MOST + 1)
#define OF_CONTRACT "would not take"

struct check {
    const struct row *row;
    void (*run)(struct stage *stage);
    struct json_object *sim; /* of a row that fails */
    char name[200];
};

static struct row_file file;
static struct check checks[CHECKS_MOST + 1]; /* the last has no row */
static struct CMUnitTest tests[CHECKS_MOST];
static struct stage stage;

static void test_check(void **context)
{
    const struct check *check = *context;

    stage_up(&stage, check->row, check->sim);
    check->run(&stage);
    stage_down(&stage);
}

/* All checks of one wrong row. */
static void test_wrong(void **context)
{
    struct buf found CLEANUP_BUF = BUF_INIT(1 << 20);
    const struct row *row = ((const struct check *)*context)->row;
    const char *why = member(row->json, "why");

    assert_non_null(why);
    if (strcmp(why, OF_CONTRACT) == 0 && !contract_known())
        skip();
    stage_collect(&found);
    for (const struct check *check = *context; check->row == row; check++) {
        stage_up(&stage, row, check->sim);
        check->run(&stage);
        stage_down(&stage);
    }
    stage_collect(NULL);
    if (!found.len || !strstr(found.data, why))
        fail_msg("%s: not found: %s\nbut: %s", row->label, why, found.len ? found.data : "nothing");
}

static int tidy(void **context)
{
    (void)context;
    stage_collect(NULL);
    stage_abandon(&stage);
    return 0;
}

/* ---- the surface */

/* The façade describes it, as what it is. */
static void check_described(const struct row *row)
{
    char arguments[100];
    bool failed = true;

    (void)snprintf(arguments, sizeof(arguments), "{\"tool\":\"%s\"}", row->tool);
    struct json_object *answer CLEANUP_JSON =
        server_tool(&stage.server, "proximo_describe", arguments, &failed);
    if (failed || strcmp(at(answer, "/tools/0/kind"), row->change ? "change" : "read") != 0 ||
        strcmp(at(answer, "/tools/0/plane"), row->plane) != 0)
        stage_bad(&stage, "%s is no %s of the plane %s: %s", row->tool, row->change ? "change" : "read",
                  row->plane, json_object_to_json_string(answer));
}

/* The names of all pages of tools/list, each between blanks. */
static void all_names(struct buf *names)
{
    char params[400] = "";
    bool more = true;

    buf_char(names, ' ');
    while (more) {
        int code = 0;
        struct json_object *list = NULL;
        struct json_object *page CLEANUP_JSON = server_method(&stage.server, "tools/list", params, &code);
        assert_int_equal(code, 0);
        assert_int_equal(json_get(page, "tools", json_type_array, &list), 0);
        for (size_t i = 0; i < json_object_array_length(list); i++)
            buf_printf(names, "%s ", member(json_object_array_get_idx(list, i), "name"));
        more = member(page, "nextCursor") != NULL;
        if (more)
            (void)snprintf(params, sizeof(params), "\"cursor\":\"%s\"", member(page, "nextCursor"));
    }
}

static void test_surface(void **context)
{
    struct buf names CLEANUP_BUF = BUF_INIT(1 << 20);
    const struct row plain = {.json = json_object_new_object(),
                              .planes = file.rows[0].planes,
                              .plane = file.rows[0].plane,
                              .label = "surface"};

    (void)context;
    stage_up(&stage, &plain, NULL);
    for (size_t i = 0; i < file.count; i++) {
        if (file.rows[i].number == 1)
            check_described(&file.rows[i]);
    }
    assert_int_equal(server_stop(&stage.server), 0);
    stage_configure(&stage, "surface: full\n");
    server_start(&stage.road, &stage.server, NULL);
    all_names(&names);
    for (size_t i = 0; i < file.count; i++) {
        char word[100];
        (void)snprintf(word, sizeof(word), " %s ", file.rows[i].tool);
        if (!strstr(names.data, word))
            stage_bad(&stage, "%s is not listed with surface: full:%s", file.rows[i].tool, names.data);
    }
    json_object_put(plain.json);
    assert_int_equal(server_stop(&stage.server), 0);
    stage.served = false;
    const int bad = stage.bad;
    stage_abandon(&stage);
    assert_int_equal(bad, 0);
}

/* ---- the list of checks */

static size_t add(size_t count, const struct row *row, const char *what, void (*run)(struct stage *),
                  struct json_object *sim)
{
    struct check *check = &checks[count];

    *check = (struct check){.row = row, .run = run, .sim = sim};
    const char *wire = member(row->json, "wire");
    (void)snprintf(check->name, sizeof(check->name), "%s%s%s%s: %s", wire ? "wire: " : "", wire ? wire : "",
                   wire ? ": " : "", row->label, what);
    tests[count] = (struct CMUnitTest){
        .name = check->name, .test_func = test_check, .teardown_func = tidy, .initial_state = check};
    return count + 1;
}

/* {"sim": [...]}, or {"fault": "..."} for --fault. The caller's. */
static struct json_object *failing(struct json_object *fails)
{
    struct json_object *sim = json_object_new_array(), *more = NULL;

    if (json_get(fails, "sim", json_type_array, &more) == 0) {
        for (size_t i = 0; i < json_object_array_length(more); i++)
            json_object_array_add(sim, json_object_get(json_object_array_get_idx(more, i)));
    }
    if (member(fails, "fault")) {
        json_object_array_add(sim, json_object_new_string("--fault"));
        json_object_array_add(sim, json_object_new_string(member(fails, "fault")));
    }
    return sim;
}

static size_t add_row(size_t count, const struct row *row, bool brief)
{
    struct json_object *fails = row_part(row, "fails", json_type_object);

    if (!row->change)
        return add(count, row, "read", check_read, NULL);
    count = add(count, row, "change", check_change, NULL);
    if (brief)
        return count;
    if (row_part(row, "drift", json_type_array))
        count = add(count, row, "drift", check_drift, NULL);
    if (fails)
        count = add(count, row, "fails", check_fails, failing(fails));
    return count;
}

/* One test for each row instead of one for each of its checks. */
static size_t wrong_tests(size_t count)
{
    size_t rows = 0;

    for (size_t i = 0; i < count; i++) {
        if (i && checks[i].row == checks[i - 1].row)
            continue;
        tests[rows++] = (struct CMUnitTest){.name = member(checks[i].row->json, "why"),
                                            .test_func = test_wrong,
                                            .teardown_func = tidy,
                                            .initial_state = &checks[i]};
    }
    return rows;
}

int main(int argc, char **argv)
{
    const bool wrong = argc > 2 && strcmp(argv[1], "--wrong") == 0;
    const char *name = argc > 1 ? argv[1 + wrong] : "", *tool = !wrong && argc > 2 ? argv[2] : NULL;
    const bool brief = !wrong && getenv("TOOLS_BRIEF");
    size_t count = 0, run;

    if (argc < 2) {
        (void)fprintf(stderr, "usage: %s FILE [TOOL]\n       %s --wrong FILE\n", argv[0], argv[0]);
        return 2;
    }
    row_file_load(name, &file);
    for (size_t i = 0; i < file.count; i++) {
        if ((!tool || strcmp(tool, file.rows[i].tool) == 0) && (!brief || file.rows[i].number == 1))
            count = add_row(count, &file.rows[i], brief);
    }
    run = count;
    if (wrong)
        run = wrong_tests(count);
    else if (!brief)
        tests[run++] =
            (struct CMUnitTest){.name = "in both surfaces", .test_func = test_surface, .teardown_func = tidy};
    const int failed = _cmocka_run_group_tests(name, tests, run, NULL, NULL);
    for (size_t i = 0; i < count; i++)
        json_object_put(checks[i].sim);
    row_file_done(&file);
    return failed != 0;
}
