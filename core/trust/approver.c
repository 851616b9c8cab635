/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Approvals where the server runs: the key file and what it must be, the file beside a plan, adding one, and
 * what a plan's apply makes of it. Everything is read anew each time; nothing that was checked earlier is
 * believed later.
 */
#include "trust/approver.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"
#include "config/config.h"
#include "trust/apply.h"
#include "trust/plan.h"
#include "trust/trust_inner.h"

#define PEM_LIMIT    ((size_t)16 << 10)
#define RECORD_LIMIT ((size_t)64 << 10)

/* ---- the public key */

static int key_refused(const char *path, const char *what, const struct stat *st, struct problem *p)
{
    problem_set(p, -EACCES, PX_CONSENT, "the approver's key %.300s %s: no approval is taken", path, what);
    if (st)
        problem_next(p,
                     "as root: chown root: '%.150s' && chmod 644 '%.150s'; the same for its folder, without "
                     "write permission for others",
                     path, path);
    else
        problem_next(
            p, "put the public key that `proximo keys approver` printed there, as a plain file of root");
    return -EACCES;
}

/* NULL: nobody but root and this user can change it. */
static const char *key_fault(const struct stat *st, const char *writable)
{
    if (st->st_uid != 0 && st->st_uid != geteuid())
        return "belongs to another user";
    return st->st_mode & (S_IWGRP | S_IWOTH) ? writable : NULL;
}

static int key_open(const char *path, int *ret_fd, struct problem *p)
{
    struct stat st, above;
    CLEANUP_FREE char *folder = strdup(path);
    char *slash = folder ? strrchr(folder, '/') : NULL;
    CLEANUP_FD int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);

    if (fd < 0 || fstat(fd, &st) < 0)
        return key_refused(path, errno == ELOOP ? "is a symbolic link" : strerror(errno), NULL, p);
    if (!S_ISREG(st.st_mode))
        return key_refused(path, "is not a regular file", NULL, p);
    const char *fault = key_fault(&st, "can be written by others");
    if (!fault && slash && slash != folder) {
        *slash = '\0';
        if (stat(folder, &above) < 0)
            fault = "is in a folder that cannot be looked at";
        else
            fault =
                above.st_mode & S_ISVTX ? NULL : key_fault(&above, "is in a folder that others can write");
    }
    if (fault)
        return key_refused(path, fault, &st, p);
    *ret_fd = fd;
    fd = -1;
    return 0;
}

int approver_key_load(const char *path, unsigned char ret_public[32], char ret_id[APPROVAL_KEY_SIZE],
                      struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    CLEANUP_BUF struct buf pem = BUF_INIT(PEM_LIMIT);
    unsigned char public[32];
    CLEANUP_FD int fd = -1;

    if (!crypto)
        return -ENOENT;
    int r = key_open(path, &fd, p);
    if (r < 0)
        return r;
    r = fd_read_all(fd, &pem);
    if (r < 0)
        return key_refused(path, strerror(-r), NULL, p);
    if (crypto->ed25519_public_from_pem(pem.data ? pem.data : "", pem.len, public) < 0)
        return key_refused(path, "is not the public half of an Ed25519 key in PEM", NULL, p);
    if (approval_key_id(crypto, public, ret_id) < 0)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for a key");
    memcpy(ret_public, public, sizeof(public));
    return 0;
}

/* ---- the approval beside a plan */

struct approved {
    struct buf text; /* of the approval, as it was given */
    struct approval approval;
    char key_id[APPROVAL_KEY_SIZE];
};

static void approved_done(struct approved *x)
{
    approval_done(&x->approval);
    buf_done(&x->text);
}
#define CLEANUP_APPROVED __attribute__((cleanup(approved_done)))
#define APPROVED_INIT    ((struct approved){.text = BUF_INIT(APPROVAL_LIMIT + 1)})

