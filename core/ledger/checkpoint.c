/* SPDX-License-Identifier: Apache-2.0 */
/* Checkpoints: the tree's size and root as a C2SP signed note, in a record and in a file of its own. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/crypto.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"
#include "ledger/ledger_inner.h"

#define PEM_MOST  4096u
#define BODY_MOST (2 * NOTE_LIMIT)

/* ---- the key that signs */

static int sign_key_make(struct ledger *ledger, struct problem *p)
{
    const struct crypto_module *crypto = ledger->seal.crypto;
    unsigned char seed[32], public[32];
    char *pem = NULL;

    int r = crypto->ed25519_new(seed, public);
    if (r == 0 && !(pem = crypto->ed25519_to_pem(seed, NULL)))
        r = -ENOMEM;
    if (r == 0)
        r = file_write_atomic(ledger->sign_file, pem, strlen(pem), 0600);
    crypto->wipe(seed, sizeof seed);
    if (pem)
        crypto->wipe(pem, strlen(pem));
    free(pem);
    if (r == 0)
        return 0;
    (void)problem_set(p, r, PX_LEDGER, "the key that signs checkpoints, %s, cannot be made: %s",
                      ledger->sign_file, strerror(-r));
    problem_next(p, "make its folder writable for the user that runs proximo");
    return r;
}

static int sign_key_read(struct ledger *ledger, struct problem *p)
{
    const struct crypto_module *crypto = ledger->seal.crypto;
    struct buf pem = BUF_INIT(PEM_MOST);
    unsigned char public[32];
    CLEANUP_FD int fd = -1;

    int r = file_open_secret(ledger->sign_file, &fd, p);
    if (r < 0) {
        problem_next(
            p,
            "restore the key that signs checkpoints from a backup; without it the ledger is not continued");
        return r;
    }
    r = buf_reserve(&pem, PEM_MOST - 1);
    if (r == 0)
        r = fd_read_all(fd, &pem);
    if (r == 0)
        r = crypto->ed25519_from_pem(pem.data ? pem.data : "", pem.len, NULL, ledger->sign_seed);
    if (r == 0)
        r = crypto->ed25519_public(ledger->sign_seed, public);
    if (r == 0)
        r = note_key_make(crypto, ledger->key.origin, NOTE_ED25519, public, &ledger->note_key);
    if (pem.data)
        crypto->wipe(pem.data, pem.len);
    buf_done(&pem);
    if (r == 0)
        return 0;
    (void)problem_set(p, r, PX_SECRET_FILE,
                      "the key that signs checkpoints, %s, is not an Ed25519 key in PEM: %s",
                      ledger->sign_file, strerror(-r));
    problem_next(p, "restore it from a backup");
    return r;
}

/* Its public half beside it, for whoever checks: a convenience, never read. */
static void public_write(struct ledger *ledger)
{
    CLEANUP_BUF struct buf name = BUF_INIT(4096), text = BUF_INIT(1024);

    buf_str(&name, ledger->sign_file);
    buf_str(&name, ".pub");
    note_key_print(ledger->seal.crypto, &ledger->note_key, &text);
    buf_char(&text, '\n');
    int r =
        buf_ok(&name) && buf_ok(&text) ? file_write_atomic(name.data, text.data, text.len, 0644) : -ENOMEM;
    if (r < 0)
        log_warn("the public key of the ledger's checkpoints could not be written beside it: %s",
                 strerror(-r));
}

int ledger_sign_key_locked(struct ledger *ledger, bool make, struct problem *p)
{
    int r = make && access(ledger->sign_file, F_OK) < 0 && errno == ENOENT ? sign_key_make(ledger, p) : 0;

    if (r == 0)
        r = sign_key_read(ledger, p);
    if (r == 0 && make)
        public_write(ledger);
    return r;
}

/* ---- checkpoints */

static int note_make(struct ledger *ledger, struct buf *note)
{
    const struct crypto_module *crypto = ledger->seal.crypto;
    const struct merkle_hasher hasher = {crypto, ledger->seal.sha256};
    CLEANUP_BUF struct buf text = BUF_INIT(NOTE_LIMIT);
    struct checkpoint checkpoint = {.size = ledger->tree.size};

    memcpy(checkpoint.origin, ledger->key.origin, strlen(ledger->key.origin) + 1);
    int r = merkle_root(&hasher, &ledger->tree, checkpoint.root);
    if (r == 0) {
        checkpoint_text(crypto, &checkpoint, &text);
        r = buf_ok(&text) ? note_sign(crypto, text.data, text.len, &ledger->note_key, ledger->sign_seed, note)
                          : -ENOMEM;
    }
    return r == 0 && !buf_ok(note) ? note->error : r;
}

