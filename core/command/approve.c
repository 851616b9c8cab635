/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `proximo approve PLAN_ID`: a person looks at a plan in their own terminal, types its subject, and signs it
 * with their key. The plan comes from the server's user, perhaps on another machine, and is taken for what it
 * is: bytes, rendered by this program's own core. No plane is loaded, and this process connects to nothing.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/problem.h"
#include "command/ask.h"
#include "command/command.h"
#include "command/own_file.h"
#include "command/via.h"
#include "command/with_trust.h"
#include "trust/approval.h"
#include "trust/plan.h"
#include "trust/trust.h"

#define RENDER_LIMIT ((size_t)16 << 20)
#define PEM_LIMIT    ((size_t)16 << 10)
#define WORDS_LIMIT  ((size_t)64 << 10)
#define TRIES        3u

/* Where the plan is and the approval goes: here, or behind a command. */
struct server {
    const char *config_file;
    bool far;
    struct via via;
    const char *plan_id;
    struct buf bytes; /* the plan's */
    bool waits;
    struct buf approval, words;
};

/* ---- the plan */

static int far_run(struct server *s, const char *const *words, const struct buf *in, struct buf *out,
                   int *ret_status, struct problem *p)
{
    const char *more[8] = {"proximo"};
    size_t count = 1;

    for (size_t i = 0; words[i]; i++)
        more[count++] = words[i];
    if (s->config_file) {
        more[count++] = "--config";
        more[count++] = s->config_file;
    }
    more[count++] = s->plan_id;
    more[count] = NULL;
    return via_run(&s->via, more, in ? in->data : NULL, in ? in->len : 0, out, ret_status, p);
}

static int near_get(struct trust *trust, void *arg, struct problem *p)
{
    struct server *s = arg;

    return trust_plan_raw(trust, s->plan_id, &s->bytes, &s->waits, p);
}

static int get_plan(struct server *s, struct problem *p)
{
    static const char *const words[] = {"plan", "show", "--raw", NULL};
    int status = 0;

    if (!s->far)
        return local_trust(s->config_file, near_get, s, p);
    int r = far_run(s, words, NULL, &s->bytes, &status, p);
    if (r < 0)
        return r;
    s->waits = status != EXIT_PLAN_USED;
    if (status == 0 || status == EXIT_PLAN_USED)
        return 0;
    (void)problem_set(p, -EIO, PX_PLAN, "%s ... proximo plan show --raw %s ended with status %d",
                      s->via.words[0], s->plan_id, status);
    problem_next(p, "its own message stands above; is the program there, and may you run it?");
    return -EIO;
}

/* Is it one to be approved at all? */
static int check_plan(const struct server *s, const struct plan *plan, struct problem *p)
{
    if (!s->waits) {
        (void)problem_set(p, -EALREADY, PX_PLAN, "plan %s was used already: there is nothing to approve",
                          plan->id);
        problem_next(p, "`proximo plan show %s` has its outcome", plan->id);
        return -EALREADY;
    }
    if (plan->expires_s <= clock_wall_us() / 1000000) {
        (void)problem_set(p, -ETIME, PX_PLAN, "plan %s has expired", plan->id);
        problem_next(p, "let the change be planned again");
        return -ETIME;
    }
    if (strcmp(plan->consent, "approver") == 0)
        return 0;
    (void)problem_set(p, -EINVAL, PX_CONSENT, "plan %s needs no approver's signature; its consent is: %.20s",
                      plan->id, plan->consent);
    problem_next(p, "proximo_apply asks for what it needs");
    return -EINVAL;
}

/* ---- the person */

static int shows(const struct plan *plan, struct problem *p)
{
    CLEANUP_BUF struct buf text = BUF_INIT(RENDER_LIMIT);

    plan_render(plan, &text);
    if (!buf_ok(&text) || !text.data)
        return problem_set(p, -ENOMEM, PX_INTERNAL, "the plan could not be shown");
    ask_say("\n");
    ask_show(text.data, text.len);
    ask_say("SHA-256 %s\nFor ", plan->sha256);
    ask_show(plan->principal, strlen(plan->principal));
    ask_say("\n\n");
    ask_forget_typed();
    return 0;
}

static int typed(const struct plan *plan, struct problem *p)
{
    char answer[ASK_SIZE];
    const struct question question = {.text = "To approve it, type its subject exactly", .exact = true};

    int r = ask(&question, answer);
    if (r == 0 && strcmp(answer, plan->subject) == 0)
        return 0;
    (void)problem_set(p, r < 0 ? r : -EPERM, PX_CONSENT,
                      r < 0 ? "nothing was typed: plan %s is not approved"
                            : "what was typed is not the subject of plan %s: it is not approved",
                      plan->id);
    problem_next(p, "run it again if it is to be approved");
    return r < 0 ? r : -EPERM;
}

static int key_problem(const char *path, int error, const char *what, struct problem *p)
{
    (void)problem_set(p, error, PX_SECRET_FILE, "%s %s", path, what);
    problem_next(p, "name your key with --key; `proximo keys approver` makes one");
    return error;
}