/* How a person gives one, as far as the server knows. */
static void tell_how(const struct trust *trust, const struct plan *plan, struct problem *p)
{
    const struct config *config = trust->config;
    struct passwd entry, *found = NULL;
    char room[4096], via[128] = "", file[200] = "";

    if (config->isolation == CONFIG_ISOLATED &&
        getpwuid_r(geteuid(), &entry, room, sizeof(room), &found) == 0 && found)
        (void)snprintf(via, sizeof(via), "--via 'sudo -u %.64s' ", found->pw_name);
    if (config->file)
        (void)snprintf(file, sizeof(file), "--config %.180s ", config->file);
    problem_next(p,
                 "the approver runs `proximo approve %s%s%s` in a terminal of their own; then call "
                 "proximo_apply again, with the same arguments",
                 via, file, plan->id);
}

static int read_failed(const struct plan *plan, int r, struct problem *p)
{
    const char *why = r == -EACCES || r == -ELOOP ? "is not a plain file of this user alone"
                      : r == -EFBIG               ? "is larger than 8 KiB"
                                                  : strerror(-r);

    return problem_set(p, -EACCES, PX_CONSENT, "the approval of plan %s is not used: it %s", plan->id, why);
}

/* Verified against the key as it is now, and against the plan. */
static int check(struct trust *trust, const struct plan *plan, struct approved *x, struct problem *p)
{
    const char *path = trust->config->trust.approver_key, *text = x->text.data ? x->text.data : "";
    unsigned char public[32];

    if (!path) {
        problem_set(p, -ENOENT, PX_CONFIG, "there is no approver's key: no approval can be verified");
        problem_next(
            p, "add trust: {approver_key: FILE} to the configuration; `proximo keys approver` makes it");
        return -ENOENT;
    }
    int r = approver_key_load(path, public, x->key_id, p);
    if (r == 0)
        r = approval_parse(trust->crypto, text, x->text.len, &x->approval, p);
    if (r == 0)
        r = approval_verify(trust->crypto, &x->approval, text, public, p);
    return r < 0 ? r : approval_fits(&x->approval, plan, clock_wall_us() / 1000000, p);
}

/* -ENOENT and p: there is none. */
static int load(struct trust *trust, const struct plan *plan, struct approved *x, struct problem *p)
{
    int r = store_load_beside(trust, plan->id, PLAN_WAITING, "approval", &x->text);

    if (r == -ENOENT)
        problem_set(p, r, PX_CONSENT, "plan %s (%s of %s) needs an approver's signature, and there is none",
                    plan->id, plan->action, plan->subject);
    else
        r = r < 0 ? read_failed(plan, r, p) : check(trust, plan, x, p);
    if (r < 0 && (!p || !p->next[0]))
        tell_how(trust, plan, p);
    return r;
}

int approver_consent(struct trust *trust, const struct plan *plan, struct problem *p)
{
    CLEANUP_APPROVED struct approved x = APPROVED_INIT;
    CLEANUP_BUF struct buf more = BUF_INIT(RECORD_LIMIT);
    const char *line;

    int r = load(trust, plan, &x, p);
    if (r < 0)
        return r;
    json_put_key_string(&more, "approver_key", x.key_id);
    json_put_key(&more, "approval");
    json_put_string(&more, x.text.data, x.approval.signed_len);
    line = x.text.data + x.approval.signed_len; /* "signature: BASE64\n" */
    json_put_key(&more, "signature");
    const char *value = strchr(line, ' ') + 1;
    json_put_string(&more, value, strcspn(value, "\n"));
    return consent_record(trust, plan, "approver-signed", &more, p);
}

void approver_put_status(struct trust *trust, const struct plan *plan, struct buf *out)
{
    CLEANUP_APPROVED struct approved x = APPROVED_INIT;
    struct problem p = PROBLEM_INIT;

    if (strcmp(plan->consent, "approver") != 0)
        return;
    const int r = load(trust, plan, &x, &p);
    json_put_key(out, "approval");
    buf_char(out, '{');
    json_put_key_string(out, "state", r == 0 ? "there" : r == -ENOENT ? "missing" : "refused");
    if (r == 0) {
        json_put_key_string(out, "key", x.key_id);
        json_put_key_int(out, "expires_in_s", (long long)(x.approval.expires_s - clock_wall_us() / 1000000));
    } else {
        json_put_key_string(out, "why", p.cause);
        json_put_key_string(out, "next", p.next);
    }
    buf_char(out, '}');
}

