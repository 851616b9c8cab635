/* SPDX-License-Identifier: Apache-2.0 */
/* Undo files: written once at the end of a run, found again by the plan's id, removed when their time is
 * over. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/run_inner.h"
#include "trust/undo_point.h"

#define UNDO_LIMIT  ((size_t)16 << 20)
#define PRUNE_BATCH 100u /* files of one ledger record */

static bool id_good(const char *id)
{
    return strlen(id) == PLAN_ID_SIZE - 1 && strspn(id, "0123456789abcdef") == PLAN_ID_SIZE - 1;
}

static char *undo_path(struct trust *trust, const char *plan_id)
{
    char *path = NULL;
    if (!trust->undo_dir || asprintf(&path, "%s/%s.json", trust->undo_dir, plan_id) < 0)
        return NULL;
    return path;
}

static int hash(struct trust *trust, const struct buf *bytes, char ret[65], struct problem *p)
{
    const struct crypto_module *crypto = trust->crypto ? trust->crypto : crypto_module_get(p);
    unsigned char digest[32];
    if (!crypto)
        return -ENOENT;
    int r = crypto->sha256(bytes->data, bytes->len, digest);
    if (r < 0)
        return problem_set(p, r, PX_INTERNAL, "the undo file could not be hashed");
    text_hex(digest, sizeof(digest), ret);
    return 0;
}

int undo_write(struct trust *trust, const struct plan *plan, struct json_object *record, char ret_sha256[65],
               struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(UNDO_LIMIT);
    char *path CLEANUP_FREE = undo_path(trust, plan->id);
    char sha256[65];
    json_put_value(&bytes, record);
    buf_char(&bytes, '\n');
    if (!path || !buf_ok(&bytes))
        return problem_set(p, path ? bytes.error : -ENOMEM, PX_UNDO,
                           "the undo file could not be made: too large or no memory");
    int r = hash(trust, &bytes, sha256, p);
    if (r < 0)
        return r;
    r = file_write_atomic(path, bytes.data, bytes.len, 0600);
    if (r < 0)
        return problem_set(p, r, PX_UNDO, "the undo file could not be written: %s", strerror(-r));
    memcpy(ret_sha256, sha256, sizeof(sha256));
    return 0;
}

static int read_plain(const char *path, struct buf *out)
{
    int fd CLEANUP_FD = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    struct stat st;
    if (fd < 0 || fstat(fd, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode) || (st.st_uid != geteuid() && st.st_uid != 0) || (st.st_mode & 022))
        return -EACCES;
    return fd_read_all(fd, out);
}

static int check(struct json_object *record, const char *plan_id, struct problem *p)
{
    const char *format = NULL;
    const char *id = NULL;
    if (!json_object_is_type(record, json_type_object) ||
        json_get_string(record, "format", &format, NULL) < 0 || strcmp(format, "proximo-undo-1") != 0 ||
        json_get_string(record, "plan_id", &id, NULL) < 0 || strcmp(id, plan_id) != 0)
        return problem_set(p, -EBADMSG, PX_UNDO, "the undo file of plan %s is not one of that plan", plan_id);
    return 0;
}

int undo_load(struct trust *trust, const char *plan_id, const char *expected_sha256, struct json_object **ret,
              struct problem *p)
{
    CLEANUP_BUF struct buf bytes = BUF_INIT(UNDO_LIMIT);
    struct json_object *record CLEANUP_JSON = NULL;
    char sha256[65];
    if (!id_good(plan_id))
        return problem_set(p, -EINVAL, PX_UNDO, "'%.64s' is not a plan id", plan_id);
    char *path CLEANUP_FREE = undo_path(trust, plan_id);
    int r = path ? read_plain(path, &bytes) : -ENOMEM;
    if (r == -ENOENT) {
        problem_set(p, r, PX_UNDO, "there is no undo file of plan %s (any more)", plan_id);
        problem_next(p, "they are kept for `undo.keep` days; change it back with the tools themselves");
        return r;
    }
    if (r < 0)
        return problem_set(p, r, PX_UNDO, "the undo file of plan %s cannot be read: %s", plan_id,
                           strerror(-r));
    r = hash(trust, &bytes, sha256, p);
    if (r == 0 && expected_sha256 && strcmp(expected_sha256, sha256) != 0) {
        problem_set(p, -EBADMSG, PX_UNDO, "the undo file of plan %s was changed since it was recorded",
                    plan_id);
        problem_next(p, "it is not used; change it back with the tools themselves");
        return -EBADMSG;
    }
    if (r == 0)
        r = json_parse(bytes.data, bytes.len, &record, NULL);
    if (r == -EINVAL)
        r = problem_set(p, -EBADMSG, PX_UNDO, "the undo file of plan %s is not JSON", plan_id);
    if (r == 0)
        r = check(record, plan_id, p);
    if (r < 0)
        return r;
    *ret = record;
    record = NULL;
    return 0;
}

