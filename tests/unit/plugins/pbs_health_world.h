/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A Backup Server on which all is well, for tests of pbs_health: datastore main with an empty root namespace
 * and namespace prod, in which vm/100 was backed up five hours ago and verified.
 */
#ifndef PROXIMO_TEST_PBS_HEALTH_WORLD_H
#define PROXIMO_TEST_PBS_HEALTH_WORLD_H

#include "plan_rig.h"

#include <time.h>

#define SPACES    "/admin/datastore/main/namespace"
#define SNAPSHOTS "/admin/datastore/main/snapshots"
#define PROD      "?ns=prod"
#define RUNNING   "/nodes/localhost/tasks?running=1&typefilter=backup&limit=1000"
#define JOB(id, more)                                                                                        \
    "{\"id\":\"" id                                                                                          \
    "\",\"store\":\"main\",\"schedule\":\"daily\",\"last-run-state\":\"OK\",\"last-run-upid\":\"U\"" more    \
    "}"
#define TICKS 4 /* seconds that the test may take until the call reads the clock */

struct world {
    struct plane_test t;
    int64_t now;
};

PLANE_TEST_FN const struct proximo_plane *world_plane;

PLANE_TEST_FN int world_load(void **state)
{
    (void)state;
    world_plane = plane_load("pbs");
    return 0;
}

/* A whole number at *text, which is moved behind it. */
PLANE_TEST_FN int64_t world_number(const char **text)
{
    const bool minus = **text == '-';
    int64_t n = 0;
    for (*text += minus; **text >= '0' && **text <= '9'; (*text)++)
        n = n * 10 + (**text - '0');
    return minus ? -n : n;
}

/* The text with each @N as the time N hours ago. In the test's memory. */
PLANE_TEST_FN char *world_text(struct world *w, const char *text)
{
    const size_t size = strlen(text) * 4 + 32;
    char *ret = (char *)plane_test_keep(&w->t, size);
    size_t len = 0;
    while (*text) {
        if (*text != '@' || !text[1] || !strchr("-0123456789", text[1])) {
            ret[len++] = *text++;
            continue;
        }
        text++;
        len +=
            (size_t)snprintf(ret + len, size - len, "%lld", (long long)(w->now - world_number(&text) * 3600));
    }
    return ret;
}

PLANE_TEST_FN void world_answer(struct world *w, const char *path, const char *text)
{
    for (uint32_t i = 0; i < w->t.answer_count; i++) {
        if (strcmp(w->t.answers[i].path, path) == 0) {
            w->t.answers[i].data = world_text(w, text);
            w->t.answers[i].status = 200;
            return;
        }
    }
    plane_test_answer(&w->t, path, 200, world_text(w, text));
}

/* The word before this character, copied; *text is moved behind the character. */
PLANE_TEST_FN void world_word(const char **text, char end, char *ret, size_t size)
{
    const char *at = strchr(*text, end);
    const size_t len = at ? (size_t)(at - *text) : strlen(*text);
    (void)snprintf(ret, size, "%.*s", (int)len, *text);
    *text += len + (at != NULL);
}

/* "vm/100@5:ok ct/7@2:open": type/id@hours:ok, failed, - or open (no manifest). path: with the query's part.
 */
PLANE_TEST_FN void world_backups_at(struct world *w, const char *path, const char *backups)
{
    char json[8000] = "[", type[8], id[40], how[16];
    size_t len = 1;
    for (const char *at = backups; *at;) {
        world_word(&at, '/', type, sizeof(type));
        world_word(&at, '@', id, sizeof(id));
        const int64_t hours = world_number(&at);
        at += *at == ':';
        world_word(&at, ' ', how, sizeof(how));
        const bool open = strcmp(how, "open") == 0;
        len += (size_t)snprintf(json + len, sizeof(json) - len,
                                "%s{\"backup-type\":\"%s\",\"backup-id\":\"%s\",\"backup-time\":@%lld,"
                                "\"owner\":\"pve@pbs!lab\",\"files\":[{\"filename\":\"x.fidx\"}%s]",
                                len > 1 ? "," : "", type, id, (long long)hours,
                                open ? "" : ",{\"filename\":\"index.json.blob\"}");
        if (strcmp(how, "ok") == 0 || strcmp(how, "failed") == 0)
            len +=
                (size_t)snprintf(json + len, sizeof(json) - len, ",\"verification\":{\"state\":\"%s\"}", how);
        len += (size_t)snprintf(json + len, sizeof(json) - len, "}");
    }
    (void)snprintf(json + len, sizeof(json) - len, "]");
    world_answer(w, path, json);
}

