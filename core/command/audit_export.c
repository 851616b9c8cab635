/* SPDX-License-Identifier: Apache-2.0 */
/* `proximo audit export DIR`: the ledger as a folder that standard tools can check. No secret goes into it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "command/audit.h"
#include "command/audit_bundle.h"
#include "command/command.h"
#include "command/remove_tree.h"
#include "config/config.h"
#include "ledger/ledger.h"
#include "ledger/note.h"

#define NOT_GOOD   3 /* as `audit verify` has it */
#define LIST_LIMIT ((size_t)16 << 20)
#define KEY_LIMIT  ((size_t)16 << 10)
#define COPY_STEP  ((size_t)256 << 10)
#define TAIL_TRIES 50 /* a line that another process is just writing is whole after a moment */

struct bundle {
    const struct crypto_module *crypto;
    const char *source; /* the live segment */
    int fd, segments;   /* the folder, and the one of the segments in it */
    struct buf list;    /* SHA256SUMS */
    size_t count;       /* of segments */
};

static int unwritable(struct problem *p, int error, const char *name)
{
    (void)problem_set(p, error, PX_LEDGER, "%s cannot be written: %s", name, strerror(-error));
    problem_next(p, "give a folder on a disk with room, which this user may write to");
    return error;
}

/* A new folder, or one that is there and empty. */
static int folder_make(const char *path, int *ret_fd, bool *ret_made, struct problem *p)
{
    const bool made = mkdir(path, 0700) == 0;

    if (!made && errno != EEXIST)
        return unwritable(p, -errno, path);
    CLEANUP_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    int copy = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 0);
    DIR *folder = copy < 0 ? NULL : fdopendir(copy);
    bool empty = true;

    if (!folder) {
        int error = -errno;
        fd_close(&copy);
        return unwritable(p, error, path);
    }
    for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
        empty = empty && (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
    (void)closedir(folder);
    if (!empty) {
        (void)problem_set(p, -ENOTEMPTY, PX_ARG, "the folder %s is not empty", path);
        problem_next(p, "name one that is not there yet");
        return -ENOTEMPTY;
    }
    *ret_fd = fd;
    *ret_made = made;
    fd = -1;
    return 0;
}

/* Into SHA256SUMS: the file as it lies there now. */
static int list_add(struct bundle *bundle, int fd, const char *folder, const char *name)
{
    char hex[65];
    int r = bundle->crypto->sha256_fd(fd, hex);

    if (r == 0)
        buf_printf(&bundle->list, "%s  %s%s\n", hex, folder, name);
    return r;
}

static int put_file(struct bundle *bundle, const char *name, const void *bytes, size_t len, mode_t mode,
                    struct problem *p)
{
    CLEANUP_FD int fd = openat(bundle->fd, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);

    int r = fd < 0 ? -errno : fd_write_all(fd, bytes, len);
    if (r == 0)
        r = list_add(bundle, fd, "", name);
    if (r == 0 && fsync(fd) < 0)
        r = -errno;
    return r < 0 ? unwritable(p, r, name) : 0;
}

/* Everything from `from`'s position on; *ret_last is the last byte that was copied. */
static int copy_on(int from, int to, char *buffer, char *ret_last)
{
    for (;;) {
        ssize_t n = read(from, buffer, COPY_STEP);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? -errno : 0;
        int r = fd_write_all(to, buffer, (size_t)n);
        if (r < 0)
            return r;
        *ret_last = buffer[n - 1];
    }
}

static int copy_whole(int from, int to, bool live)
{
    const struct timespec moment = {.tv_nsec = 20000000};
    CLEANUP_FREE char *buffer = malloc(COPY_STEP);
    char last = '\n';

    int r = buffer ? copy_on(from, to, buffer, &last) : -ENOMEM;
    for (int i = 0; r == 0 && live && last != '\n' && i < TAIL_TRIES; i++) {
        (void)nanosleep(&moment, NULL);
        r = copy_on(from, to, buffer, &last);
    }
    return r;
}

