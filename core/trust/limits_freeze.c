/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Frozen: an operator's switch that a running server looks at before every change. The file `frozen` of the
 * state folder is the switch, /etc/proximo/frozen is root's own; presence alone counts, and so does whatever
 * keeps this process from seeing that neither is there.
 */
#include "trust/limits.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "trust/trust_inner.h"

#define NAME       "frozen"
#define FILE_LIMIT 4096u

void limits_words(const char *text, struct buf *out)
{
    if (text)
        text_clean(out, text, text_utf8_cut(text, strnlen(text, LIMITS_WORDS)), false);
}

/* ---- looking */

static int in_doubt(const char *what, const char *name, int error, struct problem *p)
{
    problem_set(p, -EPERM, PX_FROZEN,
                "whether changes are frozen cannot be told: %s %.300s: %s. Doubt means frozen", what, name,
                strerror(error));
    problem_next(p, "an operator looks at that path, mends it, and runs `proximo thaw` if it is the switch");
    return -EPERM;
}

/* What the file says of itself; it need not say anything. */
static void reason_read(int folder, struct buf *out)
{
    CLEANUP_FD int fd = openat(folder, NAME, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    CLEANUP_BUF struct buf bytes = BUF_INIT(FILE_LIMIT);
    CLEANUP_JSON struct json_object *content = NULL;
    const char *reason = NULL;
    struct stat st;

    if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) || fd_read_all(fd, &bytes) < 0 || !bytes.data ||
        json_parse(bytes.data, bytes.len, &content, NULL) < 0)
        return;
    if (json_get_string(content, "reason", &reason, NULL) == 0)
        limits_words(reason, out);
}

static int frozen_here(int folder, const char *state_dir, const struct stat *st, struct problem *p)
{
    CLEANUP_BUF struct buf reason = BUF_INIT(4 * LIMITS_WORDS);

    if (!S_ISREG(st->st_mode)) {
        problem_set(p, -EPERM, PX_FROZEN,
                    "changes are frozen: %.300s/" NAME " is there, and is no plain file", state_dir);
        problem_next(p, "an operator looks at it, removes it, and runs `proximo thaw`");
        return -EPERM;
    }
    reason_read(folder, &reason);
    problem_set(p, -EPERM, PX_FROZEN, "changes are frozen by an operator%s%s", reason.len ? ": " : "",
                reason.len ? reason.data : "");
    problem_next(p, "reads go on; an operator can end it with `proximo thaw`");
    return -EPERM;
}

int limits_frozen_at(const char *state_dir, bool there, const char *system_file, struct problem *p)
{
    struct stat st;

    if (lstat(system_file, &st) == 0) {
        problem_set(p, -EPERM, PX_FROZEN,
                    "changes are frozen on this machine by its administrator: %s is there", system_file);
        problem_next(p, "the administrator can remove that file");
        return -EPERM;
    }
    if (errno != ENOENT)
        return in_doubt("the administrator's switch", system_file, errno, p);
    if (!state_dir)
        return 0; /* then nothing can be planned either */
    CLEANUP_FD int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0)
        return errno == ENOENT && !there ? 0 : in_doubt("the state folder", state_dir, errno, p);
    if (fstatat(folder, NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return frozen_here(folder, state_dir, &st, p);
    return errno == ENOENT ? 0 : in_doubt("the switch " NAME " in", state_dir, errno, p);
}

int limits_frozen(struct trust *trust, struct problem *p)
{
    return limits_frozen_at(trust->config->state_dir, trust_was_ready(trust), LIMITS_SYSTEM, p);
}

int trust_frozen(const char *state_dir, struct problem *p)
{
    return limits_frozen_at(state_dir, false, LIMITS_SYSTEM, p);
}

/* ---- switching */

static char *switch_path(const char *state_dir)
{
    char *path = NULL;

    return state_dir && asprintf(&path, "%s/" NAME, state_dir) >= 0 ? path : NULL;
}

int trust_freeze_file(const char *state_dir, const char *reason, struct problem *p)
{
    CLEANUP_FREE char *path = switch_path(state_dir);
    CLEANUP_BUF struct buf words = BUF_INIT(4 * LIMITS_WORDS);
    CLEANUP_BUF struct buf text = BUF_INIT(FILE_LIMIT);
    struct stat st;

    limits_words(reason, &words);
    buf_char(&text, '{');
    json_put_key_int(&text, "time", clock_wall_us() / 1000000);
    json_put_key_int(&text, "uid", (long long)getuid());
    if (words.len)
        json_put_key_string(&text, "reason", words.data);
    buf_str(&text, "}\n");
    int r = path && buf_ok(&text) ? file_make_dirs(state_dir, 0700) : -ENOMEM;
    if (r == 0)
        r = file_write_atomic(path, text.data, text.len, 0600);
    if (r < 0 && path && lstat(path, &st) == 0)
        return 0; /* whatever stands there freezes just as well */
    if (r == 0)
        return 0;
    problem_set(p, r, PX_FROZEN, "changes are NOT frozen: %s/" NAME " cannot be written: %s",
                state_dir ? state_dir : "(no state folder)", strerror(-r));
    problem_next(p, "mend that, or end the servers; root can make " LIMITS_SYSTEM);
    return r;
}

static int switch_record(struct trust *trust, const char *kind, const char *reason, struct problem *p)
{
    CLEANUP_BUF struct buf body = BUF_INIT(FILE_LIMIT);
    CLEANUP_BUF struct buf words = BUF_INIT(4 * LIMITS_WORDS);

    limits_words(reason, &words);
    json_put_key_int(&body, "uid", (long long)getuid());
    if (words.len)
        json_put_key_string(&body, "reason", words.data);
    int r = trust_ready(trust, p);
    if (r == 0 && !buf_ok(&body))
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a record");
    return r < 0 ? r : ledger_append(trust->ledger, kind, body.data, body.len, NULL, p);
}

int trust_freeze_record(struct trust *trust, const char *reason, struct problem *p)
{
    return switch_record(trust, LEDGER_FREEZE, reason, p);
}

static int switch_remove(const char *path, const char *state_dir, struct problem *p)
{
    CLEANUP_FD int folder = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (folder >= 0 && unlinkat(folder, NAME, 0) == 0 && fsync(folder) == 0)
        return 0;
    int r = -errno;
    problem_set(p, r, PX_FROZEN, "changes stay frozen: %s cannot be removed: %s", path, strerror(-r));
    problem_next(p, "look at what stands there and remove it by hand; the record of the thaw is written");
    return r;
}

int trust_thaw(struct trust *trust, bool *ret_was, struct problem *p)
{
    const char *state_dir = trust->config->state_dir;
    CLEANUP_FREE char *path = switch_path(state_dir);
    struct stat st;

    if (!path)
        return problem_set(p, -ENOENT, PX_CONFIG, "there is no state folder");
    *ret_was = lstat(path, &st) == 0 || errno != ENOENT;
    int r = *ret_was ? switch_record(trust, LEDGER_THAW, NULL, p) : 0;
    if (r == 0 && *ret_was)
        r = switch_remove(path, state_dir, p);
    return r < 0 ? r : limits_frozen(trust, p);
}
