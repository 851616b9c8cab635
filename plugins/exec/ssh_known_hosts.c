/* SPDX-License-Identifier: Apache-2.0 */
#include "ssh_known_hosts.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define NAME_MOST 300u /* a host name has at most 253 characters; brackets and a port */
#define SHA1_LEN  20u

struct words {
    const char *at, *end;
};
struct word {
    const char *ptr;
    size_t len;
};

enum marker { MARKER_NONE, MARKER_REVOKED, MARKER_AUTHORITY };

struct line {
    enum marker marker;
    struct word names;
    enum ssh_key_type type;
    struct ssh_bytes blob;
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r';
}

/* The next word of the line; empty at its end. */
static struct word next_word(struct words *w)
{
    while (w->at < w->end && is_blank(*w->at))
        w->at++;
    struct word word = {w->at, 0};
    while (w->at < w->end && !is_blank(*w->at))
        w->at++;
    word.len = (size_t)(w->at - word.ptr);
    return word;
}

static bool word_is(struct word w, const char *text)
{
    return w.len == strlen(text) && memcmp(w.ptr, text, w.len) == 0;
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* 1: a line with a key, 0: nothing (empty, comment), -1: not understood. ret->marker is set in every case. */
static int read_line(const char *text, size_t len, unsigned char space[SSH_BLOB_MOST], struct line *ret)
{
    struct words w = {text, text + len};
    struct word word = next_word(&w);

    *ret = (struct line){.marker = MARKER_NONE};
    if (word.len == 0 || word.ptr[0] == '#')
        return 0;
    if (word.ptr[0] == '@') {
        if (word_is(word, "@revoked"))
            ret->marker = MARKER_REVOKED;
        else if (word_is(word, "@cert-authority"))
            ret->marker = MARKER_AUTHORITY;
        else
            return -1;
        word = next_word(&w);
    }
    ret->names = word;
    struct word type = next_word(&w), key = next_word(&w);
    struct ssh_bytes inside, name;
    size_t blob_len = 0;
    if (key.len == 0 || !ssh_base64(key.ptr, key.len, space, SSH_BLOB_MOST, &blob_len))
        return -1;
    ret->blob = inside = (struct ssh_bytes){space, blob_len};
    if (!ssh_take_string(&inside, &name) || name.len != type.len || memcmp(name.ptr, type.ptr, name.len) != 0)
        return -1;
    ret->type = ssh_key_type_of(type.ptr, type.len);
    return 1;
}

/* Shell patterns of `*` and `?` (ssh_config(5), PATTERNS), in linear space and at most pattern x name time.
 */
static bool pattern_matches(const char *pattern, size_t pattern_len, const char *name)
{
    size_t p = 0, n = 0, star = SIZE_MAX, from = 0, name_len = strlen(name);

    while (n < name_len) {
        if (p < pattern_len && pattern[p] == '*') {
            star = p++;
            from = n;
        } else if (p < pattern_len && (pattern[p] == '?' || lower(pattern[p]) == name[n])) {
            p++;
            n++;
        } else if (star != SIZE_MAX) {
            p = star + 1;
            n = ++from;
        } else {
            return false;
        }
    }
    while (p < pattern_len && pattern[p] == '*')
        p++;
    return p == pattern_len;
}

/* |1|salt|HMAC-SHA1 of the name with the salt as key|, both in base64. */
static bool hashed_matches(struct word field, const char *name)
{
    unsigned char salt[SHA1_LEN], wanted[SHA1_LEN], made[EVP_MAX_MD_SIZE];
    size_t salt_len = 0, wanted_len = 0;
    unsigned made_len = 0;

    if (field.len < 4 || memcmp(field.ptr, "|1|", 3) != 0)
        return false;
    const char *text = field.ptr + 3, *end = field.ptr + field.len;
    const char *bar = memchr(text, '|', (size_t)(end - text));
    if (!bar || !ssh_base64(text, (size_t)(bar - text), salt, sizeof(salt), &salt_len) ||
        salt_len != SHA1_LEN ||
        !ssh_base64(bar + 1, (size_t)(end - bar - 1), wanted, sizeof(wanted), &wanted_len) ||
        wanted_len != SHA1_LEN)
        return false;
    return HMAC(EVP_sha1(), salt, (int)salt_len, (const unsigned char *)name, strlen(name), made,
                &made_len) &&
           made_len == SHA1_LEN && CRYPTO_memcmp(made, wanted, SHA1_LEN) == 0;
}

static bool names_match(struct word names, const char *name)
{
    bool found = false;

    if (names.len && names.ptr[0] == '|')
        return hashed_matches(names, name);
    for (size_t at = 0; at < names.len;) {
        const char *part = names.ptr + at;
        const char *comma = memchr(part, ',', names.len - at);
        size_t len = comma ? (size_t)(comma - part) : names.len - at;
        bool negated = len && part[0] == '!';
        if (pattern_matches(part + negated, len - negated, name)) {
            if (negated)
                return false;
            found = true;
        }
        at += len + 1;
    }
    return found;
}

struct lines {
    const char *file, *at, *end;
    uint32_t number;
};

/* The next line that is not empty and no comment; as read_line, and 0 at the end of the file. */
static int next_line(struct lines *l, unsigned char space[SSH_BLOB_MOST], struct line *ret)
{
    while (l->at < l->end) {
        const char *text = l->at;
        const char *newline = memchr(text, '\n', (size_t)(l->end - text));
        size_t len = newline ? (size_t)(newline - text) : (size_t)(l->end - text);
        l->at = text + len + 1;
        l->number++;
        int r = read_line(text, len, space, ret);
        if (r)
            return r;
    }
    return 0;
}

/* Line number of the revocation, 0: none. *ret_broken is the first @revoked line that cannot be read. */
static uint32_t revoked_at(const char *file, size_t len, const struct ssh_bytes *blob, uint32_t *ret_broken)
{
    unsigned char space[SSH_BLOB_MOST];
    struct lines lines = {file, file, file + len, 0};
    uint32_t found = 0;
    struct line line;

    *ret_broken = 0;
    for (int r = 0; (r = next_line(&lines, space, &line)) != 0;) {
        if (line.marker != MARKER_REVOKED)
            continue;
        if (r < 0 && !*ret_broken)
            *ret_broken = lines.number;
        if (r > 0 && !found && blob && line.blob.len == blob->len &&
            memcmp(line.blob.ptr, blob->ptr, blob->len) == 0)
            found = lines.number;
    }
    return found;
}

static void show(struct ssh_known *known, const struct line *line)
{
    if (known->shown < SSH_KNOWN_SHOWN &&
        ssh_fingerprint(line->blob.ptr, line->blob.len, known->fingerprints[known->shown]))
        known->shown_types[known->shown++] = line->type;
}

static bool name_of(const char *host, unsigned port, char ret[NAME_MOST])
{
    int n =
        port == 22 ? snprintf(ret, NAME_MOST, "%s", host) : snprintf(ret, NAME_MOST, "[%s]:%u", host, port);

    for (char *c = ret; *c; c++)
        *c = lower(*c);
    return n > 0 && (size_t)n < NAME_MOST;
}

enum ssh_known_verdict ssh_known_hosts_look(const char *file, size_t len, const char *host, unsigned port,
                                            const struct ssh_bytes *blob, struct ssh_known *ret)
{
    unsigned char space[SSH_BLOB_MOST];
    struct lines lines = {file, file, file + len, 0};
    char name[NAME_MOST];
    uint32_t broken = 0, matched = 0;
    struct line line;

    *ret = (struct ssh_known){0};
    bool revocations = memmem(file, len, "@revoked", 8) != NULL;
    uint32_t revoked = revoked_at(file, len, blob, &broken);
    if (!name_of(host, port, name))
        return SSH_KNOWN_NONE;
    for (int r = 0; (r = next_line(&lines, space, &line)) != 0;) {
        if (r < 0) {
            if (ret->not_read++ == 0)
                ret->first_not_read = lines.number;
            continue;
        }
        if (line.marker == MARKER_REVOKED || !names_match(line.names, name))
            continue;
        if (line.marker == MARKER_AUTHORITY) {
            ret->authorities++;
            continue;
        }
        uint32_t ignored = 0;
        if (revocations && revoked_at(file, len, &line.blob, &ignored))
            continue;
        ret->lines++;
        ret->types |= 1u << line.type;
        show(ret, &line);
        if (!matched && blob && line.blob.len == blob->len &&
            memcmp(line.blob.ptr, blob->ptr, blob->len) == 0)
            matched = lines.number;
    }
    ret->line = broken ? broken : revoked ? revoked : matched;
    if (broken)
        return SSH_KNOWN_BROKEN;
    if (revoked)
        return SSH_KNOWN_REVOKED;
    return matched ? SSH_KNOWN_MATCH : ret->lines ? SSH_KNOWN_CHANGED : SSH_KNOWN_NONE;
}