bool undo_left_nothing(struct json_object *record)
{
    CLEANUP_BUF struct buf before = BUF_INIT(UNDO_LIMIT);
    CLEANUP_BUF struct buf after = BUF_INIT(UNDO_LIMIT);
    struct json_object *list = NULL;
    const char *outcome = "";

    (void)json_get_string(record, "outcome", &outcome, NULL);
    if (undo_point_left_nothing(record))
        return true;
    if (strcmp(outcome, "failed") != 0)
        return false;
    if (json_get(record, "before", json_type_array, &list) == 0)
        json_canonical(list, &before);
    if (json_get(record, "after", json_type_array, &list) == 0)
        json_canonical(list, &after);
    return buf_ok(&before) && buf_ok(&after) && before.len == after.len &&
           (before.len == 0 || memcmp(before.data, after.data, before.len) == 0);
}

/* ---- pruning */

struct batch {
    char ids[PRUNE_BATCH][PLAN_ID_SIZE];
    size_t count;
};

static bool is_old(int folder, const char *name, int64_t days)
{
    struct stat st;
    return fstatat(folder, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
           (int64_t)st.st_mtim.tv_sec + days * 86400 < clock_wall_us() / 1000000;
}

static void collect(DIR *dir, int64_t days, struct batch *batch)
{
    struct dirent *entry;
    while (batch->count < PRUNE_BATCH && (entry = readdir(dir))) {
        char *id = batch->ids[batch->count];
        size_t len = strlen(entry->d_name);
        if (len != PLAN_ID_SIZE - 1 + 5 || strcmp(entry->d_name + PLAN_ID_SIZE - 1, ".json") != 0)
            continue;
        memcpy(id, entry->d_name, PLAN_ID_SIZE - 1);
        id[PLAN_ID_SIZE - 1] = '\0';
        if (id_good(id) && is_old(dirfd(dir), entry->d_name, days))
            batch->count++;
    }
}

/* Recorded first: what cannot be recorded stays. */
static bool remove_batch(struct trust *trust, int folder, const struct batch *batch)
{
    CLEANUP_BUF struct buf body = BUF_INIT(8192);
    struct problem p = PROBLEM_INIT;
    json_put_key_string(&body, "what", "undo");
    json_put_key(&body, "plan_ids");
    buf_char(&body, '[');
    for (size_t i = 0; i < batch->count; i++) {
        json_put_comma(&body);
        json_put_cstr(&body, batch->ids[i]);
    }
    buf_char(&body, ']');
    if (!buf_ok(&body) || ledger_append(trust->ledger, LEDGER_PRUNED, body.data, body.len, NULL, &p) < 0) {
        log_warn("old undo files stay, their removal could not be recorded: %s", p.cause);
        return false;
    }
    for (size_t i = 0; i < batch->count; i++) {
        char name[PLAN_ID_SIZE + 8];
        (void)snprintf(name, sizeof(name), "%s.json", batch->ids[i]);
        if (unlinkat(folder, name, 0) < 0)
            log_warn("undo file %s could not be removed: %s", name, strerror(errno));
    }
    return true;
}

void undo_prune(struct trust *trust)
{
    DIR *dir = trust->undo_dir ? opendir(trust->undo_dir) : NULL;
    int64_t days = trust->config && trust->config->undo_keep_days ? trust->config->undo_keep_days : 90;
    struct batch batch = {.count = 0};
    if (!dir)
        return;
    collect(dir, days, &batch);
    if (batch.count)
        (void)remove_batch(trust, dirfd(dir), &batch);
    closedir(dir);
}
