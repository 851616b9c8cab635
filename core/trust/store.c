/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Plan files: state_dir/plans/{waiting,executing,done}/ID.json, each written whole and durable, moved by
 * rename. A file is used only if it is a plain one of this user that nobody else can write, and names are
 * never anything but 32 hexadecimal digits and a known suffix.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "trust/build.h"
#include "trust/store.h"

static const char *const folders[] = {
    [PLAN_WAITING] = "waiting", [PLAN_EXECUTING] = "executing", [PLAN_DONE] = "done"};
static const char *const suffixes[] = {"json", "journal", "approval", "outcome.json", "lock"};
/* What goes with a plan when it moves: the journal after it, so that a plan in `executing` never lacks one.
 */
static const char *const followers[] = {"journal", "approval"};

static bool suffix_is_known(const char *suffix)
{
    for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
        if (strcmp(suffixes[i], suffix) == 0)
            return true;
    }
    return false;
}

char *store_path(struct trust *trust, const char *id, enum plan_state state, const char *suffix)
{
    char *path = NULL;

    if (!plan_id_is_good(id) || !suffix_is_known(suffix) || !trust->plans_dir ||
        asprintf(&path, "%s/%s/%s.%s", trust->plans_dir, folders[state], id, suffix) < 0)
        return NULL;
    return path;
}

static int store_problem(struct problem *p, int error, const char *what)
{
    problem_set(p, error, PX_LEDGER, "%s: %s: nothing is changed", what, strerror(-error));
    problem_next(p,
                 "check the state folder: its owner, its mode (700) and free space; `proximo doctor` looks");
    return error;
}

int store_folder_open(struct trust *trust, enum plan_state state, int *ret_fd, struct problem *p)
{
    char path[4096];
    struct stat st;

    if (!trust->plans_dir ||
        snprintf(path, sizeof(path), "%s/%s", trust->plans_dir, folders[state]) >= (int)sizeof(path))
        return store_problem(p, -ENAMETOOLONG, "the folder of plans");
    CLEANUP_FD int fd = -1;
    if (mkdir(path, 0700) < 0 && errno != EEXIST)
        return store_problem(p, -errno, "the folder of plans cannot be made");
    fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) < 0)
        return store_problem(p, -errno, "the folder of plans cannot be opened");
    if (st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)))
        return store_problem(p, -EACCES, "the folder of plans belongs to or is open to others");
    *ret_fd = fd;
    fd = -1;
    return 0;
}

static size_t entries_count(int folder)
{
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    size_t count = 0;

    if (!dir) {
        if (copy >= 0)
            close(copy);
        return STORE_WAITING_MOST; /* cannot be counted: as if full */
    }
    while (readdir(dir))
        count++;
    closedir(dir);
    return count;
}

int store_save(struct trust *trust, const struct plan *plan, struct problem *p)
{
    CLEANUP_FD int folder = -1;
    CLEANUP_FREE char *path = store_path(trust, plan->id, PLAN_WAITING, "json");

    int r = store_folder_open(trust, PLAN_WAITING, &folder, p);
    if (r < 0)
        return r;
    if (entries_count(folder) >= STORE_WAITING_MOST) {
        problem_set(p, -EBUSY, PX_BUSY, "%u plans wait already", STORE_WAITING_MOST);
        problem_next(p, "apply one, or wait until they expire");
        return -EBUSY;
    }
    if (!path)
        return store_problem(p, -EINVAL, "a plan's file has no name");
    r = file_write_atomic(path, plan->bytes, plan->len, 0600);
    return r < 0 ? store_problem(p, r, "the plan could not be stored") : 0;
}

/* -ENOENT: not there. */
static int file_load(int folder, const char *name, struct buf *out)
{
    struct stat st;
    CLEANUP_FD int fd = openat(folder, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || st.st_uid != geteuid() || (st.st_mode & (S_IRWXG | S_IRWXO)))
        return -EACCES;
    return fd_read_all(fd, out);
}

int store_load_beside(struct trust *trust, const char *id, enum plan_state state, const char *suffix,
                      struct buf *out)
{
    char name[PLAN_ID_SIZE + 16];
    CLEANUP_FD int folder = -1;

    if (!plan_id_is_good(id) || !suffix_is_known(suffix))
        return -EINVAL;
    int r = store_folder_open(trust, state, &folder, NULL);
    (void)snprintf(name, sizeof(name), "%s.%s", id, suffix);
    return r < 0 ? r : file_load(folder, name, out);
}