/* segments/audit.log, and segments/audit.log.000001 and so on, whatever the ledger is called. */
static int put_segment(void *arg, const char *path, bool live)
{
    struct bundle *bundle = arg;
    const char *suffix = live ? "" : path + strlen(bundle->source);
    CLEANUP_FD int from = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    CLEANUP_FD int to = -1;
    struct stat st;
    char name[64];

    (void)snprintf(name, sizeof name, "audit.log%s", suffix);
    if (from < 0 || fstat(from, &st) < 0)
        return -errno;
    if (!S_ISREG(st.st_mode))
        return -EINVAL;
    to = openat(bundle->segments, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    int r = to < 0 ? -errno : copy_whole(from, to, live);
    if (r == 0)
        r = list_add(bundle, to, "segments/", name);
    if (r == 0 && fsync(to) < 0)
        r = -errno;
    bundle->count++;
    return r;
}

/* ---- checkpoint and key: of the ledger where it can be opened, else of the files beside it */

struct proof {
    struct buf note;
    struct note_key key;
};

static int from_ledger(const struct config *config, struct proof *ret, struct problem *p)
{
    struct ledger_checkpoint checkpoint = {.note = BUF_INIT(NOTE_LIMIT)};
    struct ledger *ledger = NULL;

    int r = ledger_new(config, &ledger);
    if (r < 0)
        return problem_set(p, r, PX_INTERNAL, "no memory");
    r = ledger_checkpoint(ledger, &checkpoint, p);
    if (r == 0)
        r = ledger_note_key(ledger, &ret->key, p);
    if (r == 0)
        buf_add(&ret->note, checkpoint.note.data, checkpoint.note.len);
    buf_done(&checkpoint.note);
    ledger_free(ledger);
    return r;
}

static int from_files(const struct crypto_module *crypto, const struct config *config, struct proof *ret,
                      struct problem *p)
{
    CLEANUP_FREE char *file = ledger_file(config), *sign_file = ledger_sign_file(config);
    CLEANUP_BUF struct buf name = BUF_INIT(4096), text = BUF_INIT(KEY_LIMIT);

    buf_printf(&name, "%s.checkpoint", file ? file : "");
    int r = buf_ok(&name) ? audit_read(name.data, &ret->note, p) : -ENOMEM;
    buf_reset(&name);
    buf_printf(&name, "%s.pub", sign_file ? sign_file : "");
    if (r == 0)
        r = buf_ok(&name) ? audit_read(name.data, &text, p) : -ENOMEM;
    return r == 0 ? note_key_parse(crypto, text.data ? text.data : "", &ret->key, p) : r;
}

static int proof_find(const struct crypto_module *crypto, const struct config *config, struct proof *ret,
                      struct problem *p)
{
    struct problem why = PROBLEM_INIT;

    if (from_ledger(config, ret, &why) == 0)
        return 0;
    (void)fprintf(stderr, "proximo: note: no new checkpoint: %s: %s; the newest stored one is taken\n",
                  why.code, why.cause);
    buf_reset(&ret->note);
    return from_files(crypto, config, ret, p);
}

/* ---- the whole */

static int put_keys(struct bundle *bundle, const struct note_key *key, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(KEY_LIMIT);
    CLEANUP_FREE char *pem = bundle->crypto->ed25519_public_to_pem(key->public);

    note_key_print(bundle->crypto, key, &text);
    buf_char(&text, '\n');
    if (!pem || !buf_ok(&text))
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    int r = put_file(bundle, "key.txt", text.data, text.len, 0600, p);
    return r == 0 ? put_file(bundle, "key.pem", pem, strlen(pem), 0600, p) : r;
}

static int put_segments(struct bundle *bundle, struct problem *p)
{
    if (mkdirat(bundle->fd, "segments", 0700) < 0)
        return unwritable(p, -errno, "segments");
    bundle->segments = openat(bundle->fd, "segments", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (bundle->segments < 0)
        return unwritable(p, -errno, "segments");
    int r = ledger_each_segment(bundle->source, put_segment, bundle, p);
    if (r < 0 && !p->code[0])
        (void)problem_set(p, r, PX_LEDGER, "the ledger %s cannot be copied: %s", bundle->source,
                          strerror(-r));
    return r;
}

static int put_all(struct bundle *bundle, const struct proof *proof, struct problem *p)
{
    int r = put_segments(bundle, p);

    if (r == 0)
        r = put_file(bundle, "checkpoint.txt", proof->note.data, proof->note.len, 0600, p);
    if (r == 0)
        r = put_keys(bundle, &proof->key, p);
    if (r == 0)
        r = put_file(bundle, "README.txt", bundle_readme, bundle_readme_len, 0600, p);
    if (r == 0)
        r = put_file(bundle, "verify.sh", bundle_verify, bundle_verify_len, 0700, p);
    if (r == 0 && !buf_ok(&bundle->list))
        r = problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r == 0) {
        CLEANUP_BUF struct buf list = BUF_INIT(LIST_LIMIT);
        buf_add(&list, bundle->list.data, bundle->list.len); /* put_file adds this file's line to the other */
        r = put_file(bundle, "SHA256SUMS", list.data, list.len, 0600, p);
    }
    if (r == 0 && (fsync(bundle->segments) < 0 || fsync(bundle->fd) < 0))
        r = unwritable(p, -errno, "the folder");
    return r;
}

/* What was copied is looked at as it lies there: evidence that is not good is exported all the same. */
static int judge(const char *folder, const struct bundle *bundle, struct problem *p)
{
    CLEANUP_BUF struct buf path = BUF_INIT(4096);
    struct ledger_report report;

    buf_printf(&path, "%s/segments/audit.log", folder);
    int r = buf_ok(&path) ? ledger_verify(path.data, NULL, NULL, &report, p)
                          : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory");
    if (r < 0)
        return r;
    const bool good = report.verdict == LEDGER_OK || report.verdict == LEDGER_KEY_MISSING;
    printf("%s: %llu records in %zu file%s; sh %s/verify.sh checks them\n", folder,
           (unsigned long long)report.records, bundle->count, bundle->count == 1 ? "" : "s", folder);
    if (!good)
        (void)fprintf(stderr, "proximo: what was exported does not verify: %s\n", report.why);
    return fflush(stdout) == 0 ? (good ? 0 : NOT_GOOD) : 1;
}

int command_audit_export(const struct command_line *line)
{
    struct proof proof = {.note = BUF_INIT(NOTE_LIMIT)};
    struct bundle bundle = {.fd = -1, .segments = -1, .list = BUF_INIT(LIST_LIMIT)};
    struct config *config = NULL;
    struct problem p = PROBLEM_INIT;
    const char *folder = line->words[0];
    char *source = NULL;
    bool made = false;

    bundle.crypto = crypto_module_get(&p);
    int r = bundle.crypto ? audit_config(line, &config, &p) : -ELIBACC;
    if (r == 0 && !(source = ledger_file(config)))
        r = problem_set(&p, -ENOMEM, PX_INTERNAL, "no memory");
    bundle.source = source;
    if (r == 0)
        r = folder_make(folder, &bundle.fd, &made, &p);
    if (r == 0)
        r = proof_find(bundle.crypto, config, &proof, &p);
    if (r == 0)
        r = put_all(&bundle, &proof, &p);
    if (r == 0)
        r = judge(folder, &bundle, &p);
    fd_close(&bundle.fd);
    fd_close(&bundle.segments);
    if (r < 0 && made) /* half a bundle would pass for one */
        (void)remove_tree(folder);
    buf_done(&bundle.list);
    buf_done(&proof.note);
    free(source);
    config_free(config);
    return r < 0 ? command_fail(&p) : r;
}
