/* SPDX-License-Identifier: Apache-2.0 */
/*
 * `proximo keys approver`: the key of the person who approves, in that person's own home. The server gets the
 * public half alone.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/crypto.h"
#include "base/file.h"
#include "base/problem.h"
#include "command/ask.h"
#include "command/command.h"
#include "command/own_file.h"
#include "trust/approval.h"

#define TEXT_LIMIT       65536u
#define PASSPHRASE_LEAST 12u
#define TRIES            3u

static const char *check_passphrase(const char *answer)
{
    return strlen(answer) < PASSPHRASE_LEAST ? "it needs at least 12 characters" : NULL;
}

/* Typed twice. The caller wipes it. */
static int ask_new(char passphrase[ASK_SIZE], struct problem *p)
{
    const struct question first = {.text = "Passphrase for the key (not shown, 12 characters or more)",
                                   .check = check_passphrase,
                                   .secret = true,
                                   .exact = true};
    const struct question second = {.text = "The same again", .secret = true, .exact = true};
    char again[ASK_SIZE];
    int r = 0;
    bool same = false;

    for (unsigned i = 0; r == 0 && !same && i < TRIES; i++) {
        r = ask(&first, passphrase);
        if (r == 0)
            r = ask(&second, again);
        same = r == 0 && strcmp(passphrase, again) == 0;
        if (r == 0 && !same)
            ask_say("  They differ.\n");
    }
    explicit_bzero(again, sizeof again);
    if (r == 0 && same)
        return 0;
    (void)problem_set(p, r < 0 ? r : -EINVAL, PX_ARG, "no passphrase was given: no key was made");
    problem_next(p, "run it again");
    return r < 0 ? r : -EINVAL;
}

struct made {
    char *private_pem, *public_pem; /* the private one is encrypted */
    char id[APPROVAL_KEY_SIZE];
};

static int make(const char *passphrase, struct made *ret, struct problem *p)
{
    const struct crypto_module *crypto = crypto_module_get(p);
    unsigned char seed[32], public[32];

    if (!crypto)
        return -ENOENT;
    int r = crypto->ed25519_new(seed, public);
    if (r == 0) {
        ret->private_pem = crypto->ed25519_to_pem(seed, passphrase);
        ret->public_pem = crypto->ed25519_public_to_pem(public);
        r = approval_key_id(crypto, public, ret->id);
    }
    crypto->wipe(seed, sizeof seed);
    if (r == 0 && (!ret->private_pem || !ret->public_pem))
        r = -ENOMEM;
    return r == 0 ? 0 : problem_set(p, r, PX_INTERNAL, "the key could not be made");
}

/* A folder in which others can write is no place for a key. */
static int check_folder(const char *path, struct problem *p)
{
    char folder[PATH_MAX];
    struct stat st;

    (void)snprintf(folder, sizeof folder, "%s", path);
    *strrchr(folder, '/') = '\0';
    if (stat(*folder ? folder : "/", &st) == 0 && st.st_uid == geteuid() &&
        !(st.st_mode & (S_IWGRP | S_IWOTH)))
        return 0;
    (void)problem_set(p, -EACCES, PX_SECRET_FILE, "%s is not a folder of yours that nobody else can write in",
                      folder);
    problem_next(p, "chmod 700 it, or name a file in another one with --out");
    return -EACCES;
}

static int save(const struct made *made, const char *path, const char *public_path, struct problem *p)
{
    int r = own_file_folder(path, p);

    if (r == 0)
        r = check_folder(path, p);
    if (r < 0)
        return r;
    r = file_write_atomic(path, made->private_pem, strlen(made->private_pem), 0600);
    if (r < 0)
        return own_file_failed(path, r, p);
    r = file_write_atomic(public_path, made->public_pem, strlen(made->public_pem), 0644);
    return r < 0 ? own_file_failed(public_path, r, p) : 0;
}

static int report(const struct made *made, const char *path, const char *public_path)
{
    CLEANUP_BUF struct buf out = BUF_INIT(TEXT_LIMIT);

    buf_printf(
        &out,
        "Written: %s (mode 600, under the passphrase; keep it to yourself)\n"
        "Written: %s\nKey %s\n\n%s\n"
        "On the machine where proximo runs, as root:\n\n"
        "  install -o root -g root -m 644 approver.pub /etc/proximo/approver.pub\n\n"
        "with the public key above as approver.pub. The file belongs to root, and nobody else may write it.\n"
        "In /etc/proximo/proximo.yaml, or the configuration that the server reads:\n\n"
        "  trust:\n    approver_key: /etc/proximo/approver.pub\n\n"
        "From the server's next start on, what needs a person needs `proximo approve PLAN_ID` with this "
        "key.\n",
        path, public_path, made->id, made->public_pem);
    return buf_ok(&out) && fd_write_all(STDOUT_FILENO, out.data, out.len) == 0 ? 0 : 1;
}

static int make_and_save(const char *path, const char *public_path, struct made *made, struct problem *p)
{
    char passphrase[ASK_SIZE];

    if (ask_terminal_only() < 0) {
        (void)problem_set(p, -ENOTTY, PX_ARG, "there is no terminal to type a passphrase in");
        problem_next(p, "run it in a terminal of your own; a passphrase is never an argument, nor piped in");
        return -ENOTTY;
    }
    int r = ask_new(passphrase, p);
    if (r == 0)
        r = make(passphrase, made, p);
    explicit_bzero(passphrase, sizeof passphrase);
    return r == 0 ? save(made, path, public_path, p) : r;
}

int command_keys_approver(const struct command_line *line)
{
    const bool force = command_value(line, "--force") != NULL;
    char path[PATH_MAX - 4], public_path[PATH_MAX], whole[PATH_MAX];
    struct problem p = PROBLEM_INIT;
    struct made made = {NULL, NULL, ""};

    ask_keep_private();
    int r = own_file_path(command_value(line, "--out"), "approver.key", whole, &p);
    if (r == 0 && strlen(whole) >= sizeof path)
        r = problem_set(&p, -ENAMETOOLONG, PX_ARG, "the path of the key is too long");
    if (r == 0) {
        memcpy(path, whole, strlen(whole) + 1);
        (void)snprintf(public_path, sizeof public_path, "%s.pub", path);
        r = own_file_absent(path, "--out", force, &p);
    }
    if (r == 0)
        r = own_file_absent(public_path, "--out", force, &p);
    if (r == 0)
        r = make_and_save(path, public_path, &made, &p);
    const int status = r < 0 ? command_fail(&p) : report(&made, path, public_path);
    free(made.private_pem);
    free(made.public_pem);
    return status;
}
