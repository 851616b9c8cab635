/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Checkpoints as C2SP signed notes (c2sp.org/signed-note, c2sp.org/tlog-checkpoint), Ed25519:
 *
 *     ORIGIN\nSIZE\nBASE64-ROOT\n\n\u2014 NAME BASE64(key id || signature)\n
 *
 * Pure functions, callable from any thread; crypto is the loaded module.
 */
#ifndef PROXIMO_LEDGER_NOTE_H
#define PROXIMO_LEDGER_NOTE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/problem.h"

struct crypto_module;

#define NOTE_LIMIT     ((size_t)16 << 10)
#define NOTE_NAME_SIZE 128u
#define NOTE_ED25519   0x01u /* signature over the note's text */
#define NOTE_COSIGNATURE                                                                                     \
    0x04u /* "cosignature/v1\ntime T\n" before the text; 8 bytes of time before the signature */

struct note_key {
    char name[NOTE_NAME_SIZE];
    unsigned char id[4]; /* first bytes of SHA-256(name || '\n' || algorithm || public) */
    unsigned char algorithm;
    unsigned char public[32];
};

/* A key from its public bytes; -EINVAL when the name cannot stand in a note (empty, a space, a plus, a
 * control character, too long). */
int note_key_make(const struct crypto_module *crypto, const char *name, unsigned char algorithm,
                  const unsigned char public[32], struct note_key *ret);
/* "NAME+8 HEX+BASE64(algorithm || public)"; spaces and newlines around it are ignored. PX-ARG. */
int note_key_parse(const struct crypto_module *crypto, const char *text, struct note_key *ret,
                   struct problem *p);
void note_key_print(const struct crypto_module *crypto, const struct note_key *key, struct buf *out);

struct checkpoint {
    char origin[NOTE_NAME_SIZE];
    uint64_t size;
    unsigned char root[32];
};

/* The text that is signed, its last newline included. */
void checkpoint_text(const struct crypto_module *crypto, const struct checkpoint *checkpoint,
                     struct buf *out);
/* Takes a whole note apart, its signatures not looked at, extension lines ignored. PX-ARG. */
int checkpoint_parse(const struct crypto_module *crypto, const char *note, size_t len, struct checkpoint *ret,
                     struct problem *p);
/* Appends text, the empty line and the signature of `key` (NOTE_ED25519) whose seed this is. 0; -EINVAL when
 * text cannot be one (UTF-8 that ends in a newline, no other control character); -EKEYREJECTED when the seed
 * is of another key; -EFBIG, -ENOMEM, -EIO. */
int note_sign(const struct crypto_module *crypto, const char *text, size_t len, const struct note_key *key,
              const unsigned char seed[32], struct buf *out);
/*
 * 0: the note carries a good signature of this key; -ENOENT: it carries none of it; -EBADMSG: it carries one
 * that is wrong, be there a good one as well, or is no note; -ENOMEM. Lines of other keys are ignored.
 * ret_time_s (may be NULL): of a cosignature, seconds since 1970.
 */
int note_verify(const struct crypto_module *crypto, const char *note, size_t len, const struct note_key *key,
                int64_t *ret_time_s);

#endif