int store_load_at(struct trust *trust, int folder, const char *id, struct plan **ret, struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(PLAN_LIMIT);
    char name[PLAN_ID_SIZE + 8];

    (void)snprintf(name, sizeof(name), "%s.json", id);
    int r = file_load(folder, name, &bytes);
    if (r == -ENOENT)
        return r;
    if (r == -EACCES || r == -ELOOP)
        return problem_set(p, r == -ELOOP ? -EACCES : r, PX_PLAN,
                           "plan %s is not a plain file of this user alone: it is not used", id);
    if (r < 0)
        return problem_set(p, r, PX_PLAN, "plan %s cannot be read: %s", id, strerror(-r));
    return plan_parse(trust, id, bytes.data ? bytes.data : "", bytes.len, ret, p);
}

int store_load(struct trust *trust, const char *id, struct plan **ret, enum plan_state *ret_state,
               struct problem *p)
{
    if (!plan_id_is_good(id)) {
        problem_set(p, -EINVAL, PX_PLAN, "'%.64s' is not a plan id: 32 hexadecimal digits", id);
        problem_next(p, "give the plan_id of the planning answer");
        return -EINVAL;
    }
    /* In the order a plan moves, twice: it may move while it is looked for. */
    for (unsigned i = 0; i < 6; i++) {
        const enum plan_state state = (enum plan_state)(i % 3);
        CLEANUP_FD int folder = -1;
        int r = store_folder_open(trust, state, &folder, p);
        if (r == 0)
            r = store_load_at(trust, folder, id, ret, p);
        if (r == 0 && ret_state)
            *ret_state = state;
        if (r != -ENOENT)
            return r;
    }
    problem_set(p, -ENOENT, PX_PLAN, "there is no plan %s", id);
    problem_next(p, "plans that are not applied are removed when they expire: plan the change again");
    return -ENOENT;
}

int store_move(struct trust *trust, const char *id, enum plan_state from, enum plan_state to,
               struct problem *p)
{
    CLEANUP_FD int from_fd = -1;
    CLEANUP_FD int to_fd = -1;
    char name[PLAN_ID_SIZE + 16];

    if (!plan_id_is_good(id))
        return problem_set(p, -EINVAL, PX_PLAN, "'%.64s' is not a plan id", id);
    int r = store_folder_open(trust, from, &from_fd, p);
    if (r == 0)
        r = store_folder_open(trust, to, &to_fd, p);
    if (r < 0)
        return r;
    (void)snprintf(name, sizeof(name), "%s.json", id);
    if (renameat(from_fd, name, to_fd, name) < 0) {
        r = -errno;
        if (r != -ENOENT)
            return store_problem(p, r, "the plan could not be moved");
        return problem_set(p, r, PX_PLAN, "plan %s is not %s any more: it was used", id, folders[from]);
    }
    for (size_t i = 0; i < sizeof(followers) / sizeof(followers[0]); i++) {
        (void)snprintf(name, sizeof(name), "%s.%s", id, followers[i]);
        (void)renameat(from_fd, name, to_fd, name);
    }
    if (fsync(to_fd) < 0 || fsync(from_fd) < 0)
        return store_problem(p, -errno, "the plan's move could not be made durable");
    return 0;
}

int store_each(struct trust *trust, enum plan_state state, int (*f)(void *arg, const struct plan *plan),
               void *arg)
{
    struct problem p = PROBLEM_INIT;
    CLEANUP_FD int folder = -1;
    int r = store_folder_open(trust, state, &folder, &p);
    if (r < 0)
        return r;
    const int copy = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = copy < 0 ? NULL : fdopendir(copy);
    if (!dir) {
        r = -errno;
        if (copy >= 0)
            close(copy);
        return r;
    }
    for (struct dirent *entry = readdir(dir); entry && r == 0; entry = readdir(dir)) {
        char id[PLAN_ID_SIZE];
        struct plan *plan = NULL;
        if (strlen(entry->d_name) != PLAN_ID_SIZE - 1 + 5 || strcmp(entry->d_name + 32, ".json") != 0)
            continue;
        memcpy(id, entry->d_name, sizeof(id) - 1);
        id[sizeof(id) - 1] = '\0';
        if (!plan_id_is_good(id))
            continue;
        p = PROBLEM_INIT;
        const int loaded = store_load_at(trust, folder, id, &plan, &p);
        if (loaded == 0) {
            r = f(arg, plan);
            plan_free(plan);
        } else if (loaded != -ENOENT) {
            log_warn("plan %s is left out: %s", id, p.cause);
        }
    }
    closedir(dir);
    return r;
}