/* ---- adding one */

static int can_be_approved(struct trust *trust, const char *plan_id, struct plan **ret, struct problem *p)
{
    enum plan_state state = PLAN_WAITING;

    int r = store_load(trust, plan_id, ret, &state, p);
    if (r < 0)
        return r;
    const struct plan *plan = *ret;
    if (state != PLAN_WAITING)
        return plan_used(plan_id, state, p);
    if (strcmp(plan->consent, "approver") == 0)
        return 0;
    problem_set(p, -EINVAL, PX_CONSENT, "plan %s needs no approver's signature; its consent is: %s", plan_id,
                plan->consent);
    problem_next(p, "apply it with proximo_apply");
    return -EINVAL;
}

/* One that is good stays: a second is not needed, and must not take its place unsaid. */
static int keep_first(struct trust *trust, const struct plan *plan, const struct approved *x, bool *ret_same,
                      struct buf *words, struct problem *p)
{
    CLEANUP_APPROVED struct approved first = APPROVED_INIT;
    struct problem why = PROBLEM_INIT;

    int r = load(trust, plan, &first, &why);
    *ret_same =
        r == 0 && first.text.len == x->text.len && memcmp(first.text.data, x->text.data, x->text.len) == 0;
    if (r == 0 && !*ret_same) {
        problem_set(p, -EEXIST, PX_CONSENT,
                    "plan %s has a good approval already, with %lld seconds left: it stays, this one is not "
                    "taken",
                    plan->id, (long long)(first.approval.expires_s - clock_wall_us() / 1000000));
        problem_next(p, "call proximo_apply");
        return -EEXIST;
    }
    if (r < 0 && r != -ENOENT)
        buf_printf(words, "The approval that lay there is replaced: %s.\n", why.cause);
    return 0;
}

/* Beside the plan, which may have been used meanwhile. */
static int place(struct trust *trust, const struct plan *plan, const struct approved *x, struct problem *p)
{
    CLEANUP_FREE char *path = store_path(trust, plan->id, PLAN_WAITING, "approval");
    struct plan *again = NULL;

    int r = path ? file_write_atomic(path, x->text.data, x->text.len, 0600) : -ENOMEM;
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "the approval could not be stored: %s", strerror(-r));
    r = can_be_approved(trust, plan->id, &again, p);
    if (r < 0)
        (void)unlink(path);
    plan_free(again);
    return r;
}

static int add(struct trust *trust, const struct plan *plan, const char *text, size_t len, struct buf *words,
               struct problem *p)
{
    CLEANUP_APPROVED struct approved x = APPROVED_INIT;
    bool same = false;

    if (len > APPROVAL_LIMIT)
        return problem_set(p, -EFBIG, PX_CONSENT, "this is not an approval: it is larger than 8 KiB");
    buf_add(&x.text, text, len);
    int r = buf_ok(&x.text) ? check(trust, plan, &x, p)
                            : problem_set(p, -ENOMEM, PX_INTERNAL, "no memory for an approval");
    if (r == 0)
        r = keep_first(trust, plan, &x, &same, words, p);
    if (r == 0 && !same)
        r = place(trust, plan, &x, p);
    if (r == 0)
        buf_printf(words,
                   "Plan %s (%s of %s) is approved with the key %s, for %lld seconds%s. Nothing was done "
                   "yet: proximo_apply carries it out.\n",
                   plan->id, plan->action, plan->subject, x.key_id,
                   (long long)(x.approval.expires_s - clock_wall_us() / 1000000),
                   same ? "; this approval was there already" : "");
    return r;
}

int trust_consent_add(struct trust *trust, const char *plan_id, const char *text, size_t len,
                      struct buf *ret_words, struct problem *p)
{
    struct problem local = PROBLEM_INIT;
    struct plan *plan = NULL;

    if (!p)
        p = &local;
    int r = plans_ready(trust, p);
    if (r < 0)
        return r;
    r = can_be_approved(trust, plan_id, &plan, p);
    if (r == 0)
        r = add(trust, plan, text, len, ret_words, p);
    if (r < 0)
        outcome_refused(trust, plan, plan_id, p);
    plan_free(plan);
    return r;
}
