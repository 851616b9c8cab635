/* SPDX-License-Identifier: Apache-2.0 */
/* Signed notes: their keys, signing, verification. Checkpoints: note_checkpoint.c. */
#include "ledger/note.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/note_inner.h"
#include "ledger/record.h"

#define DASH      "\xe2\x80\x94 " /* U+2014 and a space begin a line of signature */
#define DASH_LEN  (sizeof DASH - 1)
#define ID        4u
#define SIGNATURE 64u
#define TIME      8u

/* Unicode's spaces but U+0020: key names have none, or a line could be read in two ways. */
static bool is_wide_space(const char *at, size_t step)
{
    static const char *const spaces[] = {"\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80", "\xe2\x80\xa8",
                                         "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f", "\xe3\x80\x80"};

    if (step == 3 && memcmp(at, "\xe2\x80", 2) == 0 && (unsigned char)at[2] <= 0x8a) /* U+2000 to U+200A */
        return true;
    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        if (strlen(spaces[i]) == step && memcmp(at, spaces[i], step) == 0)
            return true;
    }
    return false;
}

bool note_name_ok(const char *name, size_t len)
{
    if (len == 0 || len >= NOTE_NAME_SIZE)
        return false;
    for (size_t i = 0, step; i < len; i += step) {
        step = text_utf8_step(name + i, len - i);
        if (step == 0 || (unsigned char)name[i] <= ' ' || name[i] == '+' || name[i] == 0x7f ||
            is_wide_space(name + i, step))
            return false;
    }
    return true;
}

int note_key_make(const struct crypto_module *crypto, const char *name, unsigned char algorithm,
                  const unsigned char public[32], struct note_key *ret)
{
    const size_t len = strlen(name);
    const struct crypto_piece pieces[] = {{name, len}, {"\n", 1}, {&algorithm, 1}, {public, 32}};
    unsigned char digest[32];

    if (!note_name_ok(name, len) || (algorithm != NOTE_ED25519 && algorithm != NOTE_COSIGNATURE))
        return -EINVAL;
    int r = crypto->sha256_pieces(pieces, 4, digest);
    if (r < 0)
        return r;
    *ret = (struct note_key){.algorithm = algorithm};
    memcpy(ret->name, name, len);
    memcpy(ret->id, digest, ID);
    memcpy(ret->public, public, 32);
    return 0;
}

/* The three parts of a printed key; false when it is none. */
static bool key_parts(const struct crypto_module *crypto, const char *text, size_t len,
                      char ret_name[NOTE_NAME_SIZE], unsigned char ret_id[ID], unsigned char ret_key[33])
{
    const char *plus = memchr(text, '+', len);
    unsigned char key[3 * 44 / 4];
    size_t key_len = 0;

    if (!plus || !note_name_ok(text, (size_t)(plus - text)))
        return false;
    const size_t name_len = (size_t)(plus - text), rest = len - name_len;
    if (rest != 1 + 2 * ID + 1 + 44 || plus[1 + 2 * ID] != '+' || !hex_read(plus + 1, 2 * ID, ret_id) ||
        crypto->base64_decode(plus + 2 + 2 * ID, 44, key, &key_len) < 0 || key_len != 33)
        return false;
    memcpy(ret_name, text, name_len);
    ret_name[name_len] = '\0';
    memcpy(ret_key, key, 33);
    return true;
}

int note_key_parse(const struct crypto_module *crypto, const char *text, struct note_key *ret,
                   struct problem *p)
{
    const char *start = text + strspn(text, " \r\n\t");
    size_t len = strlen(start);
    char name[NOTE_NAME_SIZE];
    unsigned char id[ID], bytes[33];
    struct note_key key;
    int r = -EINVAL;

    while (len && strchr(" \r\n\t", start[len - 1]))
        len--;
    if (key_parts(crypto, start, len, name, id, bytes))
        r = note_key_make(crypto, name, bytes[0], bytes + 1, &key);
    if (r == 0 && memcmp(key.id, id, ID) != 0)
        r = problem_set(p, -EINVAL, PX_ARG, "the key's number does not belong to it: the text was changed");
    else if (r == -EINVAL)
        r = problem_set(p, r, PX_ARG, "this is no verifier key for Ed25519");
    else if (r < 0)
        r = problem_set(p, r, PX_INTERNAL, "out of memory");
    if (r < 0)
        problem_next(p, "give it as NAME+8 HEXADECIMAL DIGITS+BASE64, as it was handed out");
    else
        *ret = key;
    return r;
}

void note_key_print(const struct crypto_module *crypto, const struct note_key *key, struct buf *out)
{
    char id[2 * ID + 1], text[45];
    unsigned char bytes[33];

    bytes[0] = key->algorithm;
    memcpy(bytes + 1, key->public, 32);
    text_hex(key->id, ID, id);
    crypto->base64(bytes, sizeof bytes, text);
    buf_printf(out, "%s+%s+%s", key->name, id, text);
}