/* The private key; the caller wipes it. */
static int unlock(const struct crypto_module *crypto, const char *path, unsigned char seed[32],
                  struct problem *p)
{
    const struct question question = {
        .text = "Passphrase of your key (not shown)", .secret = true, .exact = true};
    CLEANUP_BUF struct buf pem = BUF_INIT(PEM_LIMIT);
    CLEANUP_FD int fd = -1;
    char passphrase[ASK_SIZE];

    int r = file_open_secret(path, &fd, p);
    if (r < 0)
        return r;
    r = fd_read_all(fd, &pem);
    if (r < 0)
        return key_problem(path, r, "cannot be read", p);
    r = crypto->ed25519_from_pem(pem.data ? pem.data : "", pem.len, NULL, seed);
    if (r == 0)
        return key_problem(path, -EACCES, "is not under a passphrase: whoever reads it could approve", p);
    if (r != -EACCES)
        return key_problem(path, r, "is not an Ed25519 key in PEM", p);
    for (unsigned i = 0; i < TRIES && (r == -EACCES || r == -EKEYREJECTED); i++) {
        if (i)
            ask_say("  That is not it.\n");
        r = ask(&question, passphrase);
        if (r == 0)
            r = crypto->ed25519_from_pem(pem.data, pem.len, passphrase, seed);
        explicit_bzero(passphrase, sizeof passphrase);
    }
    return r < 0 ? key_problem(path, r, "was not opened: nothing was signed", p) : 0;
}

/* ---- the approval */

static int near_add(struct trust *trust, void *arg, struct problem *p)
{
    struct server *s = arg;

    return trust_consent_add(trust, s->plan_id, s->approval.data, s->approval.len, &s->words, p);
}

static int hand_over(struct server *s, struct problem *p)
{
    static const char *const words[] = {"consent", "add", NULL};
    int status = 0;

    if (!s->far)
        return local_trust(s->config_file, near_add, s, p);
    int r = far_run(s, words, &s->approval, &s->words, &status, p);
    if (r < 0 || status == 0)
        return r;
    (void)problem_set(p, -EPERM, PX_CONSENT,
                      "the approval was signed, but not taken: proximo consent add ended with status %d",
                      status);
    problem_next(p, "its own message stands above");
    return -EPERM;
}

static int sign(struct server *s, const struct crypto_module *crypto, const struct plan *plan,
                const char *key_path, struct problem *p)
{
    unsigned char seed[32];

    int r = shows(plan, p);
    if (r == 0)
        r = typed(plan, p);
    if (r == 0)
        r = unlock(crypto, key_path, seed, p);
    if (r == 0)
        r = approval_sign(crypto, seed, plan, clock_wall_us() / 1000000, &s->approval, p);
    crypto->wipe(seed, sizeof seed);
    return r;
}

static int approve(struct server *s, const char *key_path, struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    struct plan *plan = NULL;

    if (!crypto)
        return -ENOENT;
    int r = get_plan(s, p);
    if (r == 0)
        r = plan_read(crypto, s->plan_id, s->bytes.data ? s->bytes.data : "", s->bytes.len, &plan, p);
    if (r == 0)
        r = check_plan(s, plan, p);
    if (r == 0)
        r = sign(s, crypto, plan, key_path, p);
    plan_free(plan);
    return r < 0 ? r : hand_over(s, p);
}

/* ---- the command */

/* What stands behind ssh is read by a shell over there. */
static bool plain_path(const char *path)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-+@,:";

    return path[strspn(path, allowed)] == '\0';
}

static int begin(struct server *s, const struct command_line *line, char key_path[PATH_MAX],
                 struct problem *p)
{
    const char *via = command_value(line, "--via");

    s->config_file = command_value(line, "--config");
    s->plan_id = line->words[0];
    s->far = via != NULL;
    if (!plan_id_is_good(s->plan_id))
        return problem_set(p, -EINVAL, PX_ARG, "'%.64s' is not a plan id: 32 hexadecimal digits", s->plan_id);
    if (via && s->config_file && !plain_path(s->config_file))
        return problem_set(p, -EINVAL, PX_ARG,
                           "--config: with --via a path of letters, digits and _./-+@,: only");
    int r = via ? via_parse(via, &s->via, p) : 0;
    if (r == 0)
        r = own_file_path(command_value(line, "--key"), "approver.key", key_path, p);
    if (r < 0)
        return r;
    r = ask_terminal_only();
    if (r == 0)
        return 0;
    (void)problem_set(p, r, PX_CONSENT,
                      "there is no terminal: approving needs a person who sees the plan, types "
                      "its subject and the passphrase");
    problem_next(p, "run `proximo approve` in a terminal of your own, not through an agent or a script");
    return r;
}

int command_approve(const struct command_line *line)
{
    struct server s = {
        .bytes = BUF_INIT(PLAN_LIMIT), .approval = BUF_INIT(APPROVAL_LIMIT), .words = BUF_INIT(WORDS_LIMIT)};
    struct problem p = PROBLEM_INIT;
    char key_path[PATH_MAX];

    ask_keep_private();
    int r = begin(&s, line, key_path, &p);
    if (r == 0)
        r = approve(&s, key_path, &p);
    if (r == 0 && s.words.len)
        ask_show(s.words.data, s.words.len);
    const int status = r < 0 ? command_fail(&p) : 0;
    via_done(&s.via);
    buf_done(&s.bytes);
    buf_done(&s.approval);
    buf_done(&s.words);
    return status;
}
