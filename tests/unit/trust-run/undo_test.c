/* SPDX-License-Identifier: Apache-2.0 */
/* The record of a run, its file, and the way back that is made from it. */
#include "base/text.h"
#include "bench.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "plans.h"
#include "proximo/plane.h"

#define PUT       "PUT " CONFIG
#define UNDO_FILE "undo/" PLAN_ID ".json"
/* Raw steps of an undo table: one request that sets tags to what a reference says. */
#define UNDO(ref)                                                                                            \
    "'undo':{'kind':'template','class':'guest.config','steps':[{'name':'back','kind':1,'method':'PUT',"      \
    "'path':'" CONFIG "','params':[{'name':'tags','value':'" ref "','flags':2}]}]}"

static struct json_object *draft;

static int teardown(void **state)
{
    if (draft)
        json_object_put(draft);
    draft = NULL;
    return bench_teardown(state);
}

static const char *text_of(struct json_object *value)
{
    return json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

/* Sets tags from a to b; `more`: members of the plan. */
static void change(const char *more)
{
    char text[4000];
    snprintf(text, sizeof(text),
             "%s,'subjects':[{'class':'guest.tags','subject':{'kind':'guest','vmid':105}}],"
             "'arguments':{'tags':'b','vmid':'105','password':{'secret':true}},'steps':[%s],%s",
             bench_config, PUT_STEP("b", ""), more);
    bench_plan(text);
    fake_http_reset();
    fake_http_script(PUT, SAY(.body = NOTHING));
    fake_http_script("GET " CONFIG, SAY(.body = "{\"data\":{\"digest\":\"d2\",\"tags\":\"b\"}}"));
    assert_string_equal(bench_run(), "ok");
}

static void remove_journal(void)
{
    char *path = bench_file("plans/executing/" PLAN_ID ".journal");
    (void)remove(path);
    free(path);
}

static const char *undo(void)
{
    static struct problem p;
    p = PROBLEM_INIT;
    if (draft)
        json_object_put(draft);
    draft = NULL;
    if (undo_from_template(bench.result.record, &draft, &p) < 0) {
        assert_string_equal(p.code, PX_UNDO);
        return p.cause;
    }
    return "";
}

/* design 2: "Undo is built after the fact" */
static void record_has_both_states(void **state)
{
    (void)state;
    change(UNDO("before.0:/tags"));
    const char *text = text_of(bench.result.record);
    assert_non_null(strstr(text, "\"before\":[{\"/digest\":\"d1\",\"/tags\":\"a\"}]"));
    assert_non_null(strstr(text, "\"after\":[{\"/digest\":\"d2\",\"/tags\":\"b\"}]"));
    assert_non_null(strstr(text, "\"after_status\":[200]"));
    assert_non_null(strstr(text, "\"format\":\"proximo-undo-1\""));
    assert_non_null(strstr(text, "\"plan_id\":\"" PLAN_ID "\""));
    assert_non_null(strstr(text, "\"kept_until\":"));
    assert_string_equal(fake_http_at(fake_http_count() - 1)->method, "GET"); /* read after the last step */
}

static void before_becomes_literal(void **state)
{
    (void)state;
    change(UNDO("before.0:/tags"));
    assert_string_equal(undo(), "");
    assert_non_null(strstr(text_of(draft), "\"params\":[{\"name\":\"tags\",\"value\":\"a\"}]"));
    /* The same things are guarded, as they are after the change. */
    assert_non_null(
        strstr(text_of(draft), "\"guards\":[{\"path\":\"" CONFIG "\",\"fields\":\"/digest,/tags\"}]"));
    assert_non_null(strstr(text_of(draft), "\"subjects\":[{\"class\":\"guest.config\",\"subject\":{\"kind\":"
                                           "\"guest\",\"vmid\":105}}]"));
}

static void after_argument_and_result(void **state)
{
    (void)state;
    change(UNDO("after.0:/digest"));
    assert_string_equal(undo(), "");
    assert_non_null(strstr(text_of(draft), "\"value\":\"d2\""));
    remove_journal();
    change(UNDO("argument:tags"));
    assert_string_equal(undo(), "");
    assert_non_null(strstr(text_of(draft), "\"value\":\"b\""));
}

static void no_value(const char *more, const char *why)
{
    remove_journal();
    change(more);
    const char *cause = undo();
    if (!strstr(cause, why))
        fail_msg("'%s' is not in '%s'", why, cause);
}

/* design 2: "A field that GET masks or omits is write-only" */
static void no_way_back(void **state)
{
    (void)state;
    no_value(UNDO("before.0:/nowhere"), "not in the record");
    no_value(UNDO("before.7:/tags"), "not in the record");
    no_value(UNDO("nothing"), "no reference");
    no_value(UNDO("argument:password"), "write-only");
    no_value("'undo':{'kind':'none','note':'it is gone for good'}", "gone for good");
    no_value("'undo':{'kind':'template','steps':[]}", "no way back");
    no_value("'undo':{'kind':'template','steps':[{'name':'x','kind':1,'method':'PUT','path':'/x','params':[{"
             "'name':'password','value':'password','flags':1}]}]}",
             "write-only");
}

static void set_before(const char *value)
{
    struct json_object *before = NULL;
    remove_journal();
    change(UNDO("before.0:/tags"));
    assert_int_equal(json_get(bench.result.record, "before", json_type_array, &before), 0);
    json_object_object_add(json_object_array_get_idx(before, 0), "/tags", json_tokener_parse(value));
}

static void masked(void **state)
{
    (void)state;
    set_before("\"**********\"");
    assert_non_null(strstr(undo(), "never shows it"));
    set_before("{\"secret\":true}");
    assert_non_null(strstr(undo(), "never shows it"));
    set_before("{\"absent\":true}");
    assert_non_null(strstr(undo(), "not in the record"));
    set_before("\"**\"");
    assert_string_equal(undo(), "");
}

static void nothing_was_changed(void **state)
{
    (void)state;
    char text[2000];
    snprintf(text, sizeof(text), "'steps':[%s],%s", PUT_STEP("b", ""), UNDO("before.0:/tags"));
    bench_plan(text);
    fake_http_script(PUT, SAY(.status = 500, .body = "{\"data\":null,\"message\":\"no\"}"));
    assert_string_equal(bench_run(), "failed");
    assert_non_null(strstr(undo(), "nothing to undo"));
}

/* design 2: "Undo of an undo is redo" */
static void redo(void **state)
{
    (void)state;
    struct json_object *table = NULL;
    change(UNDO("before.0:/tags"));
    assert_string_equal(undo(), "");
    assert_int_equal(json_get(draft, "undo", json_type_object, &table), 0);
    json_object_object_add(table, "kind", json_object_new_string("template")); /* as a plan has it */
    char *text = strdup(text_of(table));
    char members[4000];
    snprintf(members, sizeof(members), "%s,'steps':[%s],'undo':%s,'undo_of':'x'", bench_config,
             PUT_STEP("a", ""), text);
    free(text);
    remove_journal();
    bench_plan(members);
    fake_http_script(PUT, SAY(.body = NOTHING));
    assert_string_equal(bench_run(), "ok");
    assert_string_equal(undo(), "");
    struct json_object *steps = NULL;
    assert_int_equal(json_get(draft, "steps", json_type_array, &steps), 0);
    assert_int_equal(json_object_array_length(steps), 1);
    assert_non_null(strstr(text_of(steps), "\"method\":\"PUT\",\"path\":\"" CONFIG
                                           "\",\"params\":[{\"name\":\"tags\",\"value\":\"b\"}]"));
}

/* What held a secret cannot be said again. */
static void no_redo_of_a_secret(void **state)
{
    (void)state;
    struct json_object *steps = json_tokener_parse(
        "[{\"name\":\"x\",\"kind\":\"request\",\"method\":\"PUT\",\"path\":\"/x\",\"params\":[{\"name\":"
        "\"password\",\"secret\":\"password\"}]}]");
    assert_null(undo_redo_steps(steps, 0));
    json_object_put(steps);
}

/* ---- the file */

static const char *load(const char *sha256)
{
    static struct problem p;
    struct json_object *record = NULL;
    p = PROBLEM_INIT;
    int r = undo_load(&bench.trust, PLAN_ID, sha256, &record, &p);
    if (r == 0)
        json_object_put(record);
    else
        assert_string_equal(p.code, PX_UNDO);
    return r == 0 ? "" : p.cause;
}

/* design 2: "Before-state, results and after-state live in an undo file" */
static void file_is_private_and_hashed(void **state)
{
    (void)state;
    struct stat st;
    unsigned char digest[32];
    char hex[65];
    CLEANUP_BUF struct buf bytes = BUF_INIT(1 << 20);
    change(UNDO("before.0:/tags"));
    char *path = bench_file(UNDO_FILE);
    assert_int_equal(stat(path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(file_read(path, &bytes), 0);
    assert_int_equal(bench.trust.crypto->sha256(bytes.data, bytes.len, digest), 0);
    text_hex(digest, sizeof(digest), hex);
    assert_string_equal(hex, bench.result.undo_sha256);
    assert_string_equal(load(hex), "");
    assert_string_equal(load(NULL), "");
    free(path);
}

static void changed_file_is_refused(void **state)
{
    (void)state;
    CLEANUP_BUF struct buf bytes = BUF_INIT(1 << 20);
    change(UNDO("before.0:/tags"));
    char *path = bench_file(UNDO_FILE);
    assert_int_equal(file_read(path, &bytes), 0);
    char *at = strstr(bytes.data, "\"a\"");
    assert_non_null(at);
    at[1] = 'c';
    assert_int_equal(file_write_atomic(path, bytes.data, bytes.len, 0600), 0);
    assert_non_null(strstr(load(bench.result.undo_sha256), "was changed"));
    assert_int_equal(chmod(path, 0622), 0); /* others could have written it */
    assert_non_null(strstr(load(NULL), "cannot be read"));
    assert_int_equal(file_write_atomic(path, "{", 1, 0600), 0);
    assert_non_null(strstr(load(NULL), "is not JSON"));
    assert_int_equal(file_write_atomic(path, "{\"format\":\"proximo-undo-1\",\"plan_id\":\"x\"}", 41, 0600),
                     0);
    assert_non_null(strstr(load(NULL), "not one of that plan"));
    assert_int_equal(remove(path), 0);
    assert_int_equal(symlink("/etc/hostname", path), 0);
    assert_non_null(strstr(load(NULL), "cannot be read"));
    free(path);
}

static void cannot_be_written(void **state)
{
    (void)state;
    char *folder = bench_file("undo");
    assert_int_equal(remove(folder), 0);
    free(folder);
    change(UNDO("before.0:/tags"));
    assert_string_equal(bench.result.undo_sha256, "");
    assert_non_null(strstr(bench.result.why, "no way back"));
}

static void make_old(const char *path, int64_t days)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_REALTIME, &now);
    struct timespec times[2] = {{.tv_sec = now.tv_sec - days * 86400}, {.tv_sec = now.tv_sec - days * 86400}};
    assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static void pruning_is_recorded(void **state)
{
    (void)state;
    change(UNDO("before.0:/tags"));
    char *path = bench_file(UNDO_FILE);
    char *other = bench_file("undo/notes.json");
    assert_int_equal(file_write_atomic(other, "{}", 2, 0600), 0);
    make_old(other, 400);
    make_old(path, 89);
    undo_prune(&bench.trust);
    assert_int_equal(access(path, F_OK), 0);
    make_old(path, 91);
    ledger_error = -EIO; /* what cannot be recorded stays */
    undo_prune(&bench.trust);
    assert_int_equal(access(path, F_OK), 0);
    ledger_error = 0;
    undo_prune(&bench.trust);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(access(other, F_OK), 0); /* not ours */
    assert_string_equal(ledger_bodies, "pruned \"what\":\"undo\",\"plan_ids\":[\"" PLAN_ID "\"]\n");
    assert_non_null(strstr(load(bench.result.undo_sha256), "any more"));
    free(path);
    free(other);
}

static void kept_as_configured(void **state)
{
    (void)state;
    bench.config.undo_keep_days = 7;
    change(UNDO("before.0:/tags"));
    char *path = bench_file(UNDO_FILE);
    make_old(path, 8);
    undo_prune(&bench.trust);
    assert_int_equal(access(path, F_OK), -1);
    free(path);
}

#define T(name) cmocka_unit_test_setup_teardown(name, bench_setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(record_has_both_states),
        T(before_becomes_literal),
        T(after_argument_and_result),
        T(no_way_back),
        T(masked),
        T(nothing_was_changed),
        T(redo),
        T(no_redo_of_a_secret),
        T(file_is_private_and_hashed),
        T(changed_file_is_refused),
        T(cannot_be_written),
        T(pruning_is_recorded),
        T(kept_as_configured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
