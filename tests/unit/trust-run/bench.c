/* SPDX-License-Identifier: Apache-2.0 */
#include "bench.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/file.h"
#include "base/json.h"
#include "fake_exec.h"

const struct crypto_module *proximo_module_crypto(void);

struct bench bench;

const char bench_config[] = "'guards':[{'path':'" CONFIG "','fields':['/digest','/tags'],'status':200,"
                            "'value':{'/digest':'d1','/tags':'a'}}]";

static const struct run_times quick = {
    .follow_first = 5,
    .follow_most = 10,
    .follow_silent = 150,
    .stop_answer = 100,
    .stop_end = 300,
    .always = 150,
    .wait = 150,
    .wait_interval = 10,
    .lost = 60,
    .lost_pause = 20,
    .request = 2000,
    .after = 500,
};

static void make_folder(const char *name)
{
    char *path = bench_file(name);
    assert_int_equal(mkdir(path, 0700), 0);
    free(path);
}

static void write_file(const char *name, const char *text, size_t len)
{
    char *path = bench_file(name);
    assert_int_equal(file_write_atomic(path, text, len, 0600), 0);
    free(path);
}

char *bench_file(const char *name)
{
    char *path = NULL;
    assert_true(asprintf(&path, "%s/%s", bench.folder, name) > 0);
    return path;
}

int bench_setup(void **state)
{
    (void)state;
    memset(&bench, 0, sizeof(bench));
    fake_http_reset();
    fake_exec_reset();
    ledger_bodies[0] = '\0';
    ledger_error = 0;
    snprintf(bench.folder, sizeof(bench.folder), "/tmp/proximo-run-XXXXXX");
    if (!mkdtemp(bench.folder))
        return -1;
    make_folder("plans");
    make_folder("plans/executing");
    make_folder("undo");
    write_file("token", TOKEN "=0b1e5b2a-0000-0000-0000-000000000000\n", strlen(TOKEN) + 38);
    bench.site_row = (struct config_site){.name = (char *)(uintptr_t) "lab",
                                          .kind = CONFIG_PVE,
                                          .timeout_s = 5,
                                          .token_file = bench_file("token")};
    bench.config = (struct config){.sites = &bench.site_row, .site_count = 1, .undo_keep_days = 90};
    bench.trust = (struct trust){.config = &bench.config,
                                 .crypto = proximo_module_crypto(),
                                 .plans_dir = bench_file("plans"),
                                 .undo_dir = bench_file("undo"),
                                 .secrets_mutex = PTHREAD_MUTEX_INITIALIZER};
    bench.times = quick;
    bench.stop = cancel_new();
    if (sites_new(&bench.config, &bench.sites) < 0)
        return -1;
    fake_http_script("GET /version", (struct fake_answer){.body = "{\"data\":{\"version\":\"9.2\"}}"});
    fake_http_script("GET " CONFIG,
                     (struct fake_answer){.body = "{\"data\":{\"digest\":\"d1\",\"tags\":\"a\"}}"});
    fake_http_script("GET " TASK "/log", (struct fake_answer){.body = "{\"data\":[],\"total\":0}"});
    return 0;
}

static void remove_tree(const char *path)
{
    DIR *dir = opendir(path);
    for (struct dirent *entry = dir ? readdir(dir) : NULL; entry; entry = readdir(dir)) {
        char inner[512];
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        snprintf(inner, sizeof(inner), "%.200s/%.255s", path, entry->d_name);
        if (unlink(inner) < 0)
            remove_tree(inner);
    }
    if (dir)
        closedir(dir);
    (void)rmdir(path);
}

int bench_teardown(void **state)
{
    (void)state;
    run_result_done(&bench.result);
    secret_forget(&bench.trust, NULL);
    sites_free(bench.sites);
    cancel_unref(bench.stop);
    if (bench.plan.root)
        json_object_put(bench.plan.root);
    free(bench.site_row.token_file);
    free(bench.trust.plans_dir);
    free(bench.trust.undo_dir);
    remove_tree(bench.folder);
    return 0;
}

