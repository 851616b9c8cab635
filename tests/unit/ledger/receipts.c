/* SPDX-License-Identifier: Apache-2.0 */
/* Ledgers and receipts for tests. */
#include "receipts.h"

#include <openssl/evp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/crypto.h"
#include "base/text.h"
#include "ledger/receipt.h"
#include "tree.h"

static void line_make(struct receipts *ledger, size_t i, unsigned guest, char prev[65])
{
    char *line = ledger->lines[i], leaf_hex[65], mac_hex[65];
    unsigned char chained[23 + 32 + 32 + 32] = "proximo/ledger/v1/hash", hash[32], mac[32];
    const size_t room = sizeof ledger->lines[i];

    int n = snprintf(
        line, room,
        "{\"v\":1,\"seq\":%zu,\"time\":%zu,\"epoch\":0,\"key\":\"00112233445566aa\",\"kind\":\"%s\","
        "\"prev\":\"%s\",\"action\":\"guest.stop\",\"subject\":\"guest/%u\",\"why\":\"a \\\"word\\\" \\u001b "
        "and \xc3\xa4\",\"n\":[%zu,{\"leaf\":\"none\"}]",
        i + 1, 1700000000000000 + 1000000 * i, i % 2 ? "outcome" : "executing", prev, guest, i);
    assert_true(n > 0 && (size_t)n < room);
    ledger->covered[i] = (size_t)n;
    tree_leaf(line, (size_t)n, ledger->leaves[i]);
    for (size_t k = 0; k < 32; k++)
        chained[23 + k] = (unsigned char)(text_hex_digit(prev[2 * k]) << 4 | text_hex_digit(prev[2 * k + 1]));
    memcpy(chained + 55, ledger->leaves[i], 32);
    memset(mac, (int)i, sizeof mac); /* what takes the secret key to check is not checked */
    memcpy(chained + 87, mac, 32);
    assert_int_equal(EVP_Digest(chained, sizeof chained, hash, NULL, EVP_sha256(), NULL), 1);
    text_hex(ledger->leaves[i], 32, leaf_hex);
    text_hex(hash, 32, prev);
    text_hex(mac, 32, mac_hex);
    n += snprintf(line + n, room - (size_t)n, ",\"leaf\":\"%s\",\"hash\":\"%s\",\"mac\":\"%s\"}", leaf_hex,
                  prev, mac_hex);
    assert_true((size_t)n < room);
    ledger->lens[i] = (size_t)n;
}

void receipts_make(struct receipts *ledger, const char *name, unsigned guest)
{
    const struct crypto_module *crypto = tree_hasher()->crypto;
    unsigned char public[32];
    char prev[65];

    memset(prev, '0', 64);
    prev[64] = '\0';
    assert_int_equal(crypto->ed25519_new(ledger->seed, public), 0);
    assert_int_equal(note_key_make(crypto, name, NOTE_ED25519, public, &ledger->key), 0);
    for (size_t i = 0; i < RECEIPTS_RECORDS; i++)
        line_make(ledger, i, guest, prev);
}

void receipts_note(const struct receipts *ledger, size_t size, struct buf *out)
{
    const struct crypto_module *crypto = tree_hasher()->crypto;
    CLEANUP_BUF struct buf text = BUF_INIT(NOTE_LIMIT);
    struct checkpoint checkpoint = {.size = size};

    memcpy(tree_leaves, ledger->leaves, sizeof ledger->leaves);
    tree_mth(0, size, checkpoint.root);
    memcpy(checkpoint.origin, ledger->key.name, sizeof checkpoint.origin);
    checkpoint_text(crypto, &checkpoint, &text);
    assert_int_equal(note_sign(crypto, text.data, text.len, &ledger->key, ledger->seed, out), 0);
}

void receipts_put_parts(const struct receipts *ledger, size_t line, size_t index, size_t size,
                        const char *note, struct buf *out)
{
    struct merkle_proof proof;

    memcpy(tree_leaves, ledger->leaves, sizeof ledger->leaves);
    tree_path(index, size, &proof);
    receipt_put(tree_hasher()->crypto, ledger->lines[line], ledger->lens[line], index, &proof, note,
                strlen(note), out);
    assert_true(buf_ok(out));
}

void receipts_put(const struct receipts *ledger, size_t seq, size_t size, struct buf *out)
{
    CLEANUP_BUF struct buf note = BUF_INIT(NOTE_LIMIT);

    receipts_note(ledger, size, &note);
    receipts_put_parts(ledger, seq - 1, seq - 1, size, note.data, out);
}