bool note_split(const char *note, size_t len, size_t *ret_text)
{
    if (len > NOTE_LIMIT || !text_is_utf8(note, len))
        return false;
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)note[i] < ' ' && note[i] != '\n')
            return false;
    }
    for (size_t i = len; i >= 2; i--) { /* the last empty line; text may have others */
        if (note[i - 1] == '\n' && note[i - 2] == '\n') {
            *ret_text = i - 1;
            return i - 1 > 1 && i < len && note[len - 1] == '\n';
        }
    }
    return false;
}

int note_sign(const struct crypto_module *crypto, const char *text, size_t len, const struct note_key *key,
              const unsigned char seed[32], struct buf *out)
{
    unsigned char signature[ID + SIGNATURE];
    char base64[4 * ((sizeof signature + 2) / 3) + 1];
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);
    size_t text_len = 0;

    if (key->algorithm != NOTE_ED25519)
        return -EINVAL;
    memcpy(signature, key->id, ID);
    int r = crypto->ed25519_sign(seed, text, len, signature + ID);
    if (r < 0)
        return r;
    if (!crypto->ed25519_verify(key->public, text, len, signature + ID)) /* the seed of another key */
        return -EKEYREJECTED;
    crypto->base64(signature, sizeof signature, base64);
    buf_add(&note, text, len);
    buf_printf(&note, "\n" DASH "%s %s\n", key->name, base64);
    if (!buf_ok(&note))
        return note.error;
    if (!note_split(note.data, note.len, &text_len) || text_len != len)
        return -EINVAL;
    buf_add(out, note.data, note.len);
    return buf_ok(out) ? 0 : out->error;
}

/* One line of signature: its name, and its bytes decoded. */
struct line {
    const char *name;
    size_t name_len;
    unsigned char bytes[NOTE_LIMIT]; /* of another key: of any length */
    size_t len;
};

static bool line_read(const struct crypto_module *crypto, const char *at, size_t len, struct line *ret)
{
    if (len < DASH_LEN || memcmp(at, DASH, DASH_LEN) != 0)
        return false;
    ret->name = at + DASH_LEN;
    const char *space = memchr(ret->name, ' ', len - DASH_LEN);
    if (!space)
        return false;
    ret->name_len = (size_t)(space - ret->name);
    const size_t base64_len = len - DASH_LEN - ret->name_len - 1;
    return note_name_ok(ret->name, ret->name_len) &&
           crypto->base64_decode(space + 1, base64_len, ret->bytes, &ret->len) == 0 && ret->len > ID;
}

static bool is_of(const struct line *line, const struct note_key *key)
{
    return strlen(key->name) == line->name_len && memcmp(key->name, line->name, line->name_len) == 0 &&
           memcmp(key->id, line->bytes, ID) == 0;
}

/* 0, -EBADMSG when it is wrong, or -ENOMEM. */
static int cosignature_check(const struct crypto_module *crypto, const char *text, size_t len,
                             const struct note_key *key, const struct line *line, int64_t *ret_time_s)
{
    CLEANUP_BUF struct buf message = BUF_INIT(NOTE_LIMIT + 64);
    uint64_t time = 0;

    if (line->len != ID + TIME + SIGNATURE)
        return -EBADMSG;
    for (size_t i = 0; i < TIME; i++)
        time = time << 8 | line->bytes[ID + i];
    if (time > INT64_MAX)
        return -EBADMSG;
    buf_printf(&message, "cosignature/v1\ntime %llu\n", (unsigned long long)time);
    buf_add(&message, text, len);
    if (!buf_ok(&message))
        return message.error;
    if (!crypto->ed25519_verify(key->public, message.data, message.len, line->bytes + ID + TIME))
        return -EBADMSG;
    *ret_time_s = (int64_t)time;
    return 0;
}

static int signature_check(const struct crypto_module *crypto, const char *text, size_t len,
                           const struct note_key *key, const struct line *line, int64_t *ret_time_s)
{
    if (key->algorithm == NOTE_COSIGNATURE)
        return cosignature_check(crypto, text, len, key, line, ret_time_s);
    return key->algorithm == NOTE_ED25519 && line->len == ID + SIGNATURE &&
                   crypto->ed25519_verify(key->public, text, len, line->bytes + ID)
               ? 0
               : -EBADMSG;
}

int note_verify(const struct crypto_module *crypto, const char *note, size_t len, const struct note_key *key,
                int64_t *ret_time_s)
{
    size_t text_len = 0;
    int64_t time_s = 0;
    int found = -ENOENT;
    struct line line;

    if (!note_split(note, len, &text_len))
        return -EBADMSG;
    for (const char *at = note + text_len + 1, *end = note + len; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        if (!stop || !line_read(crypto, at, (size_t)(stop - at), &line))
            return -EBADMSG;
        at = stop + 1;
        if (!is_of(&line, key))
            continue;
        found = signature_check(crypto, note, text_len, key, &line, &time_s);
        if (found < 0) /* one that is wrong spoils the note, whatever else it carries */
            return found;
    }
    if (found == 0 && ret_time_s)
        *ret_time_s = time_s;
    return found;
}
