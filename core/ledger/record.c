/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the ledger. */
#include "ledger/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/ledger.h"

static const char hash_label[] = "proximo/ledger/v1/hash"; /* the NUL at its end belongs to it */
static const char mac_label[] = "proximo/ledger/v1/mac";

/* Lower case only: there is one way to write a record. */
bool hex_read(const char *text, size_t digits, unsigned char *ret)
{
    for (size_t i = 0; i < digits; i++) {
        int value = text[i] >= 'A' && text[i] <= 'F' ? -1 : text_hex_digit(text[i]);
        if (value < 0)
            return false;
        ret[i / 2] = (unsigned char)(i % 2 ? ret[i / 2] | value : value << 4);
    }
    return true;
}

static bool kind_char(char c)
{
    return (c >= 'a' && c <= 'z') || c == '-';
}

bool record_kind_ok(const char *kind)
{
    size_t len = 0;

    while (kind_char(kind[len]) && len <= 32)
        len++;
    return len >= 1 && len <= 32 && kind[len] == '\0';
}

struct cursor {
    const char *at, *end;
};

static bool take(struct cursor *c, const char *word)
{
    size_t len = strlen(word);

    if ((size_t)(c->end - c->at) < len || memcmp(c->at, word, len) != 0)
        return false;
    c->at += len;
    return true;
}

/* A number as it is written: no sign, no zero in front. */
static bool take_number(struct cursor *c, uint64_t max, uint64_t *ret)
{
    char digits[24];
    size_t len = 0;

    while (c->at + len < c->end && len < sizeof digits - 1 && c->at[len] >= '0' && c->at[len] <= '9') {
        digits[len] = c->at[len];
        len++;
    }
    digits[len] = '\0';
    if (len == 0 || (digits[0] == '0' && len > 1) || text_to_u64(digits, max, ret) < 0)
        return false;
    c->at += len;
    return true;
}

static bool take_hex(struct cursor *c, size_t digits, unsigned char *ret)
{
    if ((size_t)(c->end - c->at) < digits || !hex_read(c->at, digits, ret))
        return false;
    c->at += digits;
    return true;
}

static bool read_tail(const char *line, size_t len, struct record *ret)
{
    struct cursor c = {line + len - RECORD_TAIL, line + len};

    return take(&c, ",\"leaf\":\"") && take_hex(&c, 64, ret->leaf) && take(&c, "\",\"hash\":\"") &&
           take_hex(&c, 64, ret->hash) && take(&c, "\",\"mac\":\"") && take_hex(&c, 64, ret->mac) &&
           take(&c, "\"}") && c.at == c.end;
}

bool record_read(const char *line, size_t len, struct record *ret)
{
    unsigned char key_id[8];
    uint64_t time_us = 0;
    size_t kind = 0;

    if (len <= RECORD_TAIL || len >= LEDGER_RECORD_LIMIT || !read_tail(line, len, ret))
        return false;
    struct cursor c = {line, line + len - RECORD_TAIL};
    if (!take(&c, "{\"v\":1,\"seq\":") || !take_number(&c, UINT64_MAX, &ret->seq) ||
        !take(&c, ",\"time\":") || !take_number(&c, INT64_MAX, &time_us) || !take(&c, ",\"epoch\":") ||
        !take_number(&c, UINT32_MAX, &ret->epoch) || !take(&c, ",\"key\":\"") || !take_hex(&c, 16, key_id) ||
        !take(&c, "\",\"kind\":\""))
        return false;
    while (c.at < c.end && kind < sizeof ret->kind - 1 && kind_char(*c.at))
        ret->kind[kind++] = *c.at++;
    ret->kind[kind] = '\0';
    if (kind == 0 || !take(&c, "\",\"prev\":\"") || !take_hex(&c, 64, ret->prev) || !take(&c, "\""))
        return false;
    if (c.at < c.end && !take(&c, ","))
        return false;
    ret->time_us = (int64_t)time_us;
    text_hex(key_id, sizeof key_id, ret->key_id);
    ret->body = (size_t)(c.at - line);
    ret->covered = len - RECORD_TAIL;
    return true;
}

