/* SPDX-License-Identifier: Apache-2.0 */
/* One line of the ledger. */
#include "ledger/record.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/ledger.h"
#include "ledger/seal.h"

static const char hash_label[] = "proximo/ledger/v1/hash"; /* the NUL at its end belongs to it */
static const char mac_label[] = "proximo/ledger/v1/mac";

/* One more than the value of a digit; 0: it is none. Lower case only: there is one way to write a record. A
 * table, because a third of verification was spent on finding values. */
static const unsigned char digit_values[256] = {
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16,
};

bool hex_read(const char *text, size_t digits, unsigned char *ret)
{
    const unsigned char *at = (const unsigned char *)text;
    bool good = true;

    for (size_t i = 0; i + 1 < digits; i += 2) {
        const unsigned high = digit_values[at[i]], low = digit_values[at[i + 1]];
        good &= high != 0 && low != 0;
        ret[i / 2] = (unsigned char)((high - 1) << 4 | ((low - 1) & 15));
    }
    return good;
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
    if ((c.at < c.end && !take(&c, ",")) || ret->seq == 0 || ret->epoch >= ret->seq)
        return false; /* every epoch has a record: so no chain of keys is longer than that of records */
    ret->time_us = (int64_t)time_us;
    text_hex(key_id, sizeof key_id, ret->key_id);
    ret->body = (size_t)(c.at - line);
    ret->covered = len - RECORD_TAIL;
    return true;
}

static int leaf_of(struct seal *seal, const char *covered, size_t len, unsigned char ret[32])
{
    const struct crypto_piece pieces[] = {{"", 1}, {covered, len}}; /* 0x00: a leaf, not a node */

    return seal->crypto->sha256_with(seal->sha256, pieces, 2, ret);
}

/* The seal too: so that even where its key is gone it cannot be changed. */
static int hash_of(struct seal *seal, const unsigned char prev[32], const unsigned char leaf[32],
                   const unsigned char mac[32], unsigned char ret[32])
{
    const struct crypto_piece pieces[] = {{hash_label, sizeof hash_label}, {prev, 32}, {leaf, 32}, {mac, 32}};

    return seal->crypto->sha256_with(seal->sha256, pieces, 4, ret);
}

static int mac_of(struct seal *seal, const unsigned char prev[32], const char *covered, size_t len,
                  unsigned char ret[32])
{
    const struct crypto_piece pieces[] = {{mac_label, sizeof mac_label}, {prev, 32}, {covered, len}};

    return seal->crypto->hmac_of(seal->hmac, pieces, 3, ret);
}

/* ---- records that say where the tree stands */

bool record_has_tree(const struct record *record)
{
    return strcmp(record->kind, LEDGER_CHECKPOINT) == 0 || strcmp(record->kind, LEDGER_EPOCH_END) == 0 ||
           strcmp(record->kind, LEDGER_SEGMENT_START) == 0;
}

bool record_tree_read(const char *line, const struct record *record, struct record_tree *ret)
{
    struct cursor c = {line + record->body, line + record->covered};
    unsigned char id[8];

    *ret = (struct record_tree){0};
    if (record->body == record->covered || !take(&c, "\"size\":") ||
        !take_number(&c, UINT64_MAX, &ret->size) || !take(&c, ",\"root\":\"") ||
        !take_hex(&c, 64, ret->root) || !take(&c, "\""))
        return false;
    if (ret->size != record->seq - 1)
        return false;
    if (strcmp(record->kind, LEDGER_EPOCH_END) == 0) {
        if (!take(&c, ",\"next_key\":\"") || !take_hex(&c, 16, id) || !take(&c, "\",\"first\":") ||
            !take_number(&c, UINT64_MAX, &ret->first) || !take(&c, ",\"records\":") ||
            !take_number(&c, UINT64_MAX, &ret->records))
            return false;
        text_hex(id, sizeof id, ret->next_key);
        return c.at == c.end;
    }
    if (strcmp(record->kind, LEDGER_SEGMENT_START) == 0)
        return take(&c, ",\"segment\":") && take_number(&c, UINT32_MAX, &ret->segment) &&
               take(&c, ",\"bytes\":") && take_number(&c, INT64_MAX, &ret->bytes) &&
               take(&c, ",\"sha256\":\"") && take_hex(&c, 64, ret->sha256) && take(&c, "\"") && c.at == c.end;
    return true;
}

/* ---- the chain */

static bool head_of(const char *line, const struct record *r, int64_t end, struct head *ret)
{
    struct head head = {.seq = r->seq, .time_us = r->time_us, .end = end, .epoch = r->epoch};
    struct record_tree tree;

    memcpy(head.hash, r->hash, 32);
    memcpy(head.mac, r->mac, 32);
    memcpy(head.key_id, r->key_id, sizeof head.key_id);
    if (strcmp(r->kind, LEDGER_EPOCH_END) == 0) {
        if (!record_tree_read(line, r, &tree))
            return false;
        head.sealed = true;
        memcpy(head.next_key, tree.next_key, sizeof head.next_key);
    }
    *ret = head;
    return true;
}