static void told(void *arg, uint32_t done, uint32_t total, const char *message)
{
    (void)arg;
    if (bench.told_count >= sizeof(bench.told) / sizeof(*bench.told))
        return;
    struct told *t = &bench.told[bench.told_count++];
    *t = (struct told){.done = done, .total = total};
    snprintf(t->message, sizeof(t->message), "%s", message);
}

void bench_plan(const char *members)
{
    char *text = NULL;
    assert_true(asprintf(&text, "{%s}", members) > 0);
    for (char *c = text; *c; c++)
        *c = *c == '\'' ? '"' : *c;
    if (bench.plan.root)
        json_object_put(bench.plan.root);
    memset(&bench.plan, 0, sizeof(bench.plan));
    struct problem p = PROBLEM_INIT;
    if (json_parse(text, strlen(text), &bench.plan.root, &p) < 0)
        fail_msg("%s: %s", p.cause, text);
    free(text);
    memcpy(bench.plan.id, PLAN_ID, sizeof(PLAN_ID));
    memset(bench.plan.sha256, 'e', 64);
    bench.plan.site = "lab";
    bench.plan.tool = "pve_guest_power";
    bench.plan.action = "guest.stop";
    bench.plan.subject = "guest/105";
}

static const char *ended(int r, const struct problem *p)
{
    if (r < 0)
        return p->code;
    assert_non_null(bench.result.record);
    return run_outcome_name(bench.result.outcome);
}

static void begin(void)
{
    run_result_done(&bench.result);
    bench.told_count = 0;
    bench.request = (struct run_request){.trust = &bench.trust,
                                         .plan = &bench.plan,
                                         .site = sites_at(bench.sites, 0),
                                         .stop = bench.stop,
                                         .halted = bench.halted,
                                         .progress = told};
}

const char *bench_run(void)
{
    static struct problem p;
    p = PROBLEM_INIT;
    begin();
    return ended(run_plan_timed(&bench.request, &bench.times, &bench.result, &p), &p);
}

const char *bench_resolve(void)
{
    static struct problem p;
    p = PROBLEM_INIT;
    begin();
    size_t changes = fake_http_changes();
    const char *name = ended(run_resolve_timed(&bench.request, &bench.times, &bench.result, &p), &p);
    assert_int_equal(fake_http_changes(), changes); /* whatever it is: nothing is sent */
    return name;
}

const char *bench_step(size_t i, const char *member)
{
    struct json_object *steps = NULL;
    const char *text = "";
    assert_int_equal(json_get(bench.result.record, "steps", json_type_array, &steps), 0);
    (void)json_get_string(json_object_array_get_idx(steps, i), member, &text, NULL);
    return text;
}

bool bench_was_told(const char *part)
{
    for (size_t i = 0; i < bench.told_count; i++) {
        if (strstr(bench.told[i].message, part))
            return true;
    }
    return false;
}

static const char *file_text(const char *path)
{
    static struct buf text;
    buf_done(&text);
    text = BUF_INIT(1 << 24);
    if (file_read(path, &text) < 0 || !text.data)
        return "";
    return text.data;
}

const char *bench_journal(void)
{
    char *path = bench_file("plans/executing/" PLAN_ID ".journal");
    const char *text = file_text(path);
    free(path);
    return text;
}

void bench_journal_set(const char *text, size_t len)
{
    write_file("plans/executing/" PLAN_ID ".journal", text, len);
}

void bench_stop(void *unused)
{
    (void)unused;
    cancel_set(bench.stop);
}

static bool is_below(const char *path, const char *text)
{
    bool found = false;
    DIR *dir = opendir(path);
    if (!dir)
        return strstr(file_text(path), text) != NULL;
    for (struct dirent *entry = readdir(dir); entry && !found; entry = readdir(dir)) {
        char inner[512];
        snprintf(inner, sizeof(inner), "%.200s/%.255s", path, entry->d_name);
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            found = is_below(inner, text);
    }
    closedir(dir);
    return found;
}

bool bench_is_anywhere(const char *text)
{
    const char *record = bench.result.record
                             ? json_object_to_json_string_ext(bench.result.record, JSON_C_TO_STRING_PLAIN)
                             : "";
    return is_below(bench.folder, text) || strstr(bench.result.why, text) || strstr(record, text) ||
           strstr(ledger_bodies, text) || bench_was_told(text);
}