static int leaf_of(const struct seal *seal, const char *covered, size_t len, unsigned char ret[32])
{
    const struct crypto_piece pieces[] = {{"", 1}, {covered, len}}; /* 0x00: a leaf, not a node */

    return seal->crypto->sha256_pieces(pieces, 2, ret);
}

static int hash_of(const struct seal *seal, const unsigned char prev[32], const unsigned char leaf[32],
                   unsigned char ret[32])
{
    const struct crypto_piece pieces[] = {{hash_label, sizeof hash_label}, {prev, 32}, {leaf, 32}};

    return seal->crypto->sha256_pieces(pieces, 3, ret);
}

static int mac_of(const struct seal *seal, const unsigned char prev[32], const char *covered, size_t len,
                  unsigned char ret[32])
{
    const struct crypto_piece pieces[] = {{mac_label, sizeof mac_label}, {prev, 32}, {covered, len}};

    return seal->crypto->hmac_of(seal->hmac, pieces, 3, ret);
}

int record_write(const struct seal *seal, const struct head *before, int64_t time_us, const char *kind,
                 const char *body, size_t body_len, struct buf *out, struct head *ret)
{
    struct head head = {.seq = before->seq + 1, .time_us = time_us > 0 ? time_us : 0};
    unsigned char leaf[32];
    char hex[65];

    buf_reset(out);
    text_hex(before->hash, 32, hex);
    buf_printf(
        out, "{\"v\":1,\"seq\":%llu,\"time\":%lld,\"epoch\":0,\"key\":\"%s\",\"kind\":\"%s\",\"prev\":\"%s\"",
        (unsigned long long)head.seq, (long long)head.time_us, seal->key_id, kind, hex);
    if (body_len)
        buf_char(out, ',');
    buf_add(out, body, body_len);
    if (!buf_ok(out))
        return out->error;
    size_t covered = out->len;
    if (leaf_of(seal, out->data, covered, leaf) < 0 || hash_of(seal, before->hash, leaf, head.hash) < 0 ||
        mac_of(seal, before->mac, out->data, covered, head.mac) < 0)
        return -ENOMEM;
    text_hex(leaf, 32, hex);
    buf_printf(out, ",\"leaf\":\"%s\"", hex);
    text_hex(head.hash, 32, hex);
    buf_printf(out, ",\"hash\":\"%s\"", hex);
    text_hex(head.mac, 32, hex);
    buf_printf(out, ",\"mac\":\"%s\"}\n", hex);
    if (!buf_ok(out))
        return out->error;
    if (out->len > LEDGER_RECORD_LIMIT)
        return -EFBIG;
    head.end = before->end + (int64_t)out->len;
    *ret = head;
    return 0;
}

const char *record_check(const struct seal *seal, const struct head *before, const char *line, size_t len,
                         struct head *ret)
{
    unsigned char leaf[32], hash[32], mac[32];
    struct record r;

    if (!record_read(line, len, &r))
        return "it is not a record";
    if (r.seq != before->seq + 1)
        return "its number does not follow the one before";
    if (memcmp(r.prev, before->hash, 32) != 0)
        return "it does not name the record before it";
    if (r.epoch != 0)
        return "it is of an epoch that this version does not know";
    if (leaf_of(seal, line, r.covered, leaf) < 0 || hash_of(seal, before->hash, leaf, hash) < 0)
        return "";
    if (memcmp(leaf, r.leaf, 32) != 0 || memcmp(hash, r.hash, 32) != 0)
        return "its hash is wrong";
    if (seal->hmac && strcmp(r.key_id, seal->key_id) != 0)
        return "it is sealed with another key";
    if (seal->hmac && mac_of(seal, before->mac, line, r.covered, mac) < 0)
        return "";
    if (seal->hmac && !seal->crypto->equal(mac, r.mac, 32))
        return "its seal is wrong";
    *ret = (struct head){.seq = r.seq, .time_us = r.time_us, .end = before->end + (int64_t)len + 1};
    memcpy(ret->hash, hash, 32);
    memcpy(ret->mac, r.mac, 32);
    return NULL;
}