bool record_head(const char *line, size_t len, int64_t end, struct head *ret)
{
    struct record r;

    return record_read(line, len, &r) && head_of(line, &r, end, ret);
}

int record_write(struct seal *seal, const struct head *before, int64_t time_us, const char *kind,
                 const char *body, size_t body_len, struct buf *out, struct head *ret)
{
    unsigned char leaf[32], hash[32], mac[32];
    char hex[65];

    buf_reset(out);
    text_hex(before->hash, 32, hex);
    buf_printf(
        out,
        "{\"v\":1,\"seq\":%llu,\"time\":%lld,\"epoch\":%llu,\"key\":\"%s\",\"kind\":\"%s\",\"prev\":\"%s\"",
        (unsigned long long)before->seq + 1, time_us > 0 ? (long long)time_us : 0LL,
        (unsigned long long)seal->now.epoch, seal->key_id, kind, hex);
    if (body_len)
        buf_char(out, ',');
    buf_add(out, body, body_len);
    if (!buf_ok(out))
        return out->error;
    size_t covered = out->len;
    if (leaf_of(seal, out->data, covered, leaf) < 0 ||
        mac_of(seal, before->mac, out->data, covered, mac) < 0 ||
        hash_of(seal, before->hash, leaf, mac, hash) < 0)
        return -ENOMEM;
    text_hex(leaf, 32, hex);
    buf_printf(out, ",\"leaf\":\"%s\"", hex);
    text_hex(hash, 32, hex);
    buf_printf(out, ",\"hash\":\"%s\"", hex);
    text_hex(mac, 32, hex);
    buf_printf(out, ",\"mac\":\"%s\"}\n", hex);
    if (!buf_ok(out))
        return out->error;
    if (out->len > LEDGER_RECORD_LIMIT)
        return -EFBIG;
    return record_head(out->data, out->len - 1, before->end + (int64_t)out->len, ret) ? 0 : -EINVAL;
}

const char *record_check_hash(struct seal *seal, const char *line, const struct record *record)
{
    unsigned char leaf[32], hash[32];

    if (leaf_of(seal, line, record->covered, leaf) < 0 ||
        hash_of(seal, record->prev, leaf, record->mac, hash) < 0)
        return "";
    return memcmp(leaf, record->leaf, 32) != 0 || memcmp(hash, record->hash, 32) != 0 ? "its hash is wrong"
                                                                                      : NULL;
}

/* Epochs follow one another without a gap, each ended under its own key: a chain that was cut and continued
 * with a later key has a gap. */
static const char *check_epoch(const struct head *before, const struct record *r)
{
    if (before->seq == 0)
        return r->epoch == 0 ? NULL : "it is not of the first epoch";
    if (before->sealed && r->epoch != before->epoch + 1)
        return r->epoch == before->epoch ? "its epoch has ended before it" : "it skips an epoch";
    if (!before->sealed && r->epoch != before->epoch)
        return "its epoch begins before the one before it was ended";
    if (strcmp(r->key_id, before->sealed ? before->next_key : before->key_id) != 0)
        return "it is sealed with another key";
    return NULL;
}

static const char *check_mac(struct seal *seal, const struct head *before, const char *line,
                             const struct record *r)
{
    unsigned char mac[32];
    int moved = seal->now.epoch == r->epoch ? 0 : seal_move(seal, r->epoch);

    if (moved == -ENOKEY) {
        seal->unchecked++;
        return NULL;
    }
    if (moved < 0)
        return "";
    if (strcmp(r->key_id, seal->key_id) != 0)
        return "it is sealed with another key";
    if (mac_of(seal, before->mac, line, r->covered, mac) < 0)
        return "";
    return seal->crypto->equal(mac, r->mac, 32) ? NULL : "its seal is wrong";
}

const char *record_check(struct seal *seal, const struct head *before, const char *line, size_t len,
                         struct head *ret, struct record *ret_record)
{
    struct record r;

    if (!record_read(line, len, &r))
        return "it is not a record";
    if (r.seq != before->seq + 1)
        return "its number does not follow the one before";
    if (memcmp(r.prev, before->hash, 32) != 0)
        return "it does not name the record before it";
    const char *why = check_epoch(before, &r);
    if (!why)
        why = record_check_hash(seal, line, &r);
    if (!why && seal->has_key)
        why = check_mac(seal, before, line, &r);
    if (!why && !head_of(line, &r, before->end + (int64_t)len + 1, ret))
        why = "it does not say how its epoch ended";
    if (!why)
        *ret_record = r;
    return why;
}