int ledger_checkpoint_locked(struct ledger *ledger, struct problem *p)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT), body = BUF_INIT(BODY_MOST);

    int r = note_make(ledger, &note);
    if (r == 0)
        r = ledger_put_tree(ledger, &body);
    if (r == 0) {
        json_put_key(&body, "note");
        json_put_string(&body, note.data, note.len);
        r = buf_ok(&body) ? 0 : -ENOMEM;
    }
    if (r < 0)
        return problem_set(p, r, PX_LEDGER, "a checkpoint of the ledger could not be signed: %s",
                           strerror(-r));
    r = ledger_write_locked(ledger, LEDGER_CHECKPOINT, body.data, body.len, p);
    if (r < 0)
        return r;
    ledger->checkpointed = ledger->head.seq;
    r = file_write_atomic(ledger->note_name, note.data, note.len, 0644);
    if (r < 0)
        log_warn("the newest checkpoint could not be written to %s: %s", ledger->note_name, strerror(-r));
    return 0;
}

/* Out of a record's line. */
static int checkpoint_take(const char *line, size_t len, struct ledger_checkpoint *ret, struct problem *p)
{
    CLEANUP_JSON struct json_object *object = NULL;
    struct record record;
    struct record_tree tree;
    const char *note = NULL;
    size_t note_len = 0;

    if (!record_read(line, len, &record) || !record_tree_read(line, &record, &tree) ||
        json_parse(line, len, &object, NULL) < 0 || json_get_string(object, "note", &note, &note_len) < 0)
        return problem_set(p, -EBADMSG, PX_LEDGER, "the newest checkpoint of the ledger is damaged");
    buf_reset(&ret->note);
    buf_add(&ret->note, note, note_len);
    if (!buf_ok(&ret->note))
        return problem_set(p, ret->note.error, PX_LEDGER, "no memory for a checkpoint");
    ret->size = tree.size;
    ret->time_us = record.time_us;
    memcpy(ret->root, tree.root, 32);
    return 0;
}

struct newest {
    struct ledger_checkpoint *checkpoint;
    struct problem *p;
};

static int is_checkpoint(void *arg, const char *line, size_t len)
{
    struct newest *newest = arg;
    struct record record;

    if (!record_read(line, len, &record) || strcmp(record.kind, LEDGER_CHECKPOINT) != 0)
        return 0;
    int r = checkpoint_take(line, len, newest->checkpoint, newest->p);
    return r < 0 ? r : 1;
}

int ledger_last_checkpoint(struct ledger *ledger, struct ledger_checkpoint *ret, struct problem *p)
{
    struct newest newest = {ret, p};
    int r = ledger_each_back(ledger, is_checkpoint, &newest, p);

    if (r == 0)
        return problem_set(p, -ENOENT, PX_LEDGER, "the ledger has no checkpoint yet");
    return r < 0 ? r : 0;
}

int ledger_checkpoint(struct ledger *ledger, struct ledger_checkpoint *ret, struct problem *p)
{
    int r = ledger_lock(ledger, p);

    if (r < 0)
        return r;
    r = ledger_follow_locked(ledger, p);
    if (r == 0 && (ledger->head.seq == 0 || ledger->checkpointed != ledger->head.seq))
        r = ledger_checkpoint_locked(ledger, p);
    ledger_unlock(ledger);
    return r < 0 ? r : ledger_last_checkpoint(ledger, ret, p);
}

void ledger_close(struct ledger *ledger)
{
    struct problem p = PROBLEM_INIT;

    if (!ledger->open || ledger->appended <= ledger->checkpointed || ledger_lock(ledger, &p) < 0)
        return;
    int r = ledger_follow_locked(ledger, &p);
    if (r == 0 && ledger->appended > ledger->checkpointed)
        r = ledger_checkpoint_locked(ledger, &p);
    ledger_unlock(ledger);
    if (r < 0)
        log_warn("no checkpoint was signed at the end: %s", p.cause);
}

int ledger_note_key(struct ledger *ledger, struct note_key *ret, struct problem *p)
{
    int r = ledger_ready(ledger, p);

    if (r == 0)
        *ret = ledger->note_key;
    return r;
}

int ledger_escrow(struct ledger *ledger, struct buf *out, struct problem *p)
{
    int r = ledger_lock(ledger, p);

    if (r < 0)
        return r;
    r = ledger_follow_locked(ledger, p);
    if (r == 0 && ledger->key.epoch > 0) {
        r = problem_set(p, -ENOKEY, PX_LEDGER, "the ledger's first key is gone: %llu epochs have ended",
                        (unsigned long long)ledger->key.epoch);
        problem_next(
            p, "it can be kept only before the first epoch ends; the seals of ended epochs stay unchecked");
    }
    if (r == 0) {
        struct ledger_key key = ledger->key;
        key.has_derive = false;
        ledger_key_text(&key, out);
        ledger->seal.crypto->wipe(&key, sizeof key);
        r = buf_ok(out) ? 0 : problem_set(p, -ENOMEM, PX_LEDGER, "no memory for a key");
    }
    ledger_unlock(ledger);
    return r;
}
