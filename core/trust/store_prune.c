/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pruning: plans that waited past their expiry, done ones that are older than the records of undo, and what a
 * crash left half-written. It is recorded first; if that fails nothing is removed.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/build.h"
#include "trust/store.h"

#define DAY_S         INT64_C(86400)
#define LEFTOVER_S    INT64_C(3600)
#define PRUNE_AT_ONCE 200u

struct pruning {
    struct trust *trust;
    enum plan_state state;
    int folder;
    int64_t now_s;
    char (*names)[NAME_MAX + 1];
    size_t count;
};

/* Has a waiting plan expired? An unreadable one has when its longest time is over. */
static bool waiting_is_over(const struct pruning *x, const char *id, const struct stat *st)
{
    struct plan *plan = NULL;
    struct problem p = PROBLEM_INIT;

    if (store_load_at(x->trust, x->folder, id, &plan, &p) < 0)
        return st->st_mtime + PLAN_WAIT_LONG_S < x->now_s;
    const bool over = plan->expires_s <= x->now_s;
    plan_free(plan);
    return over;
}

static bool is_over(const struct pruning *x, const char *name)
{
    struct stat st;
    char id[PLAN_ID_SIZE];

    if (strnlen(name, PLAN_ID_SIZE) < PLAN_ID_SIZE || name[PLAN_ID_SIZE - 1] != '.' ||
        fstatat(x->folder, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
        return false;
    memcpy(id, name, sizeof(id) - 1);
    id[sizeof(id) - 1] = '\0';
    if (!plan_id_is_good(id))
        return false;
    const char *suffix = name + PLAN_ID_SIZE;
    if (strncmp(suffix, "json.", 5) == 0 ||
        strncmp(suffix, "approval.", 9) == 0) /* a temporary file of one that died while writing */
        return st.st_mtime + LEFTOVER_S < x->now_s;
    if (x->state == PLAN_DONE)
        return st.st_mtime + (int64_t)x->trust->config->undo_keep_days * DAY_S < x->now_s;
    /* An approval goes with its plan; one that lost it has no use when the longest time of a plan is over. */
    return (strcmp(suffix, "json") == 0 || strcmp(suffix, "approval") == 0) && waiting_is_over(x, id, &st);
}

static int collect(struct pruning *x)
{
    const int copy = openat(x->folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);

    if (!dir) {
        if (copy >= 0)
            close(copy);
        return -EIO;
    }
    for (struct dirent *entry = readdir(dir); entry && x->count < PRUNE_AT_ONCE; entry = readdir(dir)) {
        if (is_over(x, entry->d_name))
            memcpy(x->names[x->count++], entry->d_name, strlen(entry->d_name) + 1);
    }
    closedir(dir);
    return 0;
}

static int record(const struct pruning *x)
{
    CLEANUP_BUF struct buf body = BUF_INIT((size_t)64 << 10);
    struct problem p = PROBLEM_INIT;

    json_put_key_string(&body, "what", x->state == PLAN_DONE ? "done plans" : "expired plans");
    json_put_key(&body, "files");
    buf_char(&body, '[');
    for (size_t i = 0; i < x->count; i++) {
        json_put_comma(&body);
        json_put_cstr(&body, x->names[i]);
    }
    buf_char(&body, ']');
    if (!buf_ok(&body))
        return -ENOMEM;
    int r = ledger_append(x->trust->ledger, LEDGER_PRUNED, body.data, body.len, NULL, &p);
    if (r < 0)
        log_warn("old plans are kept, for their removal cannot be recorded: %s", p.cause);
    return r;
}

static void prune_state(struct trust *trust, enum plan_state state)
{
    struct problem p = PROBLEM_INIT;
    CLEANUP_FD int folder = -1;
    struct pruning x = {.trust = trust, .state = state, .now_s = clock_wall_us() / 1000000};

    if (store_folder_open(trust, state, &folder, &p) < 0) {
        log_warn("old plans are kept: %s", p.cause);
        return;
    }
    x.folder = folder;
    x.names = calloc(PRUNE_AT_ONCE, sizeof(*x.names));
    if (x.names && collect(&x) == 0 && x.count && record(&x) == 0) {
        for (size_t i = 0; i < x.count; i++) {
            char id[PLAN_ID_SIZE];
            (void)unlinkat(folder, x.names[i], 0);
            memcpy(id, x.names[i], sizeof(id) - 1);
            id[sizeof(id) - 1] = '\0';
            if (state == PLAN_WAITING)
                secret_forget(trust, id);
        }
        (void)fsync(folder);
    }
    free(x.names);
}

void store_prune(struct trust *trust)
{
    prune_state(trust, PLAN_WAITING);
    prune_state(trust, PLAN_DONE);
}