PLANE_TEST_FN void world_backups(struct world *w, const char *query, const char *backups)
{
    char path[200];
    (void)snprintf(path, sizeof(path), SNAPSHOTS "%s", query);
    world_backups_at(w, path, backups);
}

/* The list of failed tasks, whenever in the next seconds it is asked for; store NULL: of all datastores. */
PLANE_TEST_FN void world_tasks_at(struct world *w, const char *store, const char *text)
{
    char path[200];
    for (int i = 0; i < TICKS; i++) {
        (void)snprintf(path, sizeof(path), "/nodes/localhost/tasks?errors=1&limit=1000&since=%lld%s%s",
                       (long long)(w->now + i - 86400), store ? "&store=" : "", store ? store : "");
        world_answer(w, path, text);
    }
}
PLANE_TEST_FN void world_tasks(struct world *w, const char *text)
{
    world_tasks_at(w, NULL, text);
}
PLANE_TEST_FN void world_tasks_of(struct world *w, const char *store)
{
    world_tasks_at(w, store, "[]");
}

PLANE_TEST_FN void world_init(struct world *w)
{
    plane_test_init(&w->t);
    w->t.site_kind = PROXIMO_SITE_PBS;
    w->t.sites = "[{\"name\":\"test\",\"kind\":\"pbs\"}]";
    w->now = (int64_t)time(NULL);
    world_answer(w, "/admin/datastore", "[{\"store\":\"main\"}]");
    world_answer(w, SPACES, "[{\"ns\":\"\"},{\"ns\":\"prod\"}]");
    world_backups(w, "", "");
    world_backups(w, PROD, "vm/100@5:ok");
    world_answer(w, "/status/datastore-usage", "[{\"store\":\"main\",\"total\":1000,\"used\":500}]");
    world_answer(
        w, "/admin/gc",
        "[{\"store\":\"main\",\"schedule\":\"daily\",\"last-run-state\":\"OK\",\"last-run-endtime\":@20}]");
    world_answer(w, "/admin/prune", "[" JOB("p", ",\"keep-last\":3") "]");
    world_answer(w, "/admin/verify", "[" JOB("v", "") "]");
    world_answer(w, "/admin/sync?sync-direction=all", "[]");
    world_answer(
        w, "/config/datastore",
        "[{\"name\":\"main\",\"gc-schedule\":\"daily\",\"prune-schedule\":\"\",\"verify-new\":false}]");
    world_answer(w, RUNNING, "[]");
    world_tasks(w, "[]");
}

PLANE_TEST_FN void world_read(struct world *w)
{
    const int32_t r = plane_test_read(&w->t, world_plane, "pbs_health");
    if (r)
        fail_msg("%d: %s", (int)r, w->t.fail_text);
    assert_int_equal(w->t.reply_count, 1);
}

PLANE_TEST_FN void expect_finding(const struct plane_test *t, const char *code, const char *words)
{
    char member[80];
    (void)snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
    for (uint32_t i = 0; i < plane_test_told_count(t, "findings"); i++) {
        const char *told = plane_test_told(t, "findings", i);
        if (strstr(told, member) && strstr(told, words))
            return;
    }
    fail_msg("no %s with \"%s\"; first: %s", code, words,
             plane_test_told(t, "findings", 0) ? plane_test_told(t, "findings", 0) : "none");
}

PLANE_TEST_FN void expect_no_finding(const struct plane_test *t, const char *why)
{
    if (plane_test_told_count(t, "findings"))
        fail_msg("%s: %s", why, plane_test_told(t, "findings", 0));
}

#endif
